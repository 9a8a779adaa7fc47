"""Operations and bytes that a model's architecture asks for: pure functions of counts and arrays.

FLOPs count a multiply and an add as two. Only matrix products and attention are counted; norms, activations and
sampling are below 1% (Kaplan et al. 2020, arXiv:2001.08361, section 2.1; Narayanan et al. 2021, arXiv:2104.04473,
equation 3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array
from wattline.line.work.model import Model
from wattline.line.work.reach import (
    attended_token_layers,
    attention_groups,
    cached_token_layers,
    mean_attended_token_layers,
)

BYTES = {
    "fp32": 4.0,
    "tf32": 4.0,
    "bf16": 2.0,
    "fp16": 2.0,
    "fp8": 1.0,
    "int8": 1.0,
    # four bits and one shared 8-bit scale for 32 (MXFP4) or 16 (NVFP4) of them
    "mxfp4": 4.25 / 8,
    "nvfp4": 4.5 / 8,
    "int2": 2.25 / 8,
    "int3": 3.25 / 8,
    "int4": 4.25 / 8,
    "int5": 5.25 / 8,
    "int6": 6.25 / 8,
}

INDEX_BYTES = 1.0  # of a value that sparse attention's indexer keeps: FP8 as DeepSeek-V3.2 serves it


def attention_flops_per_pair(model: Model, *, absorbed: bool = False) -> float:
    """FLOPs of one query token on one earlier token in one layer, over all heads: scores and values.

    ``absorbed``: MLA in decode works on the latent itself (DeepSeek-V2, arXiv:2405.04434, section 2.1.2).

    Parameters
    ----------
    model : with heads and their sizes
    absorbed : whether MLA works on the latent, as in decode

    Returns FLOP.
    """
    if model.kv_lora_rank and absorbed:
        return 2.0 * model.heads * (2 * model.kv_lora_rank + model.qk_rope_head_dim)
    if model.kv_lora_rank:
        return 2.0 * model.heads * (model.qk_nope_head_dim + model.qk_rope_head_dim + model.v_head_dim)
    if model.value_dim:
        return 2.0 * model.heads * (model.head_dim + model.value_dim)
    return 4.0 * model.heads * model.head_dim


def index_flops_per_pair(model: Model) -> float:
    """FLOPs of sparse attention's indexer on one earlier token in one layer (DeepSeek-V3.2-Exp, section 2.1)."""
    return 2.0 * model.index_heads * model.index_head_dim


def state_flops_per_token(model: Model) -> float:
    """FLOPs of the Mamba layers' state update and read-out for one token (Mamba-2, arXiv:2405.21060)."""
    return 6.0 * model.mamba_layers * model.mamba_heads * model.mamba_head_dim * model.mamba_state


def forward_flops_per_token(model: Model, sequence_tokens: ArrayLike) -> Array:
    """FLOPs of a forward pass for one token of a causal sequence of this length, on average over its positions.

    A model whose architecture is not published counts 2 × active parameters.

    Parameters
    ----------
    model : the model, as it was read
    sequence_tokens : tokens of the sequence

    Returns
    -------
    FLOP, of the shape of ``sequence_tokens``.
    """
    if not model.architecture_known:
        return np.asarray(2.0 * model.active_params)
    groups = attention_groups(model)
    pairs = sum(attention_flops_per_pair(g) * mean_attended_token_layers(g, sequence_tokens) for g in groups)
    picked = index_flops_per_pair(model) * model.index_layers * np.asarray(sequence_tokens, float) / 2
    return np.asarray(2.0 * model.matmul_params_active + pairs + state_flops_per_token(model) + picked)


def training_flops(model: Model, tokens: ArrayLike, sequence_tokens: ArrayLike, *, frozen: bool = False) -> Array:
    """FLOPs of training on ``tokens``: forward once, backward twice; recomputation is not counted (model FLOPs).

    Parameters
    ----------
    model : the architecture
    tokens : numeric, tokens trained on [token]
    sequence_tokens : numeric, tokens of a sequence [token]
    frozen : whether the weights stand still beside adapters: their gradients are not worked out

    Returns FLOPs.
    """
    whole = 3.0 * forward_flops_per_token(model, sequence_tokens)
    still = 2.0 * model.matmul_params_active if frozen else 0.0
    return np.asarray((whole - still) * np.asarray(tokens, float))


