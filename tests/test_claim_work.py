"""Sentences that give the energy of many pieces of work together, of work of some length, or of a part of something."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.catalog import default
from wattline.claim.evaluate import quantity
from wattline.claim.file import Claim
from wattline.claim.sentence import read_sentence
from wattline.claim.sentence.counted import counted_in
from wattline.core.errors import WattlineError


def read(text: str) -> Claim:
    return read_sentence(text).claims[0]


def stated_wh(claim: Claim) -> float:
    assert claim.stated is not None
    number, unit = claim.stated.tree.value
    return float(quantity(number, unit.removesuffix("/request")).to("Wh").magnitude)


@pytest.mark.parametrize(
    ("text", "each_wh", "derived"),
    [
        ("Generating 1,000 images takes 3 kWh", 3, "[prompt.image-generation-luccioni.energy_wh]"),
        ("A thousand AI-generated pictures take 2.9 kWh", 2.9, "[prompt.image-generation-luccioni.energy_wh]"),
        ("20 image prompts use 58 Wh", 2.9, "[prompt.image-generation-luccioni.energy_wh]"),
        ("A million Gemini prompts use 240 kWh", 0.24, "[prompt.gemini-median.energy_wh]"),
        ("A thousand Google searches use 300 Wh", 0.3, "[prompt.google-search.energy_wh]"),
        ("1000次谷歌搜索耗电300瓦时", 0.3, "[prompt.google-search.energy_wh]"),
        ("生成1000张图片耗电3千瓦时", 3, "[prompt.image-generation-luccioni.energy_wh]"),
    ],
)
def test_the_energy_of_many_is_taken_to_that_of_one_of_the_same_kind(text: str, each_wh: float, derived: str) -> None:
    claim = read(text)
    assert stated_wh(claim) == pytest.approx(each_wh)
    assert claim.derived is not None
    assert claim.derived.text == derived


@settings(max_examples=15, deadline=None)
@given(
    count=st.integers(2, 10**6),
    each=st.floats(0.05, 5),
    kind=st.sampled_from(["images", "Gemini prompts", "Google searches"]),
)
def test_any_count_divides_its_energy(count: int, each: float, kind: str) -> None:
    assert stated_wh(read(f"{count:,} {kind} use {each * count:.6f} Wh")) == pytest.approx(each, rel=1e-3)


def test_a_year_before_the_work_is_no_count_of_it() -> None:
    assert counted_in("In 2023 images by AI took 2.9 Wh", default()) is None
    assert counted_in("2023 images by AI took 2.9 Wh", default()) is not None


@pytest.mark.parametrize(
    ("many", "single"),
    [
        ("Transcribing 1,000 hours of audio uses 1 kWh", "Transcribing 60,000 minutes of audio uses 1 kWh"),
        ("Transcribing ten hours of speech uses 5 Wh", "Transcribing 10 hours of speech uses 5 Wh"),
        ("Transcription uses 1 Wh per hour of audio", "Transcribing an hour of audio uses 1 Wh"),
        ("Generating ten 4-second videos uses 1 kWh", "Generating a 4 second video uses 100 Wh"),
    ],
)
def test_how_long_the_work_is_is_read_in_every_way_of_saying_it(many: str, single: str) -> None:
    first, other = read(many), read(single)
    assert stated_wh(first) == pytest.approx(stated_wh(other))
    assert first.quantities["predicted"].value.tree.value == other.quantities["predicted"].value.tree.value


@pytest.mark.parametrize(
    "text",
    [
        "Generating video uses 100 Wh per hour",
        "An image uses 2.9 Wh per hour",
        "A data centre uses 20 MWh per hour",
        "A large data centre uses 5 GWh a day",
    ],
)
def test_a_rate_of_one_thing_is_not_held_against_a_total_of_a_year(text: str) -> None:
    with pytest.raises(WattlineError, match="cannot be checked"):
        read(text)


@pytest.mark.parametrize("part", ["half of France", "a fifth of Japan"])
def test_a_part_of_a_country_is_not_taken_for_the_whole(part: str) -> None:
    with pytest.raises(WattlineError, match="part of a country"):
        read(f"By 2028, AI could use as much electricity as {part}")


@pytest.mark.parametrize("homes", ["US homes", "all of US homes", "the households of Texas", "German households"])
def test_homes_without_their_number_are_not_a_single_home(homes: str) -> None:
    with pytest.raises(WattlineError, match="cannot be checked"):
        read(f"In 2030 data centres will use as much electricity as {homes}")


@pytest.mark.parametrize(
    "text",
    [
        "A ChatGPT query uses 10 times a Google search's energy",
        "A ChatGPT query uses ten times a search's electricity",
        "ChatGPT一次查询的耗电量是谷歌搜索的10倍",
    ],
)
def test_what_belongs_to_a_thing_is_of_the_thing(text: str) -> None:
    assert "constant.google-search" in str(read(text).stated)


def test_what_a_thing_is_no_measure_of_is_refused() -> None:
    with pytest.raises(WattlineError, match="measure of energy"):
        read("A ChatGPT query uses ten times a Google search's carbon")


def test_a_refusal_names_the_sentence_as_it_stood() -> None:
    with pytest.raises(WattlineError, match="'1,000 Perplexity prompts use 1 kWh' cannot be checked"):
        read("1,000 Perplexity prompts use 1 kWh")


@pytest.mark.parametrize("whose", ["The world's data centres", "All data centres", "Global data centres"])
def test_what_the_worlds_data_centres_use_now_is_not_a_projection(whose: str) -> None:
    derived = read(f"{whose} use as much electricity as Japan").derived
    assert derived is not None
    assert derived.text == "[total.iea-2025-world-2024.energy_twh]"
