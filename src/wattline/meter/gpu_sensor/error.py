"""What an energy's error is made of: the card's gain, the window's edges, the time that the sensor missed, gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from wattline.core.fact import Array
from wattline.core.quantiles import median
from wattline.core.units import Z975
from wattline.meter.gpu_sensor.gain import Gain
from wattline.meter.gpu_sensor.time import ABRUPT
from wattline.meter.recording import Series

MEDIAN_OF_DIFFERENCE = 0.954  # of two normal numbers, in their standard deviations
NEAR = 8  # readings on each side of a window that tell how far neighbours differ, where it holds few
QUIET_PART = 0.35  # of a beat, at most, reads as idle: half the load is idle and a reading spans a part of it
BATCH = 8  # readings in a batch, by whose means slow swings are told from quick ones
GAP = 3.0  # times the usual interval: longer ones are gaps


class Beat(NamedTuple):
    """A stretch whose beats were evened out."""

    begin_s: float
    end_s: float
    swing_w: float
    readings: int  # in one beat
    length_s: float  # of one beat
    begins_sharp: bool
    ends_sharp: bool
    evened: bool = True


@dataclass(frozen=True, eq=False)
class SensorView:
    """How a series saw the power.

    ``interval_s``: between readings; ``share``: of the time that they rest on; ``reach_s``: within which an edge
    cannot be placed; ``beats``: stretches that beat with the load; ``late_s``: how late the readings may be, where
    that was not undone, of which ``ahead_s`` shows in readings after an edge, by the level of ``level_w``; ``flat``: a
    relative error that stands for all of it, where the sensor states one.
    """

    interval_s: float
    share: float
    reach_s: float
    flat: float | None = None
    beats: tuple[Beat, ...] = ()
    stuck: tuple[tuple[float, float], ...] = ()
    relax_error_s: float = 0.0
    relax_at: Array | None = None
    relax_w: Array | None = None
    late_s: float = 0.0
    ahead_s: float = 0.0
    level_at: Array | None = None
    level_w: Array | None = None

    def with_beats(
        self, time_s: Array, power_w: Array, beats: list[tuple[int, int, int]], *, evened: bool = True
    ) -> SensorView:
        """The same with these beats.

        Parameters
        ----------
        time_s : when each was read, in order [s], shape ``(n,)``
        power_w : readings [W], shape ``(n,)``
        beats : first and last reading of each, and its length in readings
        evened : whether they were evened out

        Returns how the sensor saw the power.
        """
        parts = []
        for a, b, n in beats:
            part = power_w[a:b]
            jump = ABRUPT * float(np.ptp(power_w))
            sharp = a > 0 and part[0] - power_w[a - 1] > jump, b < len(power_w) and part[-1] - power_w[b] > jump
            length = float(time_s[b - 1] - time_s[a]) / max(1, b - 1 - a) * n
            parts.append(Beat(float(time_s[a]), float(time_s[b - 1]), float(np.ptp(part)), n, length, *sharp, evened))
        return replace(self, beats=tuple(parts))


def error_parts(
    seen: SensorView, series: Series, begin_s: float, end_s: float, energy_j: float, gain: Gain
) -> dict[str, float]:
    """Relative half-widths by cause (19 times in 20), to be joined by ``joined``.

    Parameters
    ----------
    seen : how the sensor saw the power
    series : the corrected readings
    begin_s, end_s : of the window, UTC [s]
    energy_j : of the window [J]
    gain : correction of the card, with its error

    Returns relative half-width by cause, without those that are nothing.
    """
    duration = end_s - begin_s
    mean_w = energy_j / duration
    base = max(energy_j, 1e-9)
    parts = {"sensor": seen.flat} if seen.flat is not None else {"gain": gain.error(mean_w)}
    at, power = _power_near(series, begin_s, end_s, seen)
    parts["edges"] = float(np.hypot(_edge_j(seen, at, power, begin_s), _edge_j(seen, at, power, end_s))) / base
    inside = power[(at >= begin_s) & (at <= end_s)]
    parts["unseen"] = sampling_error(inside if len(inside) > NEAR else power, seen.share, len(inside)) / base * duration
    parts["beat"] = _beat_j(seen, begin_s, end_s) / base
    parts["lag"] = _lag_j(seen, begin_s, end_s) / base
    parts["late"] = _late_j(seen, begin_s, end_s) / base
    parts["stuck"] = sum(max(0.0, min(b, end_s) - max(a, begin_s)) for a, b in seen.stuck) / duration
    parts["gaps"] = _gap_j(seen, at, power, begin_s, end_s, series.power_w is None) / base
    return {name: part for name, part in parts.items() if part > 0}


def join(parts: Mapping[str, float]) -> float:
    """Independent causes by their squares; readings that are late move energy one way, and add to all else."""
    return float(np.sqrt(sum(part**2 for name, part in parts.items() if name != "late"))) + parts.get("late", 0.0)


def _power_near(series: Series, begin_s: float, end_s: float, seen: SensorView) -> tuple[Array, Array]:
    """Times and powers of the readings in and around a window; a counter's from its rises."""
    at = series.time_s
    if series.power_w is None:
        assert series.energy_j is not None
        steps = np.diff(at)
        at, power = at[:-1] + steps / 2, np.diff(series.energy_j) / steps
    else:
        power = series.power_w
    first, last = np.searchsorted(at, [begin_s - 2 * seen.reach_s, end_s + 2 * seen.reach_s])
    near = slice(max(0, int(first) - NEAR), int(last) + NEAR)
    return at[near], power[near]


