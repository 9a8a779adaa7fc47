"""Hybrids and recurrent models of 2025 and 2026, held against transformers' own count or what is published."""

from __future__ import annotations

from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work import flops
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.weights import stored_bytes

LING: dict[str, Any] = {
    "model_type": "bailing_hybrid", "architectures": ["BailingMoeV3ForCausalLM"], "num_hidden_layers": 42,
    "hidden_size": 2560, "vocab_size": 157184, "tie_word_embeddings": False, "first_k_dense_replace": 2,
    "intermediate_size": 6144, "num_attention_heads": 32, "num_key_value_heads": 32, "kv_lora_rank": 512,
    "q_lora_rank": None, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "head_dim": 128,
    "gated_attention_proj_granularity_type": "head_wise", "rotary_dim": 64, "rope_interleave": True,
    "short_conv_kernel_size": 4, "no_kda_lora": True, "kda_safe_gate": True, "kda_lower_bound": -5.0,
    "num_experts": 512, "num_experts_per_tok": 8, "num_shared_experts": 1, "moe_intermediate_size": 768,
    "moe_shared_expert_intermediate_size": 768, "routed_scaling_factor": 2.5, "norm_topk_prob": True, "n_group": 8,
    "topk_group": 4, "layer_group_size": 6,
}  # fmt: skip
LONGCAT: dict[str, Any] = {
    "architectures": ["LongcatFlashNgramForCausalLM"], "vocab_size": 131072, "hidden_size": 3072,
    "ffn_hidden_size": 6144, "expert_ffn_hidden_size": 1024, "num_layers": 14, "num_attention_heads": 32,
    "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
    "n_routed_experts": 256, "moe_topk": 12, "routed_scaling_factor": 6.0, "zero_expert_num": 128,
    "zero_expert_type": "identity", "ngram_vocab_size_ratio": 78, "emb_neighbor_num": 4, "emb_split_num": 4,
    "max_position_embeddings": 327680, "torch_dtype": "bfloat16",
}  # fmt: skip
HY3: dict[str, Any] = {
    "model_type": "hy_v3", "num_hidden_layers": 80, "num_nextn_predict_layers": 1, "hidden_size": 4096,
    "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 262144,
    "qk_norm": True, "vocab_size": 120832, "intermediate_size": 13312, "first_k_dense_replace": 1, "num_experts": 192,
    "num_experts_per_tok": 8, "num_shared_experts": 1, "expert_hidden_dim": 1536, "moe_intermediate_size": 1536,
    "router_scaling_factor": 2.826, "tie_word_embeddings": False,
}  # fmt: skip
RWKV7: dict[str, Any] = {
    "model_type": "rwkv7", "a_low_rank_dim": 64, "attn": None, "attn_mode": "chunk", "decay_low_rank_dim": 64,
    "gate_low_rank_dim": 128, "v_low_rank_dim": 32, "head_dim": 64, "hidden_act": "sqrelu", "hidden_ratio": 4.0,
    "hidden_size": 768, "intermediate_size": 3072, "norm_bias": True, "norm_first": True, "num_heads": 12,
    "num_hidden_layers": 12, "tie_word_embeddings": False, "vocab_size": 50304,
}  # fmt: skip


def read(config: dict[str, Any]) -> Any:
    return model_from_dict(dict(config), "a file", "a-model")


def test_ling_3_and_hy3_are_counted_as_their_own_code_lays_them_out() -> None:
    ling = read(LING)
    assert ling.total_params == pytest.approx(124_414_191_072, rel=1e-5)
    assert (ling.attention_layers, ling.mamba_layers, ling.moe_layers) == (7, 35, 40)
    # of 35 layers 32 states of 128 by 128 in 32 bits, and three inputs of 3 x 4,096 channels in 16
    assert flops.state_bytes(ling) == 35 * (32 * 128 * 128 * 4 + 3 * 3 * 4096 * 2)
    assert read(HY3).total_params == pytest.approx(295_033_528_320, rel=1e-5)


def test_ling_3_as_transformers_saves_it_is_the_same_model() -> None:
    saved = {name: value for name, value in LING.items() if name not in ("no_kda_lora", "architectures", "rotary_dim")}
    saved |= {"head_dim": 64, "linear_head_dim": 128, "linear_num_heads": 32, "linear_conv_kernel_dim": 4}
    saved |= {"qk_head_dim": 192, "layer_types": (["linear_attention"] * 5 + ["full_attention"]) * 7}
    saved |= {"mlp_layer_types": ["dense"] * 2 + ["sparse"] * 40, "mtp_loss_scaling_factor": 0.0}
    assert read(saved) == read(LING)


