"""A validation of training on the screen: each row, published beside predicted, then the scores."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.tables import percents, plain_table
from wattline.report.words import Json

MEASURES = {  # -> heading, the rows' names of it, the unit that `show` knows
    "chip_hours": ("Chip-hours, from model, tokens and hardware", "chip_hours", ""),
    "energy": ("Energy, from the row's chip-hours", "energy_wh", "Wh"),
}


def training_validation_text(data: Json) -> RenderableType:
    """Tables of rows by measure, what could not be used and why, and the scores."""
    results = data["results"]
    blocks: list[RenderableType] = []
    for measure, (title, name, unit) in MEASURES.items():
        rows = results["rows"][measure]
        blocks += [Text(title, style="bold"), _table(rows, name, unit), *_unusable(rows, name), ""]
    return Group(*blocks, _scores(results))


def _table(rows: Sequence[Json], name: str, unit: str) -> Table:
    columns = ("run", "published", "predicted", "p5 to p95", "error", "in range")
    table = plain_table(*columns, left=("run", "in range"))
    for row in rows:
        predicted = row[f"predicted_{name}"]
        if predicted is not None:
            p5, p50, p95 = (show(predicted[p], unit) for p in ("p5", "p50", "p95"))
            mark = Text("yes", "green") if row["covered"] else Text("no", "red")
            published = show(row[f"published_{name}"], unit)
            table.add_row(row["row"], published, p50, f"{p5} to {p95}", f"{row['error_percent']:+.0f}%", mark)
    return table


def _unusable(rows: Sequence[Json], name: str) -> list[RenderableType]:
    out = [row for row in rows if row[f"predicted_{name}"] is None]
    if not out:
        return []
    lines = [Text(f"  {row['row']}: {row['why']}", style="dim") for row in out]
    return [Text(f"not usable ({len(out)}):", style="dim"), *lines]


def _scores(results: Json) -> Table:
    table = plain_table("", "rows", "mean error", "median error", "bias", "published in p5 to p95")
    for measure, (title, _, _) in MEASURES.items():
        table.add_row(title, *_cells(results["scores"][measure]))
        for group, scores in results["groups"].items():
            table.add_row(f"  {group}", *_cells(scores[measure]))
    return table


def _cells(score: Json) -> list[str]:
    return [str(score["n"]), *percents(score, "mean_error", "median_error", "bias", "coverage")]
