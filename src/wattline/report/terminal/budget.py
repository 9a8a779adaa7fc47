"""A budget's JSON on the screen: how it was kept, and what each device got."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.core.quantity import show
from wattline.report.terminal.answer import remarks
from wattline.report.terminal.tables import FittedTable
from wattline.report.words import Json


def budget_text(data: Json) -> RenderableType:
    """The account of a budget, to print with Rich."""
    results = data["results"]
    highest = "not known" if results["highest_w"] is None else show(results["highest_w"], "W")
    restored = "the old limit is restored" if results["restored"] else "not all is set back: `wattline tune --restore`"
    kept = f"{results['rounds_above']} of {count_words('readings', results['rounds'])} above it; {restored}"
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, left in (("", True), ("priority", False), ("limit", False), ("lowest", False), ("mean power", False)):
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    for row in sorted(results["members"], key=lambda each: -each["priority"]):
        mean = "not known" if row["mean_w"] is None else show(row["mean_w"], "W")
        limits = f"{row['floor_w']:g} to {row['ceiling_w']:g} W"
        table.add_row(row["name"], str(row["priority"]), limits, show(row["lowest_cap_w"], "W"), mean)
    head = Text(f"Budget of {show(results['budget_w'], 'W')}, highest {highest}", style="bold")
    return Group(head, Text(kept, style="dim"), "", table, *remarks(data))
