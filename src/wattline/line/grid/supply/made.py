"""Made hours of wind and sun: series of a region's kind, by month and hour, with their memory, their link and droughts.

A normal series stands behind each. That of wind remembers hours and days (two memories in a row) and the hour of the
days before (a daily wave that comes and goes), is moved by month and hour, and is read through the region's
distribution of capacity factors. That of sun has a value a day, remembers the day before and, weakly, the month, and
scales the month's mean day; wind goes with the sun of the days around as far as the region's does. All of it is fitted
to a region's years (``validate/fit/wind_sun.py``), and the catalog carries the fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import lfilter

from wattline.catalog import Record
from wattline.core.fact import Array
from wattline.core.units import DAY_S

DAY_H = 24
WARM_UP_DAYS = 60
MAX_LINK_DAYS = 3  # wind is linked with the sun of so many days before and after
SLOW_DAYS = 30.0  # memory of the slow share of sun: hazy and clear seasons
MIN_LIGHT = 0.02  # what the darkest day keeps of its month's mean
LEVEL_DEVIATES = np.linspace(-3.2, 3.2, 33)  # levels stand at even steps of the normal deviate: the tails are fine
Times = np.ndarray[Any, np.dtype[np.datetime64]]


@dataclass(frozen=True, eq=False)
class WindSun:
    """How wind and sun behave in a region.

    Parameters
    ----------
    wind_levels : capacity factors at even steps of the normal deviate, ``LEVEL_DEVIATES``
    wind_mean, wind_spread : ``(12, 24)`` mean of the normal series by month and hour of the day in UTC, and ``(12,)``
        its deviation by month
    long_h, short_h, noise : the two memories of wind, and the share of its variance that has none
    day_share, day_memory_h : share of the rest that is a daily wave, and its memory
    sun_mean : ``(12, 24)`` mean capacity factor by month and hour of the day in UTC
    sun_levels, sun_spread : departures of a day from its month's mean over their deviation, as the levels of wind,
        and ``(12,)`` that deviation, over the mean
    sun_memory, sun_slow_share : correlation of a day's sun with the day before's, and the share that stays for a month
    links : ``(7,)`` what a day's wind takes of the sun of three days before to three after, in deviations
    """

    wind_levels: Array
    wind_mean: Array
    wind_spread: Array
    long_h: float
    short_h: float
    noise: float
    day_share: float
    day_memory_h: float
    sun_mean: Array
    sun_levels: Array
    sun_spread: Array
    sun_memory: float
    sun_slow_share: float
    links: Array

    @classmethod
    def of(cls, record: Record) -> WindSun:
        """The region of a catalog's record."""
        tables = {
            name: np.asarray(record.meta[name], dtype=float)
            for name in ("wind_levels", "wind_mean", "wind_spread", "sun_mean", "sun_levels", "sun_spread")
        }
        return cls(
            **tables, long_h=record["wind_long_memory_h"].value, short_h=record["wind_short_memory_h"].value,
            noise=record["wind_noise_share"].value, day_share=record["wind_day_share"].value,
            day_memory_h=record["wind_day_memory_h"].value, sun_memory=record["sun_memory"].value,
            sun_slow_share=record["sun_slow_share"].value, links=np.asarray(record.meta["wind_sun_links"], dtype=float),
        )  # fmt: skip

    def moved(self, hours: int) -> WindSun:
        """The same in a place whose sun stands so many hours later in UTC."""
        from dataclasses import replace

        return replace(
            self, wind_mean=np.roll(self.wind_mean, hours, axis=1), sun_mean=np.roll(self.sun_mean, hours, axis=1)
        )


