"""What a sentence states: of a day or a year, a range, hours of chips, of one data centre or of many."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.claim.check import CheckedClaim, check_claims
from wattline.claim.sentence import read_sentence
from wattline.core.errors import WattlineError


def check(sentence: str) -> CheckedClaim:
    return check_claims(read_sentence(sentence), 200).claims[0]


DAILY = [
    "ChatGPT uses 564 MWh per day",
    "ChatGPT uses 564 MWh a day",
    "ChatGPT uses 564 MWh of electricity every day",
    "ChatGPT's daily electricity use is 564 MWh",
    "Every day ChatGPT uses 564 MWh",
]


@pytest.mark.parametrize("sentence", DAILY)
def test_a_figure_of_a_day_is_compared_with_a_day_of_the_year(sentence: str) -> None:
    claim = check(sentence)
    assert claim.verdict == "unproven"
    assert claim.derived is not None
    assert claim.derived.formula == "[total.chatgpt-2023.energy_twh]"
    assert "taken to a year" in claim.claim.note


@given(st.sampled_from(["hour", "day", "week", "month"]), st.floats(0.1, 900))
@settings(max_examples=20, deadline=None)
def test_the_same_energy_by_another_time_gets_the_same_verdict(time: str, gwh_a_year: float) -> None:
    each = gwh_a_year / {"hour": 8766, "day": 365.25, "week": 52.18, "month": 12}[time] * 1e6
    yearly = read_sentence(f"ChatGPT uses {gwh_a_year * 1e6:.0f} kWh a year").claims[0]
    timed = read_sentence(f"ChatGPT uses {each:.3f} kWh per {time}").claims[0]
    assert timed.stated is not None
    assert yearly.stated is not None
    assert timed.stated.tree.value[0] == pytest.approx(yearly.stated.tree.value[0], rel=0.001)


RANGES = {
    "AI could consume 85 to 134 TWh by 2027": (85, 134),
    "AI could consume between 85 and 134 TWh by 2027": (85, 134),
    "AI could consume 85–134 TWh by 2027": (85, 134),
    "By 2028 US data centers will use 325 to 580 TWh": (325, 580),
    "US data centers will need 74-132 GW by 2028": (74, 132),
}


@pytest.mark.parametrize("sentence", RANGES)
def test_a_range_is_held_against_both_its_ends(sentence: str) -> None:
    claim = read_sentence(sentence).claims[0]
    assert claim.relation == "between"
    ends = [end.tree.value[0] for end in (claim.stated_low, claim.stated_high) if end is not None]
    assert ends == pytest.approx(RANGES[sentence])


def test_hours_of_chips_are_no_other_hours() -> None:
    claim = check("Training Llama 3.1 405B took 30.84 million H100 hours")
    assert [fact.key for fact in claim.facts] == ["training_run.llama-3.1-405b.chip_hours"]
    assert check("training gpt4 used 50 gigawatt-hours").facts[0].key == "training_run.gpt-4.energy_mwh"


@pytest.mark.parametrize("sentence", ["An AI data centre needs 1 GW of power", "A data center uses 100 GWh a year"])
def test_one_data_centre_is_not_compared_with_all_of_them(sentence: str) -> None:
    with pytest.raises(WattlineError, match="not of one"):
        read_sentence(sentence)


def test_a_day_of_a_training_is_not_compared_with_all_of_it() -> None:
    with pytest.raises(WattlineError, match="cannot be checked"):
        read_sentence("A day of training GPT-3 uses 50 MWh")
