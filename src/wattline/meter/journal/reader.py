"""A journal read back: its series, windows, counts and faults as a Recording."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from wattline.core.reading import parse_json
from wattline.meter.device import Device
from wattline.meter.journal.blocks import SeriesColumns, decode, join, to_float, unpack_ticks
from wattline.meter.journal.damage import MAX_US, damage_named, finite, table, text, whole, whole_or_none
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.process import IMPORTED, this_process
from wattline.meter.recording import Fault, Recording, Series, Window
from wattline.meter.sensor import Spec

JUMP_US = 100_000  # clocks that part by more than this did jump


def read_recording(journal: Journal, begin_s: float | None = None, end_s: float | None = None) -> Recording:
    """All that a journal holds, or of its readings those from ``begin_s`` to ``end_s`` (UTC seconds) and some around.

    Each series is read when it is looked at, so that one at a time is in memory.
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


def read_stretch(journal: Journal, begin_mono_us: int, end_mono_us: int, pending: Iterable[bytes] = ()) -> Recording:
    """The readings of this boot of the machine around a stretch of its monotonic clock; ``pending``: ticks that the
    file has not taken yet."""
    waiting = unpack_ticks(pending)
    found = []
    for number, device, spec in known_series(journal):
        parts = list(_parts(journal, number, begin_mono_us, end_mono_us, on_mono=True))
        if number in waiting:
            parts.append(waiting[number])
        if parts:
            readings = join(parts)
            _, kept = np.unique(readings.mono, return_index=True)
            found.append(to_series(device, spec, SeriesColumns(*(column[kept] for column in readings))))
    return Recording(found, source=str(journal.path))


def read_windows(journal: Journal) -> Iterator[Window]:
    """Windows in the order they began; ``parent`` is the name of the window around, where there is one.

    Where the wall clock jumped they go by the clock that does not, as readings do.
    """
    rows = journal.connection.execute(
        "SELECT own.id, own.name, coalesce(up.name, ''), own.rank, own.writer, own.begin_us, own.begin_mono_us, "
        "own.end_us, own.end_mono_us FROM window own LEFT JOIN window up ON up.id = own.parent "
        "ORDER BY own.begin_us, own.id"
    ).fetchall()
    times_us = [[whole_or_none(value) for value in row[5:9]] for row in rows]
    edges = [(row[4], *pair) for row, us in zip(rows, times_us, strict=True) for pair in (us[:2], us[2:])]
    counts = read_counts(journal)
    shifts = _shifts(journal, False)
    offset = _offset_after_jump(journal, shifts, edges)
    times = [_true_s(edge, shifts, offset) for edge in edges]
    for (number, name, parent, rank, *_), begin_s, end_s in zip(rows, times[::2], times[1::2], strict=True):
        assert begin_s is not None, "a window has no beginning"
        yield Window(text(name), begin_s, end_s, text(parent), text(rank), counts.get(number, {}))


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
        data = table(parse_json(words))
        of = out.setdefault(text(data["window"] if "window" in data else _innermost(mine.get(writer, ()), at)), {})
        of[text(data["name"])] = of.get(data["name"], 0.0) + finite(data["number"])
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
    true = mono + shifts.get(writer, 0) + offset_us
    return (true if abs(true - wall) > JUMP_US else wall) / 1e6


def _offset_after_jump(journal: Journal, shifts: Mapping[int, int], edges: Sequence[Mark]) -> float | None:
    """The commonest µs from the monotonic clock to the wall's, of all readings; None where the wall's never jumped."""
    sample = "SELECT writer, first_us, first_mono_us FROM block UNION SELECT writer, last_us, last_mono_us FROM block"
    marks = [*journal.connection.execute(sample).fetchall(), *edges]
    ends = [wall - mono - shifts.get(by, 0) for by, wall, mono in marks if None not in (wall, mono) and wall != mono]
    if not ends or max(ends) - min(ends) <= JUMP_US:
        return None
    parts = [part for number, _, _ in known_series(journal) for part in _parts(journal, number, None, None)]
    apart = np.concatenate([part.wall - part.mono for part in parts]) if parts else np.empty(0)
    apart = apart[apart != 0]  # imported readings without a monotonic clock say nothing
    return float(np.median(apart)) if len(apart) else None


def read_faults(journal: Journal) -> list[Fault]:
    """Faults that were told while sampling, those alike as one."""
    found: dict[tuple[str, str, str], Fault] = {}
    for event in journal.read_events("fault"):
        data = table(event.data)
        fault = Fault(
            text(data["kind"]), whole(data["count"]), finite(data["seconds"]), text(data["done"]), text(data["device"])
        )
        key = (fault.kind, fault.device, fault.done)
        so_far = found.get(key, Fault(fault.kind, 0, 0.0, fault.done, fault.device))
        found[key] = Fault(
            fault.kind, so_far.count + fault.count, so_far.seconds + fault.seconds, fault.done, fault.device
        )
    return list(found.values())


