"""Bytes of stored weights: of one format throughout, or by group of layers where a checkpoint mixes them."""

from __future__ import annotations

from wattline.line.work.flops import BYTES, weight_bytes
from wattline.line.work.model import Model

EXPERTS, DENSE, OUTER = "experts", "dense", "embeddings"  # groups: routed experts, other layers, tables and head


def group_bytes(model: Model, precision: str) -> tuple[float, float]:
    """Bytes of a weight of routed experts, and of the other layers, of a model served in ``precision``.

    A checkpoint that states its bits by group, served as it is, keeps them; MXFP4 as published (gpt-oss) covers
    experts alone.
    """
    if model.weight_bits and precision == model.native_format:
        bits = dict(model.weight_bits)
        return bits[EXPERTS] / 8, bits[DENSE] / 8
    return BYTES[precision], BYTES["bf16"] if precision == "mxfp4" else BYTES[precision]


def stored_bytes(model: Model, precision: str) -> float:
    """Bytes of all weights of a model served in ``precision``."""
    if not (model.weight_bits and precision == model.native_format):
        return weight_bytes(model, BYTES[precision])
    bits = dict(model.weight_bits)
    outer, experts = model.embedding_params + model.vision_params, model.expert_params_total
    dense = model.total_params - outer - experts
    return (outer * bits[OUTER] + experts * bits[EXPERTS] + dense * bits[DENSE]) / 8
