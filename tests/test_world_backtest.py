"""What the outlook would have foreseen: rolling origins, and the places that other figures predict."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.core.units import Z95
from wattline.line.world.backtest import (
    ORIGINS,
    Forecast,
    crps,
    known_at,
    naive_drift,
    right_coverage,
    rolling,
    score,
)
from wattline.line.world.coefficients import path_model
from wattline.line.world.growth import FIRST
from wattline.line.world.observe import Paths, Posterior
from wattline.line.world.outlook import catalog_posterior, posterior_of
from wattline.line.world.places import place_of
from wattline.line.world.published import PublishedFigure, published_figures


@pytest.fixture(scope="module")
def forecasts() -> list[Forecast]:
    rows = published_figures()
    return [row for origin in ORIGINS for row in rolling(rows, origin, Paths(path_model(origin)))]


def test_ranges_hold_what_was_published_later(forecasts: list[Forecast]) -> None:
    assert 80 <= score(forecasts)["coverage_percent"] <= 97


def test_forecasts_are_better_than_a_drift_two_years_and_more_ahead(forecasts: list[Forecast]) -> None:
    ahead = [row for row in forecasts if row.ahead >= 2]
    scores = score(ahead)
    assert scores["n"] > 100
    assert scores["crps_with_naive"] < scores["naive_crps"]
    assert scores["crps_with_naive"] < scores["naive_error"]
    for origin in ORIGINS:
        own = score(row for row in ahead if row.origin == origin)
        assert own["crps_with_naive"] < own["naive_crps"]


@pytest.mark.parametrize(("name", "year", "twh"), [("world", 2020, 269), ("us", 2023, 176)])
def test_the_outlook_of_2018_holds_what_the_best_study_of_its_time_missed(name: str, year: int, twh: float) -> None:
    mean, spread = catalog_posterior(2018).predict([place_of(name)], np.array([year - FIRST]))
    width = Z95 * spread[0, 0] ** 0.5
    assert exp(mean[0] - width) < twh < exp(mean[0] + width)


def test_an_origin_knows_nothing_that_was_published_later() -> None:
    for origin in ORIGINS:
        assert all(row.published <= origin for row in known_at(published_figures(), origin))
        later = [row for row in published_figures() if row.published <= origin]
        changed = [*later, PublishedFigure("world", origin, 5e4, "bottom_up", origin + 1, "nobody")]
        pair = [
            posterior_of(rows, origin).predict([place_of("world")], np.array([2024 - FIRST]))
            for rows in (later, changed)
        ]
        assert (pair[0][0] == pair[1][0]).all()


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(0.05, 2))
def test_the_score_is_least_for_the_truth_and_for_a_sharp_range(value: float, sd: float) -> None:
    assert crps(value, value, sd) < crps(value, value + 2 * sd, sd)
    assert crps(value, value, sd / 2) < crps(value, value, sd)
    assert crps(value, value + 1, 0.0) == pytest.approx(1)


def test_the_drift_carries_on_the_growth_so_far() -> None:
    rows = [PublishedFigure("x", year, twh, "bottom_up", year, "x") for year, twh in ((2010, 10.0), (2015, 20.0))]
    assert exp(naive_drift(rows, 2020)[0]) == pytest.approx(40)
    assert exp(naive_drift(rows[:1], 2020)[0]) == pytest.approx(10)


def test_own_earlier_figures_make_a_place_or_company_certain() -> None:
    rows = published_figures()
    for name in ("oracle", "netherlands"):
        place, year = place_of(name), np.array([2024 - FIRST])
        before = posterior_of(rows, 2026).predict([place], year)[1][0, 0]
        kind = "company_reported" if place.company else "metered"
        own = [PublishedFigure(name, 2018 + i, 3.0 * 1.2**i, kind, 2019 + i, name) for i in range(5)]
        mean, spread = posterior_of([*rows, *own], 2026).predict([place], year)
        assert spread[0, 0] < before / 4
        assert 3.0 * 1.2**4 < exp(mean[0]) < 3.0 * 1.2**8


def figures(name: str, values: list[float], kind: str = "bottom_up") -> list[PublishedFigure]:
    return [PublishedFigure(name, 2015 + i, twh, kind, 2016 + i, "office") for i, twh in enumerate(values)]


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 0.25), st.floats(0.15, 0.5))
def test_an_office_whose_figures_have_been_steady_is_believed_closer(growth: float, jump: float) -> None:
    smooth = figures("netherlands", [3 * exp(growth * i) for i in range(8)])
    rough = figures("netherlands", [3 * exp(growth * i + jump * (-1) ** i) for i in range(8)])
    place, year = place_of("netherlands"), np.array([2023 - FIRST])
    spread = [posterior_of(rows, 2026).predict([place], year)[1][0, 0] for rows in (smooth, rough)]
    assert spread[0] < spread[1] / 2


def test_an_office_that_is_the_only_one_of_a_country_is_taken_to_go_on() -> None:
    place, year = place_of("portugal"), np.array([2023 - FIRST])
    alone = figures("portugal", [1.0, 1.1, 1.2])
    other = [*alone, PublishedFigure("portugal", 2016, 2.0, "bottom_up", 2017, "another")]
    spread = [posterior_of(rows, 2023).predict([place], year)[1][0, 0] for rows in (alone, other)]
    assert spread[0] < spread[1]


@pytest.mark.parametrize(("name", "low", "high"), [("equinix", 5, 15), ("coreweave", 0.4, 4), ("apple", 1.5, 4)])
def test_what_a_company_has_spent_tells_its_electricity(name: str, low: float, high: float) -> None:
    rows = [row for row in published_figures() if row.series != name]
    mean, spread = posterior_of(rows, 2026).predict([place_of(name)], np.array([2024 - FIRST]))
    assert low < exp(mean[0]) < high
    assert spread[0, 0] ** 0.5 < 0.6


def test_an_outlook_of_the_past_knows_no_later_spending() -> None:
    from wattline.line.world.spending import spent

    assert (spent("meta", 2014) != spent("meta", 2026)).any()
    assert spent("meta", 2014)[2013 - 1990] == spent("meta", 2026)[2013 - 1990]
    assert spent("meta", 2014)[2018 - 1990] < spent("meta", 2026)[2018 - 1990] / 2


def test_countries_of_a_part_of_the_world_follow_what_is_known_of_it() -> None:
    rows = published_figures()
    lowered = [row for row in rows if row.series != "africa"]
    raised = [*lowered, *(PublishedFigure("africa", 2024, 30.0, "bottom_up", 2025, name) for name in ("x", "y"))]
    year = np.array([2024 - FIRST])
    south_africa, india = (
        [posterior_of(known, 2026).predict([place_of(name)], year)[0][0] for known in (lowered, raised)]
        for name in ("south africa", "india")
    )
    assert south_africa[1] - south_africa[0] > 2 * (india[1] - india[0]) > 0


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["world", "us", "ireland", "meta"]), st.integers(2019, 2025), st.integers(2, 12))
def test_figures_that_err_together_are_worth_fewer(name: str, year: int, count: int) -> None:
    """Those of one edition about one place and year differ by what is left of each alone: they are worth little more
    than one; and one figure is in range or not."""
    posterior = posterior_of(published_figures(), 2018)
    row = PublishedFigure(name, year, 5.0, "company_reported" if name == "meta" else "bottom_up", 2026, "someone")
    (low, middle, high), alone = right_coverage(posterior, [row])
    assert (low, middle, high, alone) == (0, 100, 100, pytest.approx(1))
    (low, middle, high), alone = right_coverage(posterior, [row] * count)
    assert 0 <= low <= middle <= high <= 100
    assert 1 <= alone < 1.5


def test_no_origin_tells_by_its_figures_that_its_ranges_are_too_wide_or_narrow(forecasts: list[Forecast]) -> None:
    """All of 2010's 54 figures are in range, which are worth few that err alone: right ranges often hold as many."""
    rows = published_figures()
    for origin in ORIGINS:
        own = [row for row in forecasts if row.origin == origin]
        posterior = Posterior(Paths(path_model(origin)), known_at(rows, origin))
        (low, _, high), alone = right_coverage(posterior, [row.figure for row in own])
        assert low <= score(own)["coverage_percent"] <= high
        assert 2 < alone < len(own) / 3
