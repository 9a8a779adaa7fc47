"""Whether the energy of a unit of work fell: the ratio of two rates, its interval and its significance, from blocks.

Blocks of a recording follow one another and are not independent, so they are put together into batches until
neighbours no longer go together, and what is left widens the error (batch means; Law and Kelton, Simulation Modeling
and Analysis).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from wattline.core.fact import Array
from wattline.reconcile.blocks import MIN_BLOCKS, Blocks

SURE = 0.95  # of the interval
POWER = 0.8  # chance that a saving of the smallest share is found
MEMORY = 1.25  # times the variance of pairs in turn, A B, B A: the most that a memory of the noise makes of it


@dataclass(frozen=True)
class Rate:
    """Joules for each unit of work, or watts: the value, its standard error, and the freedoms of the latter."""

    value: float
    error: float
    freedom: float


@dataclass(frozen=True)
class SavingTest:
    """What was saved as a share of the rate before, its interval and its significance.

    Attributes
    ----------
    saved, low, high : share of the rate before that is saved; below 0 where more is taken [share]
    p_value : chance of a difference as large where there is none
    smallest : saving that would be found significant four times in five [share]
    """

    saved: float
    low: float
    high: float
    p_value: float
    smallest: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves no saving out."""
        return self.p_value < 1 - SURE


def rate_of(blocks: Blocks) -> Rate:
    """The rate of a recording, with the error that its blocks' scatter leaves.

    Parameters
    ----------
    blocks : at least ``MIN_BLOCKS`` of them

    Returns
    -------
    The rate, its standard error and degrees of freedom.
    """
    return rate(blocks.energy_j, blocks.weight)


def rate(energy_j: Array, weight: Array) -> Rate:
    """Joules over weight, of blocks that follow one another.

    Parameters
    ----------
    energy_j : of each block, shape ``(n,)`` [J]
    weight : what it is held against, work or seconds, shape ``(n,)``

    Returns
    -------
    The rate, its standard error and degrees of freedom.
    """
    value = float(energy_j.sum() / weight.sum())
    residuals = energy_j - value * weight
    size, kept = 1, residuals
    while together(kept) > 1 / np.sqrt(len(kept)) and len(residuals) // (2 * size) >= MIN_BLOCKS:
        size *= 2
        count = len(residuals) // size
        kept = residuals[: count * size].reshape(count, size).sum(axis=1)
        kept = kept - kept.mean()
    left = min(max(together(kept), 0.0), 0.9)
    count = len(kept)
    spread = np.sqrt(count / (count - 1) * float((kept**2).sum()) * (1 + left) / (1 - left))
    return Rate(value, float(spread / (weight.sum() * count * size / len(residuals))), (count - 1) * (1 - left))


def together(values: Array) -> float:
    """Correlation of neighbours, with the usual correction of its bias in short series.

    Parameters
    ----------
    values : in order of time, shape ``(n,)``

    Returns
    -------
    The correlation, 0 where all are the same.
    """
    around = values - values.mean()
    square = float((around**2).sum())
    if not square > 0:
        return 0.0
    seen = float((around[1:] * around[:-1]).sum() / square)
    return seen + (1 + 4 * max(seen, 0.0)) / len(values)


def saving_test(before: Rate, after: Rate, sensor: float = 0.0) -> SavingTest:
    """The saving between two rates, by Welch's test of the ratio's logarithm.

    Parameters
    ----------
    before, after : rates of the same unit
    sensor : relative half-width of the sensors' error that the two do not share, 19 times in 20; 0 where all is shared

    Returns
    -------
    The saving with its interval, p, and the smallest that would show.
    """
    parts = [(r.error / r.value) ** 2 for r in (before, after)]
    return saving_of(float(np.log(after.value / before.value)), parts, (before.freedom, after.freedom), sensor)


def saving_of(logarithm: float, parts: list[float], freedoms: tuple[float, float], sensor: float) -> SavingTest:
    """The saving that a ratio's logarithm is, with its interval and p.

    Parameters
    ----------
    logarithm : of the rate after over the rate before
    parts : what each recording adds to its variance
    freedoms : degrees of freedom of each of these
    sensor : relative half-width of the sensors' error that the two do not share, 19 times in 20

    Returns
    -------
    The saving with its interval, p, and the smallest that would show.
    """
    error = float(np.sqrt(sum(parts) + (sensor / stats.norm.ppf(0.5 + SURE / 2)) ** 2))
    freedom = _freedom(parts, freedoms)
    wide = float(stats.t.ppf(0.5 + SURE / 2, freedom))
    apart = abs(logarithm) / max(error, np.finfo(float).tiny)
    p_value = float(2 * stats.t.sf(apart, freedom))
    low, high = (1 - float(np.exp(logarithm + side * wide * error)) for side in (1, -1))
    smallest = 1 - float(np.exp(-(wide + float(stats.t.ppf(POWER, freedom))) * error))
    return SavingTest(1 - float(np.exp(logarithm)), low, high, p_value, smallest)


def paired_test(before: Array, after: Array) -> SavingTest:
    """The saving of windows that were taken in pairs, one right after the other in turn, A B, B A: by Student's test of
    the logarithms' differences, in which what drifts over the pairs cancels.

    Noise that remembers the window before it (correlated by r, a first-order memory) puts A B B A's mean off by
    ``(1 + r) / (1 + r**2)`` times the variance that the pairs' own scatter tells: by 1.21 at most, at any r, and by
    somewhat more where pairs are few, which could not tell it themselves. So it is always widened, by ``MEMORY``.

    Parameters
    ----------
    before, after : rates of the two of each pair, shape ``(n,)``, at least 2

    Returns
    -------
    The saving with its interval, p, and the smallest that would show.
    """
    differences = np.log(after / before)
    freedom = len(differences) - 1
    error = float(differences.std(ddof=1)) * np.sqrt(MEMORY / len(differences))
    error = max(error, float(np.finfo(float).tiny))
    mean = float(differences.mean())
    wide = float(stats.t.ppf(0.5 + SURE / 2, freedom))
    low, high = (1 - float(np.exp(mean + side * wide * error)) for side in (1, -1))
    smallest = 1 - float(np.exp(-(wide + float(stats.t.ppf(POWER, freedom))) * error))
    return SavingTest(1 - float(np.exp(mean)), low, high, float(2 * stats.t.sf(abs(mean) / error, freedom)), smallest)


def _freedom(parts: list[float], freedoms: tuple[float, float]) -> float:
    below = sum(part**2 / freedom for part, freedom in zip(parts, freedoms, strict=True))
    return sum(parts) ** 2 / below if below > 0 else min(freedoms)
