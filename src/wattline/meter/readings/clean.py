"""One series as a sensor wrote it -> power over time that can be summed, and every fault with what was done."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wattline.catalog import fact
from wattline.core.fact import Array
from wattline.core.quantiles import percentiles
from wattline.meter.device import Device
from wattline.meter.readings.corrections import CorrectedCounter, correct_counter, correct_watts
from wattline.meter.readings.counter import Rise, untangle
from wattline.meter.readings.faults import GAP, Mask, Readings, gaps, sift, silence_s, stuck_stretches
from wattline.meter.readings.order import FaultTimes, fault_times, true_time, typical_interval
from wattline.meter.readings.plausible import max_w
from wattline.meter.readings.power import Level, Power
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

BESIDE = 5  # readings on each side of a gap whose median is the level that fills it
STEADY = 20  # a counter read less often than this has no rhythm that it could miss
ROBUST = (1.0, 99.0)  # percentiles between which power could have been while nothing was read


class CleanPower(NamedTuple):
    """Power over time, a stretch each side of a long silence (none where no reading is good), the faults found, and
    notes on how the sensor was corrected."""

    powers: list[Power]
    flaws: list[FaultTimes]
    notes: tuple[str, ...] = ()


def clean(series: Series, *, as_read: bool = False) -> CleanPower:
    """Sort, sift, correct and bridge one series; by its counter where it has one, else by its watts.

    Parameters
    ----------
    series : readings of one sensor
    as_read : without the correction for how the sensor errs

    Returns
    -------
    Power over time with its faults.
    """
    return clean_levels(series, sorted_out(series), as_read=as_read)


def clean_levels(series: Series, good: Good, *, as_read: bool = False, error: bool = True) -> CleanPower:
    """``clean`` of a series whose good readings are known.

    Parameters
    ----------
    series : as the sensor wrote it
    good : its good readings
    as_read : without the correction for how the sensor errs
    error : whether the corrected sensor's own error is worked out too; without it the doubts are those of the series

    Returns
    -------
    Power over time with its doubts, faults and notes.
    """
    if good.rise is None:
        return _by_good_watts(series, good, as_read, error)
    rise, readings, spec, notes = CorrectedCounter(good.rise, good.readings, series.spec)
    if not as_read:
        rise, readings, spec, notes = correct_counter(series.device, spec, rise, readings, good.interval_s, error)
    return CleanPower([_by_counter(series.device, spec, rise, readings, good.interval_s)], good.flaws, notes)


class Good(NamedTuple):
    """The good readings of a series in order: of its counter where it has one that counts, of its watts otherwise.

    ``interval_s``: the usual time between two readings of the counter.
    """

    rise: Rise | None
    readings: Readings | None
    flaws: list[FaultTimes]
    interval_s: float = 0.0

    def series(self, series: Series) -> Series:
        """The same as a series of one quantity, watts or a counter that only rises."""
        if self.rise is not None:
            return replace(series, time_s=self.rise.time_s, energy_j=self.rise.energy_j, power_w=None, monotonic_s=None)
        time, watts = (self.readings.time_s, self.readings.power_w) if self.readings else (np.empty(0), np.empty(0))
        return replace(series, time_s=time, power_w=watts, energy_j=None, monotonic_s=None)


def sorted_out(series: Series) -> Good:
    """Readings put in order of time, without those that are none, and the counter made to rise."""
    key = series.energy_j if series.energy_j is not None else series.power_w
    if key is None:
        return Good(None, None, [])
    time, rows, faults = true_time(np.asarray(series.time_s, float), series.monotonic_s, np.asarray(key, float))
    readings: Readings | None = None
    if series.power_w is not None:
        watts = np.asarray(series.power_w, float)[rows]
        readings, more = sift(time, watts, series.device, series.spec.modelled)
        if series.energy_j is None:
            return Good(None, readings, faults + more)
    assert series.energy_j is not None
    rise, counted = untangle(time, np.asarray(series.energy_j, float)[rows], series.spec.wrap_j, max_w(series.device))
    alive = len(rise.time_s) > 1 and (rise.energy_j[-1] > 0 or readings is None or not (readings.power_w > 0).any())
    if not alive and readings is not None and len(readings.time_s):
        return Good(None, readings, faults + counted + _dead(rise, readings))
    if len(rise.time_s) < 2:
        return Good(None, None, faults + counted)
    done = "bridged by the counter, which loses nothing"
    interval_s = typical_interval(time) if readings is None else readings.interval_s
    missed = gaps(rise.time_s, interval_s) if len(rise.time_s) > STEADY else []
    missed = [gap._replace(done=done) for gap in missed]
    own_s = interval_s if len(rise.time_s) == len(time) else typical_interval(rise.time_s)
    return Good(rise, readings, faults + counted + missed, own_s)


def _by_good_watts(series: Series, good: Good, as_read: bool, error: bool) -> CleanPower:
    readings, spec = good.readings, series.spec
    notes: tuple[str, ...] = ()
    if readings is None or not len(readings.time_s):
        return CleanPower([], good.flaws)
    if not as_read:
        stuck = [(s.begin_s, s.end_s) for s in stuck_stretches(readings.time_s, readings.power_w)]
        readings, spec, notes = correct_watts(series.device, spec, readings, stuck, error)
    return CleanPower(_stretches(series.device, spec, readings), good.flaws, notes)


def _dead(rise: Rise, readings: Readings) -> list[FaultTimes]:
    """A counter that does not move while watts are drawn."""
    begin = rise.time_s[:1] if len(rise.time_s) else readings.time_s[:1]
    lasting = readings.time_s[-1] - readings.time_s[0]
    return fault_times(
        "stuck", begin, lasting, "the counter does not move while power is drawn: energy from the watts instead"
    )


def _stretches(device: Device, spec: Spec, good: Readings) -> list[Power]:
    """The readings parted at long silences, each part with the level and range of its own."""
    long = np.diff(good.time_s) > silence_s(good.interval_s)
    edges = [0, *(np.flatnonzero(long) + 1), len(good.time_s)]
    return [
        _by_watts(
            device, spec, replace(good, time_s=good.time_s[a:b], power_w=good.power_w[a:b], stuck=good.stuck[a:b])
        )
        for a, b in pairwise(edges)
    ]


def _by_watts(device: Device, spec: Spec, good: Readings) -> Power:
    """Straight lines between readings; a gap holds the level beside it, with the doubt of what could have been."""
    time, watts = good.time_s, good.power_w
    error = spec.error
    least, most = percentiles(watts, *ROBUST) if len(watts) > 1 else (0.0, float(watts[0]))
    gaps_at = np.flatnonzero(np.diff(time) > GAP * good.interval_s) if good.interval_s > 0 else np.empty(0, np.intp)
    knots, left, right = [time], [watts[:-1]], [watts[1:]]
    below, above = _errors(0.5 * (watts[:-1] + watts[1:]), error, good.stuck, watts)
    if len(gaps_at):
        fill = [_level(watts, i, i + 1) for i in gaps_at.tolist()]
        return _spliced(device, spec, good, gaps_at, np.array(fill), below, above, (least, most))
    return Power(
        device, spec, knots[0], left[0], right[0], below, above,
        _edge(float(watts[0]), least, most, error), _edge(float(watts[-1]), least, most, error),
        good.interval_s, False, time, watts,
    )  # fmt: skip


def _spliced(
    device: Device,
    spec: Spec,
    good: Readings,
    gaps_at: NDArray[np.intp],
    fill: Array,
    below: Array,
    above: Array,
    bounds: tuple[float, float],
) -> Power:
    """Each held gap cut in three: down (or up) to its level, the level, and back, each slope one interval long."""
    time, watts, error = good.time_s, good.power_w, spec.error
    least, most = bounds
    gap_i = gaps_at
    edge = np.minimum(good.interval_s, 0.25 * (time[gap_i + 1] - time[gap_i]))
    inner = np.stack([time[gap_i] + edge, time[gap_i + 1] - edge], axis=1)
    at = np.repeat(gap_i + 1, 2)
    knots = np.insert(time, at, inner.ravel())
    level = np.insert(watts, at, np.repeat(fill, 2))
    # a gap in which readings said "nothing" may truly have held nothing
    dark = np.array([((good.dropped_s > time[i]) & (good.dropped_s < time[i + 1])).any() for i in gap_i])
    floor = np.where(dark, 0.0, np.minimum(least, fill))
    # the slopes are one interval each of what would be a straight line anyway: the doubt is that of the excess
    share = np.clip((time[gap_i + 1] - time[gap_i] - good.interval_s) / (time[gap_i + 1] - time[gap_i]), 0.0, 1.0)
    share = np.where(dark, 1.0, share)
    down = np.maximum((fill - floor) * share, error * fill)
    up = np.maximum((np.maximum(most, fill) - fill) * share, error * fill)
    below, above = below.copy(), above.copy()
    below[gap_i], above[gap_i] = down, up
    below, above = np.insert(below, at, np.repeat(down, 2)), np.insert(above, at, np.repeat(up, 2))
    return Power(
        device, spec, knots, level[:-1], level[1:], below, above,
        _edge(float(watts[0]), least, most, error), _edge(float(watts[-1]), least, most, error),
        good.interval_s, False, time, watts,
    )  # fmt: skip


def _level(watts: Array, left: int, right: int) -> float:
    """The level of a gap between two readings: the mean of the medians beside it."""
    before, after = watts[max(0, left - BESIDE + 1) : left + 1], watts[right : right + BESIDE]
    return float(0.5 * (np.median(before) + np.median(after)))


def _errors(mean: Array, error: float, stuck: Mask, watts: Array) -> tuple[Array, Array]:
    """The sensor's own error below and above; a stuck reading may stand for anything from idle to full power."""
    below, above = min(error, 1.0) * mean, error * mean
    if stuck.any():
        still = stuck[:-1] & stuck[1:]
        free = watts[~stuck]
        most = np.maximum(free.max(initial=0.0), mean * fact("constant.meter-full-over-idle").high)
        below = np.where(still, mean, below)
        above = np.where(still, most - mean, above)
    return below, above


def _edge(value: float, least: float, most: float, error: float) -> Level:
    """What holds before the first and after the last reading: that reading, and what power could have been."""
    return Level(value, max(value - least, error * value), max(most - value, error * value))


def _by_counter(device: Device, spec: Spec, rise: Rise, readings: Readings | None, interval_s: float) -> Power:
    """The mean power of each step of the counter."""
    length = np.diff(rise.time_s)
    mean = np.diff(rise.energy_j) / length
    doubt = rise.doubt_j / length
    error = spec.error
    below, above = np.minimum(mean, error * mean + doubt), error * mean + doubt
    least, most = percentiles(mean, *ROBUST)
    middle = 0.5 * (rise.time_s[:-1] + rise.time_s[1:])
    peak_time, peak = (readings.time_s, readings.power_w) if readings is not None else (middle, mean)
    if not len(peak):
        peak_time, peak = middle, mean
    return Power(
        device, spec, rise.time_s, mean, mean, below, above,
        _edge(float(mean[0]), least, most, error), _edge(float(mean[-1]), least, most, error),
        interval_s, True, peak_time, peak,
    )  # fmt: skip
