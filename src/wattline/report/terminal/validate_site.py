"""A validation of sites on the screen: scores by operator, each site published beside predicted, what is left aside."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.validate.site import MEASURES, Compared, SiteValidation

TITLES = {"pue": "PUE", "wue": "Water at the site per IT energy, L/kWh"}


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right")
    return table


def render(result: SiteValidation) -> RenderableType:
    """Scores, then the sites, then what could not be compared and why."""
    blocks: list[RenderableType] = [_scores(result), ""]
    for measure in MEASURES:
        if result.compared[measure]:
            blocks += [Text(TITLES[measure], style="bold"), _sites(result.compared[measure]), ""]
    if result.aside:
        blocks.append(Text(f"not compared ({len(result.aside)}):", style="dim"))
        for one in result.aside:
            name = f"{one.row.operator}, {one.row.site}, {one.row.year}"
            blocks.append(Text(f"  line {one.row.line}: {name}: {one.why}", style="dim"))
    return Group(*blocks)


def _scores(result: SiteValidation) -> Table:
    table = _table("", "figures", "mean absolute error", "bias", "in p5 to p95")
    for measure in MEASURES:
        if not result.compared[measure]:
            continue
        for operator in ("", *result.operators(measure)):
            s = result.score(measure, operator)
            name = f"  {operator}" if operator else TITLES[measure]
            table.add_row(name, str(s["n"]), f"{s['mae']:.3f}", f"{s['bias']:+.3f}", f"{s['coverage']:.0f}%")
    return table


def _sites(rows: list[Compared]) -> Table:
    table = _table("site", "year", "published", "predicted", "p5 to p95", "in range")
    for r in rows:
        name = f"{r.row.operator}: {r.row.site}"
        p = r.predicted
        mark = Text("yes", "green") if r.covered else Text("no", "red")
        span = f"{p.p5:.2f} to {p.p95:.2f}"
        table.add_row(name, str(r.row.year), f"{r.published:.2f}", f"{p.p50:.2f}", span, mark)
    return table
