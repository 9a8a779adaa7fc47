"""What a config says of attention's heads, and of mixers that are no attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.fields import MEND, Config
from wattline.line.work.huggingface.formula import evaluate
from wattline.line.work.huggingface.layers import ATTENTION, FULL, PICKED, POOLED, SPARSE
from wattline.line.work.huggingface.table import Row

HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads", "attention_heads")
HEAD_DIM = ("head_dim", "d_kv", "kv_channels", "attention_head_dim", "dim_head")
KV_HEADS = (
    *("num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num", "num_attention_groups"),
    "attn_config.kv_n_heads",
)
FALCON = ("falcon", "refinedweb", "refinedwebmodel")


def head_fields(cfg: Config, row: Row, known: dict[str, int]) -> dict[str, int]:
    """Query heads, heads of keys and values, and their width.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    known : counts that were read already, by name

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    hidden, latent = known["hidden"], cfg.raw("kv_lora_rank") is not None
    heads = evaluate(row.set["heads"], cfg, known) if "heads" in row.set else cfg.number(*HEADS)
    width = (
        evaluate(row.set["head_dim"], cfg, known) if "head_dim" in row.set else _head_dim(cfg, heads, hidden, latent)
    )
    kv_heads = evaluate(row.set["kv_heads"], cfg, known) if "kv_heads" in row.set else _kv_heads(cfg, heads)
    if heads % kv_heads:
        raise WattlineError(
            f"{cfg.where}: num_attention_heads {heads} is not a multiple of num_key_value_heads {kv_heads}; "
            "correct one of them"
        )
    return {"heads": heads, "kv_heads": kv_heads, "head_dim": width}


def _head_dim(cfg: Config, heads: int, hidden: int, latent: bool) -> int:
    """Width of a head; of MLA, whose parts are given apart, any."""
    names = [n for n in HEAD_DIM if cfg.raw(n) is not None]
    head_dim = 0 if latent or not names else cfg.number(*names, most=10_000)
    if not head_dim and hidden % heads and not latent and cfg.kind not in ROUNDED_HEADS:
        raise WattlineError(
            f"{cfg.where}: hidden_size {hidden} is not a multiple of num_attention_heads {heads}; "
            "correct one of them or give head_dim"
        )
    return head_dim or hidden // heads


ROUNDED_HEADS = ("glm4_moe", "glm4v_moe_text", "qwen3_omni_moe_text")  # hidden // heads, whatever remains


def _kv_heads(cfg: Config, heads: int) -> int:
    if cfg.kind in FALCON:
        if cfg.flag("new_decoder_architecture", cfg.kind == "refinedweb"):
            return cfg.number("num_kv_heads", "n_head_kv", default=heads)
        cfg.raw("num_kv_heads")
        return 1 if cfg.flag("multi_query", "multi_query" not in cfg.data) else heads  # null is no
    if cfg.kind == "gpt_bigcode":
        return 1 if cfg.flag("multi_query", "multi_query" not in cfg.data) else heads
    return cfg.number(*KV_HEADS, default=heads)


def attention_fields(cfg: Config, row: Row, known: dict[str, int]) -> dict[str, Any]:
    """The kind of attention and, for multi-head latent attention, its ranks.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    known : counts that were read already, by name

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    if cfg.number("kv_lora_rank", default=0):
        nope, rope = cfg.number("qk_nope_head_dim"), cfg.number("qk_rope_head_dim")
        if cfg.raw("q_lora_rank") == 0:
            raise WattlineError(f"{cfg.where}: q_lora_rank is 0; null says that queries pass no latent; correct it")
        if cfg.number("qk_head_dim", default=nope + rope) != nope + rope:
            raise WattlineError(f"{cfg.where}: qk_head_dim is not qk_nope_head_dim + qk_rope_head_dim; correct it")
        return {
            "attention": "mla",
            "q_lora_rank": cfg.number("q_lora_rank", default=0),
            "kv_lora_rank": cfg.number("kv_lora_rank"),
            "qk_nope_head_dim": nope,
            "qk_rope_head_dim": rope,
            "v_head_dim": cfg.number("v_head_dim"),
            "head_dim": nope + rope,
        }
    heads, kv_heads = known["heads"], known["kv_heads"]
    kind = "mha" if heads == kv_heads else "mqa" if kv_heads == 1 else "gqa"
    out = {"attention": kind, "attention_gate": cfg.flag("attn_output_gate", row.gate == "query")}
    value = cfg.number("v_head_dim", default=0)
    return out | ({"value_dim": value} if value and value != known["head_dim"] else {})


def sliding_heads(cfg: Config, known: dict[str, int], value: int) -> dict[str, int]:
    """Heads of layers with a window, where they differ from the others' (MiMo, Inkling); empty where they do not.

    Parameters
    ----------
    cfg : the part of the config that is read
    known : counts that were read already, by name
    value : width of a head's values; 0 where it is that of its keys

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    own = {
        "heads": cfg.number("swa_num_attention_heads", "num_sliding_attention_heads", default=known["heads"]),
        "kv_heads": cfg.number("swa_num_key_value_heads", default=known["kv_heads"]),
        "head_dim": cfg.number("swa_head_dim", default=known["head_dim"]),
        "value_dim": cfg.number("swa_v_head_dim", default=value or known["head_dim"]),
    }
    if own == {n: known[n] for n in ("heads", "kv_heads", "head_dim")} | {"value_dim": value or known["head_dim"]}:
        return {}
    return {f"sliding_{name}": number for name, number in own.items()}


