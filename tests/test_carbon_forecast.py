"""Forecasts that know what was published before them alone: a leak is an error, and skill is held against what came."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.line.grid.carbon.forecast import MIN_DAYS, Climatology, Persistence, Regression
from wattline.line.grid.carbon.history import ForecastCase, ForecastLeak, PublishedSeries, forecast_case
from wattline.line.grid.carbon.lead_errors import errors_by_lead
from wattline.line.grid.carbon.signal import AverageIntensity
from wattline.validate.carbon import validate

START = np.datetime64("2023-01-02T00:00:00")  # a Monday
DAYS = 80
RNG = np.random.default_rng(1)
HOUR = np.arange(24 * DAYS)
NOISE = np.convolve(RNG.normal(0, 30, 24 * DAYS + 47), np.ones(48) / 7, "valid")
VALUES = 400 + 80 * np.sin(2 * np.pi * HOUR / 24) + NOISE
MODELS = (Persistence(), Climatology(), Regression())


def case(values=VALUES, delay_h=1.0, weather=()):
    signal = AverageIntensity(START, 3600.0, values)
    made = forecast_case(signal, 0.0, np.zeros((1, len(values))), delay_h)
    return replace(made, weather=tuple(PublishedSeries(w, made.series.delay) for w in weather))


@dataclass(frozen=True)
class Oracle:
    """A forecaster that looks ahead, as a mistake in an index would."""

    ahead: int
    name: str = "oracle"

    def forecast(self, case: ForecastCase, issued, lead):
        return case.series.known(issued + self.ahead, issued)


@pytest.mark.parametrize("ahead", [5, 0, -1])
def test_a_leak_is_an_error(ahead):
    """Even the step before the issue is not published yet, where publication takes an hour."""
    with pytest.raises(ForecastLeak, match="was published at step"):
        errors_by_lead(case(), Oracle(ahead), [6])
    assert errors_by_lead(case(), Oracle(-2), [6])[0].forecasts > 100


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@settings(max_examples=4, deadline=None)
@given(issue=st.integers(24 * 40, 24 * 70), lead=st.sampled_from([1, 7, 24, 50]), change=st.floats(10, 500))
def test_what_comes_later_changes_no_forecast(model, issue, lead, change):
    """The same with weather: all that is published after the issue is another, and the forecast is the same."""
    issued = np.array([issue - 24 * 30, issue])
    weather = VALUES[::-1].copy()
    first = model.forecast(case(weather=[weather / 400]), issued, lead)
    later = np.where(issue - 2 < HOUR, VALUES + change * RNG.normal(size=len(VALUES)), VALUES)
    sky = np.where(issue - 2 < HOUR, weather + change, weather)
    second = model.forecast(case(np.abs(later), weather=[sky / 400]), issued, lead)
    assert first[1] == pytest.approx(second[1], rel=1e-12, nan_ok=True)


def test_a_day_that_repeats_is_forecast_exactly():
    values = 300 + 50 * np.sin(2 * np.pi * HOUR / 24)
    for model in MODELS:
        errors = errors_by_lead(case(values), model, [1, 24, 96])
        assert all(error.mean_absolute < 1e-6 for error in errors), model.name


def test_the_regression_is_no_worse_than_the_two_that_it_is_made_of():
    leads = [1, 6, 24, 48]
    by_model = {model.name: errors_by_lead(case(), model, leads) for model in MODELS}
    for i, _ in enumerate(leads):
        best = min(by_model[name][i].mean_absolute for name in ("persistence", "climatology"))
        assert by_model["regression"][i].mean_absolute < 1.05 * best
    near, far = by_model["regression"][0], by_model["regression"][-1]
    assert near.mean_absolute < far.mean_absolute


def test_quarter_hours_and_hours_have_the_same_leads():
    quarters = AverageIntensity(START, 900.0, np.repeat(VALUES[: 24 * 50], 4))
    made = forecast_case(quarters, 0.0, np.zeros((0, 24 * 50 * 4)))
    errors = errors_by_lead(made, Persistence(), [4, 96], every=12)
    assert [error.lead_h for error in errors] == [1.0, 24.0]
    assert made.series.delay == 4


def test_a_region_left_out_is_forecast_by_the_others_and_a_year_by_those_before():
    first, other = case(), case(VALUES[::-1] * 1.5)
    left = errors_by_lead(first, Regression(others=(other,)), [6])[0]
    own = errors_by_lead(first, Regression(), [6])[0]
    assert left.mean_absolute != own.mean_absolute
    once = errors_by_lead(first, Regression(once=True), [6], first=24 * 60)[0]
    assert once.forecasts < own.forecasts


def test_a_series_that_is_too_short_is_refused():
    with pytest.raises(WattlineError, match=r"needed"):
        errors_by_lead(case(VALUES[: 24 * MIN_DAYS]), Persistence(), [24])


def written(path, days, column="carbon_g_per_kwh"):
    begin = datetime(2022, 12, 1)
    lines = [
        f"{begin + timedelta(hours=i):%Y-%m-%dT%H:%M:%SZ},{300 + 50 * np.sin(i / 3.8):.3f}" for i in range(24 * days)
    ]
    path.write_text(f"utc,{column}\n" + "\n".join(lines))
    return path


def test_the_command_shows_errors_by_lead(tmp_path, capsys):
    files = [written(tmp_path / "DE_a.csv", 60), written(tmp_path / "GB_b.csv", 60)]
    with pytest.raises(SystemExit):
        main(["validate", "carbon", *map(str, files), "--leave-out", "region"])
    shown = capsys.readouterr().out
    assert "1 h" in shown
    assert "96 h" in shown
    assert "the other grids alone" in shown
    with pytest.raises(SystemExit):
        main(["validate", "carbon", str(files[0]), "--json", "--leave-out", "year"])
    data = json.loads(capsys.readouterr().out)
    assert data["results"]["files"][0]["region"] == "de"
    assert [row["lead_h"] for row in data["results"]["files"][0]["models"]["regression"]] == [1, 6, 24, 48, 96]


def test_what_cannot_be_forecast_is_said(tmp_path):
    path = written(tmp_path / "x.csv", 60)
    for given_files, options, words in (
        ([path], {"left_out": "region"}, "two files or more"),
        ([path], {"signal": "price"}, "has no price; it has lifecycle"),
        ([path], {"signal": "wind"}, "none of"),
        ([written(tmp_path / "y.csv", 20)], {"left_out": "year"}, "one year"),
    ):
        with pytest.raises(WattlineError, match=words):
            validate(given_files, **options)


@pytest.mark.shared
@pytest.mark.long
def test_real_series_of_2023_are_forecast_better_than_by_the_two_simple_ways(shared_data):
    files = sorted((shared_data / "grid" / "carbon_intensity").glob("*_2023_hourly.csv"))
    made = validate(files, left_out="region")
    for each in made.files:
        if each.region == "sg":
            continue  # nothing moves there
        errors = {name: [error.share for error in rows] for name, rows in each.models.items()}
        assert errors["regression"][2] < min(errors["persistence"][2], errors["climatology"][2])
        assert errors["regression"][1] < errors["persistence"][1] * 1.02
