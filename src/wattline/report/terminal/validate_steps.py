"""Published steps of training beside the predicted ones, on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.validate.steps import Held, by_software, score


def render(held: list[Held]) -> RenderableType:
    """The rows, then the scores by kind of software."""
    title = "Published training steps, predicted from model, chips and their layout; nothing was fitted to them"
    return Group(Text(title, style="bold"), _table(held), "", _scores(held))


def _plain() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")


def _table(held: list[Held]) -> Table:
    table = _plain()
    for name in ("step", "chips", "format", "published", "predicted", "error", "W a chip"):
        table.add_column(name, justify="left" if name in ("step", "format") else "right")
    for each in held:
        step = each.published
        times = (show(step.step_s, "s"), show(each.predicted_s, "s"))
        chips = f"{step.plan.chips:,}"
        power = f"{each.power_w:.0f}"
        table.add_row(step.record.name, chips, step.precision, *times, f"{each.error:+.0%}", power)
    return table


def _scores(held: list[Held]) -> Table:
    table = _plain()
    for name in ("", "steps", "mean error", "median error", "bias"):
        table.add_column(name, justify="right" if name else "left")
    for name, group in by_software(held).items():
        found = score(group)
        cells = [f"{found['mape']:.1f}%", f"{found['median_ape']:.1f}%", f"{found['bias']:+.1f}%"]
        table.add_row(name, str(found["n"]), *cells)
    return table
