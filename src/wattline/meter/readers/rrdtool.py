"""``rrdtool fetch`` and ``rrdtool xport``: means of each step, told at its end.

A source that counts joules is kept as its rate, which is watts whatever its name says: a name of energy needs the
user's word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.readers.periods import Periods, recording_of_periods
from wattline.meter.recording import Recording

ROW = re.compile(r"^\s*(1\d{9}):((?:\s+(?:[-+]?(?:\d[\d.]*(?:[eE][-+]?\d+)?|nan)))+)\s*$", re.IGNORECASE)
XML_ROW = re.compile(r"<row>\s*(?:<t>\s*(\d+)\s*</t>)?((?:\s*<v>[^<]*</v>)+)\s*</row>")
Steps = Iterator[tuple[float, list[str]]]  # each step's end, and its cells


def is_text(text: str) -> bool:
    """Whether a file begins as one of these."""
    if "<xport>" in text[:2000]:
        return True
    lines = [line for line in text.splitlines()[:12] if line.strip()]
    return len(lines) > 2 and ROW.match(lines[0]) is None and all(ROW.match(line) for line in lines[1:-1])


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each source of watts.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where there is none, or its steps are not told.
    """
    text = "\n".join(logs.lines(path))
    names, steps = _xport(text) if "<xport>" in text[:2000] else _fetched(text)
    rows = list(steps)
    if len(rows) < 2:
        raise WattlineError(f"{path} is rrdtool's, and holds fewer than two steps")
    length = min(b[0] - a[0] for a, b in pairwise(rows))
    every = []
    for i, name in enumerate(names):
        power = _is_power(name, choices, path)
        periods = Periods(name)
        for end, cells in rows:
            if i < len(cells):
                periods.add(end - length, cells[i], None if power else cells[i])
        every.append(periods)
    return recording_of_periods(every, choices, path, "rrdtool")


def _is_power(name: str, choices: Choices, path: Path) -> bool:
    """Whether a source is of watts by its name; WattlineError where it is of joules and the user does not say more."""
    value = value_of(name)
    if not isinstance(value, Value) or not value.units:
        return False
    unit = value.units[0]
    if unit.quantity == "energy" and not choices.unit([name]):
        raise WattlineError(
            f"{path}: {name} may be joules, or their rate as rrdtool keeps a counter: say --unit {name}=W or "
            f"--unit {name}={unit.name}"
        )
    return unit.quantity == "power"


def _fetched(text: str) -> tuple[list[str], Steps]:
    lines = text.splitlines()
    names = next(line for line in lines if line.strip()).split()
    return names, ((float(match[1]), match[2].split()) for line in lines if (match := ROW.match(line)))


def _xport(text: str) -> tuple[list[str], Steps]:
    names = re.findall(r"<entry>([^<]*)</entry>", text)
    start, step = (re.search(rf"<{name}>\s*(\d+)", text) for name in ("start", "step"))

    def steps() -> Steps:
        for i, match in enumerate(XML_ROW.finditer(text)):
            if match[1] or (start and step):
                end = float(match[1]) if match[1] else float(start[1]) + i * float(step[1])  # type: ignore[index]
                yield end, re.findall(r"<v>\s*([^<]*?)\s*</v>", match[2])

    return names, steps()
