"""Carbontracker's log: the mean watts of each epoch for GPUs and CPUs, beside its duration.

Its watts are what it read; only what it predicts and sums up itself bears its PUE, and stands in another file.
"""

from __future__ import annotations

import re
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import UTC_ASSUMED, Choices
from wattline.meter.readers import logs, specs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording, Window

LINE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) - (.*)$")
EPOCH = re.compile(r"Epoch (\d+):")
DURATION = re.compile(r"(?:\d{4}-\d\d-\d\d [\d:]{8} - )?Duration: (?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)$")
POWER = re.compile(r"Average power usage \(W\) for (\w+): (.*)$")
ROLES = {"gpu": "board", "cpu": "package"}
Epoch = tuple[str, float, float, dict[tuple[str, int], float]]  # name, end and length in s, watts by part and number


def is_text(text: str) -> bool:
    """Whether a file begins as its log of epochs."""
    return any(POWER.search(line) and LINE.match(line) for line in text.splitlines()[:200])


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A running total for each GPU and for the CPUs, and a window for each epoch.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    epochs = [epoch for epoch in _epochs(path) if epoch[3]]
    if not epochs:
        raise WattlineError(f"{path} is carbontracker's log, and holds no whole epoch with its duration and watts")
    columns, totals = [], {}
    for part, number in dict.fromkeys(key for epoch in epochs for key in epoch[3]):
        several = part == "gpu" or number
        name = f"{part} {number}" if several else part
        column = Column(name, name.replace(" ", "-"), ROLES.get(part, ""), "J", str(number) if several else "")
        columns.append(column)
        mine = [(end, length, watts[part, number]) for _, end, length, watts in epochs if (part, number) in watts]
        ends, lengths, means_w = (list(values) for values in zip(*mine, strict=True))
        totals[name] = logs.counter(ends, lengths, [v * t for v, t in zip(means_w, lengths, strict=True)])
    windows = [Window(name, end - length, end) for name, end, length, _ in epochs]
    spec = specs.unknown_sensor("carbontracker", "mean of each epoch")
    extras = Extras(windows=windows, notes=["times carry no zone: taken as UTC"])
    return logs.recording_of_log(columns, choices, path, spec, totals=totals, extras=extras, clock=UTC_ASSUMED)


def _epochs(path: Path) -> list[Epoch]:
    """Each epoch that has a duration, in order of time."""
    out: list[Epoch] = []
    name, at = "", None
    for line in logs.lines(path):
        match = LINE.match(line)
        at = logs.epoch_s(match[1]) if match else at
        text = match[2] if match else line
        if epoch := EPOCH.match(text):
            name = f"epoch {epoch[1]}"
        elif (length := DURATION.match(text)) and at is not None:
            days, hours, minutes, seconds = (float(cell or 0) for cell in length.groups())
            out.append((name or "epoch", at, ((24 * days + hours) * 60 + minutes) * 60 + seconds, {}))
        elif (power := POWER.match(text)) and out:
            cells = re.findall(r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", power[2])
            out[-1][3].update({(power[1], number): float(cell) for number, cell in enumerate(cells)})
    return [epoch for epoch in out if epoch[2] > 0]
