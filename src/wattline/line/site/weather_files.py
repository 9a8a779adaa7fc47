"""Weather files in: EPW, TMY3, Open-Meteo, PVGIS and plain CSV, each to the same ``Raw`` hours."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError, reason_of, shorten
from wattline.core.fact import Array
from wattline.core.parquet import damage
from wattline.core.reading import parse_json, read_bytes
from wattline.core.units import HOUR_S
from wattline.line.site.open_meteo_csv import as_json

LIMIT_BYTES = 60_000_000
NAN = float("nan")


@dataclass
class Raw:
    """Hours as a file has them: a time each (local standard unless ``utc``), and values with NaN where it has none."""

    name: str
    times: list[datetime]
    temperature_c: Array
    dew_point_c: Array
    humidity: Array  # percent
    pressure_pa: Array
    latitude: float | None = None
    longitude: float | None = None
    elevation_m: float | None = None
    utc_offset_h: float | None = None
    utc: bool = False
    typical: bool = False  # months of several years put together: the year of a row says nothing
    source: str = ""
    notes: list[str] = field(default_factory=list)


def read_raw(path: Path | str) -> Raw:
    """The hours of a weather file of any known format, told from what stands in it. Raises WattlineError where it is
    empty, of no known format or damaged."""
    text = as_json(_text(path))
    head = text[:4000].lstrip()
    if not head:
        raise WattlineError(f"weather {path} is empty")
    try:
        return _hours(text, head, path)
    except damage() as error:  # whatever a file of others makes a reader stumble over
        why = reason_of(error, 100)
        raise WattlineError(f"weather {shorten(str(path), 200)} cannot be read: {why}") from error


def _hours(text: str, head: str, path: Path | str) -> Raw:
    name = Path(path).stem
    if head[:9].upper() == "LOCATION,":
        return _epw(text, path)
    if head[0] in "{[":
        return _open_meteo(text, path, name)
    lines = head.splitlines()
    if len(lines) > 1 and "date (mm/dd/yyyy)" in lines[1].lower():
        return _tmy3(text, path)
    return _plain(text, path, name)


def _text(path: Path | str) -> str:
    """The file's text; EPW headers older than UTF-8 are Latin-1."""
    data = read_bytes(path, LIMIT_BYTES, "weather")
    if _is_utf8(data):
        return data.decode("utf-8-sig")
    if data[:9].upper() == b"LOCATION,":
        return data.decode("latin-1")
    raise WattlineError(f"weather {shorten(str(path), 200)} is not UTF-8 text")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _number(cell: str | None) -> float:
    try:
        return float(cell) if cell is not None and cell.strip() else NAN
    except ValueError:
        return NAN


def _column(rows: Sequence[Sequence[str]], index: int, missing: float) -> Array:
    values = np.array([_number(row[index]) if index < len(row) else NAN for row in rows])
    return np.where(values >= missing, NAN, values)


def _epw(text: str, path: Path | str) -> Raw:
    lines = text.splitlines()
    head = lines[0].split(",")
    start = next((i for i, line in enumerate(lines) if line.upper().startswith("DATA PERIODS")), None)
    if start is None or len(head) < 10:
        raise WattlineError(f"weather {path}: an EPW without its header; expected LOCATION … DATA PERIODS, then hours")
    rows = [row for line in lines[start + 1 :] if len(row := line.split(",")) >= 10]
    broken = sum(1 for line in lines[start + 1 :] if line.strip()) - len(rows)
    times, good = [], []
    for row in rows:
        try:
            day = datetime(int(row[0]), int(row[1]), int(row[2]))
            hour = timedelta(hours=int(_number(row[3]) or 1) - 1)
            times.append(day + hour)
        except (ValueError, OverflowError):
            broken += 1
            continue
        good.append(row)
    latitude, longitude, offset, height = (_number(x) for x in head[6:10])
    return Raw(
        name=", ".join(part for part in (head[1], head[2], head[3]) if part and part != "-"),
        times=times,
        temperature_c=_column(good, 6, 99.9),
        dew_point_c=_column(good, 7, 99.9),
        humidity=_column(good, 8, 999),
        pressure_pa=_column(good, 9, 999999),
        latitude=latitude,
        longitude=longitude,
        elevation_m=height,
        utc_offset_h=offset,
        typical=True,
        source=f"EPW, {head[4]}",
        notes=[f"{broken:,} lines could not be read"] if broken else [],
    )


