"""A validation of sites on the screen: scores by operator, each site published beside predicted, what is excluded."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json

TITLES = {"pue": "PUE", "wue": "Water at the site per IT energy, L/kWh"}


def site_validation_text(data: Json) -> RenderableType:
    """Scores, then the sites, then what could not be compared and why."""
    results = data["results"]
    blocks: list[RenderableType] = [_scores(results), ""]
    for measure, title in TITLES.items():
        rows = [row for row in results["rows"] if row["measure"] == measure]
        if rows:
            blocks += [Text(title, style="bold"), _sites(rows), ""]
    if results["excluded"]:
        blocks.append(Text(f"not compared ({len(results['excluded'])}):", style="dim"))
        for row in results["excluded"]:
            name = f"{row['operator']}, {row['site']}, {row['year']}"
            blocks.append(Text(f"  line {row['line']}: {name}: {row['why']}", style="dim"))
    return Group(*blocks)


def _scores(results: Json) -> Table:
    table = plain_table("", "figures", "mean absolute error", "bias", "in p5 to p95")
    for measure, title in TITLES.items():
        whole = results["scores"][measure]
        if not whole["n"]:
            continue
        rows = {title: whole} | {f"  {name}": score for name, score in results["groups"][measure].items()}
        for name, s in rows.items():
            errors = f"{s['mean_absolute_error']:.3f}", f"{s['mean_error']:+.3f}"
            table.add_row(name, str(s["n"]), *errors, f"{s['coverage_percent']:.0f}%")
    return table


def _sites(rows: Sequence[Json]) -> Table:
    table = plain_table("site", "year", "published", "predicted", "p5 to p95", "in range")
    for row in rows:
        p = row["predicted"]
        mark = Text("yes", "green") if row["covered"] else Text("no", "red")
        cells = f"{row['published']:.2f}", f"{p['p50']:.2f}", f"{p['p5']:.2f} to {p['p95']:.2f}"
        table.add_row(f"{row['operator']}: {row['site']}", str(row["year"]), *cells, mark)
    return table
