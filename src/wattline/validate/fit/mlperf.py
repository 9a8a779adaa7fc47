"""What tuned engines do, fitted to results of MLPerf Inference: hierarchically, by generation and vendor of chips.

A coefficient of a generation is the mean over all, plus what its vendor and then what it itself lies off; both are
shrunk to none, so that a vendor or a generation with few results stays near its kin, and one without takes theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients, coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.products import ACTIVATION_BYTES
from wattline.line.chip.tuned import TuningGain, with_tuned
from wattline.line.engine.steady_load import Best, LoadFacts, ServedModel, best, layouts, rates_at
from wattline.validate.evidence.mlperf_groups import Group, groups_of
from wattline.validate.evidence.mlperf_inference import MlperfRow
from wattline.validate.fit.mlperf_known import known_beforehand
from wattline.validate.fit.mlperf_priors import BY_CHIP, moves, priors_of

SHARED_TUNED = ("expert-time", "host-s", "host-sequence-s", "mixed-launches")
FIXED = {"narrow-attention": 1.5, "expert-unevenness": 0.3, "prompt-ramp-tokens": 780.0, "prompt-rate": 1.3}
CACHE_BYTES = 1.0  # of these engines on chips with 8-bit arithmetic
ERROR = 0.1  # of a result, beside which the priors stand
STEP = 0.02
MAX_DAMPING, SETTLED = 1e3, 0.1


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


def predict(fit: MlperfFit, row: MlperfRow, plain: LoadFacts) -> Best | None:
    """The best layout of a row under a fit; None where its model fits no layout. The prompts of a task that the fit has
    not seen are as long as the facts state.

    Parameters
    ----------
    fit, row : coefficients, and a result
    plain : facts of a load, of which the fitted ones are replaced

    Returns the layout with its rate.
    """
    return predict_row(_under(fit, row), fit.tuned(row), fit.facts(plain))


def _under(fit: MlperfFit, row: MlperfRow) -> MlperfRow:
    """The row with the prompts' length of a fit."""
    stated = row.chip.catalog.fact(f"fit.mlperf-input-tokens-{row.task}").value
    return replace(row, load=replace(row.load, input_tokens=fit.lengths.get(row.task, stated)))


def predict_row(row: MlperfRow, tuned: TuningGain, facts: LoadFacts) -> Best | None:
    """The best layout of a row, within the rules of its round.

    Parameters
    ----------
    row : the result
    tuned : what tuning is worth on its chip
    facts : of a server under a known load

    Returns the best layout with its batch, or None where nothing fits.
    """
    return best(_served(row, tuned), row.chips, row.load, facts, row.pipelines)


def _served(row: MlperfRow, tuned: TuningGain) -> ServedModel:
    fit = with_tuned(_base(row.chip), tuned)
    return ServedModel(row.model, row.chip, row.precision, cache_bytes(row.chip), fit)


def cache_bytes(chip: Chip) -> float:
    """Bytes of a value that tuned engines keep: 8 bits where the chip has such arithmetic."""
    return CACHE_BYTES if "fp8_flops" in chip.record.facts else ACTIVATION_BYTES


_BASE: dict[str, Coefficients] = {}


