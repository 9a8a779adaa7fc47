"""The matrices of a model by layer and name, so that what a quantisation says of single modules is weighed exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wattline.line.work.huggingface.layers import ATTENTION, BOTH, CHUNKED, MLP, MOE, SLIDING
from wattline.line.work.model import Model

ATTENTION_GROUP, DENSE, EXPERTS = "attention", "dense", "experts"
GROUPS = (EXPERTS, DENSE, ATTENTION_GROUP)
CONV = "conv"
RECURRENT = ("linear_attn", "mamba", "mixer")  # what a layer of them calls its mixer
# what a matrix is called besides, by its usual name: alone, or together with its neighbours
ALIASES = {
    **{"q_proj": ("wq", "qkv_proj", "query_key_value", "c_attn", "Wqkv"), "k_proj": ("wk", "qkv_proj")},
    **{"v_proj": ("wv", "qkv_proj", "query_key_value", "c_attn", "Wqkv"), "o_proj": ("wo", "out_proj", "dense")},
    **{"gate_proj": ("w1", "gate_up_proj"), "up_proj": ("w3", "gate_up_proj", "fc1", "c_fc", "dense_h_to_4h")},
    **{"down_proj": ("w2", "fc2", "dense_4h_to_h"), "q_a_proj": ("wq_a", "fused_qkv_a_proj_with_mqa")},
    **{"kv_a_proj_with_mqa": ("fused_qkv_a_proj_with_mqa",), "q_b_proj": ("wq_b",), "kv_proj": ("wkv",)},
    **{"o_a_proj": ("wo_a",), "o_b_proj": ("wo_b",)},
}
ALIASES["k_proj"] += ("query_key_value", "c_attn", "Wqkv")


@dataclass(frozen=True)
class Matrix:
    """One matrix of one layer; of routed experts all of one kind together."""

    layer: int
    names: tuple[str, ...]  # below its layer: ``self_attn.q_proj`` and what it is called besides
    group: str
    params: int
    copies: int = 1  # experts that have one each


def matrices_of(model: Model, sparse: Sequence[bool], kinds: Sequence[str]) -> list[Matrix]:
    """The matrices that a quantisation can reach; empty for a model whose layers are of a kind that is not laid out.

    Parameters
    ----------
    model : as it was read
    sparse : whether a layer has experts, first to last
    kinds : the mixer of every layer, first to last; none where they are not known

    Returns the matrices.
    """
    if MLP in kinds or MOE in kinds:
        sparse = [kind == MOE for kind in kinds]
    if not _laid_out(model, sparse, kinds):
        return []
    beside, out = model.mlp_layers == 2 * model.layers, []
    for layer, kind in enumerate(kinds):
        for names, params in _mixer(model, kind).items():
            group = DENSE if kind == CONV else ATTENTION_GROUP
            out.append(Matrix(layer, names, group, params))
        if sparse[layer]:
            width, hidden = model.expert_intermediate, model.expert_hidden or model.hidden
            for name in _mlp(model):
                names = _names(("experts",) if beside else ("mlp.experts", "mixer.experts"), name)
                out.append(Matrix(layer, names, EXPERTS, model.experts * width * hidden, model.experts))
        parts = {"mlp.shared_experts": model.shared_intermediate} if sparse[layer] else {}
        if beside or (not sparse[layer] and (MLP not in kinds or kind == MLP) and _has_mlp(model, kind)):
            parts["mlp"] = model.intermediate
        for part, width in parts.items():
            names_in = (part, part.replace("mlp", "mixer", 1))
            own = [_names(names_in, name) for name in _mlp(model) if width]
            out += [Matrix(layer, names, DENSE, width * model.hidden) for names in own]
    return out


def _has_mlp(model: Model, kind: str) -> bool:
    return model.mlp_layers == model.layers or kind == MLP


def _laid_out(model: Model, sparse: Sequence[bool], kinds: Sequence[str]) -> bool:
    """Whether the layers and what they hold are those that the model's counts say."""
    mixers = [kind for kind in kinds if kind not in (*ATTENTION, MLP, MOE, CONV)]
    usual = model.layers == len(sparse) == len(kinds) and not model.encoder_layers
    attention = sum(kind in ATTENTION for kind in kinds) == model.attention_layers
    recurrent = len(mixers) + list(kinds).count(BOTH) == model.mamba_layers
    mlps = sum(kind in (MLP, MOE) for kind in kinds) or model.layers
    whole = model.mlp_layers in (mlps, 2 * model.layers) or not model.mlp_layers
    conv = list(kinds).count(CONV) == model.other_layers
    return bool(usual and attention and recurrent and whole and conv and sum(sparse) == model.moe_layers)


