"""What a plan rests on, worked out from the program and the solution alone, whoever solved it.

Any prices give a lower bound on the cost of every supply (weak duality): what a flow earns beyond its cost goes to the
capacity that bounds it, and what a capacity earns beyond its own cost is charged at the most that a solution no dearer
than this one could build of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.grid.supply.program import Program

GAP = 1e-6  # of the cost, at most
PRIMAL_MW = 1e-6  # that an hour may miss
SHARE = 1e-7  # of its limit that a row of the year may miss


@dataclass(eq=False)
class Solution:
    """A solution of a program, in MW and USD: flows ``(F, T)``, capacities ``(K,)``, prices of balance and stores
    ``(1 + S, T)`` [USD/MW in a step], prices of the year's rows ``(M,)``, and the road it came by."""

    flows: Array
    capacity: Array
    prices: Array
    eta: Array
    solver: str = ""
    iterations: int = 0


@dataclass(frozen=True)
class Certificate:
    """How good a solution is, by its own numbers.

    Parameters
    ----------
    cost, bound : cost of the solution and a lower bound on that of any [USD]
    gap : their difference over the cost
    primal_mw : the most that a balance, a store or a bound is missed by in an hour, or a store's year by [MW, MWh]
    year_miss : the most that a row of the year is missed by, over its limit
    dual : the most that a capacity earns beyond its cost, over that cost
    both_ways_mw : the most that a storage charges and discharges at once [MW]
    relaxed : lower bound on the cost, were storages free to do so, which negative prices may pay for [USD]
    """

    cost: float
    bound: float
    gap: float
    primal_mw: float
    year_miss: float
    dual: float
    both_ways_mw: float
    relaxed: float = -np.inf

    @property
    def good(self) -> bool:
        """Whether the solution may be called the least-cost plan."""
        return self.good_but_for_circles and self.both_ways_mw <= PRIMAL_MW

    @property
    def good_but_for_circles(self) -> bool:
        """The same, were a storage free to charge and discharge at once."""
        return bool(self.primal_mw <= PRIMAL_MW and self.year_miss <= SHARE and self.gap <= GAP)


def certify(program: Program, solution: Solution) -> Certificate:
    """The certificate of a solution.

    Parameters
    ----------
    program : the study, as a linear program of F flows, K capacities and T steps
    solution : flows and capacities, with their prices

    Returns bound, gap and the largest violation of each kind.
    """
    flows, capacity = solution.flows, solution.capacity
    cost = program.value(flows, capacity)
    bound, dual = dual_bound(program, solution.prices, solution.eta, cost)
    rows = program.flow_rows(flows) + program.capacity_rows(capacity) - program.right_side
    beyond = np.maximum(flows - program.bounds(capacity), -flows)
    missed = program.year_rows(flows, capacity) - program.limit
    unclosed = float(np.abs(missed[program.equal]).max(initial=0.0))  # of a store's year [MWh]
    missed = np.where(program.equal, 0.0, missed)
    most = max(float((capacity - program.capacity_max).max(initial=0.0)), float((-capacity).max(initial=0.0)))
    return Certificate(
        cost=cost,
        bound=bound,
        gap=(cost - bound) / max(abs(cost), abs(bound), 1e-9 * float(program.load.sum()), 1e-9),
        primal_mw=max(float(np.abs(rows).max()), float(beyond.max(initial=0.0)), most, unclosed),
        year_miss=max(0.0, float((missed / (1 + np.abs(program.limit))).max(initial=0.0))),
        dual=dual,
        both_ways_mw=float(both_ways(program, flows).max(initial=0.0)),
    )


def both_ways(program: Program, flows: Array) -> Array:
    """What each storage charges and discharges at once [MW], ``(n_storages, T)``.

    Parameters
    ----------
    program : whose storages they are
    flows : of all parts [MW], shape ``(n_flows, n_steps)``

    Returns MW, shape ``(n_storages, n_steps)``.
    """
    pairs = storage_flows(program)
    return np.array([np.minimum(flows[c], flows[d]) for c, d in pairs]).reshape(len(pairs), program.steps)


