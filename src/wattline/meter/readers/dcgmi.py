"""``dcgmi dmon``: a row a GPU and reading, its columns named in a line of ``#Entity``; it prints no times itself.

A time must stand before each line (``dcgmi dmon … | ts %.s``) or before each block of rows.
"""

from __future__ import annotations

import re
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, specs
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording

HEADER = re.compile(r"^(.*?)#\s*Entity\s+(.*)$")
ROW = re.compile(r"^(.*?)\b(GPU|CPU)\s+(\d+)\s+(.*)$")
UNITS = {"POWER": "W", "TOTEC": "mJ"}
LIMITS = {"W": 1e5, "mJ": 1e17}  # what DCGM writes where it has no reading is larger


def is_text(text: str) -> bool:
    """Whether a file begins as dcgmi's table with power or energy in it."""
    headers = [match for line in text.splitlines()[:60] if (match := HEADER.match(line))]
    return any(set(UNITS) & set(header[2].split()) for header in headers)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each GPU's power and for its counter.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    names: list[str] = []
    now: float | None = None
    untimed = 0
    columns: dict[tuple[str, str], Column] = {}
    for line in logs.lines(path):
        if match := HEADER.match(line):
            names = match[2].split()
            continue
        if (at := logs.stamp(line)) is not None:
            now = at
            continue
        if not names or not (match := ROW.match(line)):
            continue
        own = logs.stamp(match[1].strip(" []")) if match[1].strip() else now
        cells = match[4].split()
        if own is None:
            untimed += 1
        elif len(cells) >= len(names):
            uuid = f"{match[2].lower()}{match[3]}"
            for name, cell in zip(names, cells, strict=False):
                number = _number(cell, UNITS.get(name, ""))
                if number is not None:
                    role = "board" if match[2] == "GPU" else "package"
                    column = Column(f"{name} of {uuid}", uuid, role, UNITS[name], match[3])
                    columns.setdefault((uuid, name), column).add(own, number)
    if not columns and untimed:
        raise logs.time_refusal("dcgmi dmon", "put a time before each line, as: dcgmi dmon -e 155,156 | ts %.s", path)
    if not columns:
        raise WattlineError(f"{path} is dcgmi's, without a reading of power: record dcgmi dmon -e 155,156")
    return logs.recording_of_log(columns.values(), choices, path, specs.nvml("dcgmi", source="dcgm"))


def _number(cell: str, unit: str) -> float | None:
    """A number that is a reading; None for others."""
    if not unit or not re.fullmatch(r"\d+(?:\.\d+)?", cell) or float(cell) > LIMITS[unit]:
        return None
    return float(cell)
