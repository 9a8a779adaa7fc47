"""``calibrate inference``: the coefficients of a step, fitted to measured serving.

Every coefficient has a prior: a value that physics or kernels make plausible, and how sure that is; the fit pulls it
only as far as the measurements do. All chips share the tasks' input lengths. Deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import least_squares

from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.coefficients import PRIORS, Coefficients, fact_name, is_measured, kernel_facts, prior_of
from wattline.validate.evidence.campaigns import Campaigns, fit_campaigns
from wattline.validate.evidence.serving import ServingRow, Table
from wattline.validate.evidence.steady import Steady, TaskAssumptions, steady

# tokens of a prompt, and how unsure: short questions, chats of some turns, code around a gap, pictures, frames
INPUTS = {
    "gpqa": (250.0, 0.3),
    "lm-arena-chat": (200.0, 0.5),
    "sourcegraph-fim": (1500.0, 0.7),
    "image-chat": (1200.0, 0.7),
    "video-chat": (3000.0, 0.7),
}
OTHER_INPUT = (500.0, 0.7)
MEDIA_S = {
    "image-chat": (0.02, 0.7),
    "image-chat-fixed": (0.01, 0.7),
    "video-chat": (0.1, 0.7),
    "video-chat-sound": (0.3, 0.7),
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
        self.media = [kind for kind in MEDIA_S if kind.removesuffix("-sound").removesuffix("-fixed") in self.tasks]
        pairs = [_prior(name, generation) for generation in self.generations for name in PRIORS]
        pairs += [INPUTS.get(task, OTHER_INPUT) for task in self.tasks]
        self.repeated = [task for task in DISTINCT if task in self.tasks]
        pairs += [MEDIA_S[task] for task in self.media] + [DISTINCT[task] for task in self.repeated]
        pairs += [TOGETHER] * len(self.tasks) + [STALL_S, CROWDING]
        most = [_highest(name) for _ in self.generations for name in PRIORS]
        self.highest = np.array([*most, *[np.inf] * (len(pairs) - len(most))])
        self.start = np.log([value for value, _ in pairs])
        self.width = np.array([width for _, width in pairs])

    def slopes(self, residuals: Callable[[Array], Array], vector: Array, generation: Array) -> Array:
        """Of the residuals, those of rows by their ``generation`` first: a coefficient of one generation and the same
        of the others move rows apart, so that one step shows the slopes of all.

        Parameters
        ----------
        residuals : of a vector
        vector : the coefficients, shape ``(n,)``
        generation : index of each row's generation, shape ``(n_rows,)``

        Returns slopes of the residuals, shape ``(n_residuals, n)``.
        """
        count, own = len(self.generations), len(PRIORS)
        at, rows = residuals(vector), len(generation)
        result = np.zeros((len(at), len(vector)))
        result[rows:] = np.diag(1.0 / self.width)
        shared = [[i] for i in range(count * own, len(vector))]
        for places in [[g * own + name for g in range(count)] for name in range(own)] + shared:
            moved = vector.copy()
            moved[places] += STEP
            slope = (residuals(moved)[:rows] - at[:rows]) / STEP
            for g, place in enumerate(places):
                result[:rows, place] = slope if len(places) == 1 and place >= count * own else slope * (generation == g)
        return result

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


def fit_step(rows: Sequence[ServingRow]) -> StepFit:
    """Fit to the rows, each generation's own coefficients and the tasks' input lengths together. Raises WattlineError
    for fewer than 20 rows."""
    rows = [row for row in rows if row.ranks == 1]  # of others a handful is measured: they are held against the fit
    if len(rows) < 20:
        raise WattlineError(f"{len(rows)} usable rows are too few to fit a step; 20 or more are needed")
    layout = FitVector(sorted({row.chip.generation for row in rows}), sorted({row.task for row in rows}))
    tables = {g: Table.of([row for row in rows if row.chip.generation == g]) for g in layout.generations}
    measured = {g: _measured(table.rows) for g, table in tables.items()}

    def residuals(vector: Array) -> Array:
        fit = layout.read(vector)
        parts = []
        for generation, table in tables.items():
            steps = steady(table, fit.of(generation), fit.assumed)
            truth = measured[generation]
            for name, value in (("itl", steps.itl_s), ("time", steps.step_s), ("power", steps.chip_w)):
                k = SHARP[name]
                parts.append(np.arctan(k * (np.log(value) - truth[name])) / (k * SIGMA[name]))
        return np.concatenate([np.concatenate(parts) * WEIGHT, (vector - layout.start) / layout.width])

    rows_of: Array = np.repeat(np.arange(float(len(tables))), [3 * len(truth["time"]) for truth in measured.values()])

    def slopes(vector: Array) -> Array:
        return layout.slopes(residuals, vector, rows_of)

    begin, bounds = np.minimum(layout.start, layout.highest - 1e-6), (-np.inf, layout.highest)
    fit = layout.read(least_squares(residuals, begin, slopes, bounds, max_nfev=100, xtol=1e-8, ftol=1e-8).x)
    simulated, truth = fit.predict(rows), _measured(rows)
    predicted = {"itl": simulated.itl_s, "time": simulated.step_s, "power": simulated.chip_w}
    errors = {name: truth[name] - np.log(value) for name, value in predicted.items()}
    return replace(fit, campaigns=fit_campaigns(rows, errors))


def _measured(rows: Sequence[ServingRow]) -> dict[str, Array]:
    return {
        "itl": np.log([row.itl_s for row in rows]),
        "time": np.log([row.batch / row.throughput for row in rows]),
        "power": np.log([row.power_w / row.chips for row in rows]),
    }


def spreads(rows: Sequence[ServingRow], predicted: Steady, generation: str) -> dict[str, tuple[float, float]]:
    """p5 and p95 of measured over predicted, for time and power, on one generation."""
    index = [i for i, row in enumerate(rows) if row.chip.generation == generation]
    truth = _measured([rows[i] for i in index])
    time = np.exp(np.percentile(truth["time"] - np.log(predicted.step_s[index]), (5, 95)))
    power = np.exp(np.percentile(truth["power"] - np.log(predicted.chip_w[index]), (5, 95)))
    return {"time": (float(time[0]), float(time[1])), "power": (float(power[0]), float(power[1]))}


def fact_names(generation: str) -> dict[str, str]:
    """The fact of each coefficient."""
    return {name: fact_name(name, generation) for name in PRIORS}
