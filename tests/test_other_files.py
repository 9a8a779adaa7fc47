"""Files that are no config of a model are told by what they are, and a folder by the file that says what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_config, model_from_dict

LLAMA: dict[str, Any] = {
    **{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"intermediate_size": 128, "vocab_size": 256},
}
ADAPTER = {
    **{"peft_type": "LORA", "base_model_name_or_path": "meta-llama/Llama-2-7b-hf", "r": 8, "lora_alpha": 16},
    **{"target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM"},
}
CASES: list[tuple[dict[str, Any], str]] = [
    (ADAPTER, r"adapter .*\(meta-llama/Llama-2-7b-hf\)"),
    ({"peft_type": "PROMPT_TUNING", "num_layers": 24, "num_virtual_tokens": 8}, "adapter"),
    ({"__version__": {"sentence_transformers": "2.0.0"}}, "sentence-transformers"),
    ({"_from_model_config": True, "eos_token_id": 2, "transformers_version": "4.31.0"}, "text generation"),
    ({"tokenizer_class": "LlamaTokenizer", "model_max_length": 4096}, "tokenizer"),
    ({"image_processor_type": "SiglipImageProcessor"}, "processor"),
    ({"metadata": {"total_size": 1}, "weight_map": {}}, "index of weights"),
    ({"train_micro_batch_size_per_gpu": 4, "zero_optimization": {"stage": 3}}, "trainer"),
    ({"architecture": "vit_base_patch16_224", "pretrained_cfg": {}}, "timm"),
    ({"model_format": "gguf", "model_family": "llama", "model_type": "8.0B"}, "Ollama"),
    ({"model_type": "llama", "quantization": "q4f16_1", "model_config": {}, "context_window_size": 8192}, "MLC"),
    ({"architecture": "LlamaForCausalLM", "hidden_size": 4096, "mapping": {"tp_size": 1}}, "TensorRT"),
    ({"dim": 4096, "n_layers": 32, "n_heads": 32, "n_kv_heads": 8, "vocab_size": 32000}, "params.json"),
    ({"pipe_parallel_size": 1, "num_layers": 44, "hidden_size": 6144}, "training framework"),
    ({"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8"}}, "quantisation"),
    ({"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}, "diffusion"),
]


@pytest.mark.parametrize(("contents", "what"), CASES)
def test_another_file_is_told_by_what_it_is(contents: dict[str, Any], what: str) -> None:
    with pytest.raises(WattlineError, match=what) as caught:
        model_from_dict(contents, "config.json", "m")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", sorted({name for contents, _ in CASES[2:] for name in contents}))
def test_a_config_with_a_field_of_another_file_is_no_such_file(field: str) -> None:
    try:
        shown = model_from_dict(LLAMA | {field: LLAMA.get(field, False)}, "config.json", "m").family
    except WattlineError as error:
        shown = str(error)
    assert "it is" not in shown


@pytest.mark.parametrize(("name", "contents"), [("adapter_config.json", ADAPTER), ("params.json", CASES[12][0])])
def test_a_folder_without_a_config_is_told_by_what_it_holds(
    tmp_path: Path, name: str, contents: dict[str, Any]
) -> None:
    (tmp_path / name).write_text(json.dumps(contents), encoding="utf-8")
    with pytest.raises(WattlineError, match="the model itself"):
        model_from_config(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(LLAMA), encoding="utf-8")
    assert model_from_config(tmp_path).layers == 2


def test_blooms_own_names_are_read() -> None:
    config = {
        **{"model_type": "bloom", "n_embed": 14_336, "n_layer": 70, "num_attention_heads": 112, "vocab_size": 250_880},
        **{"masked_softmax_fusion": True, "bias_dropout_fusion": True, "attention_softmax_in_fp32": True},
        **{"skip_bias_add": True, "offset_alibi": 100, "seq_length": 2048, "pretraining_tp": 4},
    }
    assert model_from_dict(config, "config.json", "m").total_params == pytest.approx(176.2e9, rel=0.002)


def test_weights_that_aqlm_leaves_as_they_are_are_named_with_their_ending() -> None:
    names = {"linear_weights_not_to_quantize": ["model.layers.0.mlp.up_proj.weight", "lm_head.weight"]}
    quant = {"quant_method": "aqlm", "nbits_per_codebook": 16, "num_codebooks": 1, "in_group_size": 8}
    models = [model_from_dict(LLAMA | {"quantization_config": quant | own}, "c", "m") for own in ({}, names)]
    assert [bool(model.weight_bits) for model in models] == [False, True]
