"""What tuned engines do, fitted to results of MLPerf Inference: hierarchically, by generation and vendor of chips.

A coefficient of a generation is the mean over all, plus what its vendor and then what it itself lies off; both are
shrunk to none, so that a vendor or a generation with few results stays near its kin, and one without takes theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import Z95
from wattline.line.chip.coefficients import Coefficients, coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.products import ACTIVATION_BYTES
from wattline.line.chip.tuned import TuningGain, with_tuned
from wattline.line.engine.steady_load import Best, LoadFacts, ServedModel, ServerLayout, best
from wattline.validate.evidence.mlperf_inference import MlperfRow
from wattline.validate.fit.mlperf_known import known_beforehand

# what each generation has for itself -> prior mean of the logarithm over all chips, its width
BY_CHIP = {"kernel-time": (-0.05, 0.2), "narrow-time": (0.0, 0.2), "power": (-0.2, 0.2)}
KIN = 0.12  # width of what a vendor lies off the mean, and a generation off its vendor
# what all share -> prior of the logarithm, its width
SHARED = {
    "expert-time": (-0.2, 0.3),
    "host-s": (np.log(3e-4), 0.7),
    "host-sequence-s": (np.log(3e-6), 0.7),
    "mixed-launches": (np.log(0.4), 0.7),
    "deviations": (np.log(2.3), 0.2),
    "tail": (np.log(1.15), 0.1),
}
SHARED_TUNED = ("expert-time", "host-s", "host-sequence-s", "mixed-launches")
FIXED = {"narrow-attention": 1.5, "expert-unevenness": 0.3, "prompt-ramp-tokens": 780.0, "prompt-rate": 1.3}
ENGINE_WIDTH, YEAR_WIDTH = 0.2, 0.1
CACHE_BYTES = 1.0  # of these engines on chips with 8-bit arithmetic
ERROR = 0.1  # of a result, beside which the priors stand
STEP = 0.02
MAX_DAMPING, SETTLED = 1e3, 0.1


@dataclass(frozen=True)
class Group:
    """Results alike: the median of their tokens a second of one chip, or of a node's watts at the wall (``wall``), and
    how many there are."""

    row: MlperfRow
    measured: float
    count: int
    wall: bool = False


@dataclass(eq=False)
class MlperfFit:
    """Logarithms of the coefficients by name, ``kernel-time-nvidia`` and ``kernel-time-hopper`` being what these lie
    off the mean; ``measured``: the chips that the fit saw; ``lengths``: tokens of prompts by task; ``beforehand``:
    what others lie off the mean, as ``known_beforehand`` has it."""

    values: dict[str, float]
    measured: tuple[str, ...] = ()
    lengths: dict[str, float] = field(default_factory=dict)
    beforehand: dict[str, float] = field(default_factory=dict)

    def of_chip(self, name: str, vendor: str, generation: str) -> float:
        """A coefficient of a generation: where it or its vendor was not measured, what its kin has.

        Parameters
        ----------
        name, vendor, generation : of the coefficient, and of the chip

        Returns its value.
        """
        keys = (name, f"{name}-{vendor}", f"{name}-{generation}")
        return float(np.exp(sum(self.values.get(key, self.beforehand.get(key, 0.0)) for key in keys)))

    def tuned(self, row: MlperfRow) -> TuningGain:
        """What tuning is worth on a row's chip, by its engine and year."""
        chip = row.chip
        slower = np.exp(
            self.values.get(f"engine-{row.engine}-{chip.vendor}", 0.0) + self.values.get(f"year-{row.year}", 0.0)
        )
        values = {name: self.of_chip(name, chip.vendor, chip.generation) for name in BY_CHIP} | FIXED
        values |= {name: float(np.exp(self.values[name])) for name in SHARED_TUNED}
        values |= {name: values[name] * slower for name in ("kernel-time", "expert-time")}
        gains: dict[str, Any] = {name.replace("-", "_"): np.asarray(value) for name, value in values.items()}
        return TuningGain(**gains)

    def facts(self, plain: LoadFacts) -> LoadFacts:
        """The facts of a load with the fitted ones in them."""
        return replace(
            plain, tail=float(np.exp(self.values["tail"])), deviations=float(np.exp(self.values["deviations"]))
        )


