"""Calls of a session by name, whose columns add up to the whole."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.tables import FittedTable
from wattline.report.words import Json

COLUMNS = ("prompt tokens", "of these cached", "thought", "answered", "energy", "share")
TOKENS = ("prompt_tokens", "cached_tokens", "thinking_tokens", "output_tokens")
ALL = "all calls"
ABOUT = (
    "Means over the draws, which add up where medians do not: tokens of all prompts of such calls, of these tokens "
    "that a cache kept, tokens thought and of answers; energy from the grid."
)


def exchanges_text(rows: list[Json]) -> list[RenderableType]:
    """A table of the calls of each name together.

    Parameters
    ----------
    rows : of the answer's JSON, one for each name of calls

    Returns the table with a last row of all calls, and a line that says what its columns are.
    """
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Calls", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name, justify="right")
    whole = sum(row["energy_mean_wh"] for row in rows)
    for row in [*rows, _all(rows)]:
        name = f"{row['count']:,} × {row['name']}" if row["count"] > 1 else row["name"]
        energy = show(row["energy_mean_wh"], "Wh", like=whole)
        share = f"{row['energy_mean_wh'] / whole:.1%}"
        style = "bold" if row["name"] == ALL else ""
        table.add_row(name, *(f"{row[key]:,.0f}" for key in TOKENS), energy, share, style=style)
    return ["", table, Text(ABOUT, style="dim")]


def _all(rows: list[Json]) -> Json:
    """The sums of all rows."""
    sums = {key: sum(row[key] for row in rows) for key in (*TOKENS, "energy_mean_wh")}
    return {"name": ALL, "count": 1, **sums}
