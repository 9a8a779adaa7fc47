"""Readings brought back to the power over time that made them: windows undone, lags undone, beats evened out.

Pure functions of arrays; times in seconds, power in watts, both shape ``(n,)`` and in order of time.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.core.quantiles import median

STALE = 1.5  # a reading is held this many periods at most before the next is taken as late
READING_W, STEP_W = 0.1, 20.0  # how well a mean is known, and how far power moves from one period to the next
JITTER_S = 0.03  # readings appear so much sooner or later than their window ends
RELAX_STEP_S = 0.2  # of the means by which a lag is found: quicker loads even out
BEAT_FIT = 0.35  # share of the swing that may be left unlike one beat before
ABRUPT = 0.5  # of the swing within one reading: a load that begins or ends, never a beat
QUIET = 0.08  # of the swing above the least: what is lower may be idle
MIN_BEAT, MAX_BEAT = 6, 600  # readings in a beat; quicker ones even out by themselves
BEATS_AT_ONCE = 2048  # readings among which beats are looked for
MEANS_AT_ONCE = 1 << 16  # means undone in one go
SPLIT = 100  # periods without a reading part one go from the next


def sensor_updates(time_s: Array, power_w: Array, period_s: float) -> tuple[Array, Array]:
    """When new readings appeared, and their values: the changes, where polls are denser than the sensor renews.

    A change is put midway between the poll before it and its own. Polls as sparse as the sensor's period or sparser
    are each a reading of their own, half a period old.

    Parameters
    ----------
    time_s : when each was read, in order [s], shape ``(n,)``
    power_w : readings [W], shape ``(n,)``
    period_s : in which the sensor renews its reading [s]

    Returns times and powers of the new readings, shape ``(m,)``.
    """
    if len(time_s) < 2 or median(np.diff(time_s)) > 0.6 * period_s:
        return time_s - period_s / 2, power_w
    new = np.flatnonzero(np.diff(power_w) != 0.0) + 1
    gap = np.minimum(time_s[new] - time_s[new - 1], period_s)
    return time_s[new] - gap / 2, power_w[new]


def unaverage_long(at_s: Array, mean_w: Array, window_s: float, step_s: float) -> tuple[Array, Array]:
    """``unaverage`` of any length, silences and all: in pieces that overlap, none across a silence.

    Parameters
    ----------
    at_s : times of the means, in order [s], shape ``(n,)``
    mean_w : mean power of the window before each [W], shape ``(n,)``
    window_s : length of the window [s]
    step_s : between two readings [s]

    Returns times and powers, shape ``(m,)``.
    """
    cuts = np.flatnonzero(np.diff(at_s) > SPLIT * step_s) + 1
    margin = 4 * max(2, round(window_s / step_s))
    times, powers = [], []
    for run in np.split(np.arange(len(at_s)), cuts):
        for first in range(0, len(run), MEANS_AT_ONCE):
            piece = run[max(0, first - margin) : first + MEANS_AT_ONCE + margin]
            time, power = unaverage(at_s[piece], mean_w[piece], window_s, step_s)
            begin = -np.inf if first == 0 else at_s[run[first - 1]]
            end = at_s[run[min(first + MEANS_AT_ONCE, len(run)) - 1]]
            keep = (time > begin) & (time <= end)
            times.append(time[keep])
            powers.append(power[keep])
    return np.concatenate(times), np.concatenate(powers)


def near(time_s: Array, readings_s: Array, slack_s: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which times have a reading within ``slack_s``: what lies in a silence was not read.

    Parameters
    ----------
    time_s : when each was read, in order [s], shape ``(n,)``
    readings_s : when there was a reading, in order [s]
    slack_s : how far from it a time may be [s]

    Returns a flag for each of the times.
    """
    right = np.clip(np.searchsorted(readings_s, time_s), 1, len(readings_s) - 1)
    distance = np.minimum(np.abs(time_s - readings_s[right - 1]), np.abs(readings_s[right] - time_s))
    return np.asarray(distance <= slack_s)


