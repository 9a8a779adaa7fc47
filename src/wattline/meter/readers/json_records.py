"""JSON records: an array of flat objects, or an object a line, each a row of a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, plain
from wattline.meter.recording import Recording

FLAT = (str, int, float, bool, type(None))


def is_text(text: str) -> bool:
    """Whether a file begins with a flat object, alone on its line or first in an array."""
    begin = text.lstrip("\ufeff \r\n\t")
    if begin[:1] not in "{[" or not begin:
        return False
    try:
        first, _ = json.JSONDecoder().raw_decode(begin[begin.index("{") :])
    except ValueError:
        return False
    return isinstance(first, dict) and len(first) > 1 and all(isinstance(value, FLAT) for value in first.values())


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each device of the records."""
    import polars as pl

    rows = [row for row in _rows("\n".join(logs.lines(path))) if isinstance(row, dict)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(rows) < 2:
        raise WattlineError(f"{path} holds {len(rows)} JSON records: energy needs two, apart in time")
    columns = {name: [_cell(row.get(name)) for row in rows] for name in names}
    return plain.of_frame(pl.DataFrame(columns, strict=False), choices, str(path), path.stem)


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, list | dict):
        return None
    return str(value)


def _rows(text: str) -> list[Any]:
    """The objects, as far as they are whole."""
    decoder, rows, place = json.JSONDecoder(), [], 0
    while (place := text.find("{", place)) >= 0:
        try:
            row, place = decoder.raw_decode(text, place)
        except ValueError:
            break
        rows.append(row)
    return rows
