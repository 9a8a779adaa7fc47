"""``fleet report``: energy of a fleet by job, user, model and hour, its idle waste, and what caps would save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.fact import Fact
from wattline.core.range import MeasuredValue
from wattline.core.result import Json, Result, envelope
from wattline.core.units import J_PER_WH
from wattline.meter.clock import iso
from wattline.meter.device import Device
from wattline.meter.fleet.claims import Cells, cells_of
from wattline.meter.fleet.layout import MICRO, FleetFolder, connect, device_numbers, open_fleet, read_series
from wattline.meter.fleet.savings import Levels, cap_savings, idle_waste
from wattline.meter.fleet.sums import GROUPS, OF_JOBS, FleetSum, FleetSums, fleet_sums, level_arrays
from wattline.meter.sharing.jobs import read_jobs

DRAWS = 200


@dataclass(frozen=True, eq=False, repr=False)
class FleetReport(Result):
    """Energy of a fleet.

    ``rows``: by the keys of ``inputs["by"]``; ``idle`` and ``caps``: None where they were not asked for.
    """

    inputs: Json
    sums: FleetSums
    devices: int
    interval_s: int
    idle: Json | None
    caps: list[Json] | None
    facts: tuple[Fact, ...]
    notes: tuple[str, ...]

    @property
    def energy_wh(self) -> MeasuredValue:
        """All devices together, within their error."""
        return _measured(self.sums.total)

    def figures(self) -> dict[str, MeasuredValue]:
        return {"energy_wh": self.energy_wh}

    def rows(self) -> list[Json]:
        """Energy by the keys, the largest first; by hour or day alone in order of time."""
        by = self.inputs["by"]
        in_time = by and set(by) <= {"hour", "day"}
        order = sorted(self.sums.groups.items(), key=lambda item: item[0] if in_time else -item[1].energy_j)
        return [
            {"keys": dict(zip(by, keys, strict=True)), "energy_wh": _measured(part).json(), "device_s": part.seen_s}
            for keys, part in order
        ]

    def results(self) -> Json:
        """Everything, as plain data."""
        first, last = self.sums.first_us / MICRO, self.sums.last_us / MICRO + self.interval_s
        return {
            "begin": iso(first), "end": iso(last), "energy_wh": self.energy_wh.json(),
            "mean_w": self.sums.total.energy_j / self.sums.total.seen_s * self.devices if self.devices else None,
            "device_s": self.sums.total.seen_s, "devices": self.devices, "intervals": self.sums.rows,
            "interval_s": self.interval_s, "rows": self.rows(), "idle": self.idle, "caps": self.caps,
        }  # fmt: skip

    def json(self) -> Json:
        return envelope("fleet report", self.inputs, self.results(), facts=self.facts, notes=self.notes)


def fleet_report(
    folder: Path | str,
    by: Sequence[str] = (),
    *,
    jobs: Path | str | None = None,
    idle: bool = False,
    caps: bool = False,
    zone: tzinfo = UTC,
    memory: str = "2GB",
) -> FleetReport:
    """Energy of a fleet by what is asked for.

    Parameters
    ----------
    folder : that ``fleet_ingest`` wrote
    by : some of job, user, model, hour, day, host, device
    jobs : what ran: a CSV (name, begin, end, gpus, host, user, model), ``sacct -P``, ``scontrol show job -d`` or
        Prometheus JSON
    idle : whether idle waste is wanted
    caps : whether it is wanted what power caps would save
    zone : of times of jobs that state none
    memory : that DuckDB may use; more spills to disk

    Returns
    -------
    The energies. A job that begins inside an interval has its share of it by time, and its range has what that
    leaves open. Raises WattlineError where the folder holds no fleet, or no job is of it.

    Example
    -------
    >>> wl.fleet_report("fleet", by=["user", "hour"], jobs="jobs.csv")
    """
    keys = _keys(by, jobs is not None)
    with connect(memory) as link:
        fleet = open_fleet(Path(folder))
        devices = _devices(fleet)
        cells = None if jobs is None else cells_of(devices, read_jobs(jobs, zone))
        sums = fleet_sums(link, fleet, keys, cells, idle or caps)
    draws = Draws(DRAWS)
    levels = Levels(**level_arrays(sums)) if idle or caps else None
    waste = idle_waste(levels, devices, draws, cells is not None) if levels is not None and idle else None
    capped = cap_savings(levels, devices, draws) if levels is not None and caps else None
    inputs = {"folder": str(folder), "by": keys, "jobs": None if jobs is None else str(jobs), "draws": DRAWS}
    notes = _notes(cells, devices, waste, capped)
    return FleetReport(inputs, sums, len(devices), fleet.interval_s, waste, capped, tuple(draws.used.values()), notes)


def _keys(by: Sequence[str], jobs: bool) -> list[str]:
    keys = list(dict.fromkeys(by))
    for key in keys:
        if key not in GROUPS:
            near = nearest_names(key, GROUPS)
            shown = f"; nearest: {', '.join(near)}" if near else ""
            raise WattlineError(f"by: {shorten(key)!r} is none of {', '.join(GROUPS)}{shown}")
        if key in OF_JOBS and not jobs:
            raise WattlineError(f"by: {key} needs --jobs FILE, which says what ran where and when")
    return keys


def _devices(fleet: FleetFolder) -> list[tuple[Device, int]]:
    """The devices that a sum takes, with their numbers."""
    import polars as pl

    series = read_series(fleet)
    if not series:
        raise WattlineError(f"{fleet.path} holds no devices yet: `wattline fleet ingest FILES --out {fleet.path}`")
    counted = set(pl.read_parquet(fleet.series).filter("counted")["key"].to_list())
    first: dict[str, Device] = {}
    for device, _ in series:
        first.setdefault(device.key, device)
    return [(first[key], number) for key, number in device_numbers(series).items() if key in counted]


def _notes(
    cells: Cells | None, devices: Sequence[Any], waste: Json | None, capped: list[Json] | None
) -> tuple[str, ...]:
    out = []
    if cells is not None and cells.unmatched:
        count = len(cells.unmatched)
        out.append(f"{count} job{'s' if count > 1 else ''} of no device of the fleet, such as {cells.unmatched[0]}")
    if waste is not None and (unknown := waste["devices_without_idle_power"]):
        out.append(f"idle power not known of {unknown} of {len(devices)} devices: none of their time counts as idle")
    if capped is not None and not capped:
        out.append("no device is of a chip of the catalog: what caps would save is not known")
    if capped:
        out.append("caps: by the mean power of each interval, and the chip's curve; what swings inside it is not seen")
    return tuple(out)


def _measured(part: FleetSum) -> MeasuredValue:
    low = max(0.0, part.energy_j - part.below_j)
    return MeasuredValue(part.energy_j / J_PER_WH, low / J_PER_WH, (part.energy_j + part.above_j) / J_PER_WH)
