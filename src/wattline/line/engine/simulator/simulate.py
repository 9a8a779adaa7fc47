"""A service simulated request by request: replicas with continuous batching, in time; times, joules and power out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.serving import Serving
from wattline.line.chip.shape import Shape
from wattline.line.engine.simulator import kernel_state as state
from wattline.line.engine.simulator.admission import admissible, cached_prompt_tokens
from wattline.line.engine.simulator.kernel_state import Limits
from wattline.line.engine.simulator.outcome import PoolOutcome, ServiceOutcome, to_horizon
from wattline.line.engine.simulator.scaling import Fleet, FleetRecord, Scaling, follow
from wattline.line.engine.simulator.step_tables import Tables
from wattline.line.work.model import Model
from wattline.line.work.weights import replica_bytes

ROUTERS = ("round-robin", "least-loaded", "assigned")
BLOCK_TOKENS = 16
WATERMARK = 0.01  # of the blocks, left free when a request is admitted beside others, as vLLM's first scheduler did
TYPICAL_TOKENS = 4096.0  # at which a token's share of the cache is taken where layers differ (windows, Mamba states)
BINS, BIN_S = 1024, 1.0
MAX_TOKENS, MAX_REPLICAS = 1 << 40, 100_000


def cache_limits(
    model: Model, memory_bytes: float, chips: int, precision: str, max_num_seqs: int = 256,
    max_num_batched_tokens: int = 8192, *, memory_share: float, serving: Serving = Serving(),
) -> Limits:  # fmt: skip
    """The scheduler's limits; blocks of the cache are what a replica's memory holds beside the weights.

    Parameters
    ----------
    model : the model that is served
    memory_bytes : memory of one chip [B]
    chips : chips of a replica
    precision : format of the weights
    max_num_seqs, max_num_batched_tokens : requests that run at once, tokens of a step, at most
    memory_share : share of the memory that weights and cache may fill
    serving : groups of the chips that split the requests' attention, each with its own step of so many tokens, and the
        bytes of a value that is kept of a token

    Returns
    -------
    Requests, tokens and blocks of the cache that a replica takes.

    Raises WattlineError where the weights alone do not fit.
    """
    _check_step(max_num_seqs, max_num_batched_tokens)
    ranks = serving.ranks
    weights = replica_bytes(model, precision, ranks)
    room = chips * memory_bytes * memory_share - weights
    each = float(Shape.of(model).cache_bytes(TYPICAL_TOKENS, chips / ranks, serving.cache_bytes)) / TYPICAL_TOKENS
    blocks = int(max(room, 0.0) // (each * BLOCK_TOKENS)) if each > 0 else MAX_TOKENS
    if room <= 0 or blocks < 1:
        needed = weights / 1e9
        raise WattlineError(
            f"{model.key} in {precision} does not fit {chips} × {memory_bytes / 1e9:.0f} GB: its weights alone are "
            f"{needed:,.0f} GB; give more --gpus or a narrower --precision"
        )
    return Limits(max_num_seqs, ranks * max_num_batched_tokens, BLOCK_TOKENS, blocks, int(blocks * WATERMARK))


def _check_step(max_num_seqs: int, max_num_batched_tokens: int) -> None:
    """Raises WattlineError for limits of a step that make no sense."""
    for name, value in (("max-num-seqs", max_num_seqs), ("max-num-batched-tokens", max_num_batched_tokens)):
        if not 1 <= value <= 1_000_000:
            raise WattlineError(f"{name}: {value} is out of range; take 1 to 1,000,000")
    if max_num_batched_tokens < max_num_seqs:
        raise WattlineError(
            f"max-num-batched-tokens: {max_num_batched_tokens:,} is fewer than the {max_num_seqs:,} sequences "
            "of max-num-seqs, which take a token each in every step"
        )


def is_compiled() -> bool:
    """Whether the compiled simulator lies on disk, so that it begins at once; True where Numba is missing, which says
    so itself."""
    try:
        from wattline.line.engine.simulator import kernel_parts, kernel_routing
    except ImportError:
        return True
    return bool(kernel_parts.is_on_disk(kernel_routing.all_to) or kernel_parts.is_on_disk(kernel_routing.among))


def simulate(
    side: Side,
    arrival_s: ArrayLike,
    input_tokens: ArrayLike,
    output_tokens: ArrayLike,
    *,
    cached_tokens: ArrayLike = 0,
    until_s: float = np.inf,
    horizon_s: float = 0.0,
    window_s: tuple[float, float] = (0.0, np.inf),
) -> ServiceOutcome:
    """Requests, in order of arrival, through the replicas of one side.

    Parameters
    ----------
    side : steps of a replica, limits of its scheduler, and how many replicas there are and how requests find them
    arrival_s : when each request comes [s], shape ``(requests,)``, rising
    input_tokens, output_tokens : tokens of each prompt and answer, shape ``(requests,)``
    cached_tokens : of each prompt's, those in the cache of prefixes that are not read again (the last always is);
        below zero where encoders take as long as so many tokens before
    until_s : no step begins later [s]; not given, the run goes on till all is done
    horizon_s : how long replicas stand ready (and idle) at least [s]
    window_s : from when to when inter-token latencies count [s]

    Returns
    -------
    Each request's times, and bins of energy.

    Raises WattlineError for times that are not in order or not finite, and an unknown router.
    """
    tables, limits = side.tables, side.limits
    arrival, inputs, outputs, taken, rejected = admissible(arrival_s, input_tokens, output_tokens, limits)
    requests = state.requests(arrival, inputs, outputs, cached_prompt_tokens(cached_tokens, taken))
    way = side.routing.of(taken)
    return outcome_of(
        run_pool(tables, limits, requests, way, until_s, horizon_s, window_s), limits, tables, taken, rejected
    )


@dataclass(frozen=True, eq=False)
class Routing:
    """How requests find their replica: ``assign`` (of each request) goes with the router of that name."""

    replicas: int = 1
    router: str = "round-robin"
    assign: ArrayLike | None = None
    scaling: Scaling | None = None

    def of(self, taken: Array) -> Routing:
        """The same for those of the requests that are taken. Raises WattlineError where a request is assigned to no
        replica that there is."""
        if self.assign is None:
            return self
        where = np.asarray(self.assign, np.int64)
        if where.shape != taken.shape or (len(where) and not 0 <= where.min() <= where.max() < self.replicas):
            raise WattlineError(f"traffic: each request must be assigned to one of the {self.replicas} replicas")
        return replace(self, assign=where[taken])

    def check(self, until_s: float, duration_s: float) -> None:
        """Whether its parts go together.

        Parameters
        ----------
        until_s : when requests are left where they are [s]
        duration_s : of the traffic [s]

        Raises WattlineError where they do not.
        """
        if self.router not in ROUTERS:
            raise WattlineError(f"router: {self.router!r} is none of {', '.join(ROUTERS)}")
        if (self.router == "assigned") != (self.assign is not None):
            raise WattlineError('router: "assigned" goes with the replica of each request, and they with it')
        if not 1 <= self.replicas <= MAX_REPLICAS:
            raise WattlineError(f"replicas: {self.replicas} is out of range; take 1 to {MAX_REPLICAS:,}")
        if self.scaling is None:
            return
        self.scaling.check(self.replicas, duration_s)
        if self.scaling.start_s is None:
            raise WattlineError("start-up: the time that a replica takes to start is not given")
        if self.assign is not None or until_s < np.inf:
            raise WattlineError(
                "scaling: goes with the routers round-robin and least-loaded, and with a run that goes on to its end"
            )


class Side(NamedTuple):
    """One pool: its replicas' steps and limits, and how requests find a replica."""

    tables: Tables
    limits: Limits
    routing: Routing


