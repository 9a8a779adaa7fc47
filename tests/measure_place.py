"""A journal that two sensors of 100 W write to, for tests of windows over a program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import wattline as wl
from fake_sensors import fakes
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.reader import read_recording
from wattline.meter.live import active
from wattline.meter.recording import Recording


@contextmanager
def two_sensors(folder: Path) -> Iterator[Path]:
    """The path of the journal, within the block."""
    active.finish()
    where = folder / "test.wattline"
    wl.metering(where, 0.02, fakes(2))
    yield where
    active.finish()


def read(path: Path) -> Recording:
    """All that was recorded; nothing more is."""
    active.finish()
    with Journal.open(path) as journal:
        return read_recording(journal)
