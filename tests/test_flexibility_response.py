"""What a site that serves a model can give a grid: watts against latency, reserves, and their worth."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.core.units import YEAR_H
from wattline.line.grid.flexibility.calls import called_hours, dear_so_far, dearest_steps
from wattline.predict.flex.carbon_cut import carbon_cuts
from wattline.predict.flex.response import Promise, Reserves, ServedLoad
from wattline.predict.flex.signals import SiteSignals
from wattline.predict.flex.worth import Prices

SITE = {"chip": "h100-sxm", "gpus": 1, "pue": 1.0, "draws": 0}


def response(**options: Any) -> dict[str, Any]:
    return wl.flex_response("1 MW", "llama-3.1-8b", **(SITE | options)).json()


def test_lower_caps_take_less_and_answer_later_and_the_same_requests():
    rungs = [row for row in response()["results"]["rungs"] if row["batch"] == 32]
    assert [row["power_cap_w"] for row in rungs] == pytest.approx([700, 630, 560, 490, 420, 350])
    for row, lower in pairwise(rungs):
        assert lower["chip_w"]["p50"] <= row["chip_w"]["p50"] * (1 + 1e-9)
        assert lower["tpot_s"]["p50"] >= row["tpot_s"]["p50"] * (1 - 1e-9)
        assert lower["active_share"]["p50"] >= row["active_share"]["p50"] * (1 - 1e-9)
        assert lower["chip_w"]["p50"] <= lower["power_cap_w"] * (1 + 1e-9)
    assert rungs[0]["cut_share"]["p50"] == pytest.approx(0, abs=1e-12)
    assert rungs[-1]["cut_share"]["p50"] > 0.02


def test_a_tighter_promise_never_gives_more():
    cuts = []
    for tpot in ("100 ms", "12 ms", "8 ms", "1 ms"):
        made = response(promise=Promise(tpot=tpot), reserves=Reserves(ups="0 s"))
        gives = {row["name"]: row["cut_w"]["p50"] for row in made["results"]["resources"]}
        cuts.append(gives.get("caps and batches", 0.0))
    assert cuts == sorted(cuts, reverse=True)
    assert cuts[0] > cuts[-1] == 0.0
    assert "no rung" in made["warnings"][0]


def test_a_busy_fleet_cannot_be_slowed_down():
    rungs = response(served=ServedLoad(active=0.97))["results"]["rungs"]
    slow = next(row for row in rungs if row["batch"] == 32 and row["power_cap_w"] == 350)
    assert not slow["serves"]
    assert not slow["keeps"]


def test_a_store_gives_what_its_energy_lasts_and_its_worth_is_by_hand(tmp_path: Path):
    first = datetime(2023, 1, 1)
    hours = "".join(f"{first + timedelta(hours=i):%Y-%m-%d %H:%M},{500 if i < 100 else 50}\n" for i in range(8766))
    (tmp_path / "price.csv").write_text("utc,price_usd_mwh\n" + hours)
    prices = Prices("60 USD/kW/year", "8 USD/MWh", tmp_path / "price.csv", called_h=100, lasts="2 h")
    made = response(reserves=Reserves(ups="0 s", battery="1 MWh", battery_power="1 MW"), prices=prices)
    battery = next(row for row in made["results"]["resources"] if row["name"] == "battery")
    assert battery["lasts_s"]["p50"] == pytest.approx(3600)
    assert battery["over_call_w"]["p50"] == pytest.approx(0.5e6)  # 1 MWh over two hours
    assert battery["capacity_usd_per_year"]["p50"] == pytest.approx(500 * 60)
    assert battery["reserve_usd_per_year"]["p50"] == pytest.approx(0.5 * 8 * 8766)
    trip = 0.912
    assert battery["energy_usd_per_year"]["p50"] == pytest.approx(500 * 100 * (0.5 - 0.05 / trip), rel=1e-6)
    assert battery["energy_known_usd_per_year"]["p50"] <= battery["energy_usd_per_year"]["p50"]


def test_products_take_only_what_answers_in_time_and_no_more_than_the_site():
    made = response(reserves=Reserves(ups="5 min", pausable=0.5))["results"]
    by = {row["product"]: row for row in made["products"]}
    fast, slow = by["Fast frequency reserve, Nordic"], by["Emergency demand response"]
    assert "training stops" in slow["resource_names"]
    assert "training stops" not in fast["resource_names"]
    assert fast["power_w"]["p50"] == pytest.approx(made["site_w"]["p50"])
    assert made["ride"]["ups_s"]["p50"] == pytest.approx(300)
    assert made["ride"]["servers_s"]["p50"] == pytest.approx(0.02)


def test_bad_reserves_and_prices_are_refused():
    for options, words in (
        ({"reserves": Reserves(battery="1 MWh")}, "--battery-power"),
        ({"reserves": Reserves(pausable=1.5)}, "--pausable"),
        ({"prices": Prices(capacity="60")}, "--capacity-price"),
        ({"prices": Prices(reserve="8 USD/kW")}, "--reserve-price"),
    ):
        with pytest.raises(WattlineError, match=words):
            response(**options)
    with pytest.raises(WattlineError, match="out of range"):
        wl.flex_response("1 W", "llama-3.1-8b", **SITE)


series = st.integers(0, 2**31 - 1).map(lambda seed: np.random.default_rng(seed).gamma(1.5, 50, 24 * 20) - 30)


@settings(max_examples=100, deadline=None)
@given(price=series, count=st.integers(0, 300))
def test_calls_by_what_was_known_never_earn_more_than_with_foresight(price, count):
    foresight, known = dearest_steps(price, count), dear_so_far(price, count, 24)
    assert foresight.sum() <= count
    assert known.sum() <= count
    assert price[known].sum() <= price[foresight].sum() + 1e-9


@settings(max_examples=30, deadline=None)
@given(price=series, day=st.integers(2, 18))
def test_calls_of_a_day_follow_from_no_day_after_it(price, day):
    other = price.copy()
    other[(day + 1) * 24 :] = price[(day + 1) * 24 :][::-1] * 3 + 7
    left, right = (dear_so_far(each, 60, 24)[: (day + 1) * 24] for each in (price, other))
    assert (left == right).all()


def test_a_flat_price_calls_nothing_and_a_daily_peak_is_known_beforehand():
    assert not dear_so_far(np.full(480, 50.0), 20, 24).any()
    peak = np.where(np.arange(480) % 24 == 18, 300.0, 50.0)
    for count in (3, 18):
        known = dear_so_far(peak, count, 24)
        assert 0 < known.sum() <= count
        assert called_hours(peak, known).dear == pytest.approx(300.0)


@pytest.mark.shared
def test_the_dear_hours_of_texas_are_known_in_part(shared_data: Path):
    prices = Prices(energy=shared_data / "grid/price/US-TEX-ERCO_electricity_prices_2023.csv")
    rows = response(reserves=Reserves(ups="0 s"), prices=prices)["results"]["resources"]
    for row in rows:
        assert 0 < row["energy_known_usd_per_year"]["p50"] < row["energy_usd_per_year"]["p50"]


def carbon_file(path: Path, values: np.ndarray) -> Path:
    first = datetime(2023, 1, 1)
    rows = "".join(f"{first + timedelta(hours=i):%Y-%m-%d %H:%M},{value}\n" for i, value in enumerate(values))
    path.write_text("time,carbon intensity (gCO2eq/kWh)\n" + rows, encoding="utf-8")
    return path


def test_caps_avoid_the_carbon_of_the_highest_hours_by_hand(tmp_path: Path):
    values = np.where(np.arange(8760) % 24 == 18, 900.0, 100.0)
    made = response(region="de", carbon=str(carbon_file(tmp_path / "carbon.csv", values)))["results"]
    cut_w = next(row["cut_w"]["p50"] for row in made["resources"] if row["name"] == "caps and batches")
    rows = {(row["led_by"], row["counted_by"]): row for row in made["carbon_cuts"]}
    assert set(rows) == {(a, b) for a in ("average", "marginal") for b in ("average", "marginal")}
    own = rows["average", "average"]
    assert own["intensity_g_per_kwh"] == pytest.approx(900)
    assert own["co2e_g_per_year"]["p50"] == pytest.approx(cut_w / 1e3 * 50 * 900, rel=0.002)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), called=st.floats(5, 3000))
def test_carbon_that_is_avoided_is_never_more_by_what_was_known(seed: int, called: float):
    rng = np.random.default_rng(seed)
    signals = tuple(
        SiteSignals(kind, ("here",), np.datetime64("2023-01-01"), 3600.0, rng.uniform(20, 900, (1, 1440)), "g/kWh", ())
        for kind in ("average", "marginal")
    )
    for row in carbon_cuts(np.array([1e6, 2e6]), signals, called):
        best, known = row["co2e_g_per_year"], row["co2e_known_g_per_year"]
        if row["led_by"] == row["counted_by"]:
            assert all(known[end] <= best[end] * (1 + 1e-9) for end in ("p5", "p50", "p95"))
        steps = max(round(called * 1440 / YEAR_H), 1)
        assert best["p50"] >= 1500 * (YEAR_H * steps / 1440) * row["intensity_g_per_kwh"] * (1 - 1e-9)
    assert carbon_cuts(None, signals, called) == carbon_cuts(np.array(0.0), signals, called) == []


def test_one_number_of_carbon_has_no_hours_and_a_region_without_any_is_told():
    with pytest.raises(WattlineError, match="by the hour"):
        response(region="de", carbon="50 g/kWh")
    without = response()
    assert without["results"]["carbon_cuts"] == []
    assert any("by the hour is not known" in note for note in without["notes"])
