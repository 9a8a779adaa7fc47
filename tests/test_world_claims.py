"""Sentences on data centres in years to come, on how many there are, and on American demand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.claim.sentence.coming import outlook_match
from wattline.claim.sentence.coming_parts import part_draws
from wattline.claim.sentence.coming_read import read_coming
from wattline.claim.sentence.coming_yearless import read_yearless
from wattline.core.errors import WattlineError
from wattline.line.world.electricity import electricity_twh
from wattline.line.world.places import place_of

TO_COME = [
    # sentence, kind, place, year, values
    ("Data centres will use 1,010 TWh in 2026", "energy", "world", 2026, [1010]),
    ("Data centers could consume more than 1,000 terawatt-hours by 2026", "energy", "world", 2026, [1000]),
    ("Global data centre electricity demand will reach 945 TWh in 2030", "energy", "world", 2030, [945]),
    ("By 2030 data centres will need 945 TWh", "energy", "world", 2030, [945]),
    ("By the end of the decade datacenters will use about 945 TWh", "energy", "world", 2030, [945]),
    ("Data centres will use 1,000,000 GWh in 2026", "energy", "world", 2026, [1000]),
    ("Data centres consumed 460 TWh in 2022, which could reach 1,000 TWh in 2026", "energy", "world", 2026, [1000]),
    ("US data centres will use 649 TWh in 2030", "energy", "us", 2030, [649]),
    ("Data centres will give us 1000 TWh of trouble in 2030", "energy", "world", 2030, [1000]),
    ("China's data centres will use 277 TWh in 2030", "energy", "china", 2030, [277]),
    ("Irish data centers will use 10 TWh in 2030", "energy", "ireland", 2030, [10]),
    ("Google will use 60 TWh in 2030", "energy", "google", 2030, [60]),
    ("Data centres will use as much electricity as Japan in 2026", "energy", "world", 2026, ["japan"]),
    ("The world's data centres will consume as much as Japan by 2030", "energy", "world", 2030, ["japan"]),
    ("Data-centre power use will be equal to Japan's consumption by 2026", "energy", "world", 2026, ["japan"]),
    ("Data centres will use more electricity than Japan by 2030", "energy", "world", 2030, ["japan"]),
    ("American data centres will use as much power as all of Germany by 2028", "energy", "us", 2028, ["germany"]),
    ("Data centres will need a Sweden to a Germany more by 2026", "rise", "world", 2026, ["sweden", "germany"]),
    ("Data centre demand will grow by between a Sweden and a Germany by 2026", "rise", "world", 2026,
     ["sweden", "germany"]),
    ("Data centres will need another Germany by 2028", "rise", "world", 2028, ["germany"]),
    ("Data centres will add another 500 TWh by 2030", "rise", "world", 2030, [500]),
    ("Demand of data centres will grow by 500 TWh by 2030", "rise", "world", 2030, [500]),
    ("Demand of data centres will grow to 900 TWh by 2030", "energy", "world", 2030, [900]),
    ("Data centres will account for 3% of global electricity in 2030", "share", "world", 2030, [0.03]),
    ("Data centres will use 12% of US electricity by 2028", "share", "us", 2028, [0.12]),
    ("Data centres could use 32 percent of Ireland's electricity by 2026", "share", "ireland", 2026, [0.32]),
    ("Data centre electricity use will double by 2030", "growth", "world", 2030, [2]),
    ("Electricity demand from datacentres is set to grow by 160% by 2030", "growth", "world", 2030, [2.6]),
    ("Data centres will use three... no, 4 times as much power by 2030", "growth", "world", 2030, [4]),
    ("Data centres will need 100 GW in 2030", "power", "world", 2030, [100]),
    ("US data centres will need 80,000 MW by 2030", "power", "us", 2030, [80]),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "kind", "place", "year", "values"), TO_COME, ids=[row[0] for row in TO_COME])
def test_a_sentence_of_a_year_to_come_is_read(
    sentence: str, kind: str, place: str, year: int, values: list[Any]
) -> None:
    coming = read_coming(sentence)
    assert coming is not None
    assert (coming.kind, coming.place.name, coming.year) == (kind, place, year)
    stated = [place_of(value).consumption_twh if isinstance(value, str) else value for value in values]
    assert coming.values == pytest.approx(sorted(stated))


@pytest.mark.parametrize("sentence", [row[0] for row in TO_COME][::4])
def test_a_projection_never_holds_and_has_a_probability(sentence: str) -> None:
    claim = wl.check(sentence, draws=300).json()["results"]["claims"][0]
    assert claim["verdict"] in ("unproven", "undecided", "does not follow", "outdated")
    assert 0 <= claim["probability"] <= 1
    assert "with a probability of" in claim["note"]
    assert "projection" in claim["weak_evidence"]["outlook"]


WITHOUT_YEAR_OR_SUBJECT = [
    # sentence, kind, year, values, whether the year was taken for it
    ("as much as Japan", "energy", 2030, ["japan"], True),
    ("About as much electricity as Japan by 2026.", "energy", 2026, ["japan"], False),
    ("Data centres could soon consume as much electricity as Japan", "energy", 2030, ["japan"], True),
    ("Data centers are expected to use more electricity than Germany", "energy", 2030, ["germany"], True),
    ("a Sweden to a Germany more", "rise", 2030, ["sweden", "germany"], True),
    ("a Sweden to a Germany by 2026", "rise", 2026, ["sweden", "germany"], False),
    ("1,000 TWh in 2026", "energy", 2026, [1000], False),
    ("945 TWh by 2030", "energy", 2030, [945], False),
    ("100 GW by 2030", "power", 2030, [100], False),
]


@pytest.mark.parametrize(("sentence", "kind", "year", "values", "taken"), WITHOUT_YEAR_OR_SUBJECT)
def test_a_statement_without_a_year_or_a_subject_has_a_probability(
    sentence: str, kind: str, year: int, values: list[Any], taken: bool
) -> None:
    read = read_yearless(sentence)
    assert read is not None
    coming, without = read
    assert (coming.kind, coming.place.name, coming.year, without) == (kind, "world", year, taken)
    stated = [place_of(value).consumption_twh if isinstance(value, str) else value for value in values]
    assert coming.values == pytest.approx(sorted(stated))
    claim = wl.check(sentence, draws=300).json()["results"]["claims"][0]
    assert 0 <= claim["probability"] <= 1
    assert claim["verdict"] != "holds"
    assert ("2030, the end of the decade, is taken" in claim["note"]) == taken


@pytest.mark.parametrize(
    "sentence",
    ["Data centres use as much electricity as Japan", "460 TWh in 2022", "Bitcoin will use as much as Japan",
     "Data centres used as much as Sweden in 2020", "1,000 TWh in 2026 of Bitcoin mining", "AI could soon help Japan"],
)  # fmt: skip
def test_what_is_of_now_or_of_other_things_is_no_statement_without_a_year(sentence: str) -> None:
    assert read_yearless(sentence) is None


@settings(max_examples=25, deadline=None)
@given(st.floats(1, 20_000), st.integers(2026, 2035), st.sampled_from(["", "US ", "Chinese ", "Irish "]))
def test_no_figure_of_a_year_to_come_ever_holds(twh: float, year: int, place: str) -> None:
    claim = wl.check(f"{place}data centres will use {twh:.1f} TWh in {year}", draws=100).json()["results"]["claims"][0]
    assert claim["verdict"] in ("unproven", "undecided", "does not follow", "outdated")


@pytest.mark.parametrize(("region", "year"), [("world", 2030), ("us", 2026), ("eu27", 2035)])
def test_the_share_of_ai_is_the_same_in_an_outlook_and_in_a_claim(region: str, year: int) -> None:
    """With its own cooling and power in both; the parts of an outlook, which add up, have its servers alone."""
    row = wl.world(region, str(year)).json()["results"]["places"][0]["years"][0]
    drawn = part_draws(place_of(region), [year], "ai", 2026)[1][:, 0]
    for end, percent in (("p5", 5), ("p50", 50), ("p95", 95)):
        assert row["ai_share"][end] == pytest.approx(float(np.percentile(drawn, percent)), rel=0.03)
    assert row["share_of_part"]["ai"]["p50"] < row["ai_share"]["p50"]
    assert sum(part["p50"] for part in row["share_of_part"].values()) == pytest.approx(1, abs=0.05)


def test_the_more_is_stated_the_less_probable_it_is() -> None:
    probable = [
        outlook_match(read_coming(f"Data centres will use {twh} TWh in 2030"), "at least").probability
        for twh in (300, 600, 945, 1500, 3000)
    ]
    assert probable == sorted(probable, reverse=True)
    assert probable[0] > 0.99
    assert probable[-1] < 0.05


def test_the_articles_thousand_by_2026_does_not_hold_any_more() -> None:
    rows = {
        "Data centres may use 1,000 TWh in 2026": "outdated",
        "Data centres may use 1,010 TWh in 2026": "outdated",  # the IEA's 1,000 of 2024
        "Data centres may use 1,500 TWh in 2026": "does not follow",  # which nobody foresaw
        "In 2026 data centres will use as much as Japan": "outdated",
    }
    for sentence, verdict in rows.items():
        assert wl.check(sentence, draws=300).json()["results"]["claims"][0]["verdict"] == verdict


@pytest.mark.parametrize(
    "sentence",
    ["Data centres used 415 TWh in 2024", "Training GPT-4 took 50 GWh", "ChatGPT will use 3 Wh per request in 2030",
     "Sweden will use 150 TWh in 2030", "Data centres used 460 TWh in 2022"],
)  # fmt: skip
def test_other_sentences_are_none_of_a_year_to_come(sentence: str) -> None:
    assert read_coming(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("There were 10,978 data centres at the end of 2023", "holds"),
        ("There are 10,978 data centers in the world", "holds"),
        ("There were nearly 8,000 data centres in 2021", "holds"),
        ("There are 5,388 data centres in the United States", "holds"),
        ("5,388 of the data centres are in the US", "holds"),
        ("There were 20,000 data centres in 2023", "does not follow"),
        ("There were 3,600 data centres in 2015", "cannot be checked"),
        ("There are 300 data centres in Germany", "cannot be checked"),
        ("There will be 20,000 data centres in 2030", "cannot be checked"),
    ],
)
def test_how_many_data_centres_there_are(sentence: str, verdict: str) -> None:
    claim = wl.check(sentence, draws=300).json()["results"]["claims"][0]
    assert claim["verdict"] == verdict
    assert claim["says"] == sentence
    assert "directory" in f"{claim['note']} {claim['why']}"


@pytest.mark.parametrize(
    "sentence",
    ["US electricity demand will grow by 40% in the next 20 years",
     "American demand for electricity will rise 40% over two decades",
     "Power demand in the United States will climb 38 percent over 20 years"],
)  # fmt: skip
def test_american_demand_to_come_stands_with_its_sources_and_never_holds(sentence: str) -> None:
    report = wl.check(sentence, draws=300).json()
    claim = report["results"]["claims"][0]
    assert claim["verdict"] == "outdated"
    assert "NextEra" in claim["newer"]["source"]


def test_american_demand_of_the_past_is_measured() -> None:
    claim = wl.check("US electricity demand rose 9% in the last 20 years", draws=300).json()["results"]["claims"][0]
    assert claim["verdict"] == "holds"


def test_a_country_that_is_none_is_refused_in_one_line() -> None:
    with pytest.raises(WattlineError) as caught:
        wl.check("Data centres will use as much as Narnia in 2026")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("By 2030, data centres in the EU will use 150 TWh.", 150),
        ("In 2028, data centres will use 800 TWh.", 800),
        ("Data centre electricity demand will grow 15% a year to 2030.", 1.15**6),
        ("Data centre electricity will grow by 12% annually until 2030.", 1.12**6),
        ("Data-centre electricity will double every four years to 2030.", 2**1.5),
        ("Data centre power demand grew 12% a year from 2020 to 2030.", 1.12**10),
    ],
)
def test_a_year_before_data_centres_is_no_count_and_growth_by_the_year_adds_up(sentence: str, value: float) -> None:
    claim = wl.check(sentence).json()["results"]["claims"][0]
    assert claim["verdict"] in ("unproven", "undecided", "does not follow")
    coming = read_coming(sentence)
    assert coming is not None
    assert coming.values == pytest.approx((value,))


def test_a_share_of_a_year_to_come_is_of_that_years_electricity() -> None:
    place = place_of("world")
    assert electricity_twh(place, 2023) == place.consumption_twh
    assert 1.15 < electricity_twh(place, 2030) / place.consumption_twh < 1.4
    share, energy = (
        outlook_match(read_coming(f"Data centres will use {amount} in 2030."), "equal").middle
        for amount in ("3% of global electricity", "900 TWh")
    )
    assert share == pytest.approx(energy / electricity_twh(place, 2030))


def test_a_sentence_in_another_script_is_refused_as_one() -> None:
    with pytest.raises(WattlineError, match="English"):
        wl.check("2030年までにデータセンターは945テラワット時を使う")


@pytest.mark.parametrize(
    ("added", "level"),
    [
        ("will rise by 160{}590 TWh by 2026", "will use 160{}590 TWh by 2026"),
        ("will need 160{}590 TWh more by 2026", "will need 160{}590 TWh by 2026"),
    ],
)
@pytest.mark.parametrize("between", [" to ", "–", "-", " TWh to "])
def test_a_range_that_is_added_is_a_rise_as_a_single_figure_is(added: str, level: str, between: str) -> None:
    read = [read_coming(f"Data centres {words.format(between)}") for words in (added, level)]
    assert [(each.kind, each.values) if each else None for each in read] == [
        ("rise", (160, 590)),
        ("energy", (160, 590)),
    ]
