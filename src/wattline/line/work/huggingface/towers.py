"""Encoders of pictures and sound that stand before a language model: their parameters."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.closed import check_fields
from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.formula import evaluate
from wattline.line.work.huggingface.table import Row, towers

ENCODER_PARTS = ("vision_config", "audio_config")
HARMLESS = (
    *("num_attention_heads", "num_heads", "num_key_value_heads", "encoder_attention_heads", "window_size"),
    *(
        "fullatt_block_indexes",
        "layer_types",
        "use_cache",
        "image_size",
        "spatial_merge_size",
        "max_position_embeddings",
    ),
    *("attention_heads", "deepstack_visual_indexes", "vision_use_head", "spatial_patch_size", "tokens_per_second"),
)
TEXT = ("text_config", "llm_config", "language_config", "thinker_config")


class UnknownTower(WattlineError):
    """An encoder, or a way to join it, that the table does not hold."""


SIZES = ("hidden_size", "hidden_dim", "num_hidden_layers", "num_layers")
OLD_NAMES = {"vt_": "", "init_pos_emb": "pos_emb"}  # Kimi's own configs


@lru_cache(maxsize=1)
def _known() -> dict[str, dict[str, dict[str, Any]]]:
    """Encoders and joined models by every name that they bear."""
    return {
        group: {kind: table for name, table in rows.items() for kind in (name, *table.get("also", ()))}
        for group, rows in towers().items()
    }


def tower_layout(kind: str) -> dict[str, Any]:
    """How a model of this top ``model_type`` joins encoders to a language model; empty where it is not known."""
    return _known()["join"].get(kind, {})


def tower_params(cfg: Config, out: int) -> int:
    """Parameters of the encoders and of what joins them to a language model; 0 without any.

    Parameters
    ----------
    cfg : the whole config
    out : hidden size of the language model

    Returns the number of parameters. Raises WattlineError for an encoder, or a way to join it, that is not known.
    """
    kind, join = cfg.kind, tower_layout(cfg.kind)
    given = {p for p in ENCODER_PARTS if isinstance(cfg.raw(p), dict) and cfg.raw(p)}
    if not given and "params" not in join and not _other_parts(cfg):
        return 0
    parts: dict[str, str] = join.get("parts", {})
    strange = sorted(given - set(parts)) or ([] if join else _other_parts(cfg))
    names = ", ".join(strange)[:120]
    if strange:
        raise UnknownTower(
            f"{cfg.where}: {strange[0]}: how {shorten(kind, 60) or 'it'} sees or hears is not known; install "
            f"wattline[models] to count it with transformers, or remove {names} to price the language model alone"
        )
    own = join.get("whatever_named", False)  # a class that takes its own encoder, whatever type the part names
    total = sum(_encoder(cfg, part, parts[part], own) for part in sorted(given))
    for name, value in join.get("default", {}).items():
        if cfg.data.get(name) is None:
            cfg.data[name] = value
    known = {"out": out, "encoders": total}
    return total + evaluate(join.get("projector", join.get("params", 0)), cfg, known)


def _other_parts(cfg: Config) -> list[str]:
    """Parts with weights of their own under names that are not read (``encoder_config``, ``qformer_config``)."""
    parts = {n: v for n, v in cfg.data.items() if n.endswith("_config") and isinstance(v, dict)}
    return sorted(n for n, v in parts.items() if n not in (*TEXT, *ENCODER_PARTS) and _with_weights(v))


def _with_weights(part: dict[str, Any]) -> bool:
    """Whether a part, or one within it, gives a size of layers."""
    inner = (value for value in part.values() if isinstance(value, dict))
    return any(size in part for size in SIZES) or any(_with_weights(each) for each in inner)


def _encoder(cfg: Config, part: str, usual: str, own: bool) -> int:
    data: dict[str, Any] = {}
    for name, value in cfg.raw(part).items():
        new = name
        for old, now in OLD_NAMES.items():
            new = now + name.removeprefix(old) if name.startswith(old) else new
        data[new] = value
    kind = usual if own else str(data.get("model_type") or usual).lower()
    table = _known()["encoder"].get(kind)
    if table is None:
        raise UnknownTower(
            f"{cfg.where}: {part}: an encoder of type {kind[:40]!r} is not known; install wattline[models] to count it "
            f"with transformers, or remove {part} to price the language model alone"
        )
    encoder = Config(data, kind, f"{cfg.where}: {part}")
    cfg.data[part] = data  # what joins it reads the same names
    for name, value in (table.get("default", {}) | table.get("by_type", {}).get(kind, {})).items():
        if encoder.data.get(name) is None:
            encoder.data[name] = value
    params = evaluate(table["params"], encoder, {})
    check_fields(encoder, Row(name=kind, ignore=(*HARMLESS, *table.get("ignore", ()))))
    return params
