"""Open-Meteo's CSV, and PVGIS's typical year, in the form of Open-Meteo's JSON, so that all are read alike."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from wattline.line.site.pvgis import pvgis_as_json

HEAD = "latitude,longitude,"
NAME_UNIT = re.compile(r"\s*(?P<name>[^()]+?)\s*(?:\((?P<unit>[^()]*)\))?\s*$")


def as_json(text: str) -> str:
    """The text of Open-Meteo's CSV or of PVGIS's typical year as Open-Meteo's JSON would be; any other text as it is.

    Parameters
    ----------
    text : of a weather file: two rows of the place, an empty one, then columns with their units in parentheses

    Returns
    -------
    JSON, or the same text.
    """
    if not text[: len(HEAD)].lower().startswith(HEAD):
        return pvgis_as_json(text) or text
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if len(rows) < 4:
        return text
    place: dict[str, Any] = {
        name.strip(): _number(cell) for name, cell in zip(rows[0], rows[1], strict=False) if _number(cell) is not None
    }
    columns = [NAME_UNIT.match(cell) for cell in rows[2]]
    hourly: dict[str, list[Any]] = {}
    units: dict[str, str] = {}
    for at, column in enumerate(columns):
        if column is None:
            continue
        cells = [row[at] if at < len(row) else "" for row in rows[3:]]
        hourly[column["name"]] = cells if column["name"] == "time" else [_number(cell) for cell in cells]
        units[column["name"]] = column["unit"] or ""
    return json.dumps(place | {"hourly_units": units, "hourly": hourly})


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