def unaverage(at_s: Array, mean_w: Array, window_s: float, step_s: float) -> tuple[Array, Array]:
    """Power in steps of ``step_s`` whose means over ``window_s`` before each ``at_s`` are ``mean_w``.

    Least squares with the smallest steps that agree, in bands, so that hours take a moment. Where means are missing
    (the sensor held its reading) the smoothest power that fits stands. Returns the middles of the steps and the power.

    Parameters
    ----------
    at_s : instants of the readings, s, ``(n,)``
    mean_w : means over the window before each, W, ``(n,)``
    window_s : over which the sensor means, s
    step_s : of the power that is sought, s

    Returns
    -------
    Middles of the steps, s, and their power, W, each ``(n_steps,)``.
    """
    from scipy.linalg import solveh_banded  # a quarter of a second to load, and counters do without

    width = max(2, round(window_s / step_s))
    slope = np.gradient(mean_w, at_s) if len(at_s) > 1 else np.zeros(1)
    trust = 1.0 / (READING_W**2 + (JITTER_S * slope) ** 2)
    first = at_s[0] - width * step_s
    n = int(np.ceil((at_s[-1] - first) / step_s - 1e-6))
    end = (at_s - first) / step_s
    whole, part = np.floor(end).astype(int), end - np.floor(end)
    bands, right = _normal_equations(whole, part, trust, mean_w, width, n)
    smooth = 1.0 / STEP_W**2
    bands[0, :-1] += smooth
    bands[0, 1:] += smooth
    bands[1, :-1] -= smooth
    bands[0] += 1e-9
    power = solveh_banded(bands, right, lower=True, check_finite=False)
    return first + (np.arange(n) + 0.5) * step_s, np.asarray(power)


def _normal_equations(
    whole: NDArray[np.intp], part: Array, trust: Array, mean_w: Array, width: int, count: int
) -> tuple[Array, Array]:
    """The bands below the diagonal, ``(width + 2, count)``, and the right side, ``(count,)``, of the least squares.

    A mean that ends a ``part`` of the way through step ``whole`` weighs each of the ``width - 1`` steps before that
    by ``1 / width``, the last by ``part`` of it and the first, ``width`` before it, by the rest.
    """
    last, begin = np.where(whole < count, part, 0.0), np.where(whole >= width, 1.0 - part, 0.0)
    share, size = 1.0 / width, count + width
    trust = share * share * trust
    weighed_w = width * mean_w * trust

    def at_step(values: Array, back: int = 0) -> Array:
        """Sums of values of the means by the step in which they end, or one so far before."""
        return np.asarray(np.bincount(np.maximum(whole - back, 0), values, size), float)

    heavy, ended, begun = at_step(trust), at_step(last * trust), at_step(begin * trust, width)
    weighed = at_step(weighed_w)
    bands = np.zeros((width + 2, count))
    inner, right = np.zeros(count), np.zeros(count)
    for shift in range(width - 1, 0, -1):  # pairs of even weights: one more of them in each band nearer the diagonal
        inner += heavy[shift : shift + count]
        right += weighed[shift : shift + count]
        bands[shift - 1] = inner
    for shift in range(1, width):
        bands[shift] += begun[:count] + ended[shift : shift + count]
    bands[0] += at_step(begin**2 * trust, width)[:count] + at_step(last**2 * trust)[:count]
    bands[width] = at_step(begin * last * trust, width)[:count]
    first = at_step(begin * weighed_w, width)
    return bands, right + first[:count] + at_step(last * weighed_w)[:count]


def unrelax(at_s: Array, reading_w: Array, relax_s: float) -> Array:
    """Power behind readings that approach it as a capacitor charges, same shape: reading + relax_s * its slope.

    Over any span the energy is that of the readings plus ``relax_s`` times their rise, whatever the noise.

    Parameters
    ----------
    at_s : times in order [s], shape ``(n,)``
    reading_w : readings [W], shape ``(n,)``
    relax_s : time constant [s]

    Returns power [W], shape ``(n,)``.
    """
    if len(at_s) < 3 or relax_s <= 0:
        return reading_w
    return reading_w + relax_s * np.gradient(reading_w, at_s)


def find_relax(at_s: Array, reading_w: Array, low_s: float, high_s: float) -> float | None:
    """The time constant between the bounds that leaves steps sharp; None where no step tells.

    Too short a constant leaves slopes, too long a one overshoots: the path of the power is shortest up to the right
    constant and grows beyond it.

    Parameters
    ----------
    at_s : times in order [s], shape ``(n,)``
    reading_w : readings [W], shape ``(n,)``
    low_s, high_s : bounds of the constant [s]

    Returns the time constant [s].
    """
    swing = float(np.ptp(reading_w)) if len(reading_w) else 0.0
    if swing < 20.0 or len(at_s) < 20:
        return None
    grid = np.linspace(low_s / 2, high_s, 41)
    at, reading = means(at_s, reading_w, RELAX_STEP_S)
    path = np.array([np.abs(np.diff(unrelax(at, reading, tau))).sum() for tau in grid])
    longest = np.flatnonzero(path <= 1.10 * path.min() + 0.02 * swing)[-1]
    # a path that grows from the first as it does at last: a load too restless to tell
    untold = low_s > 0 and path[3] - path[0] > 0.35 * (path[-1] - path[-4])
    return None if untold else float(grid[longest])


