"""Work of several sites, moved together in time and place: the least cost of all with foresight, and by a forecast.

Work arrives at its own site in each step. Some must run in that step, some may wait; each may run at the sites that are
near enough to its users, where there is room. What waits runs in the order in which it came, so that in each step no
more may be left waiting than arrived in the steps of the longest wait: this makes a linear program, which HiGHS solves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.grid.flexibility.shift import forecast

STAY = 1e-7  # of the signal's mean: what a move, or a step's wait, must save at least


@dataclass(frozen=True, eq=False)
class SiteWork:
    """Work that arrives at a site.

    Attributes
    ----------
    arrives : power that it takes where it runs when it comes, ``(n_steps,)``
    home : the site at which it arrives
    sites : those at which it may run, its own among them
    wait : steps for which it may wait; 0 for none
    moving : energy that a move takes over the work's own, half at either site
    fee : of a move, in the signal's unit for each unit of work's energy
    """

    arrives: Array
    home: int
    sites: tuple[int, ...]
    wait: int = 0
    moving: float = 0.0
    fee: float = 0.0

    def costs(self, signals: Array) -> Array:
        """Cost of a unit of its energy at each of its sites, ``(n_sites, n_steps)``, moves counted in."""
        own = signals[self.home]
        rows = [
            signals[site] + (site != self.home) * (self.moving * 0.5 * (own + signals[site]) + self.fee)
            for site in self.sites
        ]
        return np.stack(rows)

    def staying(self) -> SiteWork:
        """The same where it may not leave its site."""
        return SiteWork(self.arrives, self.home, (self.home,), self.wait)

    def prompt(self) -> SiteWork:
        """The same where it may not wait."""
        return SiteWork(self.arrives, self.home, self.sites, 0, self.moving, self.fee)


@dataclass(frozen=True, eq=False)
class SitePlan:
    """Where and when work runs: ``runs`` of each work ``(n_sites, n_steps)`` over its own sites, and what another unit
    of each site's room would save in all, ``(n_sites,)``, where the program says so."""

    runs: tuple[Array, ...]
    room_value: Array

    def cost(self, works: Sequence[SiteWork], signals: Array) -> float:
        """What it costs by a signal at the sites, ``(n_sites, n_steps)``: unit times steps.

        Parameters
        ----------
        works : the work that was placed
        signals : carbon or price, shape ``(n_sites, n_steps)``

        Returns the cost, in the signal's unit times steps.
        """
        return float(sum((work.costs(signals) * run).sum() for work, run in zip(works, self.runs, strict=True)))

    def power(self, works: Sequence[SiteWork], sites: int) -> Array:
        """Power of each site in each step, ``(n_sites, n_steps)``.

        Parameters
        ----------
        works : the work that was placed
        sites : number of sites

        Returns power, in the work's unit, shape ``(n_sites, n_steps)``.
        """
        total = np.zeros((sites, self.runs[0].shape[1]))
        for work, run in zip(works, self.runs, strict=True):
            np.add.at(total, list(work.sites), run)
        return total


def as_it_comes(works: Sequence[SiteWork]) -> SitePlan:
    """Each work at its own site in the step in which it arrives.

    Parameters
    ----------
    works : what arrives

    Returns
    -------
    Where and when each runs.
    """
    return SitePlan(tuple(work.arrives * (np.array(work.sites) == work.home)[:, None] for work in works), np.zeros(0))


def least_cost(works: Sequence[SiteWork], room: Array, signals: Array) -> SitePlan:
    """The plan of least cost over the whole time, all of it known.

    Parameters
    ----------
    works : what arrives; all of it has run by the last step
    room : most power of each site, ``(n_sites,)``
    signals : cost of a unit of energy, ``(n_sites, n_steps)``

    Returns
    -------
    Where and when each runs.

    Raises WattlineError where there is not room for the work as it comes.
    """
    _check(works, room, signals)
    return _SitesProgram(works, room, signals.shape[1]).solve(signals, [work.arrives for work in works], _due(works))


