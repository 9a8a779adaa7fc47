"""Configs as Hugging Face publishes them, family by family, and configs that are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config_families import (
    FAMILIES,
    LLAMA,
    QWEN3_MOE,
    read,
    refused,
    write,
)
from wattline import catalog
from wattline.line.work.huggingface.reader import model_from_config
from wattline.line.work.model import load_model

# fmt: on


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
