"""Encoders of pictures and sound as a model's own ``config.json`` gives them: its fields under the catalog's names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from wattline.line.work.diffusion.sizes import Config

Sense = tuple[str, str, tuple[tuple[str, float], ...]]
PICTURES, SOUND = "vision_config", "audio_config"
# a config's field -> the catalog's setting; the first that is there counts
NAMES = {
    "num_hidden_layers": ("depth", "num_hidden_layers", "vt_num_hidden_layers"),
    "hidden_size": ("embed_dim", "hidden_size", "vt_hidden_size"),
    "intermediate_size": ("intermediate_size", "vt_intermediate_size"),
    "num_attention_heads": ("num_heads", "num_attention_heads", "vt_num_attention_heads"),
    "patch_size": ("patch_size",),
    "image_size": ("image_size",),
    "merge": ("spatial_merge_size",),
    "frames": ("temporal_patch_size",),
    "positions": ("num_position_embeddings",),
}
SOUND_NAMES = {
    "d_model": ("d_model", "hidden_size"),
    "encoder_layers": ("encoder_layers", "num_hidden_layers"),
    "encoder_ffn_dim": ("encoder_ffn_dim", "intermediate_size"),
    "num_mel_bins": ("num_mel_bins",),
    "max_source_positions": ("max_source_positions",),
}


def senses_of(top: Mapping[str, Any]) -> tuple[Sense, ...]:
    """The encoders of a whole config: the part, the config's type, and the settings that it gives.

    Parameters
    ----------
    top : the contents of a ``config.json``

    Returns
    -------
    One entry an encoder, which can be a key of a table.
    """
    kind = str(top.get("model_type") or "").lower()
    made: list[Sense] = []
    for part, names in ((PICTURES, NAMES), (SOUND, SOUND_NAMES)):
        own = top.get(part)
        if isinstance(own, dict) and own:
            settings = _named(own, names) | (_derived(own, top) if part == PICTURES else {})
            made.append((part, kind, tuple(sorted(settings.items()))))
    return tuple(made)


def _named(own: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    values = {}
    for setting, fields in names.items():
        for field in fields:
            if (number := _number(own.get(field))) is not None:
                values[setting] = number
                break
    return values


def _derived(own: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, float]:
    """Settings that follow from several fields, or stand beside the encoder's own."""
    made: dict[str, float] = {}
    patch, width = _number(own.get("patch_size")), _number(own.get("embed_dim"))
    if (ratio := _number(own.get("mlp_ratio"))) is not None and width is not None:
        made["intermediate_size"] = ratio * width
    if isinstance(whole := own.get("fullatt_block_indexes"), list):
        made["full_layers"] = float(len(whole))
    if (window := _number(own.get("window_size"))) is not None and patch:
        made["window"] = (window // patch) ** 2
    if isinstance(deep := own.get("deepstack_visual_indexes"), list):
        made["mergers"] = 1.0 + len(deep)
    if (merge := _number(top.get("spatial_merge_size"))) is not None:
        made["merge"] = merge
    tokens, side = _number(top.get("mm_tokens_per_image")), _number(own.get("image_size"))
    if tokens and side and patch:
        made["merge"] = side / patch / math.sqrt(tokens)
    return made


def _number(value: Any) -> float | None:
    """A positive number, or the first of a list of equal sides; None for what is neither."""
    if isinstance(value, list) and value and all(each == value[0] for each in value):
        value = value[0]
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9
    return float(value) if good else None


def merged_settings(usual: Config, sense: Sense) -> Config:
    """The settings of a family's encoder with those that a config gives in their place.

    Parameters
    ----------
    usual : of the family, from the catalog
    sense : as ``senses_of`` gives it

    Returns
    -------
    The settings; what the family does not have is left out.
    """
    own = {name: value for name, value in sense[2] if name in usual}
    return {**usual, **own}
