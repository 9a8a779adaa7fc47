"""A recording of any format written into Wattline's journal, readings raw as they were read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.meter.journal.journal import Journal
from wattline.meter.recording import Recording

_WINDOW = (
    "INSERT INTO window(id, name, parent, writer, rank, begin_us, begin_mono_us, attributes, end_us, end_mono_us) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, '{}', ?, ?)"
)


def into_journal(recording: Recording, path: Path | str) -> int:
    """Append all series, windows, counts, faults and notes to the journal at ``path``; the number of readings."""
    readings = 0
    with Journal.create(path) as journal:
        for one in recording.series:
            good = np.isfinite(np.asarray(one.time_s, float))
            columns = [None if c is None else np.asarray(c)[good] for c in (one.monotonic_s, one.power_w, one.energy_j)]
            journal.append(journal.series_id(one.device, one.spec), np.asarray(one.time_s)[good], *columns)
            readings += int(good.sum())
        names = {window.name: f"{journal.writer}-read-{i}" for i, window in reversed([*enumerate(recording.windows)])}
        rows = []
        for i, window in enumerate(recording.windows):
            begin, end = (None if at is None else round(at * 1e6) for at in (window.begin_s, window.end_s))
            parent = names.get(window.parent, "")
            number = f"{journal.writer}-read-{i}"
            rows.append((number, window.name, parent, journal.writer, window.rank, begin, begin, end, end))
        journal.commit((), [(_WINDOW, row) for row in rows])
        for name, count in recording.counts.items():
            journal.count(name, count)
        for fault in recording.faults:
            journal.fault(fault)
        for note in recording.notes:
            journal.note(note)
    return readings
