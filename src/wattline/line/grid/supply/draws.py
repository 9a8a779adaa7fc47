"""Many programs that differ in their numbers alone (draws of cost, targets): solved from a near one, each certified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wattline.line.grid.supply.build import program
from wattline.line.grid.supply.parts import SupplyCase
from wattline.line.grid.supply.plan import SupplyPlan
from wattline.line.grid.supply.point import InteriorPoint
from wattline.line.grid.supply.program import Program
from wattline.line.grid.supply.solve import solve

WARM = 3e-4  # gap, over the cost, of the point on the first one's way that the others start from


def plans(cases: Iterable[SupplyCase]) -> Iterator[SupplyPlan]:
    """The certified plans of cases of one pattern: the first from nothing, the others from a point on its way.

    Raises Unsolved where a case has no optimum, WattlineError where one cannot be certified.
    """
    path: list[InteriorPoint] = []
    for case in cases:
        made = program(case)
        start = near(path, made) if path else None
        solved = solve(made, start, circles=case.circles)
        path = path or solved.path
        yield SupplyPlan(case, solved)


def near(path: list[InteriorPoint], made: Program) -> InteriorPoint | None:
    """The last point of a way that is still well inside, None where the pattern is another."""
    shapes = (made.active.shape, made.limit.shape)
    points = [point for point in path if (point.flows.shape, point.eta.shape) == shapes]
    inside = [point for point in points if point.gap > WARM]
    return inside[-1].copy() if inside else None
