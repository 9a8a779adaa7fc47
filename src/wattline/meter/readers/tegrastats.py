"""NVIDIA Jetson's ``tegrastats``: a line a reading, with the milliwatts of each rail, now and on average.

``VDD_IN``, ``POM_5V_IN`` and ``VIN`` are the board's input, over all its rails; boards without
one are the sum of their rails.
"""

from __future__ import annotations

import re
from pathlib import Path

from wattline.meter.interpretation import UTC_ASSUMED, Choices
from wattline.meter.readers import logs, specs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording

RAIL = re.compile(r"\b([A-Z][A-Z0-9_]*)\s+(\d+)(?:mW)?/(\d+)(?:mW)?(?=\s|$)")
STAMP = re.compile(r"^(\d{2}-\d{2}-\d{4} \d{2}:\d{2}:\d{2}|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?)\s")
MEMORY = re.compile(r"\bRAM \d+/\d+MB\b")
INPUTS = ("VDD_IN", "POM_5V_IN", "VIN")


def is_text(text: str) -> bool:
    """Whether a file begins as tegrastats' lines."""
    memory = [line for line in text.splitlines()[:20] if MEMORY.search(line)]
    return any("GR3D_FREQ" in line or RAIL.search(line) for line in memory)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each rail, inside the board's input where there is one.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    times: list[float] = []
    rails: list[dict[str, float]] = []
    for line in logs.lines(path):
        rails_mw = {match[1]: float(match[2]) for match in RAIL.finditer(line)}
        if not rails_mw:
            continue
        match = STAMP.match(line)
        at = logs.epoch_s(match[1]) if match else None
        if at is None:
            mend = "record it with a JetPack that prints dates, or as tegrastats | ts '%Y-%m-%d %H:%M:%.S'"
            raise logs.time_refusal("tegrastats", mend, path)
        times.append(at)
        rails.append(rails_mw)
    times = logs.spread_times(times)
    whole = next((name for name in INPUTS if any(name in rails_mw for rails_mw in rails)), "")
    columns = []
    for name in dict.fromkeys(name for rails_mw in rails for name in rails_mw):
        column = Column(name, name, _role(name), "mW", inside=whole if name != whole else "")
        for at, rails_mw in zip(times, rails, strict=True):
            if name in rails_mw:
                column.add(at, rails_mw[name])
        columns.append(column)
    spec = specs.unknown_sensor("tegrastats", "INA3221 of the module")
    extras = Extras(notes=["times carry no zone: taken as UTC"])
    return logs.recording_of_log(columns, choices, path, spec, extras=extras, clock=UTC_ASSUMED)


def _role(name: str) -> str:
    if name in INPUTS:
        return "machine"
    parts = set(name.split("_"))
    return "board" if "GPU" in parts and "CPU" not in parts else "cpu" if {"CPU"} & parts and "GPU" not in parts else ""
