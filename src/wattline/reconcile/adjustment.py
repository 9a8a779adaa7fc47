"""What else differed before and after, temperature of the air and load, taken out of a saving.

A routine adjustment in the manner of IPMVP: the energy of a unit of work, by block, goes with what differed by one
slope in both recordings (analysis of covariance; Montgomery, Design and Analysis of Experiments), and the saving is
what is left between two recordings at one temperature and one load. How well the slope is known widens the interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.range import MeasuredValue
from wattline.core.result import Json
from wattline.reconcile.blocks import MIN_BLOCKS, Blocks
from wattline.reconcile.saving_test import SURE, SavingTest, saving_of, together


@dataclass(frozen=True, eq=False)
class Condition:
    """Something beside the change that moves the energy of a unit of work.

    Attributes
    ----------
    name, unit : such as temperature in °C
    values : of each block before and after, shapes ``(n,)`` and ``(m,)``
    relative : whether a change counts as a share of it, so that the effect is for 1% more, and not for a unit more
    note : what was taken for granted in reading it
    """

    name: str
    unit: str
    values: tuple[Array, Array]
    relative: bool = False
    note: str = ""

    def regressor(self, side: int) -> Array:
        """What the logarithm of the rate goes with, of the blocks before (0) or after (1), shape ``(n,)``."""
        return np.log(self.values[side]) if self.relative else self.values[side]


@dataclass(frozen=True)
class Adjustment:
    """What a condition was before and after, and the share of energy that a step of it takes more.

    ``effect`` is for 1 unit, or for 1% where ``relative``.
    """

    name: str
    unit: str
    before: float
    after: float
    effect: MeasuredValue
    relative: bool

    def json(self) -> Json:
        """The adjustment as plain data."""
        name, end = ("load", "per_s") if self.relative else ("air", "c")
        means = {f"{name}_before_{end}": self.before, f"{name}_after_{end}": self.after}
        return {**means, "effect_share": self.effect.json()}


@dataclass(frozen=True, eq=False)
class _Batches:
    """Blocks put together: rate over the recording's own less 1, weight (mean 1), ``(n,)``; regressors ``(n, k)``."""

    apart: Array
    weight: Array
    regressors: Array


def adjusted_test(
    before: Blocks, after: Blocks, conditions: list[Condition], sensor: float = 0.0
) -> tuple[SavingTest, tuple[Adjustment, ...]]:
    """The saving at one temperature and load.

    Parameters
    ----------
    before, after : blocks of the two recordings
    conditions : what differed, by block
    sensor : relative half-width of the sensors' error that the two do not share, 19 times in 20

    Returns
    -------
    The saving with its interval and p, and what was adjusted for.

    Raises WattlineError where a condition does not vary within the recordings, so that its effect cannot be known.
    """
    for condition in conditions:
        _check_variation(condition, (before, after))
    size = 1
    while True:
        sides = [_batched(blocks, conditions, at, size) for at, blocks in enumerate((before, after))]
        fit = _fitted(sides, len(conditions))
        left = [min(max(together(u), 0.0), 0.9) for u in fit.residuals]
        alike = any(value > 1 / np.sqrt(len(u)) for value, u in zip(left, fit.residuals, strict=True))
        if not alike or min(len(side.apart) for side in sides) // 2 < MIN_BLOCKS:
            break
        size *= 2
    widths = [(1 + value) / (1 - value) for value in left]
    freedoms = [
        max((len(side.apart) - 1 - len(conditions) / 2) * (1 - value), 1.0)
        for side, value in zip(sides, left, strict=True)
    ]
    rates = [blocks.total_j / float(blocks.weight.sum()) for blocks in (before, after)]
    base = float(np.log(rates[1] / rates[0]))
    parts = [part * wide for part, wide in zip(fit.parts(fit.contrast), widths, strict=True)]
    test = saving_of(base + fit.value(fit.contrast), parts, (freedoms[0], freedoms[1]), sensor)
    out = []
    for at, condition in enumerate(conditions):
        row = fit.solution[2 + at]
        error = float(np.sqrt(sum(p * w for p, w in zip(fit.parts(row), widths, strict=True))))
        out.append(_adjustment(condition, (before, after), fit.value(row), error, sum(freedoms)))
    return test, tuple(out)


