"""``gpustat`` as it prints for people: a line of host and time, and a line for each GPU, with watts by ``-P``."""

from __future__ import annotations

import re
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, specs
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording

MAX_LINE = 500
COLOUR = re.compile(r"\x1b\[[\d;]*[A-Za-z]|\x1b\(B")
HEAD = re.compile(r"^(\S+)\s+([A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \d{4})(?:\s+[\d.]+)?\s*$")
CARD = re.compile(r"^\[(\d+)\]\s+(.*?)\s*\|\s*(?:\d+|\?\?)\s*['°]")
POWER = re.compile(r"[,|]\s*(\d+(?:\.\d+)?)\s*(?:/\s*(?:\d+|\?\?)\s*)?W\b")


def is_text(text: str) -> bool:
    """Whether a file begins as gpustat's screen."""
    return any(CARD.match(line[:MAX_LINE]) for line in COLOUR.sub("", text).splitlines()[:60])


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each GPU.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power with its time.
    """
    columns: dict[tuple[str, str], Column] = {}
    now: float | None = None
    host, untimed = "", 0
    for raw in logs.lines(path):
        line = COLOUR.sub("", raw[: 2 * MAX_LINE]).strip()[:MAX_LINE]
        if (at := logs.stamp(line)) is not None:
            now = at
        elif match := HEAD.match(line):
            host, now = match[1], logs.epoch_s(match[2])
        elif (card := CARD.match(line)) and (power := POWER.search(line)):
            if now is None:
                untimed += 1
                continue
            name = f"power of GPU {card[1]}" + (f" of {host}" if host else "")
            column = Column(name, f"gpu{card[1]}", "board", index=card[1], host=host, title=card[2])
            columns.setdefault((host, card[1]), column).add(now, float(power[1]))
    if not columns and untimed:
        raise logs.time_refusal("gpustat", "keep its first line, or record gpustat -P --json", path)
    if not columns:
        raise WattlineError(f"{path} is gpustat's, without power: record gpustat -P")
    return logs.recording_of_log(columns.values(), choices, path, specs.nvml("gpustat"))
