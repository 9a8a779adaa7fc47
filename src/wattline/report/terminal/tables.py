"""Tables that several commands print alike."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from wattline.report.words import Json

MAX_CELL = 48  # letters of a cell that stays on one line; longer ones are sentences, which may break


class Title:
    """A title with a line after it; the title alone, over several lines, where the screen is too narrow."""

    def __init__(self, title: Text) -> None:
        self.title = title

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The title, with its line where there is room for one."""
        fits = self.title.cell_len + 2 <= options.max_width
        line = Rule(self.title, align="left", style="dim", characters="─")
        yield line if fits else Text.assemble(self.title, overflow="fold")


class FoldedTable(Table):
    """A table whose cells break where the screen is too narrow; none is cut."""

    def add_column(self, *arguments: Any, **options: Any) -> None:
        """As Rich's, with words that are longer than the column folded."""
        super().add_column(*arguments, **{"overflow": "fold", **options})


class FittedTable(FoldedTable):
    """A table that is never cut: where it is wider than the screen, each row stands as a heading and a list."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, or its rows one below the other."""
        cells = [[_plain(cell) for cell in column.cells] for column in self.columns]
        heads = [_plain(column.header) for column in self.columns]
        widths = [
            max([_wide(text) for text in (*column, head)], default=0) for column, head in zip(cells, heads, strict=True)
        ]
        gap = self.padding[1] + self.padding[3]
        if sum(widths) + gap * len(widths) <= options.max_width or len(widths) < 3:
            yield from super().__rich_console__(console, options)
            return
        if self.title:
            yield Text(_plain(self.title), style="bold")
        if heads and heads[0]:
            yield Text(heads[0], style="dim")
        for row in zip(*cells, strict=True):
            yield Text(row[0], overflow="fold")
            parts = [f"{head} {cell}".strip() for head, cell in zip(heads[1:], row[1:], strict=True) if cell.strip()]
            yield Padding(Text("; ".join(parts), overflow="fold"), (0, 0, 0, 2))


def _plain(cell: object) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)


def _wide(text: str) -> int:
    return min(cell_len(text), MAX_CELL)


def plain_table(*columns: str, left: tuple[str, ...] | None = None, gap: int = 2) -> Table:
    """A table without lines; the first column, or those of ``left``, are words and the others numbers.

    Parameters
    ----------
    columns : their names
    left : of these, those of words; None for the first alone
    gap : letters between two columns

    Returns
    -------
    An empty table.
    """
    table = FittedTable(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim")
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
