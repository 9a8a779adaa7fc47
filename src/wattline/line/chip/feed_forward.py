"""Feed-forward layers: dense MLPs, and experts as far as the batch touches them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.products import (
    ACTIVATION_BYTES,
    Operation,
    Rates,
    Work,
    highest_deviate,
    kernel,
    product,
    total,
)
from wattline.line.chip.shape import Shape


def mlp(shape: Shape, work: Work, rates: Rates, fit: Coefficients, weight_bytes: Array) -> Operation:
    """Dense MLPs, and the experts that every token uses.

    Parameters
    ----------
    shape : the model's architecture, of one model or of many
    work : what the step does; arrays broadcast
    rates : the chip's nameplate
    fit : coefficients of the chip's generation
    weight_bytes : bytes of a weight in memory [B]

    Returns
    -------
    Seconds, FLOP and bytes of a chip, of the shape that ``work`` and ``fit`` broadcast to.
    """

    def pair(width: Array, count: Array) -> Operation:
        wide, same = shape.up_matrices * width / work.chips, (count, weight_bytes, work.narrow, rates, fit)
        up = product(work.tokens, wide, shape.hidden, *same)
        down = product(work.tokens, shape.hidden, width / work.chips, *same)
        return total(up, down)

    dense = pair(shape.intermediate, shape.dense_layers)
    return total(dense, pair(shape.shared_intermediate, shape.moe_layers * (shape.shared_intermediate > 0)))


def experts(shape: Shape, work: Work, rates: Rates, fit: Coefficients) -> Operation:
    """Routed experts: weights of those that the tokens touch, choices taken as even; unevenness over chips.

    Parameters
    ----------
    shape : the model's architecture, of one model or of many
    work : what the step does; arrays broadcast
    rates : the chip's nameplate
    fit : coefficients of the chip's generation

    Returns
    -------
    Seconds, FLOP and bytes of a chip, of the shape that ``work`` and ``fit`` broadcast to.
    """
    has = shape.experts > 0
    count = np.maximum(shape.experts, 1.0)
    chosen = work.tokens * shape.active_experts
    touched = count * (1.0 - (1.0 - np.minimum(shape.active_experts / count, 1.0)) ** work.tokens)
    hidden = np.where(shape.expert_hidden > 0, shape.expert_hidden, shape.hidden)
    params = (shape.up_matrices + 1) * hidden * shape.expert_intermediate
    each = chosen / np.maximum(touched, 1e-9)
    local = count / np.where(work.expert_parallel > 0, work.chips, 1.0)
    # with more tokens than experts at hand, kernels turn to wide tiles, whatever each expert gets of them
    tall = (work.narrow > 0) | ((work.tokens > local) & (work.weight_bytes >= 1))
    least = np.where(tall, fit.kernels.tall_expert_rows, fit.kernels.least_rows)
    flops = np.where(has, 2 * touched / work.chips * np.maximum(each, least) * params, 0.0) * shape.moe_layers
    # every chip of an expert-parallel group handles all tokens' activations, unless each goes to its experts alone
    width = shape.expert_intermediate / np.where(work.expert_parallel > 0, 1.0, work.chips)
    handled = chosen / np.where(work.scattered > 0, work.chips, 1.0)
    activations = handled * (2 * hidden + 3 * width) * ACTIVATION_BYTES / fit.kernels.expert_activations
    moved = np.where(has, touched / work.chips * params * work.weight_bytes + activations, 0.0) * shape.moe_layers
    rate = np.where(work.narrow > 0, rates.narrow * fit.narrow_efficiency, rates.wide * fit.wide_efficiency)
    chips = np.where(has & (work.expert_parallel > 0), work.chips, 1.0)
    # tiles that are half empty are computed whole, so that tokens scatter no more than tiles
    load, weights = _fullest(
        touched / work.chips * np.maximum(each, least), touched / count, count / work.chips, chips, fit
    )
    usual = np.where(tall, fit.tall_tile_slowness, np.where(work.weight_bytes < 1, fit.four_bit_slowness, 1.0))
    slow = np.where(work.narrow > 0, fit.narrow_expert_slowness, usual)
    launches = _launches(shape, work, fit, np.where(tall & (work.scattered == 0), touched * (1.0 - local / count), 0.0))
    memory_s = slow * moved / (rates.memory * fit.expert_memory_efficiency)
    compute_s = slow * flops / (rate * fit.expert_efficiency)
    fullest = kernel(flops, moved, load * compute_s, weights * memory_s, launches, work.narrow, fit)
    even = kernel(flops, moved, compute_s, memory_s, launches, work.narrow, fit)
    # tokens of 8-bit experts are scattered to padded tiles and quantised, which is work and no waiting
    scatter = np.where(work.narrow > 0, shape.moe_layers * fit.expert_launch_s * fit.narrow_expert_launches, 0.0)
    return replace(fullest, busy_s=even.busy_s + scatter)  # the other chips wait


def _launches(shape: Shape, work: Work, fit: Coefficients, foreign: Array) -> Array:
    """Seconds of experts beyond arithmetic and bytes; kernels pass over the tiles of experts that other chips hold
    (``foreign``, so many), and write zeros for them."""
    passed = foreign * fit.foreign_expert_s
    own = fit.expert_launch_s * np.where(work.narrow > 0, fit.narrow_expert_launches, 1.0)
    return np.asarray(shape.moe_layers * (own + passed))


def _fullest(rows: Array, share: Array, local: Array, chips: Array, fit: Coefficients) -> tuple[Array, Array]:
    """How much more than the mean the fullest chip has, of rows of tokens and of touched experts.

    Tokens scatter by chance, and since some experts are liked more than others; of so many chips the fullest lies as
    high as the largest of normal deviates. No chip touches more experts than it holds.
    """
    highest = highest_deviate(chips)
    load = np.minimum(
        1.0 + highest * np.sqrt(1.0 / np.maximum(rows, 1.0) + fit.expert_unevenness**2 / np.maximum(local, 1.0)),
        chips,
    )
    part = np.maximum(share, 1e-9)
    most = np.minimum(part + highest * np.sqrt(part * (1.0 - np.minimum(part, 1.0)) / np.maximum(local, 1.0)), 1.0)
    return np.asarray(load), np.asarray(np.maximum(most / part, 1.0))
