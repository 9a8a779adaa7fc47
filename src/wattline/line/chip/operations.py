"""The operations of one step of a model on one chip of a replica: time, FLOPs, bytes and joules of each.

A step is matrix products by shape, attention over the cache, experts as far as the batch touches them, sums over
chips, elementwise work, the output layer with sampling, and the host. A product takes the longer of arithmetic and
memory at reachable rates (smoothly joined), and a launch. Coefficients are facts: ``chip/coefficients.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.shape import Shape
from wattline.line.work.flops import INDEX_BYTES

ACTIVATION_BYTES = 2.0
EXPERT_ACTIVATIONS = 0.4  # of the rate of weights: tokens are gathered and scattered row by row
LEAST_ROWS = 16.0  # the narrowest tile of a tensor core product
TALL_EXPERT_ROWS = 64.0  # tile of grouped expert kernels beyond the smallest batches, and of 8-bit ones always
JOIN = 3.0  # exponent with which arithmetic and memory time are joined: 1 adds them, infinity takes the longer
MAMBA_KERNELS, ELEMENTWISE_KERNELS = 6.0, 1.4  # launches a layer beside its products
ELEMENTWISE_EFFICIENCY = 0.7  # of memory bandwidth
ELEMENTWISE_PASSES = 6.0  # times that activations pass through memory in a sub-layer's norms, sums and activations


@dataclass(frozen=True, eq=False)
class Work:
    """What a step does: ``tokens`` through the layers, of which ``sequences`` decode at ``context`` tokens each, and
    the rest are read in prompts of ``prompt_tokens``; on ``chips`` chips."""

    tokens: Array
    sequences: Array
    context: Array
    prompt_tokens: Array
    chips: Array
    weight_bytes: Array  # of experts
    dense_bytes: Array  # of all other weights: MXFP4 keeps them in 16 bits
    narrow: Array  # 1 where products run in the chip's 8- or 4-bit format
    expert_parallel: Array  # 1 where experts are placed whole on chips


@dataclass(frozen=True, eq=False)
class Operation:
    """One kind of operation of a step, on one chip."""

    time_s: Array
    flops: Array
    narrow_flops: Array
    bytes: Array
    busy_s: Array  # of it, the chip's arithmetic units or memory at work (not waiting for a launch, a link or a host)


@dataclass(frozen=True, eq=False)
class Rates:
    """What the chip's nameplate says: FLOP/s wide (16-bit) and narrow, bytes/s of memory and of links."""

    wide: Array
    narrow: Array
    memory: Array
    link: Array


def operations(shape: Shape, work: Work, rates: Rates, c: Coefficients) -> dict[str, Operation]:
    """All operations of the step, by name.

    Steps that read prompts are launched piece by piece, not as one recorded graph; so are all steps of models that
    attend in chunks (vLLM pull request 26034).
    """
    if np.any(shape.encoder_layers > 0):
        return _two_stacks(shape, work, rates, c)
    chunked, pieces = shape.chunked_attention > 0, c.mixed_layer_s * shape.layers
    groups = shape.attention_groups()
    found = {
        "attention projections": _sum(*(_attention_products(g, work, rates, c, work.dense_bytes) for g in groups)),
        "attention": _sum(*(_attention(g, work, rates, c) for g in groups)),
        "MLP": _mlp(shape, work, rates, c, work.dense_bytes),
        "experts": _experts(shape, work, rates, c),
        "Mamba": _mamba(shape, work, rates, c, work.dense_bytes),
        "elementwise": _elementwise(shape, work, rates, c),
        "output layer": _product(work.sequences, shape.vocab / work.chips, shape.hidden, 1.0, 2.0, 0.0, rates, c),
        "sampling": _sampling(shape, work, c),
        "all-reduce": _all_reduce(shape, work, rates, c),
        "prompt launches": _waiting(np.where((work.tokens > work.sequences) & ~chunked, pieces, 0.0)),
        "piecewise launches": _waiting(np.where(chunked, pieces, 0.0)),
        "host": _waiting(c.host_s + c.host_per_sequence_s * work.sequences),
    }
    if np.any(shape.index_heads > 0):
        found["indexer"] = _indexer(shape, work, rates, c)
    if np.any(shape.other_matmul_params + shape.expert_hidden > 0):
        found["other weights"] = _other(shape, work, rates, c)
    return {name: op for name, op in found.items() if np.any(op.time_s > 0)}


