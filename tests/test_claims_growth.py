"""Sentences on growth: AI's part of data centres, American states, years that have passed, and what is none of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.claim.sentence.coming_parts import part_in
from wattline.claim.sentence.coming_read import read_coming
from wattline.core.errors import WattlineError


def checked(sentence: str) -> dict[str, Any]:
    return wl.check(sentence, draws=300).json()["results"]["claims"][0]


@pytest.mark.parametrize(
    ("sentence", "kind", "part", "value"),
    [
        ("AI will use 500 TWh by 2030", "energy", "ai", 500),
        ("AI could use 10% of US electricity by 2030", "share", "ai", 0.1),
        ("AI data centres will need 327 GW by 2030", "power", "ai", 327),
        ("Electricity demand from AI data centres will quadruple by 2030", "growth", "ai", 4),
        ("AI will account for half of data centre power by 2030", "part", "ai", 0.5),
        ("A third of data centre electricity will go to AI by 2030", "part", "ai", 1 / 3),
        ("Training AI will use 20% of data centre power in 2030", "part", "training", 0.2),
        ("Inference will account for 80% of AI's electricity by 2030", "part of AI", "inference", 0.8),
        ("AI will double data centres' electricity use by 2030", "growth", "all", 2),
        ("Driven by AI, data centres will use 945 TWh by 2030", "energy", "all", 945),
        ("The AI boom will take data centres to 945 TWh by 2030", "energy", "all", 945),
    ],
)
def test_ai_is_the_subject_only_where_it_uses_the_electricity(
    sentence: str, kind: str, part: str, value: float
) -> None:
    coming = read_coming(sentence)
    assert coming is not None
    assert (coming.kind, coming.part) == (kind, part)
    assert coming.values == pytest.approx((value,), rel=1e-3)
    claim = checked(sentence)
    assert claim["verdict"] in ("unproven", "undecided", "does not follow")
    assert "with a probability of" in claim["note"]


def test_ai_is_part_of_the_whole_and_its_parts_add_up_to_it() -> None:
    ends = {
        who: checked(f"{who} will use 500 TWh in 2030")["given"][0]["value"]["p50"] for who in ("AI", "Data centres")
    }
    assert 0.3 < ends["AI"] / ends["Data centres"] < 0.7
    shares = [
        checked(f"{use} will take 50% of AI's electricity in 2030")["given"][0]["value"]["p50"]
        for use in ("Training", "Inference")
    ]
    assert sum(shares) == pytest.approx(100, abs=1.5)


@pytest.mark.parametrize("name", ["Nvidia", "ChatGPT", "OpenAI"])
def test_one_makers_ai_is_not_all_ai(name: str) -> None:
    assert part_in(f"AI servers of {name} will use 100 TWh by 2027") == "all"


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("Virginia's data centres use 26% of its electricity", "holds"),
        ("Data centers in Virginia consume 26% of the state's electricity", "holds"),
        ("In 2023 data centers used 11.4% of Iowa's electricity", "holds"),
        ("Data centres use half of Virginia's electricity", "does not follow"),
        ("Virginia data centres could use 39% to 57% of the state's electricity by 2030", "unproven"),
    ],
)
def test_a_states_share_is_held_against_what_was_published_of_it(sentence: str, verdict: str) -> None:
    assert checked(sentence)["verdict"] == verdict


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Kansas' data centres will use 3 TWh by 2030", "beyond the state"),
        ("Virginia's data centres use 26% of American electricity", "name one"),
        ("Ohio's data centres will use 20% of its electricity by 2030", "share of 2023, and not of 2030"),
        ("Data centres in Dublin use 48% of its electricity", "'Dublin'"),
        ("Data centres will account for half of the growth in US electricity demand by 2030", "what is added"),
        ("Emissions from data centres will double by 2030", "of emissions"),
        ("Data centre water use will triple by 2030", "of water"),
        ("The number of data centres will double by 2030", "of number"),
        ("Data centres' electricity bills will double by 2030", "of bills"),
        ("US data centre electricity use tripled between 2014, 2018 and 2023", "which years"),
    ],
)
def test_what_is_not_known_is_refused_by_name(sentence: str, why: str) -> None:
    with pytest.raises(WattlineError, match=why):
        wl.check(sentence)


@pytest.mark.parametrize(
    ("sentence", "factor"),
    [
        ("Data centre electricity consumption grew 12% a year since 2017", 1.12**7),
        ("Data centres' electricity use has grown by 12% per year over the last five years", 1.12**5),
        ("US data centre electricity use tripled between 2014 and 2023", 3),
        ("Electricity use by data centres doubled in the past decade", 2),
    ],
)
def test_growth_of_the_past_is_held_against_an_estimate_and_never_holds(sentence: str, factor: float) -> None:
    claim = checked(sentence)
    assert claim["stated"][0]["value"] == pytest.approx(factor, rel=1e-4)
    assert claim["relation"] == "equal"
    assert claim["verdict"] in ("unproven", "undecided", "does not follow")
    assert "estimate" in claim["weak_evidence"]["outlook"]


@settings(max_examples=15, deadline=None)
@given(st.integers(2005, 2022), st.integers(1, 9))
def test_growth_by_the_year_is_growth_over_all_years(first: int, percent: int) -> None:
    claim = checked(f"US data centre electricity use grew {percent}% a year from {first} to 2024")
    assert claim["stated"][0]["value"] == pytest.approx((1 + percent / 100) ** (2024 - first), rel=1e-4)


def test_a_range_of_a_share_is_read_whole() -> None:
    now = checked("Data centres use 1 to 2% of global electricity")
    assert (now["verdict"], now["relation"]) == ("holds", "between")
    for words in ("between 6.7% and 12%", "6.7 to 12 per cent", "6.7-12%"):
        coming = read_coming(f"US data centres could use {words} of US electricity by 2028")
        assert coming is not None
        assert coming.values == pytest.approx((0.067, 0.12))


def test_crypto_is_counted_only_where_it_is_named() -> None:
    without, with_it = (
        checked(f"Data centres{also} will use 1,100 TWh in 2026") for also in ("", " and crypto-mining")
    )
    assert 60 < with_it["given"][0]["value"]["p50"] - without["given"][0]["value"]["p50"] < 160
    assert "with crypto-mining" in with_it["note"]


def test_a_rise_in_their_number_is_held_against_the_last_count() -> None:
    claim = checked("The number of data centres rose from 3,600 in 2015 to 10,978 in 2023")
    assert claim["verdict"] == "holds"
    assert claim["stated"][0]["value"] == 10_978
