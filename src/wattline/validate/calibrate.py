"""``calibrate training``: the few coefficients of MFU and training power, fitted to published runs.

MFU: a reachable level for each chip generation with enough rows (the others share one), a factor for software of
2022 and before, and one slowing of narrow layers: the least of a short list whose leave-one-out error is within one
standard error of the best (Hastie et al., The Elements of Statistical Learning, section 7.10). Smoothed absolute errors
of log MFU, with levels drawn towards each other, so that few rows cannot pull a level far. Power: the fraction of TDP
that measured, non-circular rows leave to the chip once its host and network are taken off. Deterministic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from wattline import catalog
from wattline.chip.device import load_chip
from wattline.chip.utilisation import OLD_SOFTWARE_YEAR
from wattline.draws import Draws
from wattline.errors import WattlineError
from wattline.fact import Z95, Array
from wattline.validate.rows import Run
from wattline.validate.training import _work

OWN_LEVEL_ROWS = 5  # rows that a generation needs for a level of its own
SLOWINGS = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0)
SMOOTH, PULL_LEVELS, PULL_OLD = 0.1, 2.0, 1.0
POWER_SPREAD = (0.72, 1.08)  # p5 and p95 of a run's power around its generation's level, from MLPerf's runs


@dataclass(frozen=True)
class Point:
    """One run as the MFU fit sees it."""

    name: str
    generation: str
    developer: str
    narrowness: float
    old: bool
    log_mfu: float


def points(runs: Sequence[Run]) -> list[Point]:
    """The runs that give model, tokens, chip and hours; benchmarks are tuned and left out."""
    found = []
    for run in runs:
        if run.benchmark or run.chip is None or not run.tokens or not run.chip_hours:
            continue
        if run.model is None and not run.active_params:
            continue
        chip = load_chip(run.chip.name, Draws(0))
        hidden, year, flops = _work(run)
        peak = chip.peak_flops("bf16")
        found.append(
            Point(
                run.name,
                chip.generation,
                _developer(run),
                peak / float(chip.bandwidth_bytes_per_s) / hidden,
                0 < year <= OLD_SOFTWARE_YEAR,
                float(np.log(flops / (run.chip_hours * 3600 * peak))),
            )
        )
    return found


def _developer(run: Run) -> str:
    """Who ran it, as far as the catalog knows; runs of one house are not independent of each other."""
    record = catalog.records("model").get(run.model.key) if run.model else None
    return str(record.meta.get("developer", run.name)) if record else run.name


@dataclass(frozen=True)
class MfuFit:
    """Fitted levels by generation (``""`` for the rest), the old-software factor and the slowing."""

    levels: dict[str, float]
    old: float
    slowing: float

    def log_mfu(self, point: Point) -> float:
        level = self.levels.get(point.generation, self.levels[""])
        return float(
            np.log(level) + (np.log(self.old) if point.old else 0.0) - np.log1p(self.slowing * point.narrowness)
        )

    def residuals(self, data: Sequence[Point]) -> Array:
        return np.array([point.log_mfu - self.log_mfu(point) for point in data])


def fit_mfu(data: Sequence[Point], slowing: float) -> MfuFit:
    """The levels and the old-software factor at this slowing."""
    counts = Counter(point.generation for point in data)
    names = ["", *sorted(name for name, count in counts.items() if count >= OWN_LEVEL_ROWS)]
    member = np.array([[p.generation == n for n in names[1:]] for p in data], dtype=float).reshape(len(data), -1)
    design = np.column_stack([1.0 - member.sum(axis=1), member, [float(p.old) for p in data]])
    target = np.array([p.log_mfu + np.log1p(slowing * p.narrowness) for p in data])

    def loss(x: Array) -> float:
        residuals = target - design @ x
        levels = x[:-1]
        pull = PULL_LEVELS * float(np.sum((levels - levels.mean()) ** 2)) + PULL_OLD * x[-1] ** 2
        return float(np.sum(np.sqrt(residuals**2 + SMOOTH**2)) + pull)

    start = np.full(design.shape[1], -1.0)
    best = minimize(loss, start, method="BFGS").x
    return MfuFit(dict(zip(names, np.exp(best[:-1]).tolist(), strict=True)), float(np.exp(best[-1])), slowing)


def level_errors(fit: MfuFit, data: Sequence[Point]) -> dict[str, float]:
    """Standard error of the log of each level: the residuals' spread over the root of the number of houses behind."""
    spread = float(np.std(fit.residuals(data)))
    houses: dict[str, set[str]] = {name: set() for name in fit.levels}
    for point in data:
        houses[point.generation if point.generation in fit.levels else ""].add(point.developer)
    return {name: spread / max(len(members), 1) ** 0.5 for name, members in houses.items()}


