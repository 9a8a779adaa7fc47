"""What was read of a model, for an answer: sizes, layers by kind, cache of a token, formats of weights."""

from __future__ import annotations

from typing import Any

from wattline.line.work.flops import BYTES, kv_bytes
from wattline.line.work.model import Model
from wattline.line.work.weights import OUTER, group_bytes

FAR = 1e9  # a context beyond every window


def model_reading(model: Model, precision: str | None = None) -> dict[str, Any]:
    """What a model's config or record says of it.

    ``precision``: the format that it is served in; its own where it is None. Cache is in bytes at 16 bits a value: of
    a token among the first, which every layer keeps, and of one beyond every window.

    Parameters
    ----------
    model : the model, as it was read
    precision : the format that it is served in; its own where it is None

    Returns plain data.
    """
    out: dict[str, Any] = {
        "name": model.name,
        "family": model.family,
        "total_params": model.total_params,
        "active_params": model.active_params,
        "architecture_known": model.architecture_known,
    }
    if not model.architecture_known:
        return out
    near, far = (float(kv_bytes(model, at + 1.0) - kv_bytes(model, at)) for at in (0.0, FAR))
    return out | {
        "layers": layers_by_kind(model),
        "cache_bytes_per_token": near,
        "far_cache_bytes_per_token": far,
        "weights": weights_by_group(model, precision or model.native_format),
    }


def layers_by_kind(model: Model) -> dict[str, int]:
    """Layers by the kind of their mixer; from a record of the catalog, as its counts tell them apart."""
    if model.layer_kinds:
        return dict(model.layer_kinds)
    compressed = model.picked_layers + model.pooled_layers
    near = model.attention_layers - model.global_layers - compressed
    counts = {
        "full attention": model.global_layers - model.sparse_layers,
        "sparse attention": model.sparse_layers,
        "compressed sparse attention": model.picked_layers,
        "heavily compressed attention": model.pooled_layers,
        "chunked attention" if model.chunked_attention else "sliding attention": near,
        "linear attention or Mamba": model.mamba_layers,
        "other mixers": model.other_layers,
    }
    return {kind: count for kind, count in counts.items() if count}


def weights_by_group(model: Model, precision: str) -> dict[str, Any]:
    """The format's name, and bits of a weight by group of layers.

    Parameters
    ----------
    model : with the bits of its layers, where it is quantized
    precision : number format that it is served in

    Returns names and numbers, as plain data.
    """
    experts, dense = group_bytes(model, precision)
    outer = dict(model.weight_bits).get(OUTER, 16.0) if precision == model.native_format else 16.0
    wide = max(outer, 8 * BYTES[precision])
    out: dict[str, Any] = {"format": precision, "layer_bits": 8 * dense, "embedding_bits": wide}
    return out | ({"expert_bits": 8 * experts} if model.experts else {})
