"""A table whose times stand outside its columns: a line of time before each block of rows, or a time before each row.

As loops of ``date; nvidia-smi --query-gpu=…`` and ``… | ts '%Y-%m-%d %H:%M:%S'`` write it, with a header or without.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import headerless, logs, plain
from wattline.meter.readers.column_names import POWER_CELL, TIMES, bare_name
from wattline.meter.readers.headers import SECOND
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.recording import Recording

BEFORE = re.compile(
    r"^\[?(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| UTC|[+-]\d\d:?\d\d)?|1\d{9}(?:\.\d+)?)\]?[ \t]+(\S.*)$"
)
STATISTIC = re.compile(r"^\s*(\d+)\s*,\s*pwrDraw\s*,\s*(\d{16})\s*,\s*(\d+(?:\.\d+)?)\s*$")
NUMBER = re.compile(r"[-+]?\d[\d.]*\s*[a-zA-Z%]*")
HEAD_LINES = 60
Row = tuple[float, list[str]]


def is_text(text: str) -> bool:
    """Whether times stand outside the columns, and a cell or a name tells watts or joules."""
    lines = [line for line in text.lstrip("\ufeff").splitlines()[:HEAD_LINES] if line.strip()][:-1]
    if sum(STATISTIC.match(line) is not None for line in lines) > 1:
        return True
    if lines and bare_name(_cells(lines[0])[0]) in TIMES:
        return False  # the times are a column of their own: ``12:00:00,310 W`` is no time with a fraction
    if any(set("{}|=:") & set(BEFORE.sub(r"\2", line)) for line in lines if logs.stamp(line) is None):
        return False  # another tool's
    rows = list(_rows(lines))
    data = [cells for _, cells in rows if not all(map(_is_name, cells))]
    if len(data) < 2 or len(rows) < 0.4 * len(lines) or len({len(cells) for cells in data}) > 1:
        return False
    if not all(any(map(NUMBER.fullmatch, cells)) for cells in data):
        return False
    with_unit = any(re.match(POWER_CELL, cell) and not cell[-1:].isdigit() for cell in data[-1])
    return with_unit or any(
        isinstance(value_of(cell), Value) for _, cells in rows[:3] for cell in cells if _is_name(cell)
    )


def _is_name(cell: str) -> bool:
    return not re.match(r"^[-+]?\.?\d", cell) and not cell.startswith("[")


def _rows(lines: list[str]) -> Iterator[Row]:
    """Each row with its time, names among them."""
    now: float | None = None
    for line in lines:
        if (at := logs.stamp(line)) is not None:
            now = at
            continue
        match = BEFORE.match(line)
        own = logs.epoch(match[1]) if match else None
        if match and own is not None:
            yield own, _cells(match[2])
        elif now is not None:
            yield now, _cells(line)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), [])]


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each device of the table.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    import polars as pl

    lines = [line for line in logs.lines(path) if line.strip()]
    statistics = [match for line in lines if (match := STATISTIC.match(line))]
    if statistics:
        cells = {"gpu": [each[1] for each in statistics], "power_w": [each[3] for each in statistics]}
        frame = pl.DataFrame({"time": [float(each[2]) * 1e-6 for each in statistics], **cells})
        return plain.of_frame(frame, choices, str(path), path.stem)
    rows = list(_rows(lines))
    names = next((cells for _, cells in rows if all(map(_is_name, cells)) and len(cells) > 0), None)
    data = [(at, cells) for at, cells in rows if not all(map(_is_name, cells))]
    width = max((len(cells) for _, cells in data), default=0)
    if not data or (names and len(names) < width):
        raise WattlineError(f"{path}: its rows have more cells than its header has names")
    names = names or _unnamed(data[0][1])
    columns = {name: [cells[i] if i < len(cells) else None for _, cells in data] for i, name in enumerate(names)}
    frame = pl.DataFrame({"time": [at for at, _ in data], **columns})
    choices, note = headerless.name_columns(frame, choices, str(path), path.stem)
    recording = plain.of_frame(frame, choices, str(path), path.stem)
    return headerless.with_note(recording, note) if note else recording


def _unnamed(cells: list[str]) -> list[str]:
    """Names of cells that have none: a whole number first is the card's, what bears a unit tells itself."""
    out = []
    for i, cell in enumerate(cells):
        first = i == 0 and len(cells) > 1 and re.fullmatch(r"\d{1,3}", cell)
        power = re.match(POWER_CELL, cell) and not cell[-1:].isdigit()
        out.append("gpu" if first else f"power {i + 1}" if power else f"column_{i + 2}")
    return out if len(cells) > 1 or out[0].startswith("power") else [SECOND]
