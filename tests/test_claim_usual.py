"""Turns of phrase of 2024 to 2026: named spans, two bounds, older projections, many chips with their servers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.claim import check_file
from wattline.claim.check import CheckedClaim
from wattline.claim.sentence.chinese import in_english
from wattline.claim.sentence.plain import plain_sentence
from wattline.claim.sentence.read import read_sentence
from wattline.core.errors import WattlineError
from wattline.report.language.translator import translator_of

DAYS = {"week": 7.0, "month": 30.4375, "year": 365.25}


def checked(text: str) -> CheckedClaim:
    return check_file(text, 400).claims[0]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(DAYS)), st.integers(1, 200), st.floats(0.1, 9.0))
def test_a_sum_over_a_named_span_is_of_that_span(span: str, prompts: int, each_wh: float) -> None:
    total = prompts * DAYS[span] * each_wh
    claim = read_sentence(f"{prompts} ChatGPT prompts a day for a {span} use {total:.6f} Wh").claims[0]
    assert claim.stated is not None
    assert claim.stated.tree.value[0] == pytest.approx(each_wh, rel=0.002)
    assert claim.stated.tree.value[1] == "Wh/request"


def test_ten_questions_a_day_for_a_year_agree_with_one() -> None:
    assert checked("A user asking ChatGPT 10 questions a day for a year uses 1.2 kWh").verdict != "does not follow"
    assert checked("A user asking ChatGPT 10 questions a day for a year uses 1,200 kWh").verdict == "does not follow"


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 400), st.integers(401, 900), st.sampled_from([("more", "less"), ("greater", "fewer")]))
def test_two_bounds_are_a_range(low: int, high: int, words: tuple[str, str]) -> None:
    for unit in ("", " TWh"):
        text = f"Data centres use {words[0]} than {low}{unit} and {words[1]} than {high} TWh a year"
        assert plain_sentence(text) == f"Data centres use between {low} and {high} TWh a year"


def test_two_bounds_in_different_units_are_no_range() -> None:
    text = "Data centres use more than 300 GWh and less than 500 TWh a year"
    assert plain_sentence(text) == text


@pytest.mark.parametrize(
    ("sentence", "whose"),
    [
        (
            "AI servers could use 85 to 134 TWh in 2027",
            "published in 2023 by de Vries: AI servers of Nvidia in 2027",
        ),
        ("By 2027, AI could use as much electricity as Argentina", "published in 2023 by de Vries"),
        ("Data centres could use more than 1,000 TWh in 2026", ""),
    ],
)
def test_what_repeats_an_older_projection_is_outdated(sentence: str, whose: str) -> None:
    claim = checked(sentence)
    assert claim.verdict == "outdated"
    assert claim.newer is not None
    assert whose in claim.claim.note


@pytest.mark.parametrize("sentence", ["Data centres will use 5,000 TWh by 2030", "AI will use 20 TWh in 2027"])
def test_what_no_projection_says_does_not_follow(sentence: str) -> None:
    assert checked(sentence).verdict == "does not follow"


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("100,000 H100 GPUs draw about 150 MW", "unproven"),  # 10.2 kW of 8, PUE: 143 MW
        ("100,000 H100 GPUs draw 70 MW", "holds"),
        ("100,000 H100 GPUs draw 300 MW", "does not follow"),
        ("100,000 H100s use more than 1 TWh a year", "undecided"),  # at most 1.25 TWh
        ("100,000 H100s use 3 TWh a year", "does not follow"),
        ("ChatGPT uses about 1 GWh a day", "undecided"),  # 2.5 billion of 0.34 Wh: 0.85 GWh
        ("A 100 MW data centre running all year uses 876 GWh", "holds"),
        ("一座100兆瓦的数据中心年用电8.76亿度。", "holds"),
        ("10万块H100的功耗为150兆瓦。", "unproven"),
        ("一台GB200 NVL72机柜功率为120千瓦。", "holds"),
        ("欧洲数据中心2024年用电超过60太瓦时，低于80太瓦时。", "unproven"),
        ("Training GPT-4 consumed the electricity of 4,600 American homes for a year", "unproven"),
        ("Training Llama 3.1 405B took 30.84 million GPU hours on H100s", "unproven"),
    ],
)
def test_a_sentence_gets_its_verdict(sentence: str, verdict: str) -> None:
    assert checked(sentence).verdict == verdict


@pytest.mark.parametrize(
    "sentence",
    [
        "AI servers could use 20 TWh in 2027",
        "US data centres will use 9% of US electricity in 2030",
        "Data centre electricity demand will grow 160% by 2030",
        "US data centres need 134 GW by 2030",
        "AI will take 40% of data centres' electricity by 2030",
    ],
)
def test_what_the_outlook_has_is_told_in_chinese(sentence: str) -> None:
    note = translator_of("zh").text(checked(sentence).claim.note)
    assert "展望" in note
    assert not re.findall(r"[A-Za-z]{3,}(?! ?[\d`])", note.replace("`wattline world`", "").replace("TWh", ""))


@pytest.mark.parametrize("sentence", ["Netflix uses 451 GWh a year", "A television uses 150 kWh a year"])
def test_how_long_a_thing_is_on_in_a_year_is_not_guessed(sentence: str) -> None:
    with pytest.raises(WattlineError, match="cannot be checked"):
        checked(sentence)


def test_a_thing_that_is_on_for_a_year_is() -> None:
    assert checked("Running a LED bulb for a year uses 80 kWh").verdict == "holds"


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("每次Gemini提问耗电0.24瓦时，耗水0.26毫升。", "uses 0.24 Wh and uses 0.26 mL of water"),
        ("ChatGPT每回答20到50个问题消耗500毫升水。", "for every 20 to 50 questions uses 500 mL of water"),
        ("10万块H100每年耗电超过10亿度。", "100000 H100"),
        ("全球数据中心年用电量约415太瓦时。", "uses a year about 415 TWh"),
    ],
)
def test_turns_of_phrase_are_read_in_chinese(chinese: str, english: str) -> None:
    assert english in in_english(chinese)
