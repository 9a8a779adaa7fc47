"""Requests through the replicas of a set-up: together, or with pools for prefill and for decode.

Times are those of the facts' central values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.chip.serving import Serving
from wattline.line.chip.shape import Shape
from wattline.line.chip.software import Software, load_software
from wattline.line.engine.simulator.front_end import with_front_end
from wattline.line.engine.simulator.kernel_state import Limits
from wattline.line.engine.simulator.outcome import ServiceOutcome
from wattline.line.engine.simulator.pools import PromptsRead, decode_after, read_prompts
from wattline.line.engine.simulator.power import ReadyPower
from wattline.line.engine.simulator.replica import ReplicaSteps, setting
from wattline.line.engine.simulator.scaling import Scaling
from wattline.line.engine.simulator.simulate import Routing, Side, cache_limits, simulate
from wattline.line.engine.simulator.step_tables import RawTables, Tables, limited_tables, raw_tables
from wattline.line.work.inputs import read_model
from wattline.line.work.model import Model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.fleet import scaling_of, send_rate
from wattline.predict.service.inputs import Replica, by_prefixes, read_replica
from wattline.predict.service.pace import fastest_frugal, service_j
from wattline.predict.service.seen import Encoding, encoding_of, with_tokens, without_stand_ins
from wattline.predict.setup import Setup, check_ranks

USUAL_ENGINE = "vllm"  # whose steps the chip model was fitted to
KEPT_TABLES = 64  # of some 2 MB each
KEPT_READINGS, MAX_KEPT_REQUESTS = 24, 50_000  # of up to 8 MB each


@dataclass(frozen=True, eq=False)
class Simulation:
    """What was simulated, and its outcome.

    Attributes
    ----------
    replica : that decodes, or does both
    served : the outcome, request by request and over time
    scaling : the policy by which replicas come and go, None where all stand ready
    readers : chips of a replica that reads prompts, 0 where there are no pools
    bytes_per_s : of one transfer between the pools, None where there are none
    traffic : the requests, with the tokens of their pictures and sound
    encoding : the work of their encoders, None where there are none
    """

    replica: Replica
    served: ServiceOutcome
    scaling: Scaling | None
    traffic: Traffic
    readers: int = 0
    bytes_per_s: float | None = None
    encoding: Encoding | None = None

    @property
    def standing(self) -> ReadyPower:
        """Watts of a chip and its share of host and network, central values."""
        chip = self.replica.chip
        central = load_chip(chip.rented_as, chip.draws.central())
        return ReadyPower(*(float(w) for w in (central.idle_w, central.host_w, central.host_idle_w, central.network_w)))


@dataclass(frozen=True, eq=False)
class _Schedule:
    """The traffic and how it is scheduled; ``software``: kernels that differ from those of the chip model."""

    traffic: Traffic
    setup: Setup
    scaling: Scaling | None
    software: Software | None

    @property
    def replicas(self) -> int:
        return int(self.setup.replicas)


def simulate_service(model: str | Path | Model, traffic: Traffic, setup: Setup, draws: Draws) -> Simulation:
    """Serve every request till the last has its answer; a tuned service at the pace that ``pace.py`` finds.

    Parameters
    ----------
    model : a catalog name, the path of a ``config.json``, or a Model
    traffic : the requests
    setup : how the model is served; its replicas are counted
    draws : that the facts taken are cited in

    Returns
    -------
    The replica with its outcome, and how many replicas there were.

    Raises WattlineError where parts of the set-up do not go together, or no request fits a replica.
    """
    architecture = read_model(model, draws.catalog)
    traffic = with_tokens(traffic, architecture, draws)
    if not setup.tuned:
        return _simulated(architecture, traffic, setup, draws)
    default = replace(setup, tuned=False)
    return fastest_frugal(
        lambda pace: _simulated(architecture, traffic, setup, draws, pace),
        lambda: _simulated(architecture, traffic, default, Draws(0, catalog=draws.catalog)),
        lambda done: service_j(done.served, done.standing),
    )


def _simulated(model: Model, traffic: Traffic, setup: Setup, draws: Draws, pace: float = 0.0) -> Simulation:
    """The same of an engine at a pace, which ``Serving`` explains."""
    replica = read_replica(model, traffic, setup, draws)
    replica = replace(replica, how=replace(replica.how, pace=pace))
    scaling = scaling_of(setup, replica, traffic, draws)
    chip = replica.chip
    software = load_software(
        setup.engine or USUAL_ENGINE, chip.generation, draws, family=replica.model.family, chip=chip.record.name
    ).among(replica.ranks)
    schedule = _Schedule(traffic, setup, scaling, software if setup.engine else None)
    readers, rate = 0, None
    if setup.prefill_replicas:
        readers = setup.prefill_gpus or replica.chips
        rate = send_rate(replica, readers, setup.transfer_bandwidth, draws)
        served, encoding = _in_pools(replica, schedule, readers, rate)
    else:
        served, encoding = _together(replica, schedule)
    if encoding is not None:
        served = without_stand_ins(served, encoding)
    served = with_front_end(served, software, float(Shape.of(replica.model).layers), setup.max_num_batched_tokens)
    if not len(served.arrival_s):
        room = served.limits.blocks * served.limits.block_tokens
        raise WattlineError(f"traffic: no request fits the {room:,} tokens of a replica's cache; give more --gpus")
    return Simulation(replica, served, scaling, traffic, readers, rate, encoding)


def _together(replica: Replica, schedule: _Schedule) -> tuple[ServiceOutcome, Encoding | None]:
    """Every replica reads prompts and decodes."""
    traffic, setup = schedule.traffic, schedule.setup
    limits, table = _steps(replica, replica.chips, schedule)
    limits, given = by_prefixes(traffic, limits, schedule.replicas, setup.router, setup.prefix_cache, replica.ranks)
    cached = given.pop("cached_tokens", 0)
    side = Side(table, limits, Routing(schedule.replicas, **given, scaling=schedule.scaling))
    encoding = _encoding(_kind(replica, replica.chips, schedule)[1], traffic, replica.chip.draws.catalog)
    served = simulate(
        side, traffic.arrival_s, traffic.input_tokens, traffic.output_tokens,
        cached_tokens=cached if encoding is None else cached - encoding.tokens, horizon_s=traffic.duration_s,
    )  # fmt: skip
    return served, encoding


def _in_pools(
    replica: Replica, schedule: _Schedule, readers: int, rate: float
) -> tuple[ServiceOutcome, Encoding | None]:
    """Replicas of ``readers`` chips read prompts, and send caches at ``rate`` bytes/s to those that decode."""
    traffic, setup, catalog = schedule.traffic, schedule.setup, replica.chip.draws.catalog
    limits, kind = _kind(replica, replica.chips, schedule)
    read_limits, read_kind = (limits, kind) if readers == replica.chips else _kind(replica, readers, schedule)
    reading = _PromptPool(
        read_kind, read_limits, limits, setup.prefill_replicas, setup.router, setup.prefix_cache, rate
    )
    read = _read if len(traffic) <= MAX_KEPT_REQUESTS else _read.__wrapped__
    router = "least-loaded" if setup.router == "prefix" else setup.router
    decode = Routing(schedule.replicas, router, scaling=schedule.scaling)
    served = decode_after(read(reading, traffic, catalog), Side(_tables(kind, catalog), limits, decode))
    return served, _encoding(read_kind, traffic, catalog)


def _encoding(kind: _ReplicaKind, traffic: Traffic, catalog: Catalog) -> Encoding | None:
    """The encoders' work on a replica that reads prompts; None where requests are of text alone."""
    if traffic.seen is None:
        return None
    central = Draws(0, catalog=catalog)
    chip = load_chip(kind.chip, central)
    return encoding_of(traffic.seen, kind.model, chip, kind.chips, _tables(kind, catalog), central)


