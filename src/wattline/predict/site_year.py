"""What a site's page draws of its year, as plain data: weeks of power, and the hours by the state of the air."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.core.load import Load
from wattline.line.site.cooling.parts import MODES
from wattline.line.site.weather import Weather
from wattline.line.site.year import Hours

WEEKS, WEEK_H = 52, 168
HALF_GRAMS = 2e3  # of moisture in a kg of dry air


def weekly(load: Load) -> dict[str, list[float]]:
    """Mean watts of each part in each of 52 weeks; ``load``: parts by hour of the year, labelled."""
    weeks = load.power_w[:, : WEEKS * WEEK_H].reshape(len(load.labels), WEEKS, WEEK_H).mean(axis=2)
    return {label: row.tolist() for label, row in zip(load.labels, weeks, strict=True)}


def air_hours(weather: Weather, central: Hours) -> dict[str, Any]:
    """Hours of the year by temperature and moisture of the air, and by the mode of cooling that they ran in.

    ``cells``: each 1 °C wide from ``temperature_c`` on and half a gram of moisture per kg of dry air high from
    ``moisture_g_per_kg`` on, with its ``hours`` in each of the modes.

    Parameters
    ----------
    weather : of a year by the hour
    central : the site's year without draws

    Returns
    -------
    Plain data; temperatures in °C, moisture in g/kg, hours.
    """
    mode = np.broadcast_to(central.mode, (1, weather.temperature_c.size))[0]
    column = np.floor(weather.temperature_c).astype(int)
    row = np.floor(weather.humidity_ratio * HALF_GRAMS).astype(int)
    cells: dict[tuple[int, int], list[int]] = {}
    for c, r, m in zip(column, row, mode, strict=True):
        cells.setdefault((int(c), int(r)), [0] * len(MODES))[int(m)] += 1
    return {
        "pressure_pa": float(weather.pressure_pa.mean()),
        "temperature_c": {"lowest": float(weather.temperature_c.min()), "highest": float(weather.temperature_c.max())},
        "moisture_g_per_kg": {"highest": float(weather.humidity_ratio.max() * 1e3)},
        "modes": list(MODES),
        "cells": [
            {"temperature_c": c, "moisture_g_per_kg": r / 2, "hours": hours} for (c, r), hours in sorted(cells.items())
        ],
    }