@dataclass(frozen=True, eq=False)
class _Fit:
    """Least squares of two levels and common slopes: ``solution``, ``(2 + k, n)``, takes what was seen to each."""

    solution: Array
    apart: Array
    weight: Array
    residuals: tuple[Array, Array]
    slopes: int

    @property
    def contrast(self) -> Array:
        """Takes what was seen to the level after less the level before, shape ``(n,)``."""
        return np.asarray(self.solution[1] - self.solution[0])

    def value(self, row: Array) -> float:
        return float(row @ self.apart)

    def parts(self, row: Array) -> list[float]:
        """Variance of the row's value that each side adds, by the side's own scatter."""
        out, begin = [], 0
        for residuals in self.residuals:
            n = len(residuals)
            scatter = float((residuals**2).sum()) / max(n - 1 - self.slopes / 2, 1.0)
            out.append(scatter * float((row[begin : begin + n] ** 2 / self.weight[begin : begin + n]).sum()))
            begin += n
        return out


def _fitted(sides: list[_Batches], slopes: int) -> _Fit:
    counts = [len(side.apart) for side in sides]
    levels = np.repeat(np.eye(2), counts, axis=0)
    design = np.hstack([levels, np.vstack([side.regressors for side in sides])])
    weight = np.concatenate([side.weight for side in sides])
    apart = np.concatenate([side.apart for side in sides])
    root = np.sqrt(weight)
    solution = np.linalg.pinv(design * root[:, None]) * root
    residuals = root * (apart - design @ (solution @ apart))
    return _Fit(solution, apart, weight, (residuals[: counts[0]], residuals[counts[0] :]), slopes)


def _batched(blocks: Blocks, conditions: list[Condition], side: int, size: int) -> _Batches:
    """Blocks put together by ``size``; the regressors count from their mean over both sides."""
    count = len(blocks.energy_j) // size

    def sums(values: Array) -> Array:
        return np.asarray(values[: count * size].reshape(count, size).sum(axis=1))

    weight = blocks.weight
    rate = blocks.energy_j.sum() / weight.sum()
    together_weight = sums(weight)
    columns = []
    for condition in conditions:
        middle = np.concatenate([condition.regressor(0), condition.regressor(1)]).mean()
        columns.append(sums((condition.regressor(side) - middle) * weight) / together_weight)
    return _Batches(
        sums(blocks.energy_j) / (rate * together_weight) - 1,
        together_weight / together_weight.mean(),
        np.stack(columns, axis=1),
    )


def _check_variation(condition: Condition, sides: tuple[Blocks, Blocks]) -> None:
    spans = [float(np.ptp(condition.regressor(side))) for side in (0, 1)]
    between = abs(float(condition.regressor(1).mean() - condition.regressor(0).mean()))
    if not max(spans) > max(1e-9, 0.1 * between):
        raise WattlineError(
            f"saving: the {condition.name} hardly varies within {sides[0].source or 'before'} and "
            f"{sides[1].source or 'after'}, so its effect cannot be separated from the change's; record for longer, "
            f"over times that differ in {condition.name}"
        )


def _adjustment(
    condition: Condition, sides: tuple[Blocks, Blocks], slope: float, error: float, freedom: float
) -> Adjustment:
    step = 0.01 if condition.relative else 1.0
    wide = float(stats.t.ppf(0.5 + SURE / 2, freedom)) * error
    means = [float(np.average(condition.values[at], weights=blocks.duration_s)) for at, blocks in enumerate(sides)]
    effect = MeasuredValue(*(float(np.expm1(step * value)) for value in (slope, slope - wide, slope + wide)))
    return Adjustment(condition.name, condition.unit, means[0], means[1], effect, condition.relative)
