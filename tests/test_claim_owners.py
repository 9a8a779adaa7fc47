"""Sentences on data centres of unknown owners, on some users' electricity, on shares of growth, on states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.claim.sentence.coming import outlook_match
from wattline.claim.sentence.coming_read import read_coming
from wattline.core.errors import WattlineError

OWNERS = ("OpenAI", "Anthropic", "Mistral", "Perplexity", "Stability AI", "Cerebras")


@given(st.sampled_from(OWNERS), st.sampled_from(("TWh", "GW")), st.integers(2, 900), st.integers(2027, 2035))
def test_data_centres_of_an_unknown_owner_are_never_the_worlds(owner: str, unit: str, amount: int, year: int) -> None:
    for text in (f"{owner}'s data centres will use {amount} {unit} by {year}",
                 f"Data centers of {owner} will use {amount} {unit} by {year}"):  # fmt: skip
        with pytest.raises(WattlineError, match="does not know the data centres of"):
            wl.check(text)


@pytest.mark.parametrize("whose", ["household", "residential", "industrial", "commercial"])
def test_a_share_of_some_users_electricity_is_no_share_of_all(whose: str) -> None:
    with pytest.raises(WattlineError, match=f"{whose} users alone"):
        wl.check(f"AI will use 22% of US {whose} electricity by 2028")


@pytest.mark.parametrize(
    "text",
    [
        "Data centers could account for 44% of US load growth through 2028",
        "Data centres will take 50% of the growth in US electricity demand by 2030",
    ],
)
def test_a_share_of_growth_is_no_growth(text: str) -> None:
    with pytest.raises(WattlineError, match="a share of what is added"):
        wl.check(text)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("China's data centres used 166 TWh in 2024", "unproven"),  # CAICT; the IEA has 102
        ("China's data centres used 102 TWh in 2024", "unproven"),
        ("China's data centres used 250 TWh in 2024", "does not follow"),
        ("UK data centres used 12 TWh in 2024", "unproven"),  # ICIS 12.6, NESO 7.6
        ("The UK's data centres used 7.6 TWh in 2024", "unproven"),
        ("The UK's data centres use 2.5% of its electricity", "undecided"),  # NESO 2.8, ICIS 4.6
        ("The UK's data centres use 1% of its electricity", "does not follow"),
        ("Bitcoin mining uses 150 TWh a year", "unproven"),
        ("Training a single AI model can emit as much carbon as five cars in their lifetimes", "unproven"),
        ("训练一个AI模型的碳排放相当于五辆汽车一生的排放", "unproven"),
        ("Data centers in Virginia consumed 34 TWh in 2023", "unproven"),
        ("A median Gemini prompt uses 0.24 Wh, 0.26 ml of water and 0.03 g CO2", "holds"),
    ],
)
def test_verdicts_of_figures_that_publishers_differ_on(text: str, verdict: str) -> None:
    assert wl.check(text, draws=1000).json()["results"]["claims"][0]["verdict"] == verdict


@given(st.integers(5, 300), st.integers(2026, 2034))
def test_power_that_is_added_is_a_rise_and_never_the_whole(gw: int, year: int) -> None:
    texts = (f"Data centers will need {gw} GW of new power by {year}", f"US data centres will add {gw} GW by {year}",
             f"Demand of data centres in PJM will grow by {gw} GW by {year}",
             f"Data centres will need {gw} GW more by {year}")  # fmt: skip
    for text in texts:
        coming = read_coming(text)
        assert coming is not None
        assert (coming.kind, coming.values) == ("power rise", (float(gw),))
    level = read_coming(f"Data centers will need {gw} GW by {year}")
    assert level is not None
    assert level.kind == "power"


def test_a_rise_of_power_is_less_than_the_power_itself() -> None:
    rise, level = (
        read_coming("Data centres will add 50 GW by 2030"),
        read_coming("Data centres will need 50 GW by 2030"),
    )
    assert rise is not None
    assert level is not None
    assert 0 < outlook_match(rise, "equal").middle < outlook_match(level, "equal").middle
