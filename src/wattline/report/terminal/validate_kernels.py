"""A validation of kernels on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json

HEADS = ("kernel", "rows", "time", "median", "p90", "bias", "power", "median", "p90", "bias")
ABOUT = "mean, median and p90 of the absolute error, and mean error (bias), in percent"


def kernels_validation_text(data: Json) -> RenderableType:
    """A table by chip, and what was not used."""
    results = data["results"]
    title = f"{results['n']:,} measured kernels, coefficients as shipped, without the host's time"
    blocks: list[RenderableType] = [Text(title, style="bold")]
    if results["n"]:
        blocks.append(Text(ABOUT, style="dim"))
    for chip, kernels in results["chips"].items():
        blocks += ["", Text(chip, style="bold"), _table(kernels)]
    if results["unusable"]:
        blocks += ["", Text("not used:", style="dim")]
        blocks += [Text(f"  {entry['file']}: {entry['why']}", style="dim") for entry in results["unusable"]]
    return Group(*blocks)


def _table(kernels: Json) -> Table:
    table = plain_table(*HEADS, gap=1)
    for name, scores in kernels.items():
        time = scores["time"]
        table.add_row(name, f"{time['n']:,}", *_cells(time), *_cells(scores["power"]))
    return table


def _cells(score: Json) -> list[str]:
    if not score["n"]:
        return ["—"] * 4
    sizes = (f"{score[f'{name}_error_percent']:.0f}" for name in ("mean", "median", "p90"))
    return [*sizes, f"{score['bias_percent']:+.0f}"]
