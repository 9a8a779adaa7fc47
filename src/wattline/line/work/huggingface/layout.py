"""The matrices of a model by layer and name, so that what a quantisation says of single modules is weighed exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wattline.line.work.model import Model

ATTENTION, DENSE, EXPERTS = "attention", "dense", "experts"
GROUPS = (EXPERTS, DENSE, ATTENTION)
# what a matrix is called besides, by its usual name: alone, or together with its neighbours
ALIASES = {
    **{"q_proj": ("wq", "qkv_proj", "query_key_value", "c_attn", "Wqkv"), "k_proj": ("wk", "qkv_proj")},
    **{"v_proj": ("wv", "qkv_proj", "query_key_value", "c_attn", "Wqkv"), "o_proj": ("wo", "out_proj", "dense")},
    **{"gate_proj": ("w1", "gate_up_proj"), "up_proj": ("w3", "gate_up_proj", "fc1", "c_fc", "dense_h_to_4h")},
    **{"down_proj": ("w2", "fc2", "dense_4h_to_h"), "q_a_proj": ("fused_qkv_a_proj_with_mqa",)},
    **{"kv_a_proj_with_mqa": ("fused_qkv_a_proj_with_mqa",)},
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


def matrices_of(model: Model, sparse: Sequence[bool]) -> list[Matrix]:
    """The matrices that a quantisation can reach; empty for a model whose layers are not all of one kind of attention.

    Parameters
    ----------
    model : as it was read
    sparse : whether a layer has experts, first to last

    Returns the matrices.
    """
    other = model.mamba_layers or model.other_layers or model.encoder_layers or model.sliding_head_dim
    usual = model.attention_layers == model.mlp_layers == model.layers == len(sparse)
    if other or not usual or model.cacheless_layers or sum(sparse) != model.moe_layers:
        return []
    attention, out = _attention(model), []
    for layer in range(model.layers):
        out += [_matrix(layer, "self_attn", name, ATTENTION, params) for name, params in attention.items()]
        if sparse[layer]:
            width, hidden = model.expert_intermediate, model.expert_hidden or model.hidden
            for name in _mlp(model):
                params = model.experts * width * hidden
                out.append(_matrix(layer, "mlp.experts", name, EXPERTS, params, model.experts))
        width = model.shared_intermediate if sparse[layer] else model.intermediate
        part = "mlp.shared_experts" if sparse[layer] else "mlp"
        out += [_matrix(layer, part, name, DENSE, width * model.hidden) for name in _mlp(model) if width]
    return out


def _matrix(layer: int, part: str, name: str, group: str, params: int, copies: int = 1) -> Matrix:
    names = tuple(f"{part}.{each}" for each in (name, *ALIASES.get(name, ())))
    return Matrix(layer, names, group, params, copies)


def _mlp(model: Model) -> tuple[str, ...]:
    return ("gate_proj", "up_proj", "down_proj") if model.gated_mlp else ("up_proj", "down_proj")


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
    value = model.value_dim or model.head_dim
    return {
        "q_proj": hidden * heads * model.head_dim * (2 if model.attention_gate else 1),
        "k_proj": hidden * model.kv_heads * model.head_dim,
        "v_proj": hidden * model.kv_heads * value,
        "o_proj": hidden * heads * value,
    }
