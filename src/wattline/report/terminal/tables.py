"""Tables that several commands print alike."""

from __future__ import annotations

from rich.table import Table

from wattline.report.words import Json


def plain_table(*columns: str, left: tuple[str, ...] | None = None, gap: int = 2) -> Table:
    """A table without lines; the first column, or those of ``left``, are words and the others numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim")
    for i, name in enumerate(columns):
        words = i == 0 if left is None else name in left
        table.add_column(name, justify="left" if words else "right")
    return table


def percents(score: Json, *names: str) -> list[str]:
    """Errors of a score by their names, such as ``mean_error``; a bias with its sign, coverage without decimals."""
    return [_percent(score[f"{name}_percent"], name) for name in names]


def _percent(value: float | None, name: str) -> str:
    if value is None:
        return "-"
    if name == "coverage":
        return f"{value:.0f}%"
    return f"{value:+.1f}%" if "bias" in name else f"{value:.1f}%"
