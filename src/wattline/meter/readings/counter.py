"""A cumulative counter of joules made to rise: wraps, resets, and single readings that are nonsense."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wattline.core.fact import Array
from wattline.core.quantiles import median, percentiles
from wattline.meter.readings.faults import ENOUGH, SPIKE, Mask
from wattline.meter.readings.order import FaultTimes, fault_times

ROUNDS = 3  # bad readings beside each other: what is left of them stands out once the first is gone
MAX_J = 1e20  # more than this is no number of joules
TURN = 0.75  # of a counter's range that must be missing from a step for a hidden turn in it
SLACK_J = 10.0  # what a counter may rise in one renewal, however short the time between two readings


class Rise(NamedTuple):
    """A counter that only rises: instants, joules since the first, both ``(n,)``; doubt of each step, ``(n - 1,)``."""

    time_s: Array
    energy_j: Array
    doubt_j: Array


def untangle(time_s: Array, energy_j: Array, wrap_j: float, max_w: float = np.inf) -> tuple[Rise, list[FaultTimes]]:
    """Wraps added, resets and leaps bridged at the power beside them, nonsense readings left out; instants rising.

    Parameters
    ----------
    time_s : when each was read, in order [s], shape ``(n,)``
    energy_j : the counter [J], shape ``(n,)``
    wrap_j : where it starts anew from zero; infinite where it does not [J]
    max_w : what the device can draw; a step above it is a leap, never energy [W]

    Returns the counter as it rose, and the faults.
    """
    if (risen := _risen(time_s, energy_j, wrap_j, max_w)) is not None:
        return risen, []
    there = np.abs(energy_j) < MAX_J
    faults = fault_times("unreadable", time_s[~there], 0.0, "no number: the counter bridges it")
    time, count = time_s[there], energy_j[there]
    again = np.concatenate([[False], np.diff(time) <= 0]) if len(time) else np.empty(0, bool)
    faults += fault_times("duplicate", time[again], 0.0, "readings of the same instant counted once")
    time, count = time[~again], count[~again]
    glitches: list[Array] = []
    for _ in range(ROUNDS):
        glitch = _glitches(count)
        if not glitch.any():
            break
        glitches.append(time[glitch])
        time, count = time[~glitch], count[~glitch]
    done = "a counter that leaps and comes back: left out, the counter bridges it"
    faults += fault_times("unreadable", np.concatenate([np.empty(0), *glitches]), 0.0, done)
    if len(time) < 2:
        return Rise(time, np.zeros(len(time)), np.empty(0)), faults
    return _rise(time, count, wrap_j, max_w, faults)


def _glitches(count: Array) -> Mask:
    """Single readings out of line between two that are in line."""
    out = np.zeros(len(count), bool)
    if len(count) < 3:
        return out
    before, here, after = count[:-2], count[1:-1], count[2:]
    out[1:-1] = (after >= before) & ((here < before) | (here > after))
    # of two beside each other only the first is judged: the second was judged by it
    out[1:] &= ~out[:-1]
    return out


def _rise(
    time: Array, count: Array, wrap_j: float, max_w: float, faults: list[FaultTimes]
) -> tuple[Rise, list[FaultTimes]]:
    step, length = np.diff(count), np.diff(time)
    leap = _leaps(step, length, max_w)
    good = (step >= 0) & ~leap
    usual = median(step[good] / length[good]) if good.any() else 0.0
    ceiling = float(np.max(step[good] / length[good])) if good.any() else 0.0
    doubt = np.zeros(len(step))
    wraps, resets = [], []
    for i in np.flatnonzero(~good).tolist():
        around = _power_beside(step, length, leap, i, usual)
        if leap[i]:
            step[i] = around * length[i]
            doubt[i] = max(step[i], ceiling * length[i] - step[i])
        elif np.isfinite(wrap_j) and count[i] <= wrap_j * 1.001:
            wraps.append(i)
            turn = step[i] + wrap_j
            # a long gap may hide more turns than one: as many as the power beside it asks for
            more = max(0, round((around * length[i] - turn) / wrap_j))
            step[i] = turn + more * wrap_j
            doubt[i] = wrap_j if more or (length[i] * max(ceiling, around) > wrap_j + turn) else 0.0
        else:
            resets.append(i)
            step[i] = max(float(count[i + 1]), around * length[i])
            doubt[i] = max(step[i] - max(0.0, float(count[i + 1])), max(0.0, ceiling * length[i] - step[i]))
    hidden = _hidden_turns(step, length, wrap_j, usual)
    step = step + hidden * wrap_j if hidden.any() else step
    doubt = doubt + np.where(hidden > 0, wrap_j if np.isfinite(wrap_j) else 0.0, 0.0)
    wrapped = np.unique(np.concatenate([np.array(wraps, int), np.flatnonzero(hidden)]))
    at = time[:-1]
    faults = [
        *faults,
        *fault_times("wrap", at[wrapped], 0.0, f"the counter began anew at {wrap_j:g} J: added back"),
        *fault_times("leap", at[leap], length[leap],
               "the counter leapt by more than such a device can draw: bridged at the power beside it"),
        *fault_times("reset", at[np.array(resets, int)], length[np.array(resets, int)],
               "the counter was set back: bridged at the power beside it"),
    ]  # fmt: skip
    return Rise(time, np.concatenate([[0.0], np.cumsum(step)]), doubt), faults


def _leaps(step: Array, length: Array, max_w: float) -> Mask:
    """Steps at a power that the device cannot draw, or far beyond nearly all others in which the counter moved."""
    beyond = np.asarray(step > max_w * length + SLACK_J)
    rate = step / length
    moved = rate[(rate > 0) & ~beyond]
    if len(moved) < ENOUGH:
        return beyond
    return np.asarray(beyond | (rate > SPIKE * max(percentiles(moved, 90)[0], 1.0)))


def _risen(time_s: Array, energy_j: Array, wrap_j: float, max_w: float) -> Rise | None:
    """A counter that only rises, in which no step can be a leap or hide a turn by the rules below: nothing is to be
    mended. None where something may be."""
    if len(time_s) < 2 or not (abs(energy_j[0]) < MAX_J and abs(energy_j[-1]) < MAX_J):
        return None
    step, length = np.diff(energy_j), np.diff(time_s)
    if not (step.min() >= 0 and length.min() > 0) or (step > max_w * length + SLACK_J).any():
        return None
    rate = step / length
    most, moved = float(rate.max()), rate if rate.min() > 0 else rate[rate > 0]
    if not len(moved) or most > SPIKE * max(float(moved.min()), 1.0):
        return None
    if np.isfinite(wrap_j) and most * float(length.max()) > TURN * wrap_j:
        return None
    return Rise(time_s, np.concatenate([[0.0], np.cumsum(step)]), np.zeros(len(step)))


def _power_beside(step: Array, length: Array, leap: Mask, i: int, usual: float) -> float:
    """Mean power of the good steps on both sides, else the usual one."""
    near = [j for j in (i - 1, i + 1) if 0 <= j < len(step) and step[j] >= 0 and not (leap[j] and j > i)]
    return float(np.mean([step[j] / length[j] for j in near])) if near else usual


def _hidden_turns(step: Array, length: Array, wrap_j: float, usual: float) -> Array:
    """Whole turns inside long gaps whose counter rose, but by far less than the usual power asks for."""
    if not np.isfinite(wrap_j) or usual <= 0:
        return np.zeros(len(step))
    missing = usual * length - step
    return np.asarray(np.where(missing > TURN * wrap_j, np.round(missing / wrap_j), 0.0))
