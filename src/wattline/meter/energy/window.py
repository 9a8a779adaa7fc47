"""Energy of a stretch of time out of live readings: the tracks' joules, and the doubt of the stretch's own edges.

``window_energy`` is the one way in. Any split of a stretch adds up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from wattline.core.range import MeasuredValue
from wattline.core.units import J_PER_WH
from wattline.meter.energy.meter import tracks_of
from wattline.meter.energy.track import Track, outer
from wattline.meter.journal.columns import read_stretch
from wattline.meter.journal.journal import Journal
from wattline.meter.readings.order import FaultTimes
from wattline.meter.recording import Fault, Recording, Series

PIECE_US = 3_600_000_000  # a long stretch is read in pieces, so that memory stays flat
CONTEXT_US = 200_000_000  # readings so far around a stretch are read too: gaps and dropouts are judged by them
SLACK_S = 0.05  # less time than this before the first reading or after the last is not worth a word
OUTSIDE = "no reading before the window's edge; the nearest power is held, and the range holds from none to the peak"


@dataclass(frozen=True)
class DeviceEnergy:
    """What one device took: joules with the range that holds the truth 19 times in 20, and where they come from."""

    device: str
    name: str
    kind: str
    source: str
    modelled: bool
    energy_j: float
    low_j: float
    high_j: float
    peak_w: float

    def json(self) -> dict[str, Any]:
        """The device as plain data."""
        names = ("device", "name", "kind", "source", "modelled", "peak_w")
        energy = MeasuredValue(self.energy_j / J_PER_WH, self.low_j / J_PER_WH, self.high_j / J_PER_WH)
        return {name: getattr(self, name) for name in names} | {"energy_wh": energy.json()}


@dataclass(frozen=True)
class WindowEnergy:
    """What all devices took in a stretch of time. None where no device could be read: unknown, never zero."""

    duration_s: float
    devices: tuple[DeviceEnergy, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def energy_j(self) -> float | None:
        return sum(d.energy_j for d in self.devices) if self.devices else None

    @property
    def low_j(self) -> float | None:
        return sum(d.low_j for d in self.devices) if self.devices else None

    @property
    def high_j(self) -> float | None:
        return sum(d.high_j for d in self.devices) if self.devices else None

    @property
    def mean_w(self) -> float | None:
        return self.energy_j / self.duration_s if self.energy_j is not None and self.duration_s > 0 else None

    @property
    def modelled(self) -> bool:
        """Whether any part of it was worked out from a model and not measured."""
        return any(d.modelled for d in self.devices)

    @property
    def measured_wh(self) -> MeasuredValue | None:
        """Energy in Wh, with what its error leaves; None where no sensor gave readings."""
        if self.energy_j is None or self.low_j is None or self.high_j is None:
            return None
        return MeasuredValue(self.energy_j / J_PER_WH, self.low_j / J_PER_WH, self.high_j / J_PER_WH)

    def json(self) -> dict[str, Any]:
        """Energy, power, devices and faults as plain data; null where no sensor gave readings."""
        known = self.measured_wh
        faults = [
            {"kind": f.kind, "count": f.count, "lasting_s": f.seconds, "done": f.done, "device": f.device}
            for f in self.faults
        ]
        return {
            "energy_wh": None if known is None else known.json(),
            "mean_w": self.mean_w,
            "duration_s": self.duration_s,
            "basis": "unknown" if known is None else "modelled" if self.modelled else "measured",
            "devices": [d.json() for d in self.devices],
            "faults": faults,
        }

    def __str__(self) -> str:
        from wattline.core.quantity import show

        lasted = show(self.duration_s, "s")
        if self.energy_j is None or self.low_j is None or self.high_j is None:
            return f"energy unknown (no sensor gave readings), {lasted}"
        low, high = (show(x, "J", like=self.energy_j) for x in (self.low_j, self.high_j))
        watts = f", {show(self.mean_w, 'W')} mean" if self.mean_w is not None else ""
        basis = "measured"
        if self.modelled:  # memory's own watts, say, beside those of meters
            part = [d.energy_j for d in self.devices if d.modelled]
            whole = len(part) == len(self.devices)
            basis = ("" if whole else f"{show(sum(part), 'J')} of it ") + "modelled, not measured"
        count = f"{len(self.devices)} device{'s' if len(self.devices) != 1 else ''}"
        return f"{show(self.energy_j, 'J')} ({low} to {high}), {lasted}{watts}, {count}, {basis}"


def window_energy(
    recording: Recording, begin_s: float, end_s: float, edges: Sequence[float] | None = None
) -> WindowEnergy:
    """Energy between two instants, on the clock of ``monotonic_s`` where the series have one, else of ``time_s``.

    Each edge adds its doubt. A device that another metered one holds counts within that one alone.

    Parameters
    ----------
    recording : readings of a machine
    begin_s, end_s : of the stretch, s, on the clock named above
    edges : instants, s, at which it is cut from what went before and after; both ends where None

    Returns
    -------
    Joules by device and in all, with their error.
    """
    tracks, flaws, _ = tracks_of(_on_monotonic(series) for series in recording.series)
    keys = list(flaws)
    holder = outer([track.device for track in tracks.values()])
    devices, faults = [], []
    for key in keys:
        if holder.get(key):
            continue
        faults += list(_inside(flaws[key], key, begin_s, end_s))
        if key not in tracks:
            faults.append(_unknown(key, begin_s, end_s))
            continue
        device, more = _device(tracks[key], begin_s, end_s, (begin_s, end_s) if edges is None else edges)
        faults += more
        if device is not None:
            devices.append(device)
    return WindowEnergy(end_s - begin_s, tuple(devices), tuple(faults))


def stretch_energy(journal: Journal, begin_us: int, end_us: int, pending: Iterable[bytes] = ()) -> WindowEnergy:
    """``window_energy`` of a stretch of this boot's monotonic clock out of a journal, however long it is.

    Parameters
    ----------
    journal : to which readings go
    begin_us, end_us : of the stretch, on that clock [µs]
    pending : rounds of readings that the file has not taken yet

    Returns joules with their error.
    """
    waiting = list(pending)
    cuts = [*range(begin_us, end_us, PIECE_US), end_us]
    ends = (begin_us / 1e6, end_us / 1e6)
    pieces = []
    for first, last in pairwise(cuts):
        recording = read_stretch(journal, first - CONTEXT_US, last + CONTEXT_US, waiting)
        begin, end = first / 1e6, last / 1e6
        pieces.append(window_energy(recording, begin, end, [edge for edge in (begin, end) if edge in ends]))
    return add_up(pieces) if pieces else WindowEnergy(0.0)


def add_up(pieces: Sequence[WindowEnergy]) -> WindowEnergy:
    """Stretches that follow each other as one; a sensor's error is the same in all, so ranges add."""
    devices: dict[str, DeviceEnergy] = {}
    faults: dict[tuple[str, str, str], Fault] = {}
    for piece in pieces:
        for d in piece.devices:
            so_far = devices.get(d.device)
            devices[d.device] = d if so_far is None else replace(
                d,
                energy_j=so_far.energy_j + d.energy_j,
                low_j=so_far.low_j + d.low_j,
                high_j=so_far.high_j + d.high_j,
                peak_w=max(so_far.peak_w, d.peak_w),
            )  # fmt: skip
        for f in piece.faults:
            key = (f.kind, f.device, f.done)
            known = faults.get(key, replace(f, count=0, seconds=0.0))
            faults[key] = replace(f, count=known.count + f.count, seconds=known.seconds + f.seconds)
    return WindowEnergy(sum(p.duration_s for p in pieces), tuple(devices.values()), tuple(faults.values()))


