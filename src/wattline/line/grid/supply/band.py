"""The linear algebra of a Newton step: a normal matrix banded by hour, bordered by capacities and rows of the year.

With ``theta`` the inverse weights of the flows, the step solves (``rows`` are balance and stores)

    N dy + G dz - H de = rows          N = A theta A', half bandwidth 1 + S
    P dz - G' dy + R' de = capacity    G = A theta B + must run, B the weights that tie flows to their capacity
    H' dy + R dz - (Q theta Q' + slack) de = year

by banded Cholesky of N, then a dense system of the border, written as sums of squares so that nothing cancels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky_banded, lu_factor, lu_solve
from scipy.linalg.lapack import dpbtrs

from wattline.core.fact import Array
from wattline.line.grid.supply.program import Program

ROUNDING = 1e-9  # of the load, or of its limit: a step that misses a row by more is refined
SMALL = 1e-13  # share of the diagonal added to it: rounding must not make it negative


class Singular(Exception):
    """The normal matrix has no Cholesky factor in this arithmetic."""


@dataclass(eq=False)
class NewtonWeights:
    """Of a Newton step: of the flows' bounds ``(F, T)``, the capacities ``(K,)``, year's slacks ``(M,)``."""

    lower: Array
    upper: Array
    capacity: Array
    slack: Array


class NewtonMatrix:
    """The factored system of a Newton step; ``solve`` takes its right sides."""

    def __init__(self, program: Program, weights: NewtonWeights) -> None:
        self.program = program
        total = weights.lower + weights.upper
        self.theta = program.active / total
        self.upper = weights.upper
        self.tie = weights.upper * program.profile
        self._band = self._factor()
        owned = [np.flatnonzero(program.owner == k) for k in range(len(program.capacities))]
        harmonic = weights.lower * weights.upper / total * program.profile**2
        self.own = weights.capacity + np.array([harmonic[own].sum() for own in owned])
        self.slack, self.weight = weights.slack, weights.capacity
        self._border(owned, weights.slack)

    def _factor(self) -> Array:
        """Banded Cholesky factor of N; row t·(1 + S) + r is row r of step t."""
        program, theta = self.program, self.theta
        plain, size = len(program.balance) - program.stores, 1 + program.stores
        band = np.zeros((size + 1, program.steps, size))
        pairs = [(r, c) for c in range(size) for r in range(c, size)]
        pair = np.array([program.coefficients[r] * program.coefficients[c] for r, c in pairs])
        weights = np.einsum("pf,ft->pt", pair, theta[:plain])
        for (r, c), weight in zip(pairs, weights, strict=True):
            band[r - c, :, c] = weight
        contents, carried = theta[plain:].T, (theta[plain:, :-1] * program.carry[:, 1:]).T
        band[0, :, 1:] += contents
        band[0, 1:, 1:] += carried * program.carry[:, 1:].T
        band[size, :-1, 1:] = -carried
        band[0] *= 1 + SMALL
        try:
            return np.asarray(
                cholesky_banded(band.reshape(size + 1, -1), lower=True, overwrite_ab=True, check_finite=False)
            )
        except (LinAlgError, ValueError) as error:
            raise Singular(str(error)) from None

    def band_solve(self, rows: Array) -> Array:
        """N⁻¹ of ``(..., 1 + S, T)``."""
        shape = rows.shape
        each = rows.reshape(-1, shape[-2], shape[-1]).transpose(0, 2, 1)
        right = np.array(each, order="C").reshape(len(each), -1).T  # a column each, as LAPACK has them
        left, _ = dpbtrs(self._band, right, lower=1, overwrite_b=1)
        solved = left.T.reshape(-1, shape[-1], shape[-2]).transpose(0, 2, 1)
        return np.ascontiguousarray(solved).reshape(shape)

    def _border(self, owned: list[NDArray[np.intp]], slack: Array) -> None:
        program, capacities = self.program, len(self.program.capacities)
        tied = self.theta * self.tie
        sides = np.zeros((capacities + len(program.rows), 1 + program.stores, program.steps))
        for k, own in enumerate(owned):
            if own.size:
                some = np.zeros_like(tied)
                some[own] = tied[own]
                sides[k] = program.flow_rows(some)
        unit = np.eye(capacities)
        for k in (*program.must_run, *program.starts):
            sides[k] += program.capacity_rows(unit[k])
        for m, year in enumerate(program.year):
            sides[capacities + m] = program.flow_rows(self.theta * year)
        solved = self.band_solve(sides) if len(sides) else sides
        self.sides, self.solved = sides[:capacities], solved[:capacities]
        self.year_solved = solved[capacities:]
        self.rest = np.array(
            [y - program.row_prices(h) for y, h in zip(program.year, self.year_solved, strict=True)]
        ).reshape(program.year.shape)
        top = np.einsum("krt,lrt->kl", self.sides, self.solved)
        top[np.diag_indices(capacities)] += self.own
        across = program.year_capacity.copy()
        for k, own in enumerate(owned):
            across[:, k] += np.einsum("mft,ft->m", self.rest[:, own], tied[own])
        for k in (*program.must_run, *program.starts):
            across[:, k] -= np.einsum("mrt,rt->m", self.year_solved, program.capacity_rows(unit[k]))
        corner = np.einsum("mft,ft,nft->mn", self.rest, self.theta, self.rest)
        corner[np.diag_indices(len(corner))] += slack
        dense = np.block([[top, across.T], [across, -corner]])
        self.scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(dense)), 1e-300))
        if not np.isfinite(dense).all():
            raise Singular("border")
        self._dense = lu_factor(dense * self.scale * self.scale[:, None], check_finite=False) if dense.size else None

    def solve(self, flows: Array, rows: Array, capacity: Array, year: Array) -> tuple[Array, Array, Array, Array]:
        """The step: of flows, prices of rows, capacities and prices of the year; refined where rounding shows.

        Parameters
        ----------
        flows, rows, capacity, year : right sides, of the flows ``(F, T)``, rows ``(1 + S, T)``, capacities ``(K,)``
            before the flows are taken out, and rows of the year ``(M,)``

        Returns
        -------
        Four arrays of the shapes of the right sides.
        """
        program = self.program
        step = x, y, z, e = self._once(flows, rows, capacity, year)
        missed = rows - program.flow_rows(x) - program.capacity_rows(z)
        missed_year = year - program.year_rows(x, z) + self.slack * e
        year_missed = float((np.abs(missed_year) / (1 + np.abs(program.limit))).max(initial=0.0))
        if max(float(np.abs(missed).max()), year_missed) < ROUNDING:
            return step
        pull = np.einsum("ft,ft->f", self.tie, program.by_flow(z)[:, None] * program.profile - x)
        missed_capacity = capacity - self.weight * z - self.program.by_capacity(pull)
        missed_capacity += program.capacity_prices(y) - program.year_capacity.T @ e
        more = self._once(np.zeros_like(x), missed, missed_capacity, missed_year)
        return x + more[0], y + more[1], z + more[2], e + more[3]

    def _once(self, flows: Array, rows: Array, capacity: Array, year: Array) -> tuple[Array, Array, Array, Array]:
        program = self.program
        eased = self.theta * flows
        first = self.band_solve(rows - program.flow_rows(eased))
        capacity = capacity + self.program.by_capacity(np.einsum("ft,ft->f", self.tie, eased))
        capacity = capacity + np.einsum("krt,rt->k", self.sides, first)
        year = year - np.einsum("mft,ft->m", self.rest, eased) - np.einsum("mrt,rt->m", self.year_solved, rows)
        border = np.concatenate([capacity, year])
        if self._dense is not None:
            border = self.scale * lu_solve(self._dense, self.scale * border, check_finite=False)
        step_z, step_e = border[: len(capacity)], border[len(capacity) :]
        step_y = first - np.einsum("k,krt->rt", step_z, self.solved) + np.einsum("m,mrt->rt", step_e, self.year_solved)
        pull = (
            flows
            + self.tie * self.program.by_flow(step_z)[:, None]
            + program.row_prices(step_y)
            - program.year_prices(step_e)
        )
        return self.theta * pull, step_y, step_z, step_e
