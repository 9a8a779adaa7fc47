"""Configs of checkpoints as they lie on the web, against the parameters that their makers publish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import wattline as wl
from config_published import BART, MAMBA_1, MAMBA_2, MARIAN, MOLMO, PUBLISHED, RWKV, openelm
from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.model import load_model


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_those_that_are_published(name: str) -> None:
    config, params = PUBLISHED[name]
    assert model_from_dict(dict(config), "config.json", name).total_params == pytest.approx(params, rel=0.003)


def test_a_new_token_passes_the_decoder_and_a_prompt_the_encoder() -> None:
    whole = model_from_dict(dict(BART), "config.json", "bart")
    assert (whole.encoder_layers, whole.cross_layers, whole.layers, whole.attention_layers) == (12, 12, 24, 36)
    alone = model_from_dict(BART | {"architectures": ["BartForCausalLM"]}, "config.json", "bart")
    assert (alone.encoder_layers, alone.cross_layers, alone.layers, alone.attention_layers) == (0, 0, 12, 12)


def test_the_cache_of_layers_of_many_widths_is_that_of_all_of_them() -> None:
    model = model_from_dict(openelm(3072, 36, 128), "config.json", "openelm")
    heads = []
    for i in range(36):  # a multiple of 4 heads, the nearest but not a tenth below
        wide = 3072 * round(0.5 + 0.5 * i / 35, 2)
        near = int(wide / 512 + 0.5)
        heads.append(4 * (near + 1 if 512 * near < 0.9 * wide else near))
    assert model.kv_heads * model.head_dim * model.layers == pytest.approx(sum(heads) // 4 * 128, rel=0.01)
    assert model.heads * model.head_dim * model.layers == pytest.approx(sum(heads) * 128, rel=0.01)


WRONG = {
    "prompts learned": (BART | {"model_type": "mvp", "use_prompt": True}, "learned"),
    "another vocabulary": (MARIAN | {"decoder_vocab_size": 100}, "vocabulary"),
    "stacks that differ": (BART | {"decoder_ffn_dim": 2048}, "stacks differ"),
    "a mamba with attention": (MAMBA_2 | {"attn_layer_idx": [3]}, "Mamba with attention"),
    "a mamba of strange fields": (MAMBA_1 | {"ssm_cfg": {"depth": 3}}, "other fields"),
    "a mamba without words": (MAMBA_1 | {"vocab_size": "many"}, "whole numbers"),
    "openelm without a gate": (openelm(1280, 16, 64) | {"ffn_with_glu": False}, "not read"),
    "openelm untied": (openelm(1280, 16, 64) | {"share_input_output_layers": False}, "not read"),
    "openelm of other layers": (
        openelm(1280, 16, 64) | {"ffn_multipliers": [1.0, 2.0, 3.0]},
        "3 entries for 16 layers",
    ),
    "openelm of no factors": (openelm(1280, 16, 64) | {"qkv_multipliers": "wide"}, "not a factor"),
    "molmo of two tables": (MOLMO | {"embedding_size": 1000}, "embedding_size"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_read_is_refused_by_name(name: str) -> None:
    config, words = WRONG[name]
    with pytest.raises(WattlineError, match=words):
        model_from_dict(dict(config), "config.json", "model")


def test_a_recurrence_without_a_cache_is_priced(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(RWKV | {"model_type": "rwkv6"}))
    energy = [wl.prompt(model, chip="h100-sxm", draws=0).range("energy_wh").p50 for model in (path, "rwkv-6-7b")]
    assert energy[0] == pytest.approx(energy[1], rel=0.01)
    assert 0 < energy[0] < 1


OLDER = (
    "baichuan2-13b",
    "stablelm-2-12b",
    "mamba2-2.7b",
    "rwkv-5-7b",
    "recurrentgemma-2b",
    "openelm-1.1b",
    "molmo-72b",
)


@pytest.mark.parametrize("name", [*OLDER, "bart", "pegasus", "nllb-3.3b", "mbart-50"])
def test_older_models_are_known_by_name(name: str) -> None:
    model = load_model(name, default())
    assert model.total_params == pytest.approx(model.published_total_params, rel=0.01)
