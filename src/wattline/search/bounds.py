"""Before any simulation: for each set-up of a search a lower bound of its energy and its latency, and a first guess of
how many replicas it needs.

The bound takes every token at the best batch that the set-up allows, every prompt in the best step, no queues and no
preemption; replicas are ready from the first request to the end of the window. It comes from the chip model itself,
where the simulator reads tables between knots, hence ``SLACK``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import J_PER_KWH
from wattline.line.chip.device import Chip, load_chip
from wattline.line.engine.simulator.power import ReadyPower
from wattline.line.engine.simulator.replica import ReplicaSteps, setting
from wattline.line.engine.simulator.simulate import cache_limits
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.answer import Working
from wattline.predict.facility import find_facility
from wattline.predict.grid_hours import PRICE
from wattline.predict.how_served import kept_by, read_serving
from wattline.predict.prices import follow
from wattline.search.evaluate import Question, capital_usd_per_s
from wattline.search.setup import Candidate

SLACK = 0.95
PEAK_S = 60.0  # a service is sized for the busiest minute
ROOM = 0.85  # of the target that a first guess lets the mean take
MIXES = ((0.0, 1.0, 8.0, 64.0), (32.0, 128.0, 512.0, 2048.0, 8192.0))  # sequences that decode; tokens of prompts


@dataclass(frozen=True)
class Bound:
    """Of one set-up, whatever its replicas: joules and USD a request that it cannot go below, a strain likewise, and
    the replicas that are tried first."""

    setup: Candidate
    work_j: float  # a request at the grid, beyond what replicas take that only stand ready
    ready_j: float  # and what one replica takes for standing ready, shared out over the requests
    usd_per_j: float
    capital_usd: float | None  # of one replica, of either pool, shared out likewise
    strain: float
    replicas: int
    readers: int  # that read prompts, where those are a pool of their own
    guess_j: float

    @property
    def least(self) -> int:
        """The fewest replicas that it can have."""
        return 2 if self.setup.prefill_replicas else 1

    def energy_j(self, replicas: int) -> float:
        return self.work_j + replicas * self.ready_j

    def usd(self, replicas: int) -> float:
        """Infinite where no price is known."""
        if self.capital_usd is None:
            return float("inf")
        return self.usd_per_j * self.energy_j(replicas) + replicas * self.capital_usd


@dataclass(frozen=True, eq=False)
class _Demand:
    """The traffic as the bound sees it."""

    count: int  # of requests, those that do not fit too
    window_s: float
    input_tokens: float  # a request
    decoded: Array  # tokens a request, by group of context
    context: Array  # of those
    peak_per_s: float
    inputs: Array  # lengths of prompts at the share's quantiles
    reads: bool  # every prompt is read: nothing is found in a cache of prefixes
    longest: float  # tokens that a request needs room for


def screen(question: Question, setups: Sequence[Candidate]) -> list[Bound]:
    """The bounds of all set-ups, in their order."""
    whole = _demand(question, np.inf)
    pue, usd_per_j = _where(question)
    groups: dict[tuple[str, int, str, float | None], list[Candidate]] = {}
    for setup in setups:
        groups.setdefault((setup.chip, setup.gpus, setup.precision, setup.power_cap_w), []).append(setup)
    bounds: dict[Candidate, Bound] = {}
    for same in groups.values():
        room = _room(question, same)
        demand = whole if room >= whole.longest else _demand(question, room)
        bounds |= _bounds(question, demand, same, pue, usd_per_j)
    return [bounds[setup] for setup in setups]


def _where(question: Question) -> tuple[float, float]:
    """A factor from servers' to grid's energy that is never too large, and USD per joule at the grid."""
    draws = question.central()
    facility = find_facility(question.where, draws, Working())
    pue = 1.0 if facility.hourly is not None else float(facility.pue)
    if facility.hours is not None and PRICE in facility.hours.signals:
        return pue, max(0.0, float(facility.hours.signals[PRICE].values.min())) / J_PER_KWH
    return pue, float(follow(facility.region, facility.where, np.asarray(1e9), draws)["cost_usd"]) / 1e9


def _room(question: Question, setups: Sequence[Candidate]) -> float:
    """Tokens that the cache of a replica holds, the least of these set-ups."""
    first = setups[0]
    chip = load_chip(first.chip, question.central())
    memory, share = chip.memory_bytes, chip.usable_memory
    limits = cache_limits(
        question.model, memory, first.gpus, first.precision, memory_share=share, serving=kept_by(question.setup),
    )  # fmt: skip
    return float(limits.blocks * limits.block_tokens)


def _demand(question: Question, room: float) -> _Demand:
    """Of the requests that fit: the rest is not served, and without the longest a request takes less in the mean."""
    traffic, offered = question.traffic, len(question.traffic)
    fit = np.flatnonzero(traffic.input_tokens + traffic.output_tokens - 1 <= room)
    if 0 < len(fit) < offered:
        traffic = traffic.take(fit, traffic.arrival_s[fit], traffic.duration_s)
    made = traffic.output_tokens - 1.0
    context = traffic.input_tokens + traffic.output_tokens / 2.0
    order = np.argsort(context, kind="stable")
    groups = [group for group in np.array_split(order, 8) if made[group].sum() > 0]
    count = len(traffic)
    bad = 100.0 * question.share
    return _Demand(
        offered,
        traffic.duration_s,
        float(traffic.input_tokens.mean()),
        np.array([made[group].sum() for group in groups]) / count,
        np.array([float(np.average(context[group], weights=made[group])) for group in groups]),
        _peak(traffic),
        # a prompt that there is: between two of them the bound would be above what a simulation says
        np.percentile(traffic.input_tokens, (bad, 50.0), method="lower"),
        not (question.setup.prefix_cache or question.setup.router == "prefix"),
        float((traffic.input_tokens + traffic.output_tokens - 1).max()),
    )


def _peak(traffic: Traffic) -> float:
    """Requests a second in the busiest minute."""
    width = min(PEAK_S, max(traffic.duration_s, 1e-9))
    counts = np.histogram(traffic.arrival_s, np.arange(0.0, traffic.duration_s + width, width))[0]
    return float(counts.max()) / width


def _bounds(
    question: Question, demand: _Demand, setups: list[Candidate], pue: float, usd_per_j: float
) -> dict[Candidate, Bound]:
    """Set-ups that differ in their batch alone."""
    first = setups[0]
    chip = load_chip(first.chip, question.central())
    same = _setting(question, first, chip)
    watts = ReadyPower(*(first.gpus * float(w) for w in (chip.idle_w, chip.host_w, chip.host_idle_w, chip.network_w)))
    steps = _StepCurves(same, watts, demand, max(setup.max_num_seqs for setup in setups))
    capital = capital_usd_per_s(first.chip, question.central())
    capital = None if capital is None else capital * first.gpus * demand.window_s / demand.count
    ready = (watts.chip_idle_w + watts.host_idle_w + watts.network_w) * demand.window_s / demand.count
    strain = SLACK * steps.least_strain(question)
    bounds = {}
    for setup in setups:
        limits = cache_limits(
            question.model, chip.memory_bytes, setup.gpus, setup.precision, setup.max_num_seqs,
            setup.max_num_batched_tokens, memory_share=chip.usable_memory,
            serving=kept_by(question.setup),
        )  # fmt: skip
        sequences = limits.blocks * limits.block_tokens / steps.mean_context
        replicas, readers, guess = steps.guess(
            question, min(float(setup.max_num_seqs), sequences), setup.prefill_replicas > 0
        )
        work = max(SLACK * steps.work_j(setup), 0.0)
        bounds[setup] = Bound(
            setup,
            pue * work,
            pue * ready,
            usd_per_j,
            capital,
            strain,
            replicas,
            readers,
            pue * (guess + (replicas + readers) * ready),
        )
    return bounds


def _setting(question: Question, first: Candidate, chip: Chip) -> ReplicaSteps:
    """What the steps of a replica rest on, whatever its batch."""
    return setting(
        question.model, chip, first.gpus, first.precision, limit_w=first.power_cap_w,
        serving=read_serving(question.model, chip, question.setup, question.central()),
    )  # fmt: skip


class _StepCurves:
    """Steps of one replica over batches: seconds, joules beyond standing ready, and per token."""

    def __init__(self, same: ReplicaSteps, watts: ReadyPower, demand: _Demand, most: int) -> None:
        self.same, self.watts, self.demand = same, watts, demand
        self.sizes = np.unique(np.round(np.geomspace(1, max(most, 2), 28)))
        self.mean_context = float(demand.context @ demand.decoded / max(demand.decoded.sum(), 1e-9)) or 1.0
        sizes, context = self.sizes[:, None], np.append(demand.context, self.mean_context)[None, :]
        seconds, joules = same.expected(same.decode(sizes, context))
        self.seconds = seconds
        self.beyond_j = self._beyond(seconds, joules)
        if same.draft is not None:  # steps that read prompts guess nothing, which may take less of a token
            self.beyond_j = np.minimum(self.beyond_j, self._beyond(*same.time_and_energy(sizes, sizes, context, 0.0)))
        prompt = max(demand.input_tokens, 1.0)
        read_s, read_j = same.time_and_energy(prompt, 1.0, 0.0, prompt)
        self.read_s, self.read_j = float(read_s), float(self._beyond(read_s, read_j))

    def _beyond(self, seconds: Array, joules: Array) -> Array:
        """Of a whole step at the servers' plugs, beyond what the replica takes for standing ready."""
        w, chips = self.watts, float(self.same.work.chips)
        return np.asarray(chips * joules + seconds * (w.host_w - w.host_idle_w - w.chip_idle_w))

    def work_j(self, setup: Candidate) -> float:
        """A request's joules at the least."""
        allowed = self.sizes <= setup.max_num_seqs
        each = (self.beyond_j[allowed, :-1] / self.sizes[allowed, None]).min(axis=0)
        return float(each @ self.demand.decoded) + self._read_j(setup)

    def _read_j(self, setup: Candidate) -> float:
        """Reading a request's prompt, in the step in which it costs least."""
        if not self.demand.reads:
            return 0.0
        tokens = np.array([t for t in (*MIXES[1], setup.max_num_batched_tokens) if t <= setup.max_num_batched_tokens])
        size = np.array([n for n in (*MIXES[0], setup.max_num_seqs) if n <= setup.max_num_seqs])[:, None]
        context, depth = self.mean_context, 0.0  # the first tokens of a prompt look back on the least
        both = self._beyond(*self.same.time_and_energy(size + tokens, np.maximum(size, 1.0), context, depth))
        alone = self._beyond(*self.same.time_and_energy(np.maximum(size, 1.0), np.maximum(size, 1.0), context, 0.0))
        alone = np.where(size > 0, alone, 0.0)
        return float(np.min((both - alone) / tokens)) * self.demand.input_tokens

    def least_strain(self, question: Question) -> float:
        """A request that is alone: what the share's longest prompt takes to read, and the shortest step."""
        target, bounds = question.target, 0.0
        if target.ttft_s is not None and self.demand.reads:
            prompt = float(self.demand.inputs[0])
            seconds, _ = self.same.time_and_energy(prompt, 1.0, 0.0, prompt)
            bounds = float(seconds) / target.ttft_s
        if target.tpot_s is not None:
            shortest = min(
                self.same.time_and_energy(1.0, 1.0, 0.0, 0.0)[0], self.same.expected(self.same.decode(1.0, 0.0))[0]
            )
            bounds = max(bounds, float(shortest) / target.tpot_s)
        return bounds

    def guess(self, question: Question, most: float, split: bool) -> tuple[int, int, float]:
        """Replicas for the busiest minute in a steady state, and a request's joules beyond standing ready."""
        sizes = self.sizes[self.sizes <= max(most, 1.0)]
        seconds, beyond = self.seconds[: len(sizes), -1], self.beyond_j[: len(sizes), -1]
        made = float(self.demand.decoded.sum())
        read_s = 0.0 if split else self.read_s
        busy = read_s + made * seconds / sizes  # a request's, of the replica
        between = seconds + sizes * read_s / (made + 1.0)
        target = question.target.tpot_s
        good = np.flatnonzero(between <= ROOM * target) if target else np.arange(len(sizes))
        best = int(good[-1]) if len(good) else 0
        replicas = min(max(1, int(np.ceil(self.demand.peak_per_s * busy[best]))), self.demand.count)
        rate = self.demand.count / max(self.demand.window_s, 1e-9) / replicas
        usual = int(np.searchsorted(-busy * rate, -1.0))  # the smallest batch that keeps up
        usual = min(usual, len(sizes) - 1)
        readers = min(max(1, int(np.ceil(self.demand.peak_per_s * self.read_s))), self.demand.count) if split else 0
        return replicas, readers, float(self.read_j + made * beyond[usual] / sizes[usual])
