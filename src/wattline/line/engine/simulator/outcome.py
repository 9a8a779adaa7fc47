"""What came of a simulated service: times, tokens and joules of every request, sums over time of every replica."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.engine.simulator import kernel_state as state
from wattline.line.engine.simulator.kernel_state import Limits
from wattline.line.engine.simulator.scaling import READY, STARTING, STOPPED, FleetRecord


@dataclass(frozen=True, eq=False)
class PoolOutcome:
    """Replicas that do the same work: ``serving``, or ``prefill`` and ``decode``, rows ``first`` to ``last`` of sums.

    ``seconds``: (requests,) a replica's time that each request bore here. ``record``: when replicas were ready,
    where they are started and stopped; ``kept``: stopped ones stand idle.
    """

    name: str
    first: int
    last: int
    chips: int  # a replica
    limits: Limits
    seconds: Array
    record: FleetRecord | None = None
    kept: bool = False

    @property
    def rows(self) -> slice:
        return slice(self.first, self.last)

    @property
    def replicas(self) -> int:
        return self.last - self.first

    def standing_s(self, edges: Array) -> dict[str, Array]:
        """Replica-seconds between the edges: ready, starting, and stopped but kept powered."""
        span = np.diff(edges)
        if self.record is None:
            return {"ready": span * self.replicas, "starting": np.zeros(len(span)), "kept": np.zeros(len(span))}
        ready, starting, stopped = (self.record.seconds(x, edges) for x in (READY, STARTING, STOPPED))
        return {"ready": ready, "starting": starting, "kept": stopped if self.kept else np.zeros(len(span))}


@dataclass(frozen=True, eq=False)
class ServiceOutcome:
    """What came of it. Arrays over the requests that were taken, in order of arrival; NaN: not reached.

    ``energy_j``: joules of the replica's chips, ``seconds``: the replica's time, that a request bore. ``bins``:
    ``(replicas, bins, 5)`` sums over ``bin_s`` each: chips' joules, busy seconds, tokens made, running × seconds, and
    of the joules those of decoding. With pools, the prefill pool's replicas come first, ``replica`` is the one that
    read the prompt, and ``limits`` are those of the pool that decodes.
    """

    arrival_s: Array
    input_tokens: Array
    output_tokens: Array
    begun_s: Array  # first admitted
    first_s: Array
    end_s: Array
    tokens: Array
    energy_j: Array
    seconds: Array
    replica: Array
    totals: Mapping[str, Array]
    bins: Array
    bin_s: float
    latency: Array
    horizon_s: float
    limits: Limits
    taken: Array  # which of the requests offered
    rejected: Mapping[str, int]
    pools: tuple[PoolOutcome, ...]
    sent_s: Array | None = None  # with pools: when the cache had been sent; NaN where no more than one token was asked
    decoder: Array | None = None  # the decode pool's replica, or -1
    resumed_s: Array | None = None  # when it was admitted there
    front_s: Array | float = 0.0  # beside the steps: HTTP, tokenising, the scheduler's and the host's latency

    @property
    def ttft_s(self) -> Array:
        """From arrival to the first token."""
        return np.asarray(self.first_s - self.arrival_s + self.front_s)

    @property
    def e2e_s(self) -> Array:
        return np.asarray(self.end_s - self.arrival_s + self.front_s)

    @property
    def tpot_s(self) -> Array:
        """Mean time between a request's tokens; NaN where it has but one."""
        more = np.where(self.output_tokens > 1, self.output_tokens - 1.0, np.nan)
        return np.asarray((self.end_s - self.first_s) / more)

    @property
    def waits_s(self) -> dict[str, Array]:
        """Part by part: front end, queue, prefill make up TTFT; with pools transfer and the wait for a slot follow."""
        front = np.broadcast_to(np.asarray(self.front_s, float), self.first_s.shape)
        waits = {"front": front, "queue": self.begun_s - self.arrival_s, "prefill": self.first_s - self.begun_s}
        if self.sent_s is not None and self.resumed_s is not None:
            waits |= {"transfer": self.sent_s - self.first_s, "slot": self.resumed_s - self.sent_s}
        return {name: np.asarray(values) for name, values in waits.items()}

    @property
    def edges_s(self) -> Array:
        """Of the bins; the last one ends at the horizon."""
        return np.minimum(np.arange(self.bins.shape[1] + 1) * self.bin_s, max(self.horizon_s, 0.0))

    @property
    def busy_s(self) -> float:
        """Of all replicas."""
        return float(self.totals["busy_s"].sum())

    @property
    def ready_s(self) -> float:
        """Replica-seconds in which work could be taken, or was ended."""
        whole = np.array([0.0, max(self.horizon_s, 0.0)])
        return float(sum(pool.standing_s(whole)["ready"].sum() for pool in self.pools))

    @property
    def idle_s(self) -> float:
        return self.ready_s - self.busy_s

    def itl_s(self, percent: float) -> float:
        """Percentile of the time from one token of a sequence to the next; the wait for a transfer is not in it."""
        total = self.latency.cumsum()
        if total[-1] == 0:
            return float("nan")
        i = int(np.searchsorted(total, percent / 100 * total[-1]))
        return float(state.LATENCY_FIRST_S * np.exp((i + 0.5) / state.LATENCY_PER_E))


def to_horizon(bins: Array, bin_s: float, horizon_s: float) -> Array:
    """As many bins as the horizon has; nothing happened in those that are added.

    Parameters
    ----------
    bins : shape ``(n_replicas, n_bins, n)``
    bin_s : length of a bin [s]
    horizon_s : end of the run [s]

    Returns the bins up to the horizon.
    """
    count = max(1, int(np.ceil(horizon_s / bin_s - 1e-9)))
    more = np.zeros((len(bins), max(count - bins.shape[1], 0), bins.shape[2]))
    return np.concatenate([bins, more], axis=1) if more.shape[1] else bins[:, :count]
