"""From the hours of a file to a ``Weather``: units checked, gaps filled, the clock put right; every repair is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import TYPICAL_YEAR_H
from wattline.line.site import air
from wattline.line.site.hours_of_year import longest_gap
from wattline.line.site.weather import Weather
from wattline.line.site.weather_files import Raw, read_raw

MAX_MISSING = 0.10  # of a year's hours; beyond it a file is cut short
SHORT_GAP_H = 6  # filled along a straight line; longer ones by the same hours of the days beside
HOTTEST_C, COLDEST_C, HOTTEST_MEAN_C = 58.0, -72.0, 33.0  # what outside air on this planet has been


def read_weather(path: Path | str) -> Weather:
    """The year in a weather file.

    Parameters
    ----------
    path : EPW, TMY3, Open-Meteo, PVGIS or CSV

    Returns
    -------
    The hours of a year, gaps filled.

    Raises WattlineError with one line where it cannot be a year of weather.
    """
    raw = read_raw(path)
    try:
        return _weather(raw)
    except WattlineError as error:
        raise WattlineError(f"weather {path}: {error}") from None


def _weather(raw: Raw) -> Weather:
    notes = list(raw.notes)
    _check_units(raw, notes)
    offset = _clock(raw, notes)
    index = _hour_of_year(raw, notes)
    wanted = {"temperature_c": raw.temperature_c, "dew_point_c": raw.dew_point_c, "humidity": raw.humidity}
    year = {name: _placed(values, index) for name, values in wanted.items()}
    year["pressure_pa"] = _placed(raw.pressure_pa, index)
    present = np.isfinite(year["temperature_c"]) & (np.isfinite(year["dew_point_c"]) | np.isfinite(year["humidity"]))
    missing = int(TYPICAL_YEAR_H - present.sum())
    if missing > MAX_MISSING * TYPICAL_YEAR_H:
        raise WattlineError(
            f"it holds {TYPICAL_YEAR_H - missing:,} of a year's {TYPICAL_YEAR_H:,} hours; "
            "it is cut short or no whole year: give all twelve months"
        )
    if missing:
        notes.append(f"{missing:,} missing hours filled from those beside them")
    temperature = fill(year["temperature_c"])
    pressure, height = _pressure(year["pressure_pa"], raw, notes)
    ratio = _moisture(temperature, fill(year["dew_point_c"]), fill(year["humidity"]), pressure, notes)
    return Weather(
        raw.name, temperature, ratio, pressure, raw.latitude, raw.longitude, height, offset, raw.source,
        notes=tuple(notes), gap=longest_gap(np.where(present, 0.0, np.nan)),
    )  # fmt: skip


def _check_units(raw: Raw, notes: list[str]) -> None:
    """Catch °F, kelvin, impossible humidity; a few bad hours become missing and are counted."""
    t, h = raw.temperature_c, raw.humidity
    known = t[np.isfinite(t)]
    if known.size == 0:
        raise WattlineError("no temperature in it can be read")
    if np.median(known) > 150:
        raise WattlineError(f"temperatures of {known.min():.0f} to {known.max():.0f} look like kelvin; give °C")
    if known.mean() > HOTTEST_MEAN_C or np.mean(known > HOTTEST_C) > 0.01:
        raise WattlineError(
            f"temperatures of {known.min():.0f} to {known.max():.0f}, mean {known.mean():.0f}, look like °F; give °C "
            "(or name the column temperature_f)"
        )
    wild = (t > HOTTEST_C) | (t < COLDEST_C)
    if wild.any():
        raw.temperature_c = np.where(wild, np.nan, t)
        notes.append(f"{int(wild.sum()):,} hours outside {COLDEST_C:.0f} to {HOTTEST_C:.0f} °C taken as missing")
    seen = h[np.isfinite(h)]
    if seen.size and seen.max() <= 1.0 and seen.mean() > 0.02:
        raw.humidity = h * 100
        notes.append("relative humidity was a share of one, turned into percent")
        h, seen = raw.humidity, seen * 100
    absurd = (h > 110) | (h < 0)
    if seen.size and absurd.sum() > 0.01 * seen.size:
        raise WattlineError(
            f"relative humidity from {seen.min():.0f} to {seen.max():.0f}% in {int(absurd.sum()):,} hours; "
            "it lies between 0 and 100"
        )
    if absurd.any():
        raw.humidity = np.where(absurd, np.nan, h)
        notes.append(f"{int(absurd.sum()):,} hours of humidity outside 0 to 110% taken as missing")
    elif (h > 100).any():
        notes.append(f"{int((h > 100).sum()):,} hours of humidity above 100% cut to 100%")


def _clock(raw: Raw, notes: list[str]) -> float:
    """The offset from UTC of the place's standard time; times in UTC are moved to it."""
    offset = raw.utc_offset_h
    if offset is None or not np.isfinite(offset):
        offset = 0.0 if raw.longitude is None else float(round(raw.longitude / 15))
    if raw.utc:
        if raw.longitude is None:
            notes.append("times in UTC, and no longitude to tell the local hour: days run by UTC")
        elif offset:
            raw.times = [time + timedelta(hours=offset) for time in raw.times]
            notes.append(f"times in UTC moved by {offset:+g} h to the place's standard time")
    return offset


