"""Carbon of the regions by year: the series in the catalog, the newest taken, ranges that hold the next year."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from wattline import catalog
from wattline.catalog.carbon import AS_OF, YEARS, band, carbon_tables, ember, ember_second_hand, flow_traced

DATA = Path(__file__).parents[2] / "shared" / "data" / "grid"
LIFE, DIRECT, TRACED = "carbon_lifecycle_g_per_kwh", "carbon_direct_g_per_kwh", "carbon_flow_traced_g_per_kwh"
SHARE = 0.9


@pytest.fixture(scope="module")
def zones() -> dict[str, tuple[list[float], list[float]]]:
    """Each zone's yearly means and carbon-free shares, 2021 to 2025."""
    path = DATA / "electricity_maps_yearly_2021_2025.csv"
    if not path.exists():
        pytest.skip("needs ../shared/data/grid/electricity_maps_yearly_2021_2025.csv")
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    whole = [row for row in rows if all(row[f"lifecycle_g_per_kwh_{year}"] for year in YEARS)]
    return {
        row["zone"]: (
            [float(row[f"lifecycle_g_per_kwh_{year}"]) for year in YEARS],
            [float(row[f"carbon_free_percent_{year}"]) / 100 for year in YEARS],
        )
        for row in whole
    }


def is_within(values: list[float], free: list[float], last: int, years: int) -> bool:
    low, high = band(values[: last + 1], free[last], years)
    return low <= values[last + years] <= high


@pytest.mark.parametrize("last", range(4), ids=lambda last: f"{YEARS[last]}-{YEARS[last] + 1}")
def test_ranges_hold_the_next_year_of_nine_countries_in_ten(
    zones: dict[str, tuple[list[float], list[float]]], last: int
) -> None:
    countries = [series for zone, series in zones.items() if len(zone) == 2]
    assert len(countries) > 200
    assert sum(is_within(*series, last, 1) for series in countries) / len(countries) >= SHARE


@pytest.mark.parametrize(("last", "years"), [(0, 2), (1, 2), (2, 2), (0, 3), (1, 3)])
def test_ranges_widen_with_age_as_much_as_grids_move(
    zones: dict[str, tuple[list[float], list[float]]], last: int, years: int
) -> None:
    countries = [series for zone, series in zones.items() if len(zone) == 2]
    assert sum(is_within(*series, last, years) for series in countries) / len(countries) >= SHARE


def test_ranges_of_the_catalog_hold_what_ember_states_a_year_later() -> None:
    reported = ember_second_hand()
    newest = {name: reported[name] for name, series in ember().items() if series.year == 2024 and name in reported}
    facts = {name: catalog.default().find("region", name)[LIFE] for name in newest}
    assert len(facts) > 80
    assert sum(facts[name].low <= value <= facts[name].high for name, value in newest.items()) / len(facts) >= SHARE


def test_a_falling_grid_has_the_wider_side_below() -> None:
    low, high = band([500, 450, 400], 0.4)
    assert 400 / low > high / 400
    assert band([500, 450, 400], 0.4, years=3)[0] < low


def test_the_series_are_the_published_ones(zones: dict[str, tuple[list[float], list[float]]]) -> None:
    with open(catalog.HERE / "region" / "carbon_flow_traced.csv", encoding="utf-8") as file:
        zone_of = {row["region"]: row["zone"] for row in csv.DictReader(line for line in file if line[0] != "#")}
    for name, series in flow_traced().items():
        assert list(series.g_per_kwh.values()) == zones[zone_of[name]][0], name


def test_ember_is_as_published() -> None:
    path = DATA / "ember_average_intensity_by_country.csv"
    if not path.exists():
        pytest.skip("needs ../shared/data/grid/ember_average_intensity_by_country.csv")
    with open(path, encoding="utf-8") as file:
        published = {row["code"].lower(): (int(row["year"]), float(row["g_per_kwh"])) for row in csv.DictReader(file)}
    seen = 0
    for name, series in ember().items():
        codes = [alias for alias in catalog.default().find("region", name).meta["aliases"] if alias in published]
        if codes:
            year, value = published[codes[0]]
            assert series.g_per_kwh[year] == pytest.approx(value, abs=0.01), name
            seen += 1
    assert seen > 180


def test_the_newest_year_is_taken_and_the_other_method_stands_beside() -> None:
    portugal, quincy = catalog.default().find("region", "pt"), catalog.default().find("region", "us-gcpd")
    assert portugal[LIFE].value == 111.8
    assert "2024, of generation" in portugal[LIFE].note
    assert portugal[TRACED].value == 117
    assert quincy[LIFE].value == 51
    assert quincy[LIFE].note.startswith("2025, flow-traced")
    assert TRACED not in quincy.facts


def test_a_mean_not_opened_at_ember_is_said_to_be_second_hand() -> None:
    for name, series in ember().items():
        basis = catalog.default().find("region", name)[LIFE].basis
        assert basis == ("second hand" if series.year < 2024 and name in ember_second_hand() else "published"), name


def test_every_region_of_the_files_is_in_the_catalog_and_no_year_lies_ahead() -> None:
    regions = catalog.default().records("region")
    assert set(flow_traced()) | set(ember()) <= set(regions)
    assert max(series.year for series in (*flow_traced().values(), *ember().values())) < AS_OF
    assert carbon_tables("atlantis") == {}


@pytest.mark.parametrize(
    ("name", "g_per_kwh"),
    {
        "kentucky": 848,
        "utah": 618,
        "nevada": 435,
        "seattle": 84,
        "washington": 129,
        "the-dalles": 129,
        "quincy": 51,
    }.items(),
)
def test_a_name_of_the_united_states_leads_to_its_balancing_area(name: str, g_per_kwh: float) -> None:
    assert catalog.default().find("region", name)[LIFE].value == g_per_kwh


@pytest.mark.parametrize(
    ("name", "region"),
    {
        "bahrain": "bh", "saskatchewan": "ca-saskatchewan", "nova scotia": "ca-nova-scotia", "tasmania": "au-tasmania",
        "western australia": "au-western-australia", "kansai": "jp-kansai", "delhi": "in-northern", "SE1": "se-1",
        "NO4": "no-4", "IT-NO": "it-north", "luleå": "se-1", "DK2": "dk-2", "kolkata": "in-eastern",
    }.items(),
)  # fmt: skip
def test_zones_within_countries_are_known(name: str, region: str) -> None:
    from wattline.line.site.gazetteer import fold

    assert catalog.default().find("region", fold(name)).name == region


def test_places_and_names_of_regions_lead_to_the_same_grid() -> None:
    names = {
        catalog.plain_name(name)
        for record in catalog.default().records("region").values()
        for name in record.meta["aliases"]
    }
    seen = 0
    for key, place in catalog.default().records("climate").items():
        for name in (key, re.sub(r"-[a-z]{2}$", "", key), place.title.split(",")[0]):
            if catalog.plain_name(name) in names:
                assert catalog.default().find("region", name).name == place.meta["region"], name
                seen += 1
    assert seen > 20


def test_a_place_in_a_state_lies_in_a_grid_of_that_country() -> None:
    for place in catalog.default().records("climate").values():
        assert place.meta["region"] in catalog.default().records("region")
    states = {"nv": "us-nevp", "ut": "us-pace", "mt": "us-nwmt", "ne": "us-spp", "nm": "us-pnm"}
    for key, place in catalog.default().records("climate").items():
        state = key.rpartition("-")[2]
        if state in states:
            assert place.meta["region"] == states[state], key
