"""A Hugging Face ``config.json`` of any usual family, read as a ``Model``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.layers import MAX_LAYERS, T5, attention_fields, layer_counts, moe_fields
from wattline.line.work.huggingface.weights import native_format, vision_params
from wattline.line.work.model import Model

MAX_BYTES = 1_000_000
TEXT_PARTS = ("text_config", "llm_config", "language_config", "thinker_config")
FALCON = ("falcon", "refinedweb", "refinedwebmodel")
LEARNED_POSITIONS = ("gpt2", "gpt_bigcode", "gpt_neo", "opt")
TIED_BY_DEFAULT = (
    *(*LEARNED_POSITIONS, *FALCON, *T5, "bloom", "mpt", "cohere", "cohere2"),
    *("gemma", "gemma2", "gemma3", "gemma3_text"),
)
WIDTH_FOUR = ("gpt2", "gpt_bigcode", "gpt_neo", "gptj", "bloom", "mpt", *FALCON)  # MLP of 4 x hidden
UNGATED = (
    *(*WIDTH_FOUR, "gpt_neox", "codegen", "opt", "phi", "nemotron", "nemotron_h", "apertus", "starcoder2"),
    *("arcee", "bert", "roberta", "xlm-roberta"),
)
HEAD_DIM = ("head_dim", "d_kv", "kv_channels", "attention_head_dim")
KV_HEADS = (
    *("num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num"),
    "attn_config.kv_n_heads",
)
WIDTH = (
    *("intermediate_size", "ffn_hidden_size", "ffn_dim", "n_inner", "d_ff"),
    "ffn_config.ffn_hidden_size",
)
DEFAULTS: dict[str, dict[str, Any]] = {  # what transformers fills in where these families leave it out
    "gemma3_text": {
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "vocab_size": 262_208,
        "max_position_embeddings": 131_072,
        "sliding_window_pattern": 6,
    },
    "gemma2": {"sliding_window_pattern": 2},
    "gpt_oss": {"sliding_window_pattern": 2},
    "olmo3": {"sliding_window_pattern": 4},
}
UNREADABLE = {  # a field that marks an architecture whose counts would be wrong
    "mamba_d_state": "its Mamba layers are described in a way that is not read yet",
    "ssm_cfg": "a pure Mamba model",
    "linear_attn_config": "its linear attention is described in a way that is not read yet",
    "block_configs": "its layers differ in width",
    "num_experts_per_layer": "its layers differ in experts",
}


def model_from_config(path: str | Path) -> Model:
    """The model that a Hugging Face ``config.json`` describes; a one-line WattlineError if it is bad."""
    path = Path(path)
    top = read_json(path)
    return model_from_dict(top, str(path), path.parent.name or path.stem)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a small JSON file."""
    shown, mend = shorten(str(path), 200), "give the path of a model's config.json"
    try:
        if path.is_dir():
            raise WattlineError(f"{shown}: is a directory; give the config.json in it")
        with path.open("rb") as file:  # a device or a pipe has no size to ask for
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise WattlineError(f"{shown}: larger than 1 MB, so not a config.json; {mend}")
        data = json.loads(text.decode("utf-8-sig"))
    except FileNotFoundError:
        raise WattlineError(f"{shown}: no such file; {mend}") from None
    except OSError as error:
        reason = shorten(error.strerror or type(error).__name__)
        raise WattlineError(f"{shown}: cannot be read ({reason}); {mend}") from None
    except (ValueError, RecursionError) as error:
        reason = shorten(str(error) if isinstance(error, ValueError) else "nested too deeply")
        raise WattlineError(f"{shown}: not JSON ({reason}); {mend}") from None
    if not isinstance(data, dict):
        raise WattlineError(f"{shown}: holds a {type(data).__name__}, not an object; {mend}")
    return data


