"""What a journal keeps of a device, of an event and of its own file."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wattline.core.printable import sayable
from wattline.meter.device import Device
from wattline.meter.journal.blocks import unpack_ticks
from wattline.meter.sensor import Spec


class JournalEvent(NamedTuple):
    """Something that was told to the journal, by its kind."""

    kind: str
    time_s: float
    data: Any


def file_id(path: Path) -> tuple[int, int] | None:
    """What tells the file at a path from any other that is put there; looked at alone, never opened."""
    try:
        there = path.stat()
    except OSError:
        return None
    return there.st_dev, there.st_ino


def series_about(device: Device, spec: Spec, part: str) -> str:
    """A series in the words by which it is told from others, JSON.

    Parameters
    ----------
    device : the device
    spec : how its sensor measures
    part : tells stretches of one device apart that must not be joined

    Returns the text.
    """
    about: dict[str, Any] = {"device": asdict(device), "spec": asdict(spec) | {"wrap_j": finite(spec.wrap_j)}}
    about |= {"part": part} if part else {}
    return sayable(json.dumps(about, sort_keys=True, ensure_ascii=False))


def finite(value: float) -> float | None:
    """A number for JSON, which knows no infinity."""
    return value if np.isfinite(value) else None


def last_reading_us(connection: sqlite3.Connection) -> int:
    """When the last reading was written, on the monotonic clock of its writer; 0 where there is none."""
    last = connection.execute("SELECT data FROM tick ORDER BY id DESC LIMIT 1").fetchone()
    if last is not None:
        return max(int(readings.mono[-1]) for readings in unpack_ticks([last[0]]).values())
    row = connection.execute("SELECT last_mono_us FROM block ORDER BY id DESC LIMIT 1").fetchone()
    return int(row[0]) if row else 0
