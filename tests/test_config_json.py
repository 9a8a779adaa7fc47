"""Configs as Hugging Face publishes them, family by family, and configs that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_config
from wattline.line.work.model import Model, load_model

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
# fmt: on


def write(folder: Path, config: Any, name: str = "config.json") -> Path:
    path = folder / name
    path.write_text(config if isinstance(config, str) else json.dumps(config), encoding="utf-8")
    return path


def read(folder: Path, config: dict[str, Any]) -> Model:
    return model_from_config(write(folder, config))


def without(config: dict[str, Any], *names: str) -> dict[str, Any]:
    return {k: v for k, v in config.items() if k not in names}


@pytest.mark.parametrize("name", FAMILIES)
def test_family_counts_its_published_total(tmp_path: Path, name: str) -> None:
    config, published = FAMILIES[name]
    assert read(tmp_path, config).total_params == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize("name", FAMILIES)
def test_config_and_catalog_describe_the_same_model(tmp_path: Path, name: str) -> None:
    model, known = read(tmp_path, FAMILIES[name][0]), load_model(name, catalog.default())
    assert model.total_params == pytest.approx(known.total_params, rel=0.002)
    assert model.active_params == pytest.approx(known.active_params, rel=0.002)
    fields = ("layers", "kv_heads", "head_dim", "attention", "attention_layers", "mamba_layers", "moe_layers")
    for field in (
        *fields,
        "global_layers",
        "sliding_window",
        "chunked_attention",
        "experts",
        "gated_mlp",
        "tied_embeddings",
    ):
        assert getattr(model, field) == getattr(known, field), field


def test_tower_of_vision_is_counted(tmp_path: Path) -> None:
    assert read(tmp_path, FAMILIES["qwen3-vl-8b"][0]).vision_params == pytest.approx(0.576e9, rel=0.01)
    assert read(tmp_path, FAMILIES["gemma-3-4b"][0]).vision_params == pytest.approx(0.417e9, rel=0.02)
    tower = {
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "out_hidden_size": 3584,
        "temporal_patch_size": 2,
    }
    qwen = FAMILIES["qwen2.5-7b"][0] | {"model_type": "qwen2_5_vl", "vision_config": tower}
    assert read(tmp_path, qwen).total_params == pytest.approx(8.29e9, rel=0.005)
    llava = {"model_type": "llava", "text_config": LLAMA, "vision_config": {"model_type": "unknown"}}
    assert "unknown" in refused(write(tmp_path, llava))


@pytest.mark.parametrize(
    ("quantization", "expected"),
    [
        (None, "bf16"),
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "fp8"),
        ({"quant_method": "mxfp4"}, "mxfp4"),
        ({"quant_method": "awq", "bits": 4}, "int4"),
        ({"quant_method": "gptq", "bits": 4}, "int4"),
        ({"quant_method": "gptq", "bits": 8}, "int8"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "int4"),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "nvfp4"),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8"),
        ({"quant_method": "fouroversix"}, "nvfp4"),
        ({"quant_method": "fouroversix", "dtype": "mxfp4"}, "mxfp4"),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}},
            },
            "fp8",
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int"}}},
            },
            "int4",
        ),
    ],
)
def test_format_of_the_weights(tmp_path: Path, quantization: Any, expected: str) -> None:
    assert read(tmp_path, LLAMA | {"quantization_config": quantization}).native_format == expected


def test_dense_and_sparse_layers_of_qwen(tmp_path: Path) -> None:
    model = read(tmp_path, QWEN3_MOE | {"mlp_only_layers": [0, 1], "decoder_sparse_step": 2})
    assert model.moe_layers == 23  # every second layer but layer 1
    assert model.dense_layers == 25
    assert read(tmp_path, LLAMA | {"num_experts": 0}).experts == 0


def test_name_is_that_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    folder.mkdir()
    model = read(folder, LLAMA)
    assert (model.key, model.family) == ("my-model", "llama")
    assert model_from_config(folder) == model


BAD: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "missing layers": (without(LLAMA, "num_hidden_layers"), ("num_hidden_layers", "n_layer", "add it")),
    "missing hidden": (without(LLAMA, "hidden_size"), ("hidden_size", "n_embd", "d_model")),
    "missing heads": (without(LLAMA, "num_attention_heads"), ("num_attention_heads", "n_head")),
    "missing width": (without(LLAMA, "intermediate_size"), ("intermediate_size", "ffn_dim")),
    "missing vocabulary": (without(LLAMA, "vocab_size"), ("vocab_size",)),
    "null": (LLAMA | {"hidden_size": None}, ("hidden_size", "add it")),
    "text": (LLAMA | {"hidden_size": "4096"}, ("hidden_size", "'4096'", "not a whole number")),
    "bool": (LLAMA | {"num_hidden_layers": True}, ("num_hidden_layers", "not a whole number")),
    "fraction": (LLAMA | {"num_hidden_layers": 32.5}, ("num_hidden_layers", "32.5")),
    "not a number": (LLAMA | {"num_hidden_layers": float("nan")}, ("num_hidden_layers", "nan")),
    "list": (LLAMA | {"num_hidden_layers": [32]}, ("num_hidden_layers", "[32]")),
    "zero layers": (LLAMA | {"num_hidden_layers": 0}, ("num_hidden_layers is 0",)),
    "negative": (LLAMA | {"hidden_size": -4096}, ("hidden_size is -4096",)),
    "zero head": (LLAMA | {"head_dim": 0}, ("head_dim is 0",)),
    "absurd layers": (LLAMA | {"num_hidden_layers": 10_001}, ("num_hidden_layers", "10000")),
    "absurd hidden": (LLAMA | {"hidden_size": 10**40}, ("hidden_size", "more than 15 digits")),
    "zero key heads": (LLAMA | {"num_key_value_heads": 0}, ("num_key_value_heads is 0",)),
    "odd key heads": (
        LLAMA | {"num_key_value_heads": 7},
        ("num_attention_heads 32", "num_key_value_heads 7"),
    ),
    "odd heads": (LLAMA | {"num_attention_heads": 31}, ("hidden_size 4096", "num_attention_heads 31")),
    "no active experts": (without(QWEN3_MOE, "num_experts_per_tok"), ("num_experts_per_tok", "moe_top_k")),
    "too many active": (QWEN3_MOE | {"num_experts_per_tok": 129}, ("num_experts_per_tok 129", "128")),
    "negative experts": (QWEN3_MOE | {"num_experts": -1}, ("num_experts is -1",)),
    "no latent heads": (without(DEEPSEEK_V3, "v_head_dim"), ("v_head_dim",)),
    "short pattern": (NEMOTRON_H | {"hybrid_override_pattern": "M-*"}, ("hybrid_override_pattern", "56")),
    "no mamba heads": (without(NEMOTRON_H, "mamba_num_heads"), ("mamba_num_heads",)),
    "short types": (GPT_OSS | {"layer_types": ["full_attention"]}, ("layer_types", "24 layers")),
    "types of text": (GPT_OSS | {"layer_types": "full"}, ("layer_types", "not a list")),
    "tied by word": (LLAMA | {"tie_word_embeddings": "yes"}, ("tie_word_embeddings", "true or false")),
    "encoder-decoder": (LLAMA | {"is_encoder_decoder": True}, ("is_encoder_decoder",)),
    "other mamba": (LLAMA | {"mamba_d_state": 16}, ("mamba_d_state", "wattline[models]")),
    "empty": ({}, ("model_type", "add it")),
    "nested": (
        {"model_type": "llava", "text_config": {"model_type": "llama", "hidden_size": 8}},
        ("num_hidden_layers",),
    ),
}


def refused(path: Path) -> str:
    with pytest.raises(WattlineError) as caught:
        model_from_config(path)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 420
    return message


@pytest.mark.parametrize("case", BAD)
def test_bad_field_is_named_with_the_mend(tmp_path: Path, case: str) -> None:
    config, words = BAD[case]
    message = refused(write(tmp_path, config))
    for word in ("config.json", *words):
        assert word in message


@pytest.mark.parametrize("text", ["", "not json", "{", "[1, 2]", "3", '"text"', "null", "[" * 200_000, "1" * 5000])
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    assert "config.json" in refused(write(tmp_path, text))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"\xff\xfe\x00\x81")
    assert "not JSON" in refused(path)


def test_missing_file_directory_and_large_file_are_refused(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "absent.json")
    assert "is a directory" in refused(tmp_path)
    assert "50 MB" in refused(write(tmp_path, json.dumps(LLAMA | {"padding": "x" * 50_000_001})))
    assert "\n" not in refused(tmp_path / "two\nlines.json")


VALUES = st.one_of(
    *(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), st.text(max_size=8)),
    *(
        st.lists(st.integers(-2, 60), max_size=4),
        st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
    ),
)
FIELDS = sorted({field for config, _ in FAMILIES.values() for field in config})


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(FAMILIES)), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4))
def test_any_value_is_read_or_refused_in_one_line(tmp_path: Path, name: str, changes: dict[str, Any]) -> None:
    path = write(tmp_path, FAMILIES[name][0] | changes)
    refusal, model = "", None
    try:
        model = model_from_config(path)
    except WattlineError as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert refusal or (model and 0 < model.active_params <= model.total_params)
