"""Configs of the kinds that were once read wrong, each with its right value."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import wattline as wl
from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.line.chip.shape import Shape
from wattline.line.work.flops import kv_bytes
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.model import Model, load_model

# fmt: off
GEMMA_4_31B = {
    "model_type": "gemma4_text", "hidden_size": 5376, "num_hidden_layers": 60, "num_attention_heads": 32,
    "num_key_value_heads": 16, "num_global_key_value_heads": 4, "head_dim": 256, "global_head_dim": 512,
    "attention_k_eq_v": True, "intermediate_size": 21504, "vocab_size": 262144, "hidden_size_per_layer_input": 0,
    "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 10, "sliding_window": 1024,
    "max_position_embeddings": 262144, "tie_word_embeddings": True, "num_kv_shared_layers": 0,
}
GEMMA_4_E2B = {
    "model_type": "gemma4_text", "hidden_size": 1536, "intermediate_size": 6144, "num_hidden_layers": 35,
    "num_attention_heads": 8, "num_key_value_heads": 1, "head_dim": 256, "global_head_dim": 512, "vocab_size": 262144,
    "vocab_size_per_layer_input": 262144, "hidden_size_per_layer_input": 256, "sliding_window": 512,
    "num_kv_shared_layers": 20, "use_double_wide_mlp": True, "tie_word_embeddings": True,
    "layer_types": (["sliding_attention"] * 4 + ["full_attention"]) * 7, "max_position_embeddings": 131072,
}
MIMO = {
    "model_type": "mimo_v2_flash", "num_hidden_layers": 48, "hidden_size": 4096, "num_attention_heads": 64,
    "num_key_value_heads": 4, "head_dim": 192, "v_head_dim": 128, "intermediate_size": 16384, "vocab_size": 152576,
    "max_position_embeddings": 262144, "sliding_window": 128, "swa_num_attention_heads": 64,
    "swa_num_key_value_heads": 8, "swa_head_dim": 192, "swa_v_head_dim": 128,
    "hybrid_layer_pattern": [0] + ([1] * 4 + [0]) + ([1] * 5 + [0]) * 7, "moe_layer_freq": [0] + [1] * 47,
    "moe_intermediate_size": 2048, "n_routed_experts": 256, "n_shared_experts": None, "num_experts_per_tok": 8,
    "tie_word_embeddings": False,
}
NEMOTRON_SUPER = {
    "model_type": "nemotron_h", "hidden_size": 4096, "num_hidden_layers": 88, "num_attention_heads": 32,
    "num_key_value_heads": 2, "head_dim": 128, "intermediate_size": 2688, "mamba_num_heads": 128, "mamba_head_dim": 64,
    "ssm_state_size": 128, "n_groups": 8, "conv_kernel": 4, "expand": 2, "vocab_size": 131072,
    "moe_intermediate_size": 2688, "moe_latent_size": 1024, "moe_shared_expert_intermediate_size": 5376,
    "n_routed_experts": 512, "n_shared_experts": 1, "num_experts_per_tok": 22, "max_position_embeddings": 262144,
    "hybrid_override_pattern":
        "MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEM*EMEMEMEME",
}
LFM2 = {
    "model_type": "lfm2", "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32,
    "num_key_value_heads": 8, "block_ff_dim": 12288, "intermediate_size": 12288, "block_auto_adjust_ff_dim": True,
    "block_ffn_dim_multiplier": 1.0, "block_multiple_of": 256, "conv_L_cache": 3,
    "full_attn_idxs": [2, 5, 8, 10, 12, 14], "vocab_size": 65536, "max_position_embeddings": 128000,
    "tie_embedding": True,
}
HUNYUAN = {
    "model_type": "hunyuan_v1_moe", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3072, "num_experts": 64, "moe_topk": [8] * 32,
    "num_shared_expert": [1] * 32, "moe_intermediate_size": [3072] * 32, "vocab_size": 128167,
    "tie_word_embeddings": True, "max_position_embeddings": 32768,
}
ERNIE = {
    "model_type": "ernie4_5_moe", "hidden_size": 2560, "num_hidden_layers": 28, "num_attention_heads": 20,
    "num_key_value_heads": 4, "intermediate_size": 12288, "moe_intermediate_size": 1536, "moe_num_experts": 64,
    "moe_k": 6, "moe_num_shared_experts": 2, "moe_layer_start_index": 1, "moe_layer_end_index": 27,
    "moe_layer_interval": 1, "vocab_size": 103424, "tie_word_embeddings": True, "max_position_embeddings": 131072,
}
DEEPSEEK_V3 = {
    "model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 61, "num_attention_heads": 128,
    "num_key_value_heads": 128, "intermediate_size": 18432, "moe_intermediate_size": 2048,
    "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3,
    "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "vocab_size": 129280, "max_position_embeddings": 163840, "tie_word_embeddings": False,
}
DEEPSEEK_V32 = DEEPSEEK_V3 | {
    "model_type": "deepseek_v32", "index_topk": 2048, "index_n_heads": 64, "index_head_dim": 128,
}
T5_11B = {
    "model_type": "t5", "d_model": 1024, "num_layers": 24, "num_heads": 128, "d_kv": 128, "d_ff": 65536,
    "vocab_size": 32128, "is_encoder_decoder": True,
}
DOGE = {
    "model_type": "doge", "hidden_size": 1024, "num_hidden_layers": 32, "num_attention_heads": 8,
    "num_key_value_heads": 8, "intermediate_size": 2048, "vocab_size": 32768, "is_moe": False, "num_experts": 16384,
    "num_experts_per_tok": 64, "tie_word_embeddings": False, "max_position_embeddings": 2048,
}
PERSIMMON = {
    "model_type": "persimmon", "hidden_size": 4096, "num_hidden_layers": 36, "num_attention_heads": 64,
    "intermediate_size": 16384, "vocab_size": 262144, "hidden_act": "relu2", "tie_word_embeddings": False,
}
LONGCAT = {
    "model_type": "longcat_flash", "vocab_size": 131072, "hidden_size": 6144, "num_layers": 28,
    "num_attention_heads": 64, "ffn_hidden_size": 12288, "q_lora_rank": 1536, "kv_lora_rank": 512,
    "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "moe_topk": 12, "n_routed_experts": 512,
    "zero_expert_num": 256, "expert_ffn_hidden_size": 2048, "tie_word_embeddings": False,
}
ARCTIC = {
    "model_type": "arctic", "hidden_size": 7168, "num_hidden_layers": 35, "num_attention_heads": 56,
    "num_key_value_heads": 8, "intermediate_size": 4864, "num_local_experts": 128, "num_experts_per_tok": 2,
    "moe_layer_frequency": 1, "parallel_attn_mlp_res": True, "use_residual": True, "vocab_size": 32000,
    "tie_word_embeddings": False,
}
# billions of parameters, all and active: transformers 5.24 on the meta device, or as published
RIGHT: dict[str, tuple[dict[str, Any], float, float]] = {
    "gemma-4-31b": (GEMMA_4_31B, 30.697, 30.697),
    "gemma-4-e2b": (GEMMA_4_E2B, 4.6286, 4.6286),
    "mimo-v2-flash": (MIMO, 308.779, 15.446),
    "nemotron-3-super": (NEMOTRON_SUPER, 120.669, 12.77),
    "lfm2-1.2b": (LFM2, 1.1703, 1.1703),
    "hunyuan-a13b": (HUNYUAN, 80.393, 12.75),
    "ernie-4.5-21b": (ERNIE, 21.825, 3.352),
    "deepseek-v3": (DEEPSEEK_V3, 671.026, 37.55),
    "deepseek-v3.2": (DEEPSEEK_V32, 671.878, 38.40),
    "t5-11b": (T5_11B, 11.307, 11.307),
    "doge": (DOGE, 0.403, 0.403),
    "persimmon-8b": (PERSIMMON, 9.397, 9.397),
    "longcat-flash": (LONGCAT, 562.0, 27.9),
    "arctic": (ARCTIC, 480.0, 17.2),
}
# fmt: on


def read(config: dict[str, Any]) -> Model:
    return model_from_dict(copy.deepcopy(config), "config.json", "model")


@pytest.mark.parametrize("name", RIGHT)
def test_total_and_active_parameters_are_right(name: str) -> None:
    config, total, active = RIGHT[name]
    model = read(config)
    assert model.total_params / 1e9 == pytest.approx(total, rel=0.01)
    assert model.active_params / 1e9 == pytest.approx(active, rel=0.015)


def cache(model: Model, at: float) -> float:
    return float(kv_bytes(model, at + 1) - kv_bytes(model, at))


def test_layers_with_a_window_keep_heads_of_their_own() -> None:
    gemma, mimo = read(GEMMA_4_31B), read(MIMO)
    assert cache(gemma, 1e6) == 10 * 2 * 4 * 512 * 2  # ten global layers, four heads of 512, two bytes
    assert cache(gemma, 0) == 10 * 2 * 4 * 512 * 2 + 50 * 2 * 16 * 256 * 2
    assert (mimo.global_layers, mimo.sliding_window) == (9, 128)
    assert cache(mimo, 1e6) == 9 * 4 * (192 + 128) * 2
    assert cache(mimo, 0) == cache(mimo, 1e6) + 39 * 8 * (192 + 128) * 2


@pytest.mark.parametrize("name", RIGHT)
def test_a_step_counts_the_cache_as_the_model_does(name: str) -> None:
    model = read(RIGHT[name][0])
    for context in (1.0, 300.0, 5000.0):
        assert float(Shape.of(model).cache_bytes(context, 1)) == pytest.approx(float(kv_bytes(model, context)))


def test_layers_that_share_a_cache_keep_none() -> None:
    model = read(GEMMA_4_E2B)
    assert cache(model, 0) == (12 * 256 + 3 * 512) * 2 * 2  # 15 of 35 layers keep keys and values
    assert cache(read(GEMMA_4_E2B | {"num_kv_shared_layers": 0}), 0) == (28 * 256 + 7 * 512) * 2 * 2


def energy(config: dict[str, Any], **request: Any) -> float:
    setting = {"chip": "h200-sxm", "gpus": 8, "precision": "fp8", "batch": 8, "draws": 0} | request
    return float(wl.prompt(read(config), **setting).range("energy_wh").p50)


def test_sparse_attention_is_charged_for_what_it_reads() -> None:
    short = {"input_tokens": 500, "output_tokens": 300}
    long = {"input_tokens": 100_000, "output_tokens": 500}
    assert energy(DEEPSEEK_V32, **short) == pytest.approx(energy(DEEPSEEK_V3, **short), rel=0.1)
    assert energy(DEEPSEEK_V32, **long) < 0.7 * energy(DEEPSEEK_V3, **long)
    more = DEEPSEEK_V32 | {"index_topk": 4096}
    assert energy(DEEPSEEK_V32, **long) < energy(more, **long) < energy(DEEPSEEK_V3, **long)


def test_layers_that_share_an_indexer_have_none_of_their_own() -> None:
    shared = read(DEEPSEEK_V32 | {"indexer_types": ["full", "shared", "shared"] * 20 + ["full"]})
    whole = read(DEEPSEEK_V32)
    indexer = (whole.total_params - read(DEEPSEEK_V3).total_params) / 61
    assert shared.total_params == pytest.approx(whole.total_params - 40 * indexer)
    assert cache(whole, 1e6) - cache(shared, 1e6) == 40 * 128  # index keys of 40 layers, in FP8


def test_a_wider_window_costs_more() -> None:
    long = {"input_tokens": 100_000, "output_tokens": 500}
    assert energy(MIMO, **long) < energy(MIMO | {"sliding_window": 4096}, **long)
    assert energy(MIMO, **long) < energy(MIMO | {"hybrid_layer_pattern": [0] * 48}, **long)


def test_new_tokens_of_t5_pass_the_decoder_alone() -> None:
    setting: dict[str, Any] = {"gpus": 1, "batch": 1, "precision": "bf16", "chip": "h100-sxm"}
    answer = wl.prompt(read(T5_11B), draws=0, **setting)
    assert answer.range("tpot_s").p50 == pytest.approx(0.0071, rel=0.05)
    longer = wl.prompt(read(T5_11B | {"num_decoder_layers": 48}), draws=0, **setting)
    assert longer.range("tpot_s").p50 > 1.5 * answer.range("tpot_s").p50


def test_layers_are_told_apart_in_the_answer() -> None:
    answer = wl.prompt(read(NEMOTRON_SUPER), gpus=4, draws=0).json()["results"]["model"]
    assert answer["layers"] == {"Mamba": 40, "experts": 40, "full attention": 8}
    assert answer["total_params"] == pytest.approx(120.67e9, rel=0.001)
    assert answer["active_params"] == pytest.approx(12.77e9, rel=0.001)
    assert answer["cache_bytes_per_token"] == 8 * 2 * 2 * 128 * 2
    assert answer["weights"]["format"] == "bf16"
    trained = wl.train("llama-3.1-8b", "1T", "h100-sxm", 64, draws=0).json()["results"]["model"]
    assert trained["layers"] == {"full attention": 32}


def test_the_length_of_a_list_of_blocks_is_the_number_of_layers() -> None:
    blocks = [{"M": "mamba", "E": "moe", "*": "attention"}[x] for x in NEMOTRON_SUPER["hybrid_override_pattern"]]  # type: ignore[attr-defined]
    config = {k: v for k, v in NEMOTRON_SUPER.items() if k not in ("hybrid_override_pattern", "num_hidden_layers")}
    assert read(config | {"layers_block_type": blocks}).total_params == read(NEMOTRON_SUPER).total_params


def test_a_context_beyond_ten_million_tokens_is_read() -> None:
    assert read(DOGE | {"max_position_embeddings": 10_485_760}).context_tokens == 10_485_760


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (HUNYUAN | {"moe_topk": [8] * 31 + [4]}, "moe_topk differs from layer to layer"),
        (DOGE | {"is_moe": True}, "is_moe"),
        (LFM2 | {"layer_types": ["conv"] * 15 + ["strange_mixer"]}, "strange_mixer"),
        (MIMO | {"hybrid_layer_pattern": [0, 1]}, "hybrid_layer_pattern has 2 entries for 48 layers"),
        (DEEPSEEK_V32 | {"index_topk_freq": 4}, "index_topk_freq"),
        (DEEPSEEK_V3 | {"qk_head_dim": 500}, "qk_head_dim"),
        (GEMMA_4_31B | {"per_layer_config": {"03": {"head_dim": 64}}}, "per_layer_config"),
    ],
)
def test_what_is_not_read_is_refused_by_name(config: dict[str, Any], words: str) -> None:
    with pytest.raises(WattlineError) as caught:
        read(config)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "config"), [("mimo-v2-flash", MIMO), ("gemma-4-31b", GEMMA_4_31B), ("deepseek-v3.2", DEEPSEEK_V32)]
)
def test_the_catalog_holds_the_same_heads_and_reach(name: str, config: dict[str, Any]) -> None:
    model, known = read(config), load_model(name, catalog.default())
    assert known.total_params - known.vision_params == pytest.approx(model.total_params, rel=0.002)
    for at in (0, 1e6):
        assert cache(known, at) == cache(model, at)
    assert (known.global_layers, known.sparse_tokens) == (model.global_layers, model.sparse_tokens)
