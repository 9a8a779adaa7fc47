"""``ipmitool dcmi power reading`` and ``ipmitool sdr`` or ``sensor``, taken again and again into one file.

DCMI's blocks carry their time (``IPMI timestamp``); sensors need a line of time before each (``date``, ``# time: …``).
DCMI is the machine, over its supplies and their components.
"""

from __future__ import annotations

import re
from pathlib import Path

from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs
from wattline.meter.readers.metrics import Samples
from wattline.meter.readers.metrics import recording_of_samples as of_samples
from wattline.meter.recording import Recording

NOW = re.compile(r"^\s*(?:Instantaneous power reading|Current Power)\s*:\s*([\d.]+)\s*W", re.IGNORECASE)
AT = re.compile(r"^\s*(?:IPMI timestamp|Time Stamp)\s*:\s*(.*?)\s*(?:Sampling period\s*:.*)?$", re.IGNORECASE)
YEAR = re.compile(r"^(\d\d/\d\d/)(\d\d)(?=\s)")  # a day as C writes it, the year without its century
SENSOR = re.compile(
    r"^([^|]+?)\s*\|\s*(?:[0-9A-Fa-f]+h?\s*\|\s*\w+\s*\|\s*[\d.]+\s*\|\s*)?([\d.]+)\s*(?:\|\s*)?Watts\b"
)


def is_text(text: str) -> bool:
    """Whether a file begins as ipmitool's readings of power."""
    return any(NOW.match(line) or SENSOR.match(line) for line in text.splitlines()[:400])


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """The machine's power by DCMI, and its sensors of power. Raises WattlineError where it holds no reading of power or
    energy with its time."""
    samples: Samples = {}
    host = (("instance", path.stem),)
    now: float | None = None
    waiting: float | None = None  # DCMI tells its time after its watts
    untimed = 0

    def add(name: str, labels: tuple[tuple[str, str], ...], at: float, watts: float) -> None:
        times, values = samples.setdefault((name, labels), ([], []))
        times.append(at)
        values.append(watts)

    for line in logs.lines(path):
        if (at := logs.stamp(line)) is not None:
            now = at
        elif match := NOW.match(line):
            waiting = float(match[1])
        elif match := AT.match(line):
            at = logs.dated(match[1]) or logs.dated(YEAR.sub(r"\g<1>20\2", match[1])) or now
            if at is not None and waiting is not None:
                add("ipmi_dcmi_power_consumption_watts", host, at, waiting)
            waiting = None
        elif match := SENSOR.match(line):
            if now is None:
                untimed += 1
                continue
            add("ipmi_power_watts", (*host, ("name", match[1].strip())), now, float(match[2]))
    if not samples and (untimed or waiting is not None):
        raise logs.untimed("ipmitool", "put a line of time before each, as: date +%s; ipmitool sensor", path)
    return of_samples(samples, str(path), choices)
