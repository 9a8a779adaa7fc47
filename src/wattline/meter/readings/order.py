"""Readings put in the order of true time: clocks that step back, jump, or show another year."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.core.quantiles import median
from wattline.core.units import DAY_S

JUMP_S = 0.5  # clocks that part by more than this did jump
FAR_S = 30 * DAY_S
STRAY = 3  # as few readings, months away from the many others, are astray
LATEST_S = 2.5e11  # the year 9892: a later one is no time
UNSET_S = 946_684_800.0  # a clock that shows a year before 2000 was never set


class FaultTimes(NamedTuple):
    """One kind of fault in a series: when each began, how long it lasted, and what was done."""

    kind: str
    at_s: Array
    lasting_s: Array
    done: str


def fault_times(kind: str, at_s: Array, lasting_s: Array | float, done: str) -> list[FaultTimes]:
    """One FaultTimes, or none where there is nothing.

    Parameters
    ----------
    kind : of fault
    at_s : when each was [s], shape ``(n,)``
    lasting_s : how long each lasted [s]
    done : what was done about it

    Returns a list of one or none.
    """
    at = np.asarray(at_s, float)
    return [FaultTimes(kind, at, np.broadcast_to(np.asarray(lasting_s, float), at.shape), done)] if len(at) else []


def typical_interval(time_s: Array) -> float:
    """The median of the steps between different instants; 0 where there are none."""
    steps = np.diff(time_s)
    if len(steps) and not steps.min() > 0:
        steps = steps[steps > 0]
    return median(steps) if len(steps) else 0.0


def true_time(time_s: Array, monotonic_s: Array | None, key: Array) -> tuple[Array, NDArray[np.intp], list[FaultTimes]]:
    """Seconds since the epoch that only run forward, the rows they belong to, and the faults of the clock. Rows without
    a time are left out.

    Parameters
    ----------
    time_s : as the clock said, shape ``(n,)`` [s]
    monotonic_s : of the machine's monotonic clock, where it is known, shape ``(n,)`` [s]
    key : the readings, by which a stretch written twice is told from a clock set back, shape ``(n,)``

    Returns times in order and rows, shape ``(m,)``, m ≤ n, and the faults.
    """
    if monotonic_s is None and _runs_forward(time_s):
        return time_s, np.arange(len(time_s)), []
    kept = np.flatnonzero(np.abs(time_s) < LATEST_S)
    lost = len(time_s) - len(kept)
    faults = fault_times("unreadable", np.full(lost, np.nan), 0.0, "readings without a time left out")
    if not len(kept):
        return np.empty(0), kept, faults
    has_monotonic = monotonic_s is not None and np.isfinite(monotonic_s[kept]).all()
    if has_monotonic and monotonic_s is not None and (monotonic_s[kept] != time_s[kept]).any():
        time, more = _by_monotonic(time_s[kept], monotonic_s[kept])
    else:
        time, more = _by_order(time_s[kept], key[kept])
    order = np.argsort(time, kind="stable")
    time, kept = time[order], kept[order]
    near, astray = _drop_stray(time)
    return time[near], kept[near], faults + more + astray


def _runs_forward(time_s: Array) -> bool:
    """Whether every instant is a time and later than the one before, none of them astray: nothing is to be mended."""
    if len(time_s) < 2 or not (time_s[0] > -LATEST_S and time_s[-1] < LATEST_S):
        return False
    steps = np.diff(time_s)
    return bool(steps.min() > 0 and steps.max() <= FAR_S and (time_s[0] >= UNSET_S or time_s[-1] < UNSET_S))


def _by_monotonic(wall: Array, mono: Array) -> tuple[Array, list[FaultTimes]]:
    """Wall time by the clock that never jumps, whose offset is the commonest one; anew after each restart."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(mono) < 0) + 1, [len(mono)]])
    time, faults = wall.copy(), []
    for begin, end in pairwise(starts.tolist()):
        offset = wall[begin:end] - mono[begin:end]
        time[begin:end] = mono[begin:end] + median(offset)
        steps = np.diff(offset)
        at = np.flatnonzero(np.abs(steps) > JUMP_S)
        done = "the wall clock jumped; durations go by the clock that does not"
        faults += fault_times("clock", time[begin:end][at + 1], np.abs(steps[at]), done)
    return time, faults


