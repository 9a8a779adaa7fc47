"""From the parts of a supply to the arrays of its linear program."""

from __future__ import annotations

import numpy as np

from wattline.core.units import KG_PER_T
from wattline.line.grid.supply.collect import Parts
from wattline.line.grid.supply.margin import add_margins
from wattline.line.grid.supply.parts import (
    Generator,
    GridExport,
    GridImport,
    HeatReactor,
    Shift,
    Storage,
    SupplyCase,
    UnservedLoad,
    hourly,
)
from wattline.line.grid.supply.program import Program
from wattline.line.grid.supply.stack import stack

NEVER = 1e-9  # a plant whose share of capacity is below this delivers nothing


def program(case: SupplyCase) -> Program:
    """The linear program of a case. Raises WattlineError where a series is missing, has a gap or the wrong length."""
    parts = Parts(case)
    _targets(parts)
    for plant in case.generators:
        if plant.max_mw > 0:
            _generator(parts, plant)
    for storage in case.storages:
        if storage.max_mw > 0 and storage.max_mwh > 0:
            _storage(parts, storage)
    for reactor in case.reactors:
        if reactor.max_mw > 0:
            _reactor(parts, reactor)
    if case.grid is not None:
        _import(parts, case.grid)
    if case.export is not None:
        _export(parts, case.export)
    if case.shift is not None and case.shift.share > 0:
        _shift(parts, case.shift)
    if case.unserved is not None:
        _unserved(parts, case.unserved)
    add_margins(parts)
    return stack(parts)


def _targets(parts: Parts) -> None:
    """The rows of the year: what flows count in them may be so much [MWh, kg] at most."""
    target, load = parts.case.target, parts.case.load_mwh
    if target.cfe is not None:
        parts.limits["cfe"] = (1 - target.cfe) * load
    if target.annual is not None:
        parts.limits["annual"] = -target.annual * load
    if target.carbon is not None:
        parts.limits["carbon"] = target.carbon * load


def _generator(parts: Parts, plant: Generator) -> None:
    profile = hourly(f"{plant.name} profile", plant.profile, parts.steps, low=0.0)
    profile = np.where(profile < NEVER, 0.0, profile)
    flow = parts.flow(plant.name, "generation", profile=profile)
    flow.owner = parts.capacity(plant.name, plant.cost, plant.max_mw)
    flow.balance = 1.0
    flow.cost = plant.marginal + plant.carbon * parts.case.target.carbon_price / KG_PER_T
    flow.counts = {"cfe": 1 - plant.clean_share, "annual": -plant.clean_share, "carbon": plant.carbon}
    if plant.min_output > 0:
        flow.least = np.minimum(plant.min_output, profile)


def _storage(parts: Parts, storage: Storage) -> None:
    step_h, name = parts.case.step_h, storage.name
    energy_cost = 0.0 if storage.hours is None else storage.hours * storage.energy_cost
    most = storage.max_mw if storage.hours is None else min(storage.max_mw, storage.max_mwh / storage.hours)
    power = parts.capacity(f"{name} power", storage.power_cost + energy_cost, most)
    if storage.hours is None:
        energy, per_unit = parts.capacity(f"{name} energy", storage.energy_cost, storage.max_mwh), 1.0
    else:
        energy, per_unit = power, storage.hours
    store = parts.store(name, per_unit=per_unit, owner=energy, keep=1 - storage.loss)
    charge = parts.flow(name, "charge", profile=1.0)
    charge.owner, charge.balance, charge.store = power, -1.0, store
    charge.gain = storage.charge_efficiency * step_h
    discharge = parts.flow(name, "discharge", profile=1.0)
    discharge.owner, discharge.balance, discharge.store = power, 1.0, store
    discharge.gain, discharge.cost = -step_h / storage.discharge_efficiency, storage.discharge_cost