def _base(chip: Chip) -> Coefficients:
    if chip.generation not in _BASE:
        _BASE[chip.generation] = coefficients(chip.generation, Draws(0))
    return _BASE[chip.generation]


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
        priors = priors_of(groups)
        self.names, self.beforehand = list(priors), known_beforehand(groups[0].row.chip.catalog)
        self.means, self.widths = (np.array([priors[name][i] for name in self.names]) for i in (0, 1))
        self.weights = np.array([min(group.count, 4) ** 0.25 for group in groups]) / ERROR
        self.latest: tuple[bytes, list[Best | None]] = b"", []

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

    def best(self, at: Array) -> list[Best | None]:
        """Of every group; the latest are kept, for slopes are wanted where errors were."""
        if self.latest[0] != at.tobytes():
            fit = self.fit(at)
            self.latest = at.tobytes(), [predict(fit, group.row, self.plain) for group in self.groups]
        return self.latest[1]

    def errors(self, at: Array) -> Array:
        """Of every group, in widths."""
        pairs = zip(self.best(at), self.groups, strict=True)
        values = [_error(b.tokens_per_s if b else 0.0, b.chip_w if b else 0.0, g) for b, g in pairs]
        return np.array(values) * self.weights

    def slopes(self, at: Array, errors: Array) -> Array:
        """Of the errors, at each group's best layout: a step away from there moves little. What a chip, its vendor and
        all chips lie off a mean is felt alike, and worked out once."""
        slopes, moved = np.zeros((len(self.groups), len(self.names))), self._moved(at)
        for place, (group, there) in enumerate(zip(self.groups, self.best(at), strict=True)):
            felt = {name: next((e for e in BY_CHIP if name.startswith(e)), name) for name in self.names}
            felt = {name: kind for name, kind in felt.items() if there and moves(name, group.row)}
            near = _errors_near({kind: moved[name] for name, kind in felt.items()}, group, there, self.plain)
            for name, kind in felt.items():
                slopes[place, self.names.index(name)] = (near[kind] * self.weights[place] - errors[place]) / STEP
        return slopes

    def _moved(self, at: Array) -> dict[str, MlperfFit]:
        """The fit with each coefficient in turn moved by a step."""
        return {name: self.fit(at + STEP * unit) for name, unit in zip(self.names, np.eye(len(at)), strict=True)}

    def step(self, slopes: Array, errors: Array, at: Array, damping: float) -> Array:
        """Of Gauss and Newton, damped."""
        curvature = slopes.T @ slopes + np.diag(1 / self.widths**2)
        downhill = -(slopes.T @ errors + (at - self.means) / self.widths**2)
        return np.asarray(np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), downhill))

    def cost(self, errors: Array, at: Array) -> float:
        """Squares of the errors and of what lies off the priors."""
        return float(errors @ errors + np.sum(((at - self.means) / self.widths) ** 2))


def _errors_near(fits: Mapping[str, MlperfFit], group: Group, there: Best | None, plain: LoadFacts) -> dict[str, float]:
    """Of a group at one layout under each fit; those that differ in the engine alone are worked out side by side."""
    alone = [name for name in fits if name.startswith("input-") or name in ("tail", "deviations")]
    sets = [[name] for name in alone] + [[name for name in fits if name not in alone]]
    errors: dict[str, float] = {}
    for names in filter(None, sets):
        row, facts = _under(fits[names[0]], group.row), fits[names[0]].facts(plain)
        served = _served(row, _side_by_side([fits[name].tuned(row) for name in names]))
        every = layouts(served, row.chips, row.load, facts, row.pipelines)
        layout = next((each for each in every if there and each.is_like(there.layout)), None)
        rate = watts = np.zeros(len(names))
        if layout is not None:
            _, rate, watts, _ = rates_at(served, row.chips, row.load, facts, layout)
        errors |= {n: _error(float(r), float(w), group) for n, r, w in zip(names, rate, watts, strict=True)}
    return errors


def _side_by_side(gains: Sequence[TuningGain]) -> TuningGain:
    """Each value of shape ``(n, 1)``, beside which batches broadcast."""
    names = [each.name for each in fields(TuningGain) if each.name != "nearest"]
    values: dict[str, Any] = {name: np.array([[float(getattr(gain, name))] for gain in gains]) for name in names}
    return TuningGain(**values)


def _error(tokens_per_s: float, chip_w: float, group: Group) -> float:
    """Of a chip's tokens a second, 0 where nothing fits, or of its watts with its part of the host's."""
    host, error = group.row.chip.server["host_w"].value / group.row.chip.node_chips, -1.0
    if tokens_per_s > 0:
        error = float(np.log((chip_w + host if group.wall else tokens_per_s) / group.measured))
    size = abs(error) / (2 * ERROR)  # beyond two errors a row counts by its size, not its square
    return float(np.sign(error) * 2 * ERROR * np.sqrt(2 * (np.sqrt(1 + size * size) - 1)))
