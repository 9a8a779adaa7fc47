"""What a pass through a layer of experts takes in training, fitted to published steps of mixtures with their layouts:
``wattline calibrate experts``, whose leave-out ``wattline validate steps --leave-out model`` prints.

Least squares of the logarithm of their times, with a loss that grows slower for outliers, around what is thought
before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wattline.catalog.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.catalog.own import OwnFile
from wattline.core.fact import Array
from wattline.core.units import Z95
from wattline.line.chip.coefficients import Prior
from wattline.line.chip.device import load_chip
from wattline.line.chip.training.step import best_plan, training_step
from wattline.validate.steps import ComparedStep, PublishedStep, StepsValidation, published_steps

SCATTER = 0.15  # of a row's log time around the model, below which errors count squared: libraries' recipes differ
SLOPE = np.array(1e-3)  # of a coefficient's log, for slopes
EXPERT_PRIORS: dict[str, Prior] = {
    f"training-{name}": Prior(value, width, unit, about)
    for name, value, width, unit, about in (
        (
            "expert-efficiency",
            0.75,
            0.2,
            "",
            "rate of experts' products in training beside plain ones of the same shape",
        ),
        (
            "expert-layer-s",
            0.6e-3,
            0.7,
            "s",
            "time of a pass through a layer of experts beside arithmetic and messages",
        ),
        ("own-expert-s", 0.06e-3, 0.7, "s", "time that the pass takes more for each expert of a chip"),
        ("narrow-expert-launches", 1.5, 0.3, "", "the same in 8 bits beside 16, whose inputs are narrowed one by one"),
    )
}
SPREAD = "training-step-spread-experts"
SPREAD_ABOUT = (
    "time of a tuned step of a mixture of experts beside its prediction: libraries differ by more than on dense models"
)
_HEAD = """\
# Made by `wattline calibrate experts`; do not edit. {within}.

[_sources]
experts = {{ title = "Fitted to published steps of mixtures of experts", year = 2026, where = "{within}" }}

[_default]
source = "experts"
basis = "derived"
"""


@dataclass(frozen=True, eq=False)
class ExpertFit:
    """Logarithms of the coefficients, by the names of their facts, and how far each may lie off."""

    logs: Mapping[str, float]
    doubt: Mapping[str, float]

    def draws(self) -> Draws:
        """Central values of a catalog that has these coefficients."""
        text = "".join(f"[fit.{name}]\nvalue = {float(np.exp(log))!r}\n" for name, log in self.logs.items())
        return Draws(0, catalog=Catalog(OwnFile("calibrate experts", text)))

    def steps(self, rows: Sequence[PublishedStep]) -> list[ComparedStep]:
        """Each row beside the step of its own layout."""
        draws = self.draws()
        result = []
        for row in rows:
            step = training_step(row.model, load_chip(row.chip, draws), row.plan, row.precision, draws)
            result.append(ComparedStep(row, float(step.time_s), float(step.power_w)))
        return result

    def without_layout(self, rows: Sequence[PublishedStep]) -> Array:
        """Published over predicted time of the best layout of as many chips and sequences, shape ``(n_rows,)``."""
        draws = self.draws()
        ratios = []
        for row in rows:
            chip, own = load_chip(row.chip, draws), row.plan
            plan = best_plan(row.model, chip, own.chips, own.tokens, row.precision, own.sequences, strict=False)
            ratios.append(row.step_s / float(training_step(row.model, chip, plan, row.precision, draws).time_s))
        return np.array(ratios)


def mixtures() -> list[PublishedStep]:
    """The catalog's steps of mixtures of experts."""
    return [step for step in published_steps() if step.model.moe_layers]


