"""An answer's numbers as the rows of a table: for a CSV, and to stand beside those of other answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from wattline.core.printable import cell
from wattline.schema.names import unit_of

HEADS = ("name", "low", "middle", "high", "unit")
MAX_ROWS = 20_000
Row = tuple[str, float | str, float | str, float | str, str]  # a name, low, middle, high, unit


def rows_of(results: Mapping[str, Any]) -> list[Row]:
    """Each number of an answer's results with its range and its unit in words; text is left out."""
    rows: list[Row] = []
    for row in _rows(results, ""):
        rows.append(row)
        if len(rows) == MAX_ROWS:
            break
    return rows


def _rows(value: Any, name: str) -> Iterator[Row]:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int | float):
        yield name, "", value, "", _unit(name)
    elif isinstance(value, Mapping):
        ends = next(
            (ends for ends in (("p5", "p50", "p95"), ("low", "value", "high")) if set(value) == set(ends)), None
        )
        if ends is not None and all(isinstance(value[end], int | float) for end in ends):
            yield name, value[ends[0]], value[ends[1]], value[ends[2]], _unit(name)
            return
        for key, inner in value.items():
            yield from _rows(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from _rows(inner, f"{name}.{i}")


def _unit(name: str) -> str:
    last = next((part for part in reversed(name.split(".")) if not part.isdigit()), name)
    return unit_of(last) or ""


def csv_of(data: Mapping[str, Any]) -> str:
    """An answer's numbers as CSV, one a line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    for row in rows_of(data["results"]):
        writer.writerow([cell(part) for part in row])
    return out.getvalue()