def made_hours(utc: Times, region: WindSun, rng: np.random.Generator) -> tuple[Array, Array]:
    """Hours of wind and sun of a region's kind.

    Parameters
    ----------
    utc : begin of each hour in UTC, ``(n_hours,)``
    region : how wind and sun behave
    rng : where chance comes from

    Returns the capacity factors of wind and sun, ``(n_hours,)`` each, 0 to 1.
    """
    hour = (utc - utc.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    days = (utc.astype("datetime64[D]") - utc[0].astype("datetime64[D]")).astype(int)
    count = int(days[-1]) + 1 + 2 * WARM_UP_DAYS
    weather = _sun_series(rng, count, region)
    wind = _wind_series(rng, weather, region)[WARM_UP_DAYS * DAY_H :][days * DAY_H + hour]
    mean, spread = _between_months(utc, region.wind_mean, hour), _between_months(utc, region.wind_spread)
    wind_cf = _read(region.wind_levels, mean + spread * wind)
    departure = _read(region.sun_levels, weather[WARM_UP_DAYS:])[days]
    scale = np.maximum(1 + _between_months(utc, region.sun_spread) * departure, MIN_LIGHT)
    sun_cf = np.clip(_between_months(utc, region.sun_mean, hour) * scale, 0.0, 1.0)
    return wind_cf, sun_cf


def _sun_series(rng: np.random.Generator, days: int, region: WindSun) -> Array:
    """The normal series of sun by the day, of deviation one."""
    slow = region.sun_slow_share
    fast = _memory(rng.standard_normal(days), region.sun_memory)
    return np.asarray(
        np.sqrt(1 - slow) * fast + np.sqrt(slow) * _memory(rng.standard_normal(days), np.exp(-1 / SLOW_DAYS))
    )


def _wind_series(rng: np.random.Generator, weather: Array, region: WindSun) -> Array:
    """The normal series of wind by the hour, of deviation one, linked with the days' sun."""
    hours = weather.size * DAY_H
    own = (
        np.sqrt((1 - region.noise) * (1 - region.day_share)) * _two_memories(rng.standard_normal(hours), region)
        + np.sqrt((1 - region.noise) * region.day_share) * _daily_wave(rng, hours, region.day_memory_h)
        + np.sqrt(region.noise) * rng.standard_normal(hours)
    )
    linked = _smoothly(np.convolve(weather, region.links[::-1], "same"))
    return np.asarray(np.sqrt(max(1 - float(linked.var()), 0.0)) * own + linked)


def _two_memories(shocks: Array, region: WindSun) -> Array:
    """Shocks through both memories in a row, of deviation one."""
    a, b = np.exp(-1 / region.long_h), np.exp(-1 / region.short_h)
    deviation = np.sqrt((1 + a * b) / ((1 - a**2) * (1 - b**2) * (1 - a * b)))
    return np.asarray(lfilter([1.0], [1.0, -b], lfilter([1.0], [1.0, -a], shocks)) / deviation)


def _daily_wave(rng: np.random.Generator, hours: int, memory_h: float) -> Array:
    """A wave of 24 hours whose height and hour wander, of deviation one."""
    step = np.exp(-1 / memory_h + 2j * np.pi / DAY_H)
    shocks = rng.standard_normal(hours) + 1j * rng.standard_normal(hours)
    return np.asarray(lfilter([1.0], [1.0, -step], shocks).real * np.sqrt(1 - abs(step) ** 2))


def _memory(shocks: Array, memory: float) -> Array:
    return np.asarray(lfilter([np.sqrt(1 - memory**2)], [1.0, -memory], shocks))


def _smoothly(daily: Array) -> Array:
    middles = np.arange(daily.size) + 0.5
    return np.asarray(np.interp((np.arange(daily.size * DAY_H) + 0.5) / DAY_H, middles, daily))


def _between_months(utc: Times, table: Array, hour: Array | None = None) -> Array:
    """Values of ``(12,)`` or ``(12, 24)`` that go from the middle of a month to that of the next."""
    months = utc.astype("datetime64[M]")
    length = (months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")
    into = (utc - months.astype("datetime64[s]")).astype(float) / DAY_S / length.astype(float) - 0.5
    month = months.astype(int) % 12
    other = (month + np.where(into < 0, -1, 1)) % 12
    weight = np.abs(into)
    here, there = (table[m] if hour is None else table[m, hour.astype(int)] for m in (month, other))
    return np.asarray(here * (1 - weight) + there * weight)


def _read(levels: Array, deviates: Array) -> Array:
    return np.asarray(np.interp(deviates, LEVEL_DEVIATES, levels))
