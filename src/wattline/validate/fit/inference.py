"""``calibrate inference``: the coefficients of a step, fitted to measured serving.

Every coefficient has a prior: a value that physics or kernels make plausible, and how sure that is; the fit pulls it
only as far as the measurements do. All chips share the tasks' input lengths. Deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import least_squares

from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.coefficients import PRIORS, Coefficients, fact_name, is_measured, kernel_facts, prior_of
from wattline.validate.evidence.campaigns import Campaigns, fit_campaigns
from wattline.validate.evidence.serving import ServingRow, Table
from wattline.validate.evidence.steady import FELT_BY_OTHERS, Steady, TaskAssumptions, media_kind, steady

# tokens of a prompt, and how unsure: short questions, chats of some turns, code around a gap, pictures, frames
INPUTS = {
    "gpqa": (250.0, 0.3),
    "lm-arena-chat": (200.0, 0.5),
    "sourcegraph-fim": (1500.0, 0.7),
    "image-chat": (1200.0, 0.7),
    "video-chat": (4000.0, 0.7),  # where all frames are taken
}
OTHER_INPUT = (500.0, 0.7)
MEDIA_S = {
    "image-chat": (0.02, 0.7),
    "image-chat-fixed": (0.01, 0.7),
    "video-chat": (0.8, 0.7),  # where all frames are taken
}
CROWDING = (3.0, 0.5)
# distinct prompts of a benchmark's data set beside its running requests, and how unsure
DISTINCT = {"lm-arena-chat": (3000.0, 1.0), "image-chat": (1000.0, 1.0), "video-chat": (1000.0, 1.0)}
TOGETHER = (1.3, 0.3)
STALL_S = (0.02, 0.3)
# shares of a nameplate, which nothing reaches whole
HIGHEST = {"_efficiency": 0.95, "limit_reach": 1.0, "sampling_power": 1.0}
SHARP = {"itl": 4.0, "time": 4.0, "power": 6.0}  # log errors well under one over this count as they are
SIGMA = {
    "itl": 0.08,
    "time": 0.10,
    "power": 0.08,
}  # a median of a run is steadier than what its window happened to hold
STEP = 1e-5  # of a logarithm, for slopes
WEIGHT = 3.0  # of the rows beside what was thought before: the one that predicts models left out best, of 0.5 to 5


@dataclass(frozen=True, eq=False)
class StepFit:
    """Fitted coefficients by generation, and what the measurements leave out."""

    coefficients: dict[str, dict[str, float]]
    assumed: TaskAssumptions
    campaigns: Campaigns = field(default_factory=Campaigns)

    def of(self, generation: str) -> Coefficients:
        """The coefficients of a generation; one not fitted takes the geometric mean of those that were."""
        fitted = self.coefficients.get(generation) or self.generic()
        return Coefficients(
            **{name: np.asarray(value) for name, value in fitted.items()}, kernels=kernel_facts(default())
        )

    def generic(self) -> dict[str, float]:
        """Between the fitted generations."""
        every = self.coefficients.values()
        return {name: float(np.exp(np.mean([np.log(each[name]) for each in every]))) for name in PRIORS}

    def predict(self, rows: Sequence[ServingRow]) -> Steady:
        """Predictions for rows of any chips, in their order."""
        itl, mean, watts = (np.zeros(len(rows)) for _ in range(3))
        for generation in sorted({row.chip.generation for row in rows}):
            index = [i for i, row in enumerate(rows) if row.chip.generation == generation]
            steps = steady(Table.of([rows[i] for i in index]), self.of(generation), self._for(rows))
            itl[index], mean[index], watts[index] = steps.itl_s, steps.step_s, steps.chip_w
        return self._as_known(rows, Steady(itl, mean, watts))

    def _as_known(self, rows: Sequence[ServingRow], steps: Steady) -> Steady:
        """The same, as far as the model's steps were measured, between idle and the limit."""
        time = self.campaigns.factors("time", rows)
        watts = steps.chip_w * self.campaigns.factors("power", rows)
        idle = np.array([float(row.chip.idle_w) for row in rows])
        limit = np.array([float(row.chip.tdp_w) for row in rows])
        return Steady(
            steps.itl_s * self.campaigns.factors("itl", rows), steps.step_s * time, np.clip(watts, idle, limit)
        )

    def _for(self, rows: Sequence[ServingRow]) -> TaskAssumptions:
        """What a fit has not seen takes what was thought before it; an unknown task a usual length."""
        tokens = {row.task: INPUTS.get(row.task, OTHER_INPUT)[0] for row in rows}
        media = {kind: value for kind, (value, _) in MEDIA_S.items()}
        return replace(
            self.assumed,
            input_tokens=tokens | dict(self.assumed.input_tokens),
            media_s=media | dict(self.assumed.media_s),
            distinct={task: value for task, (value, _) in DISTINCT.items()} | dict(self.assumed.distinct),
        )


