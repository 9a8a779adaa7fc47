"""Energy of a stretch of time out of readings: counters before power, every doubt in the range, nothing invented.

``window_energy`` is the one way in. Each device has one curve, cumulative joules over time, from its best series; the
energy of a stretch is the curve's rise, so that any split of a stretch adds up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wattline.core.fact import Array
from wattline.meter.readings.corrections import correct
from wattline.meter.recording import Fault, Recording, Series

if TYPE_CHECKING:
    from wattline.meter.journal.journal import Journal

PIECE_US = 3_600_000_000  # a long stretch is read in pieces, so that memory stays flat
GAP_STEPS, GAP_S = 5.0, 1.0  # a gap is longer than so many usual steps, and than this
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
        return dict(self.__dict__)


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

    def json(self) -> dict[str, Any]:
        known = self.energy_j is not None
        return {
            "energy_j": self.energy_j,
            "energy_wh": self.energy_j / 3600 if self.energy_j is not None else None,
            "low_j": self.low_j,
            "high_j": self.high_j,
            "mean_w": self.mean_w,
            "duration_s": self.duration_s,
            "basis": ("modelled" if self.modelled else "measured") if known else "unknown",
            "devices": [d.json() for d in self.devices],
            "faults": [dict(f.__dict__) for f in self.faults],
        }

    def __str__(self) -> str:
        from wattline.core.quantity import show

        lasted = show(self.duration_s, "s")
        if self.energy_j is None or self.low_j is None or self.high_j is None:
            return f"energy unknown (no sensor gave readings), {lasted}"
        low, high = (show(x, "J", like=self.energy_j) for x in (self.low_j, self.high_j))
        watts = f", {show(self.mean_w, 'W')} mean" if self.mean_w is not None else ""
        basis = "modelled, not measured" if self.modelled else "measured"
        count = f"{len(self.devices)} device{'s' if len(self.devices) != 1 else ''}"
        return f"{show(self.energy_j, 'J')} ({low} to {high}), {lasted}{watts}, {count}, {basis}"


def window_energy(recording: Recording, begin_s: float, end_s: float) -> WindowEnergy:
    """Energy between two instants, on the clock of ``monotonic_s`` where the series have one, else of ``time_s``.

    A device that another metered one holds counts within that one alone.
    """
    best: dict[str, Series] = {}
    for series in recording.series:
        so_far = best.get(series.device.key)
        if so_far is None or _rank(series) < _rank(so_far):
            best[series.device.key] = series
    devices, faults = [], []
    for key, series in best.items():
        if series.device.inside in best and series.device.inside != key:
            continue
        found, told = device_energy(series, begin_s, end_s)
        faults += told
        if found is not None:
            devices.append(found)
    return WindowEnergy(end_s - begin_s, tuple(devices), tuple(faults))


def stretch_energy(journal: Journal, begin_us: int, end_us: int, pending: Iterable[bytes] = ()) -> WindowEnergy:
    """``window_energy`` of a stretch of this boot's monotonic clock out of a journal, however long it is."""
    from wattline.meter.journal.reader import read_stretch

    waiting = list(pending)
    edges = [*range(begin_us, end_us, PIECE_US), end_us]
    pieces = []
    for first, last in pairwise(edges):
        recording = read_stretch(journal, first, last, waiting)
        pieces.append(window_energy(recording, first / 1e6, last / 1e6))
    return add_up(pieces) if pieces else WindowEnergy(0.0)


def add_up(pieces: Sequence[WindowEnergy]) -> WindowEnergy:
    """Stretches that follow each other as one; a sensor's error is the same in all, so ranges add."""
    devices: dict[str, DeviceEnergy] = {}
    faults: dict[tuple[str, str, str], Fault] = {}
    for piece in pieces:
        for d in piece.devices:
            one = devices.get(d.device)
            devices[d.device] = d if one is None else replace(
                d,
                energy_j=one.energy_j + d.energy_j,
                low_j=one.low_j + d.low_j,
                high_j=one.high_j + d.high_j,
                peak_w=max(one.peak_w, d.peak_w),
            )  # fmt: skip
        for f in piece.faults:
            key = (f.kind, f.device, f.done)
            known = faults.get(key, replace(f, count=0, seconds=0.0))
            faults[key] = replace(f, count=known.count + f.count, seconds=known.seconds + f.seconds)
    return WindowEnergy(sum(p.duration_s for p in pieces), tuple(devices.values()), tuple(faults.values()))


