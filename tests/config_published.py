"""Published configurations of models, by the file that they are read from."""

from __future__ import annotations

from typing import Any

MAMBA = {"rms_norm": True, "residual_in_fp32": True, "fused_add_norm": True}


MAMBA_1 = {**MAMBA, "d_model": 2560, "n_layer": 64, "vocab_size": 50277, "ssm_cfg": {}, "pad_vocab_size_multiple": 8}


MAMBA_2 = {
    **MAMBA,
    "d_model": 2560,
    "d_intermediate": 0,
    "n_layer": 64,
    "vocab_size": 50277,
    "ssm_cfg": {"layer": "Mamba2"},
    "attn_layer_idx": [],
    "attn_cfg": {},
    "pad_vocab_size_multiple": 16,
    "tie_embeddings": True,
}


MAMBA_HF = {
    "model_type": "mamba",
    "hidden_size": 2560,
    "num_hidden_layers": 64,
    "state_size": 16,
    "conv_kernel": 4,
    "expand": 2,
    "time_step_rank": 160,
    "vocab_size": 50280,
    "intermediate_size": 5120,
    "d_inner": 5120,
    "d_model": 2560,
    "n_layer": 64,
    "fused_add_norm": True,
    "pad_vocab_size_multiple": 8,
    "ssm_cfg": {},
    "rms_norm": True,
    "use_conv_bias": True,
}


CODESTRAL = {
    "model_type": "mamba2",
    "hidden_size": 4096,
    "num_hidden_layers": 64,
    "state_size": 128,
    "conv_kernel": 4,
    "expand": 2,
    "head_dim": 64,
    "num_heads": 128,
    "n_groups": 8,
    "vocab_size": 32768,
    "intermediate_size": 8192,
    "chunk_size": 256,
    "norm_before_gate": True,
    "tie_word_embeddings": False,
    "use_conv_bias": True,
    "time_step_limit": [0.0, float("inf")],
}


RECURRENT_GEMMA = {
    "model_type": "recurrent_gemma",
    "attention_window_size": 2048,
    "block_types": ["recurrent", "recurrent", "attention"],
    "conv1d_width": 4,
    "embeddings_scale_by_sqrt_dim": True,
    "final_w_init_variance_scale": 0.0769,
    "head_dim": 256,
    "hidden_size": 2560,
    "intermediate_size": 15360,
    "logits_soft_cap": 30.0,
    "lru_width": 2560,
    "num_attention_heads": 10,
    "num_hidden_layers": 26,
    "num_key_value_heads": 1,
    "vocab_size": 256000,
    "w_init_variance_scale": 0.01,
}


RWKV = {
    "attention_hidden_size": 4096,
    "head_size": 64,
    "head_size_divisor": 8,
    "hidden_size": 4096,
    "intermediate_size": None,
    "num_attention_heads": 64,
    "num_hidden_layers": 32,
    "rescale_every": 6,
    "tie_word_embeddings": False,
    "vocab_size": 65536,
}


RWKV_SMALL = RWKV | {"attention_hidden_size": None, "hidden_size": 2048, "num_hidden_layers": 24}


BART = {
    "model_type": "bart",
    "architectures": ["BartForConditionalGeneration"],
    "is_encoder_decoder": True,
    "d_model": 1024,
    "encoder_layers": 12,
    "decoder_layers": 12,
    "encoder_attention_heads": 16,
    "decoder_attention_heads": 16,
    "encoder_ffn_dim": 4096,
    "decoder_ffn_dim": 4096,
    "max_position_embeddings": 1024,
    "vocab_size": 50264,
    "num_hidden_layers": 12,
    "classif_dropout": 0.0,
    "force_bos_token_to_be_generated": True,
    "output_past": True,
}


PEGASUS = BART | {
    "model_type": "pegasus",
    "architectures": ["PegasusForConditionalGeneration"],
    "encoder_layers": 16,
    "num_hidden_layers": 16,
    "decoder_layers": 16,
    "max_position_embeddings": 512,
    "vocab_size": 96103,
    "static_position_embeddings": True,
    "extra_pos_embeddings": 0,
}


