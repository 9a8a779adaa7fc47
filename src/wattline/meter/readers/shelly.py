"""Shelly's energy meters (EM, 3EM, Pro 3EM): the CSV of their own memory, the watt-hours of each interval by phase."""

from __future__ import annotations

import re
from pathlib import Path

from wattline.meter.interpretation import Choices
from wattline.meter.readers import plain
from wattline.meter.readers.frame import read_frame
from wattline.meter.recording import Recording

DRAWN = re.compile(r"Active energy Wh(?:\s*\(?([A-C])\)?)?|(?:([a-c])_)?total_act_energy")
TIME = re.compile(r"date/time.*|timestamp", re.IGNORECASE)


def is_text(text: str) -> bool:
    """Whether a file begins as a meter's memory."""
    names = [name.strip(' "') for name in re.split("[,;]", text.lstrip("\ufeff \r\n").split("\n", 1)[0].rstrip("\r"))]
    returned = any(name.startswith("Returned energy Wh") or name.endswith("total_act_ret_energy") for name in names)
    return bool(TIME.fullmatch(names[0])) and returned and any(DRAWN.fullmatch(name) for name in names)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each phase; what was returned to the grid is left out.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of energy with its time.
    """
    frame = read_frame(path)
    names = {frame.columns[0]: "time"}
    for name in frame.columns:
        if match := DRAWN.fullmatch(name):
            phase = (match[1] or match[2] or "").lower()
            names[name] = f"phase_{phase} interval energy [Wh]" if phase else "interval energy [Wh]"
    return plain.of_frame(frame.select(list(names)).rename(names), choices, str(path), path.stem)
