"""Many programs that differ in their numbers alone (draws of cost, targets): solved from a near one, each certified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from wattline.core.fact import Array
from wattline.line.grid.supply.build import program
from wattline.line.grid.supply.infeasible import why_infeasible
from wattline.line.grid.supply.interior import Way
from wattline.line.grid.supply.parts import SupplyCase
from wattline.line.grid.supply.plan import SupplyPlan
from wattline.line.grid.supply.program import Program
from wattline.line.grid.supply.solve import NoOptimum, solve

MAX_WAYS = 32  # that are kept to start from


def plans(cases: Iterable[SupplyCase]) -> Iterator[SupplyPlan]:
    """The certified plans of cases of one pattern: the first from nothing, each other from a point on the way of the
    program before it whose costs lie nearest.

    Raises WattlineError where a case has no optimum or cannot be certified.
    """
    ways: list[tuple[Array, Way]] = []
    for case in cases:
        made = program(case)
        place = _place(made)
        try:
            solved = solve(made, _nearest(place, made, ways), circles=case.circles)
        except NoOptimum as error:
            if error.status == "infeasible":
                raise why_infeasible(case) from None
            raise
        if solved.way is not None and len(ways) < MAX_WAYS:
            ways.append((place, solved.way))
        yield SupplyPlan(case, solved)


def _place(made: Program) -> Array:
    """Where a program lies among others: logarithms of its capacities' costs."""
    return np.asarray(np.log(np.maximum(made.capacity_cost, 1e-9)))


def _nearest(place: Array, made: Program, ways: list[tuple[Array, Way]]) -> Way | None:
    """The way of the program whose costs lie nearest, among those of the same limits."""
    alike = [(at, way) for at, way in ways if at.shape == place.shape and way.fits(made)]
    if not alike:
        return None
    return min(alike, key=lambda known: float(np.abs(known[0] - place).sum()))[1]