def model_from_dict(top: dict[str, Any], where: str, name: str) -> Model:
    """The model that the contents of a ``config.json`` describe; ``where`` stands in errors."""
    cfg = _text_config(top, where)
    for mark, reason in UNREADABLE.items():
        if cfg.raw(mark) is not None:
            raise WattlineError(
                f"{cfg.where}: {mark}: {reason}; use a catalog model of like size (`wattline facts model.`)"
            )
    sizes = _sizes(cfg)
    fields: dict[str, Any] = {
        **sizes,
        **attention_fields(cfg, sizes["heads"], sizes["kv_heads"]),
        **moe_fields(cfg, sizes["layers"], sizes["intermediate"]),
        **layer_counts(cfg, sizes["layers"], sizes["heads"], sizes["head_dim"]),
    }
    if fields.get("mamba_layers"):
        fields["attention"] = "hybrid"
    if cfg.kind == "llama4_text":  # its intermediate_size is the experts'
        fields["intermediate"] = cfg.number("intermediate_size_mlp", default=sizes["intermediate"])
    context = cfg.number("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", default=0)
    label = cfg.raw("_name_or_path") or cfg.raw("name_or_path") or name
    return Model(
        key=str(name),
        name=shorten(str(label)),
        family=shorten(cfg.kind) or "unknown",
        **fields,
        gated_mlp=_gated(cfg),
        tied_embeddings=cfg.flag("tie_word_embeddings", cfg.kind in TIED_BY_DEFAULT),
        learned_positions=context if cfg.kind in LEARNED_POSITIONS else 0,
        vision_params=vision_params(cfg, sizes["hidden"]),
        context_tokens=context,
        native_format=native_format(cfg),
    )


def _text_config(top: dict[str, Any], where: str) -> Config:
    """The part that describes the language model, wherever it is nested."""
    part = top
    for _ in range(3):
        nested = next((part[p] for p in TEXT_PARTS if isinstance(part.get(p), dict)), None)
        if nested is None:
            break
        part = {**part, **nested, **{p: None for p in TEXT_PARTS if p not in nested}}
    kind = str(part.get("model_type") or top.get("model_type") or "").lower()
    if kind in ("llama4", "gemma3") and part is not top:
        kind += "_text"
    return Config({**DEFAULTS.get(kind, {}), **part}, kind, shorten(where, 200))


def _sizes(cfg: Config) -> dict[str, int]:
    layers = cfg.number("num_hidden_layers", "n_layer", "n_layers", "num_layers", most=MAX_LAYERS)
    hidden = cfg.number("hidden_size", "n_embd", "d_model", "dim")
    heads = cfg.number("num_attention_heads", "n_head", "n_heads", "num_heads")
    named = next((n for n in HEAD_DIM if cfg.raw(n) is not None), "")
    head_dim = cfg.number(named, most=10_000) if named else 0
    if not head_dim and hidden % heads and cfg.raw("kv_lora_rank") is None:
        raise WattlineError(
            f"{cfg.where}: hidden_size {hidden} is not a multiple of num_attention_heads {heads}; "
            "correct one of them or give head_dim"
        )
    kv_heads = _kv_heads(cfg, heads)
    if heads % kv_heads:
        raise WattlineError(
            f"{cfg.where}: num_attention_heads {heads} is not a multiple of num_key_value_heads {kv_heads}; "
            "correct one of them"
        )
    return {
        "layers": layers,
        "hidden": hidden,
        "heads": heads,
        "kv_heads": kv_heads,
        "head_dim": head_dim or hidden // heads,
        "intermediate": _intermediate(cfg, hidden),
        "vocab": cfg.number("vocab_size", "padded_vocab_size", most=100_000_000),
    }


def _kv_heads(cfg: Config, heads: int) -> int:
    if cfg.kind in FALCON:
        if cfg.flag("new_decoder_architecture", cfg.kind == "refinedweb"):
            return cfg.number("num_kv_heads", "n_head_kv", default=heads)
        return 1 if cfg.flag("multi_query", True) else heads
    if cfg.kind == "gpt_bigcode" and cfg.flag("multi_query", True):
        return 1
    return cfg.number(*KV_HEADS, default=heads)


def _intermediate(cfg: Config, hidden: int) -> int:
    if cfg.raw("expansion_ratio") is not None:
        return hidden * cfg.number("expansion_ratio", most=1000)
    if cfg.kind in WIDTH_FOUR:
        return cfg.number(*WIDTH, default=4 * hidden)
    return cfg.number(*WIDTH, "moe_intermediate_size")


def _gated(cfg: Config) -> bool:
    if cfg.kind in T5:
        return "gated" in str(cfg.raw("feed_forward_proj"))
    return cfg.kind not in UNGATED
