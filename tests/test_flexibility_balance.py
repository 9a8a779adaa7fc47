"""What a data centre takes of its grid."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.grid.balance import GridDemand, demand_in, share_of


def test_a_gigawatt_in_texas_is_two_percent_of_its_energy():
    result = wl.flex_balance("1 GW", region="us-ercot", pue=1.2, draws=0).json()["results"]
    assert result["demand_share"]["p50"] == pytest.approx(1.2 * 8.766 / 425, rel=1e-3)
    assert result["grid_peak_w"]["p50"] == pytest.approx(82.6e9, rel=0.05)  # 85.5 GW in 2023 and 2024
    assert 0.3 < result["growth_share"]["p50"] < 0.6


@pytest.mark.parametrize(("region", "gigawatts"), [("de", 77), ("gb", 47), ("fr", 84), ("in", 250), ("us-pjm", 150)])
def test_highest_demands_of_countries_are_what_their_operators_say(region, gigawatts):
    result = wl.flex_balance("100 MW", region=region, draws=0).json()["results"]
    assert result["grid_peak_w"]["p50"] == pytest.approx(gigawatts * 1e9, rel=0.08)


def test_a_grid_that_does_not_grow_has_no_growth_share():
    answer = wl.flex_balance("1 GW", region="us-nyiso", draws=50).json()
    assert answer["results"]["growth_share"] is None


def test_a_region_without_a_demand_stands_beside_the_nearest_that_has_one_and_says_so():
    answer = wl.flex_balance("1 GW", region="us-tepc", draws=0).json()
    assert answer["results"]["region"] == "us"
    assert any("United States" in note for note in answer["notes"])


@given(st.floats(1e6, 1e10), st.floats(0.1, 1.0))
def test_shares_grow_with_the_plan(power, part):
    grid = GridDemand(*(np.asarray(x) for x in (4e14, 8e10, 1e13, 0.05)))
    small, large = share_of(grid, power * part * 3e7, power * part), share_of(grid, power * 3e7, power)
    assert small.of_demand <= large.of_demand
    assert small.of_peak == pytest.approx(large.of_peak * part)
    assert small.of_growth is not None
    assert large.of_growth is not None
    assert small.of_growth <= large.of_growth


def test_a_file_s_growth_is_from_its_first_year_to_its_last():
    year = 8766
    demand = np.repeat([1.0, 1.5, 2.0], year) * 1e9
    grid = demand_in(demand, 1.0, np.asarray(0.0))
    assert float(grid.growth_wh) == pytest.approx(0.5e9 * year)
    assert float(grid.energy_wh) == pytest.approx(2e9 * year)
    assert math.isnan(float(demand_in(demand[:year], 1.0, np.asarray(0.0)).growth_wh))


def test_beside_a_file_it_says_what_must_be_given_up(tmp_path: Path):
    hours = [datetime(2023, 7, 1) + timedelta(hours=i) for i in range(480)]
    rows = "".join(f"{h:%Y-%m-%d %H:%M},{900 if h.hour == 18 else 500}\n" for h in hours)
    path = tmp_path / "demand.csv"
    path.write_text("utc,grid\n" + rows)
    answer = wl.flex_balance("100 MW", pue=1.0, demand=path, draws=0).json()
    fit = answer["results"]["fit"]
    assert fit["longest_event_h"] == 1.0  # the hour at 18:00, each day
    assert fit["curtailed_share"] == pytest.approx(1 / 24)
    assert fit["mean_depth"] == 1.0
    assert answer["results"]["region"] is None


def test_bad_plans_are_refused():
    for it, options, words in (
        ("1 mW", {}, "out of range"),
        ("1 GW", {"utilisation": 1.5}, "utilisation"),
        ("1 GW", {"region": "atlantis"}, "atlantis"),
    ):
        with pytest.raises(WattlineError, match=words):
            wl.flex_balance(it, draws=0, **options)
