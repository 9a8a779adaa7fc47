"""JSON of lists: numbers of a device in a row, with the interval between them or a list of their times."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, plain
from wattline.meter.readers.column_names import TIME_UNITS, TIMES
from wattline.meter.readers.column_names import bare_name as plain_name
from wattline.meter.recording import Recording

STEPS = ("interval", "sample_interval", "sampling_interval", "period", "sample_period", "sampling_period", "dt", "step")
RATES = ("sample_rate", "sampling_rate", "sampling_frequency", "sample_frequency", "frequency", "rate")
BEGINS = ("start", "start_time", "begin", "started", "started_at", "t0", *TIMES)
LIST = re.compile(r'"\s*:\s*\[\s*-?\d')
KEYS = re.compile(r'"([A-Za-z][\w ]*)"\s*:\s*(\[?)\s*["\d]')


def is_text(text: str) -> bool:
    """Whether a file is an object that holds lists of numbers and tells their times."""
    begin = text.lstrip("\ufeff \r\n")
    if not begin.startswith("{") or not LIST.search(begin):
        return False
    try:
        end = json.JSONDecoder().raw_decode(begin)[1]
    except ValueError:
        end = len(begin)  # cut, as the beginning of a long file is
    if begin[end:].strip():  # an object a line
        return False
    keys = KEYS.findall(begin[:20_000]) + KEYS.findall(begin[20_000:][-2000:])
    return any(_step(name, 1.0) is not None and not mark for name, mark in keys) or any(
        plain_name(name) in TIMES and mark for name, mark in keys
    )


def _step(name: str, value: Any) -> float | None:
    """Seconds between two numbers, by a key that tells its unit; None for another key."""
    base, _, unit = plain_name(name).rpartition("_")
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return None
    if base in STEPS and unit in TIME_UNITS:
        return float(value) * TIME_UNITS[unit]
    return 1.0 / value if base in RATES and unit == "hz" else None


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each list of watts or joules.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where lengths differ or no times are told.
    """
    import polars as pl

    try:
        data = json.loads("\n".join(logs.lines(path)).lstrip("\ufeff"))
    except ValueError as error:
        raise WattlineError(f"{path} is JSON that is cut or damaged: {error}") from None
    lists: dict[str, list[Any]] = {}
    for name, value in data.items():
        inner = value.items() if isinstance(value, dict) else ()
        lists |= {f"{key} {name}": each for key, each in inner if isinstance(each, list)}
        if isinstance(value, list):
            lists[name] = value
    sizes = {len(each) for each in lists.values()}
    if len(sizes) != 1:
        listed = ", ".join(f"{name} {len(each)}" for name, each in list(lists.items())[:4])
        raise WattlineError(f"{path}: lists of one recording are as long as each other ({listed or 'it has none'})")
    count = sizes.pop()
    if not any(plain_name(name) in TIMES for name in lists):
        lists = {"time": _times(data, count, path), **lists}
    frame = pl.DataFrame({name: [None if cell is None else str(cell) for cell in each] for name, each in lists.items()})
    return plain.of_frame(frame, choices, str(path), path.stem)


def _times(data: dict[str, Any], count: int, path: Path) -> list[str]:
    """The instants of the numbers: from the beginning where it is told, else from nought."""
    step = next((step for name, value in data.items() if (step := _step(name, value)) is not None), None)
    if step is None:
        raise WattlineError(f'{path} has no interval with its unit: write "interval_s": 1 beside the list')
    begins = [logs.epoch(value) for name, value in data.items()
              if plain_name(name) in BEGINS and isinstance(value, str | int | float)]  # fmt: skip
    begin = next((at for at in begins if at is not None), 0.0)
    return [repr(float(at)) for at in begin + step * np.arange(count)]
