"""Sun and wind of a weather file: EPW, TMY3, Open-Meteo, PVGIS, and CSV with columns of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError, reason_of, shorten
from wattline.core.fact import Array
from wattline.core.parquet import damage
from wattline.core.reading import parse_json, read_bytes
from wattline.core.units import HOUR_S, KM_PER_MILE, KM_PER_NAUTICAL_MILE, TYPICAL_YEAR_H
from wattline.line.site.hours_of_year import longest_gap, refuse_gap
from wattline.line.site.open_meteo_csv import as_json

LIMIT_BYTES = 60_000_000
LEAP_DAY = slice(59 * 24, 60 * 24)
EPW = {"ghi": 13, "dhi": 15, "wind": 21}
MISSING = {"ghi": 9999.0, "dhi": 9999.0, "wind": 999.0}
MAST_M = 10.0
NAMES = {
    "ghi": re.compile(r"^(ghi|shortwave_radiation|global_horizontal)"),
    "dhi": re.compile(r"^(dhi|diffuse)"),
    "wind": re.compile(r"^(wspd|wind_?speed|ws_?\d*m?$)"),
}
KMH, MPH, KNOT = (km * 1000 / HOUR_S for km in (1.0, KM_PER_MILE, KM_PER_NAUTICAL_MILE))
PER_UNIT = {"km/h": KMH, "kmh": KMH, "mp/h": MPH, "mph": MPH, "kn": KNOT, "kt": KNOT}


@dataclass(frozen=True, eq=False)
class LightWind:
    """A year of hours of standard time, from the first of January; ``(8760,)`` each.

    Attributes
    ----------
    level_w_per_m2, diffuse_w_per_m2 : light on level ground, and its diffuse part, None where the file has it not
    wind_m_per_s : wind at ``height_m`` above the ground
    filled_h : hours in which one of them had no number and was filled in a straight line
    """

    level_w_per_m2: Array
    diffuse_w_per_m2: Array | None
    wind_m_per_s: Array
    height_m: float
    filled_h: int = 0


def read_light(path: Path | str, fill_h: float = 0.0) -> LightWind | None:
    """Sun and wind of a weather file; None where it has no column for one of them.

    Parameters
    ----------
    path : the file; its format is told from what stands in it
    fill_h : longest gap that is filled in a straight line [h]

    Returns
    -------
    Light [W/m2] and wind [m/s] by the hour, or None.

    Raises WattlineError where a column has a gap, or is no year of hours.
    """
    text = as_json(read_bytes(path, LIMIT_BYTES, "weather").decode("utf-8-sig", "replace"))
    where = f"weather {shorten(str(path), 120)}"
    try:
        columns, height = _columns(text, where)
    except damage() as error:
        raise WattlineError(f"{where} cannot be read: {reason_of(error)}") from None
    if "ghi" not in columns or "wind" not in columns:
        return None
    year = {name: _year(values, f"{where}: {name}", fill_h) for name, values in columns.items()}
    gaps = sum(int((~np.isfinite(values)).sum()) for values in columns.values())
    return LightWind(year["ghi"], year.get("dhi"), year["wind"], height, gaps)


def _columns(text: str, where: str) -> tuple[dict[str, Array], float]:
    """Light and wind as they stand, and the height of the wind [m]."""
    head = text[:400].lstrip()
    if head[:9].upper() == "LOCATION,":
        return _epw(text), MAST_M
    return _open_meteo(text, where) if head[:1] in ("{", "[") else _table(text)


def _epw(text: str) -> dict[str, Array]:
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.upper().startswith("DATA PERIODS")), len(lines))
    rows = [row for line in lines[start + 1 :] if len(row := line.split(",")) > max(EPW.values())]
    columns = {name: _numbers([row[at] for row in rows], MISSING[name]) for name, at in EPW.items()}
    return {name: values for name, values in columns.items() if np.isfinite(values).any()}


def _open_meteo(text: str, where: str) -> tuple[dict[str, Array], float]:
    try:
        data: Any = parse_json(text)
        data = data[0] if isinstance(data, list) else data
        hourly, units = data["hourly"], data.get("hourly_units", {})
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        raise WattlineError(f"{where}: no hourly values in it") from None
    chosen, height = _chosen(list(hourly))
    columns = {}
    for name, key in chosen.items():
        columns[name] = np.array([np.nan if x is None else float(x) for x in hourly[key]])
        if name == "wind":
            columns[name] = columns[name] * PER_UNIT.get(str(units.get(key, "")).lower(), 1.0)
    shift = round(float(data.get("utc_offset_seconds") or 0) / HOUR_S) if data.get("utc_offset_seconds") else 0
    if not shift and data.get("longitude") is not None:  # given in UTC: turned to the standard time of the place
        shift = round(float(data["longitude"]) / 15)
        columns = {name: np.roll(values, shift) for name, values in columns.items()}
    return columns, height


def _table(text: str) -> tuple[dict[str, Array], float]:
    rows = list(csv.reader(text.splitlines()))
    rows = [row for row in rows if row and not row[0].startswith("#")]
    heads = [i for i in (0, 1) if i < len(rows) and _chosen(rows[i])[0]]
    if not heads:
        return {}, MAST_M
    head, body = rows[heads[0]], rows[heads[0] + 1 :]
    chosen, height = _chosen(head)
    columns = {}
    for name, key in chosen.items():
        at = head.index(key)
        columns[name] = _numbers([row[at] if at < len(row) else "" for row in body], 9999.0)
        scale = next((per for unit, per in PER_UNIT.items() if name == "wind" and unit in key.lower()), 1.0)
        columns[name] = columns[name] * scale
    return columns, height


def _chosen(names: Sequence[str]) -> tuple[dict[str, str], float]:
    """The column of each quantity, of wind the highest, and its height."""
    plain = {name: re.sub(r"[^a-z0-9]+", "_", name.strip().lower()) for name in names}
    chosen: dict[str, str] = {}
    height = MAST_M
    for quantity, pattern in NAMES.items():
        matches = [
            name
            for name, word in plain.items()
            if pattern.match(word) and not re.search(r"source|uncert|flag|gust|_t_", word)
        ]
        if not matches:
            continue
        heights = [float(m[1]) if (m := re.search(r"(\d+)\s*m", plain[name])) else MAST_M for name in matches]
        best = int(np.argmax(heights)) if quantity == "wind" else 0
        chosen[quantity] = matches[best]
        height = heights[best] if quantity == "wind" else height
    return chosen, height


def _numbers(cells: Sequence[str], missing: float) -> Array:
    values = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        try:
            values[i] = float(cell)
        except ValueError:
            continue
    return np.where((values >= missing) | (values <= -900), np.nan, values)


def _year(values: Array, what: str, fill_h: float) -> Array:
    """A year of hours; a gap of more than ``fill_h`` is refused."""
    if values.size == TYPICAL_YEAR_H + 24:
        values = np.delete(values, LEAP_DAY)
    if values.size != TYPICAL_YEAR_H:
        raise WattlineError(f"{what} has {values.size:,} hours; give a year, {TYPICAL_YEAR_H:,}")
    refuse_gap(longest_gap(values), what, fill_h)
    there = np.isfinite(values)
    at = np.arange(TYPICAL_YEAR_H)
    return np.asarray(np.maximum(np.interp(at, at[there], values[there]), 0.0))