def _rank(series: Series) -> tuple[bool, bool, float]:
    """The better a series, the less: measured before modelled, a counter before power, small error before large."""
    counts = series.energy_j is not None and np.count_nonzero(np.isfinite(series.energy_j)) >= 2
    return series.spec.modelled, not counts, series.spec.error


class Curve(NamedTuple):
    """Cumulative joules over time, shape ``(n,)``, rising, with the lowest and highest power seen in each step and
    which steps lie over gaps that no counter bridges, shape ``(n - 1,)``."""

    time_s: Array
    energy_j: Array
    floor_w: Array
    top_w: Array
    bridged: np.ndarray[Any, np.dtype[np.bool_]]
    faults: list[Fault]


def device_energy(series: Series, begin_s: float, end_s: float) -> tuple[DeviceEnergy | None, list[Fault]]:
    """One device's energy, and what was wrong with its readings inside the stretch."""
    key = series.device.key
    series = correct(series)
    curve = cumulative(series, begin_s, end_s)
    time, energy = curve.time_s, curve.energy_j
    first, last = (max(begin_s, time[0]), min(end_s, time[-1])) if len(time) >= 2 else (0.0, 0.0)
    if last <= first:
        return None, [*curve.faults, Fault("gap", 1, end_s - begin_s, "no two readings: energy unknown", key)]
    faults = curve.faults
    step = np.diff(time)
    inside = (time[1:] > first) & (time[:-1] < last)
    covered = float(np.interp(last, time, energy) - np.interp(first, time, energy))
    missing_s = (end_s - begin_s) - (last - first)
    peak = float(curve.top_w[inside].max())
    value = covered + covered / (last - first) * missing_s
    usual = float(np.median(step))
    if missing_s > max(2 * usual, 2 * series.spec.period_s, 0.05):
        faults = [*faults, Fault("gap", 1, missing_s, OUTSIDE, key)]
    doubt = sum(_edge_doubt(edge, curve, series.spec.period_s) for edge in (first, last))
    spread = _bridge_doubt(curve, step, inside)
    error = series.spec.error
    low = max(0.0, (covered - doubt - spread) * (1 - error))
    high = (covered + doubt + spread + peak * missing_s) * (1 + error)
    device = series.device
    named = (key, device.name or device.uuid, device.kind, series.spec.source, series.spec.modelled)
    return DeviceEnergy(*named, value, min(low, value), max(high, value), peak), faults


def _edge_doubt(edge: float, curve: Curve, period_s: float) -> float:
    """Joules by which an edge may be off: power may change anywhere between two readings, and a reading is as old as
    the hardware's period at most."""
    time = curve.time_s
    at = int(np.clip(np.searchsorted(time, edge, "right") - 1, 0, len(time) - 2))
    near = slice(max(0, at - 1), at + 2)
    low, high = float(curve.floor_w[near].min()), float(curve.top_w[near].max())
    return 0.5 * float(time[at + 1] - time[at]) * (high - low) + 0.5 * period_s * high


def _bridge_doubt(curve: Curve, step: Array, inside: Any) -> float:
    """Joules by which bridged gaps may be off: power in them lay anywhere in what was seen outside of them."""
    gaps = inside & curve.bridged
    if not gaps.any():
        return 0.0
    seen = ~curve.bridged if (~curve.bridged).any() else curve.bridged
    mean = np.diff(curve.energy_j)[gaps] / step[gaps]
    wide = np.maximum(mean - curve.floor_w[seen].min(), curve.top_w[seen].max() - mean)
    return float((step[gaps] * wide).sum())


