"""Mixers of tokens: attention with its projections, sparse attention's indexer, and Mamba."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.products import ACTIVATION_BYTES, Operation, Rates, Work, kernel, product, total
from wattline.line.chip.shape import Shape
from wattline.line.work.flops import INDEX_BYTES


def attention_products(shape: Shape, work: Work, rates: Rates, fit: Coefficients, weight_bytes: Array) -> Operation:
    """Query, key, value and output projections; MLA's go through its latents.

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
    chips, latent = work.chips, shape.latent
    keys = np.maximum(shape.kv_heads / chips, 1.0)  # heads of keys are copied when chips outnumber them
    heads, low = shape.heads / chips, shape.q_lora_rank > 0
    queries = np.where(low, shape.q_lora_rank, heads * shape.head_dim)
    first = np.where(
        latent, shape.q_lora_rank + shape.kv_lora_rank + shape.qk_rope_head_dim, queries + keys * shape.kept_width
    )
    value = np.where(shape.value_dim > 0, shape.value_dim, shape.head_dim)
    last = heads * np.where(latent, shape.v_head_dim, value)
    query = heads * np.where(latent, shape.qk_nope_head_dim + shape.qk_rope_head_dim, shape.head_dim)
    lift = heads * shape.kv_lora_rank
    layers, grouped = shape.attention_layers, shape.output_lora_rank > 0

    def projection(columns: ArrayLike, depth: ArrayLike, count: ArrayLike) -> Operation:
        return product(work.tokens, columns, depth, count, weight_bytes, work.narrow, rates, fit)

    parts = [
        projection(first, shape.hidden, layers),
        projection(shape.hidden, np.where(grouped, shape.output_groups * shape.output_lora_rank / chips, last), layers),
        projection(query, shape.q_lora_rank, layers * np.logical_or(latent, low)),
        projection(lift, shape.qk_nope_head_dim + shape.v_head_dim, layers * latent),
    ]
    if np.any(grouped):  # from the heads of each group to its latent
        parts.append(projection(shape.output_lora_rank, last, layers * grouped))
    return total(*parts)


def attention(shape: Shape, work: Work, rates: Rates, fit: Coefficients) -> Operation:
    """Decode reads the cache of every sequence; prompts are compared with themselves.

    What of that does not grow with a prompt's length (queries and answers through memory, tiles on the diagonal) takes
    as long as a prompt of ``prompt_ramp_tokens``; a default engine's fitted rate has it in it.

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
    chips, latent = work.chips, shape.latent
    keys = np.maximum(shape.kv_heads / chips, 1.0)
    cache = work.cache_bytes * np.where(latent, shape.kv_lora_rank + shape.qk_rope_head_dim, keys * shape.kept_width)
    pairs = shape.attended(work.context) * work.sequences
    absorbed = np.where(latent, 2 * shape.kv_lora_rank + shape.qk_rope_head_dim, shape.pair_width)
    flops = 2 * shape.heads / chips * absorbed * pairs
    moved = cache * pairs / work.queries
    dense = np.logical_or(latent, shape.shared_values > 0)
    wide = rates.wide * np.where(work.cache_bytes < ACTIVATION_BYTES, fit.narrow_attention, 1.0)
    launch = shape.attention_layers * fit.attention_launch_s
    decode = kernel(
        flops,
        moved,
        # many heads with one cache of keys that are the values too: a dense product, which reaches what prompts do
        flops / (wide * np.where(dense, fit.prompt_attention_efficiency, fit.attention_efficiency)),
        moved / (rates.memory * fit.cache_efficiency),
        launch,
        0.0,
        fit,
    )
    read = np.maximum(work.tokens - work.sequences, 0.0)
    spread = np.where(latent, shape.qk_nope_head_dim + shape.qk_rope_head_dim + shape.v_head_dim, shape.pair_width)
    prompt = 2 * shape.heads / chips * spread * shape.attended_in_prompt(work.prompt_tokens) * read
    none = np.zeros_like(prompt)
    ramp = shape.heads / chips * spread * shape.attention_layers * fit.prompt_ramp_tokens * read
    reading_s = (prompt + ramp) / (wide * fit.prompt_attention_efficiency)
    prefill = kernel(prompt, none, reading_s, none, none, 0.0, fit)
    return total(decode, prefill)


def indexer(shape: Shape, work: Work, rates: Rates, fit: Coefficients) -> Operation:
    """Sparse attention's choice: each token's index queries against the index keys of all before it.

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
    each, read = 2.0 * shape.index_heads * shape.index_head_dim, np.maximum(work.tokens - work.sequences, 0.0)
    pairs = shape.index_layers * work.sequences * work.context
    flops = each / work.chips * (pairs + shape.index_layers * read * work.prompt_tokens / 2)
    moved = pairs * shape.index_head_dim * INDEX_BYTES / work.queries
    times = flops / (rates.wide * fit.prompt_attention_efficiency), moved / (rates.memory * fit.cache_efficiency)
    launch = shape.index_layers * (shape.index_heads > 0) * fit.attention_launch_s
    return kernel(flops, moved, *times, launch, 0.0, fit)


def mamba(shape: Shape, work: Work, rates: Rates, fit: Coefficients, weight_bytes: Array) -> Operation:
    """Projections in and out, and the state of each sequence read and written.

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
    chips, layers = work.chips, shape.mamba_layers
    project = product(
        work.tokens, shape.mamba_project / chips, shape.hidden, layers, weight_bytes, work.narrow, rates, fit
    )
    out = product(work.tokens, shape.hidden, shape.mamba_inner / chips, layers, weight_bytes, work.narrow, rates, fit)
    moved = 2 * layers * shape.mamba_state_bytes / chips * work.sequences
    flops = 6 * layers * shape.mamba_state / chips * work.tokens
    launch = fit.kernels.mamba_launches * layers * fit.launch_s
    rate = rates.wide * fit.attention_efficiency
    state = kernel(flops, moved, flops / rate, moved / (rates.memory * fit.cache_efficiency), launch, 0.0, fit)
    return total(project, out, state)
