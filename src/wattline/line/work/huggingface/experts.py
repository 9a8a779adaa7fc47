"""What a config says of MLPs: their width, and experts: how many, how many a token uses, in which layers."""

from __future__ import annotations

from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.fields import MEND, Config
from wattline.line.work.huggingface.formula import evaluate
from wattline.line.work.huggingface.layers import MLP, MOE
from wattline.line.work.huggingface.table import Row, class_defaults
from wattline.line.work.model import Model

WIDTH = (
    *("intermediate_size", "ffn_hidden_size", "ffn_dim", "n_inner", "d_ff", "dim_ff"),
    "ffn_config.ffn_hidden_size",
)
EXPERTS = (
    *("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"),
    "ffn_config.moe_num_experts",
)
ACTIVE = (
    *("num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_top_k", "moe_topk", "moe_k"),
    *("ffn_config.moe_top_k", "top_k_experts", "num_selected_experts"),
)
SHARED = ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts", "num_shared_expert")
SHARED_WIDTH = (
    "share_expert_dim",
    *("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size", "shared_intermediate_size"),
    "moe_shared_intermediate_size",
)
EXPERT_WIDTH = (
    "moe_intermediate_size",
    "moe_ffn_hidden_size",
    "expert_ffn_hidden_size",
    "expert_intermediate_size",
    "expert_hidden_dim",
)
SWITCHES = ("is_moe", "enable_moe_block", "use_moe")


def width_of(cfg: Config, row: Row, known: dict[str, int]) -> int:
    """The width of a dense MLP.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    known : counts that were read already, by name

    Returns the width. Raises WattlineError where no field gives it.
    """
    if "intermediate" in row.set:
        return evaluate(row.set["intermediate"], cfg, known)
    if cfg.raw("expansion_ratio") is not None:
        return known["hidden"] * cfg.number("expansion_ratio", most=1000)
    if row.width:
        return cfg.number(*WIDTH, default=evaluate(row.width, cfg, known))
    given = [name for name in (*WIDTH, "moe_intermediate_size") if cfg.raw(name) is not None]
    return cfg.number(given[0]) if given else cfg.number(*WIDTH)


def expert_fields(cfg: Config, row: Row, kinds: list[str], known: dict[str, int]) -> dict[str, Any]:
    """Counts of experts; empty for a dense model.

    Parameters
    ----------
    cfg : the part of the config that is read
    row : what the table of architectures says of its type
    kinds : the mixer of every layer, first to last
    known : counts that were read already, by name

    Returns fields of ``Model``. Raises WattlineError for a field that is missing, or says what is not read.
    """
    experts = cfg.number(*EXPERTS, default=0, most=100_000)
    switched = [cfg.flag(name, False) for name in SWITCHES if cfg.raw(name) is not None]
    idle = MLP in kinds and MOE not in kinds  # a list names every layer, and none has experts
    sparse = any(name in EXPERTS for name in class_defaults(cfg.kind))
    if experts < (row.dense_below or (0 if sparse else 2)) or idle or (switched and not all(switched)):
        for name in (*ACTIVE, *SHARED, *SHARED_WIDTH, *EXPERT_WIDTH, *PLACES):
            cfg.raw(name)
        return {"intermediate": cfg.number("shared_intermediate_size")} if cfg.kind == "granitemoehybrid" else {}
    if not experts:
        raise WattlineError(f"{cfg.where}: it has no experts, which {cfg.kind} has in its layers; correct it; {MEND}")
    active = cfg.number(*ACTIVE)
    if active > experts:
        raise WattlineError(f"{cfg.where}: num_experts_per_tok {active} exceeds {experts} experts; correct it")
    width = known.get("expert_intermediate") or cfg.number(*EXPERT_WIDTH, default=known["intermediate"])
    shared = cfg.number(*SHARED, default=0)
    shared_width = cfg.number(*SHARED_WIDTH, default=0)
    if shared and any(cfg.raw(name) == 0 for name in SHARED_WIDTH):  # each class takes a width of its own for 0
        raise WattlineError(f"{cfg.where}: {shared} shared experts of width 0; correct one, or leave the width out")
    if cfg.kind == "llama4_text" or shared_width:
        shared = shared or 1
    fields = {"experts": experts, "active_experts": active, "shared_experts": shared, "expert_intermediate": width}
    if shared_width:
        fields["shared_intermediate"] = shared_width
    latent = cfg.number("moe_latent_size", "routed_expert_hidden_size", default=0)
    if latent:
        fields["expert_hidden"] = latent
    if MOE in kinds:
        return fields | {"moe_layers": kinds.count(MOE)}
    return fields | {"moe_layers": sum(_with_experts(cfg, len(kinds)))}


