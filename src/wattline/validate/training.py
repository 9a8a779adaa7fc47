"""``validate training``: predicted chip-hours and energy of published training runs beside the published ones.

Chip-hours come from model, tokens and hardware alone. Energy comes from the row's own chip-hours, so that it tests
power; rows whose published energy is chip-hours times a nameplate ("circular") prove nothing and are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.core.units import HOUR_S
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.training.plan import Recipe
from wattline.line.chip.training.production import (
    central_step,
    old_software,
    power_is_measured,
    production,
    production_power_w,
    training_power_w,
    usual_chips,
)
from wattline.line.chip.training.step import best_plan, tuned_mfu
from wattline.line.engine import training
from wattline.line.site import annual
from wattline.line.work.flops import forward_flops_per_token
from wattline.line.work.model import Model
from wattline.line.work.training import usual_model, usual_sequence, usual_training_flops
from wattline.validate.energy_scope import energy_problem, energy_scope
from wattline.validate.evidence.training_runs import NEW_HOUSE, SAME_HOUSE, Run
from wattline.validate.score import score_errors


@dataclass(frozen=True)
class ComparedRun:
    """One row held against its prediction; ``why`` says why it cannot be, ``group`` what the fits know of it."""

    name: str
    published: float | None = None
    predicted: Range | None = None
    why: str = ""
    group: str = ""

    @property
    def error(self) -> float:
        """Relative error of the median prediction."""
        assert self.predicted is not None
        assert self.published is not None
        return self.predicted.p50 / self.published - 1.0

    @property
    def covered(self) -> bool:
        """Whether the published figure lies in p5 to p95."""
        assert self.predicted is not None
        assert self.published is not None
        return self.predicted.p5 <= self.published <= self.predicted.p95

    def json(self, unit: str) -> Json:
        """The row as plain data; ``why`` it is not usable, where there is no prediction."""
        usable = self.predicted is not None
        return {
            "row": self.name,
            "group": self.group,
            f"published_{unit}": self.published,
            f"predicted_{unit}": None if self.predicted is None else self.predicted.json(),
            "error_percent": 100 * self.error if usable else None,
            "covered": self.covered if usable else None,
            "why": None if usable else self.why,
        }


@dataclass(frozen=True, repr=False)
class TrainingValidation(Result):
    """All rows by measure (``chip_hours``, ``energy``); ``source`` names their file."""

    rows: dict[str, list[ComparedRun]]
    draws: Draws = field(default_factory=lambda: Draws(0))
    source: str = "catalog"

    @property
    def groups(self) -> list[str]:
        """The groups of rows, the one that says most first; none for rows that a user brings."""
        names = {row.group for rows in self.rows.values() for row in rows}
        return [name for name in (NEW_HOUSE, SAME_HOUSE) if name in names]

    def score(self, measure: str, group: str = "") -> Json:
        """The score (``score_errors``) of the usable rows, or of those of a group.

        Parameters
        ----------
        measure : ``chip_hours`` or ``energy``
        group : of rows that alone are counted; all without

        Returns the numbers by name.
        """
        rows = [row for row in self.rows[measure] if group in ("", row.group)]
        usable = [row for row in rows if row.predicted is not None]
        return score_errors([row.error for row in usable], [row.covered for row in usable])

    def json(self) -> Json:
        units = {"chip_hours": "chip_hours", "energy": "energy_wh"}
        results = {
            "scores": {name: self.score(name) for name in self.rows},
            "groups": {group: {name: self.score(name, group) for name in self.rows} for group in self.groups},
            "rows": {name: [row.json(units[name]) for row in rows] for name, rows in self.rows.items()},
        }
        return envelope("validate training", {"source": self.source}, results, draws=self.draws)


def validate(runs: Sequence[Run], draws: int = 2000, seed: int = 0, source: str = "catalog") -> TrainingValidation:
    """Every run beside its prediction.

    Parameters
    ----------
    runs : as they were published
    draws : number of draws
    seed : of the draws
    source : names where the runs are from

    Returns chip-hours and energy of each run, measured and predicted.
    """
    hours, energy = [], []
    for run in runs:
        hours.append(_compare(run, run.chip_hours, predict_chip_hours, run.hours_group, draws, seed))
        energy.append(_compare(run, run.energy_wh, predict_energy_wh, run.energy_group, draws, seed))
    return TrainingValidation({"chip_hours": hours, "energy": energy}, Draws(draws, seed), source)


def _compare(
    run: Run, published: float | None, predict: Callable[[Run, Draws], Array], group: str, draws: int, seed: int
) -> ComparedRun:
    try:
        if not published or published <= 0:
            raise WattlineError("the row does not give it")
        return ComparedRun(run.name, published, Range.of(predict(run, Draws(draws, seed))), group=group)
    except WattlineError as error:
        return ComparedRun(run.name, why=str(error), group=group)


def predict_chip_hours(run: Run, draws: Draws) -> Array:
    """Chip-hours from model, tokens and hardware. Raises WattlineError, which says what the row lacks.

    Parameters
    ----------
    run : a published run
    draws : of the facts

    Returns chip-hours, shape ``(n_draws,)``.
    """
    if run.hours_problem:
        raise WattlineError(run.hours_problem)
    if run.chip is None:
        raise WattlineError(run.chip_problem)
    if not run.tokens:
        raise WattlineError("no tokens")
    if not run.models and not run.active_params:
        raise WattlineError(f"{run.model_problem} and the row has no parameters")
    if not run.precision:
        raise WattlineError("the precision is no number format that chips train in")
    device = load_chip(run.chip.name, draws)
    flops, (shape, sequence), chips = work_of(run), shape_of(run), chips_of(run, device)
    if run.benchmark and run.chips:
        plan = best_plan(shape, device, chips, sequence, run.precision)
        used = tuned_mfu(shape, device, plan, run.precision, draws)
    else:
        step = central_step(shape, run.chip.name, chips, sequence, run.precision, recipe_of(run, device), draws)
        used = production(shape, device, step, run.precision, draws).mfu
    return np.asarray(training.duration_s(flops, 1.0, device.peak_flops(run.precision), used) / HOUR_S)


def recipe_of(run: Run, chip: Chip) -> Recipe:
    """How the run trained: with the software of its time.

    Parameters
    ----------
    run : a published run
    chip : its chip

    Returns
    -------
    The recipe of its training.
    """
    return Recipe(old_software(chip, run.software_year))


def shape_of(run: Run) -> tuple[Model, int]:
    """The architecture that stands for the run, a plain one of its size where it is not known; tokens a sequence."""
    model = run.model
    if model is None or not model.architecture_known:
        params = run.active_params or float(model.active_params if model else 0)
        model = usual_model(params, run.year)
    return model, usual_sequence(model, default())


def work_of(run: Run) -> float:
    """FLOPs: from the architecture, or 6 × parameters × tokens where it is not known; a teacher's forward pass too."""
    model, tokens = run.model, float(run.tokens or 0)
    if model is None or not model.architecture_known:
        return 6.0 * (run.active_params or float(model.active_params if model else 0)) * tokens
    sequence = usual_sequence(model, default())
    taught = float(forward_flops_per_token(run.teacher, sequence)) * tokens if run.teacher else 0.0
    return taught + sum(usual_training_flops(each, tokens, default()) for each in run.models)