MARIAN = BART | {
    "model_type": "marian",
    "architectures": ["MarianMTModel"],
    "d_model": 512,
    "encoder_layers": 6,
    "num_hidden_layers": 6,
    "decoder_layers": 6,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "encoder_ffn_dim": 2048,
    "decoder_ffn_dim": 2048,
    "max_position_embeddings": 512,
    "vocab_size": 58101,
    "bad_words_ids": [[58100]],
}


MBART = BART | {"model_type": "mbart", "architectures": ["MBartForConditionalGeneration"], "vocab_size": 250054}


BLENDERBOT = BART | {
    "model_type": "blenderbot",
    "architectures": ["BlenderbotForConditionalGeneration"],
    "d_model": 1280,
    "encoder_layers": 2,
    "num_hidden_layers": 2,
    "encoder_attention_heads": 32,
    "decoder_attention_heads": 32,
    "encoder_ffn_dim": 5120,
    "decoder_ffn_dim": 5120,
    "max_position_embeddings": 128,
    "vocab_size": 8008,
    "do_blenderbot_90_layernorm": True,
}


MOLMO = {
    "model_type": "molmo",
    "hidden_size": 3584,
    "intermediate_size": 37888,
    "num_attention_heads": 28,
    "num_hidden_layers": 28,
    "num_key_value_heads": 4,
    "embedding_size": 152064,
    "vocab_size": 152064,
    "max_position_embeddings": 4096,
    "use_position_ids": True,
    "qkv_bias": True,
    "tie_word_embeddings": False,
    "rope_theta": 1e6,
}


MOLMO_72 = MOLMO | {
    "hidden_size": 8192,
    "intermediate_size": 59136,
    "num_attention_heads": 64,
    "num_hidden_layers": 80,
    "num_key_value_heads": 8,
}


def openelm(width: int, layers: int, head: int) -> dict[str, Any]:
    return {
        "model_type": "openelm",
        "model_dim": width,
        "num_transformer_layers": layers,
        "head_dim": head,
        "num_gqa_groups": 4,
        "ffn_multipliers": [round(0.5 + 3.5 * i / (layers - 1), 2) for i in range(layers)],
        "qkv_multipliers": [0.5, 1.0],
        "ffn_dim_divisor": 256,
        "ffn_with_glu": True,
        "max_context_length": 2048,
        "rope_max_length": 4096,
        "share_input_output_layers": True,
        "normalize_qk_projections": True,
        "vocab_size": 32000,
        "rope_freq_constant": 10000,
    }


PUBLISHED = {
    "mamba-2.8b": (MAMBA_1, 2.768e9),
    "mamba2-2.7b": (MAMBA_2, 2.702e9),
    "mamba-2.8b-hf": (MAMBA_HF, 2.768e9),
    "mamba-codestral-7b": (CODESTRAL, 7.285e9),
    "recurrentgemma-2b": (RECURRENT_GEMMA, 2.683e9),
    "rwkv-5-world-7b": (RWKV | {"model_type": "rwkv5"}, 7.52e9),
    "rwkv-6-world-7b": (RWKV | {"model_type": "rwkv6"}, 7.636e9),
    "rwkv-6-world-1b6": (RWKV_SMALL | {"model_type": "rwkv6"}, 1.60e9),
    "bart-large-cnn": (BART, 406.3e6),
    "pegasus-xsum": (PEGASUS, 569.8e6),
    "opus-mt-en-de": (MARIAN, 74.4e6),
    "mbart-large-50": (MBART, 610.9e6),
    "blenderbot-400m": (BLENDERBOT, 364.8e6),
    "molmo-7b-d": (MOLMO, 8.021e9),
    "molmo-72b": (MOLMO_72, 73.3e9),
    "openelm-270m": (openelm(1280, 16, 64), 271.5e6),
    "openelm-450m": (openelm(1536, 20, 64), 457.2e6),
    "openelm-1.1b": (openelm(2048, 28, 64), 1079.9e6),
    "openelm-3b": (openelm(3072, 36, 128), 3036.6e6),
}
