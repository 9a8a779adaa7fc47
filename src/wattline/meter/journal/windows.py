"""The statements that tell a journal of a window's beginning and end, made from what was noted at its edges."""

from __future__ import annotations

import json
from typing import Any, Protocol

from wattline.core.printable import sayable
from wattline.meter.journal.journal import Journal, Op

Times = tuple[int, int]  # µs, wall and monotonic
# number in its process, name, id of the window that it is inside, attributes, begin, end if it has ended
Edge = tuple[int, str, str, dict[str, Any], Times, Times | None]

_OPEN = (
    "INSERT INTO window(id, name, parent, writer, rank, begin_us, begin_mono_us, attributes) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
# whole, so that it tells all even where the opening was not written
_CLOSE = (
    "INSERT INTO window(id, name, parent, writer, rank, begin_us, begin_mono_us, attributes, end_us, end_mono_us) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
    "attributes = excluded.attributes, end_us = excluded.end_us, end_mono_us = excluded.end_mono_us"
)


class WindowWriter(Protocol):
    """Who tells of windows; ``around``: the window that all of its are inside, where they are inside no other."""

    around: str
    rank: str
    journal: Journal

    def window_id(self, number: int) -> str: ...


def edge_op(edge: Edge, writer: WindowWriter) -> Op:
    """A begin or end as the journal takes it.

    Parameters
    ----------
    edge : begin or end of a window
    writer : that the window belongs to

    Returns
    -------
    The statement with its values.
    """
    number, name, inside, attributes, begin, end = edge
    row = (
        writer.window_id(number),
        sayable(str(name)),
        inside or writer.around,
        writer.journal.writer,
        writer.rank,
        *begin,
    )
    about = attributes_text(attributes)
    return (_OPEN, (*row, about)) if end is None else (_CLOSE, (*row, about, *end))


def attributes_text(attributes: dict[str, Any]) -> str:
    """What JSON cannot say must not stop the sampling: it is kept as text."""
    if not attributes:
        return "{}"
    try:
        return json.dumps(dict(attributes), default=str)
    except Exception:
        return json.dumps({str(key): repr(value) for key, value in dict(attributes).items()})