def prefill_flops(model: Model, input_tokens: ArrayLike) -> Array:
    """FLOPs of reading a prompt; the output layer is needed for the last token only.

    Parameters
    ----------
    model : the architecture
    input_tokens : numeric, tokens of the prompt [token]

    Returns FLOPs.
    """
    length = np.asarray(input_tokens, float)
    head = 2.0 * model.hidden * model.vocab
    return np.asarray((forward_flops_per_token(model, length) - head) * length + head)


def decode_flops_per_token(model: Model, context_tokens: ArrayLike) -> Array:
    """FLOPs of one new token with this much context before it.

    Parameters
    ----------
    model : the architecture
    context_tokens : numeric, tokens before the new one [token]

    Returns FLOPs.
    """
    groups, context = attention_groups(model), np.asarray(context_tokens, float)
    pairs = sum(attention_flops_per_pair(g, absorbed=True) * attended_token_layers(g, context) for g in groups)
    picked = index_flops_per_pair(model) * model.index_layers * context
    return np.asarray(2.0 * model.matmul_params_active + pairs + state_flops_per_token(model) + picked)


def cache_values_per_token(model: Model) -> float:
    """Values that one attention layer keeps of one token: keys and values, keys alone where they are the values too, or
    MLA's latent."""
    if model.kv_lora_rank:
        return float(model.kv_lora_rank + model.qk_rope_head_dim)
    if model.shared_values:
        return float(model.kv_heads * model.head_dim)
    return float(model.kv_heads * (model.head_dim + (model.value_dim or model.head_dim)))


def kv_bytes(model: Model, context_tokens: ArrayLike, bytes_per_value: float = 2.0) -> Array:
    """Bytes of one sequence's cache: keys and values (or MLA's latent) by layer, and the states of other mixers.

    Parameters
    ----------
    model : the architecture
    context_tokens : numeric, tokens of the sequence [token]
    bytes_per_value : of a cached value [B]

    Returns bytes.
    """
    context, groups = np.asarray(context_tokens, float), attention_groups(model)
    kept = sum(cached_token_layers(g, context) * cache_values_per_token(g) * bytes_per_value for g in groups)
    index = model.index_layers * context * model.index_head_dim * INDEX_BYTES
    return np.asarray(kept + state_bytes(model) + index)


def state_bytes(model: Model) -> float:
    """Bytes that mixers other than attention keep of one sequence, however long: Mamba's states in 32 bits, the last
    inputs of its convolution in 16 (all but the newest, as vLLM keeps them), and the states of other mixers.

    Parameters
    ----------
    model : the architecture

    Returns bytes.
    """
    state = model.mamba_heads * model.mamba_head_dim * model.mamba_state * 4.0
    inputs = model.mamba_channels * max(model.mamba_conv - 1, 0) * 2.0
    return model.mamba_layers * (state + inputs) + model.other_state_bytes


def expert_share(model: Model, tokens: ArrayLike) -> Array:
    """Expected share of a layer's routed experts that a batch of tokens touches, choices taken as even.

    Parameters
    ----------
    model : with its experts
    tokens : of the batch, any shape

    Returns the share, 0 to 1, of the shape of ``tokens``; 1 without experts.
    """
    if not model.experts:
        return np.asarray(1.0)
    miss = 1.0 - model.active_experts / model.experts
    return np.asarray(1.0 - miss ** np.asarray(tokens, float))


def weight_bytes(model: Model, bytes_per_param: float) -> float:
    """Bytes of all weights; embeddings and the output layer stay in 16 bits when the rest is smaller.

    Parameters
    ----------
    model : the architecture
    bytes_per_param : of a weight [B]

    Returns bytes.
    """
    wide = max(bytes_per_param, 2.0)
    outer = float(model.embedding_params + model.vision_params + model.looked_up_params)
    return outer * wide + (model.total_params - outer) * bytes_per_param


def weight_bytes_read(model: Model, tokens: ArrayLike, bytes_per_param: float) -> Array:
    """Bytes of weights that one step over ``tokens`` tokens reads: all but untouched experts and embedding rows.

    Parameters
    ----------
    model : with its layers and experts
    tokens : of the step, any shape
    bytes_per_param : of a weight in memory; the output head keeps 16 bits or more

    Returns bytes, of the shape of ``tokens``.
    """
    routed = float(model.moe_layers * model.experts * model.expert_params)
    head = float(model.hidden * model.vocab)
    rest = model.matmul_params_active - model.moe_layers * model.active_experts * model.expert_params - head
    touched = rest + routed * expert_share(model, tokens)
    return np.asarray(touched * bytes_per_param + head * max(bytes_per_param, 2.0))