def fit_experts(rows: Sequence[PublishedStep]) -> ExpertFit:
    """The coefficients of the least loss.

    Parameters
    ----------
    rows : published steps with their layouts

    Returns the coefficients, each with its doubt.
    """
    from scipy.optimize import least_squares

    names = list(EXPERT_PRIORS)
    middle = np.log([prior.value for prior in EXPERT_PRIORS.values()])
    widths = np.array([prior.width for prior in EXPERT_PRIORS.values()])
    measured = np.log([row.step_s for row in rows])

    def residuals(logs: Array) -> Array:
        fit = ExpertFit(dict(zip(names, logs, strict=True)), {})
        off = (np.log([step.predicted_s for step in fit.steps(rows)]) - measured) / SCATTER
        return np.concatenate([np.sign(off) * np.sqrt(2 * (np.sqrt(1 + off**2) - 1)), (logs - middle) / widths])

    result = least_squares(residuals, middle, diff_step=SLOPE)
    slopes = np.asarray(result.jac, float)
    doubt = np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes)))
    return ExpertFit(dict(zip(names, result.x.tolist(), strict=True)), dict(zip(names, doubt.tolist(), strict=True)))


def fits_left_out(
    rows: Sequence[PublishedStep], progress: Callable[[str], None] = lambda name: None
) -> dict[str, ExpertFit]:
    """A fit without each model, by the model's name.

    Parameters
    ----------
    rows : published steps with their layouts
    progress : called with each model's name

    Returns the fits.
    """
    result = {}
    for model in sorted({row.model.key for row in rows}):
        progress(model)
        result[model] = fit_experts([row for row in rows if row.model.key != model])
    return result


def validate_left_out(progress: Callable[[str], None] = lambda name: None) -> StepsValidation:
    """Each step of a mixture of experts beside its prediction by a fit without its model.

    Parameters
    ----------
    progress : called with each model's name

    Returns the steps of mixtures alone, for others rest on none of these coefficients.
    """
    rows = mixtures()
    fits = fits_left_out(rows, progress)
    return StepsValidation([step for row in rows for step in fits[row.model.key].steps([row])], "model")


def calibrate(progress: Callable[[str], None] = lambda name: None) -> str:
    """Fit to the catalog's steps, and without each model for what is said of the fit.

    Parameters
    ----------
    progress : called with the name of each model that is left out

    Returns the text of ``catalog/fit/training_experts.toml``.
    """
    rows = mixtures()
    fit, without = fit_experts(rows), fits_left_out(rows, progress)
    fitted = [abs(step.error) for step in fit.steps(rows)]
    unseen = [abs(step.error) for row in rows for step in without[row.model.key].steps([row])]
    within = f"{len(rows)} steps; mean error {np.mean(fitted):.1%} fitted, {np.mean(unseen):.1%} each model left out"
    facts = [_HEAD.format(within=within)]
    for name, prior in EXPERT_PRIORS.items():
        others = [float(np.exp(each.logs[name])) for each in without.values()]
        note = f"{min(others):.3g} to {max(others):.3g} with a model left out"
        values = np.exp(fit.logs[name] + np.array([0.0, -1.0, 1.0]) * Z95 * fit.doubt[name])
        facts.append(_fact(name, prior, values, note))
    progress("layouts")
    ratios = np.concatenate([without[row.model.key].without_layout([row]) for row in rows])
    note = (
        f"without layouts, by fits without their models, steps take {min(ratios):.2f} to {max(ratios):.2f} of the best"
    )
    facts.append(_fact(SPREAD, Prior(1.0, 0.0, "", SPREAD_ABOUT), next_of(ratios), note))
    return "\n".join(facts)


def next_of(ratios: Array) -> Array:
    """Where the next ratio is expected: Student's range of a further one beside few (median, p5, p95).

    Parameters
    ----------
    ratios : published over predicted, shape ``(n_rows,)``

    Returns three ratios, shape ``(3,)``.
    """
    from scipy.stats import t

    logs, count = np.log(ratios), len(ratios)
    reach = float(t.ppf(0.95, count - 1)) * np.std(logs, ddof=1) * np.sqrt(1.0 + 1.0 / count)
    return np.asarray(np.exp(np.mean(logs) + np.array([0.0, -reach, reach])))


def _fact(name: str, prior: Prior, values: Array, note: str) -> str:
    value, low, high = values
    lines = [f"[{name}]", f'name = "{prior.about}"', f"value = {value:.4g}", f"low = {low:.4g}", f"high = {high:.4g}"]
    return "\n".join([*lines, 'dist = "lognormal"', f'unit = "{prior.unit}"', f'note = "{note}"', ""])
