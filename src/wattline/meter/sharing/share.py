"""A recording's energy shared among jobs or processes: which device a claim means, what idle takes, and the sums."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from wattline import catalog
from wattline.core.errors import NotFound, WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.gpu_sensor.correct import Corrected, correct, energy_of
from wattline.meter.recording import Recording, Series
from wattline.meter.sharing.processes import Used
from wattline.meter.sharing.split import Claim, Split, split_device

QUIET_S = 5.0  # so long must nothing have run for the idle power to be read from the recording
LOWEST = 0.01  # else: the power that this share of the time does not exceed,
WELL_BELOW = 0.5  # where that lies so far below the power at work that it can be idle


@dataclass(frozen=True, eq=False)
class Idle:
    """A device's idle power and how it is known."""

    power_w: float
    basis: str  # given, measured, catalog, lowest; unknown: nothing tells, and none is taken off


@dataclass(frozen=True, eq=False)
class Shared:
    """The energy of every device of a recording, split, with its error, and what should be known about it."""

    splits: list[Split]
    idle: list[Idle]
    errors: list[float]  # relative, of each device's energy
    spans: list[tuple[float, float]]
    notes: list[str]

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

    def json(self) -> dict[str, Any]:
        """All of it as plain data."""
        total = self.total_j
        return {
            "command": "meter share",
            "energy_j": total,
            "energy_wh": total / 3600,
            "idle_j": self.idle_j,
            "unknown_j": self.unknown_j,
            "claims": [
                {
                    "name": name,
                    "energy_j": joules,
                    "energy_wh": joules / 3600,
                    "share": joules / total if total else 0.0,
                    "devices": {s.device: s.claims_j[name] for s in self.splits if name in s.claims_j},
                }
                for name, joules in self.claims().items()
            ],
            "devices": [
                {
                    "device": s.device, "energy_j": s.total_j, "error": e, "begin_s": span[0], "end_s": span[1],
                    "idle_j": s.idle_j, "unknown_j": s.unknown_j,
                    "idle_w": None if i.basis == "unknown" else i.power_w, "idle_basis": i.basis,
                }
                for s, i, e, span in zip(self.splits, self.idle, self.errors, self.spans, strict=True)
            ],
            "notes": self.notes,
        }  # fmt: skip


def outer_series(recording: Recording) -> list[Series]:
    """One series a device that can be shared: not those inside another device of the recording; GPUs alone, where
    there are any."""
    keys = {s.device.key for s in recording.series}
    outer = [s for s in recording.series if not s.device.inside or s.device.inside not in keys]
    gpus = [s for s in outer if s.device.kind in ("gpu", "mig")]
    best: dict[str, Series] = {}
    for series in gpus or outer:
        # of several fields of one card the counter, else the one that is quickest
        rank = (series.energy_j is None, series.spec.window_s)
        known = best.get(series.device.key)
        if known is None or rank < (known.energy_j is None, known.spec.window_s):
            best[series.device.key] = series
    return list(best.values())


def share_jobs(
    recording: Recording, jobs: Sequence[Claim], idle_w: float | None = None, as_read: bool = False
) -> Shared:
    """Jobs' energies; where none ran a device's energy is idle."""
    notes = list(recording.notes)
    series = _ready(recording, as_read, notes)
    where = _indices([c.series for c in series])
    mine: list[list[Claim]] = [[] for _ in series]
    for job in jobs:
        on = [i for i, c in enumerate(series) if _means(job, c.series, where[i])]
        if not job.devices and job.count and job.count != len(on):
            raise WattlineError(
                f"job {shorten(job.name)} had {job.count} of {len(on)} GPUs and the file does not say which; "
                "give the output of scontrol show job -d, or a CSV with gpus"
            )
        if not on:
            notes.append(f"job {job.name}: none of its devices is in the recording")
        for i in on:
            if job.begin_s < series[i].series.time_s[-1] and job.end_s > series[i].series.time_s[0]:
                mine[i].append(job)
    if not any(mine):
        raise WattlineError(f"no job ran on a device of the recording within its time; {_check(series)}")
    return _split(series, mine, [None] * len(series), idle_w, notes)


def share_processes(
    recording: Recording, samples: Sequence[Used], idle_w: float | None = None, as_read: bool = False
) -> Shared:
    """Processes' energies; times without samples are nobody's, and a sampled time in which none used it is idle."""
    notes = list(recording.notes)
    series = _ready(recording, as_read, notes)
    where = _indices([c.series for c in series])
    mine: list[list[Claim]] = [[] for _ in series]
    known: list[tuple[Array, Array] | None] = [(np.empty(0), np.empty(0)) for _ in series]
    met = False
    for gpu in samples:
        probe = Claim("", 0.0, 0.0, (gpu.gpu,) if gpu.gpu else (), (gpu.host,) if gpu.host else ())
        for i, c in enumerate(series):
            if not _means(probe, c.series, where[i]):
                continue
            mine[i] += gpu.claims
            begin, end = known[i] or (np.empty(0), np.empty(0))
            known[i] = (np.concatenate([begin, gpu.begin_s]), np.concatenate([end, gpu.end_s]))
            met = met or bool((gpu.begin_s < c.series.time_s[-1]).any() and (gpu.end_s > c.series.time_s[0]).any())
    if not met:
        raise WattlineError(f"no sample falls on a device of the recording within its time; {_check(series)}")
    return _split(series, mine, known, idle_w, notes)


