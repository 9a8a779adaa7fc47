"""Amazon CloudWatch: answers of ``get-metric-data`` and ``get-metric-statistics`` in JSON, and the console's CSV.

A number is of the period that begins at its time; only averages tell energy.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, periods
from wattline.meter.readers.periods import Periods
from wattline.meter.recording import Recording

OTHER = re.compile(r"(?i)(?:^|[\s_:.-])(?:max|maximum|min|minimum|sum|samplecount|p\d{1,2}(?:\.\d+)?|tm\d+)$")
HEADS = ("full label,", "label,", '"full label",', '"label",')


def is_text(text: str) -> bool:
    """Whether a file begins as one of these."""
    begin = text.lstrip("\ufeff \r\n")
    if begin.startswith("{"):
        answer = '"Datapoints"' in begin and '"Timestamp"' in begin
        return answer or ('"MetricDataResults"' in begin and '"Timestamps"' in begin)
    lines = begin.lower().splitlines()[:8]
    return len(lines) > 2 and lines[0].startswith(HEADS[::2]) and lines[1].startswith(HEADS[1::2])


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each metric of power.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where there is none, or another statistic alone.
    """
    text = "\n".join(logs.lines(path)).lstrip("\ufeff \n")
    every = [mine for mine in (_json(text, path) if text.startswith("{") else _console(text)) if mine.begin_s]
    odd = next((mine.name for mine in every if OTHER.search(mine.name)), None)
    if odd is not None or not every:
        what = f"{odd}, which is no average" if odd is not None else "no average of any period"
        raise WattlineError(f"{path} is CloudWatch's, and holds {what}: ask for the statistic Average")
    return periods.recording_of_periods(every, choices, path, "CloudWatch")


def _json(text: str, path: Path) -> Iterable[Periods]:
    try:
        data: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise WattlineError(f"{path} is JSON that is cut or damaged: {error}") from None
    for result in data.get("MetricDataResults") or []:
        mine = Periods(str(result.get("Label") or result.get("Id") or ""))
        for at, value in zip(result.get("Timestamps") or [], result.get("Values") or [], strict=False):
            mine.add(logs.epoch(at), value)
        yield mine
    if data.get("Datapoints"):
        mine = Periods(str(data.get("Label") or "power"))
        for point in data["Datapoints"]:
            mine.add(logs.epoch(point.get("Timestamp")), point.get("Average"))
        yield mine


def _console(text: str) -> Iterable[Periods]:
    """Columns of the console's CSV, whose names stand in its row of labels."""
    every: list[Periods] = []
    for row in csv.reader(io.StringIO(text)):
        cells = [cell.strip() for cell in row]
        if cells and cells[0].lower() == "label":
            every = [Periods(name) for name in cells[1:]]
        at = logs.epoch(cells[0]) if cells and cells[0][:1].isdigit() else None
        for mine, cell in zip(every, cells[1:], strict=False):
            mine.add(at, cell)
    return every
