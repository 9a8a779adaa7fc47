"""JSON records: an array of objects, or an object a line, each a row of a table.

An object that names its time may hold objects, whose fields are named ``outer.inner``, and one list of objects, each of
which is a row (as gpustat writes its GPUs); so may one that holds nothing else but such a list (as MLflow answers).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, plain
from wattline.meter.readers.column_names import bare_name as plain_name
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.recording import Recording

FLAT = (str, int, float, bool, type(None))
MAX_DEPTH = 4
# of a machine in HPE iLO's history of power, whose names tell no unit
ILO, ILO_POWER = ("Average", "Peak", "Minimum"), "machine power (W)"


def is_text(text: str) -> bool:
    """Whether a file begins with a flat object, alone on its line or first in an array."""
    begin = text.lstrip("\ufeff \r\n\t")
    if begin[:1] not in "{[" or not begin:
        return False
    try:
        first, _ = json.JSONDecoder().raw_decode(begin[begin.index("{") :])
    except ValueError:
        return False
    if not isinstance(first, dict) or not first:
        return False
    if all(isinstance(value, FLAT) for value in first.values()):
        return len(first) > 1
    lists = [value for value in first.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    return _timed(first) or (len(lists) == 1 and _timed(lists[0][0]))


def _timed(item: Iterable[str]) -> bool:
    """Whether an object names a time."""
    return any(
        {"time", "timestamp", "ts", "datetime", "changed", "updated"} & set(plain_name(key).split("_")) for key in item
    )


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each device of the records.

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

    whole = [row for row in objects("\n".join(logs.lines(path))) if isinstance(row, dict)]
    rows = [row for each in whole for row in _flat(each)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(rows) < 2:
        raise WattlineError(f"{path} holds {len(rows)} JSON records: energy needs two, apart in time")
    if set(ILO) <= set(names):
        names = [name for name in names if name not in ILO[1:]]
        rows = [{ILO_POWER if name == ILO[0] else name: cell for name, cell in row.items()} for row in rows]
        names = [ILO_POWER if name == ILO[0] else name for name in names]
    columns = {name: [_cell(row.get(name)) for row in rows] for name in names}
    return plain.of_frame(pl.DataFrame(columns, strict=False), choices, str(path), path.stem)


def _flat(row: dict[str, Any], depth: int = 0) -> list[dict[str, Any]]:
    """The rows of an object: its own fields beside those of each object in its one list of objects."""
    fields: dict[str, Any] = {}
    parts: list[dict[str, Any]] = [{}]
    for name, value in row.items():
        if isinstance(value, dict) and depth < MAX_DEPTH:
            inner = _flat(value, depth + 1)
            if len(inner) == 1:
                fields |= {f"{name}.{key}": cell for key, cell in inner[0].items()}
        elif isinstance(value, list) and parts == [{}] and depth < MAX_DEPTH:
            items = [item for item in value if isinstance(item, dict)]
            parts = [part for item in items for part in _flat(item, depth + 1)] or parts
        elif isinstance(value, FLAT):
            fields[name] = value
    own = {name: cell for name, cell in fields.items() if parts != [{}] and isinstance(value_of(name), Value)}
    shared = {name: cell for name, cell in fields.items() if name not in own}
    rows = [{**shared, **{(f"part.{key}" if key in fields else key): cell for key, cell in part.items()}}
            for part in parts]  # fmt: skip
    return [fields, *rows] if own else rows


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, list | dict):
        return None
    return str(value)


def objects(text: str) -> list[Any]:
    """The objects of a text of JSON, one after the other or in an array, as far as they are whole.

    Parameters
    ----------
    text : of a file

    Returns them in their order.
    """
    decoder, rows, place = json.JSONDecoder(), [], 0
    while (place := text.find("{", place)) >= 0:
        try:
            row, place = decoder.raw_decode(text, place)
        except ValueError:
            break
        rows.append(row)
    return rows
