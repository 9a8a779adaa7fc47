"""Time and power of one step of training, from its operations: forward, backward, messages, the pipeline's bubble.

What a run reaches when nothing fails and data are ready, as in a tuned benchmark; ``chip/production.py`` has what runs
to their end reach beside it. Layouts: ``chip/training_plan.py``; messages: ``chip/training_messages.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.formats import computes_narrow
from wattline.line.chip.products import Operation, Rates, highest_deviate
from wattline.line.chip.step import Watts, nameplate, within_limit
from wattline.line.chip.training.facts import TrainingFacts, training_facts
from wattline.line.chip.training.forward import BACKWARD, forward_pass, moving, routing_s
from wattline.line.chip.training.layout import plans, tightest
from wattline.line.chip.training.memory import copies, stage_share, trained_share, weights_per_chip
from wattline.line.chip.training.messages import messages
from wattline.line.chip.training.plan import Layouts, Plan, Recipe
from wattline.line.chip.training.rates import TrainingRates, is_known, rarely_tuned, training_rates
from wattline.line.work.flops import training_flops
from wattline.line.work.model import Model

OUTER = ("output layer", "loss")  # stand outside of the layers
# products with weights: where these stand still, their own gradients are not worked out
WEIGHTED = ("attention projections", "MLP", "experts", "Mamba", "other weights", "output layer", "casts", "unpacking")


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """Seconds of one step, watts of one chip while it lasts, and the seconds' parts on one chip, which add up."""

    plan: Plan
    time_s: Array
    power_w: Array
    parts_s: dict[str, Array]

    @property
    def tokens_per_s(self) -> Array:
        return np.asarray(self.plan.sequences * self.plan.tokens / self.time_s)

    @property
    def energy_j(self) -> Array:
        """Joules of one chip."""
        return np.asarray(self.time_s * self.power_w)


@dataclass(frozen=True, eq=False)
class StepParts:
    """Parts of a step in seconds, and its joules beyond static power as a multiple of TDP."""

    parts_s: dict[str, Array]
    tdp_seconds: Array

    @property
    def time_s(self) -> Array:
        return np.asarray(sum(self.parts_s.values()))


def training_step(
    model: Model, chip: Chip, plan: Plan, precision: str, draws: Draws, limit_w: ArrayLike | None = None
) -> TrainingStep:
    """One step of this plan.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    plan : how the model is laid out over chips
    precision : number format, a key of ``BYTES``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``
    limit_w : power cap of a chip, W; None for its TDP

    Returns
    -------
    Seconds and watts of a chip with its operations, of shape ``(n_draws,)``.
    """
    return limited_step(model, chip, plan, precision, training_rates(chip, precision, draws), draws, limit_w)


def limited_step(
    model: Model, chip: Chip, plan: Plan, precision: str, reach: TrainingRates, draws: Draws,
    limit_w: ArrayLike | None = None,
) -> TrainingStep:  # fmt: skip
    """The same by given coefficients: at the clock that the limit allows.

    Parameters
    ----------
    model, chip, plan, precision : as ``training_step`` takes them
    reach : what training reaches of the chip
    draws : of the facts' ranges
    limit_w : power cap of a chip, W; None for its TDP

    Returns
    -------
    Seconds and watts of a chip with its operations, of shape ``(n_draws,)``.
    """
    fit, timed = reach.fit, timed_step(model, chip, Layouts.of(plan), precision, reach, draws)
    limit = chip.tdp_w if limit_w is None else np.minimum(np.asarray(limit_w, float), chip.tdp_w)
    time = timed.time_s
    energy = np.maximum(chip.tdp_w * (timed.tdp_seconds + fit.static_power * time), chip.idle_w * time)
    stretched, power = within_limit(time, energy, Watts(chip.tdp_w, chip.idle_w, np.maximum(limit, chip.idle_w)), fit)
    parts = timed.parts_s | {"power limit": np.asarray(stretched - time)}
    shown = {name: part for name, part in parts.items() if np.any(part > 0)}
    return TrainingStep(plan, stretched, power, shown)


