"""A recording of any format written into Wattline's journal, readings raw as they were read: the answer stays the same.

Each series of the recording stays one: counters that each began anew are never joined, and a recording that is imported
twice is there once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wattline.meter.journal.journal import Journal
from wattline.meter.journal.process import IMPORTED
from wattline.meter.recording import Recording, Series, Window

_WINDOW = (
    "INSERT OR IGNORE INTO window(id, name, parent, writer, rank, begin_us, begin_mono_us, attributes, end_us, "
    "end_mono_us) VALUES (?, ?, ?, ?, ?, ?, ?, '{}', ?, ?)"
)
_THERE = "SELECT coalesce(sum(readings), 0) FROM block WHERE series = ?"


def into_journal(recording: Recording, path: Path | str) -> int:
    """Append all series, windows, counts, faults and notes to a journal; what it holds already is not added again.

    Parameters
    ----------
    recording : what is added
    path : of the journal, which is made where there is none

    Returns
    -------
    The number of readings that were added.

    Raises WattlineError where the file is no journal, or cannot be written.
    """
    readings, new = 0, False
    with Journal.create(path) as journal:
        offset_s = _offset_s(recording.series)
        journal.commit((), [_writer(journal.writer, offset_s)])
        for entry in recording.series:
            count, fresh = _append(journal, entry, offset_s)
            readings, new = readings + count, new or fresh
        mark = _mark(recording)
        there = journal.connection.execute("SELECT 1 FROM window WHERE id = ?", (f"{mark}-0",)).fetchone()
        if not new and (there or not recording.windows):
            return readings
        ids = [f"{mark}-{i}" for i in range(len(recording.windows))]
        journal.commit((), [(_WINDOW, _row(i, recording.windows, ids, journal.writer, offset_s))
                            for i in range(len(ids))])  # fmt: skip
        for number, window in zip(ids, recording.windows, strict=True):
            for name, value in window.counts.items():
                journal.count(name, value, number)
        for name, value in recording.counts.items():
            journal.count(name, value)
        for fault in recording.faults:
            journal.fault(fault)
        for note in recording.notes:
            journal.note(note)
    return readings


def _append(journal: Journal, entry: Series, offset_s: float) -> tuple[int, bool]:
    """One series as it is, unless the journal has it already; how many readings, and whether they were new."""
    good = np.isfinite(np.asarray(entry.time_s, float))
    mono = None if entry.monotonic_s is None else np.asarray(entry.monotonic_s, float)
    number = journal.series_id(entry.device, entry.spec, _hash(entry))
    count = int(good.sum())
    if journal.connection.execute(_THERE, (number,)).fetchone()[0] == count:
        return count, False
    if mono is None:
        mono = np.asarray(entry.time_s, float) - offset_s
    columns = [None if c is None else np.asarray(c, float)[good] for c in (mono, entry.power_w, entry.energy_j)]
    journal.append(number, np.asarray(entry.time_s, float)[good], *columns)
    return count, True


def _hash(entry: Series) -> str:
    """What tells a stretch of readings from every other: its numbers."""
    digest = hashlib.sha1(usedforsecurity=False)
    for column in (entry.time_s, entry.power_w, entry.energy_j):
        digest.update(b"-" if column is None else np.ascontiguousarray(column, float).tobytes())
    return digest.hexdigest()[:16]


def _mark(recording: Recording) -> str:
    """An id for the windows of a recording, the same each time it is imported."""
    text = repr([(w.name, w.begin_s, w.end_s, w.rank) for w in recording.windows]) + recording.source
    return f"read-{hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:16]}"


def _offset_s(series: Sequence[Series]) -> float:
    """Seconds from the monotonic clock of a recording to the wall's; 0 where it kept none."""
    kept = [entry for entry in series if entry.monotonic_s is not None]
    parts = [np.asarray(entry.time_s, float) - np.asarray(entry.monotonic_s, float) for entry in kept]
    good = np.concatenate(parts) if parts else np.empty(0)
    good = good[np.isfinite(good)]
    return float(np.median(good)) if len(good) else 0.0


def _writer(number: int, offset_s: float) -> tuple[str, tuple[Any, ...]]:
    """The statement that takes the writer off this machine's clocks, onto the recording's."""
    return (
        "UPDATE writer SET boot = ?, mono_us = wall_us - ? WHERE id = ?",
        (f"{IMPORTED}{round(offset_s * 1e6)}", round(offset_s * 1e6), number),
    )


def _row(i: int, windows: Sequence[Window], ids: Sequence[str], writer: int, offset_s: float) -> tuple[Any, ...]:
    """A window's row; its parent is the one of that name that lies around it."""
    window = windows[i]
    around = [k for k, other in enumerate(windows) if other.name == window.parent and k != i and _holds(other, window)]
    named = [k for k, other in enumerate(windows) if other.name == window.parent]
    parent = ids[(around or named)[0]] if window.parent and (around or named) else ""
    begin, end = (None if at is None else round(at * 1e6) for at in (window.begin_s, window.end_s))
    shift = round(offset_s * 1e6)
    mono = [None if at is None else at - shift for at in (begin, end)]
    return ids[i], window.name, parent, writer, window.rank, begin, mono[0], end, mono[1]


def _holds(outer: Window, inner: Window) -> bool:
    return outer.begin_s <= inner.begin_s and (
        outer.end_s is None or (inner.end_s is not None and inner.end_s <= outer.end_s)
    )
