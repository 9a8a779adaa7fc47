"""Weather files of every format, their repairs, and the years made from normals."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from wattline import catalog
from wattline.core.errors import NotFound, WattlineError
from wattline.core.fact import Array
from wattline.core.units import TYPICAL_YEAR_H
from wattline.line.site import air
from wattline.line.site.climate import made_year
from wattline.line.site.places import find_place, nearest_climate
from wattline.line.site.weather import Weather
from wattline.line.site.weather_repair import fill, read_weather


def typical(place: str) -> Weather:
    """The made year of a place."""
    return made_year(find_place(place, catalog.default()), catalog.default())


MADE = typical("Ashburn, Virginia")
T, DEW = MADE.temperature_c.round(2), np.minimum(MADE.dew_point_c, MADE.temperature_c).round(2)
RH = (MADE.relative_humidity * 100).round(1)
P = 100000.0


def epw(
    path: Path, hours: int = TYPICAL_YEAR_H, t: Array = T, dew: Array = DEW, rh: Array = RH, pressure: float = P
) -> Path:
    head = (
        "LOCATION,Testville,VA,USA,TEST,724055,39.0,-77.5,-5.0,100.0\n"
        + "COMMENTS,x\n" * 6
        + "DATA PERIODS,1,1,Data,Sunday,1/ 1,12/31\n"
    )
    start = datetime(2010, 1, 1)
    rows = []
    for i in range(hours):
        at = start + timedelta(hours=i)
        rows.append(f"{at.year},{at.month},{at.day},{at.hour + 1},0,?,{t[i]},{dew[i]},{rh[i]},{pressure:.0f},0,0")
    path.write_text(head + "\n".join(rows) + "\n")
    return path


def plain_csv(
    path: Path, times: list[str], t: Array, rh: Array, head: str = "time,temperature_c,relative_humidity"
) -> Path:
    path.write_text(head + "\n" + "\n".join(f"{a},{b},{c}" for a, b, c in zip(times, t, rh, strict=True)) + "\n")
    return path


def stamps(count: int = TYPICAL_YEAR_H, year: int = 2023, zone: str = "") -> list[str]:
    return [(datetime(year, 1, 1) + timedelta(hours=i)).isoformat(timespec="minutes") + zone for i in range(count)]


def close(result: Weather, t: Array = T) -> None:
    np.testing.assert_allclose(result.temperature_c, t, atol=0.01)
    np.testing.assert_allclose(result.relative_humidity * 100, RH, atol=1.5)


def test_epw_whole(tmp_path: Path) -> None:
    result = read_weather(epw(tmp_path / "a.epw"))
    close(result)
    assert (result.name, result.utc_offset_h, result.elevation_m, result.notes) == ("Testville, VA, USA", -5, 100, ())
    assert result.pressure_pa[0] == P


def test_epw_cut_short_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match=r"5,000 of a year's 8,760 hours; .*cut short") as error:
        read_weather(epw(tmp_path / "a.epw", 5000))
    assert "\n" not in str(error.value)


def test_missing_hours_are_filled_and_told(tmp_path: Path) -> None:
    t = T.copy()
    t[100:103], t[2000:2040], t[5000] = 99.9, 99.9, 99.9
    result = read_weather(epw(tmp_path / "a.epw", t=t))
    assert any("44 missing hours" in note for note in result.notes)
    assert np.abs(result.temperature_c - T).max() < 20
    np.testing.assert_allclose(result.temperature_c[200:1900], T[200:1900])


def test_fahrenheit_and_kelvin(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match="look like °F"):
        read_weather(epw(tmp_path / "f.epw", t=(T * 1.8 + 32).round(2)))
    with pytest.raises(WattlineError, match="kelvin"):
        read_weather(plain_csv(tmp_path / "k.csv", stamps(), T + 273.15, RH))
    named = plain_csv(tmp_path / "n.csv", stamps(), (T * 1.8 + 32).round(3), RH, "time,Temperature (°F),RH (%)")
    result = read_weather(named)
    close(result)
    assert any("°F" in note for note in result.notes)


def test_humidity_of_300_percent(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match="300%"):
        read_weather(plain_csv(tmp_path / "a.csv", stamps(), T, np.where(np.arange(TYPICAL_YEAR_H) % 3, RH, 300.0)))
    few = RH.copy()
    few[10:15] = 300.0
    result = read_weather(plain_csv(tmp_path / "b.csv", stamps(), T, few))
    assert any("5 hours of humidity outside" in note for note in result.notes)
    share = read_weather(plain_csv(tmp_path / "c.csv", stamps(), T, (RH / 100).round(4)))
    close(share)
    assert any("share of one" in note for note in share.notes)


def test_utc_and_leap_years(tmp_path: Path) -> None:
    leap = stamps(8784, 2024)
    t = np.concatenate([T[: 59 * 24], np.full(24, 50.0), T[59 * 24 :]])
    rh = np.concatenate([RH[: 59 * 24], np.full(24, 50.0), RH[59 * 24 :]])
    result = read_weather(plain_csv(tmp_path / "leap.csv", leap, t, rh))
    close(result)
    assert any("24 hours of 29 February" in note for note in result.notes)
    utc = read_weather(plain_csv(tmp_path / "utc.csv", stamps(zone="Z"), T, RH))
    assert any("UTC" in note for note in utc.notes)


def test_open_meteo_in_utc_is_moved_to_local_time(tmp_path: Path) -> None:
    data = {
        "latitude": 39.0, "longitude": -77.5, "elevation": 90.0, "utc_offset_seconds": 0,
        "hourly_units": {"temperature_2m": "°C"},
        "hourly": {
            "time": stamps(), "temperature_2m": np.roll(T, 5).tolist(), "relative_humidity_2m": np.roll(RH, 5).tolist(),
            "surface_pressure": [1000.0] * TYPICAL_YEAR_H,
        },
    }  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(json.dumps(data))
    result = read_weather(path)
    close(result)
    assert result.utc_offset_h == -5
    assert result.pressure_pa[0] == P
    data["hourly"].pop("temperature_2m")  # type: ignore[attr-defined]
    path.write_text(json.dumps(data))
    with pytest.raises(WattlineError, match="temperature_2m"):
        read_weather(path)


def test_tmy3(tmp_path: Path) -> None:
    rows = [
        "724055,Testville,VA,-5.0,39.0,-77.5,100",
        "Date (MM/DD/YYYY),Time (HH:MM),Dry-bulb (C),Dew-point (C),RHum (%),Pressure (mbar)",
    ]
    for i in range(TYPICAL_YEAR_H):
        at = datetime(2001, 1, 1) + timedelta(hours=i)
        rows.append(f"{at:%m/%d/%Y},{at.hour + 1:02d}:00,{T[i]},{DEW[i]},{RH[i]},1000")
    path = tmp_path / "a.csv"
    path.write_text("\n".join(rows))
    result = read_weather(path)
    close(result)
    assert result.source.startswith("TMY3")


@pytest.mark.parametrize(
    "text", ["", "hello\nworld\n", "{}", "[1, 2]", "time,temperature_c\n2023-01-01,4\n", "LOCATION,a\n", "{" * 5000]
)
def test_what_is_no_weather(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(WattlineError, match="weather"):
        read_weather(path)


def test_an_old_epw_in_latin_1(tmp_path: Path) -> None:
    path = epw(tmp_path / "a.epw")
    path.write_bytes(path.read_bytes().replace(b"Testville", "São Paulo".encode("latin-1")))
    assert read_weather(path).name.startswith("São Paulo")


def test_gaps_by_hand() -> None:
    t = np.arange(TYPICAL_YEAR_H, dtype=float) % 24
    holes = t.copy()
    holes[480:500] = np.nan
    np.testing.assert_allclose(fill(holes), t)


def test_every_place_makes_a_year_that_keeps_its_normals() -> None:
    records = catalog.default().records("climate")
    assert len(records) >= 80
    ends = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) * 24
    for record in records.values():
        year = made_year(record, catalog.default())
        middle = (np.array(record.meta["high_c"]) + np.array(record.meta["low_c"])) / 2
        months = [(year.temperature_c[a:b].mean(), year.dew_point_c[a:b].mean()) for a, b in pairwise(ends)]
        mean_t, mean_dew = np.array(months).T
        np.testing.assert_allclose(mean_t, middle, atol=0.6, err_msg=record.name)
        np.testing.assert_allclose(mean_dew, record.meta["dew_point_c"], atol=1.6, err_msg=record.name)
        assert year.made
        assert np.all(year.relative_humidity <= 1 + 1e-9)
        assert year.temperature_c.min() > -60
        assert year.temperature_c.max() < 54
        assert record.meta["region"] in catalog.default().records("region")


def test_places_by_name_and_by_degrees() -> None:
    for name in ("Ashburn, Virginia", "ashburn", "São Paulo", "sao paulo", "Lulea", "The Dalles", "ashburn-va"):
        assert find_place(name, catalog.default()).kind == "climate"
    assert find_place("39.0, -77.5", catalog.default()).name == "ashburn-va"
    assert nearest_climate(1.3, 103.8, catalog.default())[0].name == "singapore"
    with pytest.raises(NotFound, match="Atlanta"):
        find_place("Atlantiss", catalog.default())
    with pytest.raises(WattlineError, match="km away"):
        find_place("0, -140", catalog.default())
    with pytest.raises(WattlineError, match="latitude"):
        find_place("99, 10", catalog.default())


def test_made_years_against_measured_ones(shared_data: Path) -> None:
    """PUE of made years lies within 0.02 of the files' for the usual kinds, and within 0.04 for all."""
    from wattline.catalog.draws import Draws
    from wattline.line.site import hall
    from wattline.line.site.cooling.kinds import KINDS
    from wattline.line.site.power_chain import load_ups
    from wattline.line.site.year import HallDesign, year

    places = {
        "AZ_Tucson": "Tucson",
        "CA_San": "San Jose",
        "GA": "Atlanta",
        "LaGuardia": "New York",
        "VA": "Ashburn",
        "WA_Sea": "Seattle",
    }
    errors: dict[str, list[float]] = {}
    for part, place in places.items():
        measured = read_weather(next(shared_data.glob(f"weather/*{part}*.epw")))
        for kind in KINDS.values():
            p = hall.parameters("large", Draws(0))
            setup = HallDesign(kind, p, load_ups(None, p, Draws(0)))
            pue = [float(year(setup, w, np.full(TYPICAL_YEAR_H, 0.75)).pue[0]) for w in (measured, typical(place))]
            errors.setdefault(kind.name, []).append(abs(pue[0] - pue[1]))
    for name in ("air-economiser", "water-economiser", "liquid", "evaporative", "water-chiller"):
        assert max(errors[name]) < 0.02, name
    assert max(max(result) for result in errors.values()) < 0.04


def test_a_shifted_year_is_warmer_and_no_more_than_saturated() -> None:
    hot = MADE.shifted(3.0, 2.0)
    np.testing.assert_allclose(hot.temperature_c, MADE.temperature_c + 3)
    assert np.all(hot.relative_humidity <= 1)
    assert hot.dew_point_c.mean() > MADE.dew_point_c.mean() + 1.5
    assert float(air.standard_pressure_pa(0.0)) == pytest.approx(101325)
