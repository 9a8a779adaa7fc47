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
from wattline.line.chip.coefficients import Coefficients, coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.formats import computes_narrow
from wattline.line.chip.operations import operations
from wattline.line.chip.products import ACTIVATION_BYTES, Operation, Rates, Work, product, total
from wattline.line.chip.shape import Shape
from wattline.line.chip.step import nameplate
from wattline.line.chip.training.facts import TrainingFacts, training_facts
from wattline.line.chip.training.layout import plans, tightest
from wattline.line.chip.training.memory import copies, stage_share, weights_per_chip
from wattline.line.chip.training.messages import messages
from wattline.line.chip.training.plan import Layouts, Plan
from wattline.line.work.flops import BYTES, training_flops, whole_stack
from wattline.line.work.model import Model

BACKWARD = 2.0  # each product of the forward pass is made twice in the backward pass: for its inputs, for its weights
OUTER = ("output layer", "loss")  # stand outside of the layers
# of serving, or worked out here
FORWARD_ONLY = ("sampling", "host", "prompt launches", "piecewise launches", "all-reduce", "experts")


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
class Timed:
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
    """
    fit = coefficients(chip.generation, draws)
    timed = _timed(model, chip, Layouts.of(plan), precision, fit, draws)
    limit = chip.tdp_w if limit_w is None else np.minimum(np.asarray(limit_w, float), chip.tdp_w)
    time = timed.time_s
    energy = np.maximum(chip.tdp_w * (timed.tdp_seconds + fit.static_power * time), chip.idle_w * time)
    stretched = np.maximum(time, energy / np.maximum(limit, chip.idle_w))
    parts = timed.parts_s | {"power limit": np.asarray(stretched - time)}
    shown = {name: part for name, part in parts.items() if np.any(part > 0)}
    return TrainingStep(plan, stretched, np.asarray(energy / stretched), shown)


def _timed(model: Model, chip: Chip, plan: Layouts, precision: str, fit: Coefficients, draws: Draws) -> Timed:
    """A step of one layout or many, before any power limit."""
    rates = nameplate(chip, 1, precision)
    narrow, facts = computes_narrow(chip, precision), training_facts(chip.catalog)
    micro: dict[str, Array] = {}
    joules = np.asarray(0.0)
    for name, operation in _forward(model, plan, rates, fit, narrow, draws).items():
        times = _times(name, plan, facts) * _share(name, model, plan)
        micro[name] = np.asarray(operation.time_s * times)
        joules = joules + times * _above_static(operation, rates, fit)
    sent = messages(model, chip, plan, fit, draws, np.asarray(sum(micro.values())), narrow)
    micro |= sent.micro
    update = _optimiser(model, plan, rates, facts, fit)
    parts = {name: np.asarray(part * plan.micro) for name, part in micro.items()} | sent.step
    parts["optimiser"] = update.time_s
    parts["bubble"] = np.asarray(sum(micro.values()) * (plan.pipeline - 1.0) / plan.interleave)
    moving = fit.link_power * np.asarray(sum(sent.micro.values()) * plan.micro + sum(sent.step.values()))
    return Timed(parts, np.asarray(joules * plan.micro + moving + _above_static(update, rates, fit)))


def _times(name: str, plan: Layouts, facts: TrainingFacts) -> Array:
    """How often a step does an operation of the forward pass: forward, backward, and what is made again for it."""
    selective, full = float(name == "elementwise"), 1.0
    again = np.choose(plan.recompute.astype(int), (0.0, selective, 0.0 if name in OUTER else full))
    backward = facts.backward_attention if name == "attention" else BACKWARD
    return np.asarray(1.0 + backward + again)


def _share(name: str, model: Model, plan: Layouts) -> Array:
    """The part of an operation's layers on the fullest chip of a pipeline; the output layer is one chip's of all."""
    return np.asarray(1.0 / plan.pipeline) if name in OUTER else stage_share(model, plan)


def _forward(
    model: Model, plan: Layouts, rates: Rates, fit: Coefficients, narrow: bool, draws: Draws
) -> dict[str, Operation]:
    """The forward pass of one microbatch through all layers on a tensor-parallel group, and the output layer."""
    shape, tokens, chips = Shape.of(whole_stack(model)), plan.chip_tokens, plan.tensor
    facts = training_facts(draws.catalog)
    zero, flag = np.asarray(0.0), np.asarray(float(narrow))
    stored = np.asarray(BYTES["bf16"])  # weights are kept in 16 bits and narrowed as they are used
    work = Work(tokens, zero, zero, plan.tokens, chips, stored, stored, flag, zero)
    parts = {k: v for k, v in operations(shape, work, rates, fit).items() if k not in FORWARD_ONLY}
    # sequence parallelism spreads elementwise work over the group (arXiv:2205.05198)
    parts["elementwise"] = _scaled(parts["elementwise"], np.where(plan.fused > 0, 1.0 / chips, 1.0))
    scores = shape.attended_in_prompt(plan.tokens) * 2.0 * tokens * shape.heads / chips  # masked ones are moved too
    if np.any(plan.fused == 0):
        parts["attention scores"] = _moving(np.where(plan.fused > 0, 0.0, scores * facts.score_bytes), rates, fit)
    if model.moe_layers:
        parts["experts"] = _experts(shape, plan, rates, fit, flag, draws)
    if narrow:
        parts["casts"] = _casts(shape, tokens, chips, rates, fit)
    parts["output layer"] = product(tokens, shape.vocab / chips, shape.hidden, 1.0, 2.0, 0.0, rates, fit)
    logits = _moving(tokens * shape.vocab / chips * facts.loss_bytes / (1.0 + BACKWARD), rates, fit)
    return parts | {"loss": logits}


def _experts(shape: Shape, plan: Layouts, rates: Rates, fit: Coefficients, narrow: Array, draws: Draws) -> Operation:
    """Routed experts: the fullest chip's tokens, each expert's as a product of its own."""
    spread = plan.expert > 1
    group = plan.expert_group
    # spread: each chip brings its share of tokens; cut over the tensor-parallel group: all chips see the group's tokens
    tokens = np.where(spread, plan.chip_tokens / plan.tensor * group, plan.chip_tokens)
    touched = shape.experts * (1.0 - (1.0 - shape.active_experts / shape.experts) ** tokens)
    fullest = np.where(spread, draws("fit.training-expert-imbalance"), 1.0)
    rows = tokens * shape.active_experts / np.maximum(touched, 1e-9) * fullest
    width = shape.expert_intermediate / np.where(spread, 1.0, group)
    count = shape.moe_layers * np.where(spread, touched / group, touched)
    up = product(rows, shape.up_matrices * width, shape.hidden, count, 2.0, narrow, rates, fit)
    down = product(rows, shape.hidden, width, count, 2.0, narrow, rates, fit)
    # gathered and scattered row by row
    chosen = tokens * shape.active_experts / np.where(spread, group, 1.0) * fullest
    sorting = _moving(shape.moe_layers * chosen * 4.0 * shape.hidden * ACTIVATION_BYTES, rates, fit)
    return total(_scaled(total(up, down), 1.0 / draws("fit.training-expert-efficiency"), times_only=True), sorting)


def _scaled(operation: Operation, factor: ArrayLike, *, times_only: bool = False) -> Operation:
    kept = ("flops", "narrow_flops", "bytes") if times_only else ()
    return Operation(
        **{
            f.name: np.asarray(getattr(operation, f.name) * (1.0 if f.name in kept else factor))
            for f in fields(Operation)
        }
    )


def _moving(moved: ArrayLike, rates: Rates, fit: Coefficients) -> Operation:
    """Elementwise work: nothing but bytes."""
    size = np.asarray(moved, float)
    time = np.asarray(size / (rates.memory * fit.kernels.elementwise_efficiency))
    return Operation(time, np.zeros_like(size), np.zeros_like(size), size, time)


def _casts(shape: Shape, tokens: Array, chips: Array, rates: Rates, fit: Coefficients) -> Operation:
    """Inputs of products narrowed, straight and transposed (Micikevicius et al. 2022, arXiv:2209.05433): 2 bytes read,
    two of 1 byte written, for each value that enters a product."""
    attention = shape.attention_layers * (shape.hidden + shape.heads * shape.head_dim / chips)
    mlp = shape.dense_layers * (shape.hidden + shape.intermediate / chips)
    experts = shape.moe_layers * shape.active_experts * (shape.hidden + shape.expert_intermediate) / chips
    return _moving(4.0 * tokens * (attention + mlp + experts), rates, fit)


def _optimiser(model: Model, plan: Layouts, rates: Rates, facts: TrainingFacts, fit: Coefficients) -> Operation:
    """The chip's share of the states read and written."""
    dense, experts = (params / among for params, among in zip(weights_per_chip(model, plan), copies(plan), strict=True))
    return _moving((dense + experts) * facts.optimiser_bytes, rates, fit)


