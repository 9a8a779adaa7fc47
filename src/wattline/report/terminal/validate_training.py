"""A validation on the screen: each row, published beside predicted, then the scores."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.validate.training import Compared, Validation

MEASURES = {
    "chip_hours": ("Chip-hours, from model, tokens and hardware", ""),
    "energy": ("Energy, from the row's chip-hours", "Wh"),
}


def render(result: Validation) -> RenderableType:
    """Tables of rows by measure, what could not be used and why, and the scores."""
    blocks: list[RenderableType] = []
    for measure, (title, unit) in MEASURES.items():
        rows = result.rows[measure]
        blocks += [Text(title, style="bold"), _table(rows, unit), *_unusable(rows), ""]
    return Group(*blocks, _scores(result))


def _table(rows: list[Compared], unit: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("run", "published", "predicted", "p5 to p95", "error", "in range"):
        table.add_column(name, justify="left" if name in ("run", "in range") else "right")
    for row in rows:
        if row.predicted is not None and row.published is not None:
            p5, p50, p95 = (show(x, unit) for x in (row.predicted.p5, row.predicted.p50, row.predicted.p95))
            mark = Text("yes", "green") if row.covered else Text("no", "red")
            table.add_row(row.name, show(row.published, unit), p50, f"{p5} to {p95}", f"{row.error:+.0%}", mark)
    return table


def _unusable(rows: list[Compared]) -> list[RenderableType]:
    out = [row for row in rows if row.predicted is None]
    if not out:
        return []
    lines = [Text(f"  {row.name}: {row.why}", style="dim") for row in out]
    return [Text(f"not usable ({len(out)}):", style="dim"), *lines]


def _scores(result: Validation) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "rows", "mean error", "median error", "bias", "published in p5 to p95"):
        table.add_column(name, justify="right" if name else "left")
    for measure, (title, _) in MEASURES.items():
        table.add_row(title, *_cells(result.score(measure)))
        for group in result.groups:
            table.add_row(f"  {group}", *_cells(result.score(measure, group)))
    return table


def _cells(score: dict[str, float | int | None]) -> list[str]:
    """A score as it is shown: rows, mean and median error, bias, coverage."""
    if not score["n"]:
        return ["0", "-", "-", "-", "-"]
    shown = [f"{score[name]:.1f}%" for name in ("mape", "median_ape")]
    return [str(score["n"]), *shown, f"{score['bias']:+.1f}%", f"{score['coverage']:.0f}%"]
