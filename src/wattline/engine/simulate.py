"""A service simulated request by request: replicas with continuous batching, in time; times, joules and power out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wattline.chip.shape import Shape
from wattline.engine import kernel_state as state
from wattline.engine.kernel_state import Limits
from wattline.engine.serving import USABLE_MEMORY
from wattline.engine.steps import Tables
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.work.flops import BYTES, weight_bytes
from wattline.work.model import Model

ROUTERS = ("round-robin", "least-loaded", "assigned")
BLOCK_TOKENS = 16
WATERMARK = 0.01  # of the blocks, left free when a request is admitted beside others, as vLLM's first scheduler did
TYPICAL_TOKENS = 4096.0  # at which a token's share of the cache is taken where layers differ (windows, Mamba states)
BINS, BIN_S = 1024, 1.0
MOST_TOKENS, MOST_REPLICAS = 1 << 40, 100_000


@dataclass(frozen=True, eq=False)
class Served:
    """What came of it. Arrays over the requests that were taken, in order of arrival; NaN: not reached.

    ``energy_j``: joules of the replica's chips, ``seconds``: the replica's time, that a request bore. ``bins``:
    ``(replicas, bins, 5)`` sums over ``bin_s`` each: chips' joules, busy seconds, tokens made, running × seconds, and
    of the joules those of decoding.
    """

    arrival_s: Array
    input_tokens: Array
    output_tokens: Array
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
    def busy_s(self) -> float:
        """Of all replicas."""
        return float(self.totals["busy_s"].sum())

    @property
    def idle_s(self) -> float:
        return len(self.totals["busy_s"]) * self.horizon_s - self.busy_s

    def itl_s(self, percent: float) -> float:
        """Percentile of the time from one token of a sequence to the next."""
        total = self.latency.cumsum()
        if total[-1] == 0:
            return float("nan")
        i = int(np.searchsorted(total, percent / 100 * total[-1]))
        return float(state.LATENCY_FIRST_S * np.exp((i + 0.5) / state.LATENCY_PER_E))


def cache_limits(
    model: Model,
    memory_bytes: float,
    chips: int,
    precision: str,
    max_num_seqs: int = 256,
    max_num_batched_tokens: int = 8192,
    memory_share: float = USABLE_MEMORY,
) -> Limits:
    """The scheduler's limits; blocks of the cache are what a replica's memory holds beside the weights.

    ``memory_bytes``: of one chip. Raises WattlineError where the weights alone do not fit.
    """
    for name, value in (("max-num-seqs", max_num_seqs), ("max-num-batched-tokens", max_num_batched_tokens)):
        if not 1 <= value <= 1_000_000:
            raise WattlineError(f"{name}: {value} is out of range; take 1 to 1,000,000")
    if max_num_batched_tokens < max_num_seqs:
        raise WattlineError(
            f"max-num-batched-tokens: {max_num_batched_tokens:,} is fewer than the {max_num_seqs:,} sequences "
            "of max-num-seqs, which take a token each in every step"
        )
    room = chips * memory_bytes * memory_share - weight_bytes(model, BYTES[precision])
    each = float(Shape.of(model).cache_bytes(TYPICAL_TOKENS, chips)) / TYPICAL_TOKENS
    blocks = int(max(room, 0.0) // (each * BLOCK_TOKENS)) if each > 0 else MOST_TOKENS
    if room <= 0 or blocks < 1:
        needed = weight_bytes(model, BYTES[precision]) / 1e9
        raise WattlineError(
            f"{model.key} in {precision} does not fit {chips} × {memory_bytes / 1e9:.0f} GB: its weights alone are "
            f"{needed:,.0f} GB; give more --gpus or a narrower --precision"
        )
    return Limits(max_num_seqs, max_num_batched_tokens, BLOCK_TOKENS, blocks, int(blocks * WATERMARK))


def simulate(
    tables: Tables,
    limits: Limits,
    arrival_s: ArrayLike,
    input_tokens: ArrayLike,
    output_tokens: ArrayLike,
    *,
    cached_tokens: ArrayLike = 0,
    assign: ArrayLike | None = None,
    replicas: int = 1,
    router: str = "round-robin",
    until_s: float = np.inf,
    horizon_s: float = 0.0,
    window_s: tuple[float, float] = (0.0, np.inf),
) -> Served:
    """Requests, in order of arrival, through ``replicas`` replicas.

    ``cached_tokens``: of each prompt's, found in the cache of prefixes and not read again (its last token always is).
    ``assign``: the replica of each request, with ``router="assigned"``. ``until_s``: no step begins later; the run
    goes on till all is done when not given. Replicas stand ready (and idle) for ``horizon_s``, or till the last step
    ends. ``window_s``: when inter-token latencies count. Raises WattlineError for times that are not in order or not
    finite, and an unknown router.
    """
    try:
        from wattline.engine import kernel_routes
    except ImportError:
        raise WattlineError("the simulator needs Numba: pip install 'wattline[sim]'") from None
    if router not in ROUTERS:
        raise WattlineError(f"router: {router!r} is none of {', '.join(ROUTERS)}")
    if (router == "assigned") != (assign is not None):
        raise WattlineError('router: "assigned" goes with the replica of each request, and they with it')
    if not 1 <= replicas <= MOST_REPLICAS:
        raise WattlineError(f"replicas: {replicas} is out of range; take 1 to {MOST_REPLICAS:,}")
    arrival, inputs, outputs, taken, rejected = _checked(arrival_s, input_tokens, output_tokens, limits)
    found = np.broadcast_to(np.asarray(cached_tokens, np.int64), taken.shape)[taken]
    if np.any(found < 0):
        raise WattlineError("traffic: fewer than no tokens found in the cache of prefixes")
    s, q = state.replicas(replicas, limits), state.requests(arrival, inputs, outputs, found)
    line = state.timeline(replicas, BINS, BIN_S, window_s)
    same = (s, q, limits, tables, line, float(until_s), state.scratch(limits))
    if router == "least-loaded":
        kernel_routes.least_loaded(*same)
    else:
        where = np.arange(len(taken)) % replicas if assign is None else np.asarray(assign, np.int64)
        if where.shape != taken.shape or (len(where) and not 0 <= where.min() <= where.max() < replicas):
            raise WattlineError(f"traffic: each request must be assigned to one of the {replicas} replicas")
        where = where[taken] if assign is not None else np.arange(len(arrival)) % replicas
        kernel_routes.assigned(*same, np.argsort(where, kind="stable"), where)
    _settle(s, q)
    worked = s.totals[:, state.BUSY] > 0
    horizon = max(horizon_s, float(s.clock[worked].max()) if worked.any() else 0.0)
    return _served(s, q, line, limits, horizon, taken, rejected)


def _checked(
    arrival_s: ArrayLike, input_tokens: ArrayLike, output_tokens: ArrayLike, limits: Limits
) -> tuple[Array, Array, Array, Any, dict[str, int]]:
    """Requests that can be served, and how many cannot, by reason."""
    arrival = np.asarray(arrival_s, float)
    inputs: Any = np.asarray(input_tokens, np.int64)
    outputs: Any = np.asarray(output_tokens, np.int64)
    if not len(arrival) == len(inputs) == len(outputs):
        raise WattlineError("traffic: times, input and output tokens are not equally many")
    if not np.isfinite(arrival).all() or (len(arrival) and arrival[0] < 0) or np.any(np.diff(arrival) < 0):
        raise WattlineError("traffic: times must be finite, zero or more, and in order")
    bad = (inputs < 1) | (outputs < 1)
    # the last token is given and never kept
    long = ~bad & (inputs + outputs - 1 > limits.blocks * limits.block_tokens)
    taken = ~bad & ~long
    rejected = {"no tokens in or out": int(bad.sum()), "longer than the cache holds": int(long.sum())}
    if taken.all():
        return arrival, inputs, outputs, taken, {}
    return arrival[taken], inputs[taken], outputs[taken], taken, {k: v for k, v in rejected.items() if v}


def _settle(s: Any, q: Any) -> None:
    """Sequences that still decode at the end bear what they have taken so far."""
    for r in np.flatnonzero(s.decoding):
        size = s.decoding[r]
        who = s.who[r, :size]
        q.energy[who] += s.joules_each[r] - q.joules_at[who]
        q.seconds[who] += s.seconds_each[r] - q.seconds_at[who]
        q.done[who] = q.outputs[who] - (s.due[r, :size] - s.steps[r])


def _served(
    s: Any, q: Any, line: Any, limits: Limits, horizon: float, taken: Array, rejected: dict[str, int]
) -> Served:
    names = (
        "busy_s", "energy_j", "decode_j", "prefill_j", "tokens", "read_tokens", "steps", "running_s", "preempted",
        "peak_blocks",
    )  # fmt: skip
    width = float(line.width[0])
    count = max(1, int(np.ceil(horizon / width - 1e-9)))
    bins = line.bins[:, : min(count, BINS)]
    if count > BINS:  # nothing happened in the rest of the time
        bins = np.concatenate([bins, np.zeros((len(bins), count - BINS, 5))], axis=1)
    return Served(
        arrival_s=q.arrival, input_tokens=q.inputs, output_tokens=q.outputs, first_s=q.first, end_s=q.end,
        tokens=q.done, energy_j=q.energy, seconds=q.seconds, replica=q.replica,
        totals={name: s.totals[:, i] for i, name in enumerate(names)},
        bins=bins, bin_s=width, latency=line.latency, horizon_s=horizon, limits=limits, taken=taken,
        rejected=rejected,
    )  # fmt: skip
