"""Supplies that must withstand outages, and load that moves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from supply_files import factors_file
from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.core.load import Load
from wattline.line.grid.supply.outages import units_up
from wattline.line.grid.supply.parts import Generator, GridImport, PowerMargin, Storage, SupplyCase
from wattline.line.grid.supply.plan import plan
from wattline.predict.supply.reliability import read_reliability, unit_outages, units_of
from wattline.report.present import as_text

WHERE = {"pue": 1.25, "region": "us-ercot"}


@pytest.fixture
def factors(tmp_path: Path) -> Path:
    return factors_file(tmp_path / "factors.csv")


def supply(factors: Path, **given: object) -> wl.SupplyAnswer:  # type: ignore[name-defined]
    return wl.supply("100MW", capacity_factors=factors, **({"draws": 0} | WHERE | given))


def test_units_are_out_for_their_share_of_the_time_and_in_stretches() -> None:
    up = units_up(np.random.default_rng(1), (200_000, 1.0), 0.1, 50.0, units=4)
    assert up.mean() == pytest.approx(0.9, abs=0.01)
    assert set(np.round(up * 4).astype(int)) <= {0, 1, 2, 3, 4}
    single = units_up(np.random.default_rng(2), (100_000, 1.0), 0.1, 50.0)
    down = np.flatnonzero(np.diff(np.concatenate([[1.0], single, [1.0]])))
    assert (down[1::2] - down[::2]).mean() == pytest.approx(50, rel=0.15)
    assert units_up(np.random.default_rng(3), (10, 1.0), 0.0, 50.0).min() == 1.0


def test_load_that_moves_saves_and_its_point_says_how_much(factors: Path) -> None:
    still = supply(factors, target="cfe=90%")
    costs = [still.plan.usd_per_mwh]
    for share in ("1%", "10%", "20%"):
        moved = supply(factors, target="cfe=90%", flexible=share)
        costs.append(moved.plan.usd_per_mwh)
    assert all(np.diff(costs) < 0)
    point = still.json()["results"]["flexible_point_usd_per_mwh"]
    assert costs[0] - costs[1] == pytest.approx(point, rel=0.1)
    up, down = (moved.plan.dispatch[f"shift {way}"] for way in ("up", "down"))
    assert max(up.max(), down.max()) <= 0.2 * 125 + 1e-6
    assert (up - down).reshape(-1, 24).sum(axis=1) == pytest.approx(0, abs=1e-5)
    assert "hundredth of the load" in as_text(still.json())
    narrow = supply(factors, target="cfe=90%", flexible="20%", flexible_window="4 h").plan.usd_per_mwh
    assert costs[-1] < narrow < costs[0]


def test_hours_that_may_be_left_make_it_cheaper_and_are_no_more(factors: Path) -> None:
    strict = supply(factors, target="cfe=95%", technologies="wind,solar,battery")
    loose = supply(factors, target="cfe=95%,unserved=20h", technologies="wind,solar,battery")
    left = loose.plan.dispatch["load unserved"].sum() / 125
    assert 0 < left <= 20 * 14 / 365 + 1e-6
    assert loose.plan.usd_per_mwh < strict.plan.usd_per_mwh


def test_outages_cost_more_and_the_plan_is_tested_on_others_and_without_a_unit(factors: Path) -> None:
    given = {"target": "cost", "technologies": "wind,battery,gas,grid", "import_limit": "60 MW"}
    calm, sized = supply(factors, **given), supply(factors, **(given | {"target": "outages"}))
    assert sized.plan.usd_per_mwh > calm.plan.usd_per_mwh
    rows = {row["year"]: row for row in sized.json()["results"]["tested"]}
    assert {"outages 1", "outages 2", "outages 3", "without gas", "without the grid"} <= set(rows)
    assert rows["without the grid"]["unserved_mwh"] >= 0
    assert sized.json()["inputs"]["reliability"] == {"unserved_hours": None, "outages": True, "n_1": False}
    shown, plain = (" ".join(as_text(answer.json()).split()) for answer in (sized, calm))
    assert "target least cost; sized on a drawn year of outages" in shown
    assert "outages;" not in plain


def test_one_less_takes_a_unit_of_each_plant_or_the_grid() -> None:
    base = SupplyCase(np.full(48, 250.0), (Generator("gas", 1.0, 0.9),), grid=GridImport(100.0, 30.0))
    assert units_of("gas", 250.0, default()) == 3
    cases = unit_outages(base, default())
    assert cases["gas"].generators[0].profile == pytest.approx(0.6)
    grid = cases["the grid"].grid
    assert grid is not None
    assert grid.limit_mw == 0


def test_words_of_reliability_are_taken_out_of_the_target() -> None:
    reliability, rest = read_reliability("cfe=90%, unserved=30 min,outages")
    assert (reliability.unserved_hours, reliability.outages, rest) == (0.5, True, ["cfe=90%"])
    with pytest.raises(WattlineError, match="8,760"):
        read_reliability("unserved=9000h")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"flexible": "120%"}, "at most 100%"),
        ({"flexible_window": "4 h"}, "needs --flexible"),
        ({"flexible": "10%", "flexible_window": "400 h"}, "168 h"),
        ({"target": "unserved=much"}, "unserved"),
    ],
)
def test_bad_flexibility_is_refused(factors: Path, given: dict[str, object], words: str) -> None:
    with pytest.raises(WattlineError, match=words):
        supply(factors, **given)


def test_a_load_with_draws_is_planned_at_each_of_them(factors: Path) -> None:
    hours = 24 * 14
    rows = np.stack([np.full(hours, level) for level in (50e6, 100e6, 150e6)])
    load = Load("site", datetime(2023, 3, 1, tzinfo=UTC), 3600.0, rows)
    answer = wl.supply(load=load, capacity_factors=factors, draws=6, region="us-ercot", target="cfe=90%")
    assert "3 draws" in answer.json()["inputs"]["load"]
    cost = answer.range("cost_usd_per_year")
    assert cost.p95 > 2 * cost.p5
    assert answer.plan.case.load == pytest.approx(100.0)


def test_a_year_more_lets_in_what_takes_longer(factors: Path) -> None:
    answer = supply(factors, within="2 years", target="cfe=80%", technologies="wind,solar,battery,grid")
    rows = {row["name"]: row for row in answer.json()["results"]["beside"]}
    assert rows["a year later"]["usd_per_mwh"] < answer.plan.usd_per_mwh
    assert rows["a year later"]["capacities"]["wind"] > 0
    assert "wind" not in answer.plan.capacities


def test_draws_are_the_same_on_any_number_of_workers(factors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = supply(factors, draws=12, seed=3).json()["results"]
    monkeypatch.setattr("wattline.predict.supply.drawn.MIN_PARALLEL", 0)
    assert supply(factors, draws=12, seed=3).json()["results"] == here
    words: list[str] = []
    supply(factors, draws=12, seed=3, progress=words.append)
    assert "draw 12 of 12" in words


@pytest.mark.long
def test_draws_are_the_same_on_ray(factors: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'wattline[ray]'")
    here = supply(factors, draws=6, seed=3).json()["results"]
    assert supply(factors, draws=6, seed=3, on="ray").json()["results"] == here


def n_1_case(margins: tuple[PowerMargin, ...] = ()) -> SupplyCase:
    hours = np.arange(24 * 14)
    sun = np.clip(np.sin((hours % 24 - 6) / 12 * np.pi), 0, None)
    return SupplyCase(
        np.full(hours.size, 100.0),
        (Generator("solar", 60_000, sun), Generator("gas", 90_000, 0.9, 40.0)),
        (Storage("battery", 20_000, 15_000, 0.95, 0.95),),
        grid=GridImport(100.0, 50 + 20 * np.sin(hours / 9)),
        margins=margins,
    )


@given(st.floats(0, 150), st.sampled_from([(1.0, 0.0), (0.5, 1.0), (0.0, 1.0)]))
@settings(max_examples=12, deadline=None)
def test_what_is_held_in_reserve_reaches_the_margin_at_least_cost(least: float, credit: tuple[float, float]) -> None:
    gas, battery = credit
    margin = PowerMargin("the grid", least, {"gas": gas, "solar": 0.0}, {"battery": battery}, 4.0)
    free, kept = plan(n_1_case()), plan(n_1_case((margin,)))
    lasting = min(kept.capacities["battery power"], kept.capacities["battery energy"] * 0.95 / 4)
    assert gas * kept.capacities["gas"] + battery * lasting >= least - 1e-3
    assert kept.usd_per_mwh >= free.usd_per_mwh - 1e-6
    assert kept.certificate.gap < 1e-5
    assert not [name for name in kept.capacities if ":" in name]


def test_a_plan_of_n_1_serves_all_when_any_one_unit_is_out(factors: Path) -> None:
    given = {"technologies": "wind,solar,battery,gas,grid", "target": "cost"}
    plain, sure = supply(factors, **given), supply(factors, **(given | {"target": "cost,n-1"}))
    tests = {row["year"]: row["unserved_hours"] for row in sure.json()["results"]["tested"]}
    assert {"without gas", "without the grid"} <= tests.keys()
    assert tests["without gas"] == tests["without the grid"] == 0
    assert sure.plan.usd_per_mwh > plain.plan.usd_per_mwh
    assert sure.plan.certificate.gap < 1e-5


def test_words_of_reliability_are_read() -> None:
    reliability, left = read_reliability("cfe=90%,reliability=3h,n-1")
    assert (reliability.unserved_hours, reliability.n_1, left) == (3.0, True, ["cfe=90%"])