def leave_one_out(data: Sequence[Point], slowing: float) -> Array:
    """Residuals of log MFU, each from a fit without its own row."""
    found = []
    for index, point in enumerate(data):
        rest = [*data[:index], *data[index + 1 :]]
        found.append(fit_mfu(rest, slowing).residuals([point])[0])
    return np.array(found)


def choose_slowing(left_out: dict[float, Array]) -> float:
    """The least slowing whose mean absolute residual is within one standard error of the best."""
    means = {slowing: float(np.mean(np.abs(residuals))) for slowing, residuals in left_out.items()}
    best = min(means, key=lambda slowing: means[slowing])
    error = float(np.std(np.abs(left_out[best])) / np.sqrt(len(left_out[best])))
    return min(slowing for slowing, mean in means.items() if mean <= means[best] + error)


def median_error(residuals: Array) -> float:
    """Median relative error of chip-hours that these residuals of log MFU mean."""
    return float(np.median(np.abs(np.expm1(residuals))))


def power_fractions(runs: Sequence[Run]) -> dict[str, float]:
    """Chip power as a fraction of TDP by generation: the median of measured rows, host and network taken off."""
    found: dict[str, list[float]] = {}
    for run in runs:
        measured = run.circular == "no" and run.chip is not None and run.chip_hours and run.energy_wh
        if not measured or run.chip is None or run.chip_hours is None or run.energy_wh is None or "gpu" in run.basis:
            continue
        chip = load_chip(run.chip.name, Draws(0))
        node = "node" in run.basis
        watts = run.energy_wh / run.chip_hours / (1.0 if node else max(run.pue or 1.0, 1.0))
        chip_w = watts - float(chip.host_w) - (0.0 if node else float(chip.network_w))
        found.setdefault(chip.generation, []).append(float(np.clip(chip_w / chip.tdp_w, 0.05, 0.98)))
    return {name: float(np.median(values)) for name, values in sorted(found.items())}


def calibrate_training(runs: Sequence[Run]) -> str:
    """The text of ``catalog/fit/training.toml``."""
    data = points(runs)
    if len(data) < OWN_LEVEL_ROWS:
        raise WattlineError(f"{len(data)} usable runs are too few to fit MFU; {OWN_LEVEL_ROWS} or more are needed")
    left_out = {slowing: leave_one_out(data, slowing) for slowing in SLOWINGS}
    slowing = choose_slowing(left_out)
    fit = fit_mfu(data, slowing)
    # within-kind spread alone: how unsure the levels are is in their own ranges
    spread = np.exp(np.percentile(fit.residuals(data), (5, 95)))
    within = f"{len(data)} runs; median error of chip-hours {median_error(fit.residuals(data)):.0%} fitted, "
    within += f"{median_error(left_out[slowing]):.0%} left out one at a time"
    models = sorted({run.model.key for run in runs if run.model and run.tokens and run.chip_hours})
    blocks = [_HEAD.format(within=within, count=len(data), models=", ".join(f'"{model}"' for model in models))]
    errors = level_errors(fit, data)
    for name, level in fit.levels.items():
        about = f"{name.title() or 'Other'} chips: MFU that wide layers reach"
        factor = float(np.exp(Z95 * errors[name]))
        blocks.append(_fact(f"mfu-reachable{'-' if name else ''}{name}", about, level, level / factor, level * factor))
    blocks.append(_fact("mfu-slowing", "slowing of narrow layers, per (peak / bandwidth / hidden)", slowing))
    blocks.append(_fact("mfu-old-software", "MFU of software of 2022 and before, beside later", fit.old))
    about = "MFU of one run beside what its kind reaches"
    blocks.append(_fact("mfu-spread", about, 1.0, min(float(spread[0]), 1.0), max(float(spread[1]), 1.0)))
    for name, fraction in power_fractions(runs).items():
        low, high = fraction * POWER_SPREAD[0], min(fraction * POWER_SPREAD[1], 1.0)
        about = f"{name.title()} chips: power in training as a fraction of TDP"
        blocks.append(_fact(f"training-power-{name}", about, fraction, low, high))
    return "\n".join(blocks)


_HEAD = """\
# Made by `wattline calibrate training FILE.csv`; do not edit. {within}.

[_sources]
runs = {{ title = "Fitted to runs of papers, model cards and MLPerf node meters", year = 2026, where = "{within}" }}

[_default]
source = "runs"

[mfu-rows]
name = "published runs that MFU was fitted to"
value = {count}
unit = ""
basis = "derived"
fitted_to = [{models}]
"""


def _fact(name: str, about: str, value: float, low: float | None = None, high: float | None = None) -> str:
    lines = [f"[{name}]", f'name = "{about}"', f"value = {value:.4g}"]
    if low is not None and high is not None:
        lines += [f"low = {low:.4g}", f"high = {high:.4g}", 'dist = "lognormal"']
    return "\n".join([*lines, 'unit = ""', 'basis = "derived"', ""])