def _prior(name: str, generation: str) -> tuple[float, float]:
    """The thought before the fit: what kernels measured holds as firmly as the rows do."""
    value, width = prior_of(name, generation, default())
    return value, width / WEIGHT if is_measured(name, generation, default()) else width


def _highest(name: str) -> float:
    """The log of the most that a coefficient can be."""
    return float(next((np.log(most) for end, most in HIGHEST.items() if name.endswith(end)), np.inf))


class FitVector:
    """Where each parameter stands in the vector of logs that the fit moves."""

    def __init__(self, generations: Sequence[str], tasks: Sequence[str]) -> None:
        self.generations, self.tasks = list(generations), list(tasks)
        self.media = [kind for kind in MEDIA_S if kind.removesuffix("-fixed") in self.tasks]
        pairs = [_prior(name, generation) for generation in self.generations for name in PRIORS]
        pairs += [INPUTS.get(task, OTHER_INPUT) for task in self.tasks]
        self.repeated = [task for task in DISTINCT if task in self.tasks]
        pairs += [MEDIA_S[task] for task in self.media] + [DISTINCT[task] for task in self.repeated]
        pairs += [TOGETHER] * len(self.tasks) + [STALL_S, CROWDING]
        most = [_highest(name) for _ in self.generations for name in PRIORS]
        self.highest = np.array([*most, *[np.inf] * (len(pairs) - len(most))])
        self.start = np.log([value for value, _ in pairs])
        self.width = np.array([width for _, width in pairs])

    def moved(self, vector: Array, generation: str) -> Coefficients:
        """Coefficients of a generation as often as there are names, each time another moved by a step.

        Parameters
        ----------
        vector : the coefficients, shape ``(n,)``
        generation : one of the fit's

        Returns each of shape ``(n_names, 1)``, beside which rows broadcast.
        """
        first, count = self.generations.index(generation) * len(PRIORS), len(PRIORS)
        values = np.exp(vector[first : first + count] + STEP * np.eye(count))
        drawn = {name: values[:, [i]] for i, name in enumerate(PRIORS)}
        return Coefficients(**drawn, kernels=kernel_facts(default()))

    def apart(self, rows: Sequence[ServingRow]) -> list[Array]:
        """Places of what generations share that may be moved at once, for each of them no row but its own feels.

        Parameters
        ----------
        rows : measured ones

        Returns of each group of places the one that each row feels, shape ``(n_rows,)``.
        """
        first = len(self.generations) * len(PRIORS)
        parts = (self.tasks, self.media, self.repeated, self.tasks)
        ends = np.cumsum([first, *map(len, parts)]).tolist()
        groups = []
        for start, names, of in zip(ends[:-1], parts, (_task, media_kind, _task, _task), strict=True):
            place = {name: start + i for i, name in enumerate(names)}
            groups.append(np.array([place.get(of(row), -1) for row in rows]))
        alone = [ends[-1], ends[-1] + 1]
        if FELT_BY_OTHERS in self.tasks:
            alone.append(first + self.tasks.index(FELT_BY_OTHERS))
            groups[0] = np.where(groups[0] == alone[-1], -1, groups[0])
        return groups + [np.full(len(rows), place) for place in alone]

    def read(self, vector: Array) -> StepFit:
        values = np.exp(vector).tolist()
        step = len(PRIORS)
        columns = {
            generation: dict(zip(PRIORS, values[i * step : (i + 1) * step], strict=True))
            for i, generation in enumerate(self.generations)
        }
        rest = values[len(self.generations) * step :]
        named = iter(rest)
        inputs, media, distinct, together = (
            {name: next(named) for name in names} for names in (self.tasks, self.media, self.repeated, self.tasks)
        )
        return StepFit(columns, TaskAssumptions(inputs, media, distinct, together, next(named), next(named)))


