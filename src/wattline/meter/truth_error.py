"""What an energy's error is made of: the card's gain, the window's edges, the time that the sensor missed, gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattline.fact import Array
from wattline.meter.recording import Series
from wattline.meter.truth_gain import Gain

TWO_SIGMA = 1.96
BATCH = 8  # readings in a batch, by whose means slow swings are told from quick ones
GAP = 3.0  # times the usual interval: longer ones are gaps


@dataclass(frozen=True, eq=False)
class Seen:
    """How a series saw the power.

    ``interval_s``: between readings; ``share``: of the time that they rest on; ``reach_s``: within which an edge
    cannot be placed; ``beats``: stretches evened out, as begin, end (s), swing (W) and readings in a beat;
    ``flat``: a relative error that stands for all of it, where the sensor states one.
    """

    interval_s: float
    share: float
    reach_s: float
    flat: float | None = None
    beats: tuple[tuple[float, float, float, int], ...] = ()
    relax_error_s: float = 0.0
    relax_at: Array | None = None
    relax_w: Array | None = None

    def with_beats(self, time_s: Array, power_w: Array, found: list[tuple[int, int, int]]) -> Seen:
        """The same with these beats, given as first and last reading and length."""
        told = [(float(time_s[a]), float(time_s[b - 1]), float(np.ptp(power_w[a:b])), n) for a, b, n in found]
        return replace(self, beats=tuple(told))


def error_parts(
    seen: Seen, series: Series, begin_s: float, end_s: float, energy_j: float, gain: Gain
) -> dict[str, float]:
    """Relative half-widths by cause (19 times in 20), to be joined by their squares."""
    duration = end_s - begin_s
    mean_w = energy_j / duration
    base = max(energy_j, 1e-9)
    parts = {"sensor": seen.flat} if seen.flat is not None else {"gain": gain.error(mean_w)}
    at, power = _power_near(series, begin_s, end_s, seen)
    parts["edges"] = float(np.hypot(_edge_j(seen, at, power, begin_s), _edge_j(seen, at, power, end_s))) / base
    inside = power[(at >= begin_s) & (at <= end_s)]
    parts["unseen"] = sampling_error(inside, seen.share) / max(mean_w, 1e-9)
    parts["beat"] = _beat_j(seen, begin_s, end_s) / base
    parts["lag"] = _lag_j(seen, begin_s, end_s) / base
    parts["gaps"] = _gap_j(seen, at, power, begin_s, end_s) / base
    return {name: part for name, part in parts.items() if part > 0}


def _power_near(series: Series, begin_s: float, end_s: float, seen: Seen) -> tuple[Array, Array]:
    """Times and powers of the readings in and around a window; a counter's from its rises."""
    at = series.time_s
    if series.power_w is None:
        assert series.energy_j is not None
        steps = np.diff(at)
        at, power = at[:-1] + steps / 2, np.diff(series.energy_j) / steps
    else:
        power = series.power_w
    near = slice(*np.searchsorted(at, [begin_s - 2 * seen.reach_s, end_s + 2 * seen.reach_s]))
    return at[near], power[near]


def sampling_error(power_w: Array, share: float) -> float:
    """Half-width in W of the mean of readings that see ``share`` of the time.

    By the differences of neighbours, or by the means of batches where those spread less (a swing quicker than a
    batch evens out); what is alike from reading to reading was seen.
    """
    n = len(power_w)
    if share >= 1.0 or n < 3:
        return 0.0
    spread = float(np.sqrt(np.mean(np.diff(power_w) ** 2) / 2))
    error = spread / np.sqrt(n)
    if n >= 3 * BATCH:
        means = power_w[: n // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
        error = min(error, float(np.sqrt(np.mean(np.diff(means) ** 2) / 2)) / np.sqrt(len(means)))
    return float(TWO_SIGMA * error * np.sqrt(1.0 - share))


def _edge_j(seen: Seen, at: Array, power: Array, edge_s: float) -> float:
    """J that may lie on the wrong side of an edge: the power's change about it, over where it cannot be placed."""
    near = power[np.abs(at - edge_s) <= seen.reach_s]
    change = float(np.ptp(near)) if len(near) else 0.0
    change = max([change, *(swing / 2 for a, b, swing, _ in seen.beats if a <= edge_s <= b)])
    return float(TWO_SIGMA * change * seen.reach_s / np.sqrt(12.0))


def _beat_j(seen: Seen, begin_s: float, end_s: float) -> float:
    """J by which an evened beat may be off: half a reading of its length, at its full swing."""
    return sum(swing / (2 * n) * max(0.0, min(b, end_s) - max(a, begin_s)) for a, b, swing, n in seen.beats)


def _lag_j(seen: Seen, begin_s: float, end_s: float) -> float:
    """J that a wrong time constant moves into or out of the window."""
    if seen.relax_at is None or seen.relax_w is None:
        return 0.0
    rise = np.interp(end_s, seen.relax_at, seen.relax_w) - np.interp(begin_s, seen.relax_at, seen.relax_w)
    return float(TWO_SIGMA * seen.relax_error_s * abs(rise))


def _gap_j(seen: Seen, at: Array, power: Array, begin_s: float, end_s: float) -> float:
    """J in gaps between readings, where the power may have been any of what the window saw."""
    if len(at) < 2:
        return 0.0
    long = np.diff(at) > GAP * max(seen.interval_s, float(np.median(np.diff(at))))
    missed = np.minimum(at[1:], end_s) - np.maximum(at[:-1], begin_s)
    seconds = np.clip(missed[long], 0.0, None)
    return float(TWO_SIGMA * np.std(power) * np.sqrt(np.sum(seconds**2)))
