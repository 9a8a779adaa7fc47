"""Weather beside a grid's series, for its forecasts: as it was measured, or as it was forecast days before."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.reading import parse_json, read_bytes
from wattline.core.units import HOUR_S
from wattline.line.grid.carbon.formats.open_meteo import is_open_meteo, read_open_meteo
from wattline.line.grid.carbon.history import PublishedSeries
from wattline.line.grid.carbon.signal import HourlySignal
from wattline.line.grid.hourly import MAX_BYTES, Hourly, hourly_of
from wattline.line.grid.table import read_table

MILD_C = 18.0  # neither heated nor cooled
KINDS = {
    "temperature": re.compile(r"(?<!apparent_)(temperature|\btemp\b|^t2m)", re.I),
    "wind": re.compile(r"wind_?\s?speed|^wind$|wind_(10|80|100|120)m", re.I),
    "radiation": re.compile(r"shortwave|radiation|irradiance|\bghi\b", re.I),
}
# Open-Meteo's columns of earlier runs: the value as it was forecast so many days before
EARLIER = re.compile(r"_previous_day(?P<days>[1-7])$", re.I)


def weather_beside(
    path: Path | str, signal: HourlySignal, delay_h: float
) -> tuple[dict[str, tuple[PublishedSeries, ...]], str]:
    """The weather in a file, step by step beside a grid's series, with the time at which each value was known.

    Measured weather is published as the series is. A column ``…_previous_dayN`` (Open-Meteo's Previous Runs API)
    was published N days before the time that it is about, so a forecast may look at it up to N days ahead.

    Parameters
    ----------
    path : Open-Meteo's JSON, or a table with times and a column of temperature, of wind or of radiation
    signal : the grid's series
    delay_h : time from the end of a step to its publication [h]

    Returns
    -------
    By kind, numbers at each step of the series (temperature as degrees above and below a mild one); what was taken,
    in words.

    Raises WattlineError where the file has no such column, or not all of the series' time.
    """
    where = f"weather {shorten(str(path), 200)}"
    hours = _read(path).signal()
    day = round(24 * HOUR_S / signal.step_s)
    made: dict[str, tuple[PublishedSeries, ...]] = {}
    taken = []
    for kind in KINDS:
        column = _column(hours, kind)
        if column is None:
            continue
        name, values = hours.column(column, where)
        ahead = EARLIER.search(name)
        days = int(ahead["days"]) if ahead else 0
        delay = int(np.ceil(delay_h * HOUR_S / signal.step_s)) - days * day
        at_steps = _placed(hours, values, signal, where)
        parts = [at_steps]
        if kind == "temperature":
            parts = [np.asarray(np.maximum(side * (at_steps - MILD_C), 0.0)) for side in (1.0, -1.0)]
        made[kind] = tuple(PublishedSeries(each, delay, name) for each in parts)
        taken.append(f"{name} ({f'forecast {days} d before' if days else 'measured'})")
    if not made:
        raise WattlineError(
            f"{where} has no temperature, wind speed or radiation; it has {shorten(', '.join(hours.columns), 120)}"
        )
    return made, ", ".join(taken)


def _read(path: Path | str) -> Hourly:
    where = shorten(str(path), 200)
    data = read_bytes(path, MAX_BYTES, "weather", unpack=True)
    if data.lstrip()[:1] != b"{":
        return hourly_of(read_table(data, where), where)
    try:
        answer = parse_json(data)
    except ValueError as error:
        raise WattlineError(f"weather {where} is no JSON: {shorten(str(error), 80)}") from None
    if not is_open_meteo(answer):
        raise WattlineError(f"weather {where}: JSON of no known form; give Open-Meteo's hourly JSON or a table")
    return read_open_meteo(answer, where)


def _column(hours: Hourly, kind: str) -> str | None:
    """The column of a kind: the one that was forecast the most days before, else the first."""
    names = [name for name in hours.columns if KINDS[kind].search(name)]
    days = {name: int(match["days"]) for name in names if (match := EARLIER.search(name))}
    return max(names, key=lambda name: days.get(name, 0), default=None)


def _placed(hours: Hourly, values: Array, signal: HourlySignal, where: str) -> Array:
    """Values at the begin of each step of the series, between two hours by a straight line."""
    steps, known = (times.astype("datetime64[s]").astype("int64") for times in (signal.utc, hours.utc))
    end = known[-1] + round(hours.step_h * HOUR_S)
    if steps[0] < known[0] or steps[-1] >= end:
        raise WattlineError(
            f"{where} is of {hours.utc[0]} to {np.datetime64(int(end), 's')} UTC, the series of {signal.utc[0]} to "
            f"{signal.utc[-1]}: give weather of the same time"
        )
    return np.asarray(np.interp(steps, known, values))
