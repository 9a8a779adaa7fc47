"""What is wrong in a series of watts: readings that are none, that stand twice, that cannot be, or that never move."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.core.quantiles import median, percentiles
from wattline.meter.device import Device
from wattline.meter.readings.order import FaultTimes, fault_times, typical_interval
from wattline.meter.readings.plausible import max_w

Mask = NDArray[np.bool_]
SENTINELS = (-1.0, -2.0)  # how power analysers write "no reading"
MAX_W = 1e12  # more than this is no number of watts
SPIKE = 100.0  # times what nearly all readings are: no device does that
ENOUGH = 20  # with fewer readings no one knows what nearly all of them are
GAP = 2.5  # intervals: more time than this between two readings is a gap
SILENCE_S, SILENCE_TIMES = 600.0, 60  # a silence is longer than both of these (seconds, intervals)
STUCK_S = 30.0  # a value that holds this long, and this many times longer than values of the same sensor do, is stuck
STUCK_TIMES = 20
DROP_SHARE = 0.05  # a server at work does not fall below this share of its median and come back
DROP_S = 180.0  # in less time than it takes to boot
SERVERS = ("node", "rack")  # kinds of device of which that holds


@dataclass(frozen=True, eq=False)
class Readings:
    """Good readings of power: instants, watts, and which of them a stuck sensor gave; all shape ``(n,)``.

    ``interval_s``: the usual time between rows. ``dropped``: instants of readings that were no power, for a doubt down
    to zero there.
    """

    time_s: Array
    power_w: Array
    stuck: Mask
    interval_s: float
    dropped_s: Array


def sift(time_s: Array, power_w: Array, device: Device, modelled: bool) -> tuple[Readings, list[FaultTimes]]:
    """The good readings among rows in order of time, and the faults of the others.

    Parameters
    ----------
    time_s : when each was read, in order [s], shape ``(n,)``
    power_w : readings [W], shape ``(n,)``
    device : the device
    modelled : whether it is a model, whose value may stand still

    Returns the good readings, and the faults.
    """
    interval = typical_interval(time_s)
    time, power, faults = _once(time_s, power_w)
    faults += gaps(time, interval)
    bad, more = _no_power(time, power, interval, max_w(device))
    faults += more
    dropped = np.zeros(len(time), bool)
    if device.kind in SERVERS:
        dropped, more = _dropouts(time, np.where(bad, np.nan, power), interval)
        faults += more
    none_s, out = time[dropped], bad | dropped
    if out.any():
        time, power = time[~out], power[~out]
    stuck = np.zeros(len(time), bool)
    if not modelled:
        stuck, more = _stuck(time, power)
        faults += more
    return Readings(time, power, stuck, interval, none_s), faults


def gaps(time_s: Array, interval_s: float) -> list[FaultTimes]:
    """Where rows are missing: the time beyond one usual interval.

    Parameters
    ----------
    time_s : instants, s, ``(n,)``, in order
    interval_s : the usual time between two rows, s

    Returns
    -------
    Begin and end of each gap, s.
    """
    steps = np.diff(time_s)
    wide = steps > GAP * interval_s if interval_s > 0 else np.zeros(len(steps), bool)
    silent = wide & (steps > silence_s(interval_s))
    filled, parted = np.flatnonzero(wide & ~silent), np.flatnonzero(silent)
    done = "filled at the level on both sides; the range grows by what power could have been"
    long = "a silence so long parts the recording in two: filled only in a run that went on meanwhile"
    return [
        *fault_times("gap", time_s[filled], steps[filled] - interval_s, done),
        *fault_times("gap", time_s[parted], steps[parted] - interval_s, long),
    ]


def silence_s(interval_s: float) -> float:
    """A gap longer than this parts a series in two."""
    return max(SILENCE_S, SILENCE_TIMES * interval_s)


def _once(time_s: Array, power_w: Array) -> tuple[Array, Array, list[FaultTimes]]:
    """Each instant once: the same reading again is dropped, different ones are averaged, a reading beats none."""
    again = np.flatnonzero(np.diff(time_s) <= 0) + 1
    if not len(again):
        return time_s, power_w, []
    time, group = np.unique(time_s, return_inverse=True)
    there = np.isfinite(power_w)
    count = np.bincount(group, there, len(time))
    total = np.bincount(group, np.where(there, power_w, 0.0), len(time))
    power = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    differ = ~np.isclose(power_w[again], power[group[again]], rtol=0, atol=1e-9, equal_nan=True)
    return time, power, [
        *fault_times("duplicate", time_s[again], 0.0,
               "readings of the same instant counted once" + (", unequal ones averaged" if differ.any() else "")),
    ]  # fmt: skip


def _no_power(time_s: Array, power_w: Array, interval_s: float, limit_w: float) -> tuple[Mask, list[FaultTimes]]:
    """Rows without a number, sentinels and negative watts."""
    if _all_power(power_w, limit_w):
        return np.zeros(len(power_w), bool), []
    none = ~(np.abs(power_w) <= MAX_W)
    below = ~none & (power_w < 0)
    sentinel = below & np.isin(power_w, SENTINELS)
    if (below & ~sentinel).any():  # noise about zero, not a code
        sentinel = np.zeros_like(sentinel)
    negative = below & ~sentinel
    beyond = ~none & ~below & (power_w > limit_w)
    spike = _spikes(np.where(none | below | beyond, np.nan, power_w))
    done = "left out, bridged from its neighbours"
    return none | below | beyond | spike, [
        *fault_times("spike", time_s[spike], interval_s, f"a hundred times what nearly all readings are: {done}"),
        *fault_times("spike", time_s[beyond], interval_s, f"more than such a device can draw ({limit_w:g} W): {done}"),
        *fault_times("unreadable", time_s[none], interval_s, f"no number: {done}"),
        *fault_times("sentinel", time_s[sentinel], interval_s, f"−1 or −2 W means no reading: {done}"),
        *fault_times("negative", time_s[negative], interval_s, f"no power is negative: {done}"),
    ]


def _all_power(power_w: Array, limit_w: float) -> bool:
    """Whether no row can be what ``_no_power`` looks for."""
    least, most = (float(power_w.min()), float(power_w.max())) if len(power_w) else (0.0, 0.0)
    return least >= 0 and most <= min(limit_w, MAX_W, SPIKE * max(least, 1.0))


def _spikes(power_w: Array) -> Mask:
    """Readings far beyond nearly all others, where there are enough of them to know."""
    good = np.isfinite(power_w)
    if good.sum() < ENOUGH:
        return np.zeros(len(power_w), bool)
    usual = percentiles(power_w[good], 90)[0]
    return np.asarray(good & (power_w > SPIKE * max(usual, 1.0)))


def _dropouts(time_s: Array, power_w: Array, interval_s: float) -> tuple[Mask, list[FaultTimes]]:
    """A server's readings near zero between readings at work, too shortly apart for it to have been off."""
    out = np.zeros(len(time_s), bool)
    good = np.isfinite(power_w)
    if good.sum() < 20:
        return out, []
    low = good & (power_w < DROP_SHARE * median(power_w[good]))
    if not low.any():
        return out, []
    high = np.flatnonzero(good & ~low)
    for begin, end in pairwise(high.tolist()):
        if end > begin + 1 and low[begin:end].any() and time_s[end] - time_s[begin] < DROP_S:
            out[begin:end] |= low[begin:end]
    done = "near zero between readings at work, which a server cannot do: left out, bridged; the range reaches zero"
    return out, fault_times("dropout", time_s[out], interval_s, done)


