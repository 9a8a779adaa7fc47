"""Before any simulation: for each set-up of a search a lower bound of its energy and its latency, and a first guess of
how many replicas it needs.

The bound takes every token at the best batch that the set-up allows, every prompt in the best step, no queues and no
preemption; replicas are ready from the first request to the end of the window. It comes from the chip model itself,
where the simulator reads tables between knots, hence ``SLACK``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

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
from wattline.search.curves import SLACK, Demand, StepCurves
from wattline.search.evaluate import Question, capital_usd_per_s
from wattline.search.floors import LEVELS, Floor, TokensMade
from wattline.search.setup import Candidate

PEAK_S = 60.0  # a service is sized for the busiest minute


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
    floors: Mapping[float, Floor] = field(default_factory=dict)  # by level of the target

    @property
    def least(self) -> int:
        """The fewest replicas that it can have."""
        return 2 if self.setup.prefill_replicas else 1

    def energy_j(self, replicas: int) -> float:
        return self.work_j + replicas * self.ready_j

    def usd(self, replicas: int) -> float:
        """Infinite where no price is known."""
        return self._usd(self.energy_j(replicas), replicas)

    def _usd(self, energy_j: float, replicas: int) -> float:
        return float("inf") if self.capital_usd is None else self.usd_per_j * energy_j + replicas * self.capital_usd

    def within(self, level: float, replicas: int) -> tuple[float, float]:
        """Joules and USD a request that so many replicas or more cannot go below within this part of the target.

        Parameters
        ----------
        level : part of the target that is kept, 1 for all of it
        replicas : the fewest that are possible

        Returns
        -------
        Joules and USD a request.
        """
        floor = self.floors.get(level)
        if floor is None:
            return self.energy_j(replicas), self.usd(replicas)
        count = max(replicas, floor.replicas)
        energy_j = max(floor.work_j + count * self.ready_j, floor.busy_j)
        return energy_j, self._usd(energy_j, count)


def screen(question: Question, setups: Sequence[Candidate]) -> list[Bound]:
    """The bounds of all set-ups, in their order.

    Parameters
    ----------
    question : traffic, model and target
    setups : to bound

    Returns
    -------
    One bound a set-up.
    """
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
    """TokensMade that the cache of a replica holds, the least of these set-ups."""
    first = setups[0]
    chip = load_chip(first.chip, question.central())
    memory, share = chip.memory_bytes, chip.usable_memory
    limits = cache_limits(
        question.model, memory, first.gpus, first.precision, memory_share=share, serving=kept_by(question.setup),
    )  # fmt: skip
    return float(limits.blocks * limits.block_tokens)


def _demand(question: Question, room: float) -> Demand:
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
    free = offered - int(np.ceil(question.share * offered - 1e-9))  # requests that may miss the target
    decoded = np.array([made[group].sum() for group in groups]) / count
    missed, missed_inputs = (
        float(np.sort(values)[max(count - free, 0) :].sum()) / count for values in (made, traffic.input_tokens)
    )
    return Demand(
        offered,
        traffic.duration_s,
        float(traffic.input_tokens.mean()),
        decoded,
        np.array([float(np.average(context[group], weights=made[group])) for group in groups]),
        _peak(traffic),
        # a prompt that there is: between two of them the bound would be above what a simulation says
        np.percentile(traffic.input_tokens, (bad, 50.0), method="lower"),
        not (question.setup.prefix_cache or question.setup.router == "prefix"),
        float((traffic.input_tokens + traffic.output_tokens - 1).max()),
        TokensMade(decoded, missed, missed_inputs),
        float(made.max()),
    )


def _peak(traffic: Traffic) -> float:
    """Requests a second in the busiest minute."""
    width = min(PEAK_S, max(traffic.duration_s, 1e-9))
    counts = np.histogram(traffic.arrival_s, np.arange(0.0, traffic.duration_s + width, width))[0]
    return float(counts.max()) / width


def _bounds(
    question: Question, demand: Demand, setups: list[Candidate], pue: float, usd_per_j: float
) -> dict[Candidate, Bound]:
    """Set-ups that differ in their batch alone."""
    first = setups[0]
    chip = load_chip(first.chip, question.central())
    same = _setting(question, first, chip)
    watts = ReadyPower(*(first.gpus * float(w) for w in (chip.idle_w, chip.host_w, chip.host_idle_w, chip.network_w)))
    steps = StepCurves(same, watts, demand, setups)
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
            {level: steps.floor(question, setup, level, pue) for level in LEVELS},
        )
    return bounds


def _setting(question: Question, first: Candidate, chip: Chip) -> ReplicaSteps:
    """What the steps of a replica rest on, whatever its batch."""
    return setting(
        question.model, chip, first.gpus, first.precision, limit_w=first.power_cap_w,
        serving=read_serving(question.model, chip, question.setup, question.central()),
    )  # fmt: skip
