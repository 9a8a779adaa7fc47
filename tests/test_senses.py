"""Pictures and sound in a prompt: their tokens, their encoder's weights, its energy, and refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.core.errors import WattlineError
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
    one = wl.prompt("qwen2.5-vl-7b", "h100-sxm", pictures=1, draws=0)
    two = wl.prompt("qwen2.5-vl-7b", "h100-sxm", pictures=2, draws=0)
    longer = wl.prompt("qwen2.5-vl-7b", "h100-sxm", input_tokens=500 + 37 * 37, draws=0)
    assert one.inputs["input_tokens"] == text.inputs["input_tokens"] == 500
    assert one.inputs["picture_or_sound_tokens"] == 37 * 37
    energy = [float(answer.quantities["energy_j"].mean()) for answer in (text, longer, one, two)]
    assert energy == sorted(energy)
    assert float(two.bill.parts["encode"].mean()) == pytest.approx(2 * float(one.bill.parts["encode"].mean()), rel=0.02)
    assert sum(float(part.mean()) for part in one.bill.parts.values()) == pytest.approx(
        float(one.quantities["energy_j"].mean()), rel=1e-9
    )
    assert float(one.quantities["ttft_s"].mean()) > float(longer.quantities["ttft_s"].mean())


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
    ("model", "given", "said"),
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
def test_what_cannot_be_read_is_refused_by_name(model: str, given: dict[str, object], said: str) -> None:
    with pytest.raises(WattlineError, match=said):
        wl.prompt(model, draws=0, **given)  # type: ignore[arg-type]
