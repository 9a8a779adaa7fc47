"""Families whose counts need more than the table: Gemma 3n and 4, LongCat, MiMo, LFM2 and others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.compressed import block_fields, compressed_fields
from wattline.line.work.huggingface.fields import MEND, Config
from wattline.line.work.huggingface.layers import FULL, SLIDING, context_of
from wattline.line.work.huggingface.shared import (
    mllama_fields,
    molmo_fields,
    nas_fields,
    openelm_fields,
    zamba_fields,
)
from wattline.line.work.huggingface.stacks import t5_fields, t5gemma_fields, translator_fields
from wattline.line.work.huggingface.table import Row, rows_of

Fields = dict[str, Any]


@dataclass(frozen=True)
class Own:
    """A family's own reading; ``whole``: of everything, not on top of the usual one."""

    read: Callable[[Config, Row, list[str], Fields], Fields]
    whole: bool = False


def _per_layer(cfg: Config, fields: Fields) -> tuple[int, int]:
    """Weights of embeddings by layer: what each token passes, and the table (Gemma 3n, Gemma 4 E2B)."""
    width = cfg.number("hidden_size_per_layer_input", default=256)
    rows = cfg.number("vocab_size_per_layer_input", default=262_144)
    layers, hidden = fields["layers"], fields["hidden"]
    return 3 * layers * width * hidden, rows * layers * width


def _shared_caches(cfg: Config, kinds: list[str]) -> Fields:
    """The last layers read the cache of an earlier layer of their kind, and have no keys and values of their own."""
    shared = cfg.number("num_kv_shared_layers", default=0)
    last = kinds[len(kinds) - shared :] if shared else []
    return {"cacheless_layers": len(last), "cacheless_global_layers": last.count(FULL)}


