"""A model's config.json that cannot be read is refused in one line, which names the field and the mend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config_families import (
    DEEPSEEK_V3,
    FAMILIES,
    GPT_OSS,
    LLAMA,
    NEMOTRON_H,
    QWEN3_MOE,
    refused,
    without,
    write,
)
from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_config

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