def means(at_s: Array, power_w: Array, step_s: float) -> tuple[Array, Array]:
    """Means of as many readings in a row as fill ``step_s``: their times and powers; a remainder is left out.

    Parameters
    ----------
    at_s : times in order [s], shape ``(n,)``
    power_w : readings [W], shape ``(n,)``
    step_s : that a mean fills [s]

    Returns times and powers, shape ``(m,)``.
    """
    width = max(1, round(step_s / max(median(np.diff(at_s)), 1e-6)))
    n = len(at_s) // width * width
    if n < 3 * width:
        return at_s, power_w
    return at_s[:n].reshape(-1, width).mean(axis=1), power_w[:n].reshape(-1, width).mean(axis=1)


def steady_parts(power_w: Array) -> list[tuple[int, int]]:
    """Stretches ``[first, last)`` between abrupt changes of the load."""
    swing = float(np.ptp(power_w)) if len(power_w) else 0.0
    if swing <= 0:
        return [(0, len(power_w))]
    cuts = np.flatnonzero(np.abs(np.diff(power_w)) > ABRUPT * swing) + 1
    edges = [0, *cuts.tolist(), len(power_w)]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def find_beat(power_w: Array) -> int:
    """The length in readings of a slow swing that repeats, as a load of nearly the sensor's period leaves; 0 for none.

    A load that really swung so slowly would switch at once; a beat moves from reading to reading. The stretch must
    hold it one and a third times.
    """
    n = len(power_w)
    swing = float(np.ptp(power_w)) if n else 0.0
    if n < 2 * MIN_BEAT or swing < 0.15 * float(np.mean(power_w)):
        return 0
    lags = np.arange(MIN_BEAT, min(MAX_BEAT, int(n / 1.33)) + 1)
    unlike = np.array([np.mean(np.abs(power_w[lag:] - power_w[:-lag])) for lag in lags])
    good = unlike < BEAT_FIT * 1.13 * float(np.std(power_w))  # 1.13: what any two of normal numbers differ by
    if not good.any():
        return 0
    start = int(np.argmax(good))
    if start == 0:  # alike from the first lag on: a slow drift, no beat
        return 0
    stop = start + int(np.argmax(~good[start:])) if (~good[start:]).any() else len(good)
    return int(lags[start + int(np.argmin(unlike[start:stop]))])


def even_out(power_w: Array, beat: int) -> Array:
    """Each reading replaced by the mean over one whole beat around it, kept inside the stretch; same shape.

    Parameters
    ----------
    power_w : readings, W, ``(n,)``
    beat : readings of one whole beat

    Returns
    -------
    W, ``(n,)``.
    """
    total = np.concatenate([[0.0], np.cumsum(power_w)])
    first = np.clip(np.arange(len(power_w)) - beat // 2, 0, len(power_w) - beat)
    return np.asarray((total[first + beat] - total[first]) / beat)


def even_beats(power_w: Array) -> tuple[Array, list[tuple[int, int, int]]]:
    """Readings with every beat evened out, and the beats: ``(first, last, length)`` in readings.

    Quiet readings at the ends of a stretch are no part of it: before the load, or of a beat's low, who can say.
    """
    out, beats = power_w.copy(), []
    blocks = range(0, len(power_w), BEATS_AT_ONCE)
    for first, last in [(at + a, at + b) for at in blocks for a, b in steady_parts(power_w[at : at + BEATS_AT_ONCE])]:
        part = power_w[first:last]
        busy = np.flatnonzero(part > part.min() + QUIET * np.ptp(part))
        if not len(busy):
            continue
        first, last = first + int(busy[0]), first + int(busy[-1]) + 1
        beat = find_beat(power_w[first:last])
        if beat:
            out[first:last] = even_out(power_w[first:last], beat)
            beats.append((first, last, beat))
    return out, beats
