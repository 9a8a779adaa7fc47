"""Configs of 2026 with the fields of their checkpoints, held against the bytes and counts that were published."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small_chip import model
from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.line.chip.shape import Shape
from wattline.line.work import flops, reach
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.model import load_model
from wattline.line.work.reading import layers_by_kind
from wattline.line.work.weights import stored_bytes

FULL = [*range(4, 93, 4), 93]
K3: dict[str, Any] = {
    "model_type": "kimi_k3", "media_placeholder_token_id": 163605, "ignore_index": -100,
    "text_config": {
        "model_type": "kimi_linear", "activation_situ_beta": 4.0, "activation_situ_linear_beta": 25.0,
        "attn_res_block_size": 12, "first_k_dense_replace": 1, "hidden_act": "situ", "hidden_size": 7168,
        "intermediate_size": 33792, "kv_lora_rank": 512, "latent_moe_use_norm": True, "mla_use_nope": True,
        "linear_attn_config": {
            "full_attn_layers": FULL, "kda_layers": [i for i in range(1, 94) if i not in FULL], "num_heads": 96,
            "head_dim": 128, "short_conv_kernel_size": 4, "gate_lower_bound": -5.0, "use_full_rank_gate": True,
        },
        "max_position_embeddings": 1048576, "mla_use_output_gate": True, "moe_intermediate_size": 3072,
        "moe_layer_freq": 1, "num_attention_heads": 96, "num_experts": 896, "num_experts_per_token": 16,
        "num_hidden_layers": 93, "num_key_value_heads": 96, "num_shared_experts": 2, "q_lora_rank": 1536,
        "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "routed_expert_hidden_size": 3584, "v_head_dim": 128,
        "vocab_size": 163840, "tie_word_embeddings": False,
        "quantization_config": {
            "quant_method": "compressed-tensors", "format": "mxfp4-pack-quantized",
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "float"}}},
            "ignore": ["re:.*self_attn.*", "re:.*shared_experts.*", "re:.*lm_head.*",
                       "re:.*mlp\\.(gate|up|gate_up|down)_proj.*"],
        },
    },
    "vision_config": {
        "init_pos_emb_height": 64, "init_pos_emb_time": 4, "init_pos_emb_width": 64, "merge_kernel_size": [2, 2],
        "mm_hidden_size": 1024, "patch_size": 14, "qkv_hidden_size": 1536, "text_hidden_size": 7168,
        "vt_hidden_size": 1024, "vt_intermediate_size": 4096, "vt_num_attention_heads": 12, "vt_num_hidden_layers": 27,
    },
}  # fmt: skip
SPARSE = [0, 0, 0, *(57 * [1])]
M3: dict[str, Any] = {
    "model_type": "minimax_m3", "dense_intermediate_size": 12288, "first_k_dense_replace": 3, "head_dim": 128,
    "hidden_size": 6144, "intermediate_size": 3072, "max_position_embeddings": 1048576, "moe_intermediate_size": 3072,
    "moe_layer_freq": SPARSE, "n_shared_experts": 1, "num_attention_heads": 64, "num_experts_per_tok": 4,
    "num_hidden_layers": 60, "num_key_value_heads": 4, "num_local_experts": 128, "num_mtp_modules": 7,
    "rotary_dim": 64, "shared_intermediate_size": 3072, "tie_word_embeddings": False, "vocab_size": 200064,
    "sparse_attention_config": {
        "sparse_attention_freq": SPARSE, "sparse_block_size": 128, "sparse_disable_index_value": SPARSE,
        "sparse_index_dim": 128, "sparse_init_block": 0, "sparse_local_block": 1, "sparse_num_index_heads": 4,
        "sparse_score_type": "max", "sparse_topk_blocks": 16, "use_sparse_attention": True,
    },
}  # fmt: skip


def read(config: dict[str, Any]) -> Any:
    return model_from_dict(dict(config), "a file", "a-model")


def test_kimi_k3_has_the_bytes_of_its_checkpoints_index() -> None:
    known = read(K3)
    assert stored_bytes(known, known.native_format) == pytest.approx(1_560_860_324_864, rel=1e-4)
    assert known.total_params == pytest.approx(2.78e12, rel=0.001)
    assert known.active_params - known.hidden * known.vocab == pytest.approx(104e9, rel=0.005)
    assert (known.attention_layers, known.mamba_layers, known.moe_layers, known.expert_hidden) == (24, 69, 92, 3584)
    # of a KDA layer: queries, keys, values, gate and output of full rank, a decay of low rank, 96 rates, convolutions
    each = 7168 * (5 * 12288 + 128 + 96) + 128 * 12288 + 3 * 12288 * 4
    assert known.mamba_params_per_layer == pytest.approx(each, rel=1e-5)


def test_minimax_m3_reads_sixteen_blocks_in_its_sparse_layers_and_keeps_everything() -> None:
    known = read(M3)
    assert known.total_params == pytest.approx(426.2e9, rel=0.001)  # 427.0 with its encoder of pictures
    assert (known.sparse_layers, known.sparse_tokens, known.index_layers) == (57, 2048, 57)
    far = 100_000
    assert float(reach.attended_token_layers(known, far)) == 3 * far + 57 * 2048
    assert float(reach.cached_token_layers(known, far)) == 60 * far
    dense = read(M3 | {"sparse_attention_config": {**M3["sparse_attention_config"], "use_sparse_attention": False}})
    assert float(flops.decode_flops_per_token(dense, far)) > 3 * float(flops.decode_flops_per_token(known, far))


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("minimax-m3", {"full attention": 3, "sparse attention": 57}),
        (
            "deepseek-v4-flash",
            {"sliding attention": 2, "compressed sparse attention": 21, "heavily compressed attention": 20},
        ),
        ("deepseek-v4-pro", {"compressed sparse attention": 30, "heavily compressed attention": 31}),
    ],
)
def test_a_model_by_name_tells_the_layers_that_its_config_tells(name: str, layers: dict[str, int]) -> None:
    assert layers_by_kind(load_model(name, catalog.default())) == layers


def test_an_encoder_of_pictures_is_that_of_its_class_whatever_its_part_is_called() -> None:
    seeing = {
        **{"model_type": "minimax_m3_vl", "projector_hidden_size": 6144},
        "text_config": {name: value for name, value in M3.items() if name != "model_type"},
        "vision_config": {
            **{"model_type": "clip_vision_model", "hidden_size": 1280, "intermediate_size": 5120, "patch_size": 14},
            **{"num_hidden_layers": 32, "num_attention_heads": 16, "image_size": 2016, "projection_dim": 6144},
            "img_token_compression_config": {"spatial_merge_size": 2, "temporal_patch_size": 2},
        },
    }
    assert read(seeing).total_params == pytest.approx(427.0e9, rel=0.001)


@settings(max_examples=60, deadline=None)
@given(
    layers=st.integers(1, 9),
    whole=st.integers(0, 9),
    sparse=st.integers(0, 9),
    window=st.integers(1, 200),
    picks=st.integers(1, 300),
    context=st.integers(1, 3000),
)
def test_layers_of_three_reaches_add_up(
    layers: int, whole: int, sparse: int, window: int, picks: int, context: int
) -> None:
    """Windows, whole contexts and picked tokens in one model: each layer sees its own, and all but windows keep all."""
    count = layers + whole + sparse
    small = model(
        layers=count, sliding_window=window, global_layers=whole + sparse, sparse_layers=sparse, sparse_tokens=picks
    )
    seen = layers * min(context, window) + whole * context + sparse * min(context, picks)
    assert float(reach.attended_token_layers(small, context)) == seen
    assert float(Shape.of(small).attended(context)) == seen
    assert (
        float(reach.cached_token_layers(small, context)) == layers * min(context, window) + (whole + sparse) * context
    )
    mean = float(reach.attended_token_layers(small, np.linspace(0, context, 20_001)).mean())
    assert float(reach.mean_attended_token_layers(small, context)) == pytest.approx(mean, rel=1e-3, abs=1e-3)
    assert float(Shape.of(small).attended_in_prompt(context)) == pytest.approx(mean, rel=1e-3, abs=1e-3)


def test_sparse_layers_that_no_list_names_are_refused() -> None:
    config = {
        **{"model_type": "glm_moe_dsa", "layer_types": ["full_attention", "sliding_attention"], "sliding_window": 8},
        **{"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 100, "q_lora_rank": 8},
        **{"kv_lora_rank": 8, "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 8, "intermediate_size": 64},
        **{"n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "index_topk": 4},
    }
    with pytest.raises(WattlineError, match="index_topk"):
        read(config)