def _tmy3(text: str, path: Path | str) -> Raw:
    lines = list(csv.reader(io.StringIO(text)))
    head, names = lines[0], [name.strip().lower() for name in lines[1]]
    if len(head) < 7:
        raise WattlineError(
            f"weather {path}: the first line of a TMY3 file needs station, name, state, zone, lat, lon, m"
        )
    at = {key: next((i for i, n in enumerate(names) if n.startswith(key)), -1) for key in _TMY3}
    if at["dry-bulb"] < 0 or (at["dew-point"] < 0 and at["rhum"] < 0):
        raise WattlineError(f"weather {path}: a TMY3 file needs Dry-bulb (C) and Dew-point (C) or RHum (%)")
    times, rows = [], []
    for row in lines[2:]:
        if len(row) < len(names) // 2:
            continue
        try:
            hour = int(row[1].split(":")[0]) if len(row) > 1 and row[1][:2].isdecimal() else 1
            times.append(datetime.strptime(row[0], "%m/%d/%Y") + timedelta(hours=hour - 1))
        except (ValueError, OverflowError):
            continue
        rows.append(row)
    columns = {key: _column(rows, i, 9000) if i >= 0 else np.full(len(rows), NAN) for key, i in at.items()}
    bad = {key: np.where(values <= -9000, NAN, values) for key, values in columns.items()}
    offset, latitude, longitude, height = (_number(x) for x in head[3:7])
    return Raw(
        f"{head[1].strip()}, {head[2].strip()}", times, bad["dry-bulb"], bad["dew-point"], bad["rhum"],
        bad["pressure"] * 100, latitude, longitude, height, offset, typical=True, source=f"TMY3, station {head[0]}",
    )  # fmt: skip


_TMY3 = ("dry-bulb", "dew-point", "rhum", "pressure")


def _open_meteo(text: str, path: Path | str, name: str) -> Raw:
    try:
        data = parse_json(text)
        data = data[0] if isinstance(data, list) else data
        hourly, units = data["hourly"], data.get("hourly_units", {})
        stamps = hourly["time"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise WattlineError(
            f"weather {path}: neither Open-Meteo's JSON (no hourly.time) nor PVGIS's typical year: "
            f"{shorten(str(error), 60)}"
        ) from None
    if "temperature_2m" not in hourly:
        raise WattlineError(f"weather {path}: hourly.temperature_2m is missing; ask Open-Meteo for it")
    notes: list[str] = []
    offset = float(data.get("utc_offset_seconds") or 0) / HOUR_S
    times = [_stamp(x, path)[0] for x in stamps]
    values = {key: _listed(hourly, key, len(times), path) for key in _METEO}
    for key in ("temperature_2m", "dew_point_2m"):
        if "F" in str(units.get(key, "")):
            values[key] = (values[key] - 32) / 1.8
            notes.append(f"{key} was in °F, turned into °C")
    utc = offset == 0
    return Raw(
        name=name,
        times=times,
        temperature_c=values["temperature_2m"],
        dew_point_c=values["dew_point_2m"],
        humidity=values["relative_humidity_2m"],
        pressure_pa=values["surface_pressure"] * 100,
        latitude=_real(data, "latitude"),
        longitude=_real(data, "longitude"),
        elevation_m=_real(data, "elevation"),
        utc_offset_h=None if utc else offset,
        utc=utc,
        source="PVGIS" if data.get("source") == "PVGIS" else "Open-Meteo",
        notes=notes,
    )


_METEO = ("temperature_2m", "dew_point_2m", "relative_humidity_2m", "surface_pressure")


def _real(data: Mapping[str, Any], key: str) -> float | None:
    """A number, or none; ValueError for anything else."""
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key} is {shorten(repr(value), 30)}, not a number")
    return float(value)