def test_tables_of_groups_of_words_are_stored_but_not_active() -> None:
    """LongCat-Flash-Lite: 68.5 billion, of which 31.4 in such tables; 2.9 to 4.5 active."""
    lite = read(LONGCAT)
    assert lite.total_params == pytest.approx(68.5e9, rel=0.002)
    assert lite.looked_up_params == 78 * 131072 * 3072
    assert 2.9e9 < lite.active_params - lite.hidden * lite.vocab < 4.5e9
    assert stored_bytes(lite, "fp8") - stored_bytes(lite, "bf16") / 2 == pytest.approx(
        lite.embedding_params + lite.looked_up_params
    )


def test_rwkv_7_has_its_gates_of_low_rank_and_a_state_by_head() -> None:
    goose = read(RWKV7)
    assert goose.total_params == pytest.approx(168e6, rel=0.005)
    assert float(flops.kv_bytes(goose, 0)) == float(flops.kv_bytes(goose, 9999)) == 12 * 768 * (64 + 1) * 4


@pytest.mark.parametrize(
    ("config", "change", "word"),
    [
        (LING, {"architectures": ["BailingMoeV2_5ForCausalLM"]}, "Ling 3.0 alone"),
        (LING, {"no_kda_lora": False}, "no_kda_lora"),
        (LONGCAT, {"emb_split_num": 5}, "15 tables"),
        (HY3, {"expert_hidden_dim": 768}, "differ"),
        (RWKV7, {"decay_low_rank_dim": None}, "decay_low_rank_dim"),
        (RWKV7, {"attn": {"layers": [3], "num_heads": 12}}, "attn"),
    ],
)
def test_what_they_are_not_is_refused_by_name(config: dict[str, Any], change: dict[str, Any], word: str) -> None:
    with pytest.raises(WattlineError, match=word):
        read(config | change)


T5: dict[str, Any] = {
    **{"model_type": "t5", "vocab_size": 32128, "d_model": 768, "d_kv": 64, "d_ff": 2048, "num_heads": 12},
    **{"num_layers": 12, "num_decoder_layers": 12, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
}
MT5 = T5 | {"model_type": "mt5", "vocab_size": 250112, "d_model": 512, "d_ff": 1024, "num_heads": 6, "num_layers": 8}
MT5 |= {"num_decoder_layers": 8}


@pytest.mark.parametrize(("config", "total"), [(T5, 247.6e6), (MT5, 300.2e6)])
def test_encoder_decoders_whose_tables_lie_apart_have_their_checkpoints_size(
    config: dict[str, Any], total: float
) -> None:
    """FLAN-T5 base and mT5 small, whose files hold an output layer of their own."""
    assert read(config).total_params == pytest.approx(total, rel=0.001)
    without = {name: value for name, value in MT5.items() if name != "feed_forward_proj"}
    assert read(without) == read(MT5)  # what mT5's class fills in


def test_gemma_4_ends_with_a_layer_that_sees_everything() -> None:
    gemma: dict[str, Any] = {
        **{"model_type": "gemma4_unified_text", "vocab_size": 262144, "hidden_size": 2304, "intermediate_size": 9216},
        **{"num_hidden_layers": 8, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256},
        **{"sliding_window": 1024, "max_position_embeddings": 262144, "num_kv_shared_layers": 0},
        "layer_types": ["sliding_attention"] * 5 + ["full_attention"] + ["sliding_attention"] * 2,
    }
    assert read(gemma).global_layers == 2
    assert read(gemma) == read(gemma | {"layer_types": None})


def test_what_a_whole_fills_into_its_language_model_is_not_its_classs_own() -> None:
    glm: dict[str, Any] = {
        "model_type": "glmasr",
        "text_config": {"model_type": "llama", "num_hidden_layers": 6, "hidden_size": 2048, "num_attention_heads": 16},
    }
    assert read(glm).kv_heads == 4
    assert read(glm | {"text_config": {**glm["text_config"], "num_key_value_heads": 16}}).kv_heads == 16


def test_a_config_that_denies_two_stacks_goes_by_its_class() -> None:
    bart: dict[str, Any] = {
        **{"model_type": "bart", "vocab_size": 50265, "d_model": 64, "encoder_layers": 2, "decoder_layers": 2},
        **{"encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128},
        **{"max_position_embeddings": 128, "is_encoder_decoder": False},
    }
    assert read(bart).encoder_layers == 0
    assert read(bart | {"architectures": ["BartForCausalLM"]}).encoder_layers == 0
    assert read(bart | {"architectures": ["BartForConditionalGeneration"]}).encoder_layers == 2