PLACES = (
    *("mlp_layer_types", "moe_layers", "moe_layer_freq", "moe_layer_frequency"),
    *("decoder_sparse_step", "interleave_moe_layer_step"),
    *("mlp_only_layers", "first_k_dense_replace", "num_dense_layers", "moe_layer_start_index"),
    *("moe_layer_end_index", "moe_layer_interval", "expert_layer_period", "expert_layer_offset"),
)


def _with_experts(cfg: Config, layers: int) -> list[bool]:
    """Which layers have experts, by whichever of the families' rules the config states."""
    types = cfg.items("mlp_layer_types", layers)
    for name in PLACES:
        cfg.raw(name)
    listed, freq = cfg.indices("moe_layers"), cfg.raw("moe_layer_freq")
    listed = _enumerated(cfg) if listed is None else listed
    first = cfg.number("first_k_dense_replace", "num_dense_layers", default=0)
    dense = cfg.indices("mlp_only_layers") or []
    start = cfg.number("moe_layer_start_index", default=0)
    last = cfg.number("moe_layer_end_index", default=layers - 1) if cfg.raw("moe_layer_end_index") != -1 else layers - 1
    period, every = cfg.number("expert_layer_period", default=1), cfg.number("moe_layer_interval", default=1)
    offset = cfg.number("expert_layer_offset", default=0)
    if types is not None:
        return [kind != "dense" for kind in types]
    if listed is not None:
        return [i in listed for i in range(layers)]
    if isinstance(freq, list):
        return [bool(x) for x in cfg.items("moe_layer_freq", layers) or []]
    steps = ("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_freq", "moe_layer_frequency")
    step = cfg.number(*steps, default=1)
    shift = 0 if freq is not None else 1
    return [
        max(first, start) <= i <= last
        and i not in dense
        and (i + shift) % step == 0
        and i % period == offset % period
        and (i + 1) % every == 0
        for i in range(layers)
    ]


def layers_with_experts(cfg: Config, model: Model) -> list[bool]:
    """Which layers of a model have experts, first to last.

    Parameters
    ----------
    cfg : the part of the config that was read
    model : as it was read

    Returns a flag for each layer.
    """
    return (
        _with_experts(cfg, model.layers)
        if 0 < model.moe_layers < model.layers
        else [bool(model.experts)] * model.layers
    )


def _enumerated(cfg: Config) -> list[int] | None:
    """Step-3.5: the layers with experts as a text, such as ``"3,4,5"``."""
    text = cfg.raw("moe_layers_enum")
    if text is None:
        return None
    numbers = str(text).split(",")
    if not all(number.strip().isdigit() for number in numbers):
        raise WattlineError(
            f"{cfg.where}: moe_layers_enum is {shorten(repr(text), 40)}, not numbers and commas; correct it"
        )
    return [int(number) for number in numbers]


def mlp_layers(kinds: list[str], residual: bool) -> int:
    """Layers with an MLP of any kind: every layer, or those that a list names; twice where one lies beside experts.

    Parameters
    ----------
    kinds : the mixer of every layer, first to last
    residual : whether a dense MLP lies beside the experts

    Returns the number of layers.
    """
    own = [kind for kind in kinds if kind in (MLP, MOE)]
    return (len(own) if own else len(kinds)) * (2 if residual else 1)