class ReplicaRun(NamedTuple):
    """The kernel's arrays after a run."""

    replicas: Any
    requests: Any
    line: Any
    horizon_s: float
    way: Routing
    record: FleetRecord | None


def run_pool(
    tables: Tables, limits: Limits, requests: Any, way: Routing, until_s: float = np.inf, horizon_s: float = 0.0,
    window_s: tuple[float, float] = (0.0, np.inf),
) -> ReplicaRun:  # fmt: skip
    """Run requests as the kernel knows them (``kernel_state.requests``).

    Parameters
    ----------
    tables : of the replica's steps
    limits : of the engine
    requests : as the kernel knows them
    way : how they are routed
    until_s : when requests are left where they are [s]
    horizon_s : until when replicas stand ready at least [s]
    window_s : within which the time line is kept [s]

    Returns what came of it. Raises WattlineError where Numba is not installed, or the routing's parts do not go
    together.
    """
    try:
        from wattline.line.engine.simulator import kernel_routing as kernel_routes
    except ImportError:
        raise WattlineError("the simulator needs Numba: pip install 'wattline[sim]'") from None
    way.check(until_s, float(requests.arrival[-1]) if len(requests.arrival) else 0.0)
    s, line = state.replicas(way.replicas, limits), state.timeline(way.replicas, BINS, BIN_S, window_s)
    same, scratch = (s, requests, limits, tables, line), state.scratch(limits)
    record = None
    if way.scaling is not None:
        record = _scaled(way, way.scaling, same, scratch, horizon_s)
    elif way.router == "least-loaded":
        everyone, turn = np.arange(way.replicas), np.zeros(1, np.int64)
        kernel_routes.among(*same, scratch, everyone, turn, True, 0, float(until_s))
        kernel_routes.all_to(*same, scratch, float(until_s))
    else:
        where = np.arange(len(requests.arrival)) % way.replicas if way.assign is None else way.assign
        kernel_routes.route_named(*same, float(until_s), scratch, np.argsort(where, kind="stable"), where)
    _settle(s, requests)
    worked = s.totals[:, state.BUSY] > 0
    horizon = max(horizon_s, float(s.clock[worked].max()) if worked.any() else 0.0)
    return ReplicaRun(s, requests, line, horizon, way, record)