def sparse_fields(cfg: Config, kinds: list[str], known: dict[str, int]) -> dict[str, int]:
    """Sparse attention that an indexer picks tokens for (DeepSeek-V3.2), in all attention layers or those named so.

    Parameters
    ----------
    cfg : the part of the config that is read
    kinds : the mixer of every layer, first to last
    known : counts that were read already, by name

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    topk = cfg.number("index_topk", default=0)
    if not topk or PICKED in kinds or POOLED in kinds:  # of entries, in ``compressed.py``
        return {}
    attention = [kind for kind in kinds if kind in ATTENTION]
    sparse = attention.count(SPARSE) or len(attention) * (set(attention) <= {FULL})
    if not sparse:
        raise WattlineError(f"{cfg.where}: index_topk: which of its layers are sparse is not known; give layer_types")
    heads, width = cfg.number("index_n_heads"), cfg.number("index_head_dim")
    types = cfg.items("indexer_types", sparse)
    if types is None and cfg.number("index_topk_freq", default=1) > 1:
        raise WattlineError(f"{cfg.where}: index_topk_freq without indexer_types: which layers choose is not known")
    cfg.raw("index_topk_freq")
    own = sparse if types is None else sum(t == "full" for t in types)  # others take an earlier layer's choice
    rank = cfg.number("q_lora_rank", default=known["hidden"])
    indexer = rank * heads * width + known["hidden"] * (width + heads)
    return {
        "sparse_tokens": topk,
        "sparse_layers": sparse,
        "index_heads": heads,
        "index_head_dim": width,
        "index_layers": own,
        "other_matmul_params": own * indexer,
    }


def _delta(cfg: Config, known: dict[str, int]) -> dict[str, int]:
    """Gated DeltaNet (Qwen3-Next)."""
    return {
        "mamba_heads": cfg.number("linear_num_value_heads"),
        "mamba_head_dim": cfg.number("linear_value_head_dim"),
        "mamba_groups": cfg.number("linear_num_key_heads"),
        "mamba_state": cfg.number("linear_key_head_dim"),
        "mamba_conv": cfg.number("linear_conv_kernel_dim", default=4),
    }


def _kimi_delta(cfg: Config, known: dict[str, int]) -> dict[str, int]:
    """Kimi Delta Attention: gates of low rank (arXiv:2510.26692)."""
    heads = cfg.number("linear_num_heads", "linear_attn_config.num_heads")
    width = cfg.number("linear_head_dim", "linear_attn_config.head_dim")
    conv = cfg.number("linear_conv_kernel_dim", "linear_attn_config.short_conv_kernel_size", default=4)
    cfg.raw("linear_attn_config.kda_layers")
    inner, hidden = heads * width, known["hidden"]
    low = hidden * width + width * inner
    gates = low + (hidden * inner if cfg.flag("linear_attn_config.use_full_rank_gate", False) else low)
    return {
        "mamba_heads": heads,
        "mamba_head_dim": width,
        "mamba_groups": heads,
        "mamba_state": width,
        "mamba_conv": conv,
        "mamba_project": 3 * inner + heads + gates // hidden,
    }


def _whole_delta(cfg: Config, known: dict[str, int]) -> dict[str, int]:
    """Kimi Delta Attention with gates of full rank and attention's own heads (Ling 3.0); a file of transformers names
    their width apart, and has another under ``head_dim``."""
    if not cfg.flag("no_kda_lora", True) or cfg.flag("use_kda_lora", False):
        raise WattlineError(f"{cfg.where}: no_kda_lora: {cfg.kind} is read with gates of full rank alone; {MEND}")
    own, given = cfg.number("linear_head_dim", default=0), cfg.number("head_dim", default=128)
    heads, width = cfg.number("linear_num_heads", default=0) or known["heads"], own or given
    conv = cfg.number("linear_conv_kernel_dim", default=0) or cfg.number("short_conv_kernel_size", default=4)
    cfg.raw("short_conv_kernel_size")
    return {
        **{"mamba_heads": heads, "mamba_head_dim": width, "mamba_groups": heads, "mamba_state": width},
        **{"mamba_conv": conv, "mamba_project": 5 * heads * width + heads},
    }


def _lightning(cfg: Config, known: dict[str, int]) -> dict[str, int]:
    """Lightning attention (MiniMax): as many keys as queries, no convolution."""
    names = ("mamba_heads", "mamba_groups", "mamba_head_dim", "mamba_state")
    return dict(zip(names, (known["heads"], known["heads"], known["head_dim"], known["head_dim"]), strict=True))


FREE_INNER = ("nemotron_h",)  # its expand says nothing


def _mamba2(cfg: Config, known: dict[str, int]) -> dict[str, int]:
    """Mamba-2 under any of its families' names of fields."""
    inner = cfg.number("mamba_d_ssm", default=0) or cfg.number("mamba_expand", "expand", default=2) * known["hidden"]
    heads = cfg.number("mamba_num_heads", "mamba_n_heads", "n_mamba_heads", "num_heads")
    width = cfg.number(
        "mamba_head_dim",
        "mamba_d_head",
        "mamba_headdim",
        *(("head_dim",) if cfg.kind == "mamba2" else ()),
        default=inner // heads,
    )
    if heads * width != inner and cfg.kind not in FREE_INNER:
        raise WattlineError(
            f"{cfg.where}: {heads} heads of {width} in Mamba layers do not make their inner width {inner}; correct one"
        )
    return {
        "mamba_heads": heads,
        "mamba_head_dim": width,
        "mamba_state": cfg.number("ssm_state_size", "mamba_d_state", "mamba_state_dim", "state_size"),
        "mamba_groups": cfg.number("n_groups", "mamba_n_groups", "mamba_num_groups", "mamba_ngroups", default=1),
        "mamba_conv": cfg.number("conv_kernel", "mamba_d_conv", default=4),
    }


