"""Kinds of quantisation that transformers, vLLM and SGLang write: bits of each group of weights, or a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work.flops import BYTES
from wattline.line.work.huggingface.quantization import Weights, read_weights


def weights(quantization: dict[str, Any]) -> Weights:
    return read_weights({"quantization_config": quantization, "num_hidden_layers": 4}, None, "config.json")


def torchao(name: str, **data: Any) -> dict[str, Any]:
    return {"quant_method": "torchao", "quant_type": {"default": {"_type": name, "_data": data}}}


INT3 = {"_type": "torch.dtype", "_data": "int3"}
FORMS = [
    (torchao("Float8DynamicActivationInt4WeightConfig"), "int4"),
    (torchao("Float8DynamicActivationFloat8WeightConfig"), "fp8"),
    (torchao("Int8DynamicActivationInt4WeightConfig"), "int4"),
    (torchao("Int8DynamicActivationIntxWeightConfig", weight_dtype=INT3), "int3"),
    (torchao("MXFPInferenceConfig", weight_dtype={"_data": "float4_e2m1fn_x2"}), "mxfp4"),
    ({"quant_method": "torchao", "quant_type": "int8_dynamic_activation_int4_weight"}, "int4"),
    ({"quant_method": "auto-round", "bits": 8, "data_type": "fp"}, "fp8"),
    ({"quant_method": "deepspeedfp", "bits": 8}, "fp8"),
    ({"quant_method": "bitnet", "quantization_mode": "offline"}, "int2"),
    ({"quant_method": "bitnet", "quantization_mode": "online"}, "bf16"),
    ({"quant_method": "compressed-tensors", "config_groups": {}, "kv_cache_scheme": {"num_bits": 8}}, "bf16"),
]


@pytest.mark.parametrize(("quantization", "form"), FORMS)
def test_the_weights_decide_the_format_not_the_activations(quantization: dict[str, Any], form: str) -> None:
    assert weights(quantization).form == form


def test_experts_alone_are_in_eight_bits_where_the_method_says_so() -> None:
    read = weights({"quant_method": "experts_int8"})
    assert (read.experts, read.dense) == (8.0, 16.0)


def test_patterns_of_layers_have_bits_of_their_own() -> None:
    attention = {"*self_attn*": {"weight": {"dtype": "fp8_e4m3"}}, "lm_head": {"weight": {"dtype": "int8"}}}
    quark = {"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "int4"}}}
    read = weights(quark | {"layer_quant_config": attention})
    assert (read.attention, read.dense, read.experts) == (8.0, 8 * BYTES["int4"], 8 * BYTES["int4"])
    assert weights(quark | {"layer_quant_config": {"lm_head": attention["lm_head"]}}).attention == read.dense
    hqq = {
        "self_attn.q_proj": {"weight_quant_params": {"nbits": 2}},
        "mlp.up_proj": {"weight_quant_params": {"nbits": 4}},
    }
    read = weights({"quant_method": "hqq", "quant_config": hqq})
    assert read.dense - read.attention == 2.0


REFUSED = [
    {"quant_method": "compressed-tensors", "format": "marlin-24", "config_groups": {"g": {"weights": {"num_bits": 4}}}},
    {"quant_method": "compressed-tensors", "sparsity_config": {"format": "sparse-24-bitmask"}, "config_groups": {}},
    {"quant_method": "gptq_marlin_24", "bits": 4},
    torchao("FqnToConfig", fqn_to_config={"mlp": {"_type": "Int4WeightOnlyConfig"}}),
    {"quant_method": "superquant"},
]


@pytest.mark.parametrize("quantization", REFUSED)
def test_what_is_stored_in_another_way_is_refused(quantization: dict[str, Any]) -> None:
    with pytest.raises(WattlineError, match="quantization_config"):
        weights(quantization)
