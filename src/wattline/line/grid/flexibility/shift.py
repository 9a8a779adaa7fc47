"""When and where a job should run: the steps of least cost within its window, known in advance or forecast.

The cost of a step is any signal by the hour: a carbon intensity or a price. Average and marginal intensities are
different signals; a saving by one says nothing of the other, so what a move by one does to the other is counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.fact import Array

Flags = NDArray[np.bool_]
DAYS_BACK = 7  # of the same hour that a forecast averages


@dataclass(frozen=True)
class Leeway:
    """How long a job runs and how far it may move.

    Attributes
    ----------
    length
        Steps that it runs, 1 or more.
    before, after
        Steps by which it may begin earlier, and end later, than as it was meant.
    pause_cost
        What a pause and resume costs, in steps of the job's own work (checkpoint, restart); infinite: it never pauses.
    """

    length: int
    before: int = 0
    after: int = 0
    pause_cost: float = np.inf

    def __post_init__(self) -> None:
        if self.length < 1 or self.before < 0 or self.after < 0 or not self.pause_cost >= 0:
            raise WattlineError(
                f"shift: length {self.length} must be 1 or more; before {self.before}, after {self.after} and "
                f"pause_cost {self.pause_cost:g} 0 or more"
            )


@dataclass(frozen=True)
class Removal:
    """What it takes to run a job at another site than its own.

    Attributes
    ----------
    work
        Steps of the job's own power that moving its data takes, half at either site.
    fee
        Fee of the move, in the signal's unit times steps.
    """

    work: float = 0.0
    fee: float = 0.0

    def __post_init__(self) -> None:
        if not (self.work >= 0 and np.isfinite(self.work) and np.isfinite(self.fee)):
            raise WattlineError(f"shift: moving takes {self.work:g} steps of work, which must be 0 or more")


@dataclass(frozen=True, eq=False)
class Placement:
    """Where and when jobs run under one policy.

    Attributes
    ----------
    site
        Site of each job, an index, shape ``(n_jobs,)``.
    work
        Steps of work in each step of the window, shape ``(n_jobs, n_window)``.
    """

    site: NDArray[np.int_]
    work: Array


@dataclass(frozen=True, eq=False)
class ShiftCosts:
    """Costs of jobs, in the signal's unit times steps, each of shape ``(n_jobs,)``, and where each policy put them.

    ``meant``: run as meant; ``causal``: moved by what was known before; ``foresight``: moved by what came.
    ``steps``: of each job's window, shape ``(n_jobs, n_window)``; ``by``: the moves by policy.
    """

    meant: Array
    causal: Array
    foresight: Array
    steps: NDArray[np.int_]
    by: Mapping[str, Placement]
    removal: Removal
    begin: int  # column of ``steps`` at which jobs were meant to begin

    def saving(self, policy: str = "foresight") -> float:
        """The share of the cost as meant that a policy saves; 0 where that cost is 0."""
        total = float(self.meant.sum())
        return 1.0 - float(getattr(self, policy).sum()) / total if total else 0.0

    def counted(self, signals: Array, policy: str) -> Array:
        """Costs of the same moves by another signal, without a fee.

        Parameters
        ----------
        signals
            The other signal at the same sites, shape ``(n_sites, n_steps)``.
        policy
            "meant", "causal" or "foresight".

        Returns
        -------
        Array
            Shape ``(n_jobs,)``.
        """
        return _costs(signals[:, self.steps], self.by[policy], Removal(self.removal.work), self.begin)


def shift(
    signal: Array, starts: Array, window: Leeway, steps_per_day: int = 24, removal: Removal | None = None
) -> ShiftCosts:
    """Costs of jobs as meant, moved with perfect foresight, and moved by a forecast from the past alone.

    Parameters
    ----------
    signal
        Cost of a step of work, shape ``(n_steps,)``, or ``(n_sites, n_steps)``, the first site the jobs' own.
    starts
        Step at which each job was meant to begin, shape ``(n_jobs,)``. A job whose window leaves the
        signal is left out.
    window
        How long they run and how far they may move.
    steps_per_day
        Steps after which hours repeat.
    removal
        What it takes to run at another site; nothing where None.

    Returns
    -------
    Shifted
        Costs of the jobs that are left.

    Raises
    ------
    WattlineError
        Where the signal has a gap, or no job's window lies within it.
    """
    signals = np.atleast_2d(np.asarray(signal, float))
    gaps = np.argwhere(~np.isfinite(signals))
    if len(gaps):
        raise WattlineError(f"shift: the signal is missing in step {gaps[0][1]} and {len(gaps) - 1} others; fill them")
    starts = np.asarray(starts, int)
    inside = (starts - window.before >= steps_per_day) & (starts + window.length + window.after <= signals.shape[1])
    starts = starts[inside]
    if not len(starts):
        raise WattlineError("shift: no job's window lies within the signal, with a day before it")
    span = window.before + window.length + window.after
    steps: NDArray[np.int_] = np.asarray((starts - window.before)[:, None] + np.arange(span), int)
    actual = signals[:, steps]
    expected = np.stack([forecast(row, steps, steps_per_day) for row in signals])
    moving = removal or Removal()
    meant = np.zeros(actual.shape[1:])
    meant[:, window.before : window.before + window.length] = 1.0
    by = {"meant": Placement(np.zeros(len(starts), int), meant)}
    by["causal"] = _best(expected, window, moving)
    costs = {name: _costs(actual, move, moving, window.before) for name, move in by.items()}
    # the best is no worse than the others but for rounding
    best = _best(actual, window, moving)
    least = np.minimum(costs["meant"], costs["causal"])
    by["foresight"] = best
    costs["foresight"] = np.minimum(_costs(actual, best, moving, window.before), least)
    return ShiftCosts(costs["meant"], costs["causal"], costs["foresight"], steps, by, moving, window.before)


def _best(costs: Array, window: Leeway, moving: Removal) -> Placement:
    """Each job at the site, and in the steps, of least cost; costs of shape ``(n_sites, n_jobs, n_window)``."""
    works = np.stack([work_by_step(rows, window) for rows in costs])
    totals = (works * costs).sum(axis=2)
    if len(costs) > 1:
        totals[1:] += _moving_cost(costs, moving, window.before)[1:]
    site = np.argmin(totals, axis=0)
    return Placement(site, works[site, np.arange(len(site))])


def _costs(costs: Array, move: Placement, moving: Removal, begin: int) -> Array:
    each = np.arange(len(move.site))
    total = (move.work * costs[move.site, each]).sum(axis=1)
    return np.asarray(total + np.where(move.site > 0, _moving_cost(costs, moving, begin)[move.site, each], 0.0))


def _moving_cost(costs: Array, moving: Removal, begin: int) -> Array:
    """Cost of the move to each site when the job was meant to begin, shape ``(n_sites, n_jobs)``."""
    first = costs[:, :, begin]
    return np.asarray(moving.work * 0.5 * (first + first[:1]) + moving.fee)


def forecast(signal: Array, steps: NDArray[np.int_], steps_per_day: int = 24) -> Array:
    """The mean of the same hour in the latest days that were over before a window begins.

    Parameters
    ----------
    signal
        What came, shape ``(n_steps,)``.
    steps
        Steps of each window, the first column its beginning, shape ``(n_jobs, n_window)``.
    steps_per_day
        Steps after which hours repeat.

    Returns
    -------
    Array
        Expected values, shape ``(n_jobs, n_window)``; of values before the window's beginning alone.
    """
    issued = steps[:, :1]
    ahead = (steps - issued) // steps_per_day + 1  # days back to the latest hour alike that is over
    total, count = np.zeros(steps.shape), np.zeros(steps.shape)
    for day in range(DAYS_BACK):
        at = steps - (ahead + day) * steps_per_day
        there = at >= 0
        total += np.where(there, signal[np.maximum(at, 0)], 0.0)
        count += there
    return np.asarray(total / count)


def work_by_step(costs: Array, window: Leeway) -> Array:
    """The work in each step of a window, in steps, that costs least.

    Parameters
    ----------
    costs
        Cost of a step's work, shape ``(n_jobs, n_window)``.
    window
        How long the jobs run, and what a pause costs.

    Returns
    -------
    Array
        Work, shape ``(n_jobs, n_window)``: 1 in each of ``length`` steps, and the pauses' cost where it is resumed.
    """
    if np.isinf(window.pause_cost):
        return _unbroken(costs, window.length)
    if window.pause_cost == 0:
        order = np.argsort(costs, axis=1, kind="stable")[:, : window.length]
        work = np.zeros(costs.shape)
        np.put_along_axis(work, order, 1.0, axis=1)
        return work
    return _paused(costs, window.length, window.pause_cost)


def _unbroken(costs: Array, length: int) -> Array:
    sums = np.cumsum(np.pad(costs, ((0, 0), (1, 0))), axis=1)
    first = np.argmin(sums[:, length:] - sums[:, :-length], axis=1)
    at = np.arange(costs.shape[1])
    return np.asarray((at >= first[:, None]) & (at < first[:, None] + length), float)


def _paused(costs: Array, length: int, pause_cost: float) -> Array:
    """Dynamic programme over the steps: least cost with j steps done, running or not in the last one."""
    jobs, span = costs.shape
    running = np.full((jobs, length + 1), np.inf)
    resting = np.full((jobs, length + 1), np.inf)
    resting[:, 0] = 0.0
    resumed = np.zeros((span, jobs, length + 1), bool)
    rested = np.zeros((span, jobs, length + 1), bool)
    for t in range(span):
        cost = costs[:, t : t + 1]
        price = np.where(np.arange(length) == 0, 1.0, 1.0 + pause_cost) * cost  # the first start costs nothing more
        go_on, resume = running[:, :-1] + cost, resting[:, :-1] + price
        resumed[t, :, 1:] = resume < go_on
        rested[t] = resting <= running
        resting = np.minimum(resting, running)
        running = np.concatenate([np.full((jobs, 1), np.inf), np.minimum(go_on, resume)], axis=1)
    return _traced(running[:, length] < resting[:, length], resumed, rested, length, pause_cost)


def _traced(runs: Flags, resumed: Flags, rested: Flags, length: int, pause_cost: float) -> Array:
    span, jobs, _ = resumed.shape
    work = np.zeros((jobs, span))
    done, each = np.full(jobs, length), np.arange(jobs)
    for t in reversed(range(span)):
        fresh = resumed[t, each, done]
        work[:, t] = np.where(runs, 1.0 + pause_cost * (fresh & (done > 1)), 0.0)
        before = np.where(runs, done - 1, done)
        runs = np.where(runs, ~fresh, ~rested[t, each, done])
        done = before
    return work
