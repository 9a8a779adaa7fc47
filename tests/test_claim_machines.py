"""Sentences on machines and sites by their names, and on what bears its power: worked out by hand."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.claim.sentence import read_sentence
from wattline.core.errors import WattlineError


def verdict(sentence: str) -> str:
    """The verdict on the first claim of a sentence."""
    return str(wl.check(sentence, draws=300).json()["results"]["claims"][0]["verdict"])


@pytest.mark.parametrize(
    ("sentence", "right"),
    [
        ("An NVL72 rack draws 120 kW", "holds"),
        ("A GB200 NVL72 rack uses 120 kW of power", "holds"),
        ("A rack of NVL72 draws 300 kW", "does not follow"),
        ("100 NVL72 racks draw 12 MW", "holds"),
        ("100 racks of NVL72 draw 1 MW", "does not follow"),
        ("A DGX H100 server uses 10.2 kW at peak", "holds"),
        ("Ten DGX B200 servers draw 143 kW", "holds"),
        ("A CloudMatrix 384 draws 559 kW", "holds"),
        ("A data centre of 50 MW consumes 438 GWh a year", "holds"),
        ("A 1.2 GW data center consumes 10.5 TWh a year", "holds"),
        ("A 100 MW data center uses 500 GWh per year", "unproven"),
        ("A 100 MW data center uses 2 TWh per year", "does not follow"),
        ("A 100 MW data center used 2 TWh in 2024", "does not follow"),
        ("In 2025, 100 NVL72 racks used 200 GWh", "does not follow"),
        ("Stargate in Abilene will use 1.2 gigawatts of power", "unproven"),
        ("OpenAI's Stargate data center in Abilene, Texas draws 1.2 GW", "does not follow"),
        ("xAI's Colossus supercomputer in Memphis uses 150 MW", "unproven"),
        ("Google's electricity consumption doubled between 2020 and 2024", "holds roughly"),
        ("Google's electricity use more than doubled between 2019 and 2023", "holds"),
        ("ChatGPT uses a bottle of water for every 100 words it writes", "does not follow"),
        ("Writing a 100-word email with ChatGPT uses a bottle of water", "does not follow"),
        ("ChatGPT drinks 500 ml of water for every 10 to 50 responses", "outdated"),
        ("ChatGPT drinks 1 litre of water per question", "does not follow"),
        ("An LED bulb uses 10 watts", "holds roughly"),
        ("A 60-watt light bulb uses 60 Wh an hour", "holds"),
        ("A refrigerator uses 4,000 kWh a year", "does not follow"),
        ("Running a TV for an hour uses 0.1 kWh", "unproven"),
        ("Charging a phone uses 12 Wh", "unproven"),
        ("A microwave uses 20 Wh per minute", "holds"),
        ("A TV uses 2 kW", "does not follow"),
        ("The data centre industry used 415 TWh in 2024", "unproven"),
        ("A Gemini prompt uses as much energy as watching TV for nine seconds", "unproven"),
        ("A ChatGPT query uses as much energy as a 2,000-watt oven for an hour", "does not follow"),
    ],
)
def test_what_is_named_is_judged(sentence: str, right: str) -> None:
    assert verdict(sentence) == right


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Stargate will need 10 GW", "no figure of the catalog fits"),  # of all its sites
        ("Colossus 2 will draw 1.5 GW", "what it draws"),
        ("The data center uses 100 MW", "of many data centres, not of one"),
        ("This data center will draw 2 GW", "of many data centres, not of one"),
        ("An NVL72 rack uses 100 kWh", "for how long"),
    ],
)
def test_what_the_catalog_cannot_tell_is_refused(sentence: str, why: str) -> None:
    with pytest.raises(WattlineError, match=why):
        read_sentence(sentence)


@given(count=st.integers(2, 5000), kilowatts=st.floats(10, 1000))
@settings(max_examples=25, deadline=None)
def test_so_many_racks_are_as_many_times_one(count: int, kilowatts: float) -> None:
    made = wl.check(f"{count} NVL72 racks draw {count * kilowatts:.6f} kW", draws=50).json()["results"]["claims"][0]
    single = wl.check(f"An NVL72 rack draws {kilowatts:.6f} kW", draws=50).json()["results"]["claims"][0]
    assert made["verdict"] == single["verdict"]


@given(watts=st.integers(1, 3000), minutes=st.integers(1, 300))
@settings(max_examples=25, deadline=None)
def test_a_thing_with_its_power_is_watts_times_its_time(watts: int, minutes: int) -> None:
    claim = read_sentence(
        f"A ChatGPT query uses as much energy as a {watts}-watt LED bulb for {minutes} minutes"
    ).claims[0]
    assert claim.stated is not None
    central = wl.check(
        f"{watts * minutes / 60:.6f} Wh is as much as a {watts}-watt lamp for {minutes} minutes", draws=20
    )
    assert central.json()["results"]["claims"][0]["verdict"] == "holds"


PARTS = ("NVL72 racks of ", "a 10-watt LED ", "data centre of 5 MW ", "bottle of water for 100 words ", "(", "each ",
         "writing a 100-word ", "as much as a ", "1,000 ", "Abilene, ")  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_long_sentence_is_answered_or_refused(part: str) -> None:
    """A pattern that tries a sentence in many ways would never end here."""
    for length in (490, 2000):
        with contextlib.suppress(WattlineError):
            read_sentence((part * 2000)[:length])
