"""The forward pass of a microbatch, operation by operation: what serving has too, and what training adds to it."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.operations import operations
from wattline.line.chip.products import ACTIVATION_BYTES, Operation, Rates, Work, product, total
from wattline.line.chip.shape import Shape
from wattline.line.chip.training.facts import training_facts
from wattline.line.chip.training.memory import WEIGHT_BYTES, stage_share, still_bytes, weights_per_chip
from wattline.line.chip.training.plan import Layouts
from wattline.line.chip.training.rates import TrainingRates
from wattline.line.work.flops import BYTES
from wattline.line.work.model import Model
from wattline.line.work.reach import whole_stack
from wattline.line.work.tuning import ADAPTER_RANK, METHODS, adapted_products

BACKWARD = 2.0  # each product of the forward pass is made twice in the backward pass: for its inputs, for its weights
# of serving, or worked out here
FORWARD_ONLY = ("sampling", "host", "prompt launches", "piecewise launches", "all-reduce", "experts")


def forward_pass(
    model: Model, plan: Layouts, rates: Rates, reach: TrainingRates, narrow: bool, draws: Draws
) -> dict[str, Operation]:
    """The forward pass of one microbatch through all layers on a tensor-parallel group, and the output layer.

    Parameters
    ----------
    model, plan : what is trained, in one layout or many
    rates : the chip's nameplate
    reach : what training reaches of it
    narrow : whether products run at the chip's 8- or 4-bit rate
    draws : of the facts' ranges

    Returns
    -------
    An operation's name -> seconds, FLOP and bytes of a chip, of the shape of the plan's arrays.
    """
    fit = reach.fit
    shape, tokens, chips = Shape.of(whole_stack(model)), plan.chip_tokens, plan.tensor
    facts = training_facts(draws.catalog)
    zero, flag = np.asarray(0.0), np.asarray(float(narrow))
    stored = np.asarray(BYTES["bf16"])  # weights are kept in 16 bits and narrowed as they are used
    work = Work(tokens, zero, zero, plan.tokens, chips, stored, stored, flag, zero)
    parts = {k: v for k, v in operations(shape, work, rates, fit).items() if k not in FORWARD_ONLY}
    # sequence parallelism spreads elementwise work over the group (arXiv:2205.05198)
    parts["elementwise"] = _scaled(parts["elementwise"], np.where(plan.fused > 0, 1.0 / chips, 1.0))
    if "attention" in parts and np.any(plan.narrow_attention > 0):
        faster = np.where(plan.narrow_attention > 0, 1.0 / reach.narrow_attention, 1.0)
        parts["attention"] = _scaled(parts["attention"], faster)
    scores = shape.attended_in_prompt(plan.tokens) * 2.0 * tokens * shape.heads / chips  # masked ones are moved too
    if np.any(plan.fused == 0):
        parts["attention scores"] = moving(np.where(plan.fused > 0, 0.0, scores * facts.score_bytes), rates, fit)
    if model.moe_layers:
        parts["experts"] = _experts(shape, plan, rates, fit, flag, draws)
    if np.any(plan.frozen > 0):
        parts["adapters"] = _adapters(model, plan, rates, fit)
        parts["unpacking"] = _unpacking(model, plan, rates, fit)
    if narrow:
        parts["casts"] = _casts(shape, tokens, chips, rates, fit)
    parts["output layer"] = product(tokens, shape.vocab / chips, shape.hidden, 1.0, 2.0, 0.0, rates, fit)
    logits = moving(tokens * shape.vocab / chips * facts.loss_bytes / (1.0 + BACKWARD), rates, fit)
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
    sorting = moving(shape.moe_layers * chosen * 4.0 * shape.hidden * ACTIVATION_BYTES, rates, fit)
    return total(_scaled(total(up, down), 1.0 / draws("fit.training-expert-efficiency"), times_only=True), sorting)


def routing_s(model: Model, plan: Layouts, narrow: bool, draws: Draws) -> Array:
    """What a pass through a layer of experts takes beside its operations: for the layer, and for each expert of a chip,
    whose products are launched one after the other; more of them in 8 bits, whose inputs are narrowed first.

    Parameters
    ----------
    model, plan : what is trained, in one layout or many
    narrow : whether products run at the chip's 8- or 4-bit rate
    draws : of the facts' ranges

    Returns
    -------
    Seconds of a layer's pass over a microbatch, of the shape of the plan's arrays.
    """
    own = model.experts / np.maximum(plan.expert, 1.0)  # cut over a tensor-parallel group, each chip has all experts
    each = draws("fit.training-own-expert-s", "s") * (draws("fit.training-narrow-expert-launches") if narrow else 1.0)
    return np.asarray(draws("fit.training-expert-layer-s", "s") + own * each)


def _scaled(operation: Operation, factor: ArrayLike, *, times_only: bool = False) -> Operation:
    kept = ("flops", "narrow_flops", "bytes") if times_only else ()
    return Operation(
        **{
            f.name: np.asarray(getattr(operation, f.name) * (1.0 if f.name in kept else factor))
            for f in fields(Operation)
        }
    )


def moving(moved: ArrayLike, rates: Rates, fit: Coefficients) -> Operation:
    """Elementwise work: nothing but bytes.

    Parameters
    ----------
    moved : bytes to and from memory [B]
    rates, fit : the chip's nameplate, and coefficients of its generation

    Returns
    -------
    Seconds and bytes, of the shape of ``moved``.
    """
    size = np.asarray(moved, float)
    time = np.asarray(size / (rates.memory * fit.kernels.elementwise_efficiency))
    return Operation(time, np.zeros_like(size), np.zeros_like(size), size, time)


def _casts(shape: Shape, tokens: Array, chips: Array, rates: Rates, fit: Coefficients) -> Operation:
    """Inputs of products narrowed, straight and transposed (Micikevicius et al. 2022, arXiv:2209.05433): 2 bytes read,
    two of 1 byte written, for each value that enters a product."""
    attention = shape.attention_layers * (shape.hidden + shape.heads * shape.head_dim / chips)
    mlp = shape.dense_layers * (shape.hidden + shape.intermediate / chips)
    experts = shape.moe_layers * shape.active_experts * (shape.hidden + shape.expert_intermediate) / chips
    return moving(4.0 * tokens * (attention + mlp + experts), rates, fit)


def _adapters(model: Model, plan: Layouts, rates: Rates, fit: Coefficients) -> Operation:
    """Thin products beside the frozen ones, and their sum into the output."""
    tokens, zero = plan.chip_tokens, Operation(*(np.zeros_like(plan.tensor) for _ in fields(Operation)))
    result = zero
    for index, method in enumerate(METHODS):
        here = np.where(plan.method == index, 1.0, 0.0)
        for count, depth, columns in adapted_products(model, method):
            same = (here * count, 2.0, 0.0, rates, fit)
            down = product(tokens, ADAPTER_RANK, depth / plan.tensor, *same)
            up = product(tokens, columns / plan.tensor, ADAPTER_RANK, *same)
            added = moving(here * count * 2.0 * tokens * columns / plan.tensor * ACTIVATION_BYTES, rates, fit)
            result = total(result, down, up, added)
    return result


def _unpacking(model: Model, plan: Layouts, rates: Rates, fit: Coefficients) -> Operation:
    """Weights in 4 bits read and written in 16 before each pass over a microbatch."""
    stored = still_bytes(model, plan)
    params = np.asarray(sum(weights_per_chip(model, plan))) / stage_share(model, plan)
    packed = (plan.frozen > 0) & (stored < WEIGHT_BYTES)
    return moving(np.where(packed, params * (stored + WEIGHT_BYTES), 0.0), rates, fit)