def _listed(hourly: Mapping[str, Any], key: str, count: int, path: Path | str) -> Array:
    raw = hourly.get(key) or [None] * count
    if len(raw) != count:
        raise WattlineError(f"weather {path}: hourly.{key} has {len(raw):,} values for {count:,} times")
    return np.array([NAN if x is None or isinstance(x, str) else float(x) for x in raw])


def _stamp(text: Any, path: Path | str) -> tuple[datetime, bool]:
    """A time without its zone, and whether it was given in UTC or with an offset (then turned into UTC)."""
    try:
        if isinstance(text, int | float):
            return datetime(1970, 1, 1) + timedelta(seconds=text), True
        moment = datetime.fromisoformat(str(text).strip().replace("Z", "+00:00").replace("/", "-"))
    except (ValueError, OverflowError):
        raise WattlineError(f"weather {path}: {shorten(str(text), 30)!r} is no time; write 2025-01-31 14:00") from None
    shift = moment.utcoffset()
    return (moment, False) if shift is None else (moment.replace(tzinfo=None) - shift, True)


# names of columns that a plain CSV may have, and what they hold
_PLAIN = {
    "time": ("time", "datetime", "timestamp", "date", "date_time", "valid_time"),
    "temperature": ("temperature_c", "temperature", "temp", "temp_c", "drybulb", "dry_bulb", "dry_bulb_c", "t2m",
                    "tmpc", "temperature_2m", "temperature_f", "temp_f", "tmpf", "dry_bulb_f"),
    "dew": ("dew_point_c", "dew_point", "dewpoint", "dewpoint_c", "dwpc", "d2m", "dew_point_2m", "dew_point_f", "dwpf"),
    "humidity": ("relative_humidity", "rh", "humidity", "relhum", "relative_humidity_2m", "relative_humidity_percent"),
    "pressure": ("pressure_pa", "pressure", "surface_pressure", "pressure_hpa", "pressure_mbar"),
}  # fmt: skip


def _plain(text: str, path: Path | str, name: str) -> Raw:
    rows = list(csv.reader(io.StringIO(text)))
    while rows and (not rows[0] or rows[0][0].startswith("#")):
        rows.pop(0)
    names = [_clean(cell) for cell in rows[0]] if rows else []
    at = {what: next((i for i, n in enumerate(names) if n in known), -1) for what, known in _PLAIN.items()}
    if at["time"] < 0 or at["temperature"] < 0 or (at["dew"] < 0 and at["humidity"] < 0):
        raise WattlineError(
            f"weather {path}: neither EPW, TMY3, Open-Meteo, PVGIS's typical year nor a CSV with columns time, "
            "temperature_c and relative_humidity or dew_point_c"
        )
    body = [row for row in rows[1:] if len(row) > at["time"] and row[at["time"]].strip()]
    stamps = [_stamp(row[at["time"]], path) for row in body]
    values = {what: _column(body, i, 1e9) if i >= 0 else np.full(len(body), NAN) for what, i in at.items()}
    notes = []
    for what in ("temperature", "dew"):
        if at[what] >= 0 and names[at[what]].endswith("f"):
            values[what] = (values[what] - 32) / 1.8
            notes.append(f"{names[at[what]]} was in °F, turned into °C")
    pressure = values["pressure"]
    median = np.nanmedian(pressure) if np.isfinite(pressure).any() else NAN
    utc = bool(stamps) and all(zoned for _, zoned in stamps)
    return Raw(
        name, [time for time, _ in stamps], values["temperature"], values["dew"], values["humidity"],
        pressure * (100.0 if median < 2000 else 1.0), utc=utc, source="CSV", notes=notes,
    )  # fmt: skip


def _clean(cell: str) -> str:
    """A column's name as it is compared: ``"Temperature (°F)"`` is ``temperature_f``."""
    text = cell.strip().lower().replace("°", "").replace("%", "").replace("(", " ").replace(")", " ")
    text = text.replace("[", " ").replace("]", " ").replace("-", " ")
    return "_".join(text.replace("_", " ").split())
