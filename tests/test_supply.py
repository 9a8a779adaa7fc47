"""The linear program of a supply: its optimum, its certificate, and the plan that comes of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supply_check import BATTERY, check
from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.grid.supply.build import program
from wattline.line.grid.supply.certificate import dual_bound
from wattline.line.grid.supply.draws import plans
from wattline.line.grid.supply.parts import (
    Generator,
    GridExport,
    GridImport,
    HeatReactor,
    Shift,
    Storage,
    SupplyCase,
    SupplyTarget,
    UnservedLoad,
)
from wattline.line.grid.supply.plan import plan
from wattline.line.grid.supply.technology import Technology, annuity

WIND, SUN = 107_000.0, 61_000.0  # USD/MW/year


def case(hours: int = 240, seed: int = 0, **changes: object) -> SupplyCase:
    """Days of wind that comes and goes, sun, a price and a grid that is clean by day."""
    rng = np.random.default_rng(seed)
    clock = np.arange(hours)
    sun = np.clip(np.sin((clock % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.3, 1.0, hours)
    wind = np.clip(0.35 + 0.3 * np.sin(clock / 37 + seed) + 0.1 * rng.standard_normal(hours), 0, 1)
    price = 30 + 25 * np.sin(clock / 24 * 2 * np.pi) + rng.exponential(10, hours)
    parts: dict[str, object] = {
        "load": np.full(hours, 100.0),
        "generators": (Generator("wind", WIND, wind), Generator("solar", SUN, sun)),
        "storages": (BATTERY,),
        "grid": GridImport(100.0, np.maximum(price, 1.0), np.clip(0.2 + sun, 0, 0.9), 400.0),
        "target": SupplyTarget(cfe=0.9),
    }
    return SupplyCase(**(parts | changes))  # type: ignore[arg-type]


def everything(seed: int = 0) -> SupplyCase:
    """A case with every kind of part."""
    base = case(seed=seed, target=SupplyTarget(cfe=0.95, carbon=60.0, carbon_price=30.0))
    firm = (
        Generator("nuclear", 900_000.0, 0.93, 14.0, min_output=0.4),
        Generator("gas", 90_000.0, 0.9, 40.0, clean_share=0.0, carbon=345.0),
    )
    assert base.grid is not None
    return replace(
        base,
        generators=(*base.generators, *firm),
        storages=(BATTERY, Storage("iron-air", 190_000.0, 600.0, 0.71, 0.6, 0.01, hours=100.0, loss=1e-4)),
        reactors=(HeatReactor("natrium", 300_000.0, 2_000.0, 90_000.0, 0.41, 0.9, 0.5, 3.0),),
        export=GridExport(60.0, np.asarray(base.grid.price) - 5, 0.2),
        shift=Shift(0.1),
        unserved=UnservedLoad(5_000.0, 2.0),
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_fast_road_and_the_safe_one_agree(seed: int) -> None:
    for some in (case(seed=seed), everything(seed)):
        fast, safe = plan(some), plan(some, fast=False)
        check(fast)
        check(safe)
        assert fast.solved.solution.solver == "interior point"
        assert safe.solved.solution.solver == "HiGHS simplex"
        assert fast.usd_per_mwh == pytest.approx(safe.usd_per_mwh, rel=1e-5)


def test_a_plan_reaches_its_target_and_cost_never_falls_as_it_rises() -> None:
    made = list(plans(case().aim(cfe=x) for x in (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 1.0)))
    for each in made:
        check(each)
        assert each.cfe >= (each.case.target.cfe or 0) - 1e-6
    costs = [each.usd_per_mwh for each in made]
    assert all(later >= earlier - 1e-6 * earlier for earlier, later in pairwise(costs))
    assert costs[-1] > costs[0]
    assert made[-1].dispatch["grid import"].max() == 0.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), scale=st.floats(0.0, 3.0))
def test_any_prices_bound_the_cost_from_below(seed: int, scale: float) -> None:
    made = program(case(hours=48, seed=seed % 5))
    rng = np.random.default_rng(seed)
    prices, eta = (
        scale * 40 * rng.standard_normal(made.right_side.shape),
        scale * 50 * rng.standard_normal(len(made.rows)),
    )
    optimum = plan(case(hours=48, seed=seed % 5)).certificate.cost
    bound, _ = dual_bound(made, prices, eta, optimum)
    assert bound <= optimum * (1 + 1e-6)


def test_the_shadow_price_is_what_another_point_costs() -> None:
    low, high = plan(case().aim(cfe=0.899)), plan(case().aim(cfe=0.901))
    point = plan(case()).cfe_point_usd_per_mwh
    assert point == pytest.approx((high.usd_per_mwh - low.usd_per_mwh) / 0.2, rel=0.05)


def test_what_is_built_earns_its_cost_and_what_is_not_earns_no_more() -> None:
    for line in plan(everything()).zero_profit:
        if line.built > 0.01:
            assert line.earned == pytest.approx(line.cost, rel=1e-3)
        else:
            assert line.earned <= line.cost * (1 + 1e-3)


def test_the_worst_week_is_where_energy_is_dearest() -> None:
    wind = np.full(720, 0.5)
    wind[300:420] = 0.01
    week = plan(case(720, generators=(Generator("wind", WIND, wind),), target=SupplyTarget(cfe=0.98))).worst_week
    assert week.start <= 300 < 420 <= week.start + 168
    assert week.output["wind"] < 0.6


def test_negative_prices_burn_nothing_in_a_circle() -> None:
    price = np.where(np.arange(240) % 24 < 6, -80.0, 40.0)
    made = plan(case(grid=GridImport(300.0, price, 0.5), target=SupplyTarget()))
    check(made)
    assert made.certificate.relaxed <= made.certificate.cost
    free = plan(case(grid=GridImport(300.0, price, 0.5), target=SupplyTarget(), circles=True))
    assert free.usd_per_mwh <= made.usd_per_mwh + 1e-6


def test_annual_matching_counts_the_generation_of_the_year() -> None:
    made = plan(case(export=GridExport(500.0, 5.0), target=SupplyTarget(annual=1.0)))
    generated = made.energy_mwh("wind generation") + made.energy_mwh("solar generation")
    assert generated >= made.case.load_mwh * (1 - 1e-6)
    assert made.cfe < 1.0


def test_a_carbon_cap_and_a_carbon_price_cut_carbon() -> None:
    loose = plan(case(target=SupplyTarget()))
    capped = plan(case(target=SupplyTarget(carbon=loose.carbon_g_per_kwh / 2)))
    priced = plan(case(target=SupplyTarget(carbon_price=300.0)))
    assert capped.carbon_g_per_kwh <= loose.carbon_g_per_kwh / 2 * (1 + 1e-6)
    assert priced.carbon_g_per_kwh < loose.carbon_g_per_kwh


def test_no_load_needs_nothing() -> None:
    made = plan(case(load=np.zeros(240)))
    assert made.usd_per_mwh == 0
    assert max(made.capacities.values()) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("gone", ["wind", "solar"])
def test_a_source_that_never_blows_or_shines_is_not_built(gone: str) -> None:
    base = case()
    still = tuple(replace(p, profile=0.0) if p.name == gone else p for p in base.generators)
    made = plan(replace(base, generators=still))
    check(made)
    assert made.capacities[gone] == pytest.approx(0, abs=1e-3)


def test_quarter_hours_are_hours_in_four() -> None:
    base = case(hours=96)
    assert base.grid is not None
    grid = replace(
        base.grid,
        price=np.repeat(np.asarray(base.grid.price), 4),
        clean_share=np.repeat(np.asarray(base.grid.clean_share), 4),
    )
    plants = tuple(replace(p, profile=np.repeat(np.asarray(p.profile), 4)) for p in base.generators)
    fine = plan(replace(base, load=np.repeat(base.load, 4), grid=grid, generators=plants, step_h=0.25))
    check(fine)
    assert fine.usd_per_mwh == pytest.approx(plan(base).usd_per_mwh, rel=2e-3)


@pytest.mark.parametrize(("hours", "years"), [(8760, 1), (8784, 1), (26304, 3), (876, 0.1)])
def test_a_leap_year_is_a_year(hours: int, years: float) -> None:
    assert SupplyCase(np.ones(hours)).years == pytest.approx(years)


def test_a_gap_is_refused_with_its_hour() -> None:
    base = case()
    holed = np.asarray(base.generators[0].profile).copy()
    holed[17] = np.nan
    with pytest.raises(WattlineError, match="wind profile is no number at hour 17"):
        plan(replace(base, generators=(replace(base.generators[0], profile=holed),)))
    load = base.load.copy()
    load[5] = np.nan
    with pytest.raises(WattlineError, match="load is no number at hour 5"):
        replace(base, load=load)
    with pytest.raises(WattlineError, match="has 3 values where the load has 240"):
        plan(replace(base, generators=(replace(base.generators[0], profile=np.ones(3)),)))
    with pytest.raises(WattlineError, match=r"95% is 0\.95"):
        base.aim(cfe=95)


def test_a_target_out_of_reach_says_what_is_reached_and_what_binds() -> None:
    few = (replace(case().generators[0], max_mw=50.0),)
    with pytest.raises(
        WattlineError, match=r"carbon-free share reaches .*%, not 99%: wind is at its most, 50"
    ) as caught:
        plan(case(generators=few, storages=()).aim(cfe=0.99))
    assert "add more wind, a storage" in str(caught.value)
    with pytest.raises(WattlineError, match=r"cannot be served: .* MWh are missing .* the grid is at its bound"):
        plan(case(generators=few, storages=(), grid=GridImport(20.0, 30.0), target=SupplyTarget()))


def test_draws_from_a_near_program_equal_those_from_nothing() -> None:
    rng = np.random.default_rng(3)
    base = case()
    drawn = [
        replace(base, generators=tuple(replace(p, cost=p.cost * rng.uniform(0.8, 1.3)) for p in base.generators))
        for _ in range(6)
    ]
    for each, cold in zip(plans(drawn), map(plan, drawn), strict=True):
        check(each)
        assert each.usd_per_mwh == pytest.approx(cold.usd_per_mwh, rel=2e-6)


def test_the_tank_of_a_reactor_follows_the_price() -> None:
    price = np.where(np.arange(240) % 24 < 12, 10.0, 200.0)
    reactor = HeatReactor("natrium", 100_000.0, 500.0, 20_000.0, 0.41, 1.0, 0.9)
    made = plan(
        case(generators=(), storages=(), reactors=(reactor,), grid=GridImport(200.0, price), target=SupplyTarget())
    )
    check(made)
    assert made.capacities["natrium turbine"] > 0.41 * made.capacities["natrium reactor"] * 1.2
    heat = made.dispatch["natrium heat"]
    assert heat.min() >= 0.9 * made.capacities["natrium reactor"] - 1e-6


def test_every_technology_of_the_catalog_is_a_part_of_a_supply() -> None:
    technologies = [Technology.load(name, default(), 0.07) for name in default().records("supply")]
    parts = [
        each.part(0.3 if each.record.name in ("wind", "solar", "offshore-wind") else None) for each in technologies
    ]
    assert {"wind", "battery", "iron-air", "nuclear", "smr-heat-store", "gas-ccs"} <= {part.name for part in parts}
    gas = next(each for each in technologies if each.record.name == "gas")
    assert gas.part().marginal == pytest.approx(24.7, abs=1.5)  # type: ignore[union-attr]
    with pytest.raises(WattlineError, match="wind needs its hourly capacity factors"):
        Technology.load("wind", default(), 0.07).part()


def test_a_draw_of_a_technology_is_within_its_range() -> None:
    draws = Draws(20, 1, default())
    drawn = [Technology.load("solar", default(), 0.07, draws, n)["capital_usd_per_kw"] for n in range(20)]
    fact = default().fact("supply.solar.capital_usd_per_kw")
    assert fact.low <= min(drawn) < max(drawn) <= fact.high


def test_an_annuity_pays_back_over_its_life() -> None:
    assert annuity(0.07, 20) == pytest.approx(0.09439, abs=1e-5)
    assert annuity(0.0, 20) == 0.05


@pytest.mark.parametrize("fast", [True, False])
def test_a_program_without_capacities_is_solved(fast: bool) -> None:
    base = case()
    bought = plan(replace(base, generators=(), storages=(), target=SupplyTarget()), fast=fast)
    check(bought)
    assert bought.dispatch["grid import"] == pytest.approx(base.load)
    moved = plan(
        replace(
            base, generators=(), storages=(), target=SupplyTarget(), shift=Shift(0.2), grid=GridImport(200.0, 30.0)
        ),
        fast=fast,
    )
    assert moved.usd_per_mwh == pytest.approx(30.0)
