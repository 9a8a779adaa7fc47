"""Encoder-decoders with experts or windows, and mixers whose widths must agree, read from their configs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.work.flops import kv_bytes
from wattline.line.work.huggingface.counting import has_transformers
from wattline.line.work.huggingface.reader import model_from_dict

RECORDED = json.loads((Path(__file__).parent / "data" / "architectures.json").read_text(encoding="utf-8"))
NLLB = {
    **{"model_type": "nllb-moe", "vocab_size": 256206, "d_model": 2048, "encoder_layers": 24, "decoder_layers": 24},
    **{"encoder_ffn_dim": 8192, "decoder_ffn_dim": 8192, "encoder_attention_heads": 16, "decoder_attention_heads": 16},
    **{"num_experts": 128, "encoder_sparse_step": 4, "decoder_sparse_step": 4, "is_encoder_decoder": True},
}
SWITCH_C = {
    **{"model_type": "switch_transformers", "vocab_size": 32128, "d_model": 2080, "d_kv": 64, "d_ff": 6144},
    **{"num_layers": 15, "num_sparse_encoder_layers": 15, "num_sparse_decoder_layers": 15, "num_heads": 32},
    "num_experts": 2048,
}


def read(config: dict[str, Any]) -> Any:
    return model_from_dict(dict(config), "a file", "a-model")


@pytest.mark.parametrize(("config", "total"), [(NLLB, 54.5e9), (SWITCH_C, 1571e9)])
def test_encoder_decoders_with_experts_have_their_published_size(config: dict[str, Any], total: float) -> None:
    model = read(config)
    assert model.total_params == pytest.approx(total, rel=0.005)
    assert model.active_params < 0.1 * total


def energy(config: dict[str, Any], **options: Any) -> float:
    return float(wl.prompt(read(config), "h100-sxm", gpus=8, draws=0, **options).energy_j)


def test_experts_of_both_stacks_are_passed_by_prompts_and_by_new_tokens() -> None:
    few = NLLB | {"encoder_sparse_step": 24, "decoder_sparse_step": 24}
    for options in ({"input_tokens": 2000, "output_tokens": 1}, {"input_tokens": 10, "output_tokens": 100}):
        assert energy(NLLB, **options) > energy(few, **options) > 0


def test_what_the_price_leaves_out_of_an_architecture_is_among_the_notes() -> None:
    answer = wl.prompt(read(RECORDED["led"]["config"]), "h100-sxm", draws=0)
    assert any("its encoder's windows are left out" in note for note in answer.json()["notes"])


@pytest.mark.parametrize(
    ("kind", "change", "word"),
    [
        ("bart", {"tie_word_embeddings": False}, "tie_word_embeddings"),
        ("nllb-moe", {"encoder_sparse_step": 6}, "unequal shares"),
        ("bamba", {"mamba_n_heads": 256}, "inner width"),
        ("falcon_h1", {"mamba_d_ssm": 2048}, "inner width"),
        ("marian", {"share_encoder_decoder_embeddings": False}, "share_encoder_decoder_embeddings"),
        ("t5", {"is_gated_act": True}, "feed_forward_proj"),
        ("zamba2", {"tie_word_embeddings": False}, "tie_word_embeddings"),
        ("zamba2", {"attention_hidden_size": 10240}, "attention_hidden_size"),
    ],
)
def test_widths_that_contradict_each_other_are_refused(kind: str, change: dict[str, Any], word: str) -> None:
    with pytest.raises(WattlineError, match=word):
        read(RECORDED[kind]["config"] | change)


def test_a_number_format_in_capitals_is_the_same_format() -> None:
    options = {"gpus": 1, "draws": 0}
    small, capitals = (wl.prompt("llama-3.1-8b", "h100-sxm", precision=form, **options) for form in ("fp8", "FP8"))
    assert float(capitals.energy_j) == float(small.energy_j)


def test_an_encoder_writes_text_only_where_its_config_says_so() -> None:
    bert = {"model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
    for silent in ({}, {"is_decoder": False}, {"architectures": ["XLMWithLMHeadModel"]}):
        with pytest.raises(WattlineError, match="an encoder of text, which writes nothing"):
            read(bert | silent)
    for outspoken in ({"is_decoder": True}, {"architectures": ["BertLMHeadModel"]}):
        config = bert | {"vocab_size": 30522} | outspoken
        if has_transformers():
            assert read(config).layers == 12
        else:
            with pytest.raises(WattlineError, match=r"wattline\[models\]"):
                read(config)


def test_merged_attention_looks_at_both_stacks_once() -> None:
    """T5Gemma 2's decoder has no second attention: it keeps what its encoder made and what it wrote in one cache."""
    model = read(RECORDED["t5gemma2"]["config"])
    assert (model.encoder_layers, model.attention_layers, model.cross_layers) == (26, 52, 0)
    assert float(kv_bytes(model, 1000.0)) == 26 * 1000 * 2 * 4 * 256 * 2


@pytest.mark.parametrize(
    ("kind", "change", "word"),
    [
        ("llama", {"num_local_experts": 8, "num_experts_per_tok": 2}, "num_local_experts"),
        ("qwen3", {"num_experts": 64, "num_experts_per_tok": 4, "moe_intermediate_size": 768}, "num_experts"),
        ("mixtral", {"moe_intermediate_size": 1024}, "moe_intermediate_size"),
        ("mixtral", {"n_shared_experts": 1}, "n_shared_experts"),
        ("gpt_oss", {"first_k_dense_replace": 2}, "first_k_dense_replace"),
        ("qwen3_moe", {"shared_expert_intermediate_size": 2048}, "shared_expert_intermediate_size"),
    ],
)
def test_a_field_of_another_family_is_refused_by_name(kind: str, change: dict[str, Any], word: str) -> None:
    """What the architecture's own code passes by must not be read as if it were of a kin that has it."""
    with pytest.raises(WattlineError, match=f"{word}: {kind} is not known to have it"):
        read(RECORDED[kind]["config"] | change)


@pytest.mark.parametrize("kind", ["llama", "qwen3"])
def test_one_expert_is_none(kind: str) -> None:
    config = RECORDED[kind]["config"]
    assert read(config | {"num_experts": 1}).total_params == read(config).total_params


@pytest.mark.parametrize("name", ["mlp", "model.layers.*.mlp", "re:.*mlp$", "re:.*\\.mlp\\..*"])
def test_an_exception_that_names_whole_mlps_leaves_their_experts_wide(name: str) -> None:
    quant = {"quant_method": "fp8", "modules_to_not_convert": ["lm_head", name]}
    for kind, group in (("qwen3_moe", "experts"), ("llama", "dense")):
        bits = dict(read(RECORDED[kind]["config"] | {"quantization_config": quant}).weight_bits)
        assert 12 < bits[group] <= 16
    router = quant | {"modules_to_not_convert": ["lm_head", "re:.*mlp.gate$"]}
    assert not read(RECORDED["qwen3_moe"]["config"] | {"quantization_config": router}).weight_bits
