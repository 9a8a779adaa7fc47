"""Open-Meteo's hourly JSON in UTC: its times are local, with one offset or with clocks that change."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.line.grid.carbon.formats.json_rows import numbers
from wattline.line.grid.hourly import Hourly, regular
from wattline.line.grid.local_time import to_utc

FORM = "%Y-%m-%dT%H:%M"


def is_open_meteo(data: Any) -> bool:
    """Whether JSON is a forecast or archive of Open-Meteo."""
    return isinstance(data, dict) and isinstance(data.get("hourly"), dict) and "time" in data["hourly"]


def read_open_meteo(data: Any, where: str) -> Hourly:
    """Every hourly variable over UTC.

    Open-Meteo gives local times with the offset of the request's zone throughout; other tools write the zone's own
    clock into the same form. Times that skip or repeat an hour are of a clock, others of the offset.

    Parameters
    ----------
    data
        The JSON.
    where
        What it was read from, for errors.

    Returns
    -------
    Each variable in its own unit, shape ``(n_hours,)``.

    Raises
    ------
    WattlineError
        Where times or numbers are none, or lists differ in length.
    """
    hourly = data["hourly"]
    times = hourly["time"]
    if not isinstance(times, list) or len(times) < 2:
        raise WattlineError(f"series {where}: hourly.time has fewer than two times")
    columns = {
        name: numbers(values, where)
        for name, values in hourly.items()
        if name != "time" and isinstance(values, list) and len(values) == len(times)
    }
    if not columns:
        raise WattlineError(f"series {where}: hourly has no numbers beside its {len(times):,} times")
    zone = str(data.get("timezone") or "GMT")
    return regular(_utc(times, zone, data.get("utc_offset_seconds"), where), columns, [], where)


def _utc(times: list[Any], zone: str, offset_s: Any, where: str) -> Any:
    import polars as pl

    if all(isinstance(time, int | float) for time in times):
        return np.array(times, "int64").astype("datetime64[s]")  # timeformat=unixtime is UTC
    local = pl.Series([str(time) for time in times]).str.strptime(pl.Datetime, FORM, strict=False)
    if local.null_count():
        raise WattlineError(f"series {where}: {shorten(repr(times[0]), 40)} is no time such as 2023-01-01T00:00")
    naive = local.dt.epoch("s").to_numpy().astype("datetime64[s]")
    if zone.upper() in ("GMT", "UTC"):
        return naive
    steps = np.diff(naive).astype(int)
    clock = steps.min() <= 0 or steps.max() > steps.min()
    if clock or not isinstance(offset_s, int | float):
        return to_utc(local, zone, f"series {where}").dt.epoch("s").to_numpy().astype("datetime64[s]")
    return naive - np.timedelta64(int(offset_s), "s")