class StuckStretch(NamedTuple):
    """A stretch of one value: from when to when (s), the value (W), and in how many readings."""

    begin_s: float
    end_s: float
    power_w: float
    readings: int

    @property
    def seconds(self) -> float:
        return self.end_s - self.begin_s


def stuck_stretches(time_s: Array, power_w: Array) -> list[StuckStretch]:
    """Stretches in which one value holds far longer than this sensor's values do.

    Parameters
    ----------
    time_s : rising, shape ``(n,)`` [s]
    power_w : finite, shape ``(n,)`` [W]

    Returns
    -------
    The stretches, in the order of time.
    """
    if len(time_s) < STUCK_TIMES:
        return []
    starts = np.concatenate([[0], np.flatnonzero(np.diff(power_w) != 0) + 1])
    ends = np.concatenate([starts[1:], [len(power_w)]])
    if (ends - starts).max() < STUCK_TIMES:
        return []
    lasting = time_s[ends - 1] - time_s[starts]
    usual = median(np.diff(time_s[starts])) if len(starts) > 2 else 0.0
    still = (lasting >= max(STUCK_S, STUCK_TIMES * usual)) & (ends - starts >= STUCK_TIMES) & (power_w[starts] > 0)
    return [
        StuckStretch(float(time_s[a]), float(time_s[b - 1]), float(power_w[a]), int(b - a))
        for a, b in zip(starts[still], ends[still], strict=True)
    ]


def _stuck(time_s: Array, power_w: Array) -> tuple[Mask, list[FaultTimes]]:
    """Readings that hold one value far longer than this sensor's values do."""
    stretches = stuck_stretches(time_s, power_w)
    mask = np.zeros(len(time_s), bool)
    if not stretches:
        return mask, []
    for stretch in stretches:
        mask |= (time_s >= stretch.begin_s) & (time_s <= stretch.end_s)
    values = ", ".join(sorted({f"{stretch.power_w:g} W" for stretch in stretches})[:3])
    done = f"stuck at {values}: kept as read, but it says nothing; the range reaches from idle to full power"
    begins, lasting = (np.array([getattr(s, name) for s in stretches], float) for name in ("begin_s", "seconds"))
    return mask, fault_times("stuck", begins, lasting, done)
