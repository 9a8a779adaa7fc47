"""PVGIS's typical year (TMY, CSV or JSON of the European Commission's service) in the form of Open-Meteo's JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from wattline.core.reading import parse_json
from wattline.core.units import PA_PER_HPA

TIME = "time(UTC)"
STAMP = re.compile(r"^\d{4}(?P<month>\d{2})(?P<day>\d{2}):(?P<hour>\d{2})\d{2}$")
PLACE = re.compile(r"^(latitude|longitude|elevation)[^:]*:\s*([-+\d.]+)", re.IGNORECASE)
YEAR = 2023  # months of several years stand for one
LOWEST = -900.0  # numbers below stand for none
COLUMNS = {
    "T2m": ("temperature_2m", "°C", 1.0), "RH": ("relative_humidity_2m", "%", 1.0),
    "SP": ("surface_pressure", "hPa", 1 / PA_PER_HPA), "G(h)": ("shortwave_radiation", "W/m²", 1.0),
    "Gd(h)": ("diffuse_radiation", "W/m²", 1.0), "WS10m": ("wind_speed_10m", "m/s", 1.0),
}  # fmt: skip


def pvgis_as_json(text: str) -> str | None:
    """A typical year of PVGIS as Open-Meteo's JSON would be; None for any other text.

    Parameters
    ----------
    text : of a weather file

    Returns
    -------
    JSON with the hours in UTC, in one year, or None.
    """
    if text.lstrip()[:1] == "{":
        if '"tmy_hourly"' not in text:
            return None
        try:
            data: Any = parse_json(text)
            place, rows = data["inputs"]["location"], data["outputs"]["tmy_hourly"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        if not isinstance(place, dict) or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return None
        return _json(place, rows)
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines[:40]) if line.startswith(f"{TIME},T2m")), None)
    if start is None:
        return None
    place = {match[1].lower(): _number(match[2]) for line in lines[:start] if (match := PLACE.match(line))}
    return _json(place, list(csv.DictReader(io.StringIO("\n".join(lines[start:])))))


def _json(place: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    stamps = [(STAMP.match(str(row.get(TIME))), row) for row in rows]  # behind the hours a CSV explains its columns
    hours = [(match, row) for match, row in stamps if match is not None]
    hourly: dict[str, list[Any]] = {
        "time": [f"{YEAR}-{match['month']}-{match['day']}T{match['hour']}:00" for match, _ in hours]
    }
    for column, (name, _, scale) in COLUMNS.items():
        values = [_number(row.get(column)) for _, row in hours]
        hourly[name] = [None if value is None or value < LOWEST else value * scale for value in values]
    units = {name: unit for name, unit, _ in COLUMNS.values()}
    known = {name: place[name] for name in ("latitude", "longitude", "elevation") if place.get(name) is not None}
    return json.dumps(known | {"utc_offset_seconds": 0, "source": "PVGIS", "hourly_units": units, "hourly": hourly})


def _number(cell: Any) -> float | None:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < float("inf") else None