def _on_monotonic(series: Series) -> Series:
    """The series on the clock that never jumps, where it has one throughout."""
    if series.monotonic_s is None or not np.isfinite(series.monotonic_s).all():
        return series
    return replace(series, time_s=series.monotonic_s, monotonic_s=None)


def _device(
    track: Track, begin_s: float, end_s: float, edges: Sequence[float]
) -> tuple[DeviceEnergy | None, list[Fault]]:
    """One device's energy, and what of the stretch it was not read in."""
    device, spec = track.device, track.spec
    first, last = max(begin_s, track.begin_s), min(end_s, track.end_s)
    if last <= first:
        return None, [_unknown(device.key, begin_s, end_s)]
    used = track.energy(begin_s, end_s)
    seen = used if (first, last) == (begin_s, end_s) else track.energy(first, last)
    peak_w = track.peak_w(first, last)
    missing_s = (end_s - begin_s) - (last - first)
    doubt = sum(track.edge_j(min(max(edge, first), last)) for edge in edges)
    doubt = (doubt + (track.late_j(first, last) if edges else 0.0)) * (1 + spec.error)
    outside_j = used.value_j - seen.value_j  # outside of the readings: from none to the peak
    seen = seen.widened(doubt)
    low, high = seen.low_j, seen.high_j + peak_w * missing_s * (1 + spec.error)
    faults = []
    if missing_s > max(2 * track.interval_s, 2 * spec.period_s, SLACK_S):
        faults.append(Fault("gap", 1, missing_s, OUTSIDE, device.key))
    value = seen.value_j + outside_j
    named = (device.key, device.name or device.uuid, device.kind, spec.source, spec.modelled)
    return DeviceEnergy(*named, value, min(max(low, 0.0), value), max(high, value), peak_w), faults


def _unknown(key: str, begin_s: float, end_s: float) -> Fault:
    return Fault("gap", 1, end_s - begin_s, "no two readings: energy unknown", key)


def _inside(flaws: Sequence[FaultTimes], key: str, begin_s: float, end_s: float) -> Iterator[Fault]:
    """What was wrong with a device's readings between two instants."""
    for each in flaws:
        here = (each.at_s + each.lasting_s >= begin_s) & (each.at_s <= end_s)
        if here.any():
            yield Fault(each.kind, int(here.sum()), float(each.lasting_s[here].sum()), each.done, key)
