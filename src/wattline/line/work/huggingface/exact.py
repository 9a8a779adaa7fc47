"""Architectures outside the table, by transformers on the meta device (extra ``models``): no weights, no download.

The shapes of the parameters give exact totals; the config gives the geometry of attention. What cannot be told apart
from them (a reach of attention that is not named, layers that are no attention) is refused.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.layers import CHUNKED, FULL, NAMES, SLIDING, SPARSE, window_of
from wattline.line.work.model import Model

INSTALL = "install wattline[models] to count it with transformers"
OUTSIDE = re.compile(r"vision|visual|audio|image|speech|projector|connector|aligner|perceiver|resampler|qformer|tower")
TABLES = re.compile(r"embed|wte|wpe|position|token_shift")
HEAD = re.compile(r"(^|\.)(lm_head|embed_out|output_layer|head)\.weight$")
EXPERT = re.compile(r"experts")
LOOPS = re.compile(r"loop|_cycles$|recurrent_(steps|depth)|num_recurr")
OTHER = "other mixers"
MORE = {  # kinds of layer that only transformers' own counts make readable
    **dict.fromkeys(("hybrid",), FULL),
    **dict.fromkeys(("hybrid_sliding", "reference_sliding_attention"), SLIDING),
    **dict.fromkeys(("linear_attention", "conv", "recurrent", "mamba"), OTHER),
}
SPARSE_MARKS = ("index_topk", "index_topk_blocks", "compress_ratios", "compress_rates", "sparse_topk")
SHARING = ("num_kv_shared_layers", "use_cla", "kv_source_layers")  # layers that read the cache of another
INDEXER = re.compile(r"indexer\.\w+\.weight$")


@dataclass(frozen=True)
class Counted:
    """Parameters by what becomes of them."""

    total: int
    outside: int  # of encoders before the language model
    tables: int
    experts: int  # routed ones
    matmul: int  # matrices that every token passes, without the output layer
    indexers: int  # layers that pick tokens for sparse attention


def installed() -> bool:
    """Whether transformers and torch are there."""
    return all(find_spec(name) is not None for name in ("transformers", "torch"))


def exact_total(top: dict[str, Any], where: str) -> int:
    """All parameters of the model that transformers builds from a config.

    Parameters
    ----------
    top : the whole config
    where : the file, for the error

    Returns the number of parameters. Raises WattlineError as ``exact_model``.
    """
    return _built(top, where)[1].total


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
    full, counted = _built(top, cfg.where)
    text = full.get_text_config() if hasattr(full, "get_text_config") else full
    own = Config(_plain(text), cfg.kind, cfg.where)
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
        **(_sparse(own, counted) if SPARSE in kinds else {}),
        "context_tokens": own.number("max_position_embeddings", default=0),
        "layer_kinds": tuple((kind, kinds.count(kind)) for kind in dict.fromkeys(kinds)),
        "vision_params": counted.outside,
        **_experts(own, counted, len(kinds), hidden),
    }
    bare = Model(str(name), shorten(str(name)), shorten(cfg.kind), **fields)
    passed = counted.matmul - (bare.matmul_params_active - bare.expert_params_active - bare.lm_head_params)
    if passed < 0:
        raise WattlineError(f"{cfg.where}: {cfg.kind}: its weights do not fit its heads and layers; not priced yet")
    stored = counted.total - bare.total_params - passed
    return replace(bare, other_matmul_params=passed, other_stored_params=stored)


def _built(top: dict[str, Any], where: str) -> tuple[Any, Counted]:
    """transformers' own config of the model, and its parameters counted on the meta device."""
    kind = str(top.get("model_type") or "")
    shown = shorten(kind, 40)
    if not installed():
        raise WattlineError(f"{where}: the architecture {shown!r} is not known; {INSTALL}")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    import transformers

    if kind not in transformers.CONFIG_MAPPING:
        known = f"transformers {transformers.__version__}"
        raise WattlineError(f"{where}: the architecture {shown!r} is known neither here nor to {known}")
    bare = {k: v for k, v in top.items() if k not in ("quantization_config", "auto_map", "model_type")}
    try:
        full = transformers.CONFIG_MAPPING[kind](**bare)
        with torch.device("meta"):
            built = _class_of(transformers, full)(full)
        built.tie_weights()
        _check_once(built, full)
    except WattlineError as error:
        raise WattlineError(f"{where}: {shown}: {error}") from None
    except Exception as error:
        reason = shorten(f"{type(error).__name__}: {error}".splitlines()[0], 120)
        raise WattlineError(f"{where}: transformers cannot build a {shown} from it ({reason})") from None
    return full, _counted(built)