def on_host(recording: Recording, host: str) -> Recording:
    """The recording of one machine with that machine's name, where the file did not tell it."""
    hosts = {s.device.host for s in recording.series}
    if len(hosts) > 1:
        raise WattlineError(f"--host {shorten(host)} cannot name {len(hosts)} machines; the recording tells them apart")
    return replace(recording, series=[replace(s, device=replace(s.device, host=host)) for s in recording.series])


def _check(series: Sequence[Corrected]) -> str:
    """What a user should compare: the devices and the time of the recording."""
    keys = [c.series.device.key for c in series]
    first, last = min(c.series.time_s[0] for c in series), max(c.series.time_s[-1] for c in series)
    begin, end = (datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for t in (first, last))
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"it holds {', '.join(keys[:3])}{more}, {begin} to {end}; check GPUs, hosts (--host) and zone (--tz)"


def _ready(recording: Recording, as_read: bool, notes: list[str]) -> list[Corrected]:
    """Every device's series corrected; what cannot be used is noted."""
    done: list[Corrected] = []
    why = "no device whose energy could be shared"
    for series in outer_series(recording):
        try:
            done.append(correct(series))
        except WattlineError as error:  # one that said nothing does not keep the others from being shared
            why = str(error)
            notes.append(f"left out: {error}")
    if not done:
        raise WattlineError(f"{recording.source or 'recording'}: {why}")
    return [Corrected(c.raw, c.raw, c.model, c.gain, c.seen) for c in done] if as_read else done


def _split(
    series: list[Corrected],
    claims: list[list[Claim]],
    known: list[tuple[Array, Array] | None],
    idle_w: float | None,
    notes: list[str],
) -> Shared:
    shared = Shared([], [], [], [], notes)
    said: dict[str, list[str]] = {}
    for one, mine, told in zip(series, claims, known, strict=True):
        begin, end = float(one.series.time_s[0]), float(one.series.time_s[-1])
        idle = Idle(idle_w, "given") if idle_w is not None else find_idle(one.series, mine)
        shared.splits.append(split_device(one.series, mine, idle.power_w, told))
        shared.idle.append(idle)
        shared.errors.append(energy_of(one, begin, end).error)
        shared.spans.append((begin, end))
        for note in one.notes:
            said.setdefault(note, []).append(one.series.device.key)
    for note, keys in said.items():
        notes.append(f"{keys[0] if len(keys) == 1 else f'{len(keys)} devices'}: {note}")
    return shared


def find_idle(series: Series, claims: Sequence[Claim]) -> Idle:
    """Idle power of a device: read while none of the claims ran, else the catalog's of the card, else the lowest read
    where it lies well below the rest. Where nothing tells, 0: what ran then bears all that was taken while it ran."""
    at, power = _powers(series)
    begin = np.sort([c.begin_s for c in claims if c.weight > 0])
    end = np.sort([c.end_s for c in claims if c.weight > 0])
    quiet = np.searchsorted(begin, at, side="right") == np.searchsorted(end, at, side="right")
    step = float(np.median(np.diff(at))) if len(at) > 1 else 0.0
    if quiet.sum() * step >= QUIET_S:
        return Idle(float(np.median(power[quiet])), "measured")
    try:
        return Idle(catalog.default().find("chip", series.device.name)["idle_w"].value, "catalog")
    except (NotFound, WattlineError):
        low, high = np.quantile(power, [LOWEST, 1 - LOWEST])
        return Idle(float(low), "lowest") if low < WELL_BELOW * high else Idle(0.0, "unknown")


def _powers(series: Series) -> tuple[Array, Array]:
    if series.power_w is not None:
        return series.time_s, series.power_w
    assert series.energy_j is not None
    step = np.diff(series.time_s)
    return series.time_s[:-1] + step / 2, np.diff(series.energy_j) / step


def _indices(series: Sequence[Series]) -> list[str]:
    """Each device's index on its host: as it is named (``gpu3``), else its order in the recording."""
    count: dict[str, int] = {}
    found = []
    for one in series:
        named = re.fullmatch(r"(?:gpu|nvidia|cuda:?)?(\d+)", one.device.uuid.lower())
        order = count.get(one.device.host, 0)
        count[one.device.host] = order + 1
        found.append(named[1] if named else str(order))
    return found


def _means(claim: Claim, series: Series, index: str) -> bool:
    """Whether a claim names this device."""
    device = series.device
    host = _short(device.host)
    if claim.hosts and host and host not in {_short(h) for h in claim.hosts}:
        return False
    if not claim.devices:
        return True
    names = {device.key.lower(), device.uuid.lower(), index}
    return any(d.lower() in names for d in claim.devices)


def _short(host: str) -> str:
    """A host's first label: without domain or port."""
    return host.lower().split(":")[0].split(".")[0] if not host.replace(".", "").replace(":", "").isdigit() else host
