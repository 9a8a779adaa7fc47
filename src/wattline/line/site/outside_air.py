"""The weather as a plant meets it: rows of hours, warmer or damper in each draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattline.core.fact import Array
from wattline.line.site import air
from wattline.line.site.cooling.parts import Outside
from wattline.line.site.weather import Weather

PER_K = 0.062  # relative growth of the moisture of saturated air for each K, near 15 °C


def outside(weather: Weather, shift_c: Array | float = 0.0, every: int = 1, damp_c: Array | float = 0.0) -> Outside:
    """The weather as a plant meets it, rows of hours; warmer by ``shift_c`` at the same relative humidity, about.

    Parameters
    ----------
    weather : a year of hours, 8,760 of each quantity
    shift_c : degrees C warmer, scalar or ``(n_draws, 1)``
    every : every so many hours alone
    damp_c : degrees C by which the dew point is higher besides, scalar or ``(n_draws, 1)``

    Returns
    -------
    Temperatures [C], humidity and pressure, of the shape that the year and ``shift_c`` broadcast to.
    """
    series = (weather.temperature_c, weather.wet_bulb_c, weather.humidity_ratio, weather.pressure_pa)
    t, wet, w, pressure, sea = (x[None, ::every] for x in (*series, weather.water_body_c))
    if not np.any(shift_c) and not np.any(damp_c):
        return Outside(t, wet, w, pressure, sea)
    warm = Outside(t + shift_c, wet + shift_c, w * np.exp(PER_K * np.asarray(shift_c)), pressure, sea + shift_c)
    return _damper(warm, np.asarray(damp_c)) if np.any(damp_c) else warm


def _damper(out: Outside, damp_c: Array) -> Outside:
    """The same air with a dew point higher by ``damp_c``, at most saturated; its wet bulb by the slope of moist air."""
    limit = air.humidity_ratio(out.t_c, 1.0, out.pressure_pa)
    ratio = np.minimum(out.ratio * np.exp(PER_K * damp_c), np.maximum(limit, out.ratio))
    gamma = air.CP_AIR / air.H_FG
    slope = PER_K * (out.ratio + gamma * (out.t_c - out.wet_c)) + gamma  # of saturated air's moisture, per K
    wet = np.minimum(out.wet_c + (ratio - out.ratio) / slope, out.t_c)
    return replace(out, ratio=ratio, wet_c=wet)