def _two_stacks(shape: Shape, work: Work, rates: Rates, c: Coefficients) -> dict[str, Operation]:
    """An encoder and a decoder: prompts pass the encoder, which sees all of a prompt from each of its tokens, and give
    the decoder's second attention its keys and values; new tokens pass the decoder alone."""
    none = np.zeros_like(shape.encoder_layers)
    crossing = shape.cross_layers * shape.kv_heads * shape.hidden * shape.pair_width
    one = {"encoder_layers": none, "cross_layers": none}
    encoder = replace(
        shape, attention_layers=shape.encoder_layers, global_layers=shape.encoder_layers, vocab=none,
        dense_layers=shape.encoder_layers, moe_layers=none, other_matmul_params=crossing, **one,
    )  # fmt: skip
    own = shape.attention_layers - shape.encoder_layers
    decoder = replace(
        shape, attention_layers=own, global_layers=own, dense_layers=shape.dense_layers - shape.encoder_layers,
        encoder_layers=none,
    )  # fmt: skip
    found = operations(decoder, replace(work, tokens=work.sequences), rates, c)
    read = np.maximum(work.tokens - work.sequences, 0.0)
    if not np.any(read > 0):
        return found
    # no layer where no prompt is read; from each token the whole prompt is seen, twice what a causal one sees
    there = {n: getattr(encoder, n) * (read > 0) for n in ("attention_layers", "global_layers", "dense_layers")}
    whole = replace(work, tokens=read, sequences=np.zeros_like(read), prompt_tokens=2 * work.prompt_tokens)
    first = operations(replace(encoder, **there, other_matmul_params=crossing * (read > 0)), whole, rates, c)
    added = {n: _sum(found[n], op) if n in found else op for n, op in first.items() if n != "host"}
    return found | added


def _indexer(shape: Shape, work: Work, rates: Rates, c: Coefficients) -> Operation:
    """Sparse attention's choice: each token's index queries against the index keys of all before it."""
    each, read = 2.0 * shape.index_heads * shape.index_head_dim, np.maximum(work.tokens - work.sequences, 0.0)
    pairs = shape.attention_layers * work.sequences * work.context
    flops = each / work.chips * (pairs + shape.attention_layers * read * work.prompt_tokens / 2)
    moved = pairs * shape.index_head_dim * INDEX_BYTES
    times = flops / (rates.wide * c.prompt_attention_efficiency), moved / (rates.memory * c.cache_efficiency)
    launch = shape.attention_layers * (shape.index_heads > 0) * c.attention_launch_s
    return _kernel(flops, moved, *times, launch, 0.0)


def _other(shape: Shape, work: Work, rates: Rates, c: Coefficients) -> Operation:
    """Weights that every token passes and that belong to none of the other operations, as one product a layer."""
    layers = np.maximum(np.where(shape.other_layers > 0, shape.other_layers, shape.layers), 1.0)
    latent = 2 * shape.moe_layers * shape.hidden * shape.expert_hidden  # to the experts' width and back
    width = np.maximum(shape.other_matmul_params + latent, 0.0) / (layers * shape.hidden * work.chips)
    count = layers * (width > 0)
    return _product(work.tokens, width, shape.hidden, count, work.dense_bytes, work.narrow, rates, c)


