"""jetson-stats' ``jtop`` logger: a CSV with time, loads, temperatures and the milliwatts of each rail, no unit named.

``Power TOT`` (older: ``power cur``) is the module's input, over all its rails. A Jetson draws less than ``MAX_W`` and
never less than a watt, which tells milliwatts from the watts that some scripts make of them.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from wattline.meter.interpretation import Choices
from wattline.meter.readers import plain
from wattline.meter.readers.frame import numbers, read_frame
from wattline.meter.recording import Recording

MAX_W = 200.0
RAILS = re.compile(r"^power[ _](?!avg$)[\w ]+$", re.IGNORECASE)
SURE = re.compile(r"^power[ _](?:vdd|pom)_\w+$|^nvp[ _]model$|^jetson_clocks$", re.IGNORECASE)  # of no other tool
OLDER = {"power cur", "power avg", "uptime"}
MEAN = re.compile(r"^power[ _]avg$", re.IGNORECASE)  # since the start of the logger: not what is drawn now


def is_text(text: str) -> bool:
    """Whether a file begins as jtop's table."""
    header = text.lstrip("\ufeff \r\n").split("\n", 1)[0]
    cells = [cell.strip(' "\r') for cell in header.split(",")]
    jetson = any(SURE.match(cell) for cell in cells) or set(cells) >= OLDER
    return jetson and any(RAILS.match(cell) for cell in cells)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each rail, inside the module's input.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.
    """
    frame = read_frame(path)
    rails = {name for name in frame.columns if RAILS.match(name)}
    peaks = [float(np.nanmax(numbers(frame[name]), initial=0.0)) for name in rails]
    unit = "mW" if max(peaks) > MAX_W else "W"
    loads = [name for name in frame.columns if MEAN.match(name) or name.upper().startswith(("GPU", "CPU"))]
    frame = frame.drop(loads).rename({name: f"{name} [{unit}]" for name in rails})
    return plain.of_frame(frame, choices, str(path), path.stem)
