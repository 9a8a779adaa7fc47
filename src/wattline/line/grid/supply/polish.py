"""Closes what rounding left open in the last point of an interior point: hours whose balance, and stores whose content,
are missed by more than a certificate lets pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.grid.supply.band import NewtonMatrix, NewtonWeights, Singular
from wattline.line.grid.supply.program import Program

ROUNDS = 8
MIN_SHARE = 0.1  # of what may be missed: the least a flow is taken to be, and its room, as it moves
ENOUGH = 0.2  # of what may be missed: nearer nothing is closed


@dataclass(eq=False)
class ClosedFlows:
    """Flows ``(F, T)`` and capacities ``(K,)`` of a solution."""

    flows: Array
    capacity: Array


def close_rows(program: Program, flows: Array, capacity: Array, may_miss: float, rounds: int = ROUNDS) -> ClosedFlows:
    """The solution with its rows closed: the least change of each flow beside itself and its room to its bound.

    Parameters
    ----------
    program : that was solved
    flows, capacity : of its solution, shapes ``(F, T)`` and ``(K,)``
    may_miss : of a row, in the program's unit of power
    rounds : at most

    Returns
    -------
    A solution that misses less, or the same.
    """
    best = ClosedFlows(np.clip(flows, 0.0, program.bounds(capacity)) * program.active, np.maximum(capacity, 0.0))
    least = _missed(program, best)
    for _ in range(rounds):
        if least <= ENOUGH * may_miss:
            break
        try:
            moved = _closed(program, best, MIN_SHARE * may_miss)
        except Singular:
            break
        missed = _missed(program, moved)
        if not missed < least:
            break
        best, least = moved, missed
    return best


def _rows(program: Program, place: ClosedFlows) -> Array:
    return program.right_side - program.flow_rows(place.flows) - program.capacity_rows(place.capacity)


def _year(program: Program, place: ClosedFlows) -> Array:
    missing = program.limit - program.year_rows(place.flows, place.capacity)
    return np.where(program.equal, missing, np.minimum(missing, 0.0))


def _missed(program: Program, place: ClosedFlows) -> float:
    year = np.abs(_year(program, place)) / np.where(program.equal, 1.0, 1 + np.abs(program.limit))
    return max(float(np.abs(_rows(program, place)).max()), float(year.max(initial=0.0)))


def _closed(program: Program, place: ClosedFlows, least: float) -> ClosedFlows:
    """One projection, by the squares of what each flow is and has left."""
    bounds = program.bounds(place.capacity)
    below, above = np.maximum(place.flows, least), np.maximum(bounds - place.flows, least)
    left = np.maximum(program.capacity_max - place.capacity, least)
    spare = np.maximum(program.limit - program.year_rows(place.flows, place.capacity), least)
    weights = NewtonWeights(
        lower=below**-2.0,
        upper=above**-2.0,
        capacity=np.maximum(place.capacity, least) ** -2.0 + left**-2.0,
        slack=np.where(program.equal, 0.0, spare**2),
    )
    matrix = NewtonMatrix(program, weights)
    moved, _, built, _ = matrix.solve(
        np.zeros_like(place.flows), _rows(program, place), np.zeros_like(place.capacity), _year(program, place)
    )
    capacity = np.clip(place.capacity + built, 0.0, program.capacity_max)
    return ClosedFlows(np.clip(place.flows + moved, 0.0, program.bounds(capacity)) * program.active, capacity)
