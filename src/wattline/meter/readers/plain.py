"""A plain table, CSV or Parquet, of times and watts or joules; columns told by their names, else one clear error.

Wide (a column of watts a device) and long (a column that names the device) are understood. ``power_w``, ``watts``,
``power [W]``, ``gpu0_power_w``, ``energy_j`` (cumulative; of each interval where it falls as often as it rises),
``power_kw`` and the like; a Load that Wattline wrote too.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.readers import specs
from wattline.meter.readers.frame import numbers, table
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Recording, Series

if TYPE_CHECKING:
    import polars as pl

MAGIC = b"PAR1"
TIMES = (
    "time", "timestamp", "time_s", "time_ms", "timestamp_s", "timestamp_ms", "time_us", "time_ns", "datetime",
    "date_time", "date", "ts", "epoch", "unix_time", "elapsed", "elapsed_s", "seconds", "t", "utc",
)  # fmt: skip
POWER_UNITS = {"w": 1.0, "watt": 1.0, "watts": 1.0, "kw": 1e3, "kilowatt": 1e3, "kilowatts": 1e3, "mw": 1e-3,
               "milliwatts": 1e-3, "uw": 1e-6, "microwatts": 1e-6, "megawatts": 1e6}  # fmt: skip
ENERGY_UNITS = {"j": 1.0, "joule": 1.0, "joules": 1.0, "kj": 1e3, "mj": 1e-3, "millijoules": 1e-3, "uj": 1e-6,
                "wh": 3600.0, "kwh": 3.6e6, "mwh": 3.6e9}  # fmt: skip
QUANTITIES = {*POWER_UNITS, *ENERGY_UNITS, "power", "energy", "draw", "usage", "total", "cumulative", "consumption",
              "average", "instant"}  # fmt: skip
KINDS = {"gpu": "gpu", "mig-": "mig", "cpu": "cpu", "package": "cpu", "ram": "dram", "switch": "switch", "node": "node",
         "wall": "node", "rack": "rack"}  # fmt: skip
NOT_DRAWN = re.compile(r"limit|cap\b|max|min|rated|state|factor|setpoint", re.IGNORECASE)
DEVICES = (
    "device",
    "gpu",
    "gpu_id",
    "gpu_uuid",
    "uuid",
    "node",
    "host",
    "hostname",
    "name",
    "sensor",
    "channel",
    "index",
    "label",
)
HOSTS = ("node", "host", "hostname")


def read(path: Path) -> Recording:
    """A series for each device of the table."""
    frame = _frame(path)
    columns = {name: _plain(name) for name in frame.columns}
    time_name = next((name for want in TIMES for name, plain in columns.items() if plain == want), None)
    if time_name is None:
        time_name = next((n for n, c in zip(frame.columns, frame.dtypes, strict=True) if c.is_temporal()), None)
    values = {name: found for name in frame.columns if name != time_name and (found := _quantity(name))}
    if time_name is None or not values:
        missing = "time" if time_name is None else "power or energy"
        raise WattlineError(
            f"{path}: no column is the {missing} (columns: {shorten(', '.join(frame.columns), 120)}); "
            "name them time and power_w or energy_j"
        )
    if not len(frame):
        raise WattlineError(f"{path} holds no rows below its header")
    time, remark = _time(frame[time_name], columns[time_name])
    if not np.isfinite(time).any():
        raise WattlineError(f"{path}: column {time_name!r} holds no time that can be read")
    series = _series(frame, time, values, columns, path)
    return Recording(tuple(series), notes=(remark,) if remark else (), source=str(path))


def _frame(path: Path) -> pl.DataFrame:
    import polars as pl

    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            return table(path)
        file.seek(-min(4, path.stat().st_size), 2)
        if file.read(4) != MAGIC:
            raise WattlineError(f"{path} is not whole Parquet: its end is missing")
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise WattlineError(f"{path} is not whole Parquet: {shorten(str(error), 120)}") from None


def _plain(name: str) -> str:
    """``Power Draw [W]`` -> ``power_draw_w``."""
    return re.sub(r"[^a-z0-9µ]+", "_", name.lower()).strip("_")


def _quantity(name: str) -> tuple[str, float] | None:
    """("power" or "energy", times this gives W or J) of a column by its name."""
    words = _plain(name).split("_")
    if NOT_DRAWN.search(name) or not words[0]:
        return None
    unit = words[-1]
    # capital M before W or J is mega, small m is milli
    mega = re.search(r"\bM(W|J|Wh)\b|_M(W|J)$", name) is not None
    if unit in POWER_UNITS:
        return "power", 1e6 if unit == "mw" and mega else POWER_UNITS[unit]
    if unit in ENERGY_UNITS:
        return "energy", 1e6 if unit == "mj" and mega else ENERGY_UNITS[unit]
    if "power" in words or "watts" in words:
        return "power", 1.0
    return None


def _time(column: pl.Series, plain: str) -> tuple[Array, str]:
    """Seconds since the epoch; seconds since the beginning are taken as seconds since 1970."""
    for suffix, scale in (("_ms", 1e-3), ("_us", 1e-6), ("_ns", 1e-9), ("_s", 1.0)):
        if plain.endswith(suffix) or plain in ("seconds", "elapsed", "t"):
            values = numbers(column)
            if np.isfinite(values).any():
                return values * (1.0 if plain in ("seconds", "elapsed", "t") else scale), ""
    return column_times(column)


def _series(
    frame: pl.DataFrame, time: Array, values: dict[str, tuple[str, float]], columns: dict[str, str], path: Path
) -> list[Series]:
    """Long where a column names the device, else one device a column of watts."""
    who = [name for name, plain in columns.items() if plain in DEVICES and name not in values]
    if who:
        host = next((name for name in who if columns[name] in HOSTS), None)
        part = next((name for name in who if name != host), None)
        hosts = _texts(frame, host, path.stem)
        parts = _texts(frame, part, "node")
        groups: dict[tuple[str, str], list[int]] = {}
        for i, pair in enumerate(zip(hosts, parts, strict=True)):
            groups.setdefault(pair, []).append(i)
        return [
            _one(frame, np.array(rows), time, values, Device(where, what, _kind(what), what))
            for (where, what), rows in groups.items()
        ]
    rows = np.arange(len(frame))
    names = {name: _device_name(columns[name]) for name in values}
    out = []
    for label in dict.fromkeys(names.values()):
        mine = {name: found for name, found in values.items() if names[name] == label}
        out.append(_one(frame, rows, time, mine, Device(path.stem, label or "power", _kind(label), label)))
    return out


def _texts(frame: pl.DataFrame, column: str | None, default: str) -> list[str]:
    """A column as text, or the same word for every row."""
    import polars as pl

    return [default] * len(frame) if column is None else frame[column].cast(pl.String).fill_null("?").to_list()


def _device_name(plain: str) -> str:
    """What is left of a column's name without quantity and unit: ``gpu0_power_w`` is gpu0."""
    words = [word for word in plain.split("_") if word not in QUANTITIES]
    return "_".join(words)


def _kind(label: str) -> str:
    lower = label.lower()
    return next((kind for word, kind in KINDS.items() if word in lower), "other")


def _one(
    frame: pl.DataFrame, rows: NDArray[np.intp], time: Array, values: dict[str, tuple[str, float]], device: Device
) -> Series:
    power = next((numbers(frame[n])[rows] * scale for n, (what, scale) in values.items() if what == "power"), None)
    energy = next((numbers(frame[n])[rows] * scale for n, (what, scale) in values.items() if what == "energy"), None)
    if energy is not None and power is None and _of_each_interval(energy):
        energy = np.nancumsum(energy)
    return Series(device, specs.unknown("file", ", ".join(values)), time[rows], power, energy)


def _of_each_interval(energy: Array) -> bool:
    """Whether a column holds the joules of each interval, and not their running total: it falls as often as not."""
    steps = np.diff(energy[np.isfinite(energy)])
    return len(steps) > 4 and bool((steps < 0).mean() > 0.2)
