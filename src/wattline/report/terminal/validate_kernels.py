"""A validation of kernels on the screen."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.validate.kernels import Kernels

HEADS = ("kernel", "rows", "time", "median", "p90", "bias", "power", "median", "p90", "bias")


def render(result: Kernels) -> RenderableType:
    """A table by chip, and what was not used."""
    title = f"{result.n:,} measured kernels, coefficients as shipped, without the host's time"
    blocks: list[RenderableType] = [Text(title, style="bold")]
    if result.n:
        blocks.append(
            Text("mean, median and p90 of the absolute error, and mean error (bias), in percent", style="dim")
        )
    for chip, kernels in result.scores().items():
        blocks += ["", Text(chip, style="bold"), _table(kernels)]
    if result.unusable:
        blocks += ["", Text("not used:", style="dim")]
        blocks += [Text(f"  {u.file}: {u.why}", style="dim") for u in result.unusable]
    return Group(*blocks)


def _table(kernels: dict[str, dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for i, name in enumerate(HEADS):
        table.add_column(name, justify="left" if i == 0 else "right")
    for name, score in kernels.items():
        table.add_row(name, f"{score['n']:,}", *_cells(score["time"]), *_cells(score["power"]))
    return table


def _cells(errors: dict[str, float] | None) -> list[str]:
    if errors is None:
        return ["—"] * 4
    return [*(f"{errors[name]:.0f}" for name in ("mape", "median_ape", "p90_ape")), f"{errors['bias']:+.0f}"]
