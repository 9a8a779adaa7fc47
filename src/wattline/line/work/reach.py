"""How far attention reaches: what a token looks back on, and what is kept of those before it, summed over layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array
from wattline.line.work.model import Model


def attention_groups(model: Model) -> list[Model]:
    """The model itself; or, where layers with a window have other heads than global ones, one model of each kind."""
    if not model.sliding_head_dim:
        return [model]
    sliding = model.attention_layers - model.global_layers
    without = model.cacheless_global_layers
    whole = replace(model, attention_layers=model.global_layers, cacheless_layers=without, sliding_head_dim=0)
    near = replace(
        model,
        attention_layers=sliding,
        global_layers=0,
        sparse_layers=0,
        cacheless_layers=model.cacheless_layers - without,
        cacheless_global_layers=0,
        heads=model.sliding_heads,
        kv_heads=model.sliding_kv_heads,
        head_dim=model.sliding_head_dim,
        value_dim=model.sliding_value_dim,
        sliding_head_dim=0,
    )
    return [whole, near]


def whole_stack(model: Model) -> Model:
    """An encoder-decoder as the one stack that a token of training passes on average; any other model as it is."""
    return replace(model, encoder_layers=0, cross_layers=0) if model.encoder_layers else model


def attended_token_layers(model: Model, context_tokens: ArrayLike) -> Array:
    """Tokens that one new token looks back on, summed over attention layers; sliding layers see their window, sparse
    ones what their indexer picks, and a decoder with an encoder looks at either part of the context once.

    Parameters
    ----------
    model : the architecture
    context_tokens : numeric, tokens before the new one [token]

    Returns tokens × layers.
    """
    context = np.asarray(context_tokens, float)
    if model.encoder_layers:
        return np.asarray((model.attention_layers - model.encoder_layers - model.cross_layers) * context)
    sparse = model.sparse_layers
    others = _seen(model.attention_layers - sparse, model.global_layers - sparse, model.sliding_window, context)
    picked = sparse * np.minimum(context, model.sparse_tokens)
    return np.asarray(others + picked + _entries(model, context, model.sparse_tokens))


def cached_token_layers(model: Model, context_tokens: ArrayLike) -> Array:
    """Tokens whose keys and values are kept, summed over attention layers.

    Parameters
    ----------
    model : the architecture
    context_tokens : numeric, tokens before the new one [token]

    Returns tokens × layers.
    """
    context = np.asarray(context_tokens, float)
    if model.encoder_layers:
        return attended_token_layers(model, context)
    layers, whole = model.attention_layers - model.cacheless_layers, model.global_layers - model.cacheless_global_layers
    return _seen(layers, whole, model.sliding_window, context) + _entries(model, context, None)


def _entries(model: Model, context: Array, most: int | None) -> Array:
    """Entries of several tokens beyond the window, summed over layers; of those that are picked at most so many."""
    picked = context / max(model.picked_ratio, 1)
    picked = picked if most is None else np.minimum(picked, most)
    return np.asarray(model.picked_layers * picked + model.pooled_layers * context / max(model.pooled_ratio, 1))


def _seen(layers: int, whole: int, window: int, context: Array) -> Array:
    if not window:
        return np.asarray(layers * context)
    return np.asarray(whole * context + (layers - whole) * np.minimum(context, window))


def mean_attended_token_layers(model: Model, sequence_tokens: ArrayLike) -> Array:
    """The same, averaged over the positions of a causal sequence (each token sees those before it).

    Parameters
    ----------
    model : the architecture
    sequence_tokens : numeric, tokens of the sequence [token]

    Returns tokens × layers.
    """
    length = np.asarray(sequence_tokens, float)
    sparse, window = model.sparse_layers, model.sliding_window
    whole = (model.global_layers if window else model.attention_layers) - sparse
    near = (model.attention_layers - model.global_layers) * _mean_of_last(length, window) if window else 0.0
    picked = model.picked_layers * _mean_of_last(length / max(model.picked_ratio, 1), model.sparse_tokens)
    pooled = model.pooled_layers * length / (2 * max(model.pooled_ratio, 1))
    return np.asarray(whole * length / 2 + sparse * _mean_of_last(length, model.sparse_tokens) + near + picked + pooled)


def _mean_of_last(length: Array, limit: int) -> Array:
    """Mean over positions p = 0..L of min(p, w), which is w - w²/2L."""
    window = np.minimum(limit, length)
    return np.asarray(window - window**2 / (2 * np.where(length > 0, length, 1.0)))
