"""Sentences of several figures: each is judged, or named as not judged; none is judged as another's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.claim.evaluate import Scope, evaluate
from wattline.claim.file import Claim
from wattline.claim.sentence import read_sentence
from wattline.claim.sentence.measures import statements_in
from wattline.core import errors
from wattline.core.errors import WattlineError


def _stated(claim: Claim) -> tuple[float, str]:
    assert claim.stated is not None
    number, unit = claim.stated.tree.value
    return float(number), str(unit)


@pytest.mark.parametrize("sentence", [
    "Data centres consumed 176 TWh in 2023, roughly 4.4% of US electricity",
    "Data centers used 4.4% of US electricity in 2023, or 176 TWh",
    "In 2023, US data centres used 176 TWh of electricity (4.4% of total US electricity)",
    "US data centers used 176 TWh of electricity in 2023, which is 4.4% of the country's total electricity consumption",
    "Data centres used 176 TWh in 2023 representing around 4.4% of US electricity",
])  # fmt: skip
def test_energy_and_share_are_two_claims_of_one_place(sentence: str) -> None:
    energy, share = read_sentence(sentence).claims
    assert _stated(energy) == (176, "TWh")
    assert _stated(share) == (4.4, "%")
    assert "American data centres in 2023" in energy.note
    assert "United States" in share.note


def test_the_world_where_the_share_is_of_the_world() -> None:
    energy, share = read_sentence("In 2022 data centres used 460 TWh, 2% of the world's electricity").claims
    assert energy.derived is not None
    assert "iea-2024-world-2022" in energy.derived.text
    assert share.derived is not None
    assert "dc-share-of-world-2022" in share.derived.text


def test_a_share_of_an_unknown_whole_is_refused() -> None:
    with pytest.raises(WattlineError, match="is not known"):
        read_sentence("Data centres used 3 TWh in 2023, 40% of Atlantis electricity")


@pytest.mark.parametrize("tail", [
    "just over Japan's total electricity use today", "slightly more than Japan's electricity consumption",
    "roughly equivalent to the electricity consumption of Japan",
    "about Japan's current electricity demand, says the IEA",
])  # fmt: skip
def test_a_country_behind_a_figure_is_a_measure_and_not_where_the_data_centres_are(tail: str) -> None:
    subject, comparison = read_sentence(f"Data centres could use 945 TWh by 2030, {tail}").claims
    assert "Data centres of the world" in subject.note
    assert comparison.derived is not None
    assert "region.jp.consumption_twh" in comparison.derived.text
    assert comparison.relation == "equal"


@pytest.mark.parametrize(("words", "relation"), [("more than", "at most"), ("less than", "at least")])
def test_a_bound_is_kept(words: str, relation: str) -> None:
    _, comparison = read_sentence(f"Data centres could use 945 TWh by 2030, {words} Japan uses today").claims
    assert comparison.relation == relation


@given(year=st.integers(2026, 2030))
def test_a_year_before_a_comparison_multiplies_nothing(year: int) -> None:
    _, comparison = read_sentence(f"AI data centres will use 90 TWh by {year}, as much as Belgium").claims
    assert comparison.derived is not None
    assert str(year) not in comparison.derived.text


@given(watts=st.integers(300, 1200), chips=st.integers(1_000, 200_000))
def test_what_one_chip_draws_is_no_claim_on_all(watts: int, chips: int) -> None:
    (claim,) = read_sentence(f"{chips:,} H100s at {watts} W need 17 MW").claims
    assert _stated(claim) == (17, "MW")
    assert claim.derived is not None
    assert re.match(rf"{chips} \* \(?{watts} W", claim.derived.text)


def test_at_its_power_all_year() -> None:
    (claim,) = read_sentence("100,000 H100s at 700 W use 613 GWh a year").claims
    assert claim.derived is not None
    assert claim.derived.text == "100000 * 700 W * 1 year"


def test_ais_part_of_a_company_is_not_the_company() -> None:
    with pytest.raises(WattlineError, match="cannot be checked"):
        read_sentence("Amazon used 1.5 TWh for AI")


@given(kwh=st.integers(1_000, 9_000))
def test_a_figure_that_no_claim_takes_up_is_named(kwh: int) -> None:
    (claim,) = read_sentence(f"An H100 draws 700 W and uses {kwh:,} kWh a year").claims
    assert claim.note.endswith(f"Not judged: {kwh:,} kWh; write a sentence for each.")


@pytest.mark.parametrize("sentence", [
    "ChatGPT uses 2.9 Wh per request", "Data centres used 460 TWh in 2022", "ChatGPT uses 500,000 kWh a day",
    "Training GPT-3 used 1,287 MWh, as much as 120 American homes in a year",
    "A single ChatGPT conversation of 20-50 prompts uses about 500ml of water",
    "Cooling takes 40% of a data centre's electricity",
    "Data centres will use 620 to 1,050 TWh in 2026",
])  # fmt: skip
def test_what_is_judged_is_not_named_again(sentence: str) -> None:
    assert all("Not judged" not in claim.note for claim in read_sentence(sentence).claims)


@pytest.mark.parametrize(("sentence", "stated"), [
    ("Training GPT-3 took 1,287 MWh and emitted 552 tonnes of CO2", [(1287, "MWh"), (552, "t")]),
    ("Google says the median Gemini prompt takes 0.24 Wh of energy, emits 0.03 grams of CO2 and uses 0.26 ml of water",
     [(0.24, "Wh/request"), (0.03, "g/request"), (0.26, "mL/request")]),
    ("Sam Altman says ChatGPT takes 0.34 Wh per query and 0.000085 gallons of water",
     [(0.34, "Wh/request"), (0.000085, "gallon/request")]),
    ("A ChatGPT request takes 2.9 Wh, against 0.3 Wh for a Google search", [(2.9, "Wh/request"), (0.3, "Wh/request")]),
])  # fmt: skip
def test_each_measure_of_a_sentence_is_a_claim(sentence: str, stated: list[tuple[float, str]]) -> None:
    claims = read_sentence(sentence).claims
    assert [(number, unit.replace("gallons", "gallon")) for number, unit in map(_stated, claims)] == stated
    assert len({claim.id for claim in claims}) == len(claims)
    assert all("Not judged" not in claim.note for claim in claims)


@given(millions=st.integers(1, 3000), wh=st.floats(0.05, 20), time=st.sampled_from(["day", "week", "month", "year"]))
def test_what_all_requests_take_is_what_each_takes(millions: int, wh: float, time: str) -> None:
    """The same time on both sides cancels, and the sum at a figure of each is arithmetic alone."""
    kwh = millions * 1e6 * wh / 1000
    (claim,) = read_sentence(f"{millions} million ChatGPT requests a {time} use {kwh:.9f} kWh a {time}").claims
    number, unit = _stated(claim)
    assert unit == "Wh/request"
    assert number == pytest.approx(wh, rel=1e-3)
    text = f"ChatGPT answers {millions} million requests a {time} at {wh:.6f} Wh each, which is {kwh:.9f} kWh a {time}"
    _, total = read_sentence(text).claims
    assert total.derived is not None
    value = evaluate(total.derived.tree, Scope(Draws(0, catalog=default())))
    assert float(value.magnitude) == pytest.approx(_stated(total)[0], rel=1e-4)


def test_a_comparison_is_judged_where_its_subject_is_unknown() -> None:
    (claim,) = read_sentence("The restart of Three Mile Island gives Microsoft 835 MW, enough for 800,000 homes").claims
    assert claim.derived is not None
    assert "home_kwh_per_year" in claim.derived.text
    assert "is not judged" in claim.note


def test_ten_times_the_figure_of_a_search() -> None:
    claims = read_sentence(
        "ChatGPT needs 2.9 watt-hours per query, almost ten times the 0.3 watt-hours of a Google search"
    ).claims
    assert [claim.id for claim in claims] == ["sentence", "comparison"]
    assert claims[1].note.endswith("Not judged: 0.3 watt-hours; write a sentence for each.")


def test_what_supplies_a_company_is_not_what_it_uses() -> None:
    with pytest.raises(WattlineError, match="what makes electricity"):
        read_sentence("Three Mile Island will supply 835 MW to Microsoft by 2028")


def test_a_year_is_no_end_of_a_range() -> None:
    (claim,) = read_sentence("Data centres' demand will rise from 415 TWh in 2024 to 3,000 TWh in 2030").claims
    assert _stated(claim) == (3000, "TWh")
    assert claim.note.endswith("Not judged: 415 TWh; write a sentence for each.")


def test_published_figures_of_a_country_stand_beside_with_what_they_count() -> None:
    (claim,) = read_sentence("UK data centres use 2.5% of the country's electricity").claims
    assert any("NESO" in title and "sites of landlords" in title for title in claim.beside)
    assert all(expression.text.endswith(" %") for expression in claim.beside.values())
    (claim,) = read_sentence("Japan's data centers use 20 TWh").claims
    assert claim.beside
    assert all(expression.text.endswith(" TWh") for expression in claim.beside.values())


@pytest.mark.parametrize(("sentence", "stated"), [
    ("Irish data centres' share of metered electricity rose from 5% in 2015 to 22% in 2024", [(5, "%"), (22, "%")]),
    ("Data centers' share of US electricity could triple from 4.4% in 2023 to 12% in 2028", [(4.4, "%"), (12, "%")]),
    ("Germany's data centres used 20 TWh in 2024 and will use 31 TWh in 2030", [(20, "TWh"), (31, "TWh")]),
    ("Data centres used 460 TWh in 2022, of which 40% went to computing and 40% to cooling",
     [(460, "TWh"), (40, "%"), (40, "%")]),
    ("Computing takes 40% of a data centre's electricity and cooling another 40%", [(40, "%"), (40, "%")]),
    ("The Netherlands' data centres consumed 3.7 TWh in 2021, 3.3% of national consumption",
     [(3.7, "TWh"), (3.3, "%")]),
])  # fmt: skip
def test_each_clause_of_a_sentence_on_data_centres_is_a_claim(sentence: str, stated: list[tuple[float, str]]) -> None:
    claims = read_sentence(sentence).claims
    assert [_stated(claim) for claim in claims] == stated
    assert all("Not judged" not in claim.note for claim in claims)


def test_a_later_share_is_of_the_whole_that_the_first_names() -> None:
    text = "Data centers accounted for 4.4% of total U.S. electricity in 2023"
    first, last = read_sentence(f"{text} and are expected to consume 6.7 to 12% by 2028").claims
    assert _stated(first) == (4.4, "%")
    assert last.stated_low is not None
    assert last.stated_high is not None
    assert "United States" in last.note


def test_growth_that_is_judged_is_not_named_as_left() -> None:
    (claim,) = read_sentence("Data centre electricity use in Ireland rose 10% in 2024, to 6,969 GWh").claims
    assert claim.note.endswith("Not judged: 6,969 GWh; write a sentence for each.")


def test_words_that_repeat_do_not_hold_the_readers_up() -> None:
    """A word that may be split in many ways is tried in one: this would not end in years otherwise."""
    assert statements_in("GPT-3 used 1 MWh " + "us" * 200 + "! 2 t of CO2") == ()


def test_words_that_are_no_place_are_not_compared_with_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """To find near names takes longer than to read the sentence, and it is asked of each word."""
    monkeypatch.setattr(errors, "nearest_names", lambda *_: pytest.fail("near names were looked for"))
    (claim,) = read_sentence("Data centres of the whole world will draw about 945 TWh of electricity in 2030").claims
    assert _stated(claim) == (945, "TWh")