def _names(parts: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(f"{part}.{each}" for part in parts for each in (name, *ALIASES.get(name, ())))


def _mlp(model: Model) -> tuple[str, ...]:
    return ("gate_proj", "up_proj", "down_proj") if model.gated_mlp else ("up_proj", "down_proj")


def _mixer(model: Model, kind: str) -> dict[tuple[str, ...], int]:
    """The matrices of a layer's mixer, by their names below the layer."""
    out: dict[tuple[str, ...], int] = {}
    if kind in ATTENTION:
        near = kind in (SLIDING, CHUNKED) and model.sliding_head_dim
        each = _near_attention(model) if near else _attention(model)
        out |= {_names(("self_attn", "mixer"), name): params for name, params in each.items()}
    if kind == CONV:
        out |= {("conv.in_proj",): 3 * model.hidden**2, ("conv.out_proj",): model.hidden**2}
    elif kind == BOTH or kind not in (*ATTENTION, MLP, MOE):
        whole = not model.mamba_conv or (model.mamba_project and model.mamba_groups)  # lightning and Kimi's delta
        parts = (*RECURRENT, "self_attn") if whole else RECURRENT
        for names, params in _recurrent(model).items():
            out[tuple(f"{part}.{name}" for part in parts for name in names)] = params
    return out


def _recurrent(model: Model) -> dict[tuple[str, ...], int]:
    """The matrices of a layer of Mamba or linear attention, by what families call them."""
    hidden, inner, keys = model.hidden, model.mamba_heads * model.mamba_head_dim, model.mamba_groups * model.mamba_state
    out = {("out_proj", "o_proj"): inner * hidden, ("conv1d",): (inner + 2 * keys) * model.mamba_conv}
    if not model.mamba_project:
        return out | {
            ("in_proj", "in_proj_qkv", "in_proj_qkvz", "qkv_proj"): (inner + 2 * keys) * hidden,
            ("in_proj", "in_proj_z", "in_proj_qkvz", "output_gate"): inner * hidden,
            ("in_proj", "in_proj_a", "in_proj_b", "in_proj_ba"): model.mamba_heads * hidden,
        }
    if not keys:  # Mamba-1
        rest = ("x_proj", "dt_proj")
        return out | {("in_proj",): 2 * inner * hidden, rest: (model.mamba_project - 2 * inner) * hidden}
    gates = ("f_a_proj", "f_b_proj", "g_a_proj", "g_b_proj", "b_proj")
    own = {("q_proj",): keys * hidden, ("k_proj",): keys * hidden, ("v_proj",): inner * hidden}
    return out | own | {gates: (model.mamba_project - 2 * keys - inner) * hidden}


def _near_attention(model: Model) -> dict[str, int]:
    """Attention in a window, where its heads are others."""
    hidden, value = model.hidden, model.sliding_value_dim
    return {
        "q_proj": hidden * model.sliding_heads * model.sliding_head_dim * (2 if model.attention_gate else 1),
        "k_proj": hidden * model.sliding_kv_heads * model.sliding_head_dim,
        "v_proj": hidden * model.sliding_kv_heads * value,
        "o_proj": hidden * model.sliding_heads * value,
    }


def _attention(model: Model) -> dict[str, int]:
    hidden, heads = model.hidden, model.heads
    if model.kv_lora_rank:
        query = heads * (model.qk_nope_head_dim + model.qk_rope_head_dim)
        low = {"q_a_proj": hidden * model.q_lora_rank, "q_b_proj": model.q_lora_rank * query}
        return (low if model.q_lora_rank else {"q_proj": hidden * query}) | {
            "kv_a_proj_with_mqa": hidden * (model.kv_lora_rank + model.qk_rope_head_dim),
            "kv_b_proj": model.kv_lora_rank * heads * (model.qk_nope_head_dim + model.v_head_dim),
            "o_proj": heads * model.v_head_dim * hidden,
        }
    value, rank = model.value_dim or model.head_dim, model.output_lora_rank
    if rank and model.shared_values:
        return {
            **{"q_a_proj": hidden * model.q_lora_rank, "q_b_proj": model.q_lora_rank * heads * model.head_dim},
            **{"kv_proj": hidden * model.kv_heads * model.head_dim, "o_a_proj": heads * value * rank},
            "o_b_proj": model.output_groups * rank * hidden,
        }
    return {
        "q_proj": hidden * heads * model.head_dim * (2 if model.attention_gate else 1),
        "k_proj": hidden * model.kv_heads * model.head_dim,
        "v_proj": hidden * model.kv_heads * value,
        "o_proj": hidden * heads * value,
    }