def _gemma4(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Gemma 4: global layers have heads of their own; embeddings by layer; a dense MLP beside experts."""
    heads, hidden, near_dim, near_kv = (fields[n] for n in ("heads", "hidden", "head_dim", "kv_heads"))
    same, own = cfg.flag("attention_k_eq_v", False), _by_layer(cfg, kinds)
    head_dim = own.get("head_dim") or cfg.number("global_head_dim", default=512)
    given = own.get("num_key_value_heads") or cfg.number("num_global_key_value_heads", default=0)
    kv_heads = (given if same or own else 0) or near_kv
    whole, near = kinds.count(FULL), kinds.count(SLIDING)
    out = _shared_caches(cfg, kinds) | {"head_dim": head_dim, "kv_heads": kv_heads}
    if near:
        names = ("sliding_heads", "sliding_kv_heads", "sliding_head_dim", "sliding_value_dim")
        out |= dict(zip(names, (heads, near_kv, near_dim, near_dim), strict=True))
    # shared layers keep no key and value weights, and values are the keys where the config says so
    missing = 2 * (out["cacheless_layers"] - out["cacheless_global_layers"]) * near_kv * near_dim
    alone = out["cacheless_global_layers"]
    missing += (alone * 2 + (whole - alone) * same) * kv_heads * head_dim
    cfg.used.add("vocab_size_per_layer_input")
    per_layer = cfg.raw("hidden_size_per_layer_input") != 0 and "unified" not in cfg.kind
    passed, table = _per_layer(cfg, fields) if per_layer else (0, 0)
    wide = cfg.flag("use_double_wide_mlp", False) * out["cacheless_layers"] * 3 * hidden * fields["intermediate"]
    out["other_matmul_params"] = fields.get("other_matmul_params", 0) + passed + wide - missing * hidden
    out["other_stored_params"] = fields.get("other_stored_params", 0) + table
    if fields.get("experts"):
        out["mlp_layers"] = 2 * fields["layers"]
    return out


def _by_layer(cfg: Config, kinds: list[str]) -> dict[str, int]:
    """What ``per_layer_config`` says of the global layers, where it says the same of all of them and no others."""
    table = cfg.raw("per_layer_config")
    if not isinstance(table, dict) or not table:
        return {}
    fields = {name: each for name, each in table.items() if isinstance(each, dict)}
    first = next(iter(fields.values()), {})
    whole = {i for i, kind in enumerate(kinds) if kind == FULL}
    alike = all(each == first for each in fields.values()) and set(first) <= {"head_dim", "num_key_value_heads"}
    if not alike or {int(name) for name in fields if name.isdigit()} != whole:
        raise WattlineError(f"{cfg.where}: per_layer_config: its layers differ in a way that is not read; {MEND}")
    cfg.used.update(f"per_layer_config.{name}.{field}" for name in fields for field in first)
    return first


def _gemma3n(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Gemma 3n: embeddings by layer, alternating updates (AltUp), a low-rank residual (Laurel), shared caches."""
    layers, hidden = fields["layers"], fields["hidden"]
    out, streams = _shared_caches(cfg, kinds), cfg.number("altup_num_inputs", default=4)
    cfg.raw("altup_active_idx")
    passed, table = _per_layer(cfg, fields)
    laurel = 2 * layers * hidden * cfg.number("laurel_rank", default=64)
    altup = 2 * (streams - 1) * hidden**2 + layers * hidden * streams
    missing = 2 * out["cacheless_layers"] * fields["kv_heads"] * fields["head_dim"] * hidden
    return out | {"other_matmul_params": passed + laurel + altup - missing, "other_stored_params": table}


def _mimo(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """MiMo-V2: where the config does not say so, layers with a window have twice the heads of keys."""
    if cfg.raw("swa_num_key_value_heads") is not None or SLIDING not in kinds:
        return {}
    return {
        "sliding_heads": fields["heads"],
        "sliding_kv_heads": 2 * fields["kv_heads"],
        "sliding_head_dim": fields["head_dim"],
        "sliding_value_dim": fields.get("value_dim") or fields["head_dim"],
    }


def _longcat(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """LongCat-Flash: two attentions and two dense MLPs a layer beside one of experts, some of which do nothing."""
    layers, idle = fields["layers"], cfg.number("zero_expert_num", default=0)
    experts, chosen = fields["experts"], fields["active_experts"]
    cfg.raw("zero_expert_type")
    return {
        "attention_layers": 2 * layers,
        "global_layers": 2 * layers,
        "mlp_layers": 3 * layers,
        "moe_layers": layers,
        "active_experts": max(round(chosen * experts / (experts + idle)), 1),
        "other_matmul_params": layers * fields["hidden"] * idle,
        "layer_kinds": (("full attention", 2 * layers), ("MLP", 2 * layers), ("experts", layers)),
    } | (_word_groups(cfg, fields) if cfg.kind == "longcat_flash_ngram" else {})


def _word_groups(cfg: Config, fields: Fields) -> Fields:
    """LongCat-Flash-Lite: tables of groups of words, each a slice of the hidden width and lifted to it (2601.21204)."""
    rows = cfg.number("ngram_vocab_size_ratio") * fields["vocab"]
    tables = cfg.number("emb_split_num") * (cfg.number("emb_neighbor_num") - 1)
    hidden = fields["hidden"]
    if not tables or hidden % tables:
        raise WattlineError(f"{cfg.where}: hidden_size {hidden} is not a multiple of its {tables} tables; correct it")
    passed = fields["layers"] * hidden * cfg.number("zero_expert_num", default=0) + hidden**2
    return {"looked_up_params": rows * hidden, "other_matmul_params": passed}


def _lfm2(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """LFM2: the MLP's width is two thirds of the one given, rounded up."""
    width = cfg.number("block_ff_dim", default=fields["intermediate"])
    for name in ("conv_dim", "conv_dim_out", "block_dim", "block_mlp_init_scale", "block_out_init_scale"):
        cfg.raw(name)
    if not cfg.flag("block_auto_adjust_ff_dim", True):
        return {"intermediate": width}
    multiplier, multiple = cfg.factor("block_ffn_dim_multiplier", 1.0), cfg.number("block_multiple_of", default=256)
    width = int(multiplier * int(2 * width / 3))
    return {"intermediate": -(-width // multiple) * multiple}


def _plain_only(field: str, value: Any) -> Own:
    """A family that is read only where a field has its usual value."""

    def read(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
        given = cfg.raw(field)
        if given is not None and given != value:
            raise WattlineError(f"{cfg.where}: {field} is {given!r}: {cfg.kind} is read with {value!r} alone; {MEND}")
        return {}

    return Own(read)


def _laguna(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Laguna: heads may differ from layer to layer, which is read only where they do not, and with its gate."""
    if cfg.raw("gating") is False:
        raise WattlineError(f"{cfg.where}: gating: laguna without its gate is not read; {MEND}")
    listed = cfg.items("num_attention_heads_per_layer", fields["layers"])
    if listed is not None and any(heads != fields["heads"] for heads in listed):
        raise WattlineError(f"{cfg.where}: num_attention_heads_per_layer: its layers differ in heads; {MEND}")
    return {}


def _ling(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Ling 3.0: Kimi's delta attention; what an earlier class of this type holds is another's."""
    classes = [str(name) for name in cfg.raw("architectures") or []]
    other = [name for name in classes if not name.startswith(("BailingMoeV3", "BailingHybrid"))]
    if other or cfg.raw("group_norm_size") is not None:
        raise WattlineError(
            f"{cfg.where}: {(other or ['group_norm_size'])[0][:40]}: {cfg.kind} is read as Ling 3.0 alone; {MEND}"
        )
    return {}


def _step3(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Step-3.5: layers with a window may have more heads, and every head has a gate."""
    other = cfg.raw("attention_other_setting")
    cfg.raw("moe_every_n_layer")
    if not isinstance(other, dict) or SLIDING not in kinds:
        return {}
    own = {name: cfg.number(f"attention_other_setting.{name}", default=0) for name in OTHER_HEADS}
    return {
        "sliding_heads": own["num_attention_heads"] or fields["heads"],
        "sliding_kv_heads": own["num_attention_groups"] or fields["kv_heads"],
        "sliding_head_dim": own["head_dim"] or own["true_head_dim"] or fields["head_dim"],
        "sliding_value_dim": own["head_dim"] or own["true_head_dim"] or fields["head_dim"],
    }


OTHER_HEADS = ("num_attention_heads", "num_attention_groups", "head_dim", "true_head_dim")


def _shared_keys(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """Hunyuan: where the config says so, a few layers in a row share the keys and values of the first (CLA)."""
    if not cfg.flag("use_cla", False):
        return {}
    layers, each = fields["layers"], cfg.number("cla_share_factor")
    without = layers - -(-layers // each)
    missing = 2 * without * fields["kv_heads"] * fields["head_dim"] * fields["hidden"]
    passed = fields.get("other_matmul_params", 0) - missing
    return {"cacheless_layers": without, "cacheless_global_layers": without, "other_matmul_params": passed}


def _xlstm(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """xLSTM (mLSTM blocks): keys and queries half as wide as values, a gated MLP of rounded width."""
    hidden, layers = cfg.number("hidden_size", "embedding_dim"), cfg.number("num_hidden_layers", "num_blocks")
    heads, multiple = cfg.number("num_heads"), cfg.number("ffn_round_up_to_multiple_of", default=64)
    keys, values = cfg.factor("qk_dim_factor", 0.5), cfg.factor("v_dim_factor", 1.0)
    up = round(hidden * cfg.factor("ffn_proj_factor", 2.667))
    cfg.raw("max_inference_chunksize")
    return {
        **{"layers": layers, "hidden": hidden, "heads": 1, "kv_heads": 1, "head_dim": hidden},
        **{"intermediate": -(-up // multiple) * multiple, "vocab": cfg.number("vocab_size"), "attention": "hybrid"},
        **{"attention_layers": 0, "mamba_layers": layers, "mlp_layers": layers, "context_tokens": context_of(cfg)},
        **{"mamba_heads": heads, "mamba_head_dim": int(hidden * values) // heads, "mamba_groups": heads},
        **{"mamba_state": int(hidden * keys) // heads, "layer_kinds": (("recurrence", layers),)},
    }


def _rwkv7(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """RWKV-7: a state of a head's width for each channel in 32 bits, and two shifted tokens in 16."""
    return {"other_state_bytes": fields["layers"] * 4 * fields["hidden"] * (cfg.number("head_dim", default=64) + 1)}


def _opt(cfg: Config, row: Row, kinds: list[str], fields: Fields) -> Fields:
    """OPT: token tables may be of another width, with a projection into the layers and one out of them."""
    hidden = fields["hidden"]
    width = cfg.number("word_embed_proj_dim", default=None if cfg.raw("word_embed_proj_dim") == 0 else hidden)
    if width == hidden:
        return {}
    tables = 1 if cfg.flag("tie_word_embeddings", row.tied) else 2
    return {"other_stored_params": 2 * hidden * width + tables * (width - hidden) * fields["vocab"]}


OWN = {
    "opt": Own(_opt),
    "doge": _plain_only("is_moe", False),
    "mpt": _plain_only("expansion_ratio", 4),
    **dict.fromkeys(("minimax_m3_vl_text", "minimax_m3"), Own(block_fields)),
    "xlstm": Own(_xlstm, whole=True),
    **dict.fromkeys(("gemma4_text", "gemma4_unified_text"), Own(_gemma4)),
    "gemma3n_text": Own(_gemma3n),
    **dict.fromkeys(("mimo_v2_flash", "mimo_v2"), Own(_mimo)),
    **dict.fromkeys(("longcat_flash", "longcat_flash_ngram"), Own(_longcat)),
    **dict.fromkeys(("lfm2", "lfm2_moe"), Own(_lfm2)),
    **dict.fromkeys(rows_of("t5"), Own(t5_fields, whole=True)),
    **dict.fromkeys(rows_of("translator"), Own(translator_fields, whole=True)),
    **dict.fromkeys(rows_of("t5gemma"), Own(t5gemma_fields, whole=True)),
    "openelm": Own(openelm_fields, whole=True),
    "molmo": Own(molmo_fields),
    **dict.fromkeys(("zamba", "zamba2"), Own(zamba_fields, whole=True)),
    "nemotron-nas": Own(nas_fields, whole=True),
    "mllama_text_model": Own(mllama_fields),
    **dict.fromkeys(("step3p5", "step3p7"), Own(_step3)),
    **dict.fromkeys(("hunyuan", "hunyuan_v1_moe", "hunyuan_v1_dense"), Own(_shared_keys)),
    "laguna": Own(_laguna),
    "bailing_hybrid": Own(_ling),
    "rwkv7": Own(_rwkv7),
    **dict.fromkeys(rows_of("compressed"), Own(compressed_fields)),
}
