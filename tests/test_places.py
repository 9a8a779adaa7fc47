"""Places of the world: by name or degrees, with the climate of the nearest normals, corrected for height."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import KINDS
from wattline.line.site.gazetteer import cities, find_city, fold
from wattline.line.site.nearness import mean_error, places_left_out
from wattline.line.site.outside_air import outside
from wattline.line.site.places import FAR_KM, FAR_M, find_place
from wattline.line.site.sizing import central
from wattline.line.site.weather_repair import read_weather
from wattline.line.site.year import build, year

CATALOG = catalog.default()


@pytest.mark.parametrize(
    ("typed", "title", "region"),
    [
        ("Dallas, Texas", "Texas", "us-ercot"),
        ("Dublin, Ireland", "Dublin", "ie"),
        ("quincy-wa", "Quincy, Washington", "us-gcpd"),
        ("São Paulo", "São Paulo", "br"),
        ("sao paulo, brazil", "São Paulo", "br"),
        ("München", "Munich", "de"),
        ("Zürich, Switzerland", "Zürich", "ch"),
        ("Waco, TX", "Waco, Texas", "us-ercot"),
        ("Reims, France", "Reims", "fr"),
        ("Aurora, IL", "Aurora, Illinois", "us-"),
    ],
)
def test_a_city_is_known_as_people_write_it(typed: str, title: str, region: str) -> None:
    record = find_place(typed, CATALOG)
    assert title.split(",")[0] in record.title
    assert str(record.meta["region"]).startswith(region)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("北京", "Beijing"), ("上海", "Shanghai"), ("乌兰察布", "Ulanqab"), ("東京", "Tokyo"), ("서울", "Seoul"),
        ("香港", "Hong Kong"), ("Αθήνα", "Athens"), ("القاهرة", "Cairo"), ("กรุงเทพ", "Bangkok"), ("伦敦", "London"),
        ("Łódź", "Łódź"), ("Lodz", "Łódź"), ("København", "Copenhagen"), ("Torino", "Turin"), ("NYC", "New York"),
    ],
)  # fmt: skip
def test_a_city_is_known_in_its_own_letters(typed: str, title: str) -> None:
    assert find_place(typed, CATALOG).title.startswith(title)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(min_codepoint=0x0370, categories=("Lo", "Ll", "Lu", "Mn")), min_size=1, max_size=12))
def test_letters_that_are_no_city_are_no_place(typed: str) -> None:
    """A name is never taken for another because its letters are not Latin."""
    city = find_city(typed)
    assert city is None or fold(typed)


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("Copenhagen", "dk-2"), ("Odense", "dk-1"), ("Malmö", "se-4"), ("Nagoya", "jp-chubu"),
        ("Shenzhen", "cn-guangdong"),
        ("Hangzhou", "cn-zhejiang"), ("Suzhou, China", "cn-jiangsu"), ("Johor Bahru", "my-peninsular"),
        ("Philadelphia", "us-pjm"), ("Milwaukee", "us-miso"), ("Mount Pleasant, Wisconsin", "us-miso"),
        ("Louisville", "us-lgee"), ("Raleigh", "us-cple"), ("Buffalo", "us-nyiso"), ("Ottawa", "ca-ontario"),
        ("Birmingham, Alabama", "us-southeast"), ("Huntsville, Alabama", "us-tva"), ("Kansas City", "us-spp"),
        ("Washington DC", "us-pjm"), ("Vancouver, Washington", "us-bpat"),
    ],
)  # fmt: skip
def test_a_city_is_on_the_grid_of_its_province_not_of_the_nearest_normals(typed: str, region: str) -> None:
    assert find_place(typed, CATALOG).meta["region"] == region


def test_every_zone_that_the_gazetteer_names_is_in_the_catalog_and_in_the_citys_country() -> None:
    zones = {(city.code, city.grid) for city, _ in cities() if city.grid}
    assert len(zones) > 60
    for code, zone in zones:
        assert zone in CATALOG.records("region"), zone
        assert zone.partition("-")[0] == code


@pytest.mark.parametrize(
    ("typed", "title", "other"),
    [
        ("Springfield", "Springfield, Missouri", "Springfield, Massachusetts"),
        ("Cambridge", "Cambridge, England", "Cambridge, Massachusetts"),
        ("Portland", "Hillsboro, Oregon", "Portland, Maine"),
        ("San Jose", "San Jose, California", "Costa Rica"),
        ("Birmingham", "Birmingham, England", "Birmingham, Alabama"),
        ("Hanover", "Hannover, Germany", "Hanover, Maryland"),
        ("Paris", "Paris", "Paris, Texas"),
    ],
)
def test_the_largest_city_of_a_name_is_taken_and_the_others_are_told(typed: str, title: str, other: str) -> None:
    record = find_place(typed, CATALOG)
    assert record.title == title
    assert other in made_year(record, CATALOG).notes[0]
    assert made_year(find_place("Paris, Texas", CATALOG), CATALOG).notes[0].startswith("weather of")


@pytest.mark.parametrize(
    ("typed", "area", "town"),
    [
        ("Virginia", "a state of the United States", "Ashburn, Virginia"),
        ("Georgia", "a country and a state of the United States", "Tbilisi, Georgia"),
        ("Georgia, US", "a state of the United States", "Atlanta, Georgia"),
        ("State of New York", "a state of the United States", "New York"),
        ("Washington", "a state of the United States", "Seattle, Washington"),
        ("Ontario", "of Canada", "Toronto, Ontario"),
        ("Victoria", "a state of Australia", "Melbourne, Victoria"),
        ("Ireland", "a country", "Dublin"),
        ("Mexico", "a country", "Mexico City"),
        ("Inner Mongolia", "grid", "Ulanqab"),
    ],
)
def test_a_country_or_state_is_refused_with_places_in_it(typed: str, area: str, town: str) -> None:
    with pytest.raises(WattlineError, match=area) as error:
        find_place(typed, CATALOG)
    assert town in str(error.value)
    assert "\n" not in str(error.value)


def test_no_name_of_a_country_or_state_is_a_town_elsewhere() -> None:
    """Each is refused, or is a city that lies in it; none is a town of the name far away."""
    countries = {city.country for city, _ in cities()}
    states = {city.province for city, _ in cities() if city.code in ("us", "ca", "au", "gb") and city.province}
    for name in sorted(countries | states):
        try:
            record = find_place(name, CATALOG)
        except WattlineError:
            continue
        inside = {city.code for city, _ in cities() if name in (city.country, city.province)}
        assert str(record.meta["region"]).partition("-")[0] in {*inside, "world"}, name


@pytest.mark.parametrize(("typed", "title"), [
    ("us-east-1", "Ashburn, Virginia"), ("Northern Virginia", "Ashburn, Virginia"),
    ("Maricopa County", "Phoenix, Arizona"), ("Singapore", "Singapore"), ("New York", "New York"),
    ("Luxembourg", "Luxembourg, Luxembourg"), ("Quebec", "Québec, Quebec"), ("Washington DC", "Washington, District"),
])  # fmt: skip
def test_counties_clouds_and_cities_of_their_areas_name_are_places(typed: str, title: str) -> None:
    assert find_place(typed, CATALOG).title.startswith(title)


@pytest.mark.parametrize("typed", ["McMurdo", "-77.8, 166.7", "0, -140"])
def test_what_has_no_normals_near_it_asks_for_weather(typed: str) -> None:
    with pytest.raises(WattlineError, match="--weather FILE"):
        find_place(typed, CATALOG)


def test_too_much_height_asks_for_weather() -> None:
    with pytest.raises(WattlineError, match=f"beyond {FAR_KM:.0f} km or {FAR_M:.0f} m"):
        find_place("La Paz, Bolivia", CATALOG)


@settings(max_examples=50, deadline=None)
@given(st.floats(-85, 85), st.floats(-180, 180))
def test_any_degrees_are_a_place_or_are_refused(latitude: float, longitude: float) -> None:
    try:
        record = find_place(f"{latitude:.3f}, {longitude:.3f}", CATALOG)
    except WattlineError:
        return
    assert record.meta["region"] in CATALOG.records("region")
    assert np.all(np.array(record.meta["dew_point_c"]) <= np.array(record.meta["high_c"]))


def test_a_higher_place_is_colder_and_says_from_where_it_is_known() -> None:
    record = find_place("Reims, France", CATALOG)
    year = made_year(record, CATALOG)
    assert "km away" in year.notes[0]
    assert record.name == "reimsfrance"
    paris = CATALOG.find("climate", "paris")
    up = record["elevation_m"].value - paris["elevation_m"].value
    assert np.mean(paris.meta["high_c"]) - np.mean(record.meta["high_c"]) == pytest.approx(6.5 * up / 1000)


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("USA_GA_Atlanta-Hartsfield-Jackson.epw", "Atlanta, Georgia"),
        ("USA_NY_New.York-LaGuardia.epw", "New York"),
        ("USA_WA_Seattle-Tacoma.epw", "Seattle"),
        ("USA_CA_San.Jose-Mineta.epw", "San Jose, California"),
        ("USA_AZ_Tucson-Davis-Monthan.epw", "Tucson, AZ"),
        ("USA_VA_Leesburg.Exec.epw", "Leesburg, Virginia"),
        ("USA_WA_Port.Angeles-Fairchild.epw", "Port Angeles, WA"),
    ],
)
def test_made_years_are_near_measured_typical_years(shared_data: Path, file: str, place: str) -> None:
    measured, made = read_weather(shared_data / "weather" / file), made_year(find_place(place, CATALOG), CATALOG)
    assert made.temperature_c.mean() == pytest.approx(measured.temperature_c.mean(), abs=3.0)


def test_ranges_by_distance_hold_normals_left_out() -> None:
    """Each place predicted from the nearest other one: p5 to p95 holds its year's mean and dew point."""
    inside = []
    for row in places_left_out(CATALOG, FAR_KM, FAR_M):
        error = mean_error(row.km, row.up_m, CATALOG)
        pairs = ((row.temperature_c, error.temperature_c), (row.dew_point_c, error.dew_point_c))
        inside.append([abs(off) <= 1.645 * spread for off, spread in pairs])
    assert len(inside) > 40
    for share in np.mean(inside, axis=0):
        assert 0.85 <= share <= 0.97


