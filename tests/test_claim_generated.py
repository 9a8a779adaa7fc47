"""Generated images and videos beside a phone's charge: a verdict from what models take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.claim.sentence.generated import MODELS, generated_claim, kind_of
from wattline.claim.sentence.read import read_sentence


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("An AI image takes as much as charging a phone", "image"),
        ("Generating a picture with AI uses as much energy as charging your smartphone", "image"),
        ("An AI video takes more than a phone charge", "video"),
        ("Charging a phone takes 13 Wh", None),
        ("An AI image takes 15 Wh", None),
        ("A photo of a phone", None),
    ],
)
def test_only_a_sentence_with_both_is_taken(text: str, kind: str | None) -> None:
    assert kind_of(text) == kind


def test_an_image_is_no_phone_charge_and_each_model_says_its_share() -> None:
    report = wl.check("An AI image takes as much as charging a phone")
    claim = report.json()["results"]["claims"][0]
    assert claim["verdict"] == "does not follow"
    for model in MODELS["image"]:
        assert model in claim["note"]
    own = wl.image("flux.1-dev", "h100-sxm", draws=400).range("energy_wh").p50
    assert f"flux.1-dev {own:.2f} Wh" in claim["note"]


def test_less_than_a_phone_charge_is_as_it_is() -> None:
    claim = wl.check("An AI image takes at most a phone charge").json()["results"]["claims"][0]
    assert claim["verdict"] != "does not follow"


def test_a_video_takes_more_than_a_phone_charge() -> None:
    claim = wl.check("An AI video takes at least as much as charging a phone").json()["results"]["claims"][0]
    assert "hunyuan-video" in claim["note"]
    assert claim["verdict"] != "does not follow"


@pytest.mark.parametrize(("text", "model", "chip"), [
    ("Generating an AI image with FLUX.1 dev takes as much energy as charging a smartphone", "flux.1-dev", "H100"),
    ("An AI image by SDXL on an L4 takes as much as charging a phone", "stable-diffusion-xl", "L4"),
    ("A video by HunyuanVideo on a B200 takes as much as charging 40 phones", "hunyuan-video", "B200"),
])  # fmt: skip
def test_a_model_and_a_chip_that_the_sentence_names_are_taken(text: str, model: str, chip: str) -> None:
    kind = kind_of(text)
    assert kind is not None
    note = generated_claim(kind, text, "equal").note or ""
    assert f": {model} " in note
    assert ";" not in note  # no other model
    assert chip in note.partition(",")[0]


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("A Sora video uses 1 kWh.", "Sora"),
        ("A video by Sora 2 uses as much as charging a phone.", "Sora 2"),
        ("A DALL-E 3 image takes as much as charging a phone", "DALL-E 3"),
        ("An image by Nano Banana takes 0.3 Wh", "Nano Banana"),
        ("An AI-generated image with Midjourney uses 3 Wh.", "Midjourney"),
        ("1,000 DALL-E 3 images use 2.9 kWh", "DALL-E-3"),
        ("An image by ChatGPT takes 3 Wh", "ChatGPT image"),
        ("A Gemini image uses 1 Wh", "Gemini image"),
        ("一张 DALL-E 3 图片耗电 3 Wh", "DALL-E 3"),
    ],
)
def test_a_maker_that_was_never_published_is_held_against_the_range_of_its_kind(sentence: str, name: str) -> None:
    answer = wl.check(sentence).json()["results"]["claims"][0]
    assert answer["verdict"] == "undecided"  # a range of a factor of several tells no figure within it from another
    assert f"{name} was never published" in answer["note"]
    assert answer["says"].rstrip(".") == sentence.rstrip(".")


def test_a_figure_outside_the_range_of_a_served_maker_does_not_follow() -> None:
    for sentence in ("An image with Imagen 4 takes 200 Wh", "Generating 10 videos with Sora 2 uses 300 kWh"):
        assert wl.check(sentence).json()["results"]["claims"][0]["verdict"] == "does not follow"


@given(
    maker=st.sampled_from(["DALL-E 3", "Midjourney", "Imagen 4", "Nano Banana", "Firefly", "GPT-Image 1"]),
    count=st.integers(2, 5000),
)
def test_the_version_of_a_maker_counts_no_images(maker: str, count: int) -> None:
    text = f"{count} {maker} images take 5 kWh"
    (claim,) = read_sentence(text).claims
    assert claim.stated is not None
    assert float(claim.stated.text.split()[0]) == pytest.approx(5 / count, rel=1e-4)


@pytest.mark.parametrize("model", ["Kandinsky 3", "Stable Diffusion 3 medium", "FLUX.1 dev"])
def test_the_number_of_a_model_s_name_counts_no_images(model: str) -> None:
    single, many = (
        read_sentence(f"{images} {model} image takes as much as charging a phone.").claims[0].stated
        for images in ("A", "An AI-generated")
    )
    assert single is not None
    assert many is not None
    assert single.text == many.text
    assert "/" not in single.text
