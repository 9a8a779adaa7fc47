"""Made years of places: a typical year of hours from monthly normals of the catalog's ``climate``.

The generator (deterministic: the same place gives the same year on every machine):

1. The month's mean high, low and dew point run from month to month along a smooth curve that keeps each month's mean.
2. Warm and cold spells: a day's departure follows the day before it (first-order autoregression), its spread
   grows with the place's yearly swing and with the cold; each month's departures have mean nought and that spread.
   Dew points go with them and have spells of their own; dry days have a wider daily range.
3. Through the day temperature falls below the day's high by ASHRAE's fractions of the daily range (Fundamentals,
   chapter 14). The dew point is the day's, drawn from noon to noon, and cut where the night is colder than it; the
   month's mean is kept.

How large all this is stands in the catalog (``catalog/fit/weather.toml``), set by eye on five typical years of US
airports; the rest is from the normals.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.core.fact import Array
from wattline.core.units import TYPICAL_YEAR_H
from wattline.line.site import air
from wattline.line.site.nearness import MeanError
from wattline.line.site.weather import Weather

DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTH = np.repeat(np.arange(12), DAYS)  # of each day
# share of the daily range below the day's high, hour by hour from midnight (ASHRAE Fundamentals 2017, 14, table 6)
BELOW_HIGH = np.array([
    0.87, 0.92, 0.96, 0.99, 1.00, 0.98, 0.93, 0.84, 0.71, 0.56, 0.39, 0.23,
    0.11, 0.03, 0.00, 0.03, 0.10, 0.21, 0.34, 0.47, 0.58, 0.68, 0.76, 0.82,
])  # fmt: skip
KNOWN_TO = "a typical year from monthly normals, known to about 1 °C; use --weather FILE for measured weather"


@dataclass(frozen=True)
class WeatherFacts:
    """How days depart from a month's normals, at central values: each a fact ``fit.weather-NAME``."""

    spell_memory: float
    spell_spread: float
    spell_spread_swing: float
    spell_spread_cold: float
    dew_slope: float
    dew_spread: float
    dew_spread_swing: float
    range_spread: float
    range_dryness: float


@lru_cache(maxsize=256)
def made_year(record: Record, catalog: Catalog) -> Weather:
    """The typical year of a place, made from its normals.

    Parameters
    ----------
    record : the place, of the catalog's ``climate``
    catalog : where the facts stand that say how days depart from the normals

    Returns
    -------
    8,760 hours.
    """
    facts = catalog.values(WeatherFacts, "fit.weather")
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(record.name.encode()).digest()[:8], "little"))
    high, low, dew = (np.array(record.meta[key], float) for key in ("high_c", "low_c", "dew_point_c"))
    middle = (high + low) / 2
    swing = float(middle.max() - middle.min())
    cold = (middle.max() - middle) / max(swing, 1e-9)
    spread = facts.spell_spread + swing * (facts.spell_spread_swing + facts.spell_spread_cold * cold)
    spell = _spells(rng, facts.spell_memory) * spread[MONTH]
    damp = _spells(rng, facts.spell_memory) * (facts.dew_spread + facts.dew_spread_swing * swing)
    linked = facts.range_dryness
    dryness = linked * _standard(damp) + np.sqrt(1 - linked**2) * _spells(rng, facts.spell_memory)
    daily_range = _daily(high - low) * np.clip(1.0 + facts.range_spread * dryness, 0.3, 1.4)
    shape = BELOW_HIGH.mean() - BELOW_HIGH  # a day's mean is that of its high and low, as weather services reckon
    t = _hourly(spell) + np.repeat(_daily(middle), 24) + np.repeat(daily_range, 24) * np.tile(shape, 365)
    wanted = dew
    point = t
    for _ in range(4):  # what the cold nights cut off is made up for in the rest of the month
        point = np.minimum(_hourly(_daily(wanted) + facts.dew_slope * spell + damp), t - 0.1)
        wanted = wanted + dew - _monthly(point)
    height = record["elevation_m"].value
    pressure = np.full(TYPICAL_YEAR_H, float(air.standard_pressure_pa(height)))
    ratio = np.minimum(air.ratio_of(air.saturation_pa(point), pressure), air.humidity_ratio(t, 1.0, pressure))
    return Weather(
        record.title, t, ratio, pressure, record["latitude"].value, record["longitude"].value, height,
        record["utc_offset_h"].value, "made from monthly normals (wattline facts climate.)", made=True,
        notes=_notes(record), error=record.meta.get("error", MeanError()),
    )  # fmt: skip


def _notes(record: Record) -> tuple[str, ...]:
    """From where the weather is known, after which place of the name was taken."""
    others = record.meta.get("others")
    return (*([str(others)] if others else []), str(record.meta.get("from", KNOWN_TO)))


def _spells(rng: np.random.Generator, memory: float) -> Array:
    """365 daily departures with memory, of mean nought and spread one in each month."""
    noise = rng.standard_normal(365 + 30)
    value, out = 0.0, np.empty(noise.size)
    for day, step in enumerate(noise):
        value = memory * value + np.sqrt(1 - memory**2) * step
        out[day] = value
    return _standard(out[30:])


def _standard(days: Array) -> Array:
    out = days.copy()
    for month in range(12):
        inside = month == MONTH
        spread = out[inside].std()
        out[inside] = (out[inside] - out[inside].mean()) / (spread if spread > 0 else 1.0)
    return out


def _daily(monthly: Array) -> Array:
    """A value a day along a curve that keeps each month's mean."""
    middles = np.cumsum(DAYS) - DAYS / 2
    days = np.arange(365) + 0.5
    knots = monthly.astype(float).copy()
    for _ in range(8):
        curve = np.interp(days, middles, knots, period=365)
        knots += monthly - np.array([curve[month == MONTH].mean() for month in range(12)])
    return np.asarray(np.interp(days, middles, knots, period=365))


def _hourly(daily: Array) -> Array:
    """Hours between the noons of days."""
    return np.asarray(np.interp((np.arange(TYPICAL_YEAR_H) + 0.5) / 24, np.arange(365) + 0.5, daily, period=365))


def _monthly(hourly: Array) -> Array:
    days = hourly.reshape(365, 24).mean(axis=1)
    return np.array([days[month == MONTH].mean() for month in range(12)])