class StepResiduals:
    """What a vector of coefficients leaves of measured rows and of its priors, and the slopes of that."""

    def __init__(self, rows: Sequence[ServingRow]) -> None:
        self.layout = FitVector(sorted({row.chip.generation for row in rows}), sorted({row.task for row in rows}))
        of = {g: [row for row in rows if row.chip.generation == g] for g in self.layout.generations}
        self.tables = {generation: Table.of(own) for generation, own in of.items()}
        self.measured = {generation: _measured(own) for generation, own in of.items()}
        self.felt = {generation: self.layout.apart(own) for generation, own in of.items()}

    def at(self, vector: Array) -> Array:
        """Of every row and of every prior, shape ``(n_residuals,)``."""
        fit, layout = self.layout.read(vector), self.layout
        parts = [self._errors(generation, fit.of(generation), fit.assumed) for generation in self.tables]
        return np.concatenate([*parts, (vector - layout.start) / layout.width])

    def slopes(self, vector: Array) -> Array:
        """Shape ``(n_residuals, n)``: the coefficients of a generation are moved side by side, one a row of arrays, and
        what tasks share is moved together where no row feels two of them."""
        fit, blocks = self.layout.read(vector), []
        for place, generation in enumerate(self.tables):
            base = self._errors(generation, fit.of(generation), fit.assumed)
            block, own = np.zeros((len(base), len(vector))), self.layout.moved(vector, generation)
            many = (self._errors(generation, own, fit.assumed) - base) / STEP
            block[:, place * len(PRIORS) : (place + 1) * len(PRIORS)] = many.T
            for felt in self.felt[generation]:
                moved, feels = vector.copy(), np.flatnonzero(np.tile(felt >= 0, len(SHARP)))
                moved[np.unique(felt[felt >= 0])] += STEP
                other = self._errors(generation, fit.of(generation), self.layout.read(moved).assumed)
                block[feels, np.tile(felt, len(SHARP))[feels]] = (other - base)[feels] / STEP
            blocks.append(block)
        return np.concatenate([*blocks, np.diag(1.0 / self.layout.width)])

    def _errors(self, generation: str, coefficients: Coefficients, assumed: TaskAssumptions) -> Array:
        """Of a generation's rows in widths, by measure, along the last axis."""
        steps, parts = steady(self.tables[generation], coefficients, assumed), []
        for name, value in (("itl", steps.itl_s), ("time", steps.step_s), ("power", steps.chip_w)):
            k, truth = SHARP[name], self.measured[generation][name]
            parts.append(np.arctan(k * (np.log(value) - truth)) / (k * SIGMA[name]))
        return np.concatenate(np.broadcast_arrays(*parts), axis=-1) * WEIGHT


def fit_step(rows: Sequence[ServingRow]) -> StepFit:
    """Fit to the rows, each generation's own coefficients and the tasks' input lengths together. Raises WattlineError
    for fewer than 20 rows."""
    rows = [row for row in rows if row.ranks == 1]  # of others a handful is measured: they are held against the fit
    if len(rows) < 20:
        raise WattlineError(f"{len(rows)} usable rows are too few to fit a step; 20 or more are needed")
    left = StepResiduals(rows)
    layout = left.layout
    begin, bounds = np.minimum(layout.start, layout.highest - 1e-6), (-np.inf, layout.highest)
    fit = layout.read(least_squares(left.at, begin, left.slopes, bounds, max_nfev=100, xtol=1e-8, ftol=1e-8).x)
    simulated, truth = fit.predict(rows), _measured(rows)
    predicted = {"itl": simulated.itl_s, "time": simulated.step_s, "power": simulated.chip_w}
    errors = {name: truth[name] - np.log(value) for name, value in predicted.items()}
    return replace(fit, campaigns=fit_campaigns(rows, errors))


def _task(row: ServingRow) -> str:
    return row.task


def _measured(rows: Sequence[ServingRow]) -> dict[str, Array]:
    return {
        "itl": np.log([row.itl_s for row in rows]),
        "time": np.log([row.batch / row.throughput for row in rows]),
        "power": np.log([row.power_w / row.chips for row in rows]),
    }


def spreads(rows: Sequence[ServingRow], predicted: Steady, generation: str) -> dict[str, tuple[float, float]]:
    """p5 and p95 of measured over predicted, for time and power, on one generation.

    Parameters
    ----------
    rows : n measured configurations
    predicted : for them, shape (n,) each
    generation : of chips whose rows count

    Returns
    -------
    By measure, the two ends of the ratio.
    """
    index = [i for i, row in enumerate(rows) if row.chip.generation == generation]
    truth = _measured([rows[i] for i in index])
    time = np.exp(np.percentile(truth["time"] - np.log(predicted.step_s[index]), (5, 95)))
    power = np.exp(np.percentile(truth["power"] - np.log(predicted.chip_w[index]), (5, 95)))
    return {"time": (float(time[0]), float(time[1])), "power": (float(power[0]), float(power[1]))}


def fact_names(generation: str) -> dict[str, str]:
    """The fact of each coefficient."""
    return {name: fact_name(name, generation) for name in PRIORS}
