"""A recording's energy shared among jobs or processes: which device a claim means, what idle takes, and the sums."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.range import MeasuredValue
from wattline.core.result import Json, Result, envelope
from wattline.core.units import J_PER_WH
from wattline.meter.clock import iso
from wattline.meter.device import Device
from wattline.meter.energy.meter import sum_of, tracks_of
from wattline.meter.energy.track import Span, Track, within
from wattline.meter.readings.clocks import place
from wattline.meter.readings.order import FaultTimes
from wattline.meter.recording import Recording, Series
from wattline.meter.sharing.idle import Idle, find_idle
from wattline.meter.sharing.processes import ProcessClaims
from wattline.meter.sharing.split import DeviceShares, Workload, split_device

REPORTED = ("spike", "stuck", "reset", "clock")  # faults that a reader of shares should know of


@dataclass(frozen=True, eq=False, repr=False)
class SharedEnergy(Result):
    """The energy of every device of a recording, split, with its error, and what should be known about it."""

    splits: list[DeviceShares]
    idle: list[Idle]
    errors: list[float]  # relative, of each device's energy
    spans: list[tuple[float, float]]
    notes: list[str]
    source: str = ""

    @property
    def total_j(self) -> float:
        return sum(s.total_j for s in self.splits)

    @property
    def idle_j(self) -> float:
        return sum(s.idle_j for s in self.splits)

    @property
    def unknown_j(self) -> float:
        return sum(s.unknown_j for s in self.splits)

    def claims(self) -> dict[str, float]:
        """Joules by name over all devices, the largest first."""
        named: dict[str, float] = {}
        for split in self.splits:
            for name, joules in split.claims_j.items():
                named[name] = named.get(name, 0.0) + joules
        return dict(sorted(named.items(), key=lambda item: -item[1]))

    @property
    def energy_wh(self) -> MeasuredValue:
        """All devices together, within their errors."""
        return _within(self.total_j, sum(s.total_j * e for s, e in zip(self.splits, self.errors, strict=True)))

    def figures(self) -> dict[str, MeasuredValue]:
        return {"energy_wh": self.energy_wh}

    def json(self) -> Json:
        total = self.total_j
        claims = [
            {
                "name": name,
                "energy_wh": joules / J_PER_WH,
                "share": joules / total if total else 0.0,
                "devices_wh": {s.device: s.claims_j[name] / J_PER_WH for s in self.splits if name in s.claims_j},
            }
            for name, joules in self.claims().items()
        ]
        devices = [
            {
                "device": s.device, "energy_wh": _within(s.total_j, s.total_j * e).json(), "begin": iso(span[0]),
                "end": iso(span[1]), "idle_wh": s.idle_j / J_PER_WH, "unknown_wh": s.unknown_j / J_PER_WH,
                "idle_w": None if i.basis == "unknown" else i.power_w, "idle_basis": i.basis,
            }
            for s, i, e, span in zip(self.splits, self.idle, self.errors, self.spans, strict=True)
        ]  # fmt: skip
        results = {
            "energy_wh": self.energy_wh.json(),
            "idle_wh": self.idle_j / J_PER_WH,
            "unknown_wh": self.unknown_j / J_PER_WH,
            "claims": claims,
            "devices": devices,
        }
        return envelope("meter share", {"recording": self.source}, results, notes=self.notes)


def _within(joules: float, error_j: float) -> MeasuredValue:
    return MeasuredValue(joules / J_PER_WH, max(joules - error_j, 0.0) / J_PER_WH, (joules + error_j) / J_PER_WH)


class SharedDevice(NamedTuple):
    """A device whose energy is shared: its track, the stretches that were read, and its number on its host."""

    track: Track
    seen: list[Span]
    number: str

    @property
    def key(self) -> str:
        return self.track.device.key

    @property
    def span(self) -> Span:
        return self.seen[0][0], self.seen[-1][1]


def shared_series(recording: Recording) -> list[Series]:
    """The series of devices that can be shared: not those inside another device of the recording; GPUs alone, where
    there are any."""
    keys = {s.device.key for s in recording.series}
    outer = [s for s in recording.series if not s.device.inside or s.device.inside not in keys]
    return [s for s in outer if s.device.kind in ("gpu", "mig")] or outer


def share_jobs(
    recording: Recording, jobs: Sequence[Workload], idle_w: float | None = None, as_read: bool = False
) -> SharedEnergy:
    """Jobs' energies; where none ran a device's energy is idle.

    Parameters
    ----------
    recording, jobs : with readings; with devices and times
    idle_w : power of a device that idles; worked out where None [W]
    as_read : without the correction for how sensors err

    Returns joules by job, with what is idle. Raises WattlineError where none ran on a device within its time, and where
    a job had some of the GPUs and the file does not say which.
    """
    notes = list(recording.notes)
    devices = _devices(recording, as_read, notes)
    mine: list[list[Workload]] = [[] for _ in devices]
    for job in jobs:
        on = [i for i, each in enumerate(devices) if means(job, each.track.device, each.number)]
        if not job.devices and job.count and job.count != len(on):
            raise WattlineError(
                f"job {shorten(job.name)} had {job.count} of {len(on)} GPUs and the file does not say which; "
                "give the output of scontrol show job -d, or a CSV with gpus"
            )
        if not on:
            notes.append(f"job {job.name}: none of its devices is in the recording")
        for i in on:
            if job.begin_s < devices[i].span[1] and job.end_s > devices[i].span[0]:
                mine[i].append(job)
    if not any(mine):
        raise WattlineError(f"no job ran on a device of the recording within its time; {_check(devices)}")
    return _split(devices, mine, [None] * len(devices), idle_w, notes, recording.source)


def share_processes(
    recording: Recording, samples: Sequence[ProcessClaims], idle_w: float | None = None, as_read: bool = False
) -> SharedEnergy:
    """Processes' energies; times without samples are nobody's, and a sampled time in which none used it is idle.

    Parameters
    ----------
    recording, samples : with readings; of what ran on each GPU
    idle_w : power of a device that idles; worked out where None [W]
    as_read : without the correction for how sensors err

    Returns joules by process, with what is idle. Raises WattlineError where no sample falls on a device in its time.
    """
    notes = list(recording.notes)
    devices = _devices(recording, as_read, notes)
    mine: list[list[Workload]] = [[] for _ in devices]
    known: list[tuple[Array, Array] | None] = [(np.empty(0), np.empty(0)) for _ in devices]
    met = False
    for gpu in samples:
        probe = Workload("", 0.0, 0.0, (gpu.gpu,) if gpu.gpu else (), (gpu.host,) if gpu.host else ())
        for i, device in enumerate(devices):
            if not means(probe, device.track.device, device.number):
                continue
            mine[i] += gpu.claims
            begin, end = known[i] or (np.empty(0), np.empty(0))
            known[i] = (np.concatenate([begin, gpu.begin_s]), np.concatenate([end, gpu.end_s]))
            met = met or bool((gpu.begin_s < device.span[1]).any() and (gpu.end_s > device.span[0]).any())
    if not met:
        raise WattlineError(f"no sample falls on a device of the recording within its time; {_check(devices)}")
    return _split(devices, mine, known, idle_w, notes, recording.source)


def _check(devices: Sequence[SharedDevice]) -> str:
    """What a user should compare: the devices and the time of the recording."""
    keys = [device.key for device in devices]
    first, last = min(device.span[0] for device in devices), max(device.span[1] for device in devices)
    begin, end = (datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for t in (first, last))
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"it holds {', '.join(keys[:3])}{more}, {begin} to {end}; check GPUs, hosts (--host) and zone (--tz)"


def _devices(recording: Recording, as_read: bool, notes: list[str]) -> list[SharedDevice]:
    """Every device's track, on one clock; what cannot be used, and what was wrong or corrected, is noted."""
    kept, left, faults = place(shared_series(recording), recording.run)
    notes += [f"{fault.device}: {fault.done}" for fault in faults]
    tracks, flaws, remarks = tracks_of(kept, as_read=as_read)
    good = {key: track for key, track in tracks.items() if track.end_s > track.begin_s}
    why = "no device whose energy could be shared"
    for key in dict.fromkeys([s.device.key for s in (*kept, *left) if s.device.key not in good]):
        why = f"{key}: fewer than two readings; an energy needs two"
        notes.append(f"left out: {why}")
    if not good:
        raise WattlineError(f"{recording.source or 'recording'}: {why}")
    _tell(good, flaws, remarks, notes)
    extent = min(track.begin_s for track in good.values()), max(track.end_s for track in good.values())
    indices = numbers_on_host([track.device for track in good.values()])
    seen = [within(track.spans(), *extent) for track in good.values()]
    return [SharedDevice(*each) for each in zip(good.values(), seen, indices, strict=True)]