def _reactor(parts: Parts, reactor: HeatReactor) -> None:
    step_h, name = parts.case.step_h, reactor.name
    heat_owner = parts.capacity(f"{name} reactor", reactor.reactor_cost, reactor.max_mw)
    tank = parts.capacity(f"{name} tank", reactor.tank_cost)
    store = parts.store(name, per_unit=1.0, owner=tank)
    heat = parts.flow(name, "heat", profile=reactor.availability)
    heat.owner, heat.store, heat.gain, heat.cost = heat_owner, store, step_h, reactor.marginal
    if reactor.min_output > 0:
        heat.least = np.minimum(reactor.min_output, hourly(f"{name} availability", reactor.availability, parts.steps))
    turbine = parts.flow(name, "generation", profile=1.0)
    turbine.owner, turbine.balance = parts.capacity(f"{name} turbine", reactor.turbine_cost), 1.0
    turbine.store, turbine.gain, turbine.counts = store, -step_h / reactor.efficiency, {"annual": -1.0}


def _import(parts: Parts, grid: GridImport) -> None:
    steps = parts.steps
    carbon = hourly("carbon intensity of the grid", grid.carbon, steps, low=0.0)
    if grid.peak_cost > 0:
        limit = hourly("limit of the grid", grid.limit_mw, steps, low=0.0)
        most = float(limit.max())
        flow = parts.flow("grid", "import", profile=limit / most if most > 0 else 0.0)
        flow.owner = parts.capacity("grid connection", grid.peak_cost, most)
    else:
        flow = parts.flow("grid", "import", fixed=grid.limit_mw)
    flow.balance = 1.0
    flow.cost = hourly("price of the grid", grid.price, steps) + carbon * parts.case.target.carbon_price / KG_PER_T
    flow.counts = {"cfe": 1 - hourly("clean share of the grid", grid.clean_share, steps, 0.0, 1.0), "carbon": carbon}


def _export(parts: Parts, export: GridExport) -> None:
    flow = parts.flow("grid", "export", fixed=export.limit_mw)
    flow.balance, flow.cost = -1.0, -hourly("price of exports", export.price, parts.steps)
    if np.isfinite(export.max_share):
        parts.limits["export"] = export.max_share * parts.case.load_mwh
        flow.counts["export"] = 1.0
    if np.isfinite(export.max_net_share):
        per_mwh = 1 / (parts.case.load_mwh or 1.0)  # shares of the load: a limit of none has no size to be missed by
        parts.limits["net export"] = export.max_net_share
        flow.counts["net export"] = per_mwh
        for bought in (flow for flow in parts.flows if flow.key.kind == "import"):
            bought.counts["net export"] = -per_mwh


def _shift(parts: Parts, shift: Shift) -> None:
    """Load moved so far in the day is a store; it never leaves the middle by more than the day holds."""
    step_h, load = parts.case.step_h, parts.case.load
    block = max(1, round(shift.hours / step_h))
    middle = max(shift.share * float(load.max()) * block * step_h, 1.0)
    place = np.arange(parts.steps)
    first, last = place % block == 0, (place % block == block - 1) | (place == parts.steps - 1)
    store = parts.stores[parts.store("shift", fixed=2 * middle)]
    store.loop, store.content.fixed = False, np.where(last, 0.0, 2 * middle)
    store.carry, store.inflow = np.where(first, 0.0, 1.0), middle * (first.astype(float) - last)
    for kind, sign in (("up", 1.0), ("down", -1.0)):
        flow = parts.flow("shift", kind, fixed=shift.share * load)
        flow.balance, flow.store, flow.gain = -sign, len(parts.stores) - 1, sign * step_h


def _unserved(parts: Parts, unserved: UnservedLoad) -> None:
    flow = parts.flow("load", "unserved", fixed=parts.case.load)
    flow.balance, flow.cost = 1.0, float(hourly("cost of unserved load", unserved.cost, 1)[0])
    if np.isfinite(unserved.max_hours):
        parts.limits["unserved"] = unserved.max_hours * float(parts.case.load.mean()) * parts.case.years
        flow.counts = {"unserved": 1.0}