@given(st.floats(0, 250), st.floats(0, 250), st.floats(-500, 500))
def test_farther_and_higher_is_known_less_well(km: float, more: float, up: float) -> None:
    near, far = mean_error(km, 0.0, CATALOG), mean_error(km + more, up, CATALOG)
    assert near.temperature_c <= far.temperature_c
    assert near.dew_point_c <= far.dew_point_c
    assert mean_error(km, None, CATALOG).temperature_c > near.temperature_c


def test_a_place_far_from_normals_has_wider_ranges_of_pue_and_water() -> None:
    """The hall the same, its parameters at their central values: what is left is the weather's."""
    widths = []
    for place in ("Paris", "Reims, France"):
        weather = made_year(find_place(place, CATALOG), CATALOG)
        setup = build(KINDS["air-economiser"], "large", None, "N+1", weather, Draws(60))
        still = replace(central(setup), shift_c=setup.shift_c, damp_c=setup.damp_c)
        result = year(still, weather, np.full((1, 1), 0.75), every=7)
        widths.append([float(np.ptp(np.percentile(x, (5, 95)))) for x in (result.pue, result.wue_l_per_kwh)])
    (near_pue, near_water), (far_pue, far_water) = widths
    assert far_pue > 1.1 * near_pue
    assert far_water > 1.1 * near_water


@given(st.floats(-5, 5), st.floats(-5, 5))
@settings(max_examples=20, deadline=None)
def test_air_that_is_warmer_and_damper_stays_air(shift: float, damp: float) -> None:
    weather = made_year(find_place("Singapore", CATALOG), CATALOG)
    out = outside(weather, np.array([[shift]]), 97, np.array([[damp]]))
    assert np.all(out.wet_c <= out.t_c + 1e-9)
    assert np.all(out.ratio > 0)
    drier = outside(weather, np.array([[shift]]), 97, np.array([[damp - 1]]))
    assert np.all(drier.ratio <= out.ratio)
    assert np.all(drier.wet_c <= out.wet_c + 1e-9)