def storage_flows(program: Program) -> list[tuple[int, int]]:
    """The places of charge and discharge of each storage."""
    place = {(key.part, key.kind): at for at, key in enumerate(program.flows)}
    return [(at, place[part, "discharge"]) for (part, kind), at in place.items() if kind == "charge"]


def dual_bound(program: Program, prices: Array, eta: Array, cost: float) -> tuple[float, float]:
    """A lower bound on the cost from any prices, and the most that a capacity earns beyond its cost, over it.

    Parameters
    ----------
    program : the study, as a linear program of F flows, K capacities and T steps
    prices, eta : prices of balance and stores ``(1 + S, T)`` and of the year's rows ``(M,)``
    cost : cost of a solution, from which the most follows that a cheaper one can build [USD]

    Returns
    -------
    The bound [USD], and the most as a share of the capacity's cost.
    """
    rent, eta = rents(program, prices, eta)
    left = program.capacity_cost - earnings(program, rent, prices, eta)
    bound = float(np.vdot(prices, program.right_side) - eta @ program.limit - np.vdot(rent, program.fixed))
    most = _most_built(program, cost)
    short = np.minimum(left, 0.0)
    short[list(program.starts)] = 0.0  # closed exactly, but for rounding
    with np.errstate(invalid="ignore"):
        charged = np.where(short < 0, short * most, 0.0)
    over = float((-short / np.maximum(program.capacity_cost, 1.0)).max(initial=0.0))
    return bound + float(charged.sum()), over


def rents(program: Program, prices: Array, eta: Array) -> tuple[Array, Array]:
    """What each flow earns beyond its cost at these prices, ``(F, T)`` [USD/MW], and the prices of the year's rows made
    dual feasible, ``(M,)``.

    Parameters
    ----------
    program : the study, as a linear program of F flows, K capacities and T steps
    prices : of balance and stores, shape ``(1 + S, T)`` [USD/MWh]
    eta : prices of the year's rows, shape ``(M,)``

    Returns the rents, and the year's prices.
    """
    eta = _closed_year(program, prices, np.where(program.equal, eta, np.maximum(eta, 0.0)))
    reduced = program.active * (program.cost + program.year_prices(eta)) - program.row_prices(prices)
    return np.maximum(-reduced, 0.0), eta


def earnings(program: Program, rent: Array, prices: Array, eta: Array) -> Array:
    """What a unit of each capacity earns, ``(K,)`` [USD/MW]; at the optimum its cost where it is built.

    Parameters
    ----------
    program : the study, as a linear program of F flows, K capacities and T steps
    rent : what each flow earns beyond its cost, shape ``(F, T)`` [USD/MW]
    prices : of balance and stores, shape ``(1 + S, T)`` [USD/MWh]
    eta : prices of the year's rows, shape ``(M,)``

    Returns the earnings [USD/MW].
    """
    by_flow = np.einsum("ft,ft->f", program.profile, rent)
    earned = program.by_capacity(by_flow)
    return np.asarray(earned + program.capacity_prices(prices) - program.year_capacity.T @ eta)


def _closed_year(program: Program, prices: Array, eta: Array) -> Array:
    """The price of each store's year made equal to what its first content earns, so that it earns nothing beyond."""
    eta = eta.copy()
    earned = program.capacity_prices(prices)
    for k in program.starts:
        row = int(np.flatnonzero((program.year_capacity[:, k] != 0) & program.equal)[0])
        eta[row] = earned[k] / program.year_capacity[row, k]
    return eta


def _most_built(program: Program, cost: float) -> Array:
    """The most of each capacity that a solution of at most this cost can have: its cost less all that may be earned."""
    income = float(np.vdot(np.minimum(program.cost, 0.0), program.fixed))
    with np.errstate(divide="ignore", invalid="ignore"):
        affordable = np.where(program.capacity_cost > 0, (cost - income) / program.capacity_cost, np.inf)
    return np.minimum(program.capacity_max, np.maximum(affordable, 0.0))
