"""Where a fleet's telemetry lies: partitioned Parquet that DuckDB sums here and a cluster's engine there.

``series.parquet``: one row a sensor; ``readings/date=…/bucket=…/``: what was read; ``energy/date=…/bucket=…/``: joules
by device and interval; ``sources/``: what was taken in. Dates are UTC; a bucket holds 50 devices.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.files import write_text, write_whole
from wattline.meter.device import Device
from wattline.meter.energy.track import outer
from wattline.meter.sensor import Spec

if TYPE_CHECKING:
    import polars as pl

LAYOUT = 1
BUCKET = 50  # devices whose readings of a day lie in one file
HOUR_S, DAY_S = 3600, 86_400
INTERVAL_S = 60
MICRO = 1_000_000
TEXTS = ("host", "uuid", "kind", "name", "inside", "source", "note")
NUMBERS = ("window_s", "period_s", "wrap_j", "error")
SeriesKey = tuple[Device, Spec]


@dataclass(frozen=True)
class FleetFolder:
    """A fleet's folder. ``interval_s``: seconds of the intervals whose joules it holds, a whole part of an hour."""

    path: Path
    interval_s: int = INTERVAL_S

    @property
    def readings(self) -> Path:
        return self.path / "readings"

    @property
    def energy(self) -> Path:
        return self.path / "energy"

    @property
    def sources(self) -> Path:
        return self.path / "sources"

    @property
    def series(self) -> Path:
        return self.path / "series.parquet"

    def files(self, of: Path, day: date, bucket: int) -> list[Path]:
        """The files of a partition, in order of their names.

        Parameters
        ----------
        of : the folder of all partitions of one kind
        day : UTC
        bucket : of devices

        Returns paths.
        """
        return sorted(partition(of, day, bucket).glob("*.parquet"))

    def partitions(self, of: Path) -> list[tuple[date, int]]:
        """Every day and bucket that has files, in order."""
        folders = {path.parent for path in of.glob("date=*/bucket=*/*.parquet")}
        return sorted((_day(folder.parent), int(folder.name.removeprefix("bucket="))) for folder in folders)

    def days(self) -> list[date]:
        """Every day that has joules, in order."""
        return sorted({day for day, _ in self.partitions(self.energy)})


def partition(of: Path, day: date, bucket: int) -> Path:
    """The folder of a day and bucket.

    Parameters
    ----------
    of : the folder of all partitions of one kind
    day : UTC
    bucket : of devices

    Returns the folder.
    """
    return of / f"date={day.isoformat()}" / f"bucket={bucket}"


def _day(folder: Path) -> date:
    return date.fromisoformat(folder.name.removeprefix("date="))


def day_of(at_s: float) -> date:
    """The day (UTC) of an instant (s since the epoch)."""
    return datetime.fromtimestamp(at_s, UTC).date()