def _mamba1(cfg: Config, known: dict[str, int]) -> dict[str, int]:
    """Mamba (arXiv:2312.00752): step and state projections from the inner width."""
    hidden = known["hidden"]
    inner = cfg.number("mamba_expand", "expand", default=2) * hidden
    if cfg.kind in ("mamba", "falcon_mamba"):
        inner = cfg.number("intermediate_size", default=inner)
    state = cfg.number("mamba_d_state", "state_size")
    names = [name for name in ("mamba_dt_rank", "time_step_rank") if cfg.raw(name) not in (None, "auto")]
    rank = cfg.number(*names) if names else -(-hidden // 16)
    project = 2 * inner * hidden + inner * (rank + 2 * state) + rank * inner + inner * state
    return {
        "mamba_heads": 1,
        "mamba_head_dim": inner,
        "mamba_state": state,
        "mamba_conv": cfg.number("mamba_d_conv", "conv_kernel", default=4),
        "mamba_project": project // hidden,
    }


OTHER: dict[str, Callable[[Config, dict[str, int]], dict[str, int]]] = {
    "delta": _delta,
    "kimi_delta": _kimi_delta,
    "whole_delta": _whole_delta,
    "lightning": _lightning,
    "mamba2": _mamba2,
    "mamba1": _mamba1,
}


FORMULAS = {"matmul": "other_matmul_params", "stored": "other_stored_params", "state_bytes": "other_state_bytes"}


def other_mixers(cfg: Config, row: Row, kinds: list[str], known: dict[str, int]) -> dict[str, int]:
    """Counts of layers whose mixer is no attention, by the row's way to read them.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    known : counts that were read already, by name

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    out: dict[str, int] = {}
    for kind, way in row.mixers.items():
        layers = sum(k == kind or (k == "both" and way in OTHER) for k in kinds)
        if not layers:
            continue
        if isinstance(way, str):
            out |= {"mamba_layers": out.get("mamba_layers", 0) + layers, **OTHER[way](cfg, known)}
            continue
        for name, field in FORMULAS.items():
            out[field] = out.get(field, 0) + layers * evaluate(way.get(name, 0), cfg, known)
        out["other_layers"] = out.get("other_layers", 0) + layers
    return out