def _product(
    rows: ArrayLike, n: ArrayLike, k: ArrayLike, count: ArrayLike, weight_bytes: ArrayLike, narrow: ArrayLike,
    rates: Rates, c: Coefficients,
) -> Operation:  # fmt: skip
    """``count`` products of ``rows × k`` by ``k × n``."""
    m, n, k, count = (np.asarray(x, float) for x in (rows, n, k, count))
    flops = count * 2 * np.maximum(m, LEAST_ROWS) * n * k
    moved = count * (n * k * np.asarray(weight_bytes) + m * (n + k) * ACTIVATION_BYTES)
    rate = np.where(np.asarray(narrow) > 0, rates.narrow * c.narrow_efficiency, rates.wide * c.wide_efficiency)
    launches = count * (n > 0) * c.launch_s * np.where(np.asarray(narrow) > 0, c.narrow_launches, 1.0)
    return _kernel(flops, moved, flops / rate, moved / (rates.memory * c.memory_efficiency), launches, narrow)


def _kernel(
    flops: Array, moved: Array, compute_s: Array, memory_s: Array, launch_s: Array, narrow: ArrayLike
) -> Operation:
    busy = (compute_s**JOIN + memory_s**JOIN) ** (1 / JOIN)
    is_narrow = np.asarray(narrow) > 0
    return Operation(
        np.asarray(busy + launch_s), np.where(is_narrow, 0.0, flops), np.where(is_narrow, flops, 0.0), moved, busy
    )


def _waiting(time_s: ArrayLike) -> Operation:
    zero = np.asarray(0.0)
    return Operation(np.asarray(time_s, float), zero, zero, zero, zero)


def _sum(*parts: Operation) -> Operation:
    total = [np.asarray(sum(getattr(p, name) for p in parts)) for name in Operation.__dataclass_fields__]
    return Operation(*total)


def _attention_products(shape: Shape, work: Work, rates: Rates, c: Coefficients, weight_bytes: Array) -> Operation:
    """Query, key, value and output projections; MLA's go through its latents."""
    g, mla = work.chips, shape.latent
    keys = np.maximum(shape.kv_heads / g, 1.0)  # heads of keys are copied when chips outnumber them
    first = np.where(
        mla,
        shape.q_lora_rank + shape.kv_lora_rank + shape.qk_rope_head_dim,
        np.where(
            shape.value_dim > 0,
            shape.heads / g * shape.head_dim + keys * shape.pair_width,
            (shape.heads / g + 2 * keys) * shape.head_dim,
        ),
    )
    value = np.where(shape.value_dim > 0, shape.value_dim, shape.head_dim)
    last = shape.heads / g * np.where(mla, shape.v_head_dim, value)
    query = shape.heads / g * (shape.qk_nope_head_dim + shape.qk_rope_head_dim)
    lift = shape.heads / g * shape.kv_lora_rank
    layers, latent_layers = shape.attention_layers, shape.attention_layers * mla

    def product(n: ArrayLike, k: ArrayLike, count: ArrayLike) -> Operation:
        return _product(work.tokens, n, k, count, weight_bytes, work.narrow, rates, c)

    return _sum(
        product(first, shape.hidden, layers),
        product(shape.hidden, last, layers),
        product(query, shape.q_lora_rank, latent_layers),
        product(lift, shape.qk_nope_head_dim + shape.v_head_dim, latent_layers),
    )


