"""What training reaches of chips, fitted to steps of MLPerf Training: ``wattline calibrate steps``.

Rates are products of three factors: of all chips, of a vendor, of a generation; the latter two are drawn towards one,
so that a generation with few rows stays near its vendor, and one with none takes its vendor's. What a step costs
beside its operations is one for all chips. Layouts are searched anew between fits, since rows do not tell theirs.
Published steps with layout (``catalog/training_step.toml``) of chips without 8 bits are among the rows: they are tuned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import least_squares

from wattline.core.fact import Array
from wattline.line.chip.device import Chip
from wattline.line.chip.training.plan import Plan
from wattline.line.chip.training.rates import COSTS, RATES, TrainingRates, rates_of_parts
from wattline.line.chip.training.step import limited_step, timed_step
from wattline.validate.fit.step_rows import StepRow

SCATTER = 0.06  # of a row's log time around the model, below which errors count squared
LEVEL_WIDTH = {"vendor": 0.1, "generation": 0.1}  # of factors' logs
ROUNDS = 4  # of fits with layouts searched anew
NUDGE = 0.01  # of a coefficient's log, for slopes
NAMES = (*RATES, *COSTS)


@dataclass(frozen=True, eq=False)
class RateFit:
    """Logs of the factors: of a rate for any chip, by vendor, by generation; and of costs."""

    logs: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def log_of(self, name: str, prior: float, *levels: str) -> float:
        """The log of a coefficient for the levels that a chip belongs to.

        Parameters
        ----------
        name : of the coefficient
        prior : its value before the fit
        levels : names of the chip's vendor and generation, as far as they count

        Returns the log.
        """
        return float(np.log(prior)) + sum(self.logs.get((name, level), 0.0) for level in ("", *levels))

    def reached(self, chip: Chip, precision: str) -> TrainingRates:
        """What training reaches on a chip by this fit.

        Parameters
        ----------
        chip : that trains
        precision : number format of the products

        Returns its rates, and the costs of a step.
        """
        vendor, generation = str(chip.record.meta.get("vendor", "")), chip.generation
        rates = {n: np.asarray(np.exp(self.log_of(n, p.value, vendor, generation))) for n, p in RATES.items()}
        costs = {n: np.asarray(np.exp(self.log_of(n, p.value))) for n, p in COSTS.items()}
        costs["overlap"] = np.minimum(costs["overlap"], 1.0)
        return rates_of_parts(chip, precision, chip.draws, rates, costs)

    def layout(self, row: StepRow) -> Plan:
        """The row's own layout, or the shortest."""
        if row.plan is not None:
            return row.plan
        timed = timed_step(
            row.model, row.chip, row.choices, row.precision, self.reached(row.chip, row.precision), row.chip.draws
        )
        return row.choices.pick(int(np.argmin(timed.time_s)))

    def step_s(self, row: StepRow, plan: Plan) -> float:
        """Seconds of the row's step in a layout.

        Parameters
        ----------
        row : measured
        plan : the layout

        Returns s, under the chip's power limit.
        """
        reach = self.reached(row.chip, row.precision)
        return float(limited_step(row.model, row.chip, plan, row.precision, reach, row.chip.draws).time_s)

    def moved(self, name: str, log: float) -> RateFit:
        """The fit with one coefficient of all chips moved by a log.

        Parameters
        ----------
        name : of the coefficient
        log : by which it moves

        Returns another fit.
        """
        return RateFit({**self.logs, (name, ""): self.logs.get((name, ""), 0.0) + log})

    def log_errors(self, rows: Sequence[StepRow]) -> Array:
        """Log of predicted over measured seconds of each row, in its own or the best layout, shape ``(n,)``."""
        known = {row.key: row for row in rows}
        times = {key: self.step_s(row, self.layout(row)) for key, row in known.items()}
        return np.log([times[row.key] / row.step_s for row in rows])


@dataclass(frozen=True, eq=False)
class Slopes:
    """Log times of rows near a fit: at it, and by the log of each coefficient, shapes ``(n,)`` and ``(n, names)``."""

    at: Array
    by: Array

    def some(self, places: Sequence[int]) -> Slopes:
        return Slopes(self.at[places], self.by[places])


