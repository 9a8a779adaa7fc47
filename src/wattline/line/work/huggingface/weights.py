"""What a ``config.json`` says of a model's weights: their stored format, and the size of a vision tower."""

from __future__ import annotations

from typing import Any

from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.layers import MAX_LAYERS


def native_format(cfg: Config) -> str:
    """The format of the stored weights; 16 and 32 bit both serve as bf16."""
    dtype = str(cfg.raw("torch_dtype") or cfg.raw("dtype") or "")
    quant = cfg.raw("quantization_config")
    if not isinstance(quant, dict):
        return "fp8" if "float8" in dtype else "bf16"
    words = " ".join(str(quant.get(k, "")) for k in ("quant_method", "quant_algo", "format", "fmt")).lower()
    for mark, name in (("nvfp4", "nvfp4"), ("mxfp4", "mxfp4"), ("fp8", "fp8"), ("e4m3", "fp8")):
        if mark in words:
            return name
    bits, floating = _bits(quant)
    if bits == 4:
        return "nvfp4" if floating else "int4"
    return ("fp8" if floating else "int8") if bits == 8 else "bf16"


def _bits(quant: dict[str, Any]) -> tuple[int, bool]:
    """Bits of a weight, and whether they are a floating-point number."""
    if quant.get("load_in_4bit") or quant.get("load_in_8bit"):
        return (4 if quant.get("load_in_4bit") else 8), False
    groups = quant.get("config_groups")
    group = next(iter(groups.values()), None) if isinstance(groups, dict) else None
    weights = group.get("weights") if isinstance(group, dict) else None
    if not isinstance(weights, dict):
        weights = {"num_bits": quant.get("bits", quant.get("w_bit"))}
    bits = weights.get("num_bits")
    return (bits if isinstance(bits, int) else 0), str(weights.get("type", "")) == "float"


def vision_params(cfg: Config, out: int) -> int:
    """Parameters of vision tower and projector, estimated from ``vision_config``; 0 if it cannot be."""
    part = cfg.raw("vision_config")
    if not isinstance(part, dict):
        return 0

    def get(*names: str) -> int:
        values = (part.get(n) for n in names)
        return next((v for v in values if isinstance(v, int) and not isinstance(v, bool) and 0 < v < 10**6), 0)

    layers = get("depth", "num_hidden_layers", "vt_num_hidden_layers", "layers")
    hidden = get("embed_dim", "hidden_size", "vt_hidden_size", "width")
    if not layers or not hidden or layers > MAX_LAYERS:
        return 0
    wide = get("intermediate_size", "vt_intermediate_size") or (get("mlp_ratio") or 4) * hidden
    gated = "2_5" in str(part.get("model_type", "")) or cfg.kind.startswith("qwen2_5_vl")
    blocks = layers * (4 * hidden**2 + (3 if gated else 2) * hidden * wide)
    pixels = (get("patch_size") or 14) ** 2 * (get("temporal_patch_size") or 1)
    patches = hidden * pixels * (get("in_channels", "num_channels") or 3)
    merged = hidden * (get("spatial_merge_size") or 1) ** 2
    deep = part.get("deepstack_visual_indexes")
    mergers = 1 + (len(deep) if isinstance(deep, list) else 0)
    hidden_layer = merged**2 if merged > hidden else 0  # a merger has one; a plain projector has none
    return blocks + patches + mergers * (hidden_layer + merged * (get("out_hidden_size") or out))