def _steps(replica: Replica, chips: int, schedule: _Schedule) -> tuple[Limits, Tables]:
    """A replica of so many chips: the scheduler's limits, and times and joules of its steps."""
    limits, kind = _kind(replica, chips, schedule)
    return limits, _tables(kind, replica.chip.draws.catalog)


def _kind(replica: Replica, chips: int, schedule: _Schedule) -> tuple[Limits, _ReplicaKind]:
    """A replica of so many chips: the scheduler's limits, and what its steps rest on."""
    most = (schedule.setup.max_num_seqs, schedule.setup.max_num_batched_tokens)
    limits = cache_limits(
        replica.model, replica.chip.memory_bytes, chips, replica.precision, *most,
        memory_share=replica.chip.usable_memory, serving=replica.how,
    )  # fmt: skip
    check_ranks(replica.ranks, chips, replica.model)
    longest = float((schedule.traffic.input_tokens + schedule.traffic.output_tokens).max())
    usual = float(schedule.traffic.input_tokens.mean())
    how = replace(replica.how, software=schedule.software)
    return limits, _ReplicaKind(
        replica.model, replica.chip.rented_as, chips, replica.precision, replica.limit_w, how,
        limits.max_num_seqs, limits.max_num_batched_tokens, longest, usual,
    )  # fmt: skip