def _scaled(way: Routing, scaling: Scaling, same: tuple[Any, ...], scratch: Any, horizon_s: float) -> FleetRecord:
    """The run in stretches in which the same replicas are ready."""
    from wattline.line.engine.simulator import kernel_routing as kernel_routes

    s, requests = same[:2]
    turn, least = np.zeros(1, np.int64), way.router == "least-loaded"

    def loads(until: float) -> Array:
        kernel_routes.all_to(*same, scratch, until)
        return np.asarray(s.decoding + s.waiting + (s.partial != state.NONE))

    def route(ready: Array, first: int, until: float) -> int:
        return int(kernel_routes.among(*same, scratch, ready, turn, least, first, until))

    return follow(Fleet(scaling, way.replicas, loads, s.clock, s.certain), requests.arrival, horizon_s, route)


def _settle(s: Any, requests: Any) -> None:
    """Sequences that still decode at the end bear what they have taken so far."""
    for r in np.flatnonzero(s.decoding):
        size = s.decoding[r]
        who = s.who[r, :size]
        requests.energy[who] += s.joules_each[r] - requests.joules_at[who]
        requests.seconds[who] += s.seconds_each[r] - requests.seconds_at[who]
        requests.done[who] = requests.outputs[who] - (s.due[r, :size] - s.steps[r])


def outcome_of(
    run: ReplicaRun, limits: Limits, tables: Tables, taken: Array, rejected: dict[str, int], name: str = "serving"
) -> ServiceOutcome:
    """What came of a run of one pool.

    Parameters
    ----------
    run : of one pool
    limits : of the engine
    tables : of the replica's steps
    taken : which requests are served, shape ``(n,)``
    rejected : the others by reason
    name : of the pool

    Returns times, energy and counts of each request and replica.
    """
    replicas, requests, line = run.replicas, run.requests, run.line
    names = (
        "busy_s", "energy_j", "decode_j", "prefill_j", "tokens", "read_tokens", "steps", "running_s", "preempted",
        "peak_blocks",
    )  # fmt: skip
    kept = run.way.scaling is not None and not run.way.scaling.off
    pool = PoolOutcome(name, 0, len(replicas.clock), round(tables.chips), limits, requests.seconds, run.record, kept)
    width = float(line.width[0])
    return ServiceOutcome(
        arrival_s=requests.arrival, input_tokens=requests.inputs, output_tokens=requests.outputs,
        begun_s=requests.begun, first_s=requests.first, end_s=requests.end, tokens=requests.done,
        energy_j=requests.energy, seconds=requests.seconds, replica=requests.replica,
        totals={name: replicas.totals[:, i] for i, name in enumerate(names)},
        bins=to_horizon(line.bins, width, run.horizon_s), bin_s=width, latency=line.latency, horizon_s=run.horizon_s,
        limits=limits, taken=taken, rejected=rejected, pools=(pool,),
    )  # fmt: skip