def _check_once(built: Any, full: Any) -> None:
    """Refuses layers that a token passes more than once: their work is not that of their weights."""
    text = full.get_text_config() if hasattr(full, "get_text_config") else full
    loops = [name for name, value in text.to_dict().items() if LOOPS.search(name) and value and value != 1]
    names: dict[int, list[str]] = {}
    for name, each in built.named_parameters(remove_duplicate=False):
        names.setdefault(id(each), []).append(name.lower())
    tables = {id(each) for each in built.parameters() if each.dim() == 1 or each.shape[0] == text.vocab_size}
    shared = [key for key, each in names.items() if len(each) > 1 and key not in tables]
    if shared or loops:
        raise WattlineError("its layers are passed more than once, which is not priced yet")


def _class_of(transformers: Any, full: Any) -> Any:
    """The class that writes text from such a config."""
    for what in ("IMAGE_TEXT_TO_TEXT", "MULTIMODAL_LM", "CAUSAL_LM", "SEQ_TO_SEQ_CAUSAL_LM"):  # the whole one first
        classes = getattr(transformers, f"MODEL_FOR_{what}_MAPPING", None)
        if classes is not None and type(full) in classes:
            each = classes[type(full)]
            return each[0] if isinstance(each, tuple) else each
    raise TypeError("it writes no text")


def _counted(built: Any) -> Counted:
    seen: set[int] = set()
    sums = {"total": 0, "outside": 0, "tables": 0, "experts": 0, "matmul": 0}
    indexers = {name.rpartition("indexer")[0] for name, _ in built.named_parameters() if INDEXER.search(name)}
    for name, each in built.named_parameters():
        if id(each) in seen:
            continue
        seen.add(id(each))
        sums["total"] += each.numel()
        part = _part(name.lower(), each.dim())
        sums[part] += each.numel() if part != "rest" else 0
    return Counted(**sums, indexers=len(indexers))


def _part(name: str, dims: int) -> str:
    inside = "language_model" in name or "text_model" in name
    if OUTSIDE.search(name) and not inside:
        return "outside"
    if TABLES.search(name) or HEAD.search(name):
        return "tables"
    if EXPERT.search(name) and "shared" not in name and dims >= 2:
        return "experts"
    return "matmul"


def _plain(text: Any) -> dict[str, Any]:
    data = dict(text.to_dict())
    for alias, real in getattr(text, "attribute_map", {}).items():
        if data.get(alias) is None and data.get(real) is not None:
            data[alias] = data[real]
    return data


def _kinds(own: Config, cfg: Config) -> list[str]:
    layers = own.number("num_hidden_layers", "n_layer", "num_layers", default=0)
    listed = own.data.get("layer_types") or ["full_attention"] * layers
    kinds = [(NAMES | MORE).get(str(each), "") for each in listed]
    sparse = SPARSE in kinds
    priced = (SPARSE, OTHER) if sparse else (FULL, SLIDING, CHUNKED, OTHER)
    strange = [str(each) for each, kind in zip(listed, kinds, strict=True) if kind not in priced]
    marks = [mark for mark in SPARSE_MARKS if own.data.get(mark) and not (sparse and mark == "index_topk")]
    marks += [mark for mark in SHARING if _shares(own.data.get(mark))]
    if strange or marks or not kinds:
        what = strange[0] if strange else marks[0] if marks else "no layers"
        raise WattlineError(f"{cfg.where}: {cfg.kind}: layers of kind {what[:40]!r} are not priced yet")
    return kinds


def _shares(value: Any) -> bool:
    """Whether a field says that layers share a cache; a list that names each layer itself does not."""
    return value != list(range(len(value))) if isinstance(value, list) else bool(value)


def _sparse(own: Config, counted: Counted) -> dict[str, int]:
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


def _experts(own: Config, counted: Counted, layers: int, hidden: int) -> dict[str, int]:
    """Experts as if every layer had them alike: their weights and the share that a token uses are exact."""
    names = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
    experts = next((own.number(n) for n in names if own.data.get(n)), 0) if counted.experts else 0
    if not experts:
        return {}
    active = own.number("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "top_k_experts")
    sparse = own.data.get("mlp_layer_types")
    count = sum(kind != "dense" for kind in sparse) if isinstance(sparse, list) else layers
    each = counted.experts // (count * experts)
    width = max(round(each / (3 * hidden)), 1)
    return {"experts": experts, "active_experts": active, "expert_intermediate": width, "moe_layers": count}