def known_series(journal: Journal) -> list[tuple[int, Device, Spec]]:
    """The number, device and spec of each series."""
    rows = journal.connection.execute("SELECT id, about FROM series ORDER BY id").fetchall()
    found = []
    for series, about in rows:
        said = table(parse_json(about))
        spec = {name: value for name, value in table(said["spec"]).items() if value is not None}
        for name, value in spec.items():
            text(value) if name in ("source", "note") else bool(value) if name == "modelled" else finite(value)
        device = {name: text(value) for name, value in table(said["device"]).items()}
        found.append((whole(series), Device(**device), Spec(**spec)))
    return found


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
                parts = list(_parts(self._journal, series, *self._range))
            except sqlite3.ProgrammingError:  # the journal was closed since
                with type(self._journal).open(self._journal.path) as again:
                    parts = list(_parts(again, series, *self._range))
            return to_series(device, spec, join(parts) if parts else EMPTY)


EMPTY = SeriesColumns(*(np.empty(0, np.int64) for _ in SeriesColumns._fields))


def to_series(device: Device, spec: Spec, readings: SeriesColumns) -> Series:
    return Series(
        device,
        spec,
        readings.wall / 1e6,
        to_float(readings.power),
        to_float(readings.energy),
        readings.mono / 1e6,
    )


def _parts(
    journal: Journal, series: int, first_us: int | None, last_us: int | None, *, on_mono: bool = False
) -> Iterator[SeriesColumns]:
    """The blocks of a series from the last wholly before ``first_us`` to the first wholly after ``last_us``, then its
    ticks, so that both edges lie between two readings where there are any; both tables as they were at one moment.

    ``on_mono``: first and last are on this boot's monotonic clock. Otherwise they are on the wall's, and the monotonic
    clocks of several boots are set one after the other.
    """
    shifts = _shifts(journal, on_mono)
    low, high = ("first_mono_us", "last_mono_us") if on_mono else ("first_us", "last_us")
    mine = f"FROM block WHERE series = :series AND writer IN ({', '.join(map(str, shifts))})"
    connection = journal.connection
    with _one_moment(journal):
        rows: list[tuple[int, bytes]] = connection.execute(
            f"SELECT writer, data {mine} AND id >= coalesce((SELECT max(id) {mine} AND {high} < :first), 0) "
            f"AND id <= coalesce((SELECT min(id) {mine} AND {low} > :last), {2**62}) ORDER BY id",
            {
                "series": series,
                "first": -(2**62) if first_us is None else first_us,
                "last": 2**62 if last_us is None else last_us,
            },
        ).fetchall()
        ticks = connection.execute("SELECT writer, data FROM tick ORDER BY id").fetchall()
    for writer, data in rows:
        yield _shifted(_sound(decode(data)), shifts[writer])
    for writer in dict.fromkeys(row[0] for row in ticks):
        found = unpack_ticks(data for by, data in ticks if by == writer).get(series)
        if writer in shifts and found is not None:
            yield _shifted(_sound(found), shifts[writer])


def _sound(readings: SeriesColumns) -> SeriesColumns:
    """The readings, where their times are some that there may be."""
    for times in (readings.wall, readings.mono):
        if len(times) and not -MAX_US <= times.min() <= times.max() <= MAX_US:
            raise ValueError("a reading's time is beyond reason")
    return readings


def _shifted(readings: SeriesColumns, shift: int) -> SeriesColumns:
    return readings._replace(mono=readings.mono + shift) if shift else readings


def _shifts(journal: Journal, on_mono: bool) -> dict[int, int]:
    """By writer, what brings its boot's monotonic clock onto that of the first; ``on_mono``: this boot's alone."""
    written = journal.connection.execute("SELECT id, host, boot, wall_us - mono_us FROM writer ORDER BY id").fetchall()
    rows = [(whole(row[0]), text(row[1]), text(row[2]), whole(row[3])) for row in written]
    if on_mono:
        me = this_process()
        return {number: 0 for number, host, boot, _ in rows if (host, boot) == (me.host, me.boot)}
    offsets: dict[tuple[str, str], int] = {}
    for _, host, boot, offset in rows:
        offsets.setdefault((host, boot), offset)
    first = next((offset for (_, boot), offset in offsets.items() if boot != f"{IMPORTED}0"), 0)
    return {number: 0 if boot == f"{IMPORTED}0" else offsets[host, boot] - first for number, host, boot, _ in rows}


class _one_moment:
    """Reads inside see the file as it was at one moment."""

    def __init__(self, journal: Journal) -> None:
        self._connection = journal.connection

    def __enter__(self) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        try:
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError:
            self._connection.execute("ROLLBACK")