class _ReplicaKind(NamedTuple):
    """All that the steps of a replica rest on beside the facts."""

    model: Model
    chip: str
    chips: int
    precision: str
    limit_w: float | None
    how: Serving
    max_num_seqs: int
    max_num_batched_tokens: int
    longest_context: float
    usual_prompt: float

    def steps(self, catalog: Catalog) -> ReplicaSteps:
        """At central values."""
        central = load_chip(self.chip, Draws(0, catalog=catalog))  # links beyond a node have ranges
        return setting(self.model, central, self.chips, self.precision, limit_w=self.limit_w, serving=self.how)


@lru_cache(maxsize=KEPT_TABLES)
def _tables(kind: _ReplicaKind, catalog: Catalog) -> Tables:
    """Of one kind of replica, however many there are: a search tries each with several counts."""
    return limited_tables(kind.steps(catalog), _raw_tables(kind._replace(limit_w=None), catalog))


@lru_cache(maxsize=KEPT_TABLES)
def _raw_tables(kind: _ReplicaKind, catalog: Catalog) -> RawTables:
    """The same whatever its power limit: a search tries several."""
    most = (kind.max_num_seqs, kind.max_num_batched_tokens, kind.longest_context, kind.usual_prompt)
    return raw_tables(kind.steps(catalog), *most)


class _PromptPool(NamedTuple):
    """What reading the prompts rests on beside traffic and facts, where replicas of their own do that."""

    kind: _ReplicaKind
    limits: Limits
    decode_limits: Limits
    replicas: int
    router: str
    prefix_cache: float
    rate: float  # bytes/s at which caches are sent


@lru_cache(maxsize=KEPT_READINGS)
def _read(reading: _PromptPool, traffic: Traffic, catalog: Catalog) -> PromptsRead:
    """Of one pool that reads prompts, whatever decodes: a search tries each beside several."""
    kind = reading.kind
    limits, given = by_prefixes(
        traffic, reading.limits, reading.replicas, reading.router, reading.prefix_cache, kind.how.ranks
    )
    cached = given.pop("cached_tokens", 0)
    encoding = _encoding(kind, traffic, catalog)
    sent = Shape.of(kind.model).cache_bytes(traffic.input_tokens, 1, kind.how.cache_bytes)
    return read_prompts(
        Side(_tables(kind, catalog), limits, Routing(reading.replicas, **given)), reading.decode_limits,
        traffic.arrival_s, traffic.input_tokens, traffic.output_tokens, sent / reading.rate,
        cached_tokens=cached if encoding is None else cached - encoding.tokens, horizon_s=traffic.duration_s,
    )  # fmt: skip
