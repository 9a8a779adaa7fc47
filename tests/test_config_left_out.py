"""Fields that a config leaves out: as the class of its architecture fills them in, or a refusal; never a guess."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.huggingface.table import class_defaults, rows
from wattline.line.work.model import Model

# as transformers 5.24 saves the default configuration of each class: what is in it is what the class fills in
RECORDED: dict[str, dict[str, Any]] = {
    name: each["config"]
    for name, each in json.loads(
        (Path(__file__).parent / "data" / "architectures.json").read_text(encoding="utf-8")
    ).items()
}
QWEN3_MOE = RECORDED["qwen3_moe"]


def read(config: dict[str, Any]) -> Model:
    return model_from_dict(copy.deepcopy(config), "config.json", "model")


def refusal(config: dict[str, Any]) -> str:
    with pytest.raises(WattlineError) as caught:
        read(config)
    return str(caught.value)


def shape(model: Model) -> tuple[Any, ...]:
    """What a model costs: its counts by part, its window and how many layers see the whole context."""
    return (model.total_params, model.active_params, model.kv_heads, model.head_dim, model.sliding_window,
            model.global_layers, model.moe_layers, model.attention_layers)  # fmt: skip


LISTS = ("layer_types", "mlp_layer_types")
WITHOUT = [(name, field) for name, config in RECORDED.items() for field in LISTS if isinstance(config.get(field), list)]


@pytest.mark.parametrize(("name", "field"), WITHOUT)
def test_layers_that_no_list_names_are_as_their_class_lays_them_out(name: str, field: str) -> None:
    config = RECORDED[name]
    short = {key: value for key, value in config.items() if key != field}
    if field == "layer_types" and (rows()[name].listed or name == "kimi_linear"):
        assert "layer_types" in refusal(short) or "is not known to have it" in refusal(short)
    else:
        assert shape(read(short)) == shape(read(config))
        assert shape(read(short | {field: None})) == shape(read(config))


@pytest.mark.parametrize("name", [name for name in RECORDED if class_defaults(name)])
def test_a_field_that_is_left_out_is_what_its_class_fills_in(name: str) -> None:
    config = RECORDED[name]
    for field in class_defaults(name):
        if field not in config:
            continue
        short = {key: value for key, value in config.items() if key != field}
        assert shape(read(short)) == shape(read(config)), field


def test_what_is_null_is_not_filled_in() -> None:
    assert class_defaults("qwen3_moe")["num_key_value_heads"] == 4
    assert read(QWEN3_MOE | {"num_key_value_heads": None}).kv_heads == QWEN3_MOE["num_attention_heads"]
    without = {key: value for key, value in QWEN3_MOE.items() if key != "num_key_value_heads"}
    assert read(without).kv_heads == 4


EXPERT_FIELDS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
SPARSE = [(n, f) for n, config in RECORDED.items() for f in EXPERT_FIELDS if config.get(f, 0) > 1 and n in rows()]


@pytest.mark.parametrize(("name", "field"), SPARSE)
def test_one_expert_is_one_expert_and_none_is_refused_or_dense(name: str, field: str) -> None:
    """Parameters follow from the number of experts: each adds its weights and a row of the router."""
    config, below = RECORDED[name], rows()[name].dense_below
    whole = read(config)
    if not whole.experts or whole.encoder_layers:
        return  # a switch of the config's has them off; stacks that have them in some layers
    single = {
        each: 1
        for each in config
        if each in ("num_experts_per_tok", "num_experts_per_token", "moe_k", "moe_topk", "num_selected_experts")
    }
    if below < 2:
        alone = read(config | single | {field: 1})
        row = whole.moe_layers * (whole.expert_params + whole.hidden)
        assert whole.total_params - alone.total_params == (whole.experts - 1) * row
    if below:
        assert read(config | {field: 0}).experts == 0
    else:
        assert "it has no experts" in refusal(config | {field: 0})


def test_a_granite_without_experts_has_its_shared_mlp() -> None:
    config = RECORDED["granitemoehybrid"]
    dense = read(config | {"num_local_experts": 0})
    assert (dense.experts, dense.intermediate) == (0, config["shared_intermediate_size"])
