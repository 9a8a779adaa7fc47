"""LibreHardwareMonitor's and OpenHardwareMonitor's log: a row of sensor paths, a row of names, then a row a reading.

Only paths of power count; cores and graphics lie inside the package, memory beside it, a card's core inside the card.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.places import index_of, role_of, words_of
from wattline.meter.readers import logs, specs, units
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.frame import read_frame
from wattline.meter.readers.logs import Column
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Recording

POWER = re.compile(r"^/(?P<hardware>[a-z0-9-]+)/(?P<index>[^/]+)/power/(?P<sensor>\d+)$")


def is_text(text: str) -> bool:
    """Whether a file begins as the monitor's log."""
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    return first.startswith((",/", '"",/', ',"/')) and "/power/" in first


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each sensor of power.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    frame = read_frame(path, header=False)
    paths = [str(cell or "") for cell in frame.row(0)]
    names = [str(cell or "") for cell in frame.row(1)]
    body = frame.slice(2)
    time_s, remark = column_times(body[frame.columns[0]])
    if not np.isfinite(time_s).any():
        raise WattlineError(f"{path}: its first column holds no time that can be read")
    packages: set[str] = set()
    sensors = []
    for column, where, name in zip(frame.columns, paths, names, strict=True):
        if not (match := POWER.match(where)) or match["hardware"] == "battery":
            continue
        board = "gpu" in match["hardware"]
        words = words_of(name)
        if board:
            role = "boardpart" if {"core", "soc", "memory"} & set(words) else "board"
        else:
            role = "psys" if "platform" in words else role_of(words)
        host = f"{match['hardware']}-{match['index']}"
        if role in ("board", "package"):
            packages.add(host)
        sensors.append((column, f"{name} ({where})", host, role, words))
    columns = []
    for column, name, host, role, _ in sensors:
        outer = role in ("board", "package", "dram", "psys") or host not in packages
        uuid = host if role in ("board", "package") else f"{host}/{name.partition(' (')[0]}"
        entry = Column(name, uuid, role, "W", index_of(host), inside="" if outer else host)
        values = units.cells(body[column])[0]
        entry.time_s, entry.values = time_s.tolist(), values.tolist()
        columns.append(entry)
    if not columns:
        raise WattlineError(f"{path} is LibreHardwareMonitor's log without a sensor of power")
    notes = (remark,) if remark else ()
    spec = specs.unknown_sensor("file", "LibreHardwareMonitor")
    return logs.recording_of_log(columns, choices, path, spec, extras=Extras(notes=notes), clock=remark or "UTC")