def _attention(shape: Shape, work: Work, rates: Rates, c: Coefficients) -> Operation:
    """Decode reads the cache of every sequence; prompts are compared with themselves."""
    g, mla = work.chips, shape.latent
    keys = np.maximum(shape.kv_heads / g, 1.0)
    cache = ACTIVATION_BYTES * np.where(mla, shape.kv_lora_rank + shape.qk_rope_head_dim, keys * shape.pair_width)
    pairs = shape.attended(work.context) * work.sequences
    absorbed = np.where(mla, 2 * shape.kv_lora_rank + shape.qk_rope_head_dim, shape.pair_width)
    flops = 2 * shape.heads / g * absorbed * pairs
    moved = cache * pairs
    launch = shape.attention_layers * c.attention_launch_s
    decode = _kernel(
        flops,
        moved,
        # the latent form is a dense product of many heads with one cache, and reaches what prompts do
        flops / (rates.wide * np.where(mla, c.prompt_attention_efficiency, c.attention_efficiency)),
        moved / (rates.memory * c.cache_efficiency),
        launch,
        0.0,
    )
    read = np.maximum(work.tokens - work.sequences, 0.0)
    spread = np.where(mla, shape.qk_nope_head_dim + shape.qk_rope_head_dim + shape.v_head_dim, shape.pair_width)
    prompt = 2 * shape.heads / g * spread * shape.attended_in_prompt(work.prompt_tokens) * read
    none = np.zeros_like(prompt)
    prefill = _kernel(prompt, none, prompt / (rates.wide * c.prompt_attention_efficiency), none, none, 0.0)
    return _sum(decode, prefill)


def _mlp(shape: Shape, work: Work, rates: Rates, c: Coefficients, weight_bytes: Array) -> Operation:
    """Dense MLPs, and the experts that every token uses."""

    def pair(width: Array, count: Array) -> Operation:
        up = _product(
            work.tokens,
            shape.up_matrices * width / work.chips,
            shape.hidden,
            count,
            weight_bytes,
            work.narrow,
            rates,
            c,
        )
        down = _product(work.tokens, shape.hidden, width / work.chips, count, weight_bytes, work.narrow, rates, c)
        return _sum(up, down)

    dense = pair(shape.intermediate, shape.dense_layers)
    return _sum(dense, pair(shape.shared_intermediate, shape.moe_layers * (shape.shared_intermediate > 0)))


def _experts(shape: Shape, work: Work, rates: Rates, c: Coefficients) -> Operation:
    """Routed experts: weights of those that the tokens touch, choices taken as even; unevenness over chips."""
    has = shape.experts > 0
    experts = np.maximum(shape.experts, 1.0)
    chosen = work.tokens * shape.active_experts
    touched = experts * (1.0 - (1.0 - np.minimum(shape.active_experts / experts, 1.0)) ** work.tokens)
    hidden = np.where(shape.expert_hidden > 0, shape.expert_hidden, shape.hidden)
    params = (shape.up_matrices + 1) * hidden * shape.expert_intermediate
    each = chosen / np.maximum(touched, 1e-9)
    held = experts / np.where(work.expert_parallel > 0, work.chips, 1.0)
    # with more tokens than experts at hand, kernels turn to wide tiles, whatever each expert gets of them
    tall = (work.narrow > 0) | ((work.tokens > held) & (work.weight_bytes >= 1))
    least = np.where(tall, TALL_EXPERT_ROWS, LEAST_ROWS)
    flops = np.where(has, 2 * touched / work.chips * np.maximum(each, least) * params, 0.0) * shape.moe_layers
    # every chip of an expert-parallel group handles all tokens' activations
    width = shape.expert_intermediate / np.where(work.expert_parallel > 0, 1.0, work.chips)
    activations = chosen * (2 * hidden + 3 * width) * ACTIVATION_BYTES / EXPERT_ACTIVATIONS
    moved = np.where(has, touched / work.chips * params * work.weight_bytes + activations, 0.0) * shape.moe_layers
    rate = np.where(work.narrow > 0, rates.narrow * c.narrow_efficiency, rates.wide * c.wide_efficiency)
    load, weights = _fullest(chosen / work.chips, touched / experts, experts / work.chips, work, c)
    usual = np.where(tall, c.tall_tile_slowness, np.where(work.weight_bytes < 1, c.four_bit_slowness, 1.0))
    slow = np.where(work.narrow > 0, c.narrow_expert_slowness, usual)
    # kernels pass over the tiles of experts that other chips hold, and write zeros for them
    foreign = np.where(tall, touched * (1.0 - held / experts), 0.0) * c.foreign_expert_s
    launches = shape.moe_layers * (
        c.expert_launch_s * np.where(work.narrow > 0, c.narrow_expert_launches, 1.0) + foreign
    )
    compute_s = slow * flops / (rate * c.expert_efficiency)
    memory_s = slow * moved / (rates.memory * c.expert_memory_efficiency)
    fullest = _kernel(flops, moved, load * compute_s, weights * memory_s, launches, work.narrow)
    even = _kernel(flops, moved, compute_s, memory_s, launches, work.narrow)
    # tokens of 8-bit experts are scattered to padded tiles and quantised, which is work and no waiting
    scatter = np.where(work.narrow > 0, shape.moe_layers * c.expert_launch_s * c.narrow_expert_launches, 0.0)
    return replace(fullest, busy_s=even.busy_s + scatter)  # the other chips wait


