"""Architectures against the counts of transformers' own classes, and a world of fields that is closed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.model import Model

# Default configurations as transformers 5.24 saves them, less the fields that change nothing; total and active
# parameters counted on the meta device (active: all but encoders, and of routed experts the share that a token uses).
RECORDED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "architectures.json").read_text(encoding="utf-8")
)


def read(config: dict[str, Any]) -> Model:
    return model_from_dict(copy.deepcopy(config), "config.json", "model")


def refusal(config: dict[str, Any]) -> str:
    with pytest.raises(WattlineError) as caught:
        read(config)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", RECORDED)
def test_parameters_are_those_of_the_true_model(name: str) -> None:
    model = read(RECORDED[name]["config"])
    assert model.total_params == pytest.approx(RECORDED[name]["total"], rel=0.01)
    assert model.active_params == pytest.approx(RECORDED[name]["active"], rel=0.01)


def test_most_of_what_writes_text_is_read_without_transformers() -> None:
    assert len(RECORDED) >= 0.67 * 287  # of the 287 generative default configurations of transformers 5.24


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(RECORDED)),
    st.from_regex(r"(extra|second|inner|ngram|loop)_(size|layers|heads|dim|rank|width|passes|rate)", fullmatch=True),
    st.one_of(
        st.integers(1, 10**6), st.floats(0.1, 100.0), st.lists(st.integers(1, 99), min_size=1), st.just(True)
    ),
)  # fmt: skip
def test_a_field_that_is_not_known_is_refused_by_name(name: str, field: str, value: Any) -> None:
    assert field in refusal(RECORDED[name]["config"] | {field: value})


HARMLESS = {
    "rope_theta": 500000.0,
    "initializer_range": 0.02,
    "bos_token_id": 128000,
    "attention_dropout": 0.1,
    "rms_norm_eps": 1e-5,
    "use_cache": True,
    "router_aux_loss_coef": 0.001,
    "rope_scaling": {"factor": 8.0, "original_max_position_embeddings": 8192},
    "strange_but_off": 0,
    "also_off": False,
}


@given(st.sampled_from(sorted(RECORDED)), st.sampled_from(sorted(HARMLESS)))
@settings(max_examples=60, deadline=None)
def test_a_field_that_changes_nothing_changes_nothing(name: str, field: str) -> None:
    config = RECORDED[name]["config"]
    assert read(config | {field: HARMLESS[field]}) == read(config)


GROWING = (
    *("hidden_size", "num_hidden_layers", "vocab_size", "intermediate_size", "moe_intermediate_size", "num_experts"),
    *(
        "num_attention_heads",
        "num_key_value_heads",
        "head_dim",
        "n_routed_experts",
        "num_local_experts",
        "d_ff",
        "d_model",
    ),
    *("q_lora_rank", "kv_lora_rank", "v_head_dim", "n_shared_experts", "shared_expert_intermediate_size", "ffn_dim"),
    *("mamba_d_state", "ssm_state_size", "linear_num_value_heads", "index_n_heads", "n_embd", "n_layer", "lru_width"),
)


# Fields that a family's own rule makes idle: no dense layers, one head of keys, no attention, an own width
IDLE = {
    *((name, "intermediate_size") for name in ("mellum", "mistral4", "qwen2_moe", "qwen3_moe", "qwen3_next")),
    ("qwen3_vl_moe", "intermediate_size"), ("qwen3_omni_moe_thinker", "intermediate_size"),
    *(("bamba", "num_key_value_heads"), ("gpt_bigcode", "num_key_value_heads"), ("doge", "num_experts")),
    *(("nemotron_h", "n_shared_experts"), ("minimax_m3_vl", "index_n_heads"), ("minimax_m3_vl_text", "index_n_heads")),
}  # fmt: skip


def doubled(name: str, field: str) -> dict[str, Any] | None:
    """The recorded configuration with a field twice as large, and its lists by layer; None where it has no such."""
    config = copy.deepcopy(RECORDED[name]["config"])
    part = config.get("text_config", config)
    if not isinstance(part.get(field), int) or not part[field]:
        return None
    if field == "num_attention_heads" and "head_dim" not in part:
        return None  # more heads are then narrower ones
    for key, value in part.items():
        if isinstance(value, list) and field in ("num_hidden_layers", "n_layer") and len(value) == part[field]:
            part[key] = value * 2
    part[field] *= 2
    return config


@pytest.mark.parametrize("name", RECORDED)
def test_more_of_anything_makes_a_larger_model(name: str) -> None:
    before = read(RECORDED[name]["config"])
    for field in GROWING:
        config = doubled(name, field)
        if config is None:
            continue
        try:
            after = read(config)
        except WattlineError:
            continue  # a number that no longer fits another field
        if (name, field) in IDLE or (before.kv_lora_rank and field == "head_dim"):  # of MLA, heads are given by parts
            assert after.total_params == before.total_params, field
        else:
            assert after.total_params > before.total_params, field


KINDS = {
    "bert": "encoder",
    "xlm-roberta": "encoder",
    "modernbert": "encoder",
    "clip": "pictures",
    "siglip": "pictures",
    "vit": "vision",
    "whisper": "speech",
    "wav2vec2": "speech",
    "rag": "encoder-decoder",
    "ouro": "more than once",
    "llada": "diffusion",
    "nsa": "block-sparse",
    "timesfm": "series",
}
OTHER_COMMANDS = ("bert", "xlm-roberta", "modernbert", "clip", "siglip", "vit", "whisper")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_priced_is_refused_by_what_it_is(kind: str) -> None:
    message = refusal({"model_type": kind, "hidden_size": 768, "num_hidden_layers": 12})
    assert kind in message
    assert KINDS[kind] in message
    assert ("ask `wattline" in message) is (kind in OTHER_COMMANDS)
    assert ("not priced yet" in message) is (kind not in OTHER_COMMANDS)


def test_a_head_that_labels_is_refused_though_its_body_is_known() -> None:
    llama = RECORDED["llama"]["config"]
    assert "LlamaForSequenceClassification" in refusal(llama | {"architectures": ["LlamaForSequenceClassification"]})
    assert read(llama | {"architectures": ["LlamaForCausalLM"]}).layers == 32


def test_a_part_of_a_diffusion_pipeline_is_told_so() -> None:
    flux = {"model_type": None, "_class_name": "FluxTransformer2DModel", "num_layers": 19}
    assert "FluxTransformer2DModel is a part of a diffusion pipeline" in refusal(flux)


def test_an_architecture_that_nobody_knows_names_the_extra() -> None:
    assert "wattline[models]" in refusal(RECORDED["llama"]["config"] | {"model_type": "nobody_knows_v7"})


@pytest.mark.parametrize("name", ["llava", "qwen3_vl", "gemma3", "voxtral"])
def test_an_encoder_of_an_unknown_kind_is_refused(name: str) -> None:
    config = copy.deepcopy(RECORDED[name]["config"])
    part = "audio_config" if "audio_config" in config else "vision_config"
    config[part]["model_type"] = "nobody_knows_eye"
    message = refusal(config)
    assert part in message
    assert "nobody_knows_eye" in message or "known" in message


def test_two_names_of_one_thing_that_differ_are_refused() -> None:
    assert "num_experts 64 and num_local_experts 8" in refusal(RECORDED["olmoe"]["config"] | {"num_local_experts": 8})
