"""``catalog/fit/training_step.toml``: the text of the fit of ``training_steps.py``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from wattline.core.units import Z95
from wattline.line.chip.coefficients import Prior
from wattline.line.chip.training.rates import COSTS, RATES, rate_fact
from wattline.validate.evidence.mlperf_training import read_results
from wattline.validate.fit.group_range import group_range
from wattline.validate.fit.step_rows import StepRow, measured_steps, published_rows, used_rates
from wattline.validate.fit.training_steps import (
    LEVEL_WIDTH,
    NAMES,
    SCATTER,
    RateFit,
    Slopes,
    fit_steps,
    predict_left_out_rows,
)

HOLD = 90  # percent of rows that a spread is to hold
COVERED_NEW = (4.0, 96.0)  # a little beyond p5 and p95: few generations tell of another
LARGEST_RATE = 0.98
_HEAD = """\
# Made by `wattline calibrate steps FILE.csv`; do not edit. {within}.

[_sources]
steps = {{ title = "Fitted to MLPerf Training and to published steps", year = 2026, where = "{within}" }}

[_default]
source = "steps"
unit = ""
basis = "derived"
"""


def calibrate(path: Path, spread: float, progress: Callable[[str], None] = lambda name: None) -> str:
    """Fit to a file of results of MLPerf Training.

    Parameters
    ----------
    path : of the CSV file
    spread : a run's time beside its steps, for rows that tell no step
    progress : called with what is under way

    Returns
    -------
    The coefficients as a catalog file has them.
    """
    results, _ = read_results(path)
    measured = measured_steps(results, spread)
    rows = [*measured, *published_rows()]
    progress("steps")
    fit, near = fit_steps(rows)
    progress("steps, leaving out chips")
    count = len(measured)
    chips, generations, models = (
        predict_left_out_rows(rows, groups, fit, near)[:count]
        for groups in (
            [row.chip.record.name for row in rows],
            [row.chip.generation for row in rows],
            [row.model.key for row in rows],
        )
    )
    fitted = fit.log_errors(measured)
    errors = {"fitted": fitted, "one chip": chips, "one generation": generations, "one model": models}
    shown = ", ".join(
        f"{100 * np.median(abs(np.expm1(off))):.1f}% {how}{'' if how == 'fitted' else ' left out'}"
        for how, off in errors.items()
    )
    within = f"{count} systems and {len(rows) - count} published steps; median error of a step {shown}"
    facts = [_HEAD.format(within=within), *_rates(rows, fit, near), *_costs(rows, fit, near)]
    size = float(np.exp(np.percentile(np.abs(np.concatenate([chips, models])), HOLD)))  # as rows unseen lie
    facts.append(_spread("known", "known generation", (1.0 / size, size)))
    kinds = np.array([row.chip.generation for row in measured])
    ends = group_range(-generations, kinds, COVERED_NEW, few=True)  # a generation lies off as a whole
    facts.append(_spread("new", "generation that no step was measured on", ends))
    return "\n".join(facts)


def _information(rows: Sequence[StepRow], near: Slopes, name: str, mine: Sequence[bool]) -> float:
    """What rows tell of a coefficient: one over the variance of its log."""
    weights = np.array([row.weight for row in rows]) / SCATTER
    return float(np.sum((weights * near.by[:, NAMES.index(name)] * np.asarray(mine, float)) ** 2))


def _rates(rows: Sequence[StepRow], fit: RateFit, near: Slopes) -> Iterator[str]:
    """Each rate for any chip, for each vendor, and for each generation that rows tell something of."""
    between = {level: width**2 for level, width in LEVEL_WIDTH.items()}
    for name, prior in RATES.items():
        used = [name in used_rates(row) for row in rows]
        whole = 1.0 / (_information(rows, near, name, used) + prior.width**-2)
        yield _fact(name, "", prior, fit.log_of(name, prior.value), whole + sum(between.values()), "any chip")
        for vendor in sorted({row.vendor for row, mine in zip(rows, used, strict=True) if mine}):
            mine = [row.vendor == vendor and there for row, there in zip(rows, used, strict=True)]
            own = 1.0 / (_information(rows, near, name, mine) + 1.0 / between["vendor"]) + between["generation"]
            yield _fact(name, vendor, prior, fit.log_of(name, prior.value, vendor), own, vendor)
        for row in {row.chip.generation: row for row, mine in zip(rows, used, strict=True) if mine}.values():
            generation = row.chip.generation
            mine = [other.chip.generation == generation and there for other, there in zip(rows, used, strict=True)]
            own = 1.0 / (_information(rows, near, name, mine) + 1.0 / between["generation"])
            log = fit.log_of(name, prior.value, row.vendor, generation)
            yield _fact(name, generation, prior, log, own, generation.title())


def _costs(rows: Sequence[StepRow], fit: RateFit, near: Slopes) -> Iterator[str]:
    for name, prior in COSTS.items():
        own = 1.0 / (_information(rows, near, name, [True] * len(rows)) + prior.width**-2)
        yield _fact(name, "", prior, fit.log_of(name, prior.value), own, "")


def _fact(name: str, of: str, prior: Prior, log: float, variance: float, who: str) -> str:
    """A record with value, low and high."""
    off = Z95 * float(np.sqrt(variance))
    values = [float(np.exp(log + each)) for each in (0.0, -off, off)]
    if name == "overlap" or name.endswith("_rate"):
        values = [min(each, LARGEST_RATE) for each in values]
    about = f"{who}: {prior.about}" if who else prior.about
    return _record(rate_fact(name, of), about, values, prior.unit)


def _spread(key: str, whose: str, ends: tuple[float, float]) -> str:
    """How steps scatter around their prediction."""
    about = f"time of a step beside its prediction, on a chip of a {whose}"
    return _record(f"training-step-spread-{key}", about, [1.0, *ends], "")


def _record(name: str, about: str, values: Sequence[float], unit: str) -> str:
    value, low, high = values
    lines = [f"[{name}]", f"name = {json.dumps(about)}", f"value = {value:.4g}", f"low = {low:.4g}"]
    return "\n".join([*lines, f"high = {high:.4g}", f'unit = "{unit}"', 'dist = "lognormal"', ""])
