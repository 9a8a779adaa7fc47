"""Exceptions of a quantisation in hybrids: which weights of which layer stay wide, by hand and against the counts."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface import reader
from wattline.line.work.huggingface.layout import ATTENTION_GROUP, DENSE, EXPERTS, Matrix
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.model import Model
from wattline.line.work.weights import stored_bytes

ARCHITECTURES = json.loads((Path(__file__).parent / "data" / "architectures.json").read_text(encoding="utf-8"))
MAMBA: dict[str, Any] = {  # Mamba, experts, attention, MLP: one a layer
    **{"model_type": "nemotron_h", "hidden_size": 64, "num_hidden_layers": 4, "hybrid_override_pattern": "ME*-"},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 128, "vocab_size": 256},
    **{"n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "n_shared_experts": 1},
    **{"moe_shared_expert_intermediate_size": 48, "mamba_num_heads": 8, "mamba_head_dim": 16, "ssm_state_size": 16},
    **{"n_groups": 2, "conv_kernel": 4},
}
DELTA: dict[str, Any] = {
    **{"model_type": "qwen3_next", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4},
    **{"num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 128, "vocab_size": 256, "num_experts": 0},
    **{"linear_num_value_heads": 8, "linear_value_head_dim": 16, "linear_num_key_heads": 4, "linear_key_head_dim": 16},
    **{"linear_conv_kernel_dim": 4, "full_attention_interval": 4},
}
BESIDE: dict[str, Any] = {  # a dense MLP beside experts in every layer, and heads of its own in the global one
    **{"model_type": "gemma4_text", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"num_key_value_heads": 2, "head_dim": 16, "global_head_dim": 32, "num_global_key_value_heads": 2},
    **{"intermediate_size": 128, "vocab_size": 256, "sliding_window": 16, "max_position_embeddings": 64},
    **{"layer_types": ["sliding_attention", "full_attention"], "hidden_size_per_layer_input": 0},
    **{"enable_moe_block": True, "num_experts": 8, "top_k_experts": 2, "moe_intermediate_size": 32},
}
INNER, KEYS = 8 * 16, 2 * 2 * 16  # of MAMBA
CASES = [  # a config, what is left out, and how many weights that is
    (MAMBA, "backbone.layers.0.mixer.in_proj", 64 * (2 * INNER + KEYS + 8)),
    (MAMBA, "backbone.layers.0.mixer.out_proj", 64 * INNER),
    (MAMBA, "backbone.layers.0.mixer.q_proj", 0),
    (MAMBA, "backbone.layers.1.mixer.experts", 8 * 2 * 64 * 32),
    (MAMBA, "backbone.layers.1.mixer.experts.3.up_proj", 64 * 32),
    (MAMBA, "backbone.layers.1.mixer.shared_experts", 2 * 64 * 48),
    (MAMBA, "backbone.layers.2.mixer.k_proj", 64 * 32),
    (MAMBA, "backbone.layers.2.mixer", 2 * 64 * (64 + 32)),
    (MAMBA, "backbone.layers.3.mixer.down_proj", 64 * 128),
    (MAMBA, "*.layers.3.*", 2 * 64 * 128),
    (DELTA, "model.layers.0.linear_attn.in_proj_qkvz", 64 * (2 * 128 + 2 * 64)),
    (DELTA, "model.layers.0.linear_attn.out_proj", 64 * 128),
    (DELTA, "model.layers.1.self_attn", 0),
    (DELTA, "model.layers.3.self_attn.q_proj", 2 * 64 * 64),  # with the output's gate
    (DELTA, "model.layers.3.linear_attn.out_proj", 0),
    (DELTA, "re:.*mlp.*", 4 * 3 * 64 * 128),
    (BESIDE, "model.language_model.layers.0.mlp*", 3 * 64 * 128),
    (BESIDE, "model.language_model.layers.1.experts*", 8 * 3 * 64 * 32),
    (BESIDE, "model.language_model.layers.0.self_attn*", 2 * 64 * 16 * (4 + 2)),
    (BESIDE, "model.language_model.layers.1.self_attn.o_proj", 64 * 32 * 4),
    (BESIDE, "model.language_model.layers.0.router*", 0),
]


def wide(config: dict[str, Any], name: str) -> float:
    """Weights that one exception leaves in 16 bits, as bytes beyond those without it."""
    quants = [{"quant_method": "fp8"}, {"quant_method": "fp8", "modules_to_not_convert": [name]}]
    narrow, more = (
        stored_bytes(model_from_dict(config | {"quantization_config": each}, "config.json", "m"), "fp8")
        for each in quants
    )
    return more - narrow


@pytest.mark.parametrize(("config", "name", "weights"), CASES)
def test_an_exception_names_the_weights_of_its_own_layer(config: dict[str, Any], name: str, weights: int) -> None:
    # what no list names (convolutions, norms, routers) goes with the mean of its group
    assert wide(config, name) == pytest.approx(weights, rel=0.05, abs=1)


@cache
def laid_out(kind: str) -> tuple[Model, list[Matrix]] | None:
    """A recorded config's model, and the matrices that its quantisation would be held against."""
    taken: list[Matrix] = []

    def spy(*args: Any) -> Any:
        taken.extend(args[3])
        return read(*args)

    read, reader.read_weights = reader.read_weights, spy
    try:
        model = model_from_dict(json.loads(json.dumps(ARCHITECTURES[kind]["config"])), "config.json", kind)
    except WattlineError:
        return None
    finally:
        reader.read_weights = read
    return (model, taken) if taken else None


@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_matrices_add_up_to_the_models_counts(kind: str) -> None:
    pair = laid_out(kind)
    if pair is None:
        pytest.skip("read without a layout")
    model, matrices = pair
    sums = {group: sum(m.params for m in matrices if m.group == group) for group in (EXPERTS, DENSE, ATTENTION_GROUP)}
    assert sums[EXPERTS] == model.expert_params_total
    mlps = model.dense_layers * model.dense_mlp_params_per_layer
    mlps += model.moe_layers * model.shared_expert_params_per_layer + 4 * model.hidden**2 * model.other_layers
    assert sums[DENSE] == mlps
    mixers = model.attention_params + model.mamba_layers * model.mamba_params_per_layer
    assert sums[ATTENTION_GROUP] == pytest.approx(mixers, rel=1e-3)


def test_most_kinds_of_layers_are_laid_out() -> None:
    pairs = [
        laid_out(kind) for kind in ("nemotron_h", "qwen3_next", "gemma4_text", "jamba", "bamba", "falcon_h1", "lfm2")
    ]
    assert all(pairs)


@pytest.mark.parametrize("ratio", [0.5, 0.8, 1.0])
def test_openvinos_ratio_is_the_share_of_four_bits(ratio: float) -> None:
    quant = {"bits": 4, "group_size": 64, "ratio": ratio, "sym": False}
    bytes_of = [
        stored_bytes(model := model_from_dict(DELTA | {"quantization_config": each}, "c", "m"), model.native_format)
        for each in (quant, {"bits": 4, "group_size": 64})
    ]
    matrices = bytes_of[1] - stored_bytes(model_from_dict(DELTA, "c", "m"), "bf16")
    assert (bytes_of[0] - bytes_of[1]) / -matrices == pytest.approx((1 - ratio) * 4 / (16 - 4.25), rel=0.05, abs=1e-9)