def slopes(rows: Sequence[StepRow], fit: RateFit) -> Slopes:
    """How each row's step, in the best layout of the fit, moves with each coefficient.

    Parameters
    ----------
    rows : measured
    fit : near which times are taken to be straight lines

    Returns log times at the fit, and by each coefficient.
    """
    known: dict[tuple[object, ...], Array] = {}
    for row in rows:
        if row.key not in known:
            plan = fit.layout(row)
            times = [fit.step_s(row, plan), *(fit.moved(name, NUDGE).step_s(row, plan) for name in NAMES)]
            known[row.key] = np.log(times)
    every = np.array([known[row.key] for row in rows])
    return Slopes(every[:, 0], (every[:, 1:] - every[:, :1]) / NUDGE)


def _keys(rows: Sequence[StepRow]) -> list[tuple[str, str, float]]:
    """The factors that rows can say something of, with the width of what is thought of each."""
    vendors, generations = {row.vendor for row in rows}, {row.chip.generation for row in rows}
    keys = [(name, "", {**RATES, **COSTS}[name].width) for name in NAMES]
    keys += [(name, vendor, LEVEL_WIDTH["vendor"]) for name in RATES for vendor in sorted(vendors)]
    return keys + [(name, each, LEVEL_WIDTH["generation"]) for name in RATES for each in sorted(generations)]


def _design(rows: Sequence[StepRow], keys: Sequence[tuple[str, str, float]], near: Slopes) -> Array:
    """Slopes by factor: a coefficient moves with each factor of the levels that a row's chip belongs to."""
    levels = [("", row.vendor, row.chip.generation) for row in rows]
    columns = [
        near.by[:, NAMES.index(name)] * np.array([level in each for each in levels], float) for name, level, _ in keys
    ]
    return np.array(columns).T


def solve(rows: Sequence[StepRow], start: RateFit, near: Slopes) -> RateFit:
    """The factors of the least loss where log times are straight lines near ``start``.

    Parameters
    ----------
    rows : measured
    start : a fit near the best
    near : slopes of the rows' times at it

    Returns the fit.
    """
    keys = _keys(rows)
    widths, weights = np.array([width for _, _, width in keys]), np.array([row.weight for row in rows]) / SCATTER
    first = np.array([start.logs.get(key[:2], 0.0) for key in keys])
    design, measured = _design(rows, keys, near), np.log([row.step_s for row in rows])

    def residuals(logs: Array) -> Array:
        scaled = (near.at + design @ (logs - first) - measured) * weights
        return np.concatenate([np.sign(scaled) * np.sqrt(2 * (np.sqrt(1 + scaled**2) - 1)), logs / widths])

    logs = least_squares(residuals, first, x_scale=widths).x
    return RateFit({key[:2]: float(log) for key, log in zip(keys, logs, strict=True)})


def fit_steps(rows: Sequence[StepRow]) -> tuple[RateFit, Slopes]:
    """The factors of the least loss, and the slopes at them."""
    fit = RateFit()
    near = slopes(rows, fit)
    for _ in range(ROUNDS):
        fit = solve(rows, fit, near)
        near = slopes(rows, fit)
    return fit, near


def predict_left_out_rows(rows: Sequence[StepRow], groups: Sequence[str], fit: RateFit, near: Slopes) -> Array:
    """Log errors of each row's time, by a fit without its group, shape ``(n,)``; its layout is searched anew.

    Parameters
    ----------
    rows : the measured rows
    groups : the group of each row
    fit : to all rows, from which each other begins
    near : slopes of the rows' times near it

    Returns the errors.
    """
    off = np.zeros(len(rows))
    for group in sorted(set(groups)):
        own = [i for i, other in enumerate(groups) if other == group]
        others = [i for i, other in enumerate(groups) if other != group]
        without = solve([rows[i] for i in others], fit, near.some(others))
        off[own] = without.log_errors([rows[i] for i in own])
    return off
