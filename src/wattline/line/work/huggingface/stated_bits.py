"""Bits of a stored weight as the fields of a quantisation state them, whatever its method calls them."""

from __future__ import annotations

from typing import Any

HALF = 4.0
BIT_FIELDS = ("bits", "w_bit", "nbits", "num_bits", "weight_bits", "wbits", "weight_num_bits", "q_bits")


def number_in(quant: dict[str, Any], *names: str) -> float:
    """The first number of bits under these names, from just above 0 to 32; 0 where there is none."""
    for name in names:
        value = quant.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 32:
            return float(value)
    return 0.0


def stated_bits(quant: dict[str, Any]) -> tuple[float, bool]:
    """Bits of a weight, and whether they are a floating-point number."""
    if quant.get("load_in_4bit") or quant.get("_load_in_4bit"):
        return 4.0, False
    if quant.get("load_in_8bit") or quant.get("_load_in_8bit"):
        return 8.0, False
    for weights in _inner(quant):
        bits = number_in(weights, *BIT_FIELDS)
        if bits == HALF and weights is quant and isinstance(quant.get("ratio"), float):
            bits += HALF * (1 - min(max(quant["ratio"], 0.0), 1.0))  # OpenVINO: the share of layers in 4 bits, not in 8
        if bits:
            return bits, str(weights.get("type", "")) == "float" or quant.get("quant_method") == "deepspeedfp"
    method = quant.get("quant_method")
    if method == "aqlm":  # codebooks of nbits_per_codebook for groups of in_group_size weights
        groups, books = number_in(quant, "in_group_size") or 8.0, number_in(quant, "num_codebooks") or 1.0
        return round(books * (number_in(quant, "nbits_per_codebook") or 16.0) / groups), False
    if method == "vptq":
        return 3.0 if not quant.get("config_for_layers") else _vptq(quant), False
    return 0.0, False


def _vptq(quant: dict[str, Any]) -> float:
    """VPTQ: an index into so many centroids for each vector, and one into the residual's."""
    layer = next(iter(quant["config_for_layers"].values()), None)
    if not isinstance(layer, dict):
        return 3.0
    vector = max((v for v in layer.get("vector_lens", [8]) if isinstance(v, int) and v > 0), default=8)
    counts = [*layer.get("num_centroids", []), *layer.get("num_res_centroids", [])]
    bits = sum(v.bit_length() - 1 for v in counts if isinstance(v, int) and v > 1) / vector
    return float(max(round(bits), 2))


def _inner(quant: dict[str, Any]) -> list[dict[str, Any]]:
    """Objects that may hold the bits: groups (compressed-tensors), a weight's config (HQQ), the whole."""
    out = []
    groups = quant.get("config_groups")
    for group in groups.values() if isinstance(groups, dict) else ():
        if isinstance(group, dict) and isinstance(group.get("weights"), dict):
            out.append(group["weights"])
    nested = quant.get("quant_config")
    if isinstance(nested, dict):
        out += [v for v in nested.values() if isinstance(v, dict)] + [nested]
        out += [
            v["weight_quant_params"]
            for v in nested.values()
            if isinstance(v, dict) and isinstance(v.get("weight_quant_params"), dict)
        ]
    if isinstance(quant.get("weight_quant_params"), dict):
        out.append(quant["weight_quant_params"])
    return [*out, quant]
