"""Sentences that set a figure beside so many of a thing, and sentences that name a country by its adjective."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.claim.sentence import read_sentence
from wattline.claim.verdict import Relation
from wattline.core.errors import WattlineError

HOME = "region.us.home_kwh_per_year"


def home_mwh() -> float:
    return default().fact(HOME).value / 1e3


COMPARED = [
    ("1,287 MWh is what 120 homes use", "holds"),
    ("1,287 MWh is what 120 US homes use in a year", "holds"),
    ("1,287 MWh is enough to power 120 homes for a year", "holds"),
    ("1,287 MWh is the annual electricity consumption of 120 US homes", "holds"),
    ("120 US homes use 1,287 MWh a year", "holds"),
    ("1,287 MWh is more than 100 homes use in a year", "holds"),
    ("1,287 MWh is what 1,200 homes use", "does not follow"),
    ("50 GWh a day is what 1.7 million US homes use in a day", "holds"),
    ("1 GW could power 750,000 homes", "holds roughly"),
    ("2.9 Wh is what 10 Google searches use", "holds"),
]


@pytest.mark.parametrize(("sentence", "verdict"), COMPARED, ids=[sentence for sentence, _ in COMPARED])
def test_a_figure_beside_things_is_held_against_what_they_come_to(sentence: str, verdict: str) -> None:
    (claim,) = wl.check(sentence).claims
    assert claim.verdict == verdict


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 20), st.sampled_from(["kWh", "MWh", "GWh"]))
def test_so_many_homes_for_so_many_years_come_to_their_product(homes: int, years: int, unit: str) -> None:
    scale = {"kWh": 1e3, "MWh": 1.0, "GWh": 1e-3}[unit]
    figure = homes * years * home_mwh() * scale
    (claim,) = read_sentence(f"{figure:.6f} {unit} is what {homes:,} US homes use in {years} years").claims
    result = wl.check(f"{figure:.6f} {unit} is what {homes:,} US homes use in {years} years").claims[0]
    assert claim.relation == "equal"
    assert result.verdict == "holds"


@pytest.mark.parametrize(
    ("words", "relation"), [("more than", "at most"), ("less than", "at least"), ("what", "equal")]
)
def test_a_bound_on_the_things_bounds_the_figure_the_other_way(words: str, relation: Relation) -> None:
    (claim,) = read_sentence(f"1,287 MWh is {words} 100 homes use in a year").claims
    assert claim.relation == relation


def test_a_sentence_of_a_thing_its_figure_and_homes_makes_two_claims() -> None:
    first, second = wl.check("Training GPT-3 used 1,287 MWh, as much as 120 US homes use in a year").claims
    assert any(fact.key.startswith("training_run.gpt-3") for fact in first.facts)
    assert [fact.key for fact in second.facts] == [HOME]
    assert second.verdict == "holds"


def test_a_figure_of_another_kind_than_the_things_is_refused() -> None:
    with pytest.raises(WattlineError, match="no measure of energy"):
        wl.check("552 tonnes of CO2 is what 120 homes use")


COUNTRIES = [
    ("Irish data centres used 6.3 TWh in 2023", "total.cso-ireland-2023.energy_twh", "holds"),
    ("Data centres in Ireland used 6.3 TWh in 2023", "total.cso-ireland-2023.energy_twh", "holds"),
    ("Ireland's data centres used 6.3 TWh in 2023", "total.cso-ireland-2023.energy_twh", "holds"),
    ("Data centres in the United States used 176 TWh in 2023", "total.lbnl-us-2023.energy_twh", "unproven"),
    ("American data centres used 176 TWh in 2023", "total.lbnl-us-2023.energy_twh", "unproven"),
]


@pytest.mark.parametrize(("sentence", "key", "verdict"), COUNTRIES, ids=[each[0] for each in COUNTRIES])
def test_a_country_may_be_named_by_its_adjective(sentence: str, key: str, verdict: str) -> None:
    (claim,) = wl.check(sentence).claims
    assert key in {fact.key for fact in claim.facts}
    assert claim.verdict == verdict


@pytest.mark.parametrize(
    "sentence",
    [
        "Irish data centres use 21% of the country's electricity",
        "Data centres in Ireland use a fifth of the country's electricity",
        "Irish data centres use 21% of the national electricity",
        "German data centres use 20 TWh a year",
        "French data centres use 12 TWh a year",
    ],
)
def test_without_a_count_of_that_year_the_outlook_of_the_country_is_what_it_is_held_against(sentence: str) -> None:
    (claim,) = wl.check(sentence).claims
    assert claim.verdict == "unproven"
    assert "no count" in claim.claim.projected


def test_a_part_of_a_country_s_data_centres_is_not_held_against_all_of_them() -> None:
    (claim,) = wl.check("AI data centres in Germany use 20 TWh a year").claims
    assert "AI's part of the data centres of Germany" in claim.claim.note
