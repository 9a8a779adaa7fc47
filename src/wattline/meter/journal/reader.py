"""A journal read back: its series, windows, counts and faults as a Recording."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from wattline.core.reading import parse_json
from wattline.meter.journal.blocks import join, unpack_ticks
from wattline.meter.journal.columns import EMPTY, known_series, parts_of, shifts_of, to_series
from wattline.meter.journal.damage import as_table, as_text, as_whole, damage_named, finite, whole_or_none
from wattline.meter.journal.journal import Journal
from wattline.meter.recording import Fault, Recording, Series, Window

JUMP_US = 100_000  # clocks that part by more than this did jump


def read_recording(journal: Journal, begin_s: float | None = None, end_s: float | None = None) -> Recording:
    """All that a journal holds, or of its readings those from ``begin_s`` to ``end_s`` (UTC seconds) and some around.

    Each series is read when it is looked at, so that one at a time is in memory.

    Parameters
    ----------
    journal : of any process
    begin_s, end_s : edges of the readings, UTC; None for none [s]

    Returns the recording. Raises WattlineError where the file is damaged.
    """
    first, last = (None if edge is None else round(edge * 1e6) for edge in (begin_s, end_s))
    with damage_named("journal", journal.path):
        windows = [
            window
            for window in read_windows(journal)
            if (end_s is None or window.begin_s <= end_s)
            and (begin_s is None or window.end_s is None or window.end_s >= begin_s)
        ]
        counts = read_counts(journal).get("", {})
        notes = tuple(dict.fromkeys(str(event.data) for event in journal.read_events("note")))
        series = SeriesOf(journal, first, last)
        return Recording(series, windows, counts, read_faults(journal), notes, str(journal.path))


def read_windows(journal: Journal) -> Iterator[Window]:
    """Windows in the order they began; ``parent`` is the name of the window around, where there is one.

    They go by the clock that never jumps, as readings do, so that a window is as long here as it was live.
    """
    rows = journal.connection.execute(
        "SELECT own.id, own.name, coalesce(up.name, ''), own.rank, own.writer, own.begin_us, own.begin_mono_us, "
        "own.end_us, own.end_mono_us FROM window own LEFT JOIN window up ON up.id = own.parent "
        "ORDER BY own.begin_us, own.id"
    ).fetchall()
    times_us = [[whole_or_none(value) for value in row[5:9]] for row in rows]
    edges = [(row[4], *pair) for row, us in zip(rows, times_us, strict=True) for pair in (us[:2], us[2:])]
    counts = read_counts(journal)
    shifts = shifts_of(journal, False)
    offset = _offset_us(journal, shifts, edges)
    times = [_true_s(edge, shifts, offset) for edge in edges]
    for (number, name, parent, rank, *_), begin_s, end_s in zip(rows, times[::2], times[1::2], strict=True):
        assert begin_s is not None, "a window has no beginning"
        yield Window(as_text(name), begin_s, end_s, as_text(parent), as_text(rank), counts.get(number, {}))


def read_counts(journal: Journal) -> dict[str, dict[str, float]]:
    """Tokens, queries and samples by the id of the window that counted them; "" where none did.

    Counts that name no window are of the innermost one that was open in their process then.
    """
    windows = journal.connection.execute(
        "SELECT id, writer, begin_mono_us, coalesce(end_mono_us, 9223372036854775807) FROM window"
    ).fetchall()
    rows = journal.connection.execute("SELECT writer, mono_us, data FROM event WHERE kind = 'count' ORDER BY id")
    mine: dict[Any, list[tuple[int, int, str]]] = {}
    for window, by, begin, end in windows:
        mine.setdefault(by, []).append((begin, end, window))
    out: dict[str, dict[str, float]] = {}
    for writer, at, words in rows.fetchall():
        data = as_table(parse_json(words))
        of = out.setdefault(as_text(data["window"] if "window" in data else _innermost(mine.get(writer, ()), at)), {})
        of[as_text(data["name"])] = of.get(data["name"], 0.0) + finite(data["number"])
    return out


def _innermost(windows: Sequence[tuple[int, int, str]], at: int) -> str:
    """The window begun last of those that are open at a time; "" where none is."""
    return max(((begin, window) for begin, end, window in windows if begin <= at <= end), default=(0, ""))[1]


Mark = tuple[int, int | None, int | None]  # writer, µs of the wall's clock, µs of its boot's monotonic one


def _true_s(edge: Mark, shifts: Mapping[int, int], offset_us: float | None) -> float | None:
    """Seconds since the epoch of a window's edge; by the monotonic clock where the wall's jumped away from it."""
    writer, wall, mono = edge
    if wall is None:
        return None
    if offset_us is None or mono is None or mono == wall:  # a window of an imported recording has no monotonic clock
        return wall / 1e6
    return (mono + shifts.get(writer, 0) + offset_us) / 1e6


def _offset_us(journal: Journal, shifts: Mapping[int, int], edges: Sequence[Mark]) -> float | None:
    """The commonest µs from the monotonic clock to the wall's: where that never jumped by the ends of blocks and
    windows, else by all readings; None where no monotonic clock is told."""
    sample = "SELECT writer, first_us, first_mono_us FROM block UNION SELECT writer, last_us, last_mono_us FROM block"
    marks = [*journal.connection.execute(sample).fetchall(), *edges]
    ends = [wall - mono - shifts.get(by, 0) for by, wall, mono in marks if None not in (wall, mono) and wall != mono]
    if not ends:
        return None
    if max(ends) - min(ends) <= JUMP_US:
        return float(np.median(ends))
    parts = [part for number, _, _ in known_series(journal) for part in parts_of(journal, number, None, None)]
    apart = np.concatenate([part.wall - part.mono for part in parts]) if parts else np.empty(0)
    apart = apart[apart != 0]  # imported readings without a monotonic clock say nothing
    return float(np.median(apart)) if len(apart) else None


def read_faults(journal: Journal) -> list[Fault]:
    """Faults that were told while sampling, those alike as one."""
    faults: dict[tuple[str, str, str], Fault] = {}
    for event in journal.read_events("fault"):
        data = as_table(event.data)
        fault = Fault(
            as_text(data["kind"]),
            as_whole(data["count"]),
            finite(data["seconds"]),
            as_text(data["done"]),
            as_text(data["device"]),
        )
        key = (fault.kind, fault.device, fault.done)
        so_far = faults.get(key, Fault(fault.kind, 0, 0.0, fault.done, fault.device))
        faults[key] = Fault(
            fault.kind, so_far.count + fault.count, so_far.seconds + fault.seconds, fault.done, fault.device
        )
    return list(faults.values())


class SeriesOf(Sequence[Series]):
    """The series of a journal that have readings; each is read anew whenever it is looked at."""

    def __init__(self, journal: Journal, first_us: int | None, last_us: int | None) -> None:
        self._journal, self._range = journal, (first_us, last_us)
        read = {row[0] for row in journal.connection.execute("SELECT DISTINCT series FROM block")}
        read |= unpack_ticks(row[0] for row in journal.connection.execute("SELECT data FROM tick")).keys()
        self._known = [known for known in known_series(journal) if known[0] in read]

    def __len__(self) -> int:
        return len(self._known)

    @overload
    def __getitem__(self, index: int) -> Series: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Series]: ...
    def __getitem__(self, index: int | slice) -> Series | Sequence[Series]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        series, device, spec = self._known[index]
        with damage_named("journal", self._journal.path):
            try:
                parts = list(parts_of(self._journal, series, *self._range))
            except sqlite3.ProgrammingError:  # the journal was closed since
                with type(self._journal).open(self._journal.path) as again:
                    parts = list(parts_of(again, series, *self._range))
            return to_series(device, spec, join(parts) if parts else EMPTY)
