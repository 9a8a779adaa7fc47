"""The safe road: the same program given to HiGHS's simplex, which SciPy brings."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.core.fact import Array
from wattline.line.grid.supply.certificate import Solution
from wattline.line.grid.supply.program import Program

INFEASIBLE, UNBOUNDED = 2, 3


class NoOptimum(Exception):
    """The program has no optimal solution: ``status`` is infeasible, unbounded or unfinished."""

    def __init__(self, status: str, message: str) -> None:
        self.status = status
        super().__init__(message)


def solve_highs(program: Program) -> Solution:
    """The optimum by HiGHS. Raises NoOptimum where the status is anything but optimal."""
    from scipy.optimize import linprog

    flows, steps, capacities = len(program.flows), program.steps, len(program.capacities)
    equations, right, limits, limit = _matrices(program)
    owned = (program.owner[:, None] >= 0) & program.active
    upper = np.where(owned, np.inf, program.fixed * program.active)
    upper[~program.active] = 0.0
    bounds = np.column_stack(
        [np.zeros(flows * steps + capacities), np.concatenate([upper.ravel(), program.capacity_max])]
    )
    cost = np.concatenate([program.cost.ravel(), program.capacity_cost])
    solver: Any = linprog
    result = solver(cost, limits, limit, equations, right, bounds, method="highs-ds")
    if result.status != 0:
        status = {INFEASIBLE: "infeasible", UNBOUNDED: "unbounded"}.get(int(result.status), "unfinished")
        raise NoOptimum(status, str(result.message))
    size = (1 + program.stores) * steps
    eta = np.zeros(len(program.rows))
    eta[program.equal] = -result.eqlin.marginals[size:]
    eta[~program.equal] = -result.ineqlin.marginals[: int((~program.equal).sum())]
    return Solution(
        np.asarray(result.x[: flows * steps]).reshape(flows, steps),
        np.asarray(result.x[flows * steps :]),
        np.asarray(result.eqlin.marginals[:size]).reshape(1 + program.stores, steps),
        eta,
        "HiGHS simplex",
        int(result.nit),
    )


def _matrices(program: Program) -> tuple[Any, Array, Any, Array]:
    """Equations and their right sides, inequalities and their limits; columns are flows by step, then capacities."""
    from scipy import sparse as scipy_sparse

    sparse: Any = scipy_sparse

    steps, stores, plain = program.steps, program.stores, len(program.flows) - program.stores
    same, grid = sparse.identity(steps, format="csr"), []
    for row in range(1 + stores):
        blocks = [sparse.diags(program.coefficients[row, f] * program.active[f]) for f in range(plain)]
        for store in range(stores):
            kept = sparse.diags(-program.carry[store, 1:], -1, shape=(steps, steps))
            on = sparse.diags(program.active[plain + store].astype(float))
            blocks.append((same + kept) @ on if row == 1 + store else sparse.csr_matrix((steps, steps)))
        grid.append(blocks)
    unit = np.eye(len(program.capacities))
    columns = [program.capacity_rows(each).ravel() for each in unit]
    alone = sparse.csr_matrix(np.array(columns).reshape(len(unit), program.right_side.size).T)
    year = sparse.hstack(
        [
            sparse.csr_matrix(program.year.reshape(len(program.year), program.active.size)),
            sparse.csr_matrix(program.year_capacity),
        ]
    ).tocsr()
    equations = sparse.vstack([sparse.hstack([sparse.bmat(grid), alone]), year[program.equal]]).tocsr()
    right = np.concatenate([program.right_side.ravel(), program.limit[program.equal]])
    owned = np.flatnonzero((program.owner[:, None] >= 0) & program.active)
    place = np.arange(owned.size)
    tie = sparse.csr_matrix((np.ones(owned.size), (place, owned)), shape=(owned.size, program.active.size))
    to = sparse.csr_matrix(
        (-program.profile.ravel()[owned], (place, program.owner[owned // steps])), shape=(owned.size, len(unit))
    )
    limits = sparse.vstack([year[~program.equal], sparse.hstack([tie, to])]).tocsr()
    return equations, right, limits, np.concatenate([program.limit[~program.equal], program.fixed.ravel()[owned]])