def timed_step(
    model: Model, chip: Chip, plan: Layouts, precision: str, reach: TrainingRates, draws: Draws
) -> StepParts:
    """A step of one layout or many, before any power limit.

    Parameters
    ----------
    model, chip : what is trained, on what
    plan : one layout or many
    precision : number format, a key of ``BYTES``
    reach : what training reaches of the chip
    draws : of the facts' ranges

    Returns
    -------
    Seconds by operation, of the shape of the plan's arrays.
    """
    fit = reach.fit
    rates = nameplate(chip, 1, precision)
    narrow, facts = computes_narrow(chip, precision), training_facts(chip.catalog)
    micro: dict[str, Array] = {}
    joules = np.asarray(0.0)
    for name, operation in forward_pass(model, plan, rates, reach, narrow, draws).items():
        times = _times(name, plan, facts) * _share(name, model, plan)
        micro[name] = np.asarray(operation.time_s * times)
        joules = joules + times * _above_static(operation, rates, fit)
    work = np.asarray(sum(micro.values()))
    sent = messages(model, chip, plan, fit, reach.overlap, work, narrow)
    micro |= sent.micro
    micro["between kernels"] = _between(model, plan, reach, narrow, draws)
    micro["fullest stage"] = _fullest(model, plan, micro)
    each = np.asarray(sum(micro.values()))
    update = _optimiser(model, plan, rates, facts, fit)
    parts = {name: np.asarray(part * plan.micro) for name, part in micro.items()} | sent.step
    parts["optimiser"] = update.time_s
    parts["bubble"] = np.asarray(each * (plan.pipeline - 1.0) / plan.interleave)
    # the slowest of all chips sets the pace: under one limit their clocks differ
    slowest = highest_deviate(plan.replica * plan.pipeline)
    parts["slowest chip"] = np.asarray(reach.straggling * work * plan.micro * slowest)
    parts["between steps"] = reach.step_s * np.ones_like(each)
    moving = fit.link_power * np.asarray(sum(sent.micro.values()) * plan.micro + sum(sent.step.values()))
    return StepParts(parts, np.asarray(joules * plan.micro + moving + _above_static(update, rates, fit)))


def _between(model: Model, plan: Layouts, reach: TrainingRates, narrow: bool, draws: Draws) -> Array:
    """What kernels of the layers wait for each other: each pass of a microbatch through each sub-layer."""
    routed = model.moe_layers * routing_s(model, plan, narrow, draws) if model.moe_layers else 0.0
    passes = 2.0 + (plan.recompute == 2)
    layers = model.attention_layers + model.mamba_layers + model.mlp_layers
    shared = np.where(plan.tensor * plan.context > 1, reach.exchange_s, 0.0)
    return np.asarray(((reach.sublayer_s + shared) * layers + routed) * stage_share(model, plan) * passes)


def _fullest(model: Model, plan: Layouts, micro: dict[str, Array]) -> Array:
    """How much longer than the mean stage the fullest one takes: a pipeline's last has the output layer, and in return
    fewer layers where that helps."""
    outer = np.asarray(sum((part for name, part in micro.items() if name in OUTER), np.asarray(0.0)))
    share = stage_share(model, plan)
    layers = np.asarray(sum(part for name, part in micro.items() if name not in OUTER))
    layer = layers / (share * model.layers)
    whole = outer * plan.pipeline
    fewer = np.ceil((model.layers + whole / layer) / plan.pipeline - 1e-9) * layer
    fullest = np.maximum(np.minimum(layers + whole, np.maximum(fewer, layers)), whole)
    return np.asarray(np.where(plan.pipeline > 1, np.maximum(fullest - layers - outer, 0.0), 0.0))


def _times(name: str, plan: Layouts, facts: TrainingFacts) -> Array:
    """How often a step does an operation of the forward pass: forward, backward, and what is made again for it."""
    selective, full = float(name == "elementwise"), 1.0
    again = np.choose(plan.recompute.astype(int), (0.0, selective, 0.0 if name in OUTER else full))
    backward = facts.backward_attention if name == "attention" else BACKWARD - plan.frozen * (name in WEIGHTED)
    return np.asarray(1.0 + backward + again)


def _share(name: str, model: Model, plan: Layouts) -> Array:
    """The part of an operation's layers on the fullest chip of a pipeline; the output layer is one chip's of all."""
    return np.asarray(1.0 / plan.pipeline) if name in OUTER else stage_share(model, plan)


