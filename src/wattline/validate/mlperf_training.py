"""``validate mlperf`` on training results: seconds of a step as logged beside the tuned step of the best layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.line.chip.device import load_chip
from wattline.line.chip.diffusion.training import diffusion_training_step
from wattline.line.chip.training.plan import Plan, Recipe
from wattline.line.chip.training.rates import is_known
from wattline.line.chip.training.step import best_plan, step_spread, training_step
from wattline.line.work.diffusion.model import load_diffusion
from wattline.line.work.model import load_model
from wattline.validate.evidence.mlperf_training import IMAGE_BENCHMARKS, TrainingResult, read_results
from wattline.validate.score import score_errors

IMAGE_SIDES = {"stable_diffusion": 512.0, "flux1": 256.0}  # pixels, by the rules
BY = ("chip", "model", "round", "submitter")
LEAVE_OUT = ("chip", "generation", "model")


@dataclass(frozen=True)
class ComparedTraining:
    """A result beside its prediction: seconds of a step, watts of a chip, and the layout."""

    result: TrainingResult
    measured_s: float
    predicted: Range
    power_w: float
    layout: Plan | str

    @property
    def error(self) -> float:
        """Relative error of the predicted time."""
        return self.predicted.p50 / self.measured_s - 1.0

    @property
    def covered(self) -> bool:
        """Whether the measured time lies in p5 to p95."""
        return self.predicted.p5 <= self.measured_s <= self.predicted.p95

    def json(self) -> Json:
        """The row as plain data."""
        return {
            "step": self.result.name,
            "chip": self.result.chip,
            "chips": self.result.chips,
            "precision": self.result.precision,
            "layout": str(self.layout),
            "published_s": self.measured_s,
            "predicted_s": self.predicted.p50,
            "range_s": self.predicted.json(),
            "predicted_chip_w": self.power_w,
            "error_percent": 100 * self.error,
            "covered": self.covered,
        }


@dataclass(frozen=True, eq=False, repr=False)
class TrainingResultsValidation(Result):
    """All results beside their predictions; ``left``: lines of the file that were not usable, by reason."""

    rows: Sequence[ComparedTraining]
    left: Mapping[str, list[int]]
    draws: Draws
    by: str = "chip"
    source: str = ""
    left_out: str = ""
    groups: Mapping[str, list[ComparedTraining]] = field(default_factory=dict)

    def json(self) -> Json:
        results = {
            "scores": _score(self.rows),
            "groups": {name: _score(rows) for name, rows in sorted(self.groups.items())},
            "rows": [row.json() for row in self.rows],
            "not_usable": [{"why": why, "lines": len(lines)} for why, lines in self.left.items()],
        }
        inputs = {"source": self.source, "by": self.by, "left_out": self.left_out or None}
        return envelope("validate steps", inputs, results, draws=self.draws)


def _score(rows: Sequence[ComparedTraining]) -> Json:
    return score_errors([row.error for row in rows], [row.covered for row in rows])


def group_of(result: TrainingResult, by: str) -> str:
    """The group of a result.

    Parameters
    ----------
    result : of a system
    by : a member of ``BY`` or of ``LEAVE_OUT``

    Returns
    -------
    Its name.
    """
    if by == "model":
        return result.load.model
    if by == "generation":
        return str(default().records("chip")[result.chip].meta.get("generation", result.chip))
    return str(getattr(result, by))


def measured_s(result: TrainingResult, draws: Draws) -> float | None:
    """Seconds of a step as logged, or as the run's time says; None where the row tells neither.

    Parameters
    ----------
    result : of a system
    draws : for a run's time beside its steps

    Returns
    -------
    Those seconds, or None.
    """
    if result.step_s is not None or not result.steps:
        return result.step_s
    return result.duration_s / result.steps / float(draws("fit.training-tuned-spread"))


def validate(
    results: Sequence[TrainingResult],
    left: Mapping[str, list[int]],
    draws: int = 300,
    by: str = "chip",
    leave_out: str = "",
    source: str = "",
    progress: Callable[[str], None] = lambda name: None,
) -> TrainingResultsValidation:
    """Every result beside the shipped coefficients' prediction, or beside that of a fit without its group.

    Parameters
    ----------
    results, left : as ``read_results`` gives them
    draws : of the coefficients and of the spread
    by : what scores are grouped by, a member of ``BY``
    leave_out : a member of ``LEAVE_OUT``; empty for the fit as shipped
    source : names the results' file
    progress : called with what is under way

    Returns
    -------
    A row a result, and the lines left out.
    """
    drawn = Draws(draws)
    factors = _left_out_factors(results, leave_out, progress) if leave_out else {}
    unseen = _unseen(results, leave_out)
    known: dict[tuple[object, ...], tuple[Array, float, Plan]] = {}
    rows: list[ComparedTraining] = []
    groups: dict[str, list[ComparedTraining]] = {}
    for result in results:
        measured = measured_s(result, Draws(0))
        if measured is None:
            continue
        progress(result.name)
        if result.configuration not in known:
            known[result.configuration] = _predict(result, drawn, result.chip in unseen)
        time, watts, plan = known[result.configuration]
        time = time * factors.get(result.configuration, 1.0)
        row = ComparedTraining(result, measured, Range.of(time), watts, plan)
        rows.append(row)
        groups.setdefault(group_of(result, by), []).append(row)
    return TrainingResultsValidation(rows, left, drawn, by, source, leave_out, groups)


def with_images(result: TrainingResultsValidation, path: Path | str, draws: int = 300) -> TrainingResultsValidation:
    """The same with the file's results of training models of images.

    Parameters
    ----------
    result : of its language models
    path : of the file
    draws : of the factors and of the spread

    Returns
    -------
    The comparison with all of them.
    """
    images, left = read_results(path, IMAGE_BENCHMARKS)
    rows = [row for row in (compare_images(each, Draws(draws)) for each in images) if row is not None]
    groups = {name: [*group] for name, group in result.groups.items()}
    for row in rows:
        groups.setdefault(group_of(row.result, result.by), []).append(row)
    unread = {line for lines in left.values() for line in lines}
    kept = {why: [line for line in lines if line in unread] for why, lines in result.left.items()}
    return replace(
        result, rows=[*result.rows, *rows], groups=groups, left={why: lines for why, lines in kept.items() if lines}
    )


def compare_images(result: TrainingResult, draws: Draws) -> ComparedTraining | None:
    """A result of training a model of images beside its prediction; None where the row tells no step.

    Parameters
    ----------
    result : as read
    draws : of the factors and of the spread

    Returns
    -------
    The two.
    """
    measured = measured_s(result, Draws(0))
    if measured is None:
        return None
    model = load_diffusion(result.load.model, default())
    side = IMAGE_SIDES[result.benchmark]
    sizes = replace(model.sizes(side, side), text_tokens=np.asarray(float(result.load.tokens)))
    chip = load_chip(result.chip, draws)
    step = diffusion_training_step(model.passes(sizes).denoiser, chip, result.chips, result.sequences, draws)
    time = np.asarray(step.time_s * draws("fit.diffusion-training-spread"))
    words = f"data parallel over {result.chips:,} chips"
    return ComparedTraining(result, measured, Range.of(time), float(np.median(step.power_w)), words)


def _unseen(results: Sequence[TrainingResult], leave_out: str) -> set[str]:
    """Chips whose generation a fit without them does not know."""
    if leave_out not in ("chip", "generation"):
        return set()
    chips = {result.chip: group_of(result, "generation") for result in results}
    alone = {chip for chip, own in chips.items() if list(chips.values()).count(own) == 1}
    return set(chips) if leave_out == "generation" else alone


def _predict(result: TrainingResult, draws: Draws, unseen: bool) -> tuple[Array, float, Plan]:
    """Draws of a step's seconds, watts of a chip, and the best layout."""
    chip, model, load = load_chip(result.chip, draws), load_model(result.load.model, default()), result.load
    recipe = Recipe(method=load.method, narrow_attention=result.narrow_attention)
    plan = best_plan(model, chip, result.chips, load.tokens, result.precision, result.sequences, recipe=recipe)
    step = training_step(model, chip, plan, result.precision, draws)
    spread = step_spread(model, chip, draws)
    if unseen and is_known(chip, draws.catalog):
        spread = draws.own("fit.training-step-spread-new")
    return np.asarray(step.time_s * spread), float(np.median(step.power_w)), plan


def _left_out_factors(
    results: Sequence[TrainingResult], leave_out: str, progress: Callable[[str], None]
) -> dict[tuple[object, ...], float]:
    """Time by a fit without each result's group, beside the time by the fit to all."""
    from wattline.validate.fit.step_rows import measured_steps, published_rows
    from wattline.validate.fit.training_steps import fit_steps, predict_left_out_rows

    usable = [result for result in results if measured_s(result, Draws(0)) is not None]
    rows = [*measured_steps(usable, float(Draws(0)("fit.training-tuned-spread"))), *published_rows()]
    groups = [group_of(result, leave_out) for result in usable]
    for row in rows[len(usable) :]:
        own = {"chip": row.chip.record.name, "generation": row.chip.generation, "model": row.model.key}
        groups.append(own[leave_out])
    progress("fitting")
    fit, near = fit_steps(rows)
    off, fitted = predict_left_out_rows(rows, groups, fit, near), fit.log_errors(rows)
    return {each.configuration: float(np.exp(off[i] - fitted[i])) for i, each in enumerate(usable)}
