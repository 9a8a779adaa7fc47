"""Made hours of wind and sun: series of a region's kind, by month and hour, with their memory, their link and droughts.

A normal series stands behind each. That of wind remembers hours and days (two memories in a row), is moved by month
and hour, and is read through the region's distribution of capacity factors. That of sun has a value a day, remembers
the day before, and scales the month's mean day; the day's wind goes with it as far as the region's does. All of it is
fitted to a region's years (``validate/fit/wind_sun.py``), and the catalog carries the fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import lfilter

from wattline.catalog import Record
from wattline.core.fact import Array, normal_quantile

DAY_H = 24
WARM_UP_DAYS = 60
Times = np.ndarray[Any, np.dtype[np.datetime64]]


@dataclass(frozen=True, eq=False)
class WindSun:
    """How wind and sun behave in a region.

    Parameters
    ----------
    wind_levels : capacity factors at even steps of probability, from none to one
    wind_mean, wind_spread : ``(12, 24)`` mean of the normal series by month and hour of the day in UTC, and ``(12,)``
        its deviation by month
    long_h, short_h, noise : the two memories of wind, and the share of its variance that has none
    sun_mean : ``(12, 24)`` mean capacity factor by month and hour of the day in UTC
    sun_levels, sun_spread : departures of a day from its month's mean over their deviation, at even steps of
        probability, and ``(12,)`` that deviation, over the mean
    sun_memory, link : correlation of a day's sun with the day before's, and with the day's wind
    """

    wind_levels: Array
    wind_mean: Array
    wind_spread: Array
    long_h: float
    short_h: float
    noise: float
    sun_mean: Array
    sun_levels: Array
    sun_spread: Array
    sun_memory: float
    link: float

    @classmethod
    def of(cls, record: Record) -> WindSun:
        """The region of a catalog's record."""
        tables = {
            name: np.asarray(record.meta[name], dtype=float)
            for name in ("wind_levels", "wind_mean", "wind_spread", "sun_mean", "sun_levels", "sun_spread")
        }
        return cls(
            **tables, long_h=record["wind_long_memory_h"].value, short_h=record["wind_short_memory_h"].value,
            noise=record["wind_noise_share"].value, sun_memory=record["sun_memory"].value,
            link=record["wind_sun_link"].value,
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
    count = int(days[-1]) + 1 + WARM_UP_DAYS
    weather = _memory(rng.standard_normal(count), region.sun_memory)
    wind = _wind_series(rng, weather, region)[WARM_UP_DAYS * DAY_H :][days * DAY_H + hour]
    mean, spread = _between_months(utc, region.wind_mean, hour), _between_months(utc, region.wind_spread)
    wind_cf = _read(region.wind_levels, _normal_share(mean + spread * wind))
    departure = _read(region.sun_levels, _normal_share(weather[WARM_UP_DAYS:]))[days]
    scale = np.maximum(1 + _between_months(utc, region.sun_spread) * departure, 0.03)
    sun_cf = np.clip(_between_months(utc, region.sun_mean, hour) * scale, 0.0, 1.0)
    return wind_cf, sun_cf


def _wind_series(rng: np.random.Generator, weather: Array, region: WindSun) -> Array:
    """The normal series of wind by the hour, of deviation one, linked with the days' sun."""
    shocks = rng.standard_normal(weather.size * DAY_H)
    smooth = lfilter([1.0], [1.0, -np.exp(-1 / region.short_h)], shocks)
    smooth = lfilter([1.0], [1.0, -np.exp(-1 / region.long_h)], smooth)
    smooth /= smooth[DAY_H * 10 :].std()
    own = smooth.reshape(-1, DAY_H).mean(axis=1)
    daily = region.link * weather * own.std()
    kept = np.sqrt(max(1 - region.link**2, 0.0))
    linked = kept * smooth + _smoothly(daily)
    noisy = np.sqrt(1 - region.noise) * linked + np.sqrt(region.noise) * rng.standard_normal(linked.size)
    return np.asarray(noisy / noisy.std())


def _memory(shocks: Array, memory: float) -> Array:
    return np.asarray(lfilter([np.sqrt(1 - memory**2)], [1.0, -memory], shocks))


def _smoothly(daily: Array) -> Array:
    middles = np.arange(daily.size) + 0.5
    return np.asarray(np.interp((np.arange(daily.size * DAY_H) + 0.5) / DAY_H, middles, daily))


def _between_months(utc: Times, table: Array, hour: Array | None = None) -> Array:
    """Values of ``(12,)`` or ``(12, 24)`` that go from the middle of a month to that of the next."""
    months = utc.astype("datetime64[M]")
    length = (months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")
    into = (utc - months.astype("datetime64[s]")).astype(float) / 86400.0 / length.astype(float) - 0.5
    month = months.astype(int) % 12
    other = (month + np.where(into < 0, -1, 1)) % 12
    weight = np.abs(into)
    here, there = (table[m] if hour is None else table[m, hour.astype(int)] for m in (month, other))
    return np.asarray(here * (1 - weight) + there * weight)


def _read(levels: Array, share: Array) -> Array:
    return np.asarray(np.interp(share, np.linspace(0, 1, levels.size), levels))


def _normal_share(values: Array) -> Array:
    """The share of a normal distribution that lies below."""
    share = np.linspace(0.0005, 0.9995, 1999)
    return np.asarray(np.interp(values, normal_quantile(share), share, left=0.0, right=1.0))
