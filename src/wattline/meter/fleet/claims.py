"""Which job had which device when: each device's time cut into cells in which the same jobs hold it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.fleet.layout import MICRO
from wattline.meter.sharing.share import means, numbers_on_host, short_host
from wattline.meter.sharing.split import Workload

ALWAYS_US = 1 << 61  # an end that never comes
Cell = tuple[int, int, int, int]  # number, device, begin and end (µs)
Holding = tuple[int, int, float]  # a cell, a job in it, and the job's share of it


@dataclass(frozen=True, eq=False)
class Cells:
    """Stretches of a device's time in which the same jobs hold it, and each job's share; one without a job is nobody's.

    ``unmatched``: names of jobs that no device of the fleet is of.
    """

    jobs: Sequence[Workload]
    cells: Sequence[Cell]
    holdings: Sequence[Holding]
    unmatched: Sequence[str] = ()

    def columns(self) -> dict[str, Array]:
        """The cells as columns of integers."""
        table = np.array(self.cells, np.int64).reshape(-1, 4).T
        return dict(zip(("cell", "device", "begin_us", "end_us"), table, strict=True))

    def shares(self) -> dict[str, Array]:
        """Who holds the cells: cell, job (its place in ``jobs``) and share."""
        cell, job, share = zip(*self.holdings, strict=True) if self.holdings else ((), (), ())
        return {"cell": np.array(cell, np.int64), "job": np.array(job, np.int64), "share": np.array(share, float)}


def cells_of(devices: Sequence[tuple[Device, int]], jobs: Sequence[Workload]) -> Cells:
    """The time of devices cut where jobs begin and end.

    Parameters
    ----------
    devices : devices of the fleet with their numbers
    jobs : what ran; jobs that hold a device together share it by their weights

    Returns
    -------
    The cells. Raises WattlineError where no job is of a device of the fleet.
    """
    on_device, unmatched = _matched(devices, jobs)
    if not on_device:
        names = ", ".join(device.key for device, _ in devices[:3])
        raise WattlineError(
            f"no job names a device of the fleet ({shorten(names, 120)} …); check the names of GPUs and hosts"
        )
    cells: list[Cell] = []
    holdings: list[Holding] = []
    for _, number in devices:
        _cut(number, jobs, on_device.get(number, []), cells, holdings)
    return Cells(jobs, cells, holdings, unmatched)


def _matched(devices: Sequence[tuple[Device, int]], jobs: Sequence[Workload]) -> tuple[dict[int, list[int]], list[str]]:
    """The jobs of each device, and the names of those that are of none."""
    hosts: dict[str, list[tuple[Device, int, str]]] = defaultdict(list)
    on_host = numbers_on_host([device for device, _ in devices])
    for (device, number), place in zip(devices, on_host, strict=True):
        hosts[short_host(device.host)].append((device, number, place))
    every = [each for several in hosts.values() for each in several]
    out: dict[int, list[int]] = defaultdict(list)
    unmatched = []
    for i, job in enumerate(jobs):
        wanted = {short_host(host) for host in job.hosts} | {""}  # devices of no host may be of any
        near = [each for host in wanted for each in hosts.get(host, ())] if job.hosts else every
        mine = [number for device, number, place in near if means(job, device, place)]
        if job.count and not job.devices and job.count != len(mine):
            raise WattlineError(
                f"job {shorten(job.name)} had {job.count} of {len(mine)} GPUs and the file does not say which; "
                "give the output of scontrol show job -d, or a CSV with gpus"
            )
        for number in mine:
            out[number].append(i)
        if not mine:
            unmatched.append(job.name)
    return out, unmatched


def _cut(
    device: int, jobs: Sequence[Workload], mine: Sequence[int], cells: list[Cell], holdings: list[Holding]
) -> None:
    """The cells of one device, one after the other from the beginning of time to its end."""
    events: list[tuple[int, int, int]] = []
    for i in mine:
        begin, end = _micro(jobs[i].begin_s), _micro(jobs[i].end_s)
        if end > begin and jobs[i].weight > 0:
            events += [(begin, 1, i), (end, 0, i)]
    holders: set[int] = set()
    at = -ALWAYS_US
    for when, begins, i in sorted(events):
        if when > at:
            _close(device, (at, when), [(jobs[j].weight, j) for j in sorted(holders)], cells, holdings)
            at = when
        holders.add(i) if begins else holders.discard(i)
    _close(device, (at, ALWAYS_US), [(jobs[j].weight, j) for j in sorted(holders)], cells, holdings)


def _close(
    device: int,
    span_us: tuple[int, int],
    holders: Sequence[tuple[float, int]],
    cells: list[Cell],
    holdings: list[Holding],
) -> None:
    number, total = len(cells), sum(weight for weight, _ in holders)
    cells.append((number, device, *span_us))
    holdings += [(number, job, weight / total) for weight, job in holders]


def _micro(at_s: float) -> int:
    return ALWAYS_US if at_s == np.inf else round(at_s * MICRO)
