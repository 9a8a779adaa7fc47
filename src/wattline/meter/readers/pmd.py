"""A hardware power meter in the cables and the slot of a graphics card: ``PMD_data.bin`` beside ``PMD_start_ts.txt``.

Records of nine little-endian uint16: a tick counter that wraps, then voltage and current of four 12 V inputs (two
power cables, the slot's riser, another cable), each in bits 4 to 15; one with its top bit set is negative and counts
as 0. The slot's 3.3 V, by which a card may take up to 10 W, is not measured. Layout: GPU_Power_Benchmark
(arXiv:2312.02741).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.readers.frame import head
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec

DATA, START = "PMD_data.bin", "PMD_start_ts.txt"
WORDS = 9
TICKS_PER_S = 2.9335e6
WRAP = 1 << 16
VOLTS, AMPERES = 0.007568, 0.0488  # of one count
EARLIER_S = 0.05  # the first record was taken so long before the noted start
CHUNK = 1 << 18  # records read at a time
INPUTS = ("cable 1", "cable 2", "slot 12 V", "cable 3")
SPEC = Spec(
    source="pmd",
    period_s=602 / TICKS_PER_S,
    error=0.01,
    note="12 V of cables and slot; the slot's 3.3 V is not measured",
)


def matches(path: Path) -> bool:
    """Whether this is such a recording: its folder, or its data file."""
    folder = path if path.is_dir() else path.parent
    named = path.is_dir() or path.name == DATA
    return named and (folder / DATA).is_file() and (folder / START).is_file()


def read(path: Path) -> Recording:
    """The card's power over time; ``path`` is the folder or its ``PMD_data.bin``."""
    folder = path if path.is_dir() else path.parent
    data = folder / DATA
    time, power = read_power(folder)
    device = Device(host="", uuid=f"pmd:{folder.resolve().name}", kind="gpu", name=folder.resolve().name)
    return Recording([Series(device, SPEC, time, power)], source=str(data))


def read_power(folder: Path) -> tuple[Array, Array]:
    """Times (s since the epoch, UTC) and the sum of the four inputs (W), shape ``(records,)``. Raises WattlineError
    where the files cannot be read, or hold fewer than two records."""
    data, start_s = folder / DATA, _start(folder / START)
    times: list[Array] = []
    powers: list[Array] = []
    last, ticks = None, 0
    try:
        size = data.stat().st_size
        if size < 2 * WORDS * 2:
            raise WattlineError(f"{data}: {size} bytes hold no two records of {WORDS} words")
        with data.open("rb") as file:
            while len(chunk := file.read(CHUNK * WORDS * 2)) >= WORDS * 2:
                words = np.frombuffer(chunk, "<u2", count=len(chunk) // (WORDS * 2) * WORDS).reshape(-1, WORDS)
                count = words[:, 0].astype(np.int64)
                step = np.diff(count, prepend=count[0] if last is None else last) % WRAP
                since = ticks + np.cumsum(step)
                last, ticks = int(count[-1]), int(since[-1])
                times.append(start_s + since / TICKS_PER_S)
                powers.append(_watts(words[:, 1:]))
    except OSError as error:
        raise WattlineError(f"{data}: {error.strerror or error}") from None
    return np.concatenate(times), np.concatenate(powers)


def _watts(words: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> Array:
    """Sum over the inputs of volts times amperes, shape ``(records,)``; a negative reading counts as 0."""
    counts = np.where(words & 0x8000, 0, words >> 4).astype(float)
    return np.asarray((counts[:, 0::2] * counts[:, 1::2]).sum(axis=1) * (VOLTS * AMPERES))


def _start(path: Path) -> float:
    """When the first record was taken, s since the epoch."""
    try:
        text = head(path, 1000).strip()
        return int(text) / 1e6 - EARLIER_S
    except OSError as error:
        raise WattlineError(f"{path}: {error.strerror or error}") from None
    except (ValueError, UnicodeDecodeError):
        raise WattlineError(f"{path}: not a whole number of microseconds since the epoch") from None
