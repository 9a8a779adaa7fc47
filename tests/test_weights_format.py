"""The format of stored weights, from every way in which checkpoints state it; by group where they mix formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.work.flops import BYTES
from wattline.line.work.huggingface.reader import model_from_config, model_from_dict
from wattline.line.work.model import Model
from wattline.line.work.weights import group_bytes, stored_bytes

# fmt: off
LLAMA = {
    "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "torch_dtype": "bfloat16",
    "max_position_embeddings": 131072, "tie_word_embeddings": False,
}
MIXTRAL = LLAMA | {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2}


def compressed(scheme: str, bits: int, kind: str) -> dict[str, Any]:
    group = {"weights": {"num_bits": bits, "type": kind}}
    return {"quant_method": "compressed-tensors", "format": scheme, "config_groups": {"group_0": group}}


def quark(**weight: Any) -> dict[str, Any]:
    return {"quant_method": "quark", "global_quant_config": {"weight": weight}}


def torchao(kind: str) -> dict[str, Any]:
    return {"quant_method": "torchao", "quant_type": {"default": {"_type": kind, "_data": {"group_size": 128}}}}


BY_LAYER = {"self_attn.q_proj": {"weight_quant_params": {"nbits": 3}}}
STATED: dict[str, tuple[dict[str, Any], str]] = {
    "gptq 2": ({"quant_method": "gptq", "bits": 2}, "int2"),
    "gptq 3": ({"quant_method": "gptq", "bits": 3}, "int3"),
    "gptq 4": ({"quant_method": "gptq", "bits": 4}, "int4"),
    "gptq 8": ({"quant_method": "gptq", "bits": 8}, "int8"),
    "awq": ({"quant_method": "awq", "bits": 4}, "int4"),
    "awq w_bit": ({"quant_method": "awq", "w_bit": 4, "q_group_size": 128, "zero_point": True}, "int4"),
    "bitsandbytes 4": ({"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}, "int4"),
    "bitsandbytes private": ({"quant_method": "bitsandbytes", "_load_in_4bit": True}, "int4"),
    "bitsandbytes 8": ({"quant_method": "bitsandbytes", "load_in_8bit": True, "load_in_4bit": False}, "int8"),
    "compressed w4a16": (compressed("pack-quantized", 4, "int"), "int4"),
    "compressed w8a8": (compressed("int-quantized", 8, "int"), "int8"),
    "compressed fp8": (compressed("float-quantized", 8, "float"), "fp8"),
    "compressed nvfp4": (compressed("nvfp4-pack-quantized", 4, "float"), "nvfp4"),
    "fbgemm": ({"quant_method": "fbgemm_fp8"}, "fp8"),
    "fp8 blocks": ({"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}, "fp8"),
    "modelopt fp8": ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8"),
    "modelopt nvfp4": ({"quant_method": "modelopt", "quant_algo": "NVFP4", "group_size": 16}, "nvfp4"),
    "modelopt nested": ({"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "NVFP4"}}, "nvfp4"),
    "modelopt w4a8": ({"quant_method": "modelopt", "quant_algo": "W4A8_AWQ"}, "int4"),
    "modelopt w4a16": ({"quant_method": "modelopt", "quant_algo": "W4A16_AWQ"}, "int4"),
    "modelopt cache alone": ({"quant_method": "modelopt", "quant_algo": None, "kv_cache_quant_algo": "FP8"}, "bf16"),
    "mxfp4": ({"quant_method": "mxfp4"}, "mxfp4"),
    "quark mxfp4": (quark(dtype="fp4", group_size=32), "mxfp4"),
    "quark fp8": (quark(dtype="fp8_e4m3"), "fp8"),
    "quark int4": (quark(dtype="int4"), "int4"),
    "hqq": ({"quant_method": "hqq", "quant_config": {"weight_quant_params": {"nbits": 4, "group_size": 64}}}, "int4"),
    "hqq by layer": ({"quant_method": "hqq", "quant_config": BY_LAYER}, "int3"),
    "torchao int4": (torchao("Int4WeightOnlyConfig"), "int4"),
    "torchao by name": ({"quant_method": "torchao", "quant_type": "int8_weight_only"}, "int8"),
    "torchao fp8": (torchao("Float8DynamicActivationFloat8WeightConfig"), "fp8"),
    "quanto": ({"quant_method": "quanto", "weights": "int8"}, "int8"),
    "quanto float8": ({"quant_method": "quanto", "weights": "float8"}, "fp8"),
    "eetq": ({"quant_method": "eetq", "weights": "int8"}, "int8"),
    "aqlm": ({"quant_method": "aqlm", "nbits_per_codebook": 16, "num_codebooks": 1, "in_group_size": 8}, "int2"),
    "exl3": ({"quant_method": "exl3", "bits": 4.0, "head_bits": 6}, "int4"),
    "auto-round": ({"quant_method": "auto-round", "bits": 4, "data_type": "int", "group_size": 128}, "int4"),
    "auto-round mx": ({"quant_method": "auto-round", "bits": 4, "data_type": "mx_fp", "group_size": 32}, "mxfp4"),
    "auto-round mx_fp4": ({"quant_method": "auto-round", "bits": 4, "data_type": "mx_fp4"}, "mxfp4"),
    "bitnet": ({"quant_method": "bitnet", "linear_class": "bitlinear"}, "int2"),
    "fp_quant": ({"quant_method": "fp_quant", "forward_dtype": "nvfp4"}, "nvfp4"),
    "mlx affine": ({"group_size": 64, "bits": 6}, "int6"),
    "mlx mxfp4": ({"group_size": 32, "bits": 4, "mode": "mxfp4"}, "mxfp4"),
}
# fmt: on


def read(config: dict[str, Any]) -> Model:
    return model_from_dict(config, "config.json", "model")


@pytest.mark.parametrize("name", STATED)
def test_every_way_to_state_a_format_is_read(name: str) -> None:
    quantization, form = STATED[name]
    model = read(LLAMA | {"quantization_config": quantization})
    assert model.native_format == form
    if name != "mxfp4":  # gpt-oss's own covers experts alone
        assert group_bytes(model, form)[1] == pytest.approx(BYTES[form], rel=0.01)


@pytest.mark.parametrize("field", ["compression_config", "quantization"])
def test_old_and_other_names_of_the_field_are_read(field: str) -> None:
    quantization = {"group_size": 64, "bits": 4, "quant_method": "x"}
    assert read(LLAMA | {field: quantization}).native_format == "int4"


@pytest.mark.parametrize(
    "quantization",
    ["nonsense", {"quant_method": "nobody_knows"}, {"quant_method": "gguf"}, {"quant_method": "gptq"}, [4]],
)
def test_a_format_that_is_not_known_is_refused(quantization: Any) -> None:
    with pytest.raises(WattlineError, match="quantization_config") as caught:
        read(LLAMA | {"quantization_config": quantization})
    assert "\n" not in str(caught.value)


def test_a_fraction_of_a_bit_is_kept() -> None:
    model = read(LLAMA | {"quantization_config": {"quant_method": "exl2", "bits": 4.65}})
    assert model.native_format == "int4"
    assert group_bytes(model, "int4")[1] == pytest.approx(4.65 / 8)
    assert group_bytes(model, "int8")[1] == 1.0  # served in another format, it has that one's


def test_fewer_bits_are_fewer_bytes_and_less_energy() -> None:
    sizes, energies = [], []
    for bits in (2, 3, 4, 8):
        model = read(LLAMA | {"quantization_config": {"quant_method": "gptq", "bits": bits}})
        sizes.append(stored_bytes(model, model.native_format))
        energies.append(wl.prompt(model, gpus=1, batch=1, draws=0).range("energy_wh").p50)
    assert sizes == sorted(sizes)
    assert energies == sorted(energies)


def test_attention_that_exceptions_leave_out_stays_in_16_bits() -> None:
    whole = {"quant_method": "modelopt", "quant_algo": "NVFP4"}
    apart = whole | {
        "ignore": [f"model.layers.{i}.self_attn.{x}_proj" for i in range(32) for x in "qkvo"] + ["lm_head"]
    }
    few = whole | {"ignore": [f"model.layers.{i}.self_attn*" for i in range(3)] + ["lm_head"]}
    by_name = whole | {"exclude_modules": ["*self_attn*", "lm_head"]}
    plain, mixed, some, named = (read(MIXTRAL | {"quantization_config": q}) for q in (whole, apart, few, by_name))
    assert group_bytes(plain, "nvfp4") == (0.5625, 0.5625)
    assert group_bytes(some, "nvfp4") == pytest.approx((0.5625, (29 * 0.5625 + 3 * 2) / 32), rel=0.01)
    assert group_bytes(mixed, "nvfp4") == group_bytes(named, "nvfp4")
    experts, dense = group_bytes(mixed, "nvfp4")
    assert experts == 0.5625
    assert dense == pytest.approx(2.0, rel=0.01)  # of a mixture, nearly all that is not experts is attention


def test_mixed_precision_by_layer_gives_each_group_its_own() -> None:
    def mixed(count: int) -> Model:
        layers = {f"model.layers.{i}.mlp.experts": {"quant_algo": "NVFP4"} for i in range(count)}
        layers |= {f"model.layers.{i}.self_attn.{x}_proj": {"quant_algo": "FP8"} for i in range(count) for x in "qkvo"}
        quantised = {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": layers}
        return read(MIXTRAL | {"quantization_config": quantised})

    assert mixed(32).native_format == "nvfp4"
    assert group_bytes(mixed(32), "nvfp4") == pytest.approx((4.5 / 8, 1.0), rel=0.01)
    # what the list leaves out of 32 layers stays in 16 bits
    few = (4 * 4.5 / 8 + 28 * 2) / 32, (4 * 1.0 + 28 * 2) / 32
    assert group_bytes(mixed(4), "nvfp4") == pytest.approx(few, rel=0.01)


def test_mxfp4_of_gpt_oss_covers_experts_alone() -> None:
    model = read(MIXTRAL | {"quantization_config": {"quant_method": "mxfp4"}})
    assert group_bytes(model, "mxfp4") == (4.25 / 8, 2.0)


def write(folder: Path, name: str, data: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_quantisation_beside_the_config_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "config.json", LLAMA)
    write(tmp_path, "hf_quant_config.json", {"producer": {}, "quantization": {"quant_algo": "NVFP4"}})
    assert model_from_config(path).native_format == "nvfp4"


def test_the_index_of_the_weights_is_held_against_the_config(tmp_path: Path) -> None:
    path = write(tmp_path, "config.json", LLAMA)
    write(tmp_path, "model.safetensors.index.json", {"metadata": {"total_size": 16_060_522_496}, "weight_map": {}})
    assert model_from_config(path).total_params == pytest.approx(8.03e9, rel=0.001)
    write(tmp_path, "model.safetensors.index.json", {"metadata": {"total_size": 5_700_000_000}, "weight_map": {}})
    with pytest.raises(WattlineError, match=r"16\.1 GB of weights") as caught:
        model_from_config(path)
    assert "5.7 GB" in str(caught.value)


def test_a_config_with_a_long_list_of_exceptions_is_read(tmp_path: Path) -> None:
    ignore = [f"model.layers.{i}.mlp.experts.{e}.up_proj.with_a_long_name" for i in range(32) for e in range(800)]
    config = LLAMA | {"quantization_config": {"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ignore}}
    path = write(tmp_path, "config.json", config)
    assert path.stat().st_size > 1_000_000
    assert model_from_config(path).native_format == "nvfp4"


def bits(quantization: dict[str, Any]) -> dict[str, float]:
    return dict(read(LLAMA | {"quantization_config": quantization}).weight_bits)


def test_modules_with_bits_of_their_own_count_by_their_share() -> None:
    """Of 32 layers' down projections half in 6 bits, the rest of all in 4: a sixth of the MLP."""
    named = {f"model.layers.{i}.mlp.down_proj": {"group_size": 64, "bits": 6} for i in range(0, 32, 2)}
    mlx = {"group_size": 64, "bits": 4, **named}
    attention = read(LLAMA).attention_params
    dense = read(LLAMA).total_params - read(LLAMA).embedding_params
    share = attention / dense
    expected = 4.25 * share + (4.25 + 2 / 6) * (1 - share)
    assert bits(mlx)["dense"] == pytest.approx(expected, rel=1e-3)
    extra = {name.replace("mlp.down_proj", "mlp.up_proj"): {"bits": 6} for name in named}
    rounded = {"quant_method": "auto-round", "bits": 4, "data_type": "int", "extra_config": extra}
    assert bits(rounded)["dense"] == pytest.approx(expected, rel=1e-3)
    kept = {"group_size": 64, "bits": 4, **dict.fromkeys(named, False)}
    assert bits(kept)["dense"] == pytest.approx(4.25 * share + (4.25 + 11.75 / 6) * (1 - share), rel=1e-3)


def test_bits_by_pattern_count_by_their_matrices_and_skipped_modules_are_16_bits() -> None:
    by_pattern = {"quant_method": "gptq", "bits": 4, "dynamic": {"+:.*down_proj": {"bits": 8}}}
    model = read(LLAMA)
    down = 32 * 4096 * 14336 / (model.total_params - model.embedding_params)
    assert bits(by_pattern)["dense"] == pytest.approx(
        4.25 + 4 * down, rel=0.001
    )  # 4.25: with the scales of groups of 128
    assert read(LLAMA | {"quantization_config": by_pattern | {"dynamic": {"-:.*lm_head": {}}}}).native_format == "int4"
    assert read(LLAMA | {"quantization_config": {"quant_method": "w4afp8"}}).native_format == "int4"
