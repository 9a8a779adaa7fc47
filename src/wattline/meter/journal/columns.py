"""The readings of a journal's series, out of their blocks and the ticks that are not packed yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np

from wattline.core.reading import parse_json
from wattline.meter.device import Device
from wattline.meter.journal.blocks import SeriesColumns, decode, join, to_float, unpack_ticks
from wattline.meter.journal.damage import MAX_US, as_table, as_text, as_whole, finite
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.process import IMPORTED, this_process
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec

EMPTY = SeriesColumns(*(np.empty(0, np.int64) for _ in SeriesColumns._fields))
Block = tuple[int, bytes]  # its writer, and its readings packed


def read_stretch(journal: Journal, begin_mono_us: int, end_mono_us: int, pending: Iterable[bytes] = ()) -> Recording:
    """The readings of this boot of the machine around a stretch of its monotonic clock.

    Parameters
    ----------
    journal : to which readings go
    begin_mono_us, end_mono_us : of the stretch, on that clock [µs]
    pending : ticks that the file has not taken yet

    Returns a recording with a series for each that has readings there.
    """
    waiting = unpack_ticks(pending)
    shifts = shifts_of(journal, True)
    with _SteadyView(journal):
        known = known_series(journal)
        rows = {number: _blocks(journal, number, shifts, begin_mono_us, end_mono_us, True) for number, _, _ in known}
        ticks = _ticks(journal)
    stretches = []
    for number, device, spec in known:
        parts = list(_columns(journal, number, rows[number], ticks, shifts))
        if number in waiting:
            parts.append(waiting[number])
        if parts:
            stretches.append(to_series(device, spec, _in_order(join(parts))))
    return Recording(stretches, source=str(journal.path))


def _in_order(readings: SeriesColumns) -> SeriesColumns:
    """In the order of the monotonic clock, each instant once."""
    if (np.diff(readings.mono) > 0).all():
        return readings
    _, kept = np.unique(readings.mono, return_index=True)
    return SeriesColumns(*(column[kept] for column in readings))


def known_series(journal: Journal) -> list[tuple[int, Device, Spec]]:
    """The number, device and spec of each series."""
    rows = journal.connection.execute("SELECT id, about FROM series ORDER BY id").fetchall()
    return [(as_whole(series), *_known(about)) for series, about in rows]


@lru_cache(maxsize=256)  # each window that is read asks for its journal's series again
def _known(about: str) -> tuple[Device, Spec]:
    """The device and spec that a series' text tells of."""
    stated = as_table(parse_json(about))
    spec = {name: value for name, value in as_table(stated["spec"]).items() if value is not None}
    for name, value in spec.items():
        as_text(value) if name in ("source", "note") else bool(value) if name == "modelled" else finite(value)
    return Device(**{name: as_text(value) for name, value in as_table(stated["device"]).items()}), Spec(**spec)


def to_series(device: Device, spec: Spec, readings: SeriesColumns) -> Series:
    """Columns of a journal as a series.

    Parameters
    ----------
    device : the device
    spec : how its sensor measures
    readings : times [µs], power and energy as the journal holds them, shape ``(n,)``

    Returns the series, in s, W and J.
    """
    return Series(
        device,
        spec,
        readings.wall / 1e6,
        to_float(readings.power),
        to_float(readings.energy),
        readings.mono / 1e6,
    )


def parts_of(
    journal: Journal, series: int, first_us: int | None, last_us: int | None, *, on_mono: bool = False
) -> Iterator[SeriesColumns]:
    """The blocks of a series from the last wholly before ``first_us`` to the first wholly after ``last_us``, then its
    ticks, so that both edges lie between two readings where there are any; both tables as they were at one moment.

    Parameters
    ----------
    journal : to which readings go
    series : its number in the journal
    first_us, last_us : edges; None for none [µs]
    on_mono : whether they are on this boot's monotonic clock; otherwise they are on the wall's, and the monotonic
        clocks of several boots are set one after the other

    Returns columns, in order.
    """
    shifts = shifts_of(journal, on_mono)
    with _SteadyView(journal):
        rows = _blocks(journal, series, shifts, first_us, last_us, on_mono)
        ticks = _ticks(journal)
    return _columns(journal, series, rows, ticks, shifts)


def _blocks(
    journal: Journal, series: int, shifts: Mapping[int, int], first_us: int | None, last_us: int | None, on_mono: bool
) -> list[Block]:
    """The blocks that ``parts_of`` reads."""
    low, high = ("first_mono_us", "last_mono_us") if on_mono else ("first_us", "last_us")
    mine = f"FROM block WHERE series = :series AND writer IN ({', '.join(map(str, shifts))})"
    return journal.connection.execute(
        f"SELECT writer, data {mine} AND id >= coalesce((SELECT max(id) {mine} AND {high} < :first), 0) "
        f"AND id <= coalesce((SELECT min(id) {mine} AND {low} > :last), {2**62}) ORDER BY id",
        {
            "series": series,
            "first": -(2**62) if first_us is None else first_us,
            "last": 2**62 if last_us is None else last_us,
        },
    ).fetchall()


def _ticks(journal: Journal) -> dict[int, dict[int, SeriesColumns]]:
    """The ticks that are not packed yet, by writer and series."""
    by_writer: dict[int, list[bytes]] = {}
    for writer, data in journal.connection.execute("SELECT writer, data FROM tick ORDER BY id"):
        by_writer.setdefault(writer, []).append(data)
    return {writer: unpack_ticks(ticks) for writer, ticks in by_writer.items()}


def _columns(
    journal: Journal,
    series: int,
    rows: Iterable[Block],
    ticks: Mapping[int, Mapping[int, SeriesColumns]],
    shifts: Mapping[int, int],
) -> Iterator[SeriesColumns]:
    """The readings of one series in its blocks, then in its ticks."""
    for writer, data in rows:
        yield _shifted(_sound(decode(data)), shifts[writer])
    for writer, of in ticks.items():
        if writer in shifts and series in of:
            yield _shifted(_sound(of[series]), shifts[writer])


def _sound(readings: SeriesColumns) -> SeriesColumns:
    """The readings, where their times are some that there may be."""
    for times in (readings.wall, readings.mono):
        if len(times) and not -MAX_US <= times.min() <= times.max() <= MAX_US:
            raise ValueError("a reading's time is beyond reason")
    return readings


def _shifted(readings: SeriesColumns, shift: int) -> SeriesColumns:
    return readings._replace(mono=readings.mono + shift) if shift else readings


def shifts_of(journal: Journal, on_mono: bool) -> dict[int, int]:
    """By writer, what brings its boot's monotonic clock onto that of the first.

    Parameters
    ----------
    journal : open, with the boots of its writers
    on_mono : take this boot's writers alone

    Returns
    -------
    µs to add, by number of the writer.
    """
    written = journal.connection.execute("SELECT id, host, boot, wall_us - mono_us FROM writer ORDER BY id").fetchall()
    rows = [(as_whole(row[0]), as_text(row[1]), as_text(row[2]), as_whole(row[3])) for row in written]
    if on_mono:
        me = this_process()
        return {number: 0 for number, host, boot, _ in rows if (host, boot) == (me.host, me.boot)}
    offsets: dict[tuple[str, str], int] = {}
    for _, host, boot, offset in rows:
        offsets.setdefault((host, boot), offset)
    first = next((offset for (_, boot), offset in offsets.items() if boot != f"{IMPORTED}0"), 0)
    return {number: 0 if boot == f"{IMPORTED}0" else offsets[host, boot] - first for number, host, boot, _ in rows}


class _SteadyView:
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
