"""Weather beside a grid's series: measured or forecast before its time, placed by the hour, of use to a forecast."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.line.grid.carbon.forecast import DAYS_BACK, Regression, weather_known
from wattline.line.grid.carbon.history import ForecastLeak, PublishedSeries, forecast_case
from wattline.line.grid.carbon.lead_errors import errors_by_lead
from wattline.line.grid.carbon.signal import AverageIntensity
from wattline.line.grid.carbon.weather import weather_beside
from wattline.validate.carbon import validate

START = np.datetime64("2023-01-02T00:00:00")
HOURS = 24 * 120
RNG = np.random.default_rng(3)
WIND = 8 + np.convolve(RNG.normal(0, 3, HOURS + 23), np.ones(24) / 5, "valid")
# a grid whose carbon falls with the wind of the hour
VALUES = 500 - 20 * WIND + RNG.normal(0, 2, HOURS)
SIGNAL = AverageIntensity(START, 3600.0, VALUES)


def stamps(count: int = HOURS, step_h: float = 1.0, begin: str = "2023-01-02T00:00") -> list[str]:
    first = datetime.fromisoformat(begin)
    return [(first + timedelta(hours=step_h * i)).strftime("%Y-%m-%dT%H:%M") for i in range(count)]


def open_meteo(path: Path, **columns: object) -> Path:
    count = len(next(iter(columns.values())))  # type: ignore[arg-type]
    hourly = {"time": stamps(count)} | {name: [float(v) for v in values] for name, values in columns.items()}  # type: ignore[attr-defined]
    path.write_text(json.dumps({"timezone": "GMT", "utc_offset_seconds": 0, "hourly": hourly}))
    return path


def carbon(path: Path) -> Path:
    rows = [f"{time}Z,{value:.3f}" for time, value in zip(stamps(), VALUES, strict=True)]
    path.write_text("datetime,carbon_intensity_gCO2_kWh\n" + "\n".join(rows) + "\n")
    return path


def error(weather: tuple[PublishedSeries, ...], lead: int) -> float:
    case = replace(forecast_case(SIGNAL, 0.0, np.zeros((0, HOURS))), weather=weather)
    return errors_by_lead(case, Regression(), [lead])[0].mean_absolute


def test_wind_that_was_forecast_the_day_before_halves_the_error_a_day_ahead(tmp_path):
    known, taken = weather_beside(open_meteo(tmp_path / "w.json", wind_speed_100m_previous_day2=WIND), SIGNAL, 1.0)
    assert taken == "wind_speed_100m_previous_day2 (forecast 2 d before)"
    assert error(known["wind"], 24) < 0.5 * error((), 24)


def test_wind_that_was_measured_makes_no_forecast_worse(tmp_path):
    known, taken = weather_beside(open_meteo(tmp_path / "w.json", wind_speed_10m=WIND), SIGNAL, 1.0)
    assert taken == "wind_speed_10m (measured)"
    for lead in (1, 24, 48):
        assert error(known["wind"], lead) < 1.05 * error((), lead)


@pytest.mark.parametrize(("name", "last"), [("wind_speed_10m", -2), ("wind_speed_10m_previous_day1", 22)])
def test_a_value_is_known_from_its_publication_on(tmp_path, name, last):
    """Measured wind an hour after its hour; the day-ahead forecast 24 h before that."""
    (series,) = weather_beside(open_meteo(tmp_path / "w.json", **{name: WIND}), SIGNAL, 1.0)[0]["wind"]
    issued = np.array([1000])
    assert series.known(issued + last, issued) == pytest.approx(WIND[1000 + last])
    with pytest.raises(ForecastLeak):
        series.known(issued + last + 1, issued)


@settings(max_examples=30, deadline=None)
@given(
    issue=st.integers(24 * (DAYS_BACK + 2), HOURS - 200), lead=st.integers(0, 96),
    scale=st.floats(0.01, 100), shift=st.floats(-50, 50),
)  # fmt: skip
def test_units_of_weather_change_nothing(issue, lead, scale, shift):
    """km/h or m/s, °C or K: what counts is how far it is from the usual."""
    issued = np.array([issue])
    first = weather_known(PublishedSeries(WIND, 1), 24, issued, issued + lead)
    again = weather_known(PublishedSeries(scale * WIND + shift, 1), 24, issued, issued + lead)
    assert first == pytest.approx(again, rel=1e-6, abs=1e-5)


def test_temperature_counts_as_degrees_above_and_below_a_mild_one(tmp_path):
    degrees = np.linspace(-10, 40, HOURS)
    warm, cold = weather_beside(open_meteo(tmp_path / "w.json", temperature_2m=degrees), SIGNAL, 1.0)[0]["temperature"]
    steps, issued = np.arange(HOURS), np.full(HOURS, HOURS + 5)
    assert warm.known(steps, issued) - cold.known(steps, issued) == pytest.approx(degrees - 18)
    assert (np.minimum(warm.known(steps, issued), cold.known(steps, issued)) == 0).all()


def test_hours_of_weather_serve_quarter_hours_of_a_grid(tmp_path):
    quarters = AverageIntensity(START, 900.0, np.repeat(VALUES, 4)[: 4 * (HOURS - 1)])
    (series,) = weather_beside(open_meteo(tmp_path / "w.json", shortwave_radiation=WIND), quarters, 1.0)[0]["radiation"]
    assert len(series) == len(quarters.values)
    half = series.known(np.array([4 * 100 + 2]), np.array([10**6]))
    assert half == pytest.approx((WIND[100] + WIND[101]) / 2)


def test_the_command_takes_weather_beside_each_series_and_says_what_it_took(tmp_path, capsys):
    series = carbon(tmp_path / "grid.csv")
    weather = open_meteo(tmp_path / "w.json", wind_speed_100m_previous_day2=WIND)
    with pytest.raises(SystemExit, match="0"):
        main(["validate", "carbon", str(series), "--hourly-weather", str(weather), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert any("wind_speed_100m_previous_day2 (forecast 2 d before)" in note for note in answer["notes"])
    plain = validate([series]).json()["results"]["files"][0]["models"]["regression"]
    reported = answer["results"]["files"][0]["models"]["regression"]
    assert reported[2]["mean_absolute"] < 0.6 * plain[2]["mean_absolute"]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"wind_speed_10m": WIND[:500]}, "give weather of the same time"),
        ({"cloud_cover": WIND}, "has no temperature, wind speed or radiation"),
        ({"wind_speed_10m": np.where(np.arange(HOURS) // 50 == 7, np.nan, WIND)}, "mend the file"),
    ],
)
def test_weather_that_does_not_fit_is_refused_in_one_line(tmp_path, columns, says):
    path = open_meteo(tmp_path / "w.json", **columns)
    path.write_text(path.read_text().replace("NaN", "null"))
    with pytest.raises(WattlineError, match=says) as refusal:
        weather_beside(path, SIGNAL, 1.0)
    assert "\n" not in str(refusal.value)


def test_each_series_needs_weather_of_its_own(tmp_path):
    weather = open_meteo(tmp_path / "w.json", wind_speed_10m=WIND)
    series = carbon(tmp_path / "grid.csv")
    with pytest.raises(WattlineError, match="1 for 2 series"):
        validate([series, series], weather=[weather])
