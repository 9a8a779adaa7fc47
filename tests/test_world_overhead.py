"""Overhead of a place's sites by its climate and the vintage of its halls; shares of tiny jobs."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from site_overhead import site_overhead_text
from wattline.catalog import HERE, default
from wattline.line.site.region_overhead import site_overheads
from wattline.line.world.places import place_of
from wattline.line.world.site_overhead import overhead_facts, overhead_ratio, pue_of_kinds
from wattline.line.world.stock import FIRST, YEARS, sites_by_construction
from wattline.line.world.stock_draws import StockDraws
from wattline.line.world.tables import annex, stock_facts
from wattline.report.words import share_words


def test_the_outlooks_overhead_is_what_the_site_station_gives_of_the_places_climates() -> None:
    compared = 0
    for (kind, built), regions in site_overheads(default()).items():
        for region, overheads in regions.items():
            if region != "world" and "consumption_twh" not in default().find("region", region).facts:
                continue  # it is no place of the outlook
            place = place_of(region)
            if ("site-overhead", place.kin_name, kind) in stock_facts():
                facts = overhead_facts(place, kind)
                value = facts.facts[facts.years.index(built)].value
                assert value == pytest.approx(overheads.mean(), rel=0.01), (kind, built, region)
                compared += 1
    assert compared > 300


def test_one_tool_writes_the_table_of_overheads_and_always_the_same() -> None:
    """To a per cent, for a climate or a region may have come to the catalog since."""
    text = site_overhead_text()
    assert text == site_overhead_text()
    tables = text, (HERE / "world" / "site_overhead.csv").read_text(encoding="utf-8")
    made, table = ([line for line in each.splitlines() if not line.startswith("#")] for each in tables)
    rows, known = (list(csv.DictReader(lines)) for lines in (made, table))
    assert len(rows) == len(known) > 400
    for row, old in zip(rows, known, strict=True):
        for column in ("scope", "segment", "year", "unit", "basis", "note"):
            assert row[column] == old[column]
        for column in ("value", "low", "high"):
            assert float(row[column]) == pytest.approx(float(old[column]), rel=0.01), row


def test_halls_that_use_outside_air_differ_more_by_climate_than_those_with_chillers() -> None:
    by_year = {
        built: np.array([v.mean() for v in regions.values()]) / regions["world"].mean()
        for (kind, built), regions in site_overheads(default()).items()
        if kind == "hyperscale"
    }
    assert by_year[2025].std() > by_year[2005].std()
    cool, hot = (pue_of_kinds(place_of(name))["hyperscale"][-1] for name in ("ireland", "singapore"))
    assert 1 < cool < hot


@pytest.mark.parametrize("kind", ["hyperscale", "colocation", "enterprise"])
def test_the_station_gives_the_worlds_pue_of_each_kind_as_the_iea_publishes_it(kind: str) -> None:
    """No number of the hourly model was fitted to these: within 7% in the years that have passed."""
    made = pue_of_kinds(place_of("world"))[kind]
    known = {row.year: row.pue for row in annex() if (row.region, row.kind) == ("world", kind) and row.year <= 2024}
    assert len(known) == 3
    for year, pue in known.items():
        assert made[year - FIRST] == pytest.approx(pue, rel=0.08), year


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=len(YEARS), max_size=len(YEARS)), st.floats(8, 40))
def test_sites_stand_by_the_years_of_their_construction(wanted: list[float], life: float) -> None:
    """None stands before it is built, or grows; as much stands as is wanted, or more where less is than stood."""
    made = sites_by_construction(np.array(wanted), life)
    assert np.tril(made, -1).max() == 0
    assert (np.diff(made, axis=1)[np.triu_indices(len(YEARS), 1, len(YEARS) - 1)] <= 1e-9).all()
    whole = made.sum(axis=0)
    assert (whole >= np.array(wanted) - 1e-9).all()
    new = np.diag(made) > 1e-9
    assert whole[new] == pytest.approx(np.array(wanted)[new])


@pytest.mark.parametrize("name", ["world", "ireland", "singapore", "us-ercot", "kenya"])
def test_a_site_keeps_the_overhead_of_the_year_it_was_built_in(name: str) -> None:
    """So what stands is worse than what is built now, falls later, and lies between the oldest and the newest."""
    place = place_of(name)
    for kind in ("hyperscale", "colocation", "enterprise"):
        facts = overhead_facts(place, kind)
        built, stands = facts.at(np.asarray(YEARS)), pue_of_kinds(place)[kind] - 1
        later = slice(2006 - FIRST, None)
        assert (stands[later] > built[later]).all()
        assert (np.diff(stands) <= 1e-12).all()
        assert stands.min() >= built.min()


@pytest.mark.parametrize("region", ["us", "europe", "china", "africa", "middle_east", "asia_pacific"])
@pytest.mark.parametrize("year", [2020, 2023, 2024])
def test_parts_of_the_world_have_the_pue_that_the_iea_publishes(region: str, year: int) -> None:
    parts = StockDraws({}, (), np.array([year])).parts_of(place_of(region))
    it = sum(values for name, values in parts.items() if name != "overhead")
    published = next(row.pue for row in annex() if (row.region, row.kind, row.year) == (region, "all", year))
    assert float((1 + parts["overhead"] / it)[0, 0]) == pytest.approx(published, rel=0.03)


def test_nothing_is_known_of_a_companys_climates() -> None:
    assert (overhead_ratio(place_of("google")) == 1).all()
    assert wl.world("google", "2024", draws=100).json()["results"]["places"][0]["years"][0]["pue_of_kind"] is None


def test_a_hot_place_has_more_of_its_electricity_in_overhead_and_the_parts_still_add_up() -> None:
    rows = wl.world(["ireland", "greece", "singapore"], "2024", draws=1000).json()["results"]["places"]
    share = {row["name"]: row["years"][0]["share_of_part"] for row in rows}
    middle = {name: parts["overhead"]["p50"] for name, parts in share.items()}
    assert middle["ireland"] < middle["greece"] < middle["singapore"]
    for parts in share.values():
        assert sum(part["p50"] for part in parts.values()) == pytest.approx(1, abs=0.02)


@given(st.floats(1e-16, 10))
def test_a_share_that_is_not_nothing_is_never_shown_as_nothing(share: float) -> None:
    assert float(share_words(share).removesuffix("%")) == pytest.approx(100 * share, rel=0.1)
