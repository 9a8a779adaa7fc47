"""Netdata's answers in JSON (``/api/v1/data`` to v3): labels, and a row a time, the newest first.

A number is the mean of the interval that ends at its time; a row of v2 and v3 holds a list for each dimension.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, periods
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.readers.periods import Periods
from wattline.meter.recording import Recording

LABELS = re.compile(r'"labels"\s*:\s*\[\s*"time"')
MEANS = ("", "average", "avg", "mean", "unaligned")


def is_text(text: str) -> bool:
    """Whether a file begins as one of these."""
    return text.lstrip("\ufeff \r\n")[:1] == "{" and LABELS.search(text) is not None and '"data"' in text


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each dimension of power.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where there is none, or no mean of each interval.
    """
    try:
        answer: dict[str, Any] = json.loads("\n".join(logs.lines(path)).lstrip("\ufeff"))
        result = answer.get("result") or answer
        labels, rows = [str(label) for label in result["labels"]], result["data"]
        table = [[_number(cell) for cell in row] for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise WattlineError(f"{path} is Netdata's JSON that is cut or damaged: {error}") from None
    if group := next((group for group in _groups(answer) if group not in MEANS), None):
        raise WattlineError(f"{path} is Netdata's, and holds the {group} of each interval: ask for group=average")
    table = sorted((row for row in table if len(row) == len(labels) and np.isfinite(row[0])), key=lambda row: row[0])
    times = [logs.epoch(f"{row[0]:.3f}".rstrip("0").rstrip(".")) for row in table]
    known = [at for at in times if at is not None]
    step = float(np.median(np.diff(known))) if len(known) > 1 else 0.0
    every = []
    for i, label in enumerate(labels[1:], 1):
        mine = Periods(_name(label, answer), _unit(answer))
        for at, row in zip(times, table, strict=True):
            mine.add(None if at is None else at - step, row[i])
        every.append(mine)
    return periods.recording_of_periods(every, choices, path, "Netdata")


def _number(cell: Any) -> float:
    """A cell's number; the first of a list, which is its value."""
    first = cell[0] if isinstance(cell, list) and cell else cell
    return float(first) if isinstance(first, int | float) else float("nan")


def _groups(answer: dict[str, Any]) -> list[str]:
    """How numbers of an interval were joined, where the answer repeats what was asked."""
    time = ((answer.get("request") or {}).get("aggregations") or {}).get("time") or {}
    return [str(group) for group in (answer.get("group"), time.get("time_group")) if group]


def _name(label: str, answer: dict[str, Any]) -> str:
    """A dimension's name, with its chart's where it does not tell the quantity itself."""
    if isinstance(value_of(label), Value):
        return label
    chart = str(answer.get("id") or answer.get("name") or "")
    return f"{label} {chart.rpartition('.')[2]}".strip()


def _unit(answer: dict[str, Any]) -> str:
    """The unit of all dimensions, where the answer tells one."""
    units = (answer.get("view") or {}).get("units") or answer.get("units") or ""
    return {"watts": "W", "watt": "W"}.get(units.lower(), units) if isinstance(units, str) else ""