def chips_of(run: Run, chip: Chip) -> int:
    """The row's chips, or as many as a run of this size usually takes; no fewer than hold the model.

    Parameters
    ----------
    run : a published run
    chip : its chip

    Returns their number.
    """
    shape, _ = shape_of(run)
    least = training.chips_to_hold(shape.total_params, chip.memory_bytes, chip.catalog)
    return max(int(run.chips), 1) if run.chips else usual_chips(chip, work_of(run), least)


def predict_energy_wh(run: Run, draws: Draws) -> Array:
    """Energy from the row's chip-hours, in the scope that its power basis names. Raises WattlineError, which says what
    the row lacks.

    Parameters
    ----------
    run : a published run
    draws : of the facts

    Returns Wh, shape ``(n_draws,)``.
    """
    for problem in (energy_problem(run), run.chip_problem):
        if problem:
            raise WattlineError(problem)
    assert run.chip is not None
    assert run.chip_hours is not None
    device = load_chip(run.chip.name, draws)
    return np.asarray(run.chip_hours * _watts_in_scope(run, device, draws))


def _watts_in_scope(run: Run, device: Chip, draws: Draws) -> Array:
    # a benchmark is timed without stalls and restarts
    goodput = np.asarray(1.0) if run.benchmark else draws("fit.training-goodput")
    parts = training.power_by_part(
        1, _active_w(run, device, draws), device.idle_w, device.host_w, device.network_w, goodput
    )
    chips, scope = parts["chip_active"] + parts["chip_idle"], energy_scope(run.basis)
    if scope == "chip":
        return np.asarray(chips)
    if scope == "node":
        return np.asarray(chips + parts["host"])
    site = annual.losses_per_it(annual.load_site(None, draws.catalog), draws, run.pue)
    return np.asarray(sum(parts.values()) * annual.pue(site))


def _active_w(run: Run, device: Chip, draws: Draws) -> Array:
    """Watts of a chip at work: a benchmark's level; a run's step, slowed as runs are, where its joules are known."""
    known = bool(run.models) or bool(run.active_params)
    if run.benchmark or not known or not run.precision or not power_is_measured(device):
        return training_power_w(device, draws)
    shape, sequence = shape_of(run)
    name, chips = device.record.name, chips_of(run, device)
    step = central_step(shape, name, chips, sequence, run.precision, recipe_of(run, device), draws)
    return production_power_w(device, production(shape, device, step, run.precision, draws), draws)
