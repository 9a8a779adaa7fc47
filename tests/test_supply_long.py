"""Stores that last for weeks and targets that bind nothing: planned on the fast road, and once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.line.grid.supply.build import program
from wattline.line.grid.supply.certificate import PRIMAL_MW, Solution, certify
from wattline.line.grid.supply.parts import Generator, GridImport, Storage, SupplyCase, SupplyTarget
from wattline.line.grid.supply.plan import plan
from wattline.line.grid.supply.polish import close_rows
from wattline.line.grid.supply.solve import solve, solved_already


def case(seed: int, hours: int = 240, **target: float) -> SupplyCase:
    """Wind, sun, a battery and a grid whose power is part clean."""
    rng = np.random.default_rng(seed)
    clock = np.arange(hours)
    sun = np.clip(np.sin((clock % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.2, 1.0, hours)
    wind = np.clip(0.35 + 0.3 * np.sin(clock / 31 + seed) + 0.2 * rng.standard_normal(hours), 0, 1)
    plants = (Generator("wind", 1.5e5, wind), Generator("solar", 4e4, sun))
    grid = GridImport(100.0, rng.uniform(20, 80, hours), 0.4, 400.0)
    battery = Storage("battery", 2.4e4, 1.8e4, 0.95, 0.95)
    return SupplyCase(np.full(hours, 100.0), plants, (battery,), grid=grid, target=SupplyTarget(**target))


@pytest.fixture(scope="module")
def island() -> wl.SupplyAnswer:
    """A year without a grid: wind and sun carried over weeks by iron-air, and a reactor with a tank of heat."""
    tools = "wind,solar,battery,iron-air,smr-heat-store"
    return wl.supply(load_mw=100, place="Dallas", technologies=tools, draws=0)


@pytest.mark.long
def test_a_year_of_long_storage_is_certified_without_the_simplex(island: wl.SupplyAnswer) -> None:
    certificate = island.json()["results"]["plan"]["certificate"]
    assert certificate["good"]
    assert certificate["solver"] == "interior point"
    assert certificate["primal_mw"] < PRIMAL_MW / 4
    assert island.plan.capacities["iron-air energy"] > 1000


@pytest.mark.long
def test_targets_that_bind_nothing_have_one_plan(island: wl.SupplyAnswer) -> None:
    costs = {name: row.usd_per_mwh for name, row in island.beside.items() if not isinstance(row, str)}
    assert set(costs) == {"least cost", "annual 100%", "hourly 95%"}
    assert len(set(costs.values())) == 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-7, 1e-4))
def test_what_rounding_leaves_open_is_closed(seed: int, size: float) -> None:
    made = program(case(seed, cfe=0.8))
    solution = solve(made).solution
    noise = np.random.default_rng(seed).standard_normal(solution.flows.shape)
    shaken = np.maximum(solution.flows + size * noise * made.active, 0.0)
    before = certify(made, Solution(shaken, solution.capacity, solution.prices, solution.eta))
    place = close_rows(made, shaken, solution.capacity, PRIMAL_MW)
    after = certify(made, Solution(place.flows, place.capacity, solution.prices, solution.eta))
    assert after.primal_mw <= max(PRIMAL_MW, before.primal_mw / 5)
    assert after.cost == pytest.approx(solution_cost(made, solution), rel=1e-3)


def solution_cost(made: object, solution: Solution) -> float:
    return float(made.value(solution.flows, solution.capacity))  # type: ignore[attr-defined]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 0.99), st.floats(0.0, 0.99))
def test_a_plan_stands_for_another_target_only_where_it_is_the_least_cost_plan_there(
    seed: int, low: float, high: float
) -> None:
    low, high = sorted((low, high))
    first = plan(case(seed, cfe=low))
    wanted = plan(case(seed, cfe=high))
    reused = solved_already(program(case(seed, cfe=high)), [first.solved])
    if reused is not None:
        assert reused.certificate.good
        assert reused.certificate.cost == pytest.approx(wanted.cost_usd, rel=2e-6)
    else:
        assert wanted.cost_usd >= first.cost_usd * (1 - 2e-6)
    assert plan(case(seed, cfe=high), known=[first]).cost_usd == pytest.approx(wanted.cost_usd, rel=2e-6)