def by_forecast(works: Sequence[SiteWork], room: Array, signals: Array, day: int) -> SitePlan:
    """The plan that is made anew each day, by the mean of the same hour in the seven days before.

    Parameters
    ----------
    works, room, signals : as ``least_cost`` takes them; of the first day nothing is known before, so that work stays
    day : steps of a day

    Returns
    -------
    Where and when each runs. What arrives in the day ahead, and in the longest wait after it, is known.
    """
    _check(works, room, signals)
    steps = signals.shape[1]
    reach = day + max(work.wait for work in works)
    runs = [each.copy() for each in as_it_comes(works).runs]
    waiting = np.zeros(len(works))
    programs: dict[int, _SitesProgram] = {}
    due = _due(works)
    for first in range(day, steps, day):
        ahead = np.arange(first, min(first + reach, steps))
        expected = np.stack([forecast(row, ahead[None], day)[0] for row in signals])
        if len(ahead) not in programs:
            programs[len(ahead)] = _SitesProgram(works, room, len(ahead))
        come = [work.arrives[ahead] for work in works]
        for each, amount in zip(come, waiting, strict=True):
            each[0] += amount
        plan = programs[len(ahead)].solve(expected, come, [bound[ahead] for bound in due])
        now = slice(first, min(first + day, steps))
        for k, run in enumerate(plan.runs):
            done = run[:, : now.stop - first]
            runs[k][:, now] = done
            waiting[k] = max(waiting[k] + works[k].arrives[now].sum() - done.sum(), 0.0)
    return SitePlan(tuple(runs), np.zeros(0))


def _due(works: Sequence[SiteWork]) -> list[Array]:
    """Most that may be left waiting after each step: what arrived in the steps of the longest wait."""
    bounds = []
    for work in works:
        whole = np.concatenate([np.zeros(work.wait + 1), np.cumsum(work.arrives)])
        bounds.append(whole[work.wait + 1 :] - whole[1 : work.arrives.size + 1] if work.wait else whole[1:] * 0.0)
    return bounds


class _SitesProgram:
    """The linear program of so many steps: its matrices, which stay; costs and arrivals, which change.

    Columns: each work at each of its sites in each step, then what is left of each that may wait after each step.
    """

    def __init__(self, works: Sequence[SiteWork], room: Array, steps: int) -> None:
        from scipy import sparse as scipy_sparse

        sparse: Any = scipy_sparse
        same, none = sparse.identity(steps, format="csr"), sparse.csr_matrix((steps, steps))
        carry = same - sparse.eye(steps, k=-1, format="csr")
        waiting = [k for k, work in enumerate(works) if work.wait]
        rows = []
        for k, _ in enumerate(works):
            runs = [same if k == other else none for other, each in enumerate(works) for _ in each.sites]
            rows.append([*runs, *(carry if k == other else none for other in waiting)])
        taken = [
            [*(same if at == site else none for work in works for at in work.sites), *(none for _ in waiting)]
            for site in range(len(room))
        ]
        self.works, self.room, self.steps, self.waiting = works, room, steps, waiting
        self.equations, self.taken = sparse.bmat(rows, format="csr"), sparse.bmat(taken, format="csr")

    def solve(self, signals: Array, arrives: Sequence[Array], due: Sequence[Array]) -> SitePlan:
        """The optimum for these costs, arrivals and bounds of what waits."""
        from scipy.optimize import linprog

        stay = STAY * max(float(np.abs(signals).mean()), 1e-12)
        costs = [work.costs(signals) + stay * (np.array(work.sites) != work.home)[:, None] for work in self.works]
        left = [np.full(self.steps, stay) for _ in self.waiting]
        ends = [due[k].copy() for k in self.waiting]
        for end in ends:
            end[-1] = 0.0  # all has run by the last step
        runs = sum(len(work.sites) for work in self.works) * self.steps
        upper = np.concatenate([np.full(runs, np.inf), *ends])
        solver: Any = linprog
        result = solver(
            np.concatenate([*(each.ravel() for each in costs), *left]), self.taken, np.repeat(self.room, self.steps),
            self.equations, np.concatenate(arrives), np.column_stack([np.zeros(upper.size), upper]), method="highs-ipm",
        )  # fmt: skip
        if result.status != 0:
            raise WattlineError(f"sites: no plan is within the sites' room and the longest wait ({result.message})")
        pieces, at = [], 0
        for work in self.works:
            size = len(work.sites) * self.steps
            pieces.append(np.maximum(result.x[at : at + size], 0.0).reshape(-1, self.steps))
            at += size
        value = -result.ineqlin.marginals.reshape(-1, self.steps).sum(axis=1)
        return SitePlan(tuple(pieces), np.asarray(value))


def _check(works: Sequence[SiteWork], room: Array, signals: Array) -> None:
    gaps = np.argwhere(~np.isfinite(signals))
    if len(gaps):
        raise WattlineError(f"sites: the signal is missing in step {gaps[0][1]} and {len(gaps) - 1} others; fill them")
    power = as_it_comes(works).power(works, len(room))
    over = np.argwhere(power > room[:, None] * (1 + 1e-9))
    if len(over):
        site, step = over[0]
        raise WattlineError(
            f"sites: in step {step} site {site + 1} has work of {power[site, step]:g} MW, above its room of "
            f"{room[site]:g} MW"
        )
