"""Made hours of wind and sun, and what a plant makes of sun and wind."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supply_files import reference_folder, with_second_problem
from supply_weather_files import hours, weather_file
from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.line.grid.supply.between import even_deviates, mixed_region
from wattline.line.grid.supply.made import WindSun, made_hours
from wattline.line.grid.supply.sun import SunPlant, clear_sky, diffuse, plant_output, position
from wattline.line.grid.supply.wind import WindPlant, at_hub, farm_output, power_curve
from wattline.line.site.places import find_place
from wattline.predict.supply.place import hours_of_file, make_hours, place_weather, scaled_to, usual_year
from wattline.report.present import as_text
from wattline.schema.validated_supply import ValidateSupplyJson
from wattline.validate.fit.wind_sun import fit_region, wind_memory
from wattline.validate.fit.wind_sun_file import calibrate_wind_sun
from wattline.validate.made_hours import longest
from wattline.validate.supply import validate_made_hours

CATALOG = default()
SUN, WIND = CATALOG.values(SunPlant, "constant.sun-plant"), CATALOG.values(WindPlant, "constant.wind-plant")


@pytest.mark.parametrize("region", ["us-ercot", "us-caiso", "us-pjm", "us-isone", "elsewhere"])
def test_made_hours_keep_a_regions_means_and_memory(region: str) -> None:
    record = CATALOG.find("wind_sun", region)
    utc = usual_year(6)
    wind, sun = made_hours(utc, WindSun.of(record), np.random.default_rng(0))
    assert wind.mean() == pytest.approx(record["wind_mean_cf"].value, rel=0.1)
    assert sun.mean() == pytest.approx(record["sun_mean_cf"].value, rel=0.06)
    assert 0 <= wind.min() <= wind.max() <= 1
    assert 0 <= sun.min() <= sun.max() <= 1
    away = wind - wind.mean()
    assert np.corrcoef(away[:-1], away[1:])[0, 1] > 0.9
    week = np.convolve(wind, np.ones(168) / 168, "valid")
    assert week.min() < 0.5 * wind.mean()


def test_the_same_place_and_seed_give_the_same_year() -> None:
    place = place_weather("us-pjm", None, CATALOG)
    once, again, other = (make_hours(place, usual_year(), seed).factors["wind"] for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_south_of_the_equator_the_sun_is_strong_in_january() -> None:
    sydney = find_place("Sydney", CATALOG)
    sun = place_weather("au", sydney, CATALOG).behaviour.sun_mean
    assert sun[0].sum() > 1.3 * sun[6].sum()
    assert 0.15 < sun.mean() < 0.32
    assert int(np.argmax(sun[0])) in (1, 2, 3)  # noon of Sydney in UTC


@given(st.floats(0.05, 0.6), st.integers(0, 5))
def test_a_series_takes_another_mean_and_stays_a_capacity_factor(mean: float, seed: int) -> None:
    values = np.random.default_rng(seed).beta(1.2, 2.5, 500)
    moved = scaled_to(values, mean)
    assert moved.max() <= 1
    assert moved.mean() == pytest.approx(mean, rel=0.02)


def test_the_sun_stands_where_almanacs_say() -> None:
    noon = position(hours("2023-06-21T12:00:00", 1), 51.48, 0.0)  # Greenwich
    assert np.degrees(np.arccos(noon.up[0])) == pytest.approx(51.48 - 23.44, abs=0.3)
    assert position(hours("2023-12-21T00:00:00", 1), 51.48, 0.0).up[0] < 0
    equinox = position(hours("2023-03-20T12:07:00", 1), 0.0, 0.0)
    assert equinox.up[0] == pytest.approx(1.0, abs=1e-3)
    morning = position(hours("2023-06-21T07:00:00", 1), 35.0, 0.0)
    assert morning.east[0] > 0.5


def test_a_clear_day_lights_as_measured_ones_do() -> None:
    sun = position(hours("2023-06-21T00:30:00"), 35.0, 0.0)
    level = clear_sky(sun)
    assert level.max() == pytest.approx(1020, abs=40)
    assert 7.5 < level.sum() / 1000 < 9.0  # kWh/m2 in a day
    spread = diffuse(level, sun)
    assert np.all(spread <= level + 1e-9)
    output = plant_output(SUN, sun, level, spread, 25.0)
    assert output.max() <= 1
    assert 0.4 < output.mean() < 0.6
    assert output[sun.up < 0].max() == 0


def test_a_turbine_stands_in_a_calm_and_in_a_storm() -> None:
    curve = power_curve(np.array([0.0, 2.9, 6.0, 12.0, 24.9, 25.1]), WIND)
    assert curve[0] == curve[1] == curve[5] == 0
    assert 0 < curve[2] < 0.5
    assert curve[3] == curve[4] == 1
    assert at_hub(np.array([5.0]), 10.0, WIND)[0] == pytest.approx(5 * 10**0.143)
    speeds = np.linspace(0, 20, 81)
    farm = farm_output(speeds, WIND)
    assert np.all(np.diff(farm[:56]) >= -1e-6)
    assert farm.max() <= 1 - WIND.losses + 1e-9


def test_the_sun_of_a_place_that_was_not_fitted_follows_its_latitude() -> None:
    place = place_weather(None, find_place("Dublin", CATALOG), CATALOG)
    sun = make_hours(place, usual_year(), 0).factors["solar"]
    assert sun.min() == 0
    assert sun.mean() < 0.16


FITTED = [WindSun.of(CATALOG.find("wind_sun", name)) for name in ("us-ercot", "us-caiso", "us-pjm", "us-isone")]


@given(st.integers(0, 400), st.integers(1, 4))
def test_a_region_that_was_not_fitted_is_a_region(draw: int, count: int) -> None:
    made = mixed_region(FITTED[:count], even_deviates(draw, count))
    assert np.all(np.diff(made.wind_levels) >= 0)
    assert np.all(np.diff(made.sun_levels) >= 0)
    assert 0 <= made.wind_levels.min() <= made.wind_levels.max() <= 1
    assert 0 < made.short_h <= made.long_h
    for share in (made.noise, made.day_share, made.sun_memory, made.sun_slow_share):
        assert 0 <= share < 1
    wind, sun = made_hours(usual_year()[: 24 * 40], made, np.random.default_rng(draw))
    for values in (wind, sun):
        assert 0 <= values.min() <= values.max() <= 1


def test_regions_that_were_not_fitted_lie_about_the_mean_and_wider_than_those_that_were() -> None:
    alike = mixed_region([FITTED[0]] * 3, even_deviates(7, 3))
    assert alike.wind_mean == pytest.approx(FITTED[0].wind_mean)
    drawn = np.array([mixed_region(FITTED, even_deviates(draw, 4)).sun_memory for draw in range(400)])
    own = np.array([each.sun_memory for each in FITTED])
    assert drawn.mean() == pytest.approx(own.mean(), rel=0.03)
    assert own.std(ddof=1) < drawn.std() < 2 * own.std(ddof=1)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_even_deviates_show_the_whole_spread(count: int) -> None:
    few = np.array([even_deviates(draw, count) for draw in range(20)])
    assert few.mean(axis=0) == pytest.approx(np.zeros(count), abs=0.15)
    assert few.std(axis=0) == pytest.approx(np.ones(count), abs=0.15)


def test_dry_air_lets_more_light_through() -> None:
    suns = [place_weather(None, find_place(name, CATALOG), CATALOG).behaviour.sun_mean.mean() for name in PLACES]
    assert suns == sorted(suns)


PLACES = ("Dublin", "Paris", "Tokyo", "Madrid", "Phoenix")


def test_a_weather_file_gives_wind_and_sun(tmp_path: Path) -> None:
    made = hours_of_file(weather_file(tmp_path / "here.epw"), CATALOG)
    assert made is not None
    assert made.factors["solar"].mean() == pytest.approx(0.27, abs=0.06)
    assert 0.1 < made.factors["wind"].mean() < 0.6
    assert made.factors["solar"][0] == 0
    wind = np.full(8760, 5.0)
    wind[100:110] = 999
    gap = weather_file(tmp_path / "gap.epw", wind=wind)
    with pytest.raises(WattlineError, match=r"no number at 01-05T04:00 of standard time \(10 hours"):
        hours_of_file(gap, CATALOG)


def test_a_weather_file_without_sun_gives_none(tmp_path: Path) -> None:
    assert hours_of_file(weather_file(tmp_path / "dark.epw", level=np.full(8760, 9999.0)), CATALOG) is None


def test_a_fit_to_made_hours_gives_back_what_they_were_made_of() -> None:
    known = WindSun.of(CATALOG.find("wind_sun", "us-pjm"))
    utc = usual_year(6)
    wind, sun = made_hours(utc, known, np.random.default_rng(4))
    again = fit_region(utc, wind, sun)
    assert again.wind_levels[4:-4] == pytest.approx(known.wind_levels[4:-4], abs=0.05)
    assert again.sun_mean == pytest.approx(known.sun_mean, abs=0.1)
    lags = np.array([1, 6, 24, 48])
    memories = [wind_memory(lags, f.long_h, f.short_h, f.noise, f.day_share, f.day_memory_h) for f in (known, again)]
    assert memories[1] == pytest.approx(memories[0], abs=0.06)


def test_a_links_day_before_moves_the_wind_of_the_day_after() -> None:
    known = WindSun.of(CATALOG.find("wind_sun", "us-pjm"))
    led = replace(known, links=np.array([0, 0, 0.8, 0, 0, 0, 0.0]), sun_memory=0.0, sun_slow_share=0.0)
    made = made_hours(usual_year(4), led, np.random.default_rng(0))
    wind, sun = (values.reshape(-1, 24).mean(axis=1) for values in made)
    month = usual_year(4)[::24].astype("datetime64[M]").astype(int) % 12
    sun, wind = (days - np.array([days[month == m].mean() for m in range(12)])[month] for days in (sun, wind))
    after, same = np.corrcoef(sun[:-1], wind[1:])[0, 1], np.corrcoef(sun, wind)[0, 1]
    assert after > 0.4
    assert after > same + 0.1


@given(st.lists(st.booleans(), max_size=40))
def test_the_longest_run_is_that_of_a_plain_count(low: list[bool]) -> None:
    words = "".join("x" if each else " " for each in low).split()
    assert longest(np.array(low, bool)) == max((len(word) for word in words), default=0)


def generation_file(path: Path) -> Path:
    """Two years of a region, as EIA-930 has them."""
    utc = usual_year(2)
    wind, sun = made_hours(utc, WindSun.of(CATALOG.find("wind_sun", "us-pjm")), np.random.default_rng(8))
    times = pl.Series("utc", utc.astype("datetime64[us]")).dt.replace_time_zone("UTC")
    columns = {"utc": times, "region": ["PJM"] * utc.size, "wind": wind * 11000, "solar": sun * 7000}
    pl.DataFrame(columns).write_parquet(path)
    return path


def test_the_catalogs_file_is_made_again_from_generation(tmp_path: Path) -> None:
    path = generation_file(tmp_path / "generation.parquet")
    text = calibrate_wind_sun(path, CATALOG)
    assert text == calibrate_wind_sun(path, CATALOG)
    records = tomllib.loads(text)
    assert set(records) == {"_sources", "_default", "us-pjm", "elsewhere"}
    assert 0.2 < records["us-pjm"]["wind_mean_cf"]["value"] < 0.4
    assert len(records["elsewhere"]["wind_sun_links"]) == 7
    assert 0.4 < records["elsewhere"]["sun_fleet_share"]["value"] < 1.1
    (tmp_path / "x.csv").write_text("utc,wind,solar\n2023-01-01T00:00Z,1,1\n2023-01-01T01:00Z,1,1\n")
    with pytest.raises(WattlineError, match="no column region"):
        calibrate_wind_sun(tmp_path / "x.csv", CATALOG)


@pytest.mark.long
def test_a_year_left_out_is_held_against_made_ones(tmp_path: Path) -> None:
    folder = reference_folder(tmp_path / "reference", "R9,none,CFE 0,1,1,nobody\n")
    with_second_problem(folder)
    generation_file(folder / "eia930_generation_mw_2023_2024.parquet")
    data = validate_made_hours(folder, "year", draws=2).json()
    assert [row["year"] for row in data["results"]["made_hours"]] == [2023, 2024]
    scores = {row["figure"]: row for row in data["results"]["made_scores"]}
    assert scores["usd_per_mwh"]["made_value"] == pytest.approx(scores["usd_per_mwh"]["true"], rel=0.25)
    assert scores["cfe_in_true_year"]["made_value"] == pytest.approx(0.95, abs=0.04)
    ValidateSupplyJson.model_validate(data)
    assert "year left out" in as_text(data)