def _tell(
    tracks: Mapping[str, Track],
    flaws: Mapping[str, list[FaultTimes]],
    remarks: Mapping[str, list[str]],
    notes: list[str],
) -> None:
    """Notes on how sensors were corrected and on readings that were not taken as they stand, alike ones as one."""
    alike: dict[str, list[str]] = {}
    for key in tracks:
        for each in flaws[key]:
            if each.kind in REPORTED:
                alike.setdefault(f"{each.kind}: {each.done}", []).append(key)
        for remark in remarks[key]:
            alike.setdefault(remark, []).append(key)
    for note, keys in alike.items():
        notes.append(f"{keys[0] if len(keys) == 1 else f'{len(keys)} devices'}: {note}")


def _split(
    devices: list[SharedDevice],
    claims: list[list[Workload]],
    known: list[tuple[Array, Array] | None],
    idle_w: float | None,
    notes: list[str],
    source: str,
) -> SharedEnergy:
    shared = SharedEnergy([], [], [], [], notes, source)
    for device, mine, alike in zip(devices, claims, known, strict=True):
        idle = Idle(idle_w, "given") if idle_w is not None else find_idle(device.track, mine)
        shared.splits.append(split_device(device.track, mine, idle.power_w, alike, device.seen))
        shared.idle.append(idle)
        used = sum_of(device.track.energy(*span) for span in device.seen)
        shared.errors.append(max(used.below_j, used.above_j) / used.value_j if used.value_j > 0 else 0.0)
        shared.spans.append(device.span)
    return shared


def numbers_on_host(devices: Sequence[Device]) -> list[str]:
    """Each device's index on its host: as it is named (``gpu3``), else its order in the recording."""
    count: dict[str, int] = {}
    indices = []
    for device in devices:
        named = re.fullmatch(r"(?:gpu|nvidia|cuda:?)?(\d+)", device.uuid.lower())
        order = count.get(device.host, 0)
        count[device.host] = order + 1
        indices.append(named[1] if named else str(order))
    return indices


def means(claim: Workload, device: Device, number: str) -> bool:
    """Whether a claim names this device, which has this number on its host.

    Parameters
    ----------
    claim, device, number : of a job; of the recording; that of the device on its host

    Returns True where it does.
    """
    host = short_host(device.host)
    if claim.hosts and host and host not in {short_host(h) for h in claim.hosts}:
        return False
    if not claim.devices:
        return True
    names = {device.key.lower(), device.uuid.lower(), number}
    return any(d.lower() in names for d in claim.devices)


def short_host(host: str) -> str:
    """A host's first label, without domain or port; of an address all but the port."""
    name = host.lower().partition(":")[0] if host.count(":") == 1 else host.lower()
    return name if name.replace(".", "").isdigit() else name.partition(".")[0]
