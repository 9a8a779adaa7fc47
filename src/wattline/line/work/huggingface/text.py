"""The counts of a language model from its part of a ``config.json``."""

from __future__ import annotations

from typing import Any

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.experts import expert_fields, mlp_layers, width_of
from wattline.line.work.huggingface.families import OWN
from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.formula import evaluate
from wattline.line.work.huggingface.layers import (
    ATTENTION,
    BOTH,
    CHUNKED,
    FULL,
    PICKED,
    POOLED,
    SLIDING,
    SPARSE,
    context_of,
    layer_kinds,
    window_of,
)
from wattline.line.work.huggingface.mixers import (
    attention_fields,
    head_fields,
    other_mixers,
    sliding_heads,
    sparse_fields,
)
from wattline.line.work.huggingface.table import Row

HIDDEN = ("hidden_size", "n_embd", "n_embed", "d_model", "dim", "embedding_dim")
VOCAB = ("vocab_size", "padded_vocab_size")
SHOWN = {
    FULL: "full attention",
    SLIDING: "sliding attention",
    CHUNKED: "chunked attention",
    SPARSE: "sparse attention",
    PICKED: "compressed sparse attention",
    POOLED: "heavily compressed attention",
    BOTH: "attention beside Mamba",
    "linear_attention": "linear attention",
    "mamba": "Mamba",
    "conv": "convolution",
    "recurrent": "recurrence",
    "mlp": "MLP",
    "moe": "experts",
}


def text_fields(cfg: Config, row: Row) -> dict[str, Any]:
    """All counts of ``Model`` that the text part gives.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    if cfg.kind in OWN and OWN[cfg.kind].whole:
        return OWN[cfg.kind].read(cfg, row, [], {})
    known: dict[str, int] = {"hidden": cfg.number(*HIDDEN)}
    kinds = layer_kinds(cfg, row)
    known["layers"] = len(kinds)
    attention = sum(kind in ATTENTION for kind in kinds)
    known |= _heads(cfg, row, known, attention)
    if "expert_intermediate" in row.set:
        known["expert_intermediate"] = _above_zero(evaluate(row.set["expert_intermediate"], cfg, known), cfg, "experts")
    known["intermediate"] = _width(cfg, row, known)
    known |= {"vocab": cfg.number(*VOCAB), "context": context_of(cfg), "attention_layers": attention}
    fields: dict[str, Any] = {
        **{n: known[n] for n in ("layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "vocab")},
        **(attention_fields(cfg, row, known) if attention else {"attention": "none"}),
        **expert_fields(cfg, row, kinds, known),
        "attention_layers": attention,
        "mlp_layers": 0 if _without_mlp(cfg) else mlp_layers(kinds, bool(row.residual)),
        "gated_mlp": not row.plain_mlp,
        "context_tokens": known["context"],
        "layer_kinds": tuple((SHOWN.get(k, k), kinds.count(k)) for k in dict.fromkeys(kinds)),
    }
    if row.residual:
        fields["intermediate"] = evaluate(row.residual, cfg, known)
    sparse = sparse_fields(cfg, kinds, known)
    if sparse:
        fields["layer_kinds"] = tuple((SHOWN[SPARSE] if k == SHOWN[FULL] else k, n) for k, n in fields["layer_kinds"])
    _add(fields, sparse)
    _add(fields, other_mixers(cfg, row, kinds, known))
    fields |= _reach(cfg, kinds, known, fields)
    if fields.get("mamba_layers"):
        fields["attention"] = "hybrid"
    known |= {"moe_layers": fields.get("moe_layers", 0), "experts": fields.get("experts", 0)}
    _add(fields, _formulas(cfg, row, known))
    if cfg.kind in OWN:
        fields |= OWN[cfg.kind].read(cfg, row, kinds, fields)
    return fields


def _above_zero(number: int, cfg: Config, what: str) -> int:
    if number < 1:
        raise WattlineError(f"{cfg.where}: the width of its {what} is {number}; must be above 0; correct it")
    return number


def kinds_of(cfg: Config, row: Row) -> list[str]:
    """The mixer of every layer, first to last; empty for a family that is read in a way of its own.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type

    Returns a kind for each layer. Raises WattlineError where layers are not counted.
    """
    return [] if cfg.kind in OWN and OWN[cfg.kind].whole else layer_kinds(cfg, row)


def _heads(cfg: Config, row: Row, known: dict[str, int], attention: int) -> dict[str, int]:
    if attention or row.set.get("heads") or cfg.raw("num_attention_heads") is not None:
        return head_fields(cfg, row, known)
    return {"heads": 1, "kv_heads": 1, "head_dim": known["hidden"]}


def _without_mlp(cfg: Config) -> bool:
    return cfg.kind in ("mamba", "falcon_mamba", "mamba2")


def _width(cfg: Config, row: Row, known: dict[str, int]) -> int:
    if _without_mlp(cfg):
        cfg.raw("intermediate_size")
        return known["hidden"]
    return width_of(cfg, row, known)


def _add(fields: dict[str, Any], more: dict[str, int]) -> None:
    """More counts: those of other weights add to what is there."""
    for name, number in more.items():
        fields[name] = number + fields.get(name, 0) if name.startswith("other_") else number


def _reach(cfg: Config, kinds: list[str], known: dict[str, int], fields: dict[str, Any]) -> dict[str, Any]:
    """The window, and how many attention layers see the whole context."""
    near = sum(kind in (SLIDING, CHUNKED) for kind in kinds)
    own = sliding_heads(cfg, known, fields.get("value_dim", 0)) if not fields.get("kv_lora_rank") else {}
    if not near:
        return {}
    chunked = {"chunked_attention": True} if CHUNKED in kinds else {}
    whole = known["attention_layers"] - near
    return {"sliding_window": window_of(cfg), "global_layers": whole} | chunked | (own if whole else _as_main(own))


def _as_main(own: dict[str, int]) -> dict[str, int]:
    return {name.removeprefix("sliding_"): number for name, number in own.items()}


def _formulas(cfg: Config, row: Row, known: dict[str, int]) -> dict[str, int]:
    """The row's own weights."""
    texts = {"other_matmul_params": row.matmul, "other_stored_params": row.stored, "learned_positions": row.positions}
    return {name: evaluate(text, cfg, known) for name, text in texts.items() if text}
