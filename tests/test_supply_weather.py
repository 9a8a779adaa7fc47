"""Weather files of PVGIS, and how far a year that was not seen may lie from those that were."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.line.grid.supply.made import WindSun
from wattline.line.site.weather_repair import read_weather
from wattline.predict.supply.place import hours_of_file
from wattline.validate.evidence.generation import RegionFactors
from wattline.validate.fit.wind_sun_file import mean_ranges, year_spreads

CATALOG = default()
PJM = CATALOG.find("wind_sun", "us-pjm")


def pvgis_files(folder: Path, rows: int = 8760) -> tuple[Path, Path]:
    """A typical year of PVGIS as its service gives it, CSV and JSON: a place in Italy, its sun highest at noon."""
    hours = np.arange(rows)
    times = np.datetime64("2015-01-01", "h") + hours
    stamps = [f"{str(t)[:10].replace('-', '')}:{str(t)[11:13]}00" for t in times]
    light = np.clip(np.sin((hours % 24 - 5) / 12 * np.pi), 0, None) * 500
    columns = {
        "T2m": 12 + 0 * light, "RH": 70 + 0 * light, "G(h)": light, "Gb(n)": light, "Gd(h)": light * 0.3,
        "IR(h)": 300 + 0 * light, "WS10m": 5 + np.sin(hours / 31), "WD10m": 90 + 0 * light, "SP": 98000 + 0 * light,
    }  # fmt: skip
    months = "".join(f"{month},{2005 + month}\r\n" for month in range(1, 13))
    place = {"Latitude (decimal degrees)": "45.000", "Longitude (decimal degrees)": "8.000", "Elevation (m)": "250.0"}
    head = "".join(f"{name}: {value}\r\n" for name, value in place.items()) + f"\r\nmonth,year\r\n{months}"
    body = [f"{t}," + ",".join(f"{v[i]:.2f}" for v in columns.values()) for i, t in enumerate(stamps)]
    tail = "\r\n\r\nT2m: 2-m air temperature (degree Celsius)\r\nRH: relative humidity (%)\r\n"
    table, answer = folder / "tmy.csv", folder / "tmy.json"
    table.write_text(f"{head}time(UTC),{','.join(columns)}\r\n" + "\r\n".join(body) + tail)
    at = {"latitude": 45.0, "longitude": 8.0, "elevation": 250.0}
    listed = [{"time(UTC)": t} | {n: round(float(v[i]), 2) for n, v in columns.items()} for i, t in enumerate(stamps)]
    answer.write_text(json.dumps({"inputs": {"location": at}, "outputs": {"tmy_hourly": listed}, "meta": {}}))
    return table, answer


def test_a_typical_year_of_pvgis_is_read_from_both_of_its_forms(tmp_path: Path) -> None:
    for path in pvgis_files(tmp_path):
        weather = read_weather(path)
        assert (weather.latitude, weather.longitude, weather.elevation_m) == (45.0, 8.0, 250.0)
        assert weather.temperature_c.mean() == pytest.approx(12)
        assert weather.pressure_pa.mean() == pytest.approx(98000)
        made = hours_of_file(path, CATALOG)
        assert made is not None
        assert 0.1 < made.factors["solar"].mean() < 0.35
        assert 0.1 < made.factors["wind"].mean() < 0.6
        hour = made.utc.astype("datetime64[h]").astype(int) % 24 + 0.5
        assert np.average(hour, weights=made.factors["solar"]) == pytest.approx(11.5, abs=0.6)  # UTC


def test_a_typical_year_of_pvgis_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    for path in pvgis_files(tmp_path, rows=400):
        with pytest.raises(WattlineError, match="400 of a year's 8,760 hours"):
            read_weather(path)


def test_the_range_of_a_years_level_takes_all_regions_years_together() -> None:
    """A region of two years alone says little: the spread is pooled, and wider the fewer years there are."""

    step = np.arange(48) * np.timedelta64(1, "s")

    def region(levels: dict[int, float]) -> RegionFactors:
        utc = np.concatenate([np.datetime64(f"{year}-01-01", "s") + step * 3600 for year in levels])
        wind = np.repeat(np.array(list(levels.values())), 48)
        return RegionFactors(PJM, utc, wind, wind)

    calm = region({2021: 0.3, 2022: 0.3, 2023: 0.3})
    swinging = region({2021: 0.3, 2022: 0.3 * np.exp(0.1), 2023: 0.3 * np.exp(-0.1)})
    alone, both = year_spreads([swinging])["wind_mean_cf"], year_spreads([swinging, calm])["wind_mean_cf"]
    assert alone == pytest.approx(np.sqrt(0.02 / 2 * 4 / 3) * 2.920 / 1.645, rel=1e-3)  # Student's, two years free
    assert both == pytest.approx(np.sqrt(0.02 / 4 * 4 / 3) * 2.132 / 1.645, rel=1e-3)
    fewer = year_spreads([each.of(each.year != 2023) for each in (swinging, calm)])["wind_mean_cf"]
    assert fewer == pytest.approx(np.sqrt(0.005 / 2 * 3 / 2) * 2.920 / 1.645, rel=1e-3)
    assert year_spreads([region({2021: 0.3})]) == {"wind_mean_cf": 0.0, "sun_mean_cf": 0.0}
    narrow, wide = (
        mean_ranges(WindSun.of(PJM), 0.3, dict.fromkeys(("wind_mean_cf", "sun_mean_cf"), s)) for s in (0.0, 0.1)
    )
    assert narrow["wind_mean_cf"] == pytest.approx((0.3, 0.3 * 0.8, 0.3 * 1.3))
    assert wide["wind_mean_cf"][1] < narrow["wind_mean_cf"][1] < narrow["wind_mean_cf"][2] < wide["wind_mean_cf"][2]
