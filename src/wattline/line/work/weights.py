"""Bytes of stored weights: of one format throughout, or by group of layers where a checkpoint mixes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array
from wattline.line.work.flops import BYTES, kv_bytes
from wattline.line.work.model import Model

EXPERTS, DENSE, OUTER = "experts", "dense", "embeddings"  # groups: routed experts, other layers, tables and head


def group_bytes(model: Model, precision: str) -> tuple[float, float]:
    """Bytes of a weight of routed experts, and of the other layers, of a model served in ``precision``.

    A checkpoint that states its bits by group, served as it is, keeps them; MXFP4 as published (gpt-oss) covers
    experts alone.

    Parameters
    ----------
    model : the model, as it was read
    precision : number format, a key of ``BYTES``

    Returns bytes a weight of experts, and of the others.
    """
    if model.weight_bits and precision == model.native_format:
        bits = dict(model.weight_bits)
        return bits[EXPERTS] / 8, bits[DENSE] / 8
    return BYTES[precision], BYTES["bf16"] if precision == "mxfp4" else BYTES[precision]


def replica_bytes(model: Model, precision: str, ranks: int) -> float:
    """Bytes of the weights that a replica holds: routed experts once, all others in each of its groups of chips.

    Parameters
    ----------
    model : the architecture
    precision : number format, a key of ``BYTES``
    ranks : groups of chips that split the requests' attention

    Returns
    -------
    Bytes.
    """
    once = stored_bytes(model, precision)
    if ranks == 1:
        return once
    experts = model.expert_params_total * group_bytes(model, precision)[0]
    return experts + ranks * (once - experts)


def stored_bytes(model: Model, precision: str) -> float:
    """Bytes of all weights of a model served in ``precision``.

    Parameters
    ----------
    model : the model, as it was read
    precision : number format, a key of ``BYTES``

    Returns bytes.
    """
    outer, experts = model.embedding_params + model.vision_params + model.looked_up_params, model.expert_params_total
    dense = model.total_params - outer - experts
    of_expert, of_dense = group_bytes(model, precision)
    own = dict(model.weight_bits) if precision == model.native_format else {}
    of_outer = own[OUTER] / 8 if own else max(BYTES[precision], BYTES["bf16"])
    return outer * of_outer + experts * of_expert + dense * of_dense


def memory_needed_bytes(
    model: Model,
    batch: ArrayLike,
    context_tokens: ArrayLike,
    precision: str,
    ranks: int = 1,
    cache_bytes: float = BYTES["bf16"],
) -> Array:
    """Bytes that a replica holds: weights, and the cache of ``batch`` sequences at this length.

    Parameters
    ----------
    model : the model, as it was read
    batch, context_tokens : sequences together, and tokens that each has behind it
    precision : number format, a key of ``BYTES``
    ranks : groups of chips that split the requests' attention
    cache_bytes : of a value that is kept of a token

    Returns
    -------
    Bytes, of the shape that ``batch`` and ``context_tokens`` broadcast to.
    """
    weights = replica_bytes(model, precision, ranks)
    return np.asarray(weights + kv_bytes(model, context_tokens, cache_bytes) * np.asarray(batch, float))
