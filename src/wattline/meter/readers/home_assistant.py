"""Home Assistant's long-term statistics: of each hour or five minutes the mean watts, or the energy counted so far.

As its CSV of ``statistic_id, unit, start, mean`` or ``sum``, and as JSON of lists by statistic.
"""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, periods
from wattline.meter.readers.periods import Periods
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Recording

BEGIN = re.compile(r'\A\s*\{\s*"[a-z0-9_]+[.:][a-z0-9_]+"\s*:\s*\[\s*\{')
NAMED = frozenset({"mean", "sum"})


def is_text(text: str) -> bool:
    """Whether a file begins as statistics of Home Assistant."""
    begin = text.lstrip("\ufeff")
    if BEGIN.match(begin):
        first = begin[: begin.find("}") + 1]
        return '"start"' in first and any(f'"{name}"' in first for name in NAMED)
    cells = _cells(begin.split("\n", 1)[0])
    return "statistic_id" in cells and "start" in cells and bool(NAMED & set(cells))


def _cells(line: str) -> list[str]:
    return [cell.strip(' "\r') for cell in re.split(r"[,;\t]", line)]


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each statistic of power or energy.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where there is none.
    """
    text = "\n".join(logs.lines(path)).lstrip("\ufeff \n")
    every = _json(text, path) if text.startswith("{") else _table(text)
    return periods.recording_of_periods(every.values(), choices, path, "Home Assistant")


def _json(text: str, path: Path) -> dict[str, Periods]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise WattlineError(f"{path} is JSON that is cut or damaged: {error}") from None
    every: dict[str, Periods] = {}
    for name, rows in data.items():
        mine = every.setdefault(str(name), Periods(str(name)))
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict):
                mine.add(logs.epoch(row.get("start")), row.get("mean"), row.get("sum"))
    return every


def _table(text: str) -> dict[str, Periods]:
    import polars as pl

    first = text.split("\n", 1)[0]
    sign = next((sign for sign in ";\t" if sign in first), ",")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=sign))
    times = column_times(pl.Series([(row.get("start") or "").strip() for row in rows], dtype=pl.String))[0]
    every: dict[str, Periods] = {}
    for row, at in zip(rows, times.tolist(), strict=True):
        name, unit = (row.get("statistic_id") or "").strip(), (row.get("unit") or "").strip()
        mine = every.setdefault(name, Periods(name, unit))
        comma = sign != ","
        cells = [(row.get(key) or "").replace(",", "." if comma else "") for key in ("mean", "sum")]
        mine.add(at if at == at else None, *cells)
    return every