def _fullest(chosen: Array, share: Array, held: Array, work: Work, c: Coefficients) -> tuple[Array, Array]:
    """How much more than the mean the fullest chip has, of tokens and of touched experts.

    Tokens scatter by chance, and since some experts are liked more than others; of so many chips the fullest lies as
    high as the largest of normal deviates (Blom 1958). No chip touches more experts than it holds.
    """
    chips = np.where(work.expert_parallel > 0, work.chips, 1.0)
    highest = np.where(chips > 1, ndtri((chips - 0.375) / (chips + 0.25)), 0.0)
    load = np.minimum(
        1.0 + highest * np.sqrt(1.0 / np.maximum(chosen, 1.0) + c.expert_unevenness**2 / np.maximum(held, 1.0)), chips
    )
    part = np.maximum(share, 1e-9)
    most = np.minimum(part + highest * np.sqrt(part * (1.0 - np.minimum(part, 1.0)) / np.maximum(held, 1.0)), 1.0)
    return np.asarray(load), np.asarray(np.maximum(most / part, 1.0))


def _mamba(shape: Shape, work: Work, rates: Rates, c: Coefficients, weight_bytes: Array) -> Operation:
    """Projections in and out, and the state of each sequence read and written in 32 bits."""
    g, layers = work.chips, shape.mamba_layers
    project = _product(work.tokens, shape.mamba_project / g, shape.hidden, layers, weight_bytes, work.narrow, rates, c)
    out = _product(work.tokens, shape.hidden, shape.mamba_inner / g, layers, weight_bytes, work.narrow, rates, c)
    moved = layers * shape.mamba_state / g * 4 * 2 * work.sequences
    flops = 6 * layers * shape.mamba_state / g * work.tokens
    launch = MAMBA_KERNELS * layers * c.launch_s
    rate = rates.wide * c.attention_efficiency
    state = _kernel(flops, moved, flops / rate, moved / (rates.memory * c.cache_efficiency), launch, 0.0)
    return _sum(project, out, state)


def _elementwise(shape: Shape, work: Work, rates: Rates, c: Coefficients) -> Operation:
    moved = shape.layers * work.tokens * shape.hidden * ACTIVATION_BYTES * ELEMENTWISE_PASSES
    none = np.zeros_like(moved)
    launch = ELEMENTWISE_KERNELS * shape.layers * c.launch_s
    return _kernel(none, moved, none, moved / (rates.memory * ELEMENTWISE_EFFICIENCY), launch, 0.0)


def _sampling(shape: Shape, work: Work, c: Coefficients) -> Operation:
    """Sorting the vocabulary for top-k and top-p, on every chip, which all hold the logits."""
    return _waiting(c.sampling_s_per_logit * work.sequences * shape.vocab)


def _all_reduce(shape: Shape, work: Work, rates: Rates, c: Coefficients) -> Operation:
    """A sum over chips after each mixer and each MLP."""
    g = work.chips
    size = work.tokens * shape.hidden * ACTIVATION_BYTES
    wire = 2 * (g - 1) / g * size / (rates.link * c.link_efficiency)
    return _waiting(np.where(g > 1, shape.layers * (c.all_reduce_s + wire), 0.0))
