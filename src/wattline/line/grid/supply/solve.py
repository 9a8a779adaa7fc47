"""Solves a supply: the fast road first, the safe one always behind it, and a certificate on what comes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from wattline.core.errors import WattlineError
from wattline.line.grid.supply.certificate import GAP, Certificate, Solution, certify
from wattline.line.grid.supply.highs import NoOptimum, solve_highs
from wattline.line.grid.supply.interior import NEAR_ENOUGH, TOLERANCE, WORTH_A_LOOK, Interior, Way
from wattline.line.grid.supply.program import Program
from wattline.line.grid.supply.repair import one_way, remove_circles

ROUNDS = 7  # of forbidding circles that negative prices pay for


@dataclass(eq=False)
class CertifiedSolution:
    """A certified solution with its program, and the interior points on the way for a near program to start from."""

    program: Program
    solution: Solution
    certificate: Certificate
    way: Way | None


class NotCertified(WattlineError):
    """No road ended in a solution that its certificate bears out."""


def solve(program: Program, near: Way | None = None, fast: bool = True, circles: bool = False) -> CertifiedSolution:
    """The certified optimum of a program.

    Parameters
    ----------
    near : the way of the interior point on a near program, to start from
    fast : whether the interior point is tried before HiGHS
    circles : whether a storage may charge and discharge at once

    Returns
    -------
    Flows, capacities and prices, with the gap between cost and bound.

    Raises NoOptimum where the program has no optimum, NotCertified where no certificate is good.
    """
    solved = _solve(program, near, fast)
    relaxed = solved.certificate.bound
    if not circles:
        solved = _without_circles(solved, fast)
    certificate = replace(solved.certificate, relaxed=min(relaxed, solved.certificate.bound))
    if not (certificate.good or (circles and certificate.good_but_for_circles)):
        raise NotCertified(
            f"supply: no certified plan: gap {certificate.gap:.1e}, an hour missed by {certificate.primal_mw:.1e} MW, "
            f"{certificate.both_ways_mw:.1e} MW charged and discharged at once; check the units of costs and limits"
        )
    return replace(solved, certificate=certificate)


def solved_already(program: Program, known: Iterable[CertifiedSolution]) -> CertifiedSolution | None:
    """A solution of a program of the same flows and capacities that is the optimum of this one too, as its certificate
    here shows: rows of the year that only one of the two has bind in neither.

    Parameters
    ----------
    program : to be solved
    known : solutions of others

    Returns
    -------
    The first that bears it out, None where none does.
    """
    for other in known:
        was, solution = other.program, other.solution
        if (was.flows, was.capacities) != (program.flows, program.capacities) or was.steps != program.steps:
            continue
        price = dict(zip(was.rows, solution.eta, strict=True))
        here = replace(solution, eta=np.array([price.get(row, 0.0) for row in program.rows]))
        certificate = certify(program, here)
        if certificate.good:
            return CertifiedSolution(program, here, replace(certificate, relaxed=certificate.bound), None)
    return None


def _without_circles(solved: CertifiedSolution, fast: bool) -> CertifiedSolution:
    """The solution without storages that charge and discharge at once: at the same cost where circles cost nothing,
    else with one hour after another shut to them, and in the end every hour. Raises NoOptimum where nothing is left."""
    least = solved.certificate.bound
    for number in range(ROUNDS):
        narrower = one_way(solved.program, solved.solution.flows, always=number in (0, ROUNDS - 1))
        if narrower is None:
            break
        try:
            made = _solve(narrower, None, fast)
        except NoOptimum:
            if number:
                raise
            continue
        if number or made.certificate.cost - least <= GAP * abs(least):
            solved = made
    return solved


def _solve(program: Program, near: Way | None, fast: bool) -> CertifiedSolution:
    start = near.near(program) if near is not None else None
    for point in ((start, None) if start is not None else (None,)) if fast else ():
        warm = near is not None and point is not None
        interior = Interior(program, near.scale if warm and near is not None else None)
        result = interior.run(point, NEAR_ENOUGH if warm else TOLERANCE)
        if result.error < WORTH_A_LOOK:
            solution = Solution(
                result.flows, result.capacity, result.prices, result.eta, "interior point", result.iterations
            )
            solved = _certified(program, solution, result.way)
            if solved.certificate.good_but_for_circles:
                return solved
    return _certified(program, solve_highs(program), None)


def _certified(program: Program, solution: Solution, way: Way | None) -> CertifiedSolution:
    solution = remove_circles(program, solution)
    return CertifiedSolution(program, solution, certify(program, solution), way)


__all__ = ["CertifiedSolution", "NoOptimum", "NotCertified", "solve", "solved_already"]
