"""The three factors of production training, fitted to published runs by the tuned step of each.

log(time) = log(factor × (elementwise × factor of elementwise + all else) × factor of 16 bits on chips with 8-bit
arithmetic). Smoothed absolute errors, each factor drawn towards what is thought of it, so that few rows cannot pull
it far. How unsure a factor is, is told by leaving out one house after the other (the jackknife over groups; Efron and
Stein 1981, Annals of Statistics 9:586): seven runs of one house are little more than one. Deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import HOUR_S
from wattline.line.chip.device import load_chip
from wattline.line.chip.training.production import central_step, split
from wattline.line.chip.training.rates import rarely_tuned
from wattline.line.work.flops import training_flops
from wattline.validate.evidence.training_runs import Run
from wattline.validate.training import chips_of, recipe_of, shape_of, work_of

SMOOTH = 0.1  # below it errors of log time count squared, above it by their size
# what is thought of the factors' logs before any row, and what it costs to lie off by one: 16 bits are thought of as
# 20% off either way, elementwise work as 1 to 20 times that of fused kernels
NAMES = ("slowness", "wide-slowness", "elementwise-slowness")
THOUGHT = np.array([0.2, 0.0, 1.0])
PULL = np.array([0.0, 1.0, 0.15])


@dataclass(frozen=True)
class Point:
    """One run as the fit sees it: the parts of its tuned step, and its own time, in seconds per second at the peak."""

    name: str
    house: str
    generation: str
    rarely_tuned: bool
    elementwise: float
    others: float
    time: float


def points(runs: Sequence[Run]) -> list[Point]:
    """The runs that give model, tokens, chip and hours; benchmarks are tuned and left out."""
    return [_point(run) for run in runs if _usable(run)]


def _usable(run: Run) -> bool:
    known = bool(run.models) or bool(run.active_params)
    return known and not run.benchmark and bool(run.chip and run.precision and run.tokens and run.chip_hours)


def _point(run: Run) -> Point:
    assert run.chip is not None
    assert run.chip_hours is not None
    draws = Draws(0)
    chip = load_chip(run.chip.name, draws)
    shape, sequence = shape_of(run)
    name, recipe = run.chip.name, recipe_of(run, chip)
    step = central_step(shape, name, chips_of(run, chip), sequence, run.precision, recipe, draws)
    unfused, others = split(step)
    peak = chip.peak_flops(run.precision)
    ideal = float(training_flops(shape, step.plan.sequences * sequence, sequence)) / (step.plan.chips * peak)
    own = run.chip_hours * HOUR_S * peak / work_of(run)
    wide = rarely_tuned(chip, run.precision)
    return Point(run.name, run.house, chip.generation, wide, float(unfused) / ideal, float(others) / ideal, own)


@dataclass(frozen=True)
class Factors:
    """The fitted factors' logs, in the order of ``NAMES``."""

    logs: Array

    def log_time(self, data: Sequence[Point]) -> Array:
        unfused, others = (np.array([getattr(p, name) for p in data]) for name in ("elementwise", "others"))
        wide = np.array([float(p.rarely_tuned) for p in data])
        return np.asarray(self.logs[0] + wide * self.logs[1] + np.log(others + np.exp(self.logs[2]) * unfused))

    def residuals(self, data: Sequence[Point]) -> Array:
        """How much longer than predicted each run took: the log."""
        return np.asarray(np.log([p.time for p in data]) - self.log_time(data))


def fit(data: Sequence[Point]) -> Factors:
    """The factors of the least loss."""

    def loss(logs: Array) -> float:
        errors = Factors(logs).residuals(data)
        return float(np.sum(np.sqrt(errors**2 + SMOOTH**2)) + np.sum(PULL * (logs - THOUGHT) ** 2))

    return Factors(np.asarray(minimize(loss, THOUGHT, method="BFGS").x))


def leave_one_out(data: Sequence[Point]) -> Array:
    """Residuals, each from a fit without its own row."""
    rests = ([*data[:i], *data[i + 1 :]] for i in range(len(data)))
    return np.array([fit(rest).residuals([point])[0] for rest, point in zip(rests, data, strict=True)])


def leave_one_house_out(data: Sequence[Point]) -> Array:
    """Residuals, each from a fit without any row of its house, in the order of the rows."""
    factors = np.empty(len(data))
    for house, without in without_houses(data).items():
        own = [i for i, point in enumerate(data) if point.house == house]
        factors[own] = without.residuals([data[i] for i in own])
    return factors


def without_houses(data: Sequence[Point]) -> dict[str, Factors]:
    """The fit without each house."""
    return {house: fit([p for p in data if p.house != house]) for house in sorted({p.house for p in data})}


def standard_errors(data: Sequence[Point]) -> dict[str, float]:
    """How unsure the logs of the common factor and of that for 16 bits are: the jackknife over houses.

    The common factor and that of elementwise work make up for each other, so that what counts of both is how unsure the
    time of the mean run is; it is told with the common factor.
    """
    fits = without_houses(data).values()
    usual = [point for point in data if not point.rarely_tuned] or list(data)
    level = np.array([float(np.mean(without.log_time(usual))) for without in fits])
    return {"slowness": _jackknife(level), "wide-slowness": _jackknife(np.array([each.logs[1] for each in fits]))}


def _jackknife(values: Array) -> float:
    return float(np.sqrt((len(values) - 1) / len(values) * np.sum((values - values.mean()) ** 2)))


def errors(residuals: Array) -> tuple[float, float]:
    """Median and mean relative error of the predicted hours that these residuals mean."""
    off = np.abs(np.expm1(-residuals))
    return float(np.median(off)), float(np.mean(off))