def _by_order(wall: Array, key: Array) -> tuple[Array, list[FaultTimes]]:
    """Wall time of readings in the order they were written: where the clock steps back, later ones are moved on."""
    wall, unset = _set(wall)
    steps = np.diff(wall)
    back = np.flatnonzero(steps < 0)
    if not len(back):
        return wall, unset
    if len(back) > max(3, 0.05 * len(wall)):
        done = "rows were not in order of time: sorted"
        return wall, unset + fault_times("clock", wall[back + 1], -steps[back], done)
    interval = typical_interval(wall)
    time = wall.copy()
    edges = [*(back + 1), len(wall)]
    sorted_at, moved_at = [], []
    for begin, end in pairwise(edges):
        seen, part = time[:begin], time[begin:end]
        overlap = float(seen.max() - part[0])
        small = overlap <= 3 * interval or end - begin < 3
        if (
            small
            or part[-1] <= seen.min()
            or part[0] < seen.max() - FAR_S
            or _twice(seen, key[:begin], part, key[begin:end])
        ):
            sorted_at.append(begin)
        else:
            time[begin:] += overlap + interval
            moved_at.append(begin)
    sorted_rows, moved_rows = np.array(sorted_at, int), np.array(moved_at, int)
    return time, [
        *unset,
        *fault_times("clock", wall[sorted_rows], -steps[sorted_rows - 1], "the clock stepped back: sorted by time"),
        *fault_times("clock", wall[moved_rows], -steps[moved_rows - 1],
               "the clock stepped back: what came after it moved on, so that time only runs forward"),
    ]  # fmt: skip


def _set(wall: Array) -> tuple[Array, list[FaultTimes]]:
    """Stretches dated before 2000 among others that are not, put behind (or before) what was written beside them."""
    unset = wall < UNSET_S
    if not unset.any() or unset.mean() > 0.5:
        return wall, []
    wall = wall.copy()
    interval = typical_interval(wall)
    edges = np.flatnonzero(np.diff(unset)) + 1
    at, away = [], []
    for rows in np.split(np.arange(len(wall)), edges):
        if not unset[rows[0]]:
            continue
        first, last = rows[0], rows[-1]
        shift = wall[first - 1] + interval - wall[first] if first else wall[last + 1] - interval - wall[last]
        at.append(wall[first] + shift)
        away.append(shift)
        wall[rows] += shift
    done = "the clock was not set: readings put beside those written before or after them"
    return wall, fault_times("clock", np.array(at), np.array(away), done)


def _twice(seen: Array, seen_key: Array, part: Array, part_key: Array) -> bool:
    """Whether a stretch was written before: most of it, where it overlaps, is there with the same readings."""
    inside = part <= seen.max()
    order = np.argsort(seen, kind="stable")
    at = np.minimum(np.searchsorted(seen[order], part[inside]), len(seen) - 1)
    same = (seen[order][at] == part[inside]) & (seen_key[order][at] == part_key[inside])
    return bool(same.sum() > 0.5 * inside.sum())


def _drop_stray(time: Array) -> tuple[NDArray[np.bool_], list[FaultTimes]]:
    """Which rows are near the others; a few that are dated months or years away are not."""
    near = np.ones(len(time), bool)
    cuts = np.flatnonzero(np.diff(time) > FAR_S)
    if not len(cuts):
        return near, []
    groups = np.split(np.arange(len(time)), cuts + 1)
    main = max(groups, key=len)
    for group in groups:
        if group is not main and len(group) <= min(STRAY, len(main) // 20):
            near[group] = False
    at = time[~near]
    far = np.abs(at - np.median(time[main])) if len(at) else np.empty(0)
    return near, fault_times("clock", at, far, "readings dated months or years from the others left out")
