"""How much new load a grid takes that yields in the highest hours."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.grid.flexibility.headroom import added_for_share, headroom, room_w
from wattline.predict.flex.demand import DemandFile

demands = st.lists(st.floats(1e8, 5e9), min_size=24, max_size=60).map(np.array)


def test_a_grid_by_hand():
    demand = np.array([10.0, 6, 8, 10]) * 1e9  # one season; room 0, 4, 2, 0 GW
    result = headroom(demand, np.full(4, 7), share=0.5)
    # 3 GW: 3 + 0 + 1 + 3 of 12 GWh find no room; half would be 6 of 12, at L: 3 L - 2 = 2 L, L = 2 GW: 2 + 0 + 0 + 2
    assert result.added_w == pytest.approx(2e9)
    assert result.curtailed_share == pytest.approx(0.5)
    assert (result.longest_event_h, result.mean_event_h, result.mean_depth) == (1.0, 1.0, 1.0)
    assert (result.peak_w, result.load_factor) == (10e9, 0.85)


def test_each_season_has_its_own_highest_hour():
    demand, month = np.array([10.0, 7, 5, 4]), np.array([1, 1, 7, 10])
    assert room_w(demand, month).tolist() == [0, 3, 0, 1]


@given(demands, st.floats(1e-4, 0.6))
def test_the_share_that_was_asked_for_is_curtailed(demand, share):
    month = np.where(np.arange(len(demand)) < len(demand) // 2, 1, 7)
    added = added_for_share(room_w(demand, month), share)
    cut = np.maximum(added - room_w(demand, month), 0).sum()
    assert cut == pytest.approx(share * added * len(demand), rel=1e-6, abs=1.0)


@given(demands, st.floats(0, 0.4), st.floats(0, 0.4))
def test_who_yields_more_finds_more_room(demand, first_share, second_share):
    low, high = sorted((first_share, second_share))
    month = np.full(len(demand), 7)
    assert headroom(demand, month, share=low).added_w <= headroom(demand, month, share=high).added_w * (1 + 1e-9)


@given(demands, st.integers(0, 20))
def test_no_more_hours_than_were_allowed(demand, hours):
    years = len(demand) / 8766
    result = headroom(demand, np.full(len(demand), 1), hours=hours / years if hours / years <= 8766 else 8766)
    assert result.curtailed_h_per_year * years <= hours + 1e-6


def test_bad_demands_and_shares_are_refused():
    good = np.ones(10)
    for demand, options, words in (
        (np.where(np.arange(10) == 3, np.nan, 1.0), {"share": 0.1}, "step 3"),
        (good, {}, "one of them"),
        (good, {"share": 1.0}, "below 1"),
        (good, {"hours": 9000.0}, "0 to 8766"),
        (np.array([]), {"share": 0.1}, "no step"),
    ):
        with pytest.raises(WattlineError, match=words):
            headroom(demand, np.full(len(demand), 1), **options)


@pytest.mark.shared
def test_the_22_balancing_authorities_of_duke(shared_data: Path):
    """74.2, 95.8, 122.5 and 208.3 GW at 0.25, 0.5, 1 and 5%, and each open row of the rule recomputed."""
    table = pl.read_parquet(shared_data / "grid/us_hourly_demand_mw_2016_2024.parquet")
    month = table["utc"].dt.month().to_numpy()
    names = [name for name in table.columns if name != "utc"]
    shares = (0.0025, 0.005, 0.01, 0.05)
    made = {(n, s): headroom(table[n].to_numpy() * 1e6, month, share=s) for n in names for s in shares}
    totals = [sum(made[n, s].added_w for n in names) / 1e9 for s in shares]
    assert totals == pytest.approx([74.2, 95.8, 122.5, 208.3], abs=0.06)
    rows = 0
    with (shared_data / "supply/published_results_open.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name, _, percent = row["case"].partition(", ")
            if row["study"] == "Duke method recomputed here" and name in names:
                result = made[name, float(percent.split("%")[0]) / 100]
                value = result.added_w / 1e9 if row["metric"] == "headroom" else result.curtailed_h_per_year
                assert value == pytest.approx(float(row["value"]), rel=0.005), row["case"]
                rows += 1
    assert rows == 66


def demand_file(tmp_path: Path, header: str, value: str = "60", minutes: int = 60) -> Path:
    times = np.datetime64("2023-01-01T00:00") + np.arange(48) * np.timedelta64(minutes, "m")
    rows = [f"{time}Z,{value if i == 30 else 50 + i % 24}" for i, time in enumerate(times)]
    path = tmp_path / "demand.csv"
    path.write_text("\n".join([f"utc,{header}", *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("header", "unit", "minutes", "watts"),
    [
        ("demand_mw", None, 60, 60e6),
        ("Demand [GW]", None, 60, 60e9),
        ("load (kW)", None, 60, 60e3),
        ("PJM", None, 60, 60e6),
        ("PJM", "GW", 60, 60e9),
        ("demand_mw", "MW", 60, 60e6),
        ("Demand (MWh)", None, 60, 60e6),
        ("Demand (MWh)", None, 30, 120e6),
    ],
)
def test_demand_is_in_the_unit_of_its_header(tmp_path: Path, header: str, unit: str | None, minutes: int, watts: float):
    made = DemandFile(demand_file(tmp_path, header, minutes=minutes), unit=unit).read("flex balance")
    assert made.power_w[30] == pytest.approx(watts)
    grid = wl.flex_headroom(demand_file(tmp_path, header, minutes=minutes), unit=unit).json()["results"]["cases"][0]
    assert grid["grids"][0]["peak_w"] == pytest.approx(watts / 60 * 73)


@pytest.mark.parametrize(
    ("header", "unit", "value", "words"),
    [
        ("Carbon Intensity gCO2eq/kWh (direct)", None, "60", "is no power"),
        ("price_usd_mwh", None, "60", "is no power"),
        ("Low Carbon Percentage", None, "60", "is no power"),
        ("demand [GW]", "MW", "60", "says GW, not --unit MW"),
        ("demand_mw", None, "-1", r"demand_mw is -1 mw at 2023-01-02T06:00:00 UTC"),
    ],
)
def test_what_is_no_demand_is_refused_by_its_column_and_hour(
    tmp_path: Path, header: str, unit: str | None, value: str, words: str
):
    path = demand_file(tmp_path, header, value)
    with pytest.raises(WattlineError, match=words):
        wl.flex_headroom(path, unit=unit)
    with pytest.raises(WattlineError, match=words.replace("is no power", "is no demand")):
        wl.flex_balance("1 GW", region="de", demand=DemandFile(path, unit=unit), draws=0)


def test_columns_that_are_no_demand_are_left_out_and_named(tmp_path: Path):
    path = tmp_path / "two.csv"
    times = np.datetime64("2023-01-01T00:00") + np.arange(48) * np.timedelta64(1, "h")
    path.write_text("utc,demand_mw,price_usd_mwh\n" + "".join(f"{time}Z,{50 + i},-3\n" for i, time in enumerate(times)))
    made = wl.flex_headroom(path).json()
    assert made["inputs"]["columns"] == ["demand_mw"]
    assert any("price_usd_mwh" in note for note in made["notes"])