def predict(fit: MlperfFit, row: MlperfRow, plain: LoadFacts, like: ServerLayout | None = None) -> Best | None:
    """The best layout of a row under a fit; None where its model fits no layout. The prompts of a task that the fit has
    not seen are as long as the facts state.

    Parameters
    ----------
    fit, row : coefficients, and a result
    plain, like : facts of a load, of which the fitted ones are replaced; a layout that is kept, where there is one

    Returns the layout with its rate.
    """
    stated = row.chip.catalog.fact(f"fit.mlperf-input-tokens-{row.task}").value
    load = replace(row.load, input_tokens=fit.lengths.get(row.task, stated))
    return predict_row(replace(row, load=load), fit.tuned(row), fit.facts(plain), like)


def predict_row(row: MlperfRow, tuned: TuningGain, facts: LoadFacts, like: ServerLayout | None = None) -> Best | None:
    """The best layout of a row, within the rules of its round.

    Parameters
    ----------
    row : the result
    tuned : what tuning is worth on its chip
    facts : of a server under a known load
    like : the one layout to take; None for the best

    Returns that layout with its batch, or None where nothing fits.
    """
    fit = with_tuned(_base(row.chip), tuned)
    served = ServedModel(row.model, row.chip, row.precision, cache_bytes(row.chip), fit)
    return best(served, row.chips, row.load, facts, row.pipelines, like)


def cache_bytes(chip: Chip) -> float:
    """Bytes of a value that tuned engines keep: 8 bits where the chip has such arithmetic."""
    return CACHE_BYTES if "fp8_flops" in chip.record.facts else ACTIVATION_BYTES


_BASE: dict[str, Coefficients] = {}


def _base(chip: Chip) -> Coefficients:
    if chip.generation not in _BASE:
        _BASE[chip.generation] = coefficients(chip.generation, Draws(0))
    return _BASE[chip.generation]


def groups_of(rows: Sequence[MlperfRow]) -> list[Group]:
    """Results of the same chip, task, scenario, format, engine and year as one, by their median."""
    alike: dict[tuple[object, ...], list[MlperfRow]] = {}
    for row in rows:
        key = (row.chip.record.name, row.task, row.scenario, row.precision, row.engine, row.year, min(row.chips, 8))
        alike.setdefault(key, []).append(row)
    groups = []
    for same in alike.values():
        largest, metered = max(same, key=lambda r: r.chips), [r for r in same if r.wall_w]
        groups.append(Group(largest, float(np.median([r.tokens_per_s / r.chips for r in same])), len(same)))
        if metered:
            watts = np.median([(r.wall_w or 0.0) / r.chips for r in metered])
            groups.append(Group(metered[0], float(watts), len(metered), wall=True))
    return groups


def fit_mlperf(
    rows: Sequence[MlperfRow], plain: LoadFacts, start: MlperfFit | None = None, rounds: int = 8,
    progress: Callable[[str], None] = lambda name: None,
) -> MlperfFit:  # fmt: skip
    """Fit by damped Gauss-Newton, each coefficient's slope on the groups that it can move.

    Parameters
    ----------
    rows : results
    plain : facts of a load, of which the fitted ones are replaced
    start : where to begin; the priors where not given
    rounds, progress : iterations at most; called with what is under way

    Returns values of the coefficients, and those that are measured.
    """
    problem = _Problem(groups_of(rows), plain)
    at = problem.start({} if start is None else start.values)
    errors, damping = problem.errors(at), 0.3
    for turn in range(rounds):
        progress(f"round {turn + 1}")
        slopes, cost, better = problem.slopes(at, errors), problem.cost(errors, at), False
        while damping < MAX_DAMPING and not better:
            trial = at + problem.step(slopes, errors, at, damping)
            trial_errors = problem.errors(trial)
            better = problem.cost(trial_errors, trial) < cost
            damping *= 0.3 if better else 4.0
        if not better:
            break
        at, errors = trial, trial_errors
        if cost - problem.cost(errors, at) < SETTLED:
            break
    return problem.fit(at)


