"""The operations of one step of a model on one chip of a replica: time, FLOPs, bytes and joules of each.

A step is matrix products by shape, attention over the cache, experts as far as the batch touches them, sums over
chips, elementwise work, the output layer with sampling, and the host. A product takes the longer of arithmetic and
memory at reachable rates (smoothly joined), and a launch. Coefficients are facts: ``coefficients.py``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.feed_forward import experts, mlp
from wattline.line.chip.mixers import attention, attention_products, indexer, mamba
from wattline.line.chip.products import ACTIVATION_BYTES, Operation, Rates, Work, kernel, product, total, waiting
from wattline.line.chip.shape import Shape


def operations(shape: Shape, work: Work, rates: Rates, fit: Coefficients) -> dict[str, Operation]:
    """All operations of the step, by name.

    Steps that read prompts are launched piece by piece, not as one recorded graph; so are all steps of models that
    attend in chunks (vLLM pull request 26034).

    Parameters
    ----------
    shape : the model's architecture, of one model or of many
    work : what the step does; arrays broadcast
    rates : the chip's nameplate
    fit : coefficients of the chip's generation

    Returns each operation that takes time, on one chip of the replica.
    """
    if np.any(shape.encoder_layers > 0):
        return _two_stacks(shape, work, rates, fit)
    if np.any(work.ranks > 1):
        return _by_ranks(shape, work, rates, fit)
    chunked, pieces = shape.chunked_attention > 0, fit.mixed_layer_s * shape.layers
    groups = shape.attention_groups()
    result = {
        "attention projections": total(*(attention_products(g, work, rates, fit, work.dense_bytes) for g in groups)),
        "attention": total(*(attention(g, work, rates, fit) for g in groups)),
        "MLP": mlp(shape, work, rates, fit, work.dense_bytes),
        "experts": experts(shape, work, rates, fit),
        "Mamba": mamba(shape, work, rates, fit, work.dense_bytes),
        "elementwise": elementwise(shape, work, rates, fit),
        "output layer": product(work.sequences, shape.vocab / work.chips, shape.hidden, 1.0, 2.0, 0.0, rates, fit),
        "sampling": sampling(shape, work, fit),
        "all-reduce": all_reduce(shape, work, rates, fit),
        "prompt launches": waiting(np.where((work.tokens > work.sequences) & ~chunked, pieces, 0.0)),
        "piecewise launches": waiting(np.where(chunked, pieces, 0.0)),
        "host": host(shape, work, fit),
    }
    if np.any(shape.index_heads > 0):
        result["indexer"] = indexer(shape, work, rates, fit)
    if np.any(shape.other_matmul_params + shape.expert_hidden > 0):
        result["other weights"] = _other_weights(shape, work, rates, fit)
    return {name: op for name, op in result.items() if np.any(op.time_s > 0)}


def _by_ranks(shape: Shape, work: Work, rates: Rates, fit: Coefficients) -> dict[str, Operation]:
    """Attention split by requests: each rank has its own sequences and all weights but the experts', which all share.

    The ranks step together: each passes as many tokens through its layers as the fullest one, padded (vLLM's
    ``get_dp_padding``), and tokens go to their experts and back by collectives over all.
    """
    many = work.ranks > 1
    fullest, mean = work.of_rank()
    # all tokens of the fullest rank; those that only decode replay a graph of as many
    read = np.maximum(fullest.tokens - fullest.sequences, 0.0)
    padded = fullest.tokens + (work.padding - 1.0) * read
    fullest = replace(fullest, tokens=np.where(work.padding > 0, padded, fullest.tokens))
    computed = replace(mean, tokens=np.where(work.padding > 0, padded, mean.tokens))
    longest, usual = (operations(shape, each, rates, fit) for each in (fullest, computed))
    result = {name: replace(usual[name], time_s=op.time_s) for name, op in longest.items()}
    if "attention" in result:  # what is added to fill up looks at nothing
        real = total(*(attention(group, mean, rates, fit) for group in shape.attention_groups()))
        result["attention"] = replace(real, time_s=longest["attention"].time_s)
    if np.any(shape.moe_layers > 0):
        passed = np.where(
            many,
            np.maximum(computed.tokens, np.where(work.padding > 0, fit.kernels.rank_rows, 0.0)) * work.ranks,
            work.tokens,
        )
        wide = many & (work.chips > np.maximum(shape.active_experts, fit.kernels.gathered_chips))
        whole = replace(work, tokens=passed, ranks=np.ones_like(work.ranks), scattered=np.where(wide, 1.0, 0.0))
        result["experts"] = experts(shape, whole, rates, fit)
        inside = replace(shape, moe_layers=np.where(many, 0.0, shape.moe_layers))
        sums = all_reduce(inside, fullest, rates, fit)
        result["all-reduce"] = total(sums, exchange(shape, whole, rates, fit, many))
    result["ranks' agreement"] = waiting(np.where(many, fit.kernels.rank_agreement_s, 0.0))
    return {name: op for name, op in result.items() if np.any(op.time_s > 0)}


def exchange(shape: Shape, work: Work, rates: Rates, fit: Coefficients, split: ArrayLike) -> Operation:
    """Tokens to their experts' chips and back, where attention is split by requests.

    In small groups each rank gathers the others' activations, and the sums are scattered again. In wide ones, of more
    chips than a token has experts, each rank sends its own tokens once to each chip that holds some of theirs, in 8
    bits where products are narrow, and gets the sums back in 16 (DeepEP; TensorRT-LLM's all-to-all over NVLink).

    Parameters
    ----------
    shape : the model's architecture, of one model or of many
    work : what the step does; arrays broadcast
    rates : the chip's nameplate
    fit : coefficients of the chip's generation
    split : 1 where attention is split by requests, else 0

    Returns seconds, FLOP and bytes of a chip, of the shape that ``work`` and ``fit`` broadcast to.
    """
    chips = work.chips
    values = work.tokens * np.where(shape.expert_hidden > 0, shape.expert_hidden, shape.hidden)
    gathered = 2 * ACTIVATION_BYTES * values
    holding = chips * (1.0 - (1.0 - 1.0 / chips) ** shape.active_experts)
    there = np.where(work.narrow > 0, 1.0, ACTIVATION_BYTES)
    own = holding / chips * values * (there + ACTIVATION_BYTES)
    size = np.where(work.scattered > 0, own, gathered)
    wire = (chips - 1) / chips * size / (rates.link * fit.link_efficiency)
    each_way = fit.all_reduce_s + np.where(work.scattered > 0, fit.kernels.all_to_all_s, 0.0)
    return waiting(np.where(split, shape.moe_layers * (2 * each_way + wire), 0.0))


def _two_stacks(shape: Shape, work: Work, rates: Rates, fit: Coefficients) -> dict[str, Operation]:
    """An encoder and a decoder: prompts pass the encoder, which sees all of a prompt from each of its tokens, and give
    the decoder's second attention its keys and values; new tokens pass the decoder alone."""
    none = np.zeros_like(shape.encoder_layers)
    crossing = shape.cross_layers * shape.kv_heads * shape.hidden * shape.pair_width
    single = {"encoder_layers": none, "cross_layers": none}
    # both stacks have experts in the same share of their layers
    sparse = shape.encoder_layers * shape.moe_layers / np.maximum(shape.dense_layers + shape.moe_layers, 1.0)
    encoder = replace(
        shape, attention_layers=shape.encoder_layers, global_layers=shape.encoder_layers, vocab=none,
        dense_layers=shape.encoder_layers - sparse, moe_layers=sparse, other_matmul_params=crossing, **single,
    )  # fmt: skip
    own = shape.attention_layers - shape.encoder_layers
    decoder = replace(
        shape, attention_layers=own, global_layers=own, moe_layers=shape.moe_layers - sparse,
        dense_layers=shape.dense_layers - encoder.dense_layers, encoder_layers=none,
    )  # fmt: skip
    result = operations(decoder, replace(work, tokens=work.sequences), rates, fit)
    read = np.maximum(work.tokens - work.sequences, 0.0)
    if not np.any(read > 0):
        return result
    # no layer where no prompt is read; from each token the whole prompt is seen, twice what a causal one sees
    parts = ("attention_layers", "global_layers", "dense_layers", "moe_layers")
    there = {name: getattr(encoder, name) * (read > 0) for name in parts}
    whole = replace(work, tokens=read, sequences=np.zeros_like(read), prompt_tokens=2 * work.prompt_tokens)
    first = operations(replace(encoder, **there, other_matmul_params=crossing * (read > 0)), whole, rates, fit)
    added = {n: total(result[n], op) if n in result else op for n, op in first.items() if n != "host"}
    return result | added


def _other_weights(shape: Shape, work: Work, rates: Rates, fit: Coefficients) -> Operation:
    """Weights that every token passes and that belong to none of the other operations, as one product a layer."""
    layers = np.maximum(np.where(shape.other_layers > 0, shape.other_layers, shape.layers), 1.0)
    latent = 2 * shape.moe_layers * shape.hidden * shape.expert_hidden  # to the experts' width and back
    width = np.maximum(shape.other_matmul_params + latent, 0.0) / (layers * shape.hidden * work.chips)
    count = layers * (width > 0)
    return product(work.tokens, width, shape.hidden, count, work.dense_bytes, work.narrow, rates, fit)


def elementwise(shape: Shape, work: Work, rates: Rates, fit: Coefficients) -> Operation:
    """Norms, sums and activations: bytes through memory, and launches.

    Parameters
    ----------
    shape : the model's architecture, of one model or of many
    work : what the step does; arrays broadcast
    rates : the chip's nameplate
    fit : coefficients of the chip's generation

    Returns
    -------
    Seconds and bytes of a chip, of the shape that ``work`` and ``fit`` broadcast to.
    """
    moved = shape.layers * work.tokens * shape.hidden * ACTIVATION_BYTES * fit.kernels.elementwise_passes
    none = np.zeros_like(moved)
    launch = fit.kernels.elementwise_launches * shape.layers * fit.launch_s
    return kernel(none, moved, none, moved / (rates.memory * fit.kernels.elementwise_efficiency), launch, 0.0, fit)


def host(shape: Shape, work: Work, fit: Coefficients) -> Operation:
    """What the host takes between steps: for itself, for each sequence, and for each sub-layer split over chips.

    Parameters
    ----------
    shape : the model's architecture
    work : what the step does
    fit : coefficients of the chip's generation, with those of the software

    Returns
    -------
    Seconds of waiting, of the shape that ``work`` and ``fit`` broadcast to.
    """
    split = np.where(work.chips > 1, fit.parallel_layer_s * shape.layers, 0.0)
    return waiting(fit.host_s + fit.host_per_sequence_s * work.sequences + split)


def sampling(shape: Shape, work: Work, fit: Coefficients) -> Operation:
    """Sorting the vocabulary for top-k and top-p, on every chip, which all hold the logits.

    Parameters
    ----------
    shape : the model's architecture
    work : what the step does
    fit : coefficients of the chip's generation

    Returns
    -------
    Seconds of waiting, of the shape that ``work`` and ``fit`` broadcast to.
    """
    return waiting(fit.sampling_s_per_logit * work.sequences * shape.vocab)


def all_reduce(shape: Shape, work: Work, rates: Rates, fit: Coefficients) -> Operation:
    """A sum over chips after each mixer and each MLP; one that leaves a domain of links waits for its network too.

    Parameters
    ----------
    shape : the model's architecture, of one model or of many
    work : what the step does; arrays broadcast
    rates : the chip's nameplate
    fit : coefficients of the chip's generation

    Returns
    -------
    Seconds of waiting, of the shape that ``work`` and ``fit`` broadcast to.
    """
    chips = work.chips
    size = work.tokens * shape.hidden * ACTIVATION_BYTES
    wire = 2 * (chips - 1) / chips * size / (rates.link * fit.link_efficiency)
    each_s = fit.all_reduce_s + rates.across * fit.kernels.network_sum_s
    return waiting(np.where(chips > 1, shape.layers * (each_s + wire), 0.0))
