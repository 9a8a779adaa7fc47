"""Steps of one replica over batches, as the bounds of a search see them, and the traffic likewise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wattline.core.fact import Array
from wattline.line.engine.simulator.power import ReadyPower
from wattline.line.engine.simulator.replica import ReplicaSteps
from wattline.search.evaluate import Question
from wattline.search.floors import Floor, LeastCosts, TokensMade, fewest_replicas
from wattline.search.setup import Candidate

SLACK = 0.95  # the bound comes from the chip model itself, where the simulator reads tables between knots
ROOM = 0.85  # of the target that a first guess lets the mean take
MIXES = ((0.0, 1.0, 8.0, 64.0), (32.0, 128.0, 512.0, 2048.0, 8192.0))  # sequences that decode; tokens of prompts


@dataclass(frozen=True, eq=False)
class Demand:
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
    tokens: TokensMade
    last_s: float  # of the longest answer: tokens after the first


class StepCurves:
    """Steps of one replica over batches: seconds, joules beyond standing ready, and per token.

    Parameters
    ----------
    same : what stays the same in all steps of a replica
    watts : of a replica that only stands ready [W]
    demand : the traffic
    setups : with this replica, which differ in their batch alone
    """

    def __init__(self, same: ReplicaSteps, watts: ReadyPower, demand: Demand, setups: Sequence[Candidate]) -> None:
        self.same, self.watts, self.demand = same, watts, demand
        most = max(setup.max_num_seqs for setup in setups)
        self._mixes = (
            np.unique([*MIXES[0], *(float(setup.max_num_seqs) for setup in setups)])[:, None],
            np.unique([*MIXES[1], *(float(setup.max_num_batched_tokens) for setup in setups)]),
        )
        self.sizes = np.unique(np.round(np.geomspace(1, max(most, 2), 28)))
        self.mean_context = float(demand.context @ demand.decoded / max(demand.decoded.sum(), 1e-9)) or 1.0
        sizes, context = self.sizes[:, None], np.append(demand.context, self.mean_context)[None, :]
        seconds, joules = same.expected(same.decode(sizes, context))
        self.seconds = seconds
        steps = [(seconds, joules)]
        shortest = [same.expected(same.decode(self.sizes, 0.0))[0]]
        if same.draft is not None:  # steps that read prompts guess nothing, which may take less of a token
            steps.append(same.time_and_energy(sizes, sizes, context, 0.0))
            shortest.append(same.time_and_energy(self.sizes, self.sizes, 0.0, 0.0)[0])
        self.shortest_s = np.minimum.reduce(shortest)
        self.costs = {name: np.minimum.reduce([cost(*step) for step in steps]) for name, cost in self._kinds().items()}
        self.beyond_j = self.costs["beyond"]
        self._reads: dict[tuple[int, int], dict[str, float]] = {}
        prompt = max(demand.input_tokens, 1.0)
        read_s, read_j = same.time_and_energy(prompt, 1.0, 0.0, prompt)
        self.read_s, self.read_j = float(read_s), float(self._beyond(read_s, read_j))

    def _beyond(self, seconds: Array, joules: Array) -> Array:
        """Of a whole step at the servers' plugs, beyond what the replica takes for standing ready."""
        w, chips = self.watts, float(self.same.work.chips)
        return np.asarray(chips * joules + seconds * (w.host_w - w.host_idle_w - w.chip_idle_w))

    def _busy(self, seconds: Array, joules: Array) -> Array:
        """Of a whole step at the servers' plugs, all that the replica takes meanwhile."""
        return np.asarray(float(self.same.work.chips) * joules + seconds * (self.watts.host_w + self.watts.network_w))

    def _kinds(self) -> dict[str, Callable[[Array, Array], Array]]:
        """What is counted of a step, of its seconds and a chip's joules."""
        return {"beyond": self._beyond, "busy": self._busy, "seconds": lambda seconds, joules: seconds}

    def floor(self, question: Question, setup: Candidate, level: float, pue: float) -> Floor:
        """What the set-up cannot go below within this part of the target.

        Parameters
        ----------
        question : with its traffic and target
        setup : the candidate
        level : part of the target, 0 to 1
        pue : of the site, 1 or more

        Returns energy beyond standing ready [J], busy time of replicas [s], and the fewest replicas.
        """
        target, tokens = question.target, self.demand.tokens
        allowed, read = self.sizes <= setup.max_num_seqs, self._read(setup)
        each = {name: cost[allowed, :-1] / self.sizes[allowed, None] for name, cost in self.costs.items()}
        costs = LeastCosts(each, read, self.shortest_s[allowed])
        longest = np.inf if target.tpot_s is None else level * target.tpot_s
        work, busy = (
            max(SLACK * (costs.decoding(name, tokens, longest) + read[name] * self.demand.input_tokens), 0.0)
            for name in ("beyond", "busy")
        )
        replicas = 1 + bool(setup.prefill_replicas)
        if target.ttft_s is not None and target.tpot_s is not None:
            done_s = self.demand.window_s + level * target.ttft_s + longest * self.demand.last_s
            rate = SLACK * self.demand.count / done_s
            replicas = fewest_replicas(
                costs, tokens, longest, self.demand.input_tokens, rate, split=setup.prefill_replicas > 0
            )
        return Floor(pue * work, pue * busy, replicas)

    def work_j(self, setup: Candidate) -> float:
        """A request's joules at the least."""
        allowed = self.sizes <= setup.max_num_seqs
        each = (self.beyond_j[allowed, :-1] / self.sizes[allowed, None]).min(axis=0)
        return float(each @ self.demand.decoded) + self._read_j(setup)

    def _read_j(self, setup: Candidate) -> float:
        """Reading a request's prompt, in the step in which it costs least."""
        return self._read(setup)["beyond"] * self.demand.input_tokens

    def _read(self, setup: Candidate) -> dict[str, float]:
        """Of a token of a prompt, by what is counted."""
        key = setup.max_num_seqs, setup.max_num_batched_tokens
        if key not in self._reads:
            self._reads[key] = self._read_token(setup) if self.demand.reads else dict.fromkeys(self._kinds(), 0.0)
        return self._reads[key]

    def _read_token(self, setup: Candidate) -> dict[str, float]:
        sizes, tokens = self._mixes
        allowed = (sizes <= setup.max_num_seqs) & (tokens <= setup.max_num_batched_tokens)
        return {name: float(np.min(cost[allowed])) for name, cost in self._read_costs.items()}

    @cached_property
    def _read_costs(self) -> dict[str, Array]:
        """Of a token of a prompt by the mix that it is read in, ``(sizes, tokens)``."""
        sizes, tokens = self._mixes
        context, depth = self.mean_context, 0.0  # the first tokens of a prompt look back on the least
        both = self.same.time_and_energy(sizes + tokens, np.maximum(sizes, 1.0), context, depth)
        alone = self.same.time_and_energy(np.maximum(sizes, 1.0), np.maximum(sizes, 1.0), context, 0.0)
        return {
            name: (cost(*both) - np.where(sizes > 0, cost(*alone), 0.0)) / tokens
            for name, cost in self._kinds().items()
        }

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
        """Replicas for the busiest minute in a steady state, and a request's joules beyond standing ready.

        Parameters
        ----------
        question : with its target
        most : requests that a replica runs at once
        split : whether prompts are read on replicas of their own

        Returns replicas, those that read prompts, and joules.
        """
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