def cumulative(series: Series, begin_s: float, end_s: float) -> Curve:
    """The curve of a series: its counter unwrapped, or its power summed; faults are those between the two instants."""
    use_counter = not _rank(series)[1]
    values = series.energy_j if use_counter else series.power_w
    clock = series.monotonic_s if series.monotonic_s is not None else series.time_s
    if values is None:
        return Curve(*(np.empty(0),) * 4, np.empty(0, bool), [])
    good = np.isfinite(values) & np.isfinite(clock) & (values >= 0)
    key = series.device.key
    faults = []
    wrong = np.count_nonzero((values < 0) & (clock >= begin_s) & (clock <= end_s))
    if wrong:
        faults.append(Fault("negative", int(wrong), 0.0, "left out", key))
    time, order = np.unique(clock[good], return_index=True)
    values = values[good][order]
    if use_counter:
        time, values, told, bridged = unwrap(time, values, series.spec.wrap_j, key)
        floor = top = np.diff(values) / np.diff(time)
    else:
        step = np.diff(time)
        floor, top = np.minimum(values[1:], values[:-1]), np.maximum(values[1:], values[:-1])
        rise = step * (values[1:] + values[:-1]) / 2
        values, told = np.concatenate([[0.0], np.cumsum(rise)])[: len(time)], []
        bridged = _gaps(step)
    gaps = _gaps(np.diff(time)) & (time[1:] > begin_s) & (time[:-1] < end_s)
    if gaps.any():
        done = "bridged by its counter" if use_counter else "bridged by a line between the readings beside it"
        faults.append(Fault("gap", int(gaps.sum()), float(np.diff(time)[gaps].sum()), done, key))
    return Curve(time, values, floor, top, bridged, [*faults, *(f for at, f in told if begin_s <= at <= end_s)])


def _gaps(step: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if len(step) == 0:
        return np.empty(0, bool)
    return np.asarray(step > max(GAP_STEPS * float(np.median(step)), GAP_S))


Told = list[tuple[float, Fault]]


def unwrap(
    time: Array, counter: Array, wrap_j: float, key: str = ""
) -> tuple[Array, Array, Told, np.ndarray[Any, np.dtype[np.bool_]]]:
    """A counter as joules that only rise, with faults and when, and which steps are a guess.

    A reading that falls and then is back above where it was (or leaps up and back) is no wrap but a bad reading, and is
    left out: so long as less than half of ``wrap_j`` goes between two readings, no true wrap looks like that. A fall of
    a counter that never wraps is a reset; what went in that step is taken at the mean power of the others.
    """
    told: Told = []
    bad = _bad_readings(counter)
    told += [(at, Fault("unreadable", 1, 0.0, "a counter's reading that cannot be, left out", key)) for at in time[bad]]
    time, counter = time[~bad], counter[~bad]
    step, rise = np.diff(time), np.diff(counter)
    fell = rise < 0
    guessed = np.zeros(len(rise), bool)
    if np.isfinite(wrap_j):
        rise[fell] += wrap_j
        told += [(at, Fault("wrap", 1, 0.0, "counter started anew; its range added", key)) for at in time[1:][fell]]
        guessed = fell & (rise < 0)
        if len(step):
            # over a long gap it may have wrapped more than once: as often as its usual power makes it
            usual = float(np.median(rise / step))
            more = np.maximum(0.0, np.round((usual * step - rise) / wrap_j)) * _gaps(step)
            rise += more * wrap_j
            guessed |= more > 0
    else:
        guessed = fell
    if guessed.any() and (~guessed).any():
        usual = float(rise[~guessed].sum() / step[~guessed].sum())
        reset = guessed & (np.diff(counter) < 0) & ((not np.isfinite(wrap_j)) | (rise < 0))
        rise[reset] = usual * step[reset]
        done = "counter was reset; the step is taken at the mean power of the others"
        told += [(at, Fault("reset", 1, 0.0, done, key)) for at in time[1:][reset]]
    rise = np.maximum(rise, 0.0)
    return time, np.concatenate([[0.0], np.cumsum(rise)])[: len(time)], told, guessed


def _bad_readings(counter: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    bad = np.zeros(len(counter), bool)
    for at in np.flatnonzero(np.diff(counter) < 0).tolist():
        # counter[at] > counter[at + 1]: which of the two does not fit with the ones around them?
        if at > 0 and counter[at + 1] >= counter[at - 1] and not bad[at - 1]:
            bad[at] = True
        elif at + 2 < len(counter) and counter[at + 2] >= counter[at]:
            bad[at + 1] = True
    return bad
