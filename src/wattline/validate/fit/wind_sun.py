"""Fits how wind and sun behave in a region (``line/grid/supply/made.py``) to its years of capacity factors."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr

from wattline.core.fact import Array, normal_quantile
from wattline.line.grid.supply.made import DAY_H, LEVEL_DEVIATES, MAX_LINK_DAYS, SLOW_DAYS, Times, WindSun

LAGS = np.array([1, 2, 3, 4, 6, 9, 12, 18, 24, 30, 36, 42, 48, 60, 72, 84, 96, 120, 168])
SUN_LAGS = np.array([1, 2, 3, 5, 7, 10, 14, 21])
FIRST_HOUR = 3.0  # the step from hour to hour weighs so much more: ramps and short calms come of it
MIN_DAYS = 300


def fit_region(utc: Times, wind: Array, sun: Array) -> WindSun:
    """How a region's wind and sun behave.

    Parameters
    ----------
    utc : begin of each hour in UTC, ``(n_hours,)``, whole days
    wind, sun : capacity factors, 0 to 1

    Returns
    -------
    Means, swings and memories by month and hour.
    """
    month = utc.astype("datetime64[M]").astype(int) % 12
    hour = (utc - utc.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    normal = _normal(wind)
    mean = _smooth_day(_by_month_hour(normal, month, hour))
    rest = normal - mean[month, hour]
    spread = np.array([rest[month == m].std() for m in range(12)])
    rest = rest / spread[month]
    memories = _memories(rest)
    day_month, light = month.reshape(-1, DAY_H)[:, 0], sun.reshape(-1, DAY_H).sum(axis=1)
    share = light / np.array([light[day_month == m].mean() for m in range(12)])[day_month]
    sun_spread = np.array([share[day_month == m].std() for m in range(12)])
    departure = (share - 1) / sun_spread[day_month]
    score = _normal(departure)
    sun_memory, slow = _sun_memories(score)
    return WindSun(
        wind_levels=_levels(wind),
        wind_mean=mean,
        wind_spread=spread,
        **memories,
        sun_mean=_by_month_hour(sun, month, hour),
        sun_levels=_levels(departure),
        sun_spread=sun_spread,
        sun_memory=sun_memory,
        sun_slow_share=slow,
        links=_links(rest.reshape(-1, DAY_H).mean(axis=1), score),
    )


def _links(wind: Array, sun: Array) -> Array:
    """What a day's wind takes of the sun of the days around it, by least squares."""
    inner = slice(MAX_LINK_DAYS, sun.size - MAX_LINK_DAYS)
    around = np.stack([np.roll(sun, -lag)[inner] for lag in range(-MAX_LINK_DAYS, MAX_LINK_DAYS + 1)], axis=1)
    return np.asarray(np.linalg.lstsq(around, wind[inner], rcond=None)[0])


def _correlation(first: Array, second: Array) -> float:
    return float(np.corrcoef(first, second)[0, 1])


def _levels(values: Array) -> Array:
    share = ndtr(LEVEL_DEVIATES)
    share[0], share[-1] = 0.0, 1.0
    return np.asarray(np.quantile(values, share))


def _normal(values: Array) -> Array:
    """Each value by its rank as that of a normal distribution."""
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return normal_quantile((rank + 0.5) / values.size)


def _by_month_hour(values: Array, month: Any, hour: Any) -> Array:
    return np.array([[values[(month == m) & (hour == h)].mean() for h in range(DAY_H)] for m in range(12)])


def _smooth_day(table: Array) -> Array:
    """Each month's day by its mean and its first three waves."""
    waves = np.fft.rfft(table, axis=1)
    waves[:, 4:] = 0
    return np.asarray(np.fft.irfft(waves, DAY_H, axis=1))


def _memories(series: Array) -> dict[str, float]:
    """The memories of wind whose correlations come nearest to the series', by the names of ``WindSun``."""
    wanted = np.array([_correlation(series[:-lag], series[lag:]) for lag in LAGS])
    weight = 1 / np.sqrt(LAGS)
    weight[0] *= FIRST_HOUR

    def read(given: Array) -> dict[str, float]:
        long_h, short_h = sorted(np.exp(given[:2]), reverse=True)
        noise, day_share = 1 / (1 + np.exp(-given[2:4]))
        return {
            "long_h": float(long_h), "short_h": float(short_h), "noise": float(noise), "day_share": float(day_share),
            "day_memory_h": float(np.exp(given[4])),
        }  # fmt: skip

    def away(given: Array) -> float:
        return float(weight @ (wind_memory(LAGS, **read(given)) - wanted) ** 2)

    first = np.array([np.log(18.0), np.log(2.0), -4.0, -2.0, np.log(48.0)])
    best = minimize(
        away, first, method="Nelder-Mead", options={"maxiter": 6000, "maxfev": 6000, "xatol": 1e-4, "fatol": 1e-9}
    )
    return read(best.x)


def _sun_memories(series: Array) -> tuple[float, float]:
    """Correlation of a day with the day before of the fast share of sun, and the slow share."""
    wanted = np.array([_correlation(series[:-lag], series[lag:]) for lag in SUN_LAGS])
    slow = np.exp(-SUN_LAGS / SLOW_DAYS)

    def away(given: Array) -> float:
        memory, share = 1 / (1 + np.exp(-given))
        return float(((1 - share) * memory**SUN_LAGS + share * slow - wanted) ** 2 @ (1 / SUN_LAGS))

    best = minimize(away, np.array([-0.5, -1.5]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-9})
    memory, share = 1 / (1 + np.exp(-best.x))
    return float(memory), float(share)


def wind_memory(lags: Any, long_h: float, short_h: float, noise: float, day_share: float, day_memory_h: float) -> Array:
    """Correlation of the normal series of wind at lags of hours.

    Parameters
    ----------
    lags : hours, above zero
    long_h, short_h, noise, day_share, day_memory_h : as in ``WindSun``

    Returns
    -------
    Of the shape of ``lags``.
    """
    hours = np.asarray(lags)
    wave = np.exp(-hours / day_memory_h) * np.cos(2 * np.pi * hours / DAY_H)
    return np.asarray((1 - noise) * ((1 - day_share) * two_memories(long_h, short_h, hours) + day_share * wave))


def two_memories(long_h: float, short_h: float, lags: Any) -> Array:
    """Correlation of two memories in a row at lags of hours.

    Parameters
    ----------
    long_h, short_h : the memories, hours until 1/e is left
    lags : hours

    Returns
    -------
    Of the shape of ``lags``.
    """
    a, b = np.exp(-1 / long_h), np.exp(-1 / short_h)
    if abs(a - b) < 1e-6:
        b *= 0.999
    top = a ** (np.asarray(lags) + 1) * (1 - b**2) - b ** (np.asarray(lags) + 1) * (1 - a**2)
    return np.asarray(top / ((a - b) * (1 + a * b)))
