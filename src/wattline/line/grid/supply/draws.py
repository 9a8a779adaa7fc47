"""Many programs that differ in their numbers alone (draws of cost, targets): solved from a near one, each certified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wattline.line.grid.supply.build import program
from wattline.line.grid.supply.interior import Way
from wattline.line.grid.supply.parts import SupplyCase
from wattline.line.grid.supply.plan import SupplyPlan
from wattline.line.grid.supply.solve import solve


def plans(cases: Iterable[SupplyCase]) -> Iterator[SupplyPlan]:
    """The certified plans of cases of one pattern: the first from nothing, the others from a point on its way.

    Raises Unsolved where a case has no optimum, WattlineError where one cannot be certified.
    """
    way: Way | None = None
    for case in cases:
        made = program(case)
        solved = solve(made, way, circles=case.circles)
        way = way or solved.way
        yield SupplyPlan(case, solved)
