"""Energy of a series over time: the counter's difference where there is one, else power by the trapezoid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from wattline.fact import Array
from wattline.meter.device import Device
from wattline.meter.recording import Recording, Series

GAP_PERIODS = 5.0  # a pause of more periods than this is a gap
INSIDE_NODE = ("gpu", "mig", "cpu", "dram")
GAP_ERROR = 0.5  # what was not seen in a gap may be off by this share of what is put there


class Curve(NamedTuple):
    """Joules since the first reading, at rising UTC seconds; shape ``(n,)``. ``gap_j`` were bridged, not seen."""

    time_s: Array
    energy_j: Array
    gap_j: float


class Energy(NamedTuple):
    """Joules within a window; ``low_j`` to ``high_j`` holds the truth 19 times in 20. NaN where nothing was read."""

    energy_j: float
    low_j: float
    high_j: float
    covered_s: float


_curves: WeakKeyDictionary[Series, Curve] = WeakKeyDictionary()
NOTHING = Energy(float("nan"), float("nan"), float("nan"), 0.0)


def curve(series: Series) -> Curve:
    """The running energy of one series, worked out once; missing and negative readings are left out, doubles merged."""
    if series not in _curves:
        _curves[series] = _curve(series)
    return _curves[series]


def _curve(series: Series) -> Curve:
    if series.energy_j is not None and np.isfinite(series.energy_j).sum() >= 2:
        time, total = _sorted(series, series.energy_j)
        step = np.diff(total)
        anew = np.where(np.isfinite(series.spec.wrap_j), step + series.spec.wrap_j, total[1:])
        return Curve(time, _running(np.where(step < 0, anew, step)), 0.0)
    if series.power_w is None:
        return Curve(np.empty(0), np.empty(0), 0.0)
    time, power = _sorted(series, series.power_w)
    step = np.diff(time)
    energy = step * (power[1:] + power[:-1]) / 2
    gaps = step > GAP_PERIODS * np.median(step) if len(step) else np.zeros(0, bool)
    return Curve(time, _running(energy) if len(time) else np.empty(0), float(energy[gaps].sum()))


def _running(steps: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(steps)])


def _sorted(series: Series, values: Array) -> tuple[Array, Array]:
    """Times on a clock that does not jump, where one was kept, and the good values at them."""
    time = np.asarray(series.time_s, float)
    if series.monotonic_s is not None:
        time = series.monotonic_s + np.nanmedian(time - series.monotonic_s)
    good = np.isfinite(time) & np.isfinite(values) & (np.nan_to_num(values, nan=-1.0) >= 0)
    at, first = np.unique(time[good], return_index=True)
    return at, np.asarray(values, float)[good][first]


def within(series: Series, begin_s: float, end_s: float) -> Energy:
    """Energy of one series between two UTC seconds, with its uncertainty; outside of its readings nothing is added."""
    line = curve(series)
    if len(line.time_s) < 2 or end_s <= line.time_s[0] or begin_s >= line.time_s[-1]:
        return NOTHING
    low, high = np.interp([begin_s, end_s], line.time_s, line.energy_j)
    energy, whole = float(high - low), float(line.energy_j[-1])
    error = series.spec.error + (GAP_ERROR * line.gap_j / whole if whole > 0 else 0.0)
    covered = min(end_s, float(line.time_s[-1])) - max(begin_s, float(line.time_s[0]))
    return Energy(energy, energy * max(0.0, 1 - error), energy * (1 + error), covered)


def binned_w(series: Series, edges_s: Array) -> Array:
    """Mean watts between edges (UTC seconds); energies in the bins add up to that within the first and last edge."""
    line = curve(series)
    if len(line.time_s) < 2:
        return np.zeros(len(edges_s) - 1)
    return np.asarray(np.diff(np.interp(edges_s, line.time_s, line.energy_j)) / np.diff(edges_s))


def counted_once(every: Iterable[Series]) -> list[Series]:
    """One series a device, the outermost devices alone: what may be added up.

    Of several series of one device the best is kept: measured before modelled, a counter before watts, then the
    smallest error.
    """
    best: dict[str, Series] = {}
    for series in every:
        key = series.device.key
        if key not in best or _rank(series) < _rank(best[key]):
            best[key] = series
    held = outer([series.device for series in best.values()])
    return [series for key, series in best.items() if not held[key]]


def outer(devices: Iterable[Device]) -> dict[str, str]:
    """The key of each device -> the key of the metered device that holds it, or "" where it counts for itself.

    A machine under its own meter holds the GPUs, CPUs and memory of its host, whether they say so or not.
    """
    every = {device.key: device for device in devices}
    nodes = {device.host: key for key, device in every.items() if device.kind == "node" and device.host}
    held = {}
    for key, device in every.items():
        inside = device.inside if device.inside in every else ""
        if not inside and device.kind in INSIDE_NODE:
            inside = nodes.get(device.host, "")
        held[key] = inside if inside != key else ""
    return held


def nested(recording: Recording) -> Recording:
    """The same recording, each device saying which metered device holds it."""
    held = outer([series.device for series in recording.series])
    told = [replace(s, device=replace(s.device, inside=held[s.device.key])) for s in recording.series]
    return replace(recording, series=told)


def placed(recording: Recording) -> Recording:
    """The recording as it can be summed: on one clock, each device saying which metered device holds it."""
    return nested(recording)


def _rank(series: Series) -> tuple[bool, bool, float]:
    return series.spec.modelled, series.energy_j is None, series.spec.error


def total(parts: Sequence[Energy]) -> Energy:
    """Energies of several devices together; an error of one kind of sensor is taken to be in all of them alike."""
    seen = [part for part in parts if np.isfinite(part.energy_j)]
    if not seen:
        return NOTHING
    energy, low, high = (sum(column) for column in list(zip(*seen, strict=True))[:3])
    return Energy(energy, low, high, max(part.covered_s for part in seen))
