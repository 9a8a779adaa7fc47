"""``ipmitool dcmi power reading`` and ``ipmitool sdr`` or ``sensor``, taken again and again into one file.

DCMI's blocks carry their time (``IPMI timestamp``); sensors need a line of time before each (``date``, ``# time: …``).
DCMI is the machine, over its supplies and their components.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
# ``ipmitool -c sdr``, and ``ipmitool sensor get`` with the name above its reading
SEPARATED = re.compile(r"^([^,|]+),([\d.]+),Watts,\w+")
MAX_LINE = 500
Waiting = tuple[float | None, float] | None  # the line of time above DCMI's watts, which tells its time after them
DCMI, SENSORS = "ipmi_dcmi_power_consumption_watts", "ipmi_power_watts"
NAMED = re.compile(r"^Sensor ID\s*:\s*(.*?)\s*(?:\(0x[0-9a-f]+\))?\s*$")
READING = re.compile(r"^\s*Sensor Reading\s*:\s*([\d.]+)\s*(?:\([^)]*\))?\s*Watts")


def is_text(text: str) -> bool:
    """Whether a file begins as ipmitool's readings of power."""
    kinds = (NOW, SENSOR, SEPARATED, READING)
    return any(kind.match(line) for line in text.splitlines()[:400] for kind in kinds)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """The machine's power by DCMI, and its sensors of power.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    samples: Samples = {}
    host = (("instance", path.stem),)
    now: float | None = None
    waiting: Waiting = None

    def add(at: float | None, watts: float, sensor: str = "") -> None:
        name, labels = (SENSORS, (*host, ("name", sensor))) if sensor else (DCMI, host)
        times, values = samples.setdefault((name, labels), ([], []))
        if at is not None:
            times.append(at)
            values.append(watts)

    for line in _lines(path):
        if (at := logs.stamp(line)) is not None:
            now = at
        elif match := NOW.match(line):
            if waiting is not None:  # as grep leaves them
                add(*waiting)
            waiting = (now, float(match[1]))
        elif match := AT.match(line):
            if waiting is not None:
                add(_own_time(match[1]) or now, waiting[1])
            waiting = None
        elif sensor := _sensor(line):
            add(now, sensor[1], sensor[0])
    if waiting is not None:
        add(*waiting)
    if samples and not any(times for times, _ in samples.values()):
        raise logs.time_refusal("ipmitool", "put a line of time before each, as: date +%s; ipmitool sensor", path)
    return of_samples({key: pair for key, pair in samples.items() if pair[0]}, str(path), choices)


def _own_time(text: str) -> float | None:
    """The time that DCMI tells below its watts."""
    text = text.replace(" - ", " ")
    return logs.epoch_s(text) or logs.epoch_s(YEAR.sub(r"\g<1>20\2", text))


def _lines(path: Path) -> Iterator[str]:
    """The lines, a sensor's reading behind its name, which ``sensor get`` prints some lines above it."""
    name = "power"
    for line in logs.lines(path):
        line = line[:MAX_LINE]
        if match := NAMED.match(line):
            name = match[1]
        reading = READING.match(line)
        yield f"{name} | {reading[1]} | Watts" if reading else line


def _sensor(line: str) -> tuple[str, float] | None:
    """A sensor's name and watts."""
    match = SENSOR.match(line) or SEPARATED.match(line)
    return (match[1].strip(), float(match[2])) if match else None
