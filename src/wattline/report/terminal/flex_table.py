"""The table of ``flex``: names on the left, figures on the right."""

from __future__ import annotations

from rich.table import Table


def flex_table(*heads: str) -> Table:
    """An empty table with these heads; the first column is of names."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i else "left", no_wrap=i > 0, overflow="fold")
    return table
