"""Configurations of model families as their makers publish them, and their reading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_config
from wattline.line.work.model import Model

# fmt: off
LLAMA = {
    "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256,
    "max_position_embeddings": 131072, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}
QWEN3_MOE = {
    "model_type": "qwen3_moe", "hidden_size": 2048, "num_hidden_layers": 48, "num_attention_heads": 32,
    "num_key_value_heads": 4, "head_dim": 128, "intermediate_size": 6144, "moe_intermediate_size": 768,
    "num_experts": 128, "num_experts_per_tok": 8, "decoder_sparse_step": 1, "mlp_only_layers": [],
    "vocab_size": 151936, "max_position_embeddings": 40960,
}
DEEPSEEK_V3 = {
    "model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 61, "num_attention_heads": 128,
    "num_key_value_heads": 128, "intermediate_size": 18432, "moe_intermediate_size": 2048,
    "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3,
    "moe_layer_freq": 1, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 129280, "max_position_embeddings": 163840,
    "quantization_config": {"quant_method": "fp8", "fmt": "e4m3"},
}
GPT_OSS = {
    "model_type": "gpt_oss", "hidden_size": 2880, "num_hidden_layers": 24, "num_attention_heads": 64,
    "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 2880, "num_local_experts": 32,
    "num_experts_per_tok": 4, "vocab_size": 201088, "sliding_window": 128,
    "layer_types": ["sliding_attention", "full_attention"] * 12, "max_position_embeddings": 131072,
    "quantization_config": {"quant_method": "mxfp4"},
}
QWEN3_VISION = {
    "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16, "patch_size": 16,
    "spatial_merge_size": 2, "temporal_patch_size": 2, "in_channels": 3,
    "deepstack_visual_indexes": [8, 16, 24],
}
LLAMA_4 = {
    "model_type": "llama4", "vision_config": {"hidden_size": 1408, "num_hidden_layers": 34,
    "intermediate_size": 5632}, "text_config": {"model_type": "llama4_text", "hidden_size": 5120,
    "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128,
    "intermediate_size": 8192, "intermediate_size_mlp": 16384, "num_local_experts": 128,
    "num_experts_per_tok": 1, "interleave_moe_layer_step": 2, "vocab_size": 202048,
    "attention_chunk_size": 8192, "max_position_embeddings": 1048576},
}
NEMOTRON_H = {
    "model_type": "nemotron_h", "hidden_size": 4480, "num_hidden_layers": 56, "num_attention_heads": 40,
    "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 15680, "mamba_num_heads": 128,
    "mamba_head_dim": 80, "ssm_state_size": 128, "n_groups": 8, "conv_kernel": 4, "vocab_size": 131072,
    "max_position_embeddings": 131072,
    "hybrid_override_pattern": "M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-",
}
FAMILIES: dict[str, tuple[dict[str, Any], float]] = {
    "llama-3.1-8b": (LLAMA, 8.03e9),
    "mistral-7b-v0.1": (LLAMA | {
        "model_type": "mistral", "vocab_size": 32000, "max_position_embeddings": 32768,
        "sliding_window": 4096,
    }, 7.24e9),
    "qwen2.5-7b": ({
        "model_type": "qwen2", "hidden_size": 3584, "num_hidden_layers": 28, "num_attention_heads": 28,
        "num_key_value_heads": 4, "intermediate_size": 18944, "vocab_size": 152064,
        "use_sliding_window": False, "sliding_window": 131072, "max_window_layers": 28,
        "max_position_embeddings": 131072,
    }, 7.616e9),
    "qwen3-30b-a3b": (QWEN3_MOE, 3.053e10),
    "qwen3-next-80b-a3b": (QWEN3_MOE | {
        "model_type": "qwen3_next", "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256,
        "intermediate_size": 5120, "moe_intermediate_size": 512, "num_experts": 512,
        "num_experts_per_tok": 10, "max_position_embeddings": 262144, "shared_expert_intermediate_size": 512,
        "full_attention_interval": 4, "linear_num_value_heads": 32, "linear_value_head_dim": 128,
        "linear_num_key_heads": 16, "linear_key_head_dim": 128, "linear_conv_kernel_dim": 4,
    }, 8e10),
    "mixtral-8x7b": (LLAMA | {
        "model_type": "mixtral", "vocab_size": 32000, "num_local_experts": 8, "num_experts_per_tok": 2,
    }, 4.67e10),
    "deepseek-v3": (DEEPSEEK_V3, 6.71e11),
    "gpt-oss-20b": (GPT_OSS, 2.091e10),
    "gemma-2-9b": ({
        "model_type": "gemma2", "hidden_size": 3584, "num_hidden_layers": 42, "num_attention_heads": 16,
        "num_key_value_heads": 8, "head_dim": 256, "intermediate_size": 14336, "vocab_size": 256000,
        "sliding_window": 4096, "max_position_embeddings": 8192,
    }, 9.24e9),
    "gemma-3-4b": ({
        "model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 2560,
        "intermediate_size": 10240, "num_hidden_layers": 34, "sliding_window": 1024},
        "vision_config": {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
        "patch_size": 14, "image_size": 896, "vision_use_head": False},
    }, 4.3e9),
    "llama-4-maverick": (LLAMA_4, 4e11),
    "nemotron-nano-9b-v2": (NEMOTRON_H, 8.89e9),
    "qwen3-vl-8b": ({
        "model_type": "qwen3_vl", "vision_config": QWEN3_VISION | {"out_hidden_size": 4096},
        "text_config": {"model_type": "qwen3_vl_text", "hidden_size": 4096, "num_hidden_layers": 36,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 12288,
        "vocab_size": 151936,
        "max_position_embeddings": 262144}, "tie_word_embeddings": False,
    }, 8.77e9),
    "gpt-2-xl": ({
        "model_type": "gpt2", "n_embd": 1600, "n_layer": 48, "n_head": 25, "n_inner": None,
        "n_positions": 1024, "vocab_size": 50257,
    }, 1.558e9),
    "pythia-12b": ({
        "model_type": "gpt_neox", "hidden_size": 5120, "num_hidden_layers": 36, "num_attention_heads": 40,
        "intermediate_size": 20480, "vocab_size": 50688, "tie_word_embeddings": False,
        "max_position_embeddings": 2048,
    }, 1.1846e10),
    "bloom-176b": ({
        "model_type": "bloom", "hidden_size": 14336, "n_layer": 70, "n_head": 112, "vocab_size": 250880,
    }, 1.7625e11),
    "falcon-7b": ({
        "model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71,
        "num_kv_heads": 71, "multi_query": True, "new_decoder_architecture": False, "vocab_size": 65024,
    }, 6.92e9),
    "falcon-40b": ({
        "model_type": "falcon", "hidden_size": 8192, "num_hidden_layers": 60, "num_attention_heads": 128,
        "num_kv_heads": 8, "multi_query": True, "new_decoder_architecture": True, "vocab_size": 65024,
    }, 4.13e10),
    "opt-6.7b": ({
        "model_type": "opt", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
        "ffn_dim": 16384, "vocab_size": 50272, "max_position_embeddings": 2048,
    }, 6.7e9),
    "mpt-7b": ({
        "model_type": "mpt", "d_model": 4096, "n_layers": 32, "n_heads": 32, "expansion_ratio": 4,
        "vocab_size": 50432, "max_seq_len": 2048, "attn_config": {"alibi": True},
    }, 6.65e9),
    "dbrx": ({
        "model_type": "dbrx", "d_model": 6144, "n_layers": 40, "n_heads": 48, "max_seq_len": 32768,
        "vocab_size": 100352, "attn_config": {"kv_n_heads": 8}, "tie_word_embeddings": False,
        "ffn_config": {"ffn_hidden_size": 10752, "moe_num_experts": 16, "moe_top_k": 4},
    }, 1.32e11),
    "starcoder-15.5b": ({
        "model_type": "gpt_bigcode", "n_embd": 6144, "n_layer": 40, "n_head": 48, "n_inner": 24576,
        "n_positions": 8192, "multi_query": True, "vocab_size": 49152,
    }, 1.55e10),
    "t5-11b": ({
        "model_type": "t5", "d_model": 1024, "num_layers": 24, "num_heads": 128, "d_kv": 128, "d_ff": 65536,
        "vocab_size": 32128, "is_encoder_decoder": True,
    }, 1.131e10),
    "minimax-m1": ({
        "model_type": "minimax_m1", "hidden_size": 6144, "num_hidden_layers": 80, "num_attention_heads": 64,
        "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 9216, "num_local_experts": 32,
        "num_experts_per_tok": 2, "shared_intermediate_size": 0, "attn_type_list": ([0] * 7 + [1]) * 10,
        "vocab_size": 200064, "tie_word_embeddings": False,
    }, 4.56e11),
}


def write(folder: Path, config: Any, name: str = "config.json") -> Path:
    path = folder / name
    path.write_text(config if isinstance(config, str) else json.dumps(config), encoding="utf-8")
    return path


def read(folder: Path, config: dict[str, Any]) -> Model:
    return model_from_config(write(folder, config))


def without(config: dict[str, Any], *names: str) -> dict[str, Any]:
    return {k: v for k, v in config.items() if k not in names}


def refused(path: Path) -> str:
    with pytest.raises(WattlineError) as caught:
        model_from_config(path)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 420
    return message
