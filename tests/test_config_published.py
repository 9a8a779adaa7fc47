"""Configs with the fields that published checkpoints carry: parameters are those that their makers' files hold."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from wattline.line.work.huggingface.reader import model_from_dict

USUAL: dict[str, Any] = {
    "tie_word_embeddings": False, "max_position_embeddings": 131072, "hidden_act": "silu", "rms_norm_eps": 1e-6,
    "rope_theta": 1e6, "torch_dtype": "bfloat16", "transformers_version": "4.50.0", "use_cache": True,
    "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": [2, 3], "initializer_range": 0.02,
}  # fmt: skip


def config(kind: str, sizes: tuple[int, ...], **more: Any) -> dict[str, Any]:
    """``sizes``: hidden, MLP, layers, heads, key-value heads, vocabulary."""
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
             "vocab_size")  # fmt: skip
    return {"model_type": kind, **USUAL, **dict(zip(names, sizes, strict=True)), **more}


LING: dict[str, Any] = {
    "head_dim": 128, "num_experts": 256, "num_experts_per_tok": 8, "num_shared_experts": 1, "n_group": 8,
    "topk_group": 4, "routed_scaling_factor": 2.5, "use_qk_norm": True, "use_rmsnorm": True, "router_dtype": "fp32",
    "moe_router_enable_expert_bias": True, "score_function": "sigmoid", "partial_rotary_factor": 0.5,
    "sliding_window": 4096, "use_sliding_window": False, "max_window_layers": 20, "num_nextn_predict_layers": 0,
}  # fmt: skip
NEMOTRON = {
    "hybrid_override_pattern": "M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-", "head_dim": 128,
    "mamba_num_heads": 128, "mamba_head_dim": 80, "ssm_state_size": 128, "n_groups": 8, "conv_kernel": 4, "expand": 2,
    "chunk_size": 128, "num_query_groups": 8, "time_step_limit": [0.0, 1e9], "mlp_hidden_act": "relu2",
    "residual_in_fp32": False,
}  # fmt: skip
PIXTRAL = {
    "model_type": "llava", "projector_hidden_act": "gelu", "image_seq_length": 1, "vision_feature_layer": -1,
    "text_config": {"model_type": "mistral", "hidden_size": 5120, "head_dim": 128, "intermediate_size": 14336,
                    "num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 131072,
                    "is_composition": True, "max_position_embeddings": 1024000, "sliding_window": None},
    "vision_config": {"model_type": "pixtral", "head_dim": 64, "image_size": 1024, "patch_size": 16,
                      "is_composition": True, "rope_theta": 10000.0, "tie_word_embeddings": False},
}  # fmt: skip
VOXTRAL = {
    "model_type": "voxtral", "projector_hidden_act": "gelu", "hidden_size": 3072, "vocab_size": 131072,
    "text_config": config("llama", (3072, 8192, 30, 32, 8, 131072), head_dim=128),
    "audio_config": {"model_type": "voxtral_encoder", "hidden_size": 1280, "intermediate_size": 5120,
                     "num_hidden_layers": 32, "num_attention_heads": 20, "num_mel_bins": 128,
                     "max_source_positions": 1500, "vocab_size": 51866, "head_dim": 64},
}  # fmt: skip
# billions of parameters, all and active
PUBLISHED: dict[str, tuple[dict[str, Any], float, float]] = {
    "Ling-mini-2.0": (config("bailing_moe_v2", (2048, 5120, 20, 16, 4, 157184), moe_intermediate_size=512,
                             first_k_dense_replace=1, **LING), 16.256, 1.43),
    "Ling-flash-2.0": (config("bailing_moe_v2", (4096, 9216, 32, 32, 4, 157184), moe_intermediate_size=1024,
                              first_k_dense_replace=1, **LING), 102.9, 6.15),
    "Ling-lite": (config("bailing_moe", (2048, 5632, 28, 16, 4, 126464), moe_intermediate_size=1408, num_experts=64,
                         num_experts_per_tok=6, num_shared_experts=2, norm_head=True, first_k_dense_replace=0),
                  16.80, 2.75),
    "Phi-4-mini": (config("phi3", (3072, 8192, 32, 24, 8, 200064), tie_word_embeddings=True, interpolate_factor=1,
                          full_attn_mod=1, lm_head_bias=False, sliding_window=262144), 3.836, 3.836),
    "Command-R7B": (config("cohere2", (4096, 14336, 32, 32, 8, 256000), head_dim=128, tie_word_embeddings=True,
                           sliding_window=4096, use_embedding_sharing=True, use_gated_activation=True,
                           use_parallel_block=True, use_parallel_embedding=True, logit_scale=0.25), 8.028, 8.028),
    "SmolLM2-1.7B": (config("llama", (2048, 8192, 24, 32, 32, 49152), tie_word_embeddings=True, is_llama_config=True,
                            rope_interleaved=False), 1.711, 1.711),
    "MiniCPM4-8B": (config("minicpm", (4096, 16384, 32, 32, 2, 73448), dim_model_base=256, scale_emb=12,
                           scale_depth=1.4, mup_denominator=32), 8.185, 8.185),
    "ERNIE-4.5-300B": (config("ernie4_5_moe", (8192, 28672, 54, 64, 8, 103424), moe_num_experts=64, moe_k=8,
                              moe_intermediate_size=3584, moe_layer_start_index=3, moe_layer_end_index=53,
                              moe_layer_interval=1, moe_num_shared_experts=0, moe_use_aux_free=True,
                              moe_capacity=[64, 64, 64]), 300.0, 47.9),
    "Trinity-Mini": (config("afmoe", (2048, 6144, 32, 32, 4, 200192), head_dim=128, moe_intermediate_size=1024,
                            num_experts=128, num_experts_per_tok=8, num_shared_experts=1, num_dense_layers=2,
                            sliding_window=2048, layer_types=(["sliding_attention"] * 3 + ["full_attention"]) * 8,
                            global_attn_every_n_layers=4, num_expert_groups=1, num_limited_groups=1,
                            load_balance_coeff=0.001, use_grouped_mm=True, mup_enabled=True), 26.12, 3.475),
    "Nemotron-Nano-9B-v2": (config("nemotron_h", (4480, 15680, 56, 40, 8, 131072), **NEMOTRON), 8.888, 8.888),
    "Bamba-9B": (config("bamba", (4096, 14336, 32, 32, 8, 128256), attn_layer_indices=[9, 18, 27], attn_rotary_emb=64,
                        mamba_d_conv=4, mamba_d_head=64, mamba_d_state=128, mamba_expand=2, mamba_n_groups=1,
                        mamba_n_heads=128), 9.78, 9.78),
    "Pixtral-12B": (PIXTRAL, 12.68, 12.25),
    "Voxtral-Mini": (VOXTRAL, 4.676, 4.014),
    "MiniMax-M2": (config("minimax_m2", (3072, 1536, 62, 48, 8, 200064), head_dim=128, num_local_experts=256,
                          num_experts_per_tok=8, attn_type_list=[1] * 62, scoring_func="sigmoid", rotary_dim=64,
                          use_routing_bias=True, shared_intermediate_size=0, mlp_intermediate_size=8192),
                   228.69, 11.03),
    "Falcon-H1-34B": (config("falcon_h1", (5120, 21504, 72, 20, 4, 261120), head_dim=128, mamba_d_conv=4,
                             mamba_d_head=128, mamba_d_ssm=4096, mamba_d_state=256, mamba_expand=2, mamba_n_groups=2,
                             mamba_n_heads=32, mamba_use_mlp=True, mlp_expansion_factor=8, ssm_multipliers=[0.1] * 5,
                             mlp_multipliers=[0.1, 0.1]), 33.64, 33.64),
    "Qwen2-57B-A14B": (config("qwen2_moe", (3584, 18944, 28, 28, 4, 151936), moe_intermediate_size=2560,
                              shared_expert_intermediate_size=20480, num_experts=64, num_experts_per_tok=8,
                              decoder_sparse_step=1, mlp_only_layers=[], use_sliding_window=False), 57.41, 14.25),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_config_is_read_as_its_checkpoint_is(name: str) -> None:
    made, total, active = PUBLISHED[name]
    model = model_from_dict(copy.deepcopy(made), "config.json", name)
    assert model.total_params / 1e9 == pytest.approx(total, rel=0.005)
    assert model.active_params / 1e9 == pytest.approx(active, rel=0.01)