class _Problem:
    """Errors of groups of results and their slopes, by the logarithms of the coefficients."""

    def __init__(self, groups: Sequence[Group], plain: LoadFacts) -> None:
        self.groups, self.plain = groups, plain
        priors = _priors(groups)
        self.names, self.beforehand = list(priors), known_beforehand(groups[0].row.chip.catalog)
        self.means, self.widths = (np.array([priors[name][i] for name in self.names]) for i in (0, 1))
        self.weights = np.array([min(group.count, 4) ** 0.25 for group in groups]) / ERROR

    def start(self, values: Mapping[str, float]) -> Array:
        """Where to begin: these values, and the priors of the others."""
        usual = dict(zip(self.names, self.means, strict=True))
        return np.array([values.get(name, usual[name]) for name in self.names])

    def fit(self, at: Array) -> MlperfFit:
        """The fit with these values."""
        known = dict(zip(self.names, (float(x) for x in at), strict=True))
        lengths = {n.removeprefix("input-"): float(np.exp(v)) for n, v in known.items() if n.startswith("input-")}
        measured = tuple(sorted({g.row.chip.record.name for g in self.groups}))
        return MlperfFit(known, measured, lengths, self.beforehand)

    def errors(self, at: Array) -> Array:
        """Of every group, in widths."""
        fit = self.fit(at)
        return np.array([_error(predict(fit, g.row, self.plain), g) for g in self.groups]) * self.weights

    def slopes(self, at: Array, errors: Array) -> Array:
        """Of the errors, at each group's best layout: a step away from there moves little."""
        fit, slopes = self.fit(at), np.zeros((len(self.groups), len(self.names)))
        best = [predict(fit, group.row, self.plain) for group in self.groups]
        for column, name in enumerate(self.names):
            moved = at.copy()
            moved[column] += STEP
            other = self.fit(moved)
            for place, group in enumerate(self.groups):
                if _moves(name, group.row):
                    there = best[place]
                    near = predict(other, group.row, self.plain, None if there is None else there.layout)
                    error = _error(near, group) * self.weights[place]
                    slopes[place, column] = (error - errors[place]) / STEP
        return slopes

    def step(self, slopes: Array, errors: Array, at: Array, damping: float) -> Array:
        """Of Gauss and Newton, damped."""
        curvature = slopes.T @ slopes + np.diag(1 / self.widths**2)
        downhill = -(slopes.T @ errors + (at - self.means) / self.widths**2)
        return np.asarray(np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), downhill))

    def cost(self, errors: Array, at: Array) -> float:
        """Squares of the errors and of what lies off the priors."""
        return float(errors @ errors + np.sum(((at - self.means) / self.widths) ** 2))


def _priors(groups: Sequence[Group]) -> dict[str, tuple[float, float]]:
    """Every coefficient that the groups can tell of: the mean and the width of its logarithm."""
    priors, catalog = dict(SHARED), groups[0].row.chip.catalog
    known = known_beforehand(catalog)
    kin = {g.row.chip.vendor for g in groups} | {g.row.chip.generation for g in groups}
    for name, prior in BY_CHIP.items():
        priors[name] = prior
        priors |= {f"{name}-{of}": (known.get(f"{name}-{of}", 0.0), KIN) for of in sorted(kin)}
    for vendor in {g.row.chip.vendor for g in groups}:
        engines = [g.row.engine for g in groups if g.row.chip.vendor == vendor]
        usual = max(sorted(set(engines)), key=engines.count)
        priors |= {
            f"engine-{e}-{vendor}": (0.0, ENGINE_WIDTH) for e in sorted(set(engines)) if e not in (usual, "other")
        }
    if any(g.row.year == 2024 for g in groups):
        priors["year-2024"] = (0.05, YEAR_WIDTH)
    for task in sorted({g.row.task for g in groups}):
        fact = catalog.fact(f"fit.mlperf-input-tokens-{task}")
        priors[f"input-{task}"] = (float(np.log(fact.value)), float(np.log(fact.high / fact.low) / (2 * Z95)))
    return priors


def _moves(name: str, row: MlperfRow) -> bool:
    """Whether a coefficient has a part in a row's prediction."""
    head, _, rest = name.partition("-")
    if head == "input":
        return rest == row.task
    if head == "engine":
        return rest == f"{row.engine}-{row.chip.vendor}"
    if head == "year":
        return rest == str(row.year)
    if name in ("tail", "deviations"):
        return row.load.random
    if name == "expert-time":
        return row.model.experts > 0
    own = next((each for each in BY_CHIP if name.startswith(f"{each}-")), None)
    return own is None or name.removeprefix(f"{own}-") in (row.chip.vendor, row.chip.generation)


def _error(result: Best | None, group: Group) -> float:
    chip, error = group.row.chip, -1.0
    if result is not None:
        host = chip.server["host_w"].value / chip.node_chips
        error = float(np.log((result.chip_w + host if group.wall else result.tokens_per_s) / group.measured))
    size = abs(error) / (2 * ERROR)  # beyond two errors a row counts by its size, not its square
    return float(np.sign(error) * 2 * ERROR * np.sqrt(2 * (np.sqrt(1 + size * size) - 1)))
