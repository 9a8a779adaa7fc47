"""Architectures outside the table, by transformers on the meta device (extra ``models``): no weights, no download.

The shapes of the parameters give exact totals; the config gives the geometry of attention. What cannot be told apart
from them (a reach of attention that is not named, layers that are no attention) is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.counting import HEADS_TOO, PICTURES, ParameterCount, built_whole, text_of
from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.layers import CHUNKED, FULL, NAMES, SLIDING, SPARSE, window_of
from wattline.line.work.huggingface.loops import passes
from wattline.line.work.model import Model

OTHER = "other mixers"
MORE = {  # kinds of layer that only transformers' own counts make readable
    **dict.fromkeys(("hybrid",), FULL),
    **dict.fromkeys(("hybrid_sliding", "reference_sliding_attention"), SLIDING),
    **dict.fromkeys(("linear_attention", "conv", "recurrent", "mamba"), OTHER),
}
SPARSE_MARKS = ("index_topk", "index_topk_blocks", "compress_ratios", "compress_rates", "sparse_topk")
SHARING = ("num_kv_shared_layers", "use_cla", "kv_source_layers")  # layers that read the cache of another
HEADS = {"num_attention_heads", "num_key_value_heads", "head_dim", "kv_lora_rank", "qk_nope_head_dim", "v_head_dim"}
UNSEEN = "what its encoder sees, and the attention to it, are left out: the price is that of the text it writes"

STATES = "what its layers without attention keep of a sequence is left out of its cache"


def exact_model(top: dict[str, Any], cfg: Config, name: str) -> Model:
    """The model that transformers builds from the config.

    Raises WattlineError where transformers is not installed, does not know the architecture or cannot build it, and
    where its layers are of a kind that is not priced.

    Parameters
    ----------
    top : the whole config
    cfg : the part of the config that is read
    name : of the model

    Returns the model.
    """
    full, counted = built_whole(top, cfg.where)
    text = text_of(full)
    own, looped = Config(_plain(text), cfg.kind, cfg.where), passes(cfg.kind, text)
    if looped:
        own.data["layer_types"] = looped.kinds
    kinds = _kinds(own, cfg)
    near, other = sum(kind in (SLIDING, CHUNKED) for kind in kinds), kinds.count(OTHER)
    hidden, heads = own.number("hidden_size", "d_model", "n_embd"), own.number("num_attention_heads", "n_head")
    kv_heads = own.number("num_key_value_heads", default=heads)
    fields: dict[str, Any] = {
        **{"layers": len(kinds), "hidden": hidden, "heads": heads, "kv_heads": kv_heads, "intermediate": 0},
        "head_dim": own.number("head_dim", default=0) or max(hidden // heads, 1),
        "vocab": own.number("vocab_size"),
        "mlp_layers": 0,
        "tied_embeddings": bool(getattr(full, "tie_word_embeddings", False)),
        "attention_layers": len(kinds) - other,
        "other_layers": other,
        **_latent(own),
        **({"sliding_window": window_of(own), "global_layers": len(kinds) - other - near} if near else {}),
        **({"sparse_layers": kinds.count(SPARSE), **_sparse(own, counted)} if SPARSE in kinds else {}),
        "context_tokens": own.number("max_position_embeddings", default=0),
        "layer_kinds": tuple((kind, kinds.count(kind)) for kind in dict.fromkeys(kinds)),
        "vision_params": counted.outside,
        **_experts(own, counted, hidden),
        "left_out": UNSEEN if full.model_type in PICTURES else STATES if other else "",
    }
    bare = Model(str(name), shorten(str(name)), shorten(cfg.kind), **fields)
    again = counted.matmul_again + counted.experts_again * bare.active_experts // max(bare.experts, 1)
    passed = counted.matmul + again - (bare.matmul_params_active - bare.expert_params_active - bare.lm_head_params)
    if passed < 0 and cfg.kind not in HEADS_TOO:
        raise WattlineError(f"{cfg.where}: {cfg.kind}: its weights do not fit its heads and layers; not priced yet")
    stored = counted.total - bare.total_params - passed
    return replace(bare, other_matmul_params=passed, other_stored_params=stored)


def _plain(text: Any) -> dict[str, Any]:
    data = dict(text.to_dict())
    for name in ("num_hidden_layers", "layer_types"):  # some are saved in another form
        if getattr(text, name, None) is not None:
            data[name] = getattr(text, name)
    for alias, real in getattr(text, "attribute_map", {}).items():
        if data.get(alias) is None and data.get(real) is not None:
            data[alias] = data[real]
    return data


def _kinds(own: Config, cfg: Config) -> list[str]:
    layers = own.number("num_hidden_layers", "n_layer", "num_layers", default=0)
    listed = own.data.get("layer_types") or ["full_attention"] * layers
    kinds = [(NAMES | MORE).get(str(each), "") for each in listed]
    sparse = SPARSE in kinds
    priced = (FULL, SLIDING, CHUNKED, OTHER, SPARSE)
    strange = [str(each) for each, kind in zip(listed, kinds, strict=True) if kind not in priced]
    marks = [mark for mark in SPARSE_MARKS if own.data.get(mark) and not (sparse and mark == "index_topk")]
    marks += [mark for mark in SHARING if _shares(own.data.get(mark))]
    by_layer = own.data.get("per_layer_config")
    fields = {str(n) for each in by_layer.values() if isinstance(each, dict) for n in each} if by_layer else set()
    marks += [f"other {name}" for name in sorted(fields & HEADS)]
    if strange or marks or not kinds:
        what = strange[0] if strange else marks[0] if marks else "no layers"
        raise WattlineError(f"{cfg.where}: {cfg.kind}: layers of kind {what[:40]!r} are not priced yet")
    return kinds


def _shares(value: Any) -> bool:
    """Whether a field says that layers share a cache; a list that names each layer itself does not."""
    return value != list(range(len(value))) if isinstance(value, list) else bool(value)


def _sparse(own: Config, counted: ParameterCount) -> dict[str, int]:
    """Sparse attention that indexers pick tokens for; where keys are pooled, it compares that many fewer."""
    pooled = own.number("index_kpool", default=1)
    return {
        **{"sparse_tokens": own.number("index_topk"), "index_heads": own.number("index_n_heads")},
        **{"index_head_dim": max(own.number("index_head_dim") // pooled, 1), "index_layers": counted.indexers},
    }


def _latent(own: Config) -> dict[str, Any]:
    if not own.data.get("kv_lora_rank"):
        return {}
    names = ("q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
    return {"attention": "mla", **{name: own.number(name, default=0) for name in names}}


def _experts(own: Config, counted: ParameterCount, hidden: int) -> dict[str, int]:
    """Experts as if every layer had them alike: their weights and the share that a token uses are exact."""
    names = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
    experts = next((own.number(n) for n in names if own.data.get(n)), 0) if counted.experts else 0
    if not experts:
        return {}
    active = own.number("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "top_k_experts")
    sparse = own.data.get("mlp_layer_types")
    layers = own.number("num_hidden_layers", "n_layer", "num_layers", default=0)
    count = sum(kind != "dense" for kind in sparse) if isinstance(sparse, list) else layers
    each = counted.experts // (count * experts)
    width = max(round(each / (3 * hidden)), 1)
    return {"experts": experts, "active_experts": active, "expert_intermediate": width, "moe_layers": count}
