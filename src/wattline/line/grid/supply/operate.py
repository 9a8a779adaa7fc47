"""A plan in hours that it was not sized on: what stands runs at least cost; what it cannot serve is left."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattline.line.grid.supply.build import program
from wattline.line.grid.supply.parts import Generator, HeatReactor, SupplyCase, SupplyTarget, UnservedLoad
from wattline.line.grid.supply.plan import SupplyPlan
from wattline.line.grid.supply.solve import solve

UNSERVED_USD_PER_MWH = 5000.0  # dearer than any plant of a plan
ROOM = 1e-9  # of a capacity, beyond what is built
SERVED = 1e-4  # of the load: what is left of less is served


@dataclass(frozen=True)
class PlanOperation:
    """What a plan that stands does in other hours: its hourly carbon-free share, load left unserved [MWh], the hours in
    which some is, the most at once [MW], its running cost [USD/MWh]."""

    cfe: float
    unserved_mwh: float
    unserved_hours: float
    unserved_mw: float
    usd_per_mwh: float


def operate(plan: SupplyPlan, case: SupplyCase) -> PlanOperation:
    """Run what a plan built through the hours of another case, at least cost; grey energy costs what the plan's target
    makes it cost.

    Parameters
    ----------
    plan : whose capacities stand
    case : other hours, with the same parts

    Returns
    -------
    The share that is met, what is not [MWh], and how the storages ended.
    """
    standing = _standing(plan, case)
    made = program(standing)
    most = np.array([plan.capacities.get(name, np.inf) * (1 + ROOM) + ROOM for name in made.capacities], dtype=float)
    solved = solve(replace(made, capacity_max=np.minimum(made.capacity_max, most)), circles=True)
    run = SupplyPlan(standing, solved)
    left = run.dispatch["load unserved"]
    short = left > SERVED * max(float(case.load.max()), 1e-12)
    grey = _grey_price(plan)
    charged = grey * (1 - run.cfe) * case.load_mwh
    running = run.cost_usd - float(left.sum() * case.step_h) * UNSERVED_USD_PER_MWH - charged
    return PlanOperation(
        run.cfe,
        float(left[short].sum() * case.step_h),
        float(short.sum() * case.step_h),
        float(left.max()) if short.any() else 0.0,
        running / case.load_mwh if case.load_mwh else 0.0,
    )


def _grey_price(plan: SupplyPlan) -> float:
    """What a grey MWh costs in the plan beyond its price [USD/MWh]."""
    point = plan.cfe_point_usd_per_mwh
    return 0.0 if point is None else max(100 * point, 0.0)


def _standing(plan: SupplyPlan, case: SupplyCase) -> SupplyCase:
    """The case with capacities that cost nothing, no target, and load that may be left."""
    grey = _grey_price(plan)
    grid = case.grid
    if grid is not None:
        grid = replace(grid, price=np.asarray(grid.price) + grey * (1 - np.asarray(grid.clean_share)), peak_cost=0.0)
    return replace(
        case,
        generators=tuple(_free(plant, plan, grey) for plant in case.generators if _built(plan, plant.name)),
        storages=tuple(
            replace(store, power_cost=0.0, energy_cost=0.0)
            for store in case.storages
            if _built(plan, f"{store.name} power")
        ),
        reactors=tuple(_free_reactor(reactor) for reactor in case.reactors if _built(plan, f"{reactor.name} reactor")),
        grid=grid,
        target=SupplyTarget(carbon_price=case.target.carbon_price),
        unserved=UnservedLoad(UNSERVED_USD_PER_MWH),
        margins=(),
        export=case.export,
    )


def _built(plan: SupplyPlan, capacity: str) -> bool:
    """Whether the plan built it."""
    return plan.capacities.get(capacity, 0.0) > 1e-6 * max(float(plan.case.load.max()), 1e-12)


def _free(plant: Generator, plan: SupplyPlan, grey: float) -> Generator:
    return replace(
        plant, cost=0.0, marginal=plant.marginal + grey * (1 - plant.clean_share), max_mw=plan.capacities[plant.name]
    )


def _free_reactor(reactor: HeatReactor) -> HeatReactor:
    return replace(reactor, reactor_cost=0.0, tank_cost=0.0, turbine_cost=0.0)
