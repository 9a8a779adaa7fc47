"""``fleet ingest``: files of readings into a fleet's folder, and joules of what is new; can be cut off anywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.core.result import Json, Result, envelope
from wattline.meter.fleet.intervals import is_made, make
from wattline.meter.fleet.layout import FleetFolder, connect, open_fleet, read_series
from wattline.meter.fleet.stage import StagedFile, stage
from wattline.meter.interpretation import Choices
from wattline.sweep.drive import run_all
from wattline.sweep.pool import open_pool
from wattline.sweep.store import Item, Store

Say = Callable[[str], None]


def _quiet(_: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True, eq=False, repr=False)
class FleetIngest(Result):
    """What was taken into a fleet's folder."""

    folder: FleetFolder
    staged: Sequence[StagedFile]
    partitions: int
    summed: int
    seconds: tuple[float, float]

    def results(self) -> Json:
        """Counts and rates, as plain data."""
        new = sum(each.readings for each in self.staged if not each.known)
        took = sum(self.seconds)
        return {
            "files_given": len(self.staged),
            "files_known_before": sum(each.known for each in self.staged),
            "readings": new,
            "partitions": self.partitions,
            "readings_summed": self.summed,
            "devices": len({device.key for device, _ in read_series(self.folder)}),
            "interval_s": self.folder.interval_s,
            "staging_s": self.seconds[0],
            "summing_s": self.seconds[1],
            "readings_per_s": new / took if took > 0 else None,
        }

    def json(self) -> Json:
        return envelope("fleet ingest", {"folder": str(self.folder.path)}, self.results())


def fleet_ingest(
    files: Sequence[Path | str],
    out: Path | str,
    *,
    interval_s: int | None = None,
    workers: int | None = None,
    choices: Choices | None = None,
    say: Say = _quiet,
) -> FleetIngest:
    """Take files of readings into a fleet's folder, and write joules by device and interval of what is new.

    Parameters
    ----------
    files : recordings of any known format, or Parquet tables of a fleet with columns device, time (a timestamp, or
        seconds since the epoch) and power_w or energy_j (a counter), and perhaps host, kind, name, source
    out : the folder; it is made where it is not there
    interval_s : seconds of an interval, a whole part of an hour [60]
    workers : processes that sum [one a core]
    choices : what is said of the columns of recordings
    say : called with what is being worked on

    Returns
    -------
    What was taken in, and how fast. A file that is there already is not taken again, a reading that two files tell
    counts once, and what a kill cut off is done by the next call. Raises WattlineError for a file that is none.

    Example
    -------
    >>> wl.fleet_ingest(["gpus-2026-03-01.parquet"], "fleet")
    """
    if not files:
        raise WattlineError("fleet: give at least one file of readings")
    if workers is not None and workers < 1:
        raise WattlineError(f"fleet: cores: {workers} must be one or more")
    begin = time.monotonic()
    with connect() as link:
        folder = open_fleet(Path(out), interval_s, make=True)
        numbers, staged = read_series(folder), []
        for i, file in enumerate(files):
            say(f"file {i + 1} of {len(files)}: {Path(file).name}")
            staged.append(stage(link, folder, Path(file), numbers, choices or Choices()))
    middle = time.monotonic()
    wanted = [{"day": day.isoformat(), "bucket": bucket} for day, bucket in _stale(folder)]
    summed = _sum_all(folder, wanted, workers, say)
    return FleetIngest(folder, staged, len(wanted), summed, (middle - begin, time.monotonic() - middle))


def _stale(folder: FleetFolder) -> list[tuple[date, int]]:
    """The partitions whose joules are not those of the readings that lie there now."""
    return [(day, bucket) for day, bucket in folder.partitions(folder.readings) if not is_made(folder, day, bucket)]


def _sum_all(folder: FleetFolder, wanted: Sequence[Item], workers: int | None, say: Say) -> int:
    """Make the joules of these partitions, on as many cores as there are; returns the readings they rest on."""
    if not wanted:
        return 0
    count = 0

    def watch(item: Item, result: Mapping[str, Any]) -> None:
        nonlocal count
        count += 1
        say(f"joules of partition {count} of {len(wanted)}")

    few = workers or (1 if len(wanted) < 3 else None)
    with open_pool(None, sum_partition, folder, few) as pool:
        results = run_all(list(wanted), pool, Store("fleet"), watch)
    return sum(int(result["readings"]) for result in results)


def sum_partition(folder: FleetFolder, item: Item) -> Mapping[str, Any]:
    """Make the joules of one partition.

    Parameters
    ----------
    folder : the fleet's
    item : ``day`` and ``bucket``

    Returns
    -------
    The ``readings`` that they rest on.
    """
    return {"readings": make(folder, date.fromisoformat(item["day"]), int(item["bucket"]))}
