"""Sentences that count things instead of units: homes, cars, flights, searches, questions, countries."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.claim.check import CheckedClaim
from wattline.claim.evaluate import Scope, evaluate, quantity
from wattline.claim.sentence import read_sentence
from wattline.core.errors import WattlineError


def check(sentence: str) -> CheckedClaim:
    return wl.check(sentence).claims[0]


def value(key: str) -> float:
    return default().fact(key).value


HOME, GPT3 = "region.us.home_kwh_per_year", "training_run.gpt-3-175b"
# the sentence, the facts that its figure rests on, that figure, its verdict
SENTENCES = [
    ("Training GPT-3 took as much electricity as 120 American homes use in a year",
     [HOME], f"{120 * value(HOME)} kWh", "unproven"),
    ("Training GPT-3 used as much electricity as an American home in 120 years",
     [HOME], f"{120 * value(HOME)} kWh", "unproven"),
    ("Training GPT-3 could power 1,200 US homes for a year", [HOME], f"{1200 * value(HOME)} kWh", "does not follow"),
    ("ChatGPT uses as much power a day as 17,000 US homes", [HOME], f"{17_000 * value(HOME)} kWh", "unproven"),
    ("ChatGPT uses as much electricity in a day as 17,000 Irish households use in a year",
     ["region.ie.home_kwh_per_year"], f"{17_000 * 365.25 * value('region.ie.home_kwh_per_year')} kWh",
     "does not follow"),
    ("a ChatGPT query uses ten times the electricity of a Google search",
     ["constant.google-search"], "3 Wh/request", "outdated"),
    ("A ChatGPT query uses ten times a Google search", ["constant.google-search"], "3 Wh/request", "outdated"),
    ("A ChatGPT request takes 10x a Google search", ["constant.google-search"], "3 Wh/request", "outdated"),
    ("A ChatGPT query takes 10x more energy than a search", ["constant.google-search"], "3 Wh/request", "outdated"),
    ("a ChatGPT query takes as much as a 60 W bulb for 3 minutes", ["constant.bulb-60w"], "3 Wh/request", "outdated"),
    ("a ChatGPT query uses as much as boiling a kettle",
     ["constant.kettle-litre", "constant.kettle-fill"], "110 Wh/request", "does not follow"),
    ("asking 20 questions drinks 500 ml of water", [], "25 mL/request", "outdated"),
    ("ChatGPT drinks 500 ml of water for 25 questions", [], "20 mL/request", "outdated"),
    ("training GPT-3 emitted as much as 123 cars driven for a year", ["constant.car-year-co2"], "565.8 t", "unproven"),
    ("training GPT-3 emitted as much as 500 flights", ["constant.flight-transatlantic-co2"], "350 t", "unproven"),
    ("Training GPT-3 emitted as much CO2 as driving 5 million km", ["constant.car-km-co2"], "1245 t",
     "does not follow"),
    ("Training GPT-3 emitted as much as five cars over their lifetimes",
     ["constant.car-lifetime-co2"], "286 t", "does not follow"),
    ("训练GPT-3耗电相当于120个美国家庭一年的用电量", [HOME], f"{120 * value(HOME)} kWh", "unproven"),
    ("data centres use as much electricity as Japan", ["region.jp.consumption_twh"], "935 TWh", "does not follow"),
    ("data centres use as much as the Netherlands", ["region.nl.consumption_twh"], "110 TWh", "does not follow"),
    ("data centres use more electricity than France", ["region.fr.consumption_twh"], "430 TWh", "unproven"),
    ("Google's AI answers would take as much electricity as Ireland",
     ["region.ie.consumption_twh"], "31 TWh", "does not follow"),
    ("By 2030 data centres will use as much electricity as 40 million American homes",
     [HOME], f"{40e6 * value(HOME)} kWh", "does not follow"),
    ("an AI image takes as much energy as charging 5 phones", ["constant.phone-charge"], "65 Wh", "does not follow"),
    ("generating 1,000 AI images takes as much energy as charging a phone",
     ["constant.phone-charge"], "0.013 Wh", "does not follow"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "facts", "figure", "verdict"), SENTENCES, ids=[s[0] for s in SENTENCES])
def test_a_count_of_things_is_what_the_catalog_has_of_them(
    sentence: str, facts: list[str], figure: str, verdict: str
) -> None:
    report = wl.check(sentence, draws=0)
    claim = report.claims[0]
    assert claim.stated is not None
    stated = claim.stated.figures[0]
    number, _, unit = figure.partition(" ")
    expected = quantity(float(number), unit)
    assert float((quantity(stated.range.p50, stated.unit) / expected).to("").magnitude) == pytest.approx(1, rel=2e-3)
    assert set(facts) <= {fact.key for fact in claim.facts}
    assert check(sentence).verdict == verdict


def test_the_range_of_the_thing_is_the_range_of_the_figure() -> None:
    claim = check("training GPT-3 emitted as much as 500 flights")
    assert claim.stated is not None
    assert claim.stated.figures[0].range.p5 < 350 < claim.stated.figures[0].range.p95
    assert "one seat in economy" in claim.claim.note
    assert f"[{GPT3}.co2e_t]" == claim.derived.formula if claim.derived else False


@given(st.integers(1, 5000), st.integers(1, 50))
@settings(max_examples=15, deadline=None)
def test_homes_and_years_are_one_product(homes: int, years: int) -> None:
    sentences = (
        f"Training GPT-3 used as much electricity as {homes:,} American homes in {years} years",
        f"Training GPT-3 used as much electricity as {homes * years} US homes use in a year",
        f"Training GPT-3 used {years} times as much electricity as {homes} US households do in a year",
    )
    for sentence in sentences:
        stated = read_sentence(sentence).claims[0].stated
        assert stated is not None
        kwh = evaluate(stated.tree, Scope(Draws(0))).to("kWh")
        assert float(kwh.magnitude) == pytest.approx(homes * years * value(HOME))


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("Training GPT-3 emitted as much as five unicorns", "'five unicorns' is not so many of a known thing"),
        ("Training GPT-3 took as much as 120 Martian homes use in a year", "no country of 'Martian' homes"),
        ("Training GPT-3 took as much as 100 to 120 American homes use in a year", "a range of things is not read"),
        ("training GPT-3 emits as much carbon as 120 American homes", "a measure of energy"),
        ("a ChatGPT query takes as much as a light bulb", "for how long"),
        ("An AI image takes half of a phone charge", "whole charges"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(sentence: str, says: str) -> None:
    with pytest.raises(WattlineError, match=says):
        read_sentence(sentence)


def test_a_figure_with_its_unit_is_read_as_before() -> None:
    claim = check("ChatGPT uses 2.9 Wh per request")
    assert claim.verdict == "outdated"
    assert claim.newer is not None
    assert claim.newer.figure.range.p50 == 0.24
    assert "Read as" not in claim.claim.note
