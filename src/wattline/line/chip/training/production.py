"""What a training run to its end reaches and draws, beside the tuned step that ``chip/training_step.py`` works out.

Production software fuses less, stalls and restarts, evaluates, and is tuned less than a benchmark. Three factors say by
how much, fitted to published runs by ``wattline calibrate training``: one on all of a step's time, one on its
elementwise work, one more for 16-bit training on chips that have 8-bit arithmetic, whose steps few have tuned.
MFU is defined on the dense peak of the format trained in (Chowdhery et al. 2022, arXiv:2204.02311, appendix B).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import DAY_S
from wattline.line.chip.coefficients import fact_name
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.training.facts import training_facts
from wattline.line.chip.training.plan import Recipe
from wattline.line.chip.training.rates import rarely_tuned
from wattline.line.chip.training.step import TrainingStep, best_plan, training_step
from wattline.line.work.flops import training_flops
from wattline.line.work.model import Model

UNFUSED = ("elementwise", "loss")  # parts of a step that production software makes of many small kernels
WAITS = ("between kernels",)  # which the factor of these has in it: they are what small kernels wait for


@dataclass(frozen=True, eq=False)
class Production:
    """A run's step as production software makes it: the tuned step, its seconds, and its MFU."""

    step: TrainingStep
    time_s: Array
    mfu: Array

    @property
    def slowness(self) -> Array:
        """Time beside the tuned step's."""
        return np.asarray(self.time_s / self.step.time_s)


def step_time_s(step: TrainingStep, slowness: ArrayLike, elementwise: ArrayLike) -> Array:
    """Seconds of a production step: ``slowness`` × (elementwise parts × ``elementwise`` + all others).

    Parameters
    ----------
    step : of a tuned run
    slowness : time of a usual run over that of a tuned one, scalar or ``(n_draws,)``
    elementwise : the same of elementwise parts beside the others

    Returns seconds, of the shape that the arguments broadcast to.
    """
    unfused, others = split(step)
    return np.asarray(np.asarray(slowness) * (others + np.asarray(elementwise) * unfused))


def split(step: TrainingStep) -> tuple[Array, Array]:
    """Seconds of elementwise work, and of all else but waits.

    Parameters
    ----------
    step : time and energy of a training step

    Returns
    -------
    Two arrays [s], of the shape of the step's.
    """
    unfused = np.asarray(sum((part for name, part in step.parts_s.items() if name in UNFUSED), np.asarray(0.0)))
    waits = np.asarray(sum((part for name, part in step.parts_s.items() if name in WAITS), np.asarray(0.0)))
    return unfused, np.asarray(step.time_s - unfused - waits)


def central_step(
    model: Model, chip: str, chips: int, tokens: int, precision: str, recipe: Recipe, draws: Draws,
    sequences: int | None = None,
) -> TrainingStep:  # fmt: skip
    """The best tuned step at central values: how runs scatter around it is in the factors, fitted with these.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    chips : number of chips of the run
    tokens : tokens of a sequence
    precision : number format, a key of ``BYTES``
    recipe : software of its time or of today, and what of the model is trained
    draws : whose central values are taken; they remember the facts
    sequences : sequences of a step; None for the usual number

    Returns
    -------
    The step, its arrays of shape ``()``.
    """
    centre = draws.central()
    device = load_chip(chip, centre)
    # who gives a batch is told where it cannot be laid out; without one, some way was found
    strict = sequences is not None
    plan = best_plan(model, device, chips, tokens, precision, sequences, strict=strict, recipe=recipe)
    step = training_step(model, device, plan, precision, centre)
    draws.cite(*centre.used.values())
    return step


def production(model: Model, chip: Chip, step: TrainingStep, precision: str, draws: Draws) -> Production:
    """The step in production; the draws carry the spread of published runs.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    step : time and energy of a training step
    precision : number format, a key of ``BYTES``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    The tuned step, the seconds that it takes in production, and their MFU, shape ``(n_draws,)``.
    """
    time = step_time_s(step, slowness(chip, precision, draws), draws("fit.training-elementwise-slowness"))
    plan = step.plan
    flops = training_flops(model, plan.sequences * plan.tokens, plan.tokens, frozen=plan.method != "full")
    tuned = flops / (step.time_s * plan.chips * chip.peak_flops(precision))
    # makers know layouts and batches that are not told; the best of old software bounds no one who had better
    facts = training_facts(draws.catalog)
    beyond = facts.beyond_tuned / _shortest_step(model, draws)
    most = np.minimum(beyond * tuned, facts.largest_mfu) if plan.fused else facts.largest_mfu
    used = np.clip(tuned * step.time_s / (time * draws.own("fit.training-run-spread")), 0.0, most)
    return Production(step, np.asarray(step.time_s * tuned / used), np.asarray(used))


def _shortest_step(model: Model, draws: Draws) -> float:
    """The shortest step beside the best that is predicted: makers of mixtures differ by more than layouts."""
    spread = draws.catalog.fact("fit.training-step-spread-experts")
    return min(float(spread.low), 1.0) if model.moe_layers else 1.0


