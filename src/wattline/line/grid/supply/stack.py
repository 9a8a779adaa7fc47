"""Stacks the collected flows, stores and rows of a supply into the arrays of its program."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.line.grid.supply.collect import Flow, Parts
from wattline.line.grid.supply.program import Program

NOTHING = 1e-12  # a row whose limit is less than this of the load allows nothing


def stack(parts: Parts) -> Program:
    """The program of what was collected. A row that allows nothing is dropped, and what counts in it made inactive:
    an interior point needs an inside."""
    flows = [*parts.flows, *(store.content for store in parts.stores)]
    steps, case, count = parts.steps, parts.case, len(parts.stores)
    step_h = case.step_h
    dropped = _dropped(parts, flows)
    closed = {f.owner for f in flows for row in dropped if f.least is not None and np.any(_per_mw(f, row, steps) > 0)}
    active = np.array([_active(flow, dropped, closed) for flow in flows]).reshape(len(flows), steps)
    names, costs, most = _capacities(parts, closed)
    rows = [name for name in parts.limits if name not in dropped]
    gain = np.zeros((len(flows), count))
    for place, flow in enumerate(flows):
        if flow.store >= 0:
            gain[place, flow.store] = flow.gain
    year, year_capacity = _year(parts, flows, rows, len(names), closed)
    must_run = _must_run(flows, count, closed)
    loops = [s for s, store in enumerate(parts.stores) if store.loop]
    return Program(
        flows=tuple(flow.key for flow in flows),
        capacities=names,
        rows=(*rows, *(f"cycle:{parts.stores[s].content.key.part}" for s in loops)),
        balance=np.array([flow.balance for flow in flows]),
        gain=gain,
        carry=_stores([store.carry for store in parts.stores], steps),
        load=case.load,
        inflow=_stores([store.inflow for store in parts.stores], steps),
        cost=np.array([np.broadcast_to(f.cost, steps) * step_h for f in flows]).reshape(active.shape) * active,
        fixed=np.array([flow.fixed for flow in flows]).reshape(active.shape) * active,
        profile=np.array([_above_least(flow) for flow in flows]).reshape(active.shape) * active,
        active=active,
        owner=np.array([flow.owner for flow in flows], dtype=np.int64),
        capacity_cost=costs,
        capacity_max=most,
        must_run=must_run,
        starts={len(parts.capacities) + i: s for i, s in enumerate(loops)},
        year=year * active,
        year_capacity=year_capacity,
        limit=np.array([parts.limits[name] for name in rows] + [0.0] * len(loops)),
        equal=np.array([False] * len(rows) + [True] * len(loops), dtype=bool),
        dropped=dropped,
    )


def _dropped(parts: Parts, flows: list[Flow]) -> tuple[str, ...]:
    """Rows of flows alone that allow nothing."""
    load_mwh, limits = parts.case.load_mwh, parts.limits.items()
    rows = [(name, limit) for name, limit in limits if name not in parts.on_capacity]
    return tuple(name for name, limit in rows if _allows_nothing(flows, name, limit, load_mwh))


def _per_mw(flow: Flow, row: str, steps: int) -> Array:
    return np.broadcast_to(np.asarray(flow.counts.get(row, 0.0), dtype=float), steps)


def _allows_nothing(flows: list[Flow], row: str, limit: float, load_mwh: float) -> bool:
    if abs(limit) > NOTHING * load_mwh:
        return False
    return all(np.all(np.asarray(flow.counts.get(row, 0.0)) >= 0) for flow in flows)


def _active(flow: Flow, dropped: tuple[str, ...], closed: set[int]) -> NDArray[np.bool_]:
    active = (flow.fixed > 0) | (_above_least(flow) > 0)
    for row in dropped:
        active &= _per_mw(flow, row, active.size) <= 0
    return active & (flow.owner not in closed)


def _above_least(flow: Flow) -> Array:
    return flow.profile if flow.least is None else flow.profile - flow.least


def _stores(series: list[Array], steps: int) -> Array:
    return np.array(series).reshape(len(series), steps)


def _capacities(parts: Parts, closed: set[int]) -> tuple[tuple[str, ...], Array, Array]:
    starts = [f"start:{store.content.key.part}" for store in parts.stores if store.loop]
    names = (*(name for name, _, _ in parts.capacities), *starts)
    costs = np.array([cost for _, cost, _ in parts.capacities] + [0.0] * len(starts))
    most = np.array([most for _, _, most in parts.capacities] + [np.inf] * len(starts))
    for flow in parts.flows:
        if flow.least is not None and flow.owner not in closed:
            costs[flow.owner] += float(np.sum(flow.least * flow.cost) * parts.case.step_h)
    return names, costs, most


def _must_run(flows: list[Flow], stores: int, closed: set[int]) -> dict[int, Array]:
    least: dict[int, Array] = {}
    for flow in flows:
        if flow.least is not None and flow.owner not in closed:
            rows = np.zeros((1 + stores, flow.least.size))
            rows[0] = flow.balance * flow.least
            if flow.store >= 0:
                rows[1 + flow.store] = -flow.gain * flow.least
            least[flow.owner] = rows
    return least


def _year(parts: Parts, flows: list[Flow], rows: list[str], capacities: int, closed: set[int]) -> tuple[Array, Array]:
    loops = [s for s, store in enumerate(parts.stores) if store.loop]
    year = np.zeros((len(rows) + len(loops), len(flows), parts.steps))
    on_capacity = np.zeros((len(year), capacities))
    for m, row in enumerate(rows):
        for place, count in parts.on_capacity.get(row, {}).items():
            on_capacity[m, place] += count
        for place, flow in enumerate(flows):
            year[m, place] = _per_mw(flow, row, parts.steps) * parts.case.step_h
            if flow.least is not None and flow.owner not in closed:
                on_capacity[m, flow.owner] += float(year[m, place] @ flow.least)
    for i, store in enumerate(loops):
        year[len(rows) + i, len(parts.flows) + store, -1] = 1.0
        on_capacity[len(rows) + i, len(parts.capacities) + i] = -1.0
    return year, on_capacity
