"""Cray's pm_counters, read again and again into one file: ``724 W 1700061210920464 us``, or joules so far.

The file's name tells the counter (``accel0_power``, ``cpu_energy``); the kernel's clock tells when it was renewed.
"""

from __future__ import annotations

import re
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, plain
from wattline.meter.recording import Recording

LINE = re.compile(r"^\s*(\d+)\s+([WJ])\s+(\d+)\s+us\s*$")


def is_text(text: str) -> bool:
    """Whether every line of a file is a reading of such a counter."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    return bool(lines) and all(LINE.match(line) for line in lines[: max(1, len(lines) - 1)])


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """One counter's readings; what was read twice before it was renewed counts once.

    Parameters
    ----------
    path : of the file
    choices : what the user says of its column

    Returns the recording. Raises WattlineError where units change within it.
    """
    import polars as pl

    rows = [match.groups() for line in logs.lines(path) if (match := LINE.match(line))]
    if len({unit for _, unit, _ in rows}) != 1:
        raise WattlineError(f"{path} holds watts and joules of pm_counters in turn: keep a file for each counter")
    unit = rows[0][1]
    name = (
        f"{path.stem} [{unit}]"
        if re.search("power|energy", path.stem)
        else f"{'power' if unit == 'W' else 'energy'} [{unit}]"
    )
    frame = pl.DataFrame({"timestamp_us": [at for *_, at in rows], name: [value for value, *_ in rows]}).unique(
        "timestamp_us", keep="first", maintain_order=True
    )
    return plain.of_frame(frame, choices, str(path), path.stem)
