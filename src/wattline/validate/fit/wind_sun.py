"""Fits how wind and sun behave in a region (``line/grid/supply/made.py``) to its years of capacity factors."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize

from wattline.core.fact import Array, normal_quantile
from wattline.line.grid.supply.made import DAY_H, Times, WindSun

LEVELS = 33
LAGS = np.array([1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 48, 72, 96])
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
    long_h, short_h, noise = _memories(rest)
    day_month, light = month.reshape(-1, DAY_H)[:, 0], sun.reshape(-1, DAY_H).sum(axis=1)
    share = light / np.array([light[day_month == m].mean() for m in range(12)])[day_month]
    sun_spread = np.array([share[day_month == m].std() for m in range(12)])
    departure = (share - 1) / sun_spread[day_month]
    score = _normal(departure)
    return WindSun(
        wind_levels=_levels(wind),
        wind_mean=mean,
        wind_spread=spread,
        long_h=long_h,
        short_h=short_h,
        noise=noise,
        sun_mean=_by_month_hour(sun, month, hour),
        sun_levels=_levels(departure),
        sun_spread=sun_spread,
        sun_memory=_correlation(score[:-1], score[1:]),
        link=_correlation(rest.reshape(-1, DAY_H).mean(axis=1), score),
    )


def _correlation(first: Array, second: Array) -> float:
    return float(np.corrcoef(first, second)[0, 1])


def _levels(values: Array) -> Array:
    return np.asarray(np.quantile(values, np.linspace(0, 1, LEVELS)))


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


def _memories(series: Array) -> tuple[float, float, float]:
    """The two memories [h] and the share of noise whose correlations come nearest to the series'."""
    wanted = np.array([_correlation(series[:-lag], series[lag:]) for lag in LAGS])

    def away(given: Array) -> float:
        long_h, short_h, noise = np.exp(given[0]), np.exp(given[1]), 1 / (1 + np.exp(-given[2]))
        return float(
            ((1 - noise) * two_memories(long_h, short_h, LAGS) - wanted)
            @ ((1 - noise) * two_memories(long_h, short_h, LAGS) - wanted)
        )

    best = minimize(away, np.array([np.log(18.0), np.log(5.0), -4.0]), method="Nelder-Mead", options={"maxiter": 2000})
    long_h, short_h = sorted(np.exp(best.x[:2]), reverse=True)
    return float(long_h), float(short_h), float(1 / (1 + np.exp(-best.x[2])))


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
