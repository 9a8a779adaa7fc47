"""Overhead of a place's sites by its climate and the vintage of its halls; shares of tiny jobs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.line.site.region_overhead import overhead_ratios
from wattline.line.world.places import place_of
from wattline.line.world.site_overhead import overhead_facts, overhead_ratio
from wattline.line.world.tables import stock_facts
from wattline.report.words import share_words


def test_the_outlooks_overhead_is_what_the_site_station_gives_of_the_places_climates() -> None:
    compared = 0
    for vintage, regions in overhead_ratios(default()).items():
        for region, ratios in regions.items():
            if "consumption_twh" not in default().find("region", region).facts:
                continue  # it is no place of the outlook
            place = place_of(region)
            facts = overhead_facts(place)
            if ("overhead-ratio", place.kin_name, "all") in stock_facts() and facts is not None:
                value = facts.facts[facts.years.index(vintage)].value
                assert value == pytest.approx(ratios.mean(), rel=0.01), (region, vintage)
                compared += 1
    assert compared > 80


def test_halls_that_use_outside_air_differ_more_by_climate_than_those_with_chillers() -> None:
    by_vintage = {year: np.array([v.mean() for v in r.values()]) for year, r in overhead_ratios(default()).items()}
    assert by_vintage[2025].std() > by_vintage[2005].std()
    cool, hot = (overhead_ratio(place_of(name))[-1] for name in ("ireland", "singapore"))
    assert cool < 1 < hot


def test_a_hot_place_has_more_of_its_electricity_in_overhead_and_the_parts_still_add_up() -> None:
    rows = wl.world(["ireland", "singapore", "world"], "2024", draws=1000).json()["results"]["places"]
    share = {row["name"]: row["years"][0]["share_of_part"] for row in rows}
    middle = {name: parts["overhead"]["p50"] for name, parts in share.items()}
    assert middle["ireland"] < middle["world"] < middle["singapore"]
    for parts in share.values():
        assert sum(part["p50"] for part in parts.values()) == pytest.approx(1, abs=0.02)


@given(st.floats(1e-16, 10))
def test_a_share_that_is_not_nothing_is_never_shown_as_nothing(share: float) -> None:
    assert float(share_words(share).removesuffix("%")) == pytest.approx(100 * share, rel=0.1)
