"""Sentences as people write them: numbers in words, denials, bounds, shares inside, growth, places and years."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_by_hand import assert_single_line
from wattline.claim import CheckedClaim, check_file
from wattline.claim.sentence.chinese import in_english
from wattline.claim.sentence.plain import plain_sentence
from wattline.claim.sentence.read import read_sentence
from wattline.core.errors import WattlineError


def checked(text: str) -> CheckedClaim:
    return check_file(text, 400).claims[0]


def stated(text: str) -> list[str]:
    claim = checked(text)
    assert claim.stated is not None
    return [line.middle for line in claim.stated.figures]


@pytest.mark.parametrize(
    ("words", "figures"),
    [
        ("half a litre", "0.5 litre"),
        ("a third of a watt-hour", "0.333333 watt-hour"),
        ("over half a million kilowatt-hours", "over 0.5 million kilowatt-hours"),
        ("one and a half litres", "1.5 litres"),
        ("five hundred millilitres", "500 millilitres"),
        ("three quarters of a million homes", "0.75 million homes"),
        ("two thirds of US electricity", "66.6667% of US electricity"),
        ("rose by a fifth", "rose by 20%"),
        ("five drops of water", "0.25 mL of water"),
        ("6.3 terawatt hours", "6.3 terawatt-hours"),
        ("no more than 3 Wh", "less than 3 Wh"),
        ("no less electricity than Japan", "more electricity than Japan"),
        ("does not exceed 3 TWh", "use less than 3 TWh"),
        ("one in every 20 kilowatt-hours in the US", "5% of electricity in the US"),
        ("ate up 4.4% of US power", "used 4.4% of US power"),
        ("takes up to 3 Wh", "takes up to 3 Wh"),
        ("a million homes", "a million homes"),
        ("ten times less energy than a Google search", "0.1 times more energy than a Google search"),
        ("three times as much as Ireland", "three times as much as Ireland"),
        ("According to the IEA, data centres use 415 TWh", "data centres use 415 TWh"),
    ],
)
def test_words_become_figures(words: str, figures: str) -> None:
    assert plain_sentence(words) == figures


@given(st.integers(1, 9_999), st.sampled_from(["kWh", "TWh", "litres", "tonnes of CO2", "GW"]))
def test_a_sentence_in_figures_is_left_as_it_is(number: int, unit: str) -> None:
    text = f"Data centres used {number} {unit} in 2024"
    assert plain_sentence(text) == text


@pytest.mark.parametrize("denial", ["do not use", "don't use", "never used", "use nowhere near", "cannot use"])
@pytest.mark.parametrize("figure", ["415 TWh", "1.5% of the world's electricity", "as much as Japan"])
def test_a_denied_figure_is_never_judged_as_if_it_were_stated(denial: str, figure: str) -> None:
    with pytest.raises(WattlineError, match="denies its figure") as error:
        checked(f"Data centres {denial} {figure}")
    assert_single_line(error.value)


@pytest.mark.parametrize(("bound", "relation"), [
    ("no more than", "at most"), ("no less than", "at least"), ("more than", "at least"), ("less than", "at most"),
])  # fmt: skip
def test_a_no_turns_a_bound_round(bound: str, relation: str) -> None:
    assert checked(f"A ChatGPT query uses {bound} 0.5 Wh").json()["relation"] == relation


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Japan's data centres used 19 TWh in 2024.", "outlook"),
        ("Irish data centres used 6.3 terawatt hours in 2023.", "total.cso-ireland-2023.energy_twh"),
        ("The world used 30,000 TWh of electricity in 2024.", "region.world.consumption_twh"),
        ("Ireland uses 31 TWh of electricity per year.", "region.ie.consumption_twh"),
        ("Cooling accounts for up to 40% of the energy of data centres.", "constant.dc-share-cooling"),
        ("A third of the world's data centres are in the US.", "constant.data-centres-iea-us-share"),
        ("AWS uses 0.15 litres of water per kilowatt-hour.", "site.aws.wue_l_per_kwh"),
        ("Microsoft's WUE was 0.30 L/kWh in 2025.", "site.microsoft.wue_l_per_kwh"),
        ("Training GPT-3 did not use more than 2,000 MWh.", "training_run.gpt-3-175b.energy_mwh"),
        ("Training Llama 2 70B emitted 291 tonnes of CO2.", "training_run.llama-2-70b.co2e_t"),
        ("Data centres, AI and crypto used 2% of global electricity in 2022.", "constant.dc-share-of-world-2022"),
        ("In 2023, 4.4 percent of American power went to data centers.", "outlook"),
        ("A Mistral Large 2 answer of 400 tokens emits 1.14 g of CO2.", "prompt.mistral-large-2.co2e_g"),
    ],
)
def test_a_sentence_is_held_against_its_own_thing(text: str, key: str) -> None:
    claim = checked(text)
    assert claim.derived is not None
    assert key in claim.derived.formula


@pytest.mark.parametrize(
    "text",
    [
        "Nvidia shipped 3.76 million data-centre GPUs in 2023.",
        "Kairos Power will build 500 MW of small modular reactors for Google by 2035.",
        "Data centers use 4.4% of the nation's electricity.",
        "OpenAI spent more than $100 million to train GPT-4.",
        "Quantisation to FP8 halves the energy of inference.",
        "Data centers raised electricity prices by 267% in five years.",
        "Training Llama 2 used 1,500 MWh.",
        "Amsterdam's data centres use 0.5 TWh.",
        "London's data centres will use 12 TWh by 2030.",
        "Data centres emitted 1% of energy-related CO2.",
        "Google's electricity consumption reached 22.3 TWh in 2022.",
    ],
)
def test_what_is_of_something_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(WattlineError, match="cannot be checked") as error:
        checked(text)
    assert_single_line(error.value)


@pytest.mark.parametrize(("text", "years"), [
    ("Data centre electricity use in Ireland rose 20% in 2023.", "times 2022 in 2023"),
    ("Global data centre electricity use grew 17% in 2025.", "times 2024 in 2025"),
    ("Data centre power demand rose by a fifth in 2024.", "times 2023 in 2024"),
    ("Data center electricity demand grows 30% a year.", "times 2019 in 2024"),
    ("数据中心用电量每年增长30%。", "times 2019 in 2024"),
    ("过去十年数据中心用电量增长了两倍。", "times 2014 in 2024"),
])  # fmt: skip
def test_growth_is_of_the_years_that_are_meant(text: str, years: str) -> None:
    assert years in checked(text).claim.note


def test_ten_times_less_is_a_tenth() -> None:
    assert stated("A ChatGPT query uses ten times less energy than a Google search") == ["0.03 Wh/request"]


def test_what_a_count_of_years_ago_says_is_out_of_date_for_a_sentence_of_now() -> None:
    assert checked("Data centres use 205 TWh.").verdict == "outdated"
    assert checked("Data centres used 205 TWh in 2018.").verdict == "unproven"


def test_a_claim_inside_a_wide_range_is_open_rather_than_wrong() -> None:
    """The shown range holds what is stated, so that it may be so."""
    assert checked("UK data centres use 3% of the country's electricity.").verdict == "undecided"
    assert checked("UK data centres use 25% of the country's electricity.").verdict == "does not follow"


def test_a_share_of_homes_is_their_number() -> None:
    claim = checked("AI servers will use as much electricity as 22% of all US households by 2028.")
    assert "28.91 million US homes" in claim.claim.note
    with pytest.raises(WattlineError, match="how many Peru homes"):
        checked("Data centers use as much electricity as 22% of Peru households")


def test_a_comparison_does_not_move_the_data_centres() -> None:
    assert "of the world" in checked("By 2027 AI will use 85 to 134 TWh a year, as much as the Netherlands.").claim.note


@pytest.mark.parametrize("name", ["Stable Diffusion XL", "SDXL", "sdxl 1.0"])
def test_an_image_model_is_known_by_each_of_its_names(name: str) -> None:
    assert "stable-diffusion-xl" in checked(f"Generating an image with {name} uses 2.9 Wh.").claim.note


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("数据中心占全国用电量的2%。", "data centres use 2% of China electricity"),
        ("爱尔兰数据中心用电占全国的21%。", "use 21% of Ireland electricity"),
        ("数据中心用电不到全球的2%。", "data centres use less than 2% of the world's electricity"),
        ("训练GPT-3用了约128.7万度电，相当于120个美国家庭一年的用电量。", "as much as 120 US homes in a year"),
        ("2015年全球数据中心有3600个，2023年增加到10978个。", "rose from 3600 in 2015 to 10978 in 2023"),
        ("三分之一的数据中心在美国。", "33.3333% of data centres are in US"),
        ("ChatGPT每天用电50万度，是美国家庭平均用电量的1.7万倍。", "17000 times as much energy as a US home"),
        ("数据中心用电量增长到三倍", "grew to 3 times"),
        ("数据中心用电量增长了三倍", "grew to 4 times"),
        ("数据中心用电量翻两番", "quadruple"),
        ("Gemini每次提示消耗五滴水。", "5 drops of water"),
    ],
)
def test_turns_of_phrase_in_chinese(chinese: str, english: str) -> None:
    assert english in in_english(chinese)


_DIGITS = "零一二三四五六七八九"


@given(st.integers(2, 99))
def test_numbers_in_characters_are_those_in_digits(number: int) -> None:
    """三十五倍 is 35 times; shares 百分之三十五 are 35%."""
    tens, units = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    text = head + (_DIGITS[units] if units else "")
    assert in_english(f"数据中心占美国用电量的百分之{text}") == in_english(f"数据中心占美国用电量的{number}%")
    assert re.search(rf"\b{number + 1} times", in_english(f"数据中心用电量增长了{text}倍"))


@pytest.mark.parametrize(
    "sentence",
    ["AI uses more electricity than Japan", "ChatGPT uses 2.9 Wh per request", "training GPT-3 took 1,287 MWh",
     "data centres take 1.5% of the world's electricity"],
)  # fmt: skip
@pytest.mark.parametrize("end", [".", "?", "!", " ?"])
def test_the_mark_at_the_end_of_a_sentence_changes_nothing(sentence: str, end: str) -> None:
    ended, plain = read_sentence(sentence + end).claims, read_sentence(sentence).claims
    assert [replace(claim, says="", note="") for claim in ended] == [
        replace(claim, says="", note="") for claim in plain
    ]
