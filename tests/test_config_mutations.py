"""Configs changed at random: a model whose counts a model can have, or one line; never a traceback or a wrong guess."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config_published import PUBLISHED
from wattline.core.errors import WattlineError
from wattline.line.work.flops import decode_flops_per_token, kv_bytes, prefill_flops
from wattline.line.work.huggingface.reader import model_from_config, model_from_dict
from wattline.line.work.huggingface.sound import MAX_PARAMS, check_sound
from wattline.line.work.model import Model
from wattline.line.work.weights import stored_bytes

RECORDED = json.loads((Path(__file__).parent / "data" / "architectures.json").read_text(encoding="utf-8"))
CONFIGS: dict[str, dict[str, Any]] = {
    **{name: each["config"] for name, each in RECORDED.items()},
    **{name: config for name, (config, _) in PUBLISHED.items()},
}
LLAMA = CONFIGS["llama"]


def paths(config: dict[str, Any], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in config.items():
        yield (*before, name)
        if isinstance(value, dict):
            yield from paths(value, (*before, name))


def value_at(config: dict[str, Any], path: tuple[str, ...]) -> Any:
    for name in path:
        config = config[name]
    return config


def changed(config: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    out = copy.deepcopy(config)
    value_at(out, path[:-1])[path[-1]] = value
    return out


def read(config: dict[str, Any]) -> Model | str:
    """The model, or the one line that refuses it."""
    try:
        return model_from_dict(copy.deepcopy(config), "config.json", "model")
    except WattlineError as error:
        message = str(error)
    assert "\n" not in message
    assert len(message) < 600
    assert "config.json" in message
    return message


PLACES = [(name, path) for name, config in CONFIGS.items() for path in paths(config)]
COUNTED = [
    place
    for place in PLACES
    if type(value_at(CONFIGS[place[0]], place[1])) is int and value_at(CONFIGS[place[0]], place[1])
]
NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30), st.sampled_from([0, 1, 2, -1, 10**9, True, False]), st.floats(), st.none()
)
VALUES = st.recursive(
    NUMBERS | st.sampled_from(["", "8", "auto", "x" * 3000]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["0", "a", "type"]), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=400, deadline=2000)
@given(st.sampled_from(PLACES), VALUES)
def test_any_value_in_any_field_is_a_sound_model_or_one_line(place: tuple[str, tuple[str, ...]], value: Any) -> None:
    name, path = place
    model = read(changed(CONFIGS[name], path, value))
    if isinstance(model, str):
        return
    assert 0 < model.active_params <= model.total_params <= MAX_PARAMS
    assert model.matmul_params_active > 0
    assert model.active_experts <= model.experts
    assert 0 <= model.global_layers <= model.attention_layers
    for work in (prefill_flops(model, 1000), decode_flops_per_token(model, 10**6), kv_bytes(model, 10**6)):
        assert 0 <= work < float("inf")
    assert stored_bytes(model, model.native_format) > 0


WRONG = ["8", "x", "", True, 0.5, float("nan"), -1, 10**30, {"a": 1}, [None]]
RATIOS = ("mlp_ratio",)


@settings(max_examples=400, deadline=2000)
@given(st.sampled_from(COUNTED), st.sampled_from(WRONG))
def test_a_count_that_changes_the_model_must_be_a_count(place: tuple[str, tuple[str, ...]], value: Any) -> None:
    path, config = place[1], CONFIGS[place[0]]
    plain, twice = read(config), read(changed(config, path, 2 * value_at(config, path)))
    if twice != plain and path[-1] not in RATIOS:
        assert isinstance(read(changed(config, path, value)), str), path


TEXTS = {
    "one key, two values": ('"hidden_size": 4096, "hidden_size": 8192', "hidden_size is in it twice"),
    "one key, one value twice": ('"hidden_size": 4096, "hidden_size": 4096', ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_key_that_stands_twice_with_two_values_is_refused(name: str, tmp_path: Path) -> None:
    text, words = TEXTS[name]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA)[:-1] + f", {text}}}")
    if not words:
        assert model_from_config(path).hidden == 4096
        return
    with pytest.raises(WattlineError, match=words):
        model_from_config(path)


REFUSED = {
    "a type that is no name": ({"model_type": ["llama"]}, "model_type is ['llama'], not a name"),
    "classes that are no list": ({"architectures": "LlamaForCausalLM"}, "not a list of names"),
    "more layers than any model": ({"num_hidden_layers": 10**8}, "must be 1 to 10000"),
    "more weights than any model": ({"hidden_size": 10**9, "head_dim": 128}, "total_params"),
    "heads that do not divide": ({"num_key_value_heads": 5}, "not a multiple of num_key_value_heads 5"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_model_has_is_refused_by_name(name: str) -> None:
    fields, words = REFUSED[name]
    message = read(LLAMA | fields)
    assert isinstance(message, str)
    assert words in message


def test_a_model_whose_mlps_are_among_other_weights_is_sound() -> None:
    """As transformers counts an architecture outside the table: layers with experts, and no MLP counted apart."""
    model = model_from_dict(copy.deepcopy(CONFIGS["qwen3_moe"]), "config.json", "model")
    assert check_sound(replace(model, mlp_layers=0), "config.json").moe_layers == model.layers
    with pytest.raises(WattlineError, match="moe_layers 99 of layers"):
        check_sound(replace(model, moe_layers=99), "config.json")


def test_a_long_list_of_layers_is_refused_at_once() -> None:
    message = read(PUBLISHED["openelm-1.1b"][0] | {"num_transformer_layers": 10**8})
    assert isinstance(message, str)
    assert "num_transformer_layers is 100000000; must be 1 to 10000" in message


def test_nothing_is_divided_by_zero() -> None:
    config = changed(CONFIGS["paligemma"], ("vision_config", "patch_size"), 0)
    assert "patch_size" in str(read(config))


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        *((kind, {"hidden_size": 1}, "hidden size of 1") for kind in ("rwkv", "seed_oss", "cpmant")),
        ("switch_transformers", {"d_model": 1}, "hidden size of 1"),
        *((kind, {"is_gated_act": None}, "is_gated_act contradicts") for kind in ("mt5", "umt5")),
        ("nemotron_h", {"moe_shared_expert_intermediate_size": 0}, "shared experts of width 0"),
    ],
)
def test_what_a_class_reads_in_its_own_way_is_refused(kind: str, change: dict[str, Any], words: str) -> None:
    assert words in str(read(CONFIGS[kind] | change))


@pytest.mark.parametrize(("decoders", "total"), [(1, 200_785_408), (11, 374_000_128), (16, 460_607_488)])
def test_weights_of_a_decoder_go_by_its_own_layers(decoders: int, total: int) -> None:
    """ProphetNet's relative positions: of each layer of the decoder, not of the encoder; counted by transformers."""
    model = read(CONFIGS["prophetnet"] | {"num_decoder_layers": decoders})
    assert isinstance(model, Model)
    assert model.total_params == pytest.approx(total, rel=0.002)