def sampling_error(power_w: Array, share: float, count: int | None = None) -> float:
    """Half-width in W of the mean of ``count`` readings [all of these] that see ``share`` of the time.

    By the differences of neighbours, or by the means of batches where those spread less (a swing quicker than a
    batch evens out; the few batches in which the load itself begins or ends do not count): what is alike from
    reading to reading was seen.

    Parameters
    ----------
    power_w : readings in the order of time, W, ``(n,)``
    share : of the time that readings see, 0 to 1
    count : readings of the mean; all of them where None

    Returns
    -------
    W.
    """
    count = max(1, len(power_w) if count is None else count)
    if share >= 1.0 or len(power_w) < 3:
        return 0.0
    error = float(np.sqrt(np.mean(np.diff(power_w) ** 2) / 2)) / np.sqrt(count)
    if count >= 6 * BATCH:
        batches = power_w[: len(power_w) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
        spread = median(np.abs(np.diff(batches))) / MEDIAN_OF_DIFFERENCE
        error = min(error, spread / np.sqrt(count / BATCH))
    return float(Z975 * error * np.sqrt(1.0 - share))


def _edge_j(seen: SensorView, at: Array, power: Array, edge_s: float) -> float:
    """J that may lie on the wrong side of an edge: the power's change about it, over where it cannot be placed."""
    near = power[np.abs(at - edge_s) <= seen.reach_s]
    change = float(np.ptp(near)) if len(near) else 0.0
    change = max([change, *(b.swing_w / 2 for b in seen.beats if b.begin_s <= edge_s <= b.end_s)])
    return float(Z975 * change * seen.reach_s / np.sqrt(12.0))


def _beat_j(seen: SensorView, begin_s: float, end_s: float) -> float:
    """J by which evened beats may be off: half a reading of their length, at full swing; and, where no jump tells when
    the load began or ended, half the swing for as much of a beat's quiet part before or after as the window holds."""

    def certain_between(first: float, last: float) -> float:
        return max(0.0, min(last, end_s) - max(first, begin_s))

    off = 0.0
    for beat in seen.beats:
        within_s = certain_between(beat.begin_s, beat.end_s)
        # as it stands, a window may hold the high or the low half of one beat more than its share
        off += beat.swing_w / 2 * (within_s / beat.readings if beat.evened else min(within_s, beat.length_s))
        if not beat.begins_sharp:
            off += beat.swing_w / 2 * certain_between(beat.begin_s - QUIET_PART * beat.length_s, beat.begin_s)
        if not beat.ends_sharp:
            off += beat.swing_w / 2 * certain_between(beat.end_s, beat.end_s + QUIET_PART * beat.length_s)
    return off


def _lag_j(seen: SensorView, begin_s: float, end_s: float) -> float:
    """J that a wrong time constant moves into or out of the window."""
    if seen.relax_at is None or seen.relax_w is None:
        return 0.0
    rise = np.interp(end_s, seen.relax_at, seen.relax_w) - np.interp(begin_s, seen.relax_at, seen.relax_w)
    return float(Z975 * seen.relax_error_s * abs(rise))


def _late_j(seen: SensorView, begin_s: float, end_s: float) -> float:
    """J that late readings move into or out of the window: what the power rose or fell by from edge to edge, for as
    long as they may be late."""
    at, power = seen.level_at, seen.level_w
    if seen.late_s <= 0 or at is None or power is None or not len(power):
        return 0.0
    ends = []
    for edge in (begin_s, end_s):
        first, last = np.searchsorted(at, [edge - seen.interval_s, edge + seen.ahead_s])
        near = power[min(first, len(power) - 1) : max(last, first + 1)]
        ends.append((float(near.min()), float(near.max())))
    (low, high), (last_low, last_high) = ends
    return seen.late_s * max(last_high - low, high - last_low, 0.0)


def _gap_j(seen: SensorView, at: Array, power: Array, begin_s: float, end_s: float, counted: bool) -> float:
    """J in gaps between readings, where the power may have been any of what the window saw."""
    if len(at) < 2:
        return 0.0
    long = np.diff(at) > GAP * max(seen.interval_s, median(np.diff(at)))
    if counted:  # the counter went on: only a gap that the window begins or ends in leaves a doubt
        long &= ((at[:-1] < begin_s) & (begin_s < at[1:])) | ((at[:-1] < end_s) & (end_s < at[1:]))
    missed = np.minimum(at[1:], end_s) - np.maximum(at[:-1], begin_s)
    seconds = np.clip(missed[long], 0.0, None)
    return float(Z975 * np.std(power) * np.sqrt(np.sum(seconds**2)))