def _above_static(operation: Operation, rates: Rates, fit: Coefficients) -> Array:
    """Joules beyond static power as a multiple of TDP."""
    arithmetic = fit.flop_power * (operation.flops / rates.wide + operation.narrow_flops / rates.narrow)
    busy = fit.busy_power * operation.busy_s
    return np.asarray(arithmetic + fit.byte_power * operation.bytes / rates.memory + busy)


def usual_sequences(tokens: int, chips: int, catalog: Catalog) -> int:
    """Sequences of a step where none are given: the usual batch, or more where chips would have too few tokens."""
    batch = max(catalog.fact("fit.training-batch-tokens").value, chips * catalog.fact("fit.training-chip-tokens").value)
    return max(round(batch / tokens), 1)


def best_plan(
    model: Model, chip: Chip, chips: int, tokens: int, precision: str, sequences: int | None = None,
    strict: bool = True, old: bool = False,
) -> Plan:  # fmt: skip
    """The plan of the shortest step at central values; WattlineError where none fits, unless not ``strict``.

    ``tokens`` a sequence; ``sequences`` a step, those of the usual batch when not given.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    chips : number of chips of the run
    tokens : tokens of a sequence
    precision : number format, a key of ``BYTES``
    sequences : sequences of a step; None for the usual number
    strict : raise where no plan fits
    old : whether the software is that of its time
    """
    sequences = sequences or usual_sequences(tokens, chips, chip.catalog)
    try:
        choices = plans(model, chip, chips, sequences, tokens, old)
    except WattlineError:
        if strict:
            raise
        return tightest(model, chip, chips, sequences, tokens, old)
    centre = chip.draws.central()
    timed = _timed(model, _central(chip, centre), choices, precision, coefficients(chip.generation, centre), centre)
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
    """
    time = training_step(model, chip, plan, precision, draws).time_s
    flops = training_flops(model, plan.sequences * plan.tokens, plan.tokens)
    return np.asarray(flops / (time * draws.own("fit.training-tuned-spread") * plan.chips * chip.peak_flops(precision)))