def _optimiser(model: Model, plan: Layouts, rates: Rates, facts: TrainingFacts, fit: Coefficients) -> Operation:
    """The chip's share of the states read and written."""
    dense, experts = (params / among for params, among in zip(weights_per_chip(model, plan), copies(plan), strict=True))
    return moving((dense + experts) * trained_share(model, plan) * facts.optimiser_bytes, rates, fit)


def _above_static(operation: Operation, rates: Rates, fit: Coefficients) -> Array:
    """Joules beyond static power as a multiple of TDP."""
    arithmetic = fit.flop_power * (operation.flops / rates.wide + operation.narrow_flops / rates.narrow)
    busy = fit.busy_power * operation.busy_s
    return np.asarray(arithmetic + fit.byte_power * operation.bytes / rates.memory + busy)


def _usual_sequences(tokens: int, chips: int, catalog: Catalog) -> int:
    """Sequences of a step where none are given: the usual batch, or more where chips would have too few tokens."""
    batch = max(catalog.fact("fit.training-batch-tokens").value, chips * catalog.fact("fit.training-chip-tokens").value)
    return max(round(batch / tokens), 1)


def best_plan(
    model: Model, chip: Chip, chips: int, tokens: int, precision: str, sequences: int | None = None,
    strict: bool = True, recipe: Recipe = Recipe(),
) -> Plan:  # fmt: skip
    """The plan of the shortest step at central values.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    chips : number of chips of the run
    tokens : tokens of a sequence
    precision : number format, a key of ``BYTES``
    sequences : sequences of a step; None for the usual number
    strict : raise where no plan fits
    recipe : old software or new, and what of the model is trained

    Returns
    -------
    One layout.

    Raises WattlineError where no layout fits the chips' memory, unless not ``strict``.
    """
    sequences = sequences or _usual_sequences(tokens, chips, chip.catalog)
    try:
        choices = plans(model, chip, chips, sequences, tokens, recipe)
    except WattlineError:
        if strict:
            raise
        return tightest(model, chip, chips, sequences, tokens, recipe)
    centre = chip.draws.central()
    device = _central(chip, centre)
    timed = timed_step(model, device, choices, precision, training_rates(device, precision, centre), centre)
    return choices.pick(int(np.argmin(timed.time_s)))


def _central(chip: Chip, centre: Draws) -> Chip:
    """The chip at the middle of its draws."""
    drawn = [f.name for f in fields(Chip) if f.name.endswith(("_w", "_s"))]
    middle: dict[str, Any] = {name: np.asarray(np.median(getattr(chip, name))) for name in drawn}
    return replace(chip, draws=centre, **middle)


def tuned_mfu(model: Model, chip: Chip, plan: Plan, precision: str, draws: Draws) -> Array:
    """MFU of a tuned run of this plan, on the dense peak of the format.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    plan : how the model is laid out over chips
    precision : number format, a key of ``BYTES``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    Share of the peak, shape ``(n_draws,)``.
    """
    frozen = plan.method != "full"
    time = training_step(model, chip, plan, precision, draws).time_s * step_spread(model, chip, draws)
    names = ["library-spread", f"tuned-spread{'-adapters' if frozen else ''}"]
    # what mixtures take was fitted to steps in 16 bits as well
    names += ["wide-step"] if rarely_tuned(chip, precision) and not model.moe_layers else []
    run = time * np.prod([draws.own(f"fit.training-{name}") for name in names], axis=0)
    flops = training_flops(model, plan.sequences * plan.tokens, plan.tokens, frozen=frozen)
    return np.asarray(flops / (run * plan.chips * chip.peak_flops(precision)))


def step_spread(model: Model, chip: Chip, draws: Draws) -> Array:
    """How a step's time lies beside its prediction: wider for generations on which no step was measured, and for
    mixtures of experts.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    A factor, shape ``(n_draws,)``.
    """
    result = draws.own(f"fit.training-step-spread-{'known' if is_known(chip, draws.catalog) else 'new'}")
    return np.asarray(result * draws.own("fit.training-step-spread-experts")) if model.moe_layers else result
