"""Pictures and sound in a prompt: their tokens, their encoder's weights, its energy, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.line.work.inputs import read_model
from wattline.line.work.model import load_model
from wattline.line.work.towers import SOUND, Tower, find_tower

TOWERS = list(default().records("tower").values())
SIDES = st.integers(16, 5000)


def tower(model: str, what: str = "pictures") -> Tower:
    return find_tower(load_model(model, default()), what, default())


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("gemma-3-12b", (300, 900), 256),  # always scaled to 896
        ("llava-1.5-7b", (640, 480), 576),
        ("qwen2.5-vl-7b", (1024, 1024), 37 * 37),  # 28 pixels a token
        ("qwen3-vl-8b", (1024, 768), 32 * 24),
        ("qwen3-vl-8b", (64, 64), 64),  # scaled up to the least
        ("internvl3-78b", (448, 448), 256),  # one tile, no picture of the whole beside it
        ("internvl3-78b", (896, 448), 3 * 256),
        ("llama-4-scout", (336, 336), 144),
        ("llama-4-scout", (672, 672), 5 * 144),
        ("pixtral-12b", (1024, 1024), 4096),
    ],
)
def test_a_picture_becomes_the_tokens_of_its_familys_processor(model: str, size: tuple[int, int], tokens: int) -> None:
    assert tower(model).picture(*size).tokens == tokens


@pytest.mark.parametrize("record", TOWERS, ids=lambda record: record.name)
def test_an_encoders_counted_weights_are_those_of_its_models(record: object) -> None:
    assert hasattr(record, "meta")
    for name in record.meta["models"]:
        model = load_model(name, default())
        known = Tower(record, record.meta["settings"], float(model.hidden))  # type: ignore[arg-type]
        seen = known.sound(30) if known.reads == SOUND else known.picture(1024, 1024)
        counted = known.forward(seen).parameters
        assert counted == pytest.approx(record["params"].value, rel=0.08)  # type: ignore[index]
        if known.enters_text and not model.audio and known.reads != SOUND:
            assert counted == pytest.approx(model.vision_params, rel=0.08 if name != "kimi-k2.5" else 0.2)


@given(SIDES, SIDES, st.sampled_from([record for record in TOWERS if record.meta["reads"] != SOUND]))
def test_tokens_stay_within_the_processors_limits(width: int, height: int, record: object) -> None:
    assert hasattr(record, "meta")
    known = Tower(record, record.meta["settings"], 4096.0)  # type: ignore[arg-type]
    seen, settings = known.picture(width, height), known.settings
    assert seen.tokens >= 1
    if known.reads == "native" and max(width, height) / min(width, height) < 50:
        assert seen.tokens <= settings["max_tokens"]
        assert seen.patches == seen.tokens * settings["merge"] ** 2
    if known.reads == "tiles":
        assert seen.pieces <= settings["max_tiles"] + 1


def test_pictures_cost_their_tokens_and_their_encoder() -> None:
    text = wl.prompt("qwen2.5-vl-7b", "h100-sxm", draws=0)
    single = wl.prompt("qwen2.5-vl-7b", "h100-sxm", pictures=1, draws=0)
    two = wl.prompt("qwen2.5-vl-7b", "h100-sxm", pictures=2, draws=0)
    longer = wl.prompt("qwen2.5-vl-7b", "h100-sxm", input_tokens=500 + 37 * 37, draws=0)
    assert single.inputs["input_tokens"] == text.inputs["input_tokens"] == 500
    assert single.inputs["picture_or_sound_tokens"] == 37 * 37
    energy = [float(answer.quantities["energy_j"].mean()) for answer in (text, longer, single, two)]
    assert energy == sorted(energy)
    assert float(two.bill.parts["encode"].mean()) == pytest.approx(
        2 * float(single.bill.parts["encode"].mean()), rel=0.02
    )
    assert sum(float(part.mean()) for part in single.bill.parts.values()) == pytest.approx(
        float(single.quantities["energy_j"].mean()), rel=1e-9
    )
    assert float(single.quantities["ttft_s"].mean()) > float(longer.quantities["ttft_s"].mean())


def test_a_larger_picture_costs_more_and_sound_its_seconds() -> None:
    small = wl.prompt("qwen3-vl-8b", pictures=1, picture_size=512, draws=0)
    large = wl.prompt("qwen3-vl-8b", pictures=1, picture_size="2048x1024", draws=0)
    assert large.inputs["picture_or_sound_tokens"] == 8 * small.inputs["picture_or_sound_tokens"]
    assert float(large.quantities["energy_j"].mean()) > float(small.quantities["energy_j"].mean())
    heard = wl.prompt("voxtral-small-24b", audio="2 min", draws=0)
    assert heard.inputs["picture_or_sound_tokens"] == 1500
    assert float(heard.bill.parts["encode"].mean()) > 0


def test_where_a_picture_adds_no_tokens_it_says_what_is_left_out() -> None:
    answer = wl.prompt("llama-3.2-11b-vision", pictures=1, draws=0)
    assert answer.inputs["picture_or_sound_tokens"] == 0
    assert any("attend to the picture" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        ("llama-3.1-8b", {"pictures": 1}, "llama-3.1-8b takes none"),
        ("qwen3-vl-8b", {"audio": "5 s"}, "qwen3-vl-8b takes none"),
        ("qwen3-vl-8b", {"picture_size": 512}, "there is no picture"),
        ("qwen3-vl-8b", {"pictures": 1, "picture_size": "10x10x10"}, "picture-size"),
        ("qwen3-vl-8b", {"pictures": -1}, "pictures"),
        ("qwen3-vl-8b", {"pictures": 1.5}, "pictures"),
        ("voxtral-small-24b", {"audio": "0 s"}, "audio"),
        ("gpt-4o", {"pictures": 1}, "never published"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(model: str, given: dict[str, object], message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        wl.prompt(model, draws=0, **given)  # type: ignore[arg-type]


TEXT = {
    "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28,
    "num_key_value_heads": 4, "vocab_size": 152064,
}  # fmt: skip
SMALL_VIT = {
    "depth": 16, "hidden_size": 1024, "intermediate_size": 2736, "num_heads": 16, "in_chans": 3, "hidden_act": "silu",
    "out_hidden_size": 3584, "patch_size": 14, "spatial_merge_size": 2, "window_size": 112,
    "fullatt_block_indexes": [7, 15], "temporal_patch_size": 2,
}  # fmt: skip
SIGLIP = {
    "model_type": "siglip_vision_model", "hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
    "num_attention_heads": 16, "patch_size": 14, "image_size": 448, "vision_use_head": False,
}  # fmt: skip
GEMMA = {"model_type": "gemma3_text", **TEXT, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 256}


def of_config(folder: Path, config: dict[str, object]) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_a_config_gives_its_own_encoder(tmp_path: Path) -> None:
    path = of_config(tmp_path, {"model_type": "qwen2_5_vl", **TEXT, "vision_config": SMALL_VIT})
    model = read_model(path, default())
    own = find_tower(model, "pictures", default())
    assert own.settings["num_hidden_layers"] == 16
    assert own.settings["full_layers"] == 2
    assert own.forward(own.picture(1024, 1024)).parameters == pytest.approx(model.vision_params, rel=0.01)
    wanted = wl.prompt(path, "h100-sxm", gpus=1, draws=0, pictures=1)
    known = wl.prompt("qwen2.5-vl-7b", "h100-sxm", gpus=1, draws=0, pictures=1)
    assert wanted.inputs["picture_or_sound_tokens"] == known.inputs["picture_or_sound_tokens"]
    assert float(wanted.bill.parts["encode"]) < 0.8 * float(known.bill.parts["encode"])


def test_tokens_of_a_picture_follow_the_config_s_size_and_merging(tmp_path: Path) -> None:
    config = {"model_type": "gemma3", "mm_tokens_per_image": 64, "text_config": GEMMA, "vision_config": SIGLIP}
    own = find_tower(read_model(of_config(tmp_path, config), default()), "pictures", default())
    assert own.picture(2000, 1000).tokens == 64
    assert own.picture(2000, 1000).patches == 32 * 32


def test_an_encoder_that_is_not_known_is_refused_by_its_type(tmp_path: Path) -> None:
    config = {"model_type": "paligemma", "text_config": {**GEMMA, "model_type": "gemma"}, "vision_config": SIGLIP}
    path = of_config(tmp_path, config)
    assert float(wl.prompt(path, "h100-sxm", draws=0).energy_j) > 0
    with pytest.raises(WattlineError, match="pictures: how a config of type 'paligemma' reads them is not known"):
        wl.prompt(path, "h100-sxm", draws=0, pictures=1)
    of_config(tmp_path, {"model_type": "llama", **TEXT})
    with pytest.raises(WattlineError, match="takes none"):
        wl.prompt(path, "h100-sxm", draws=0, pictures=1)