def at_mfu(model: Model, chip: Chip, step: TrainingStep, precision: str, mfu: Array) -> Production:
    """A run whose MFU is known: as much slower than its tuned step as that says, and never faster.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    step : time and energy of a training step
    precision : number format, a key of ``BYTES``
    mfu : model FLOPs utilisation, 0 to 1

    Returns
    -------
    The tuned step, the seconds that it takes in production, and their MFU.
    """
    plan = step.plan
    flops = training_flops(model, plan.sequences * plan.tokens, plan.tokens, frozen=plan.method != "full")
    ideal = flops / (plan.chips * chip.peak_flops(precision))
    return Production(step, np.maximum(ideal / mfu, step.time_s), mfu)


def slowness(chip: Chip, precision: str, draws: Draws) -> Array:
    """The factor on a step's time that production software takes beside tuned software.

    Parameters
    ----------
    chip, precision : what is trained on, and in which format
    draws : draws of the fitted factors

    Returns a scalar or ``(n_draws,)``.
    """
    common = draws("fit.training-slowness")
    return np.asarray(common * draws("fit.training-wide-slowness")) if rarely_tuned(chip, precision) else common


def old_software(chip: Chip, year: int) -> bool:
    """Whether a model of this year ran on the software of its time: a chip that came later brought its own.

    Parameters
    ----------
    chip : the type of chip
    year : in which the model was published; 0 where that is not known

    Returns
    -------
    Whether it did.
    """
    last = training_facts(chip.catalog).old_software_year
    return 0 < year <= last and 0 < int(chip.record.meta.get("year", 0)) < last


def of_generation(name: str, chip: Chip) -> str:
    """The fitted fact for this chip's generation, or that for any chip.

    Parameters
    ----------
    name : of the fact, without its generation
    chip : whose generation it is

    Returns the fact's key, ``fit.NAME`` or ``fit.NAME-GENERATION``.
    """
    own = f"{name}-{chip.generation}"
    return f"fit.{own if own in chip.catalog.records('fit') else name}"


def power_is_measured(chip: Chip) -> bool:
    """Whether the joules of this generation's operations were fitted to measurements.

    Parameters
    ----------
    chip : type of chip with its server, its facts drawn

    Returns
    -------
    True where they were.
    """
    return fact_name("flop_power", chip.generation) in chip.catalog.records("fit")


def training_power_w(chip: Chip, draws: Draws) -> Array:
    """Watts of a chip while it trains: a measured fraction of TDP, never under idle or above TDP.

    Parameters
    ----------
    chip : type of chip with its server, its facts drawn
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    Watts of one chip, shape ``(n_draws,)``.
    """
    fraction = draws(of_generation("training-power", chip))
    return np.asarray(np.clip(fraction * chip.tdp_w, np.minimum(chip.idle_w, chip.tdp_w), chip.tdp_w))


def tuned_power_w(chip: Chip, step: TrainingStep, draws: Draws) -> Array:
    """Watts of a chip in a tuned step: its joules, as meters of nodes confirm them for the generation.

    Parameters
    ----------
    chip : type of chip with its server, its facts drawn
    step : time and energy of a training step
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    Watts of one chip, shape ``(n_draws,)``.
    """
    meter = of_generation("training-meter", chip)
    known = meter.removeprefix("fit.") in chip.catalog.records("fit")
    watts = step.power_w * draws(meter) if known else step.power_w
    return np.asarray(np.clip(watts, np.minimum(chip.idle_w, chip.tdp_w), chip.tdp_w))


def production_power_w(chip: Chip, run: Production, draws: Draws) -> Array:
    """Watts of a chip at work in a run, from the step's own joules, where ``power_is_measured``.

    What makes production slower than the tuned step burns less than the step and more than waiting does: power above
    static falls with the slowness to the power ``fit.training-slow-power``.

    Parameters
    ----------
    chip : type of chip with its server, its facts drawn
    run : the run in production
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    Watts of one chip, shape ``(n_draws,)``.
    """
    static = chip.tdp_w * draws(f"fit.{fact_name('static_power', chip.generation)}")
    above = np.maximum(tuned_power_w(chip, run.step, draws) - static, 0.0) * run.slowness ** -draws(
        "fit.training-slow-power"
    )
    watts = (static + above) * draws.own("fit.training-power-spread")
    return np.asarray(np.clip(watts, np.minimum(chip.idle_w, chip.tdp_w), chip.tdp_w))


def usual_chips(chip: Chip, flops: float, least: int) -> int:
    """How many chips a run of this size usually takes, where none are told: about a month's; at least what holds it.

    Parameters
    ----------
    chip : type of chip with its server, its facts drawn
    flops : FLOP of the whole run
    least : chips at least

    Returns
    -------
    Number of chips, a power of two or one times ``least``.
    """
    month_s = chip.catalog.fact("fit.training-usual-days").value * DAY_S
    wanted = flops / (chip.catalog.fact("fit.training-usual-mfu").value * chip.peak_flops("bf16") * month_s)
    chips = 2 ** round(float(np.log2(max(wanted, 8.0))))
    while chips < least:
        chips *= 2
    return int(chips)