def _hour_of_year(raw: Raw, notes: list[str]) -> Array:
    """For each row its hour of the year, -1 where it has none: a leap day, a second year, an hour that stands twice."""
    index = np.full(len(raw.times), -1)
    seen: set[int] = set()
    counts = {"leap": 0, "twice": 0, "between": 0}
    for row, time in enumerate(raw.times):
        if time.month == 2 and time.day == 29:
            counts["leap"] += 1
            continue
        if time.minute or time.second:
            counts["between"] += 1
            continue
        day = (time.replace(year=2023) - time.replace(year=2023, month=1, day=1)).days
        hour = day * 24 + time.hour
        if hour in seen:
            counts["twice"] += 1
            continue
        seen.add(hour)
        index[row] = hour
    words = {
        "leap": "hours of 29 February left out",
        "twice": "hours beyond one year, or standing twice, left out",
        "between": "readings between full hours left out",
    }
    notes += [f"{count:,} {words[name]}" for name, count in counts.items() if count]
    return index


def _placed(values: Array, index: Array) -> Array:
    year = np.full(TYPICAL_YEAR_H, np.nan)
    year[index[index >= 0]] = values[index >= 0]
    return year


def fill(values: Array) -> Array:
    """A year without gaps: short ones along a line, long ones by the mean of the same hour a day before and after."""
    bad = ~np.isfinite(values)
    if not bad.any() or bad.all():
        return values
    good = np.flatnonzero(~bad)
    line = np.interp(np.arange(TYPICAL_YEAR_H), good, values[good], period=TYPICAL_YEAR_H)
    out = np.where(bad, line, values)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bad.astype(int), [0]])))
    for begin, end in edges.reshape(-1, 2):
        if end - begin > SHORT_GAP_H:
            hours = np.arange(begin, end)
            days = -(-(end - begin) // 24)
            before, after = values[(hours - 24 * days) % TYPICAL_YEAR_H], values[(hours + 24 * days) % TYPICAL_YEAR_H]
            pair = np.stack([before, after])
            if np.isfinite(pair).any(axis=0).all():
                out[hours] = np.nanmean(pair, axis=0)
    return out


def _pressure(pressure: Array, raw: Raw, notes: list[str]) -> tuple[Array, float]:
    """Pascals at each hour, the standard atmosphere's where there is none; and the height in metres."""
    height = raw.elevation_m
    if height is not None and not -430 <= height <= 6000:
        notes.append(f"an elevation of {height:.0f} m is no place's; left out")
        height = None
    odd = np.isfinite(pressure) & ((pressure < 45_000) | (pressure > 109_000))
    if odd.any():
        notes.append(f"{int(odd.sum()):,} hours of impossible pressure taken as missing")
        pressure = np.where(odd, np.nan, pressure)
    if not np.isfinite(pressure).any():
        standard = float(air.standard_pressure_pa(height or 0.0))
        notes.append(f"no pressure: the standard atmosphere's {standard / 100:.0f} hPa for {height or 0:.0f} m")
        return np.full(TYPICAL_YEAR_H, standard), float(height or 0.0)
    return fill(pressure), float(height or 0.0)


def _moisture(t: Array, dew: Array, humidity: Array, pressure: Array, notes: list[str]) -> Array:
    """Humidity ratio by the dew point where the file has one, else by relative humidity; at most saturated."""
    by_dew = np.isfinite(dew).all()
    if by_dew and np.median(dew - t) > 2:
        raise WattlineError("its dew points are above its temperatures; check the columns and their units")
    if by_dew:
        above = int(np.sum(dew > t + 0.05))
        if above:
            notes.append(f"{above:,} hours with a dew point above the temperature cut to saturation")
        ratio = air.ratio_of(air.saturation_pa(np.minimum(dew, t)), pressure)
    else:
        ratio = air.humidity_ratio(t, np.clip(humidity, 0.5, 100) / 100, pressure)
    # dew points are over water and air below zero is saturated over ice at less
    return np.asarray(np.clip(ratio, 1e-5, air.humidity_ratio(t, 1.0, pressure)))