def begin_of(day: date) -> int:
    """When a day begins (s since the epoch, UTC)."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def around(day: date) -> tuple[date, date, date]:
    """The day before, the day, and the day after."""
    return day - timedelta(1), day, day + timedelta(1)


def open_fleet(path: Path, interval_s: int | None = None, *, make: bool = False) -> FleetFolder:
    """A fleet's folder.

    Parameters
    ----------
    path : of the folder
    interval_s : seconds of an interval, a whole part of an hour; None for that of the folder, or 60
    make : whether one that is not there is begun

    Returns
    -------
    The folder. Raises WattlineError where it is none, or of other intervals.
    """
    mark = path / "fleet.json"
    try:
        marked = json.loads(mark.read_text("utf-8"))
        folder = FleetFolder(path, int(marked["interval_s"]))
        layout = marked["layout"]
    except FileNotFoundError:
        return _begin(path, INTERVAL_S if interval_s is None else interval_s, make)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WattlineError(f"{shorten(str(mark), 200)} is no mark of a fleet: {shorten(str(error), 100)}") from None
    if layout != LAYOUT:
        raise WattlineError(
            f"{path} has layout {layout} and this Wattline reads {LAYOUT}: take the version that made it"
        )
    if interval_s not in (None, folder.interval_s):
        raise WattlineError(
            f"{path} holds intervals of {folder.interval_s} s, not of {interval_s} s: leave --step out, "
            "or take another folder"
        )
    return folder


def _begin(path: Path, interval_s: int, make: bool) -> FleetFolder:
    if not make:
        raise WattlineError(f"{path} holds no fleet: `wattline fleet ingest FILES --out {path}` makes one")
    if interval_s < 1 or HOUR_S % interval_s:
        raise WattlineError(f"interval: {interval_s} s is no whole part of an hour; take 1, 10, 60 or 300 s, say")
    if path.is_dir() and any(path.iterdir()):
        raise WattlineError(f"{path} is a folder with other files in it: give an empty one, or a name that is free")
    write_text(path / "fleet.json", json.dumps({"layout": LAYOUT, "interval_s": interval_s}) + "\n")
    return FleetFolder(path, interval_s)


def read_series(folder: FleetFolder) -> dict[SeriesKey, int]:
    """Every series of the fleet with its number."""
    import polars as pl

    if not folder.series.exists():
        return {}
    out = {}
    for row in pl.read_parquet(folder.series).iter_rows(named=True):
        device = Device(row["host"], row["uuid"], row["kind"], row["name"], row["inside"])
        wrap_j = np.inf if row["wrap_j"] is None else row["wrap_j"]
        numbers = (row["window_s"], row["period_s"], wrap_j, row["error"])
        out[device, Spec(row["source"], *numbers, bool(row["modelled"]), row["note"])] = int(row["series"])
    return out


def write_series(folder: FleetFolder, numbers: Mapping[SeriesKey, int]) -> None:
    """Write every series with its number; devices are numbered too, and those that a sum takes are marked.

    Parameters
    ----------
    folder : of the fleet, whose table of series is written anew
    numbers : number of each series; a number once given stays
    """
    import polars as pl

    devices = list(dict.fromkeys(device for device, _ in numbers))
    first: dict[str, int] = {}
    for (device, _), number in numbers.items():  # a device bears the number of its first series
        first.setdefault(device.key, number)
    holder = outer(devices)
    switches_alone = all(device.kind == "switch" for device in devices)
    rows = [
        {"series": number, "device": first[device.key], "key": device.key}
        | {name: getattr(device if hasattr(device, name) else spec, name) for name in TEXTS}
        | {name: getattr(spec, name) if np.isfinite(getattr(spec, name)) else None for name in NUMBERS}
        | {
            "modelled": spec.modelled,
            "counted": not holder[device.key] and (device.kind != "switch" or switches_alone),
        }
        for (device, spec), number in numbers.items()
    ]
    kinds = {"series": pl.Int32, "device": pl.Int32, "key": pl.String}
    kinds |= dict.fromkeys(TEXTS, pl.String) | dict.fromkeys(NUMBERS, pl.Float64)
    frame = pl.DataFrame(rows, schema=kinds | {"modelled": pl.Boolean, "counted": pl.Boolean})
    write_whole(folder.series, lambda name: frame.write_parquet(name))


def device_numbers(numbers: Mapping[SeriesKey, int]) -> dict[str, int]:
    """The number of each device by its key.

    Parameters
    ----------
    numbers : number of each series, as ``read_series`` has them

    Returns
    -------
    For each key of a device the number of its first series.
    """
    first: dict[str, int] = {}
    for (device, _), number in numbers.items():
        first.setdefault(device.key, number)
    return first


def connect(memory: str = "2GB", threads: int | None = None) -> Any:
    """A DuckDB of its own, in memory, that spills to the folder for temporary files.

    Parameters
    ----------
    memory : the most that it holds, such as ``2GB``
    threads : number of threads; None for one a core

    Returns
    -------
    The connection, in UTC.

    Raises
    ------
    WattlineError : DuckDB is not installed
    """
    try:
        import duckdb
    except ImportError:
        raise WattlineError("fleet: DuckDB is not installed: pip install 'wattline[fleet]'") from None
    import tempfile

    link = duckdb.connect(config={"memory_limit": memory, "temp_directory": tempfile.gettempdir()})
    link.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false; SET enable_progress_bar = false")
    if threads is not None:
        link.execute(f"SET threads = {threads}")
    return link


def paths_sql(paths: list[Path]) -> str:
    """Files as a list in SQL."""
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"


def energy_by_day(folder: FleetFolder) -> Iterator[tuple[date, list[Path]]]:
    """The files of joules, a day at a time, so that memory stays flat however many days there are."""
    days: dict[date, list[Path]] = {}
    for day, bucket in folder.partitions(folder.energy):
        days.setdefault(day, []).extend(folder.files(folder.energy, day, bucket))
    yield from days.items()


def bucket_of(device: int) -> int:
    """The bucket of a device by its number: all its series lie in it."""
    return device // BUCKET


def frame_of(columns: Mapping[str, Any]) -> pl.DataFrame:
    """Arrays of one length as a table."""
    import polars as pl

    return pl.DataFrame(dict(columns))
