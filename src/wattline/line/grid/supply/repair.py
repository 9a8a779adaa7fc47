"""Takes out of a solution what costs nothing and means nothing: a storage that charges and discharges at once, load
moved up and down in the same hour. An interior point without crossover leaves such circles where energy is spilled.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattline.core.fact import Array
from wattline.line.grid.supply.certificate import PRIMAL_MW, Solution, both_ways, storage_flows
from wattline.line.grid.supply.program import Program


def remove_circles(program: Program, solution: Solution) -> Solution:
    """The solution without circles, no dearer than it was; each store's content stays as it is.

    A storage that no longer runs in a circle loses less, so plants and imports that cost something or nothing deliver
    less. Where only a negative price pays for the loss, the circle stays, for the certificate to show.

    Parameters
    ----------
    program : that was solved
    solution : its flows, capacities and prices

    Returns the solution, of the same capacities.
    """
    flows = solution.flows.copy()
    for charge, discharge in storage_flows(program):
        _untwist(program, flows, charge, discharge)
    place = {(key.part, key.kind): at for at, key in enumerate(program.flows)}
    if ("shift", "up") in place:
        up, down = place["shift", "up"], place["shift", "down"]
        both = np.minimum(flows[up], flows[down])
        flows[up] -= both
        flows[down] -= both
    return replace(solution, flows=flows)


def _untwist(program: Program, flows: Array, charge: int, discharge: int) -> None:
    store = int(np.flatnonzero(program.gain[charge])[0])
    gain, loss = program.gain[charge, store], -program.gain[discharge, store]
    change = gain * flows[charge] - loss * flows[discharge]
    net_charge, net_discharge = np.maximum(change, 0) / gain, np.maximum(-change, 0) / loss
    surplus = (flows[charge] - flows[discharge]) - (net_charge - net_discharge)
    surplus = np.where(np.minimum(flows[charge], flows[discharge]) > 0, np.maximum(surplus, 0.0), 0.0)
    spill = [
        at for at, key in enumerate(program.flows) if key.kind in ("generation", "import") and program.balance[at] > 0
    ]
    spill = [at for at in spill if not program.gain[at].any() and not (program.year[:, at] < 0).any()]
    free = np.array([np.where(program.cost[at] >= 0, flows[at], 0.0) for at in spill]).reshape(
        len(spill), program.steps
    )
    total = free.sum(axis=0)
    share = np.divide(np.minimum(surplus, total), surplus, out=np.ones_like(surplus), where=surplus > 0)
    cut = np.divide(share * surplus, total, out=np.zeros_like(total), where=total > 0)
    for at, amount in zip(spill, free, strict=True):
        flows[at] -= cut * amount
    flows[charge] += share * (net_charge - flows[charge])
    flows[discharge] += share * (net_discharge - flows[discharge])


def one_way(program: Program, flows: Array, always: bool = False) -> Program | None:
    """The program in which a storage keeps to the larger of charge and discharge where it does both, None if none does.

    These are hours whose negative price pays for energy that is burnt in a circle, which no real battery can do, or in
    which burning it costs nothing: then a circle that is shut comes up in another hour, unless it may in none.

    Parameters
    ----------
    program : that was solved
    flows : of its solution [MW], shape ``(n_flows, n_steps)``
    always : whether it keeps to the larger in every step, so that there is no circle any more

    Returns the program, with those flows shut; None where no storage does both.
    """
    circles = both_ways(program, flows) > PRIMAL_MW
    if not circles.any():
        return None
    active = program.active.copy()
    for (charge, discharge), hours in zip(storage_flows(program), circles, strict=True):
        more = flows[charge] > flows[discharge]
        active[discharge] &= ~((hours | always) & more)
        active[charge] &= ~((hours | always) & ~more)
    return replace(
        program,
        active=active,
        cost=program.cost * active,
        fixed=program.fixed * active,
        profile=program.profile * active,
        year=program.year * active,
    )
