"""The search for set-ups of least energy and least cost that keep a latency.

Each set-up (chip, chips a replica, format, batch limits, power cap) is tried with the fewest replicas that keep the
target; more replicas only idle more. Set-ups are taken in the order of a guess, in rounds; one is left out, or given up
half-way, when its bound, or what it took with too few replicas, is already above a set-up found that costs no more.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.predict.service.replicas import fewest
from wattline.search.bounds import Bound
from wattline.search.evaluate import Question, item_of, sample_size
from wattline.search.misses import Misses, StrainedTrial, family
from wattline.search.order import first_of_families, in_families, possible_twins
from wattline.search.pareto import frontier_of
from wattline.search.setup import Candidate
from wattline.search.trial import Rivals, Trial
from wattline.search.twins import PEAK, Twins, group_of
from wattline.sweep import Pool, Store, drive
from wattline.sweep.store import item_key

FIRST_ROUND, ROUND = 6, 24  # set-ups that are searched before what they found counts, at first and at most
DOUBT = 0.03  # of energy and cost: what a trial on a part of the replicas may be off by
MAX_REPLICAS = 20_000
STALE = 0.98  # twice the replicas and still this much of the strain: more will not bring it down
HOPELESS = 50.0  # a strain that is no longer of one request alone, but of a queue that grows

NONE = Misses((), 0.0)

Steps = Generator[Mapping[str, Any], Mapping[str, Any], "Trial | None"]


@dataclass(frozen=True)
class Count:
    """What one bisection varies: replicas that decode and that read prompts by their count, and the strain it minds."""

    bound: Bound
    replicas: Callable[[int], tuple[int, int]]
    strain: Callable[[Trial], float]
    few: int = 0  # so many are known to be too few


@dataclass(eq=False)
class Search:
    """A search under way: its question, its pool and store, who watches, and all that was simulated for it."""

    question: Question
    pool: Pool
    store: Store
    progress: Callable[..., None] | None = None
    seen: dict[str, Trial] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)  # why set-ups could not be simulated
    twins: Twins = field(default_factory=Twins)
    left_out: int = 0  # by their bound alone

    @property
    def sliced(self) -> bool:
        """Whether any set-up is tried on a part of its replicas first."""
        return sample_size(self.question, Candidate("", 1, "", replicas=MAX_REPLICAS)) < MAX_REPLICAS

    def level(self, bounds: Sequence[Bound], level: float) -> None:
        """Go through the space for what keeps ``level`` of the target with least energy or least cost. Raises
        WattlineError where every set-up is refused for the same reason.

        Parameters
        ----------
        bounds : of the set-ups, in the order in which they are tried
        level : of strain, a share of the target
        """
        doubt = DOUBT if self.sliced else 0.0
        order = in_families([b for b in bounds if b.strain <= level])
        self.left_out, width, begun = len(bounds) - len(order), FIRST_ROUND, set[Candidate]()
        while order:
            rivals = _rivals([trial for trial in self.seen.values() if trial.strain <= level], doubt)
            misses = Misses((StrainedTrial(t.setup, t.strain, t.strain_ttft) for t in self.seen.values()), level)
            left = [b for b in order if not rivals.beat(*b.within(level, max(b.least, misses.fewest(b.setup))))]
            self.left_out += len(order) - len(left)
            self._decided(len(bounds) - len(left), len(bounds))
            now = first_of_families(left, begun)[:width]
            width = min(2 * width, ROUND)
            begun |= {family(b.setup) for b in now}
            chosen = {id(b) for b in now}
            order = [b for b in left if id(b) not in chosen]
            self._run([self._in_turn(some, level, rivals, misses) for some in possible_twins(now)])
            if self.wrong and not self.seen:  # what is asked is wrong, not one set-up
                raise WattlineError(self.wrong[0])

    def least(self, bounds: Sequence[Bound], level: float = 1.0) -> list[Trial]:
        """Each set-up with the fewest replicas that keep the level on the whole traffic; without those that none do.

        Parameters
        ----------
        bounds : of the set-ups
        level : of strain, a share of the target

        Returns their trials.
        """
        tried = self._run([self._fewest(b, level, Rivals()) for b in bounds])
        return self.settle([(b, trial.setup.replicas) for b, trial in zip(bounds, tried, strict=True) if trial], level)

    def settle(self, some: Sequence[tuple[Bound, int]], level: float) -> list[Trial]:
        """The same, beginning near the replicas that were found on a part of the traffic.

        Parameters
        ----------
        some : bounds of set-ups, each with the replicas at which its search begins
        level : of strain, a share of the target

        Returns their trials.
        """
        trials = self._run([self._fewest(b, level, Rivals(), True, n) for b, n in some])
        return [trial for trial in trials if trial is not None]

    def simulate(self, setups: Sequence[Candidate]) -> list[Trial]:
        """These set-ups on the whole traffic; without those that cannot be simulated."""
        trials = self._run([self._once(setup) for setup in setups])
        return [trial for trial in trials if trial is not None]

    def _run(self, steps: Sequence[Steps]) -> list[Trial | None]:
        self.twins.take_in()
        return drive(steps, self.pool, self.store, self._heard)

    def _heard(self, item: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        if self.progress is not None:
            self.progress("", self.store.made)

    def _decided(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress("", self.store.made, done, total)

    def _note(self, setup: Candidate, item: Mapping[str, Any], result: Mapping[str, Any]) -> Trial | None:
        if "wrong" in result:
            self.wrong.append(str(result["wrong"]))
            return None
        trial = Trial(setup, result, item["sampled"] == setup.replicas)
        self.seen[item_key(item)] = trial
        return trial

    def _once(self, setup: Candidate, whole: bool = True) -> Steps:
        """One simulation, or what that of a twin has said."""
        item = item_of(self.question, setup, whole)
        if (seen := self.seen.get(item_key(item))) is not None:
            return seen
        known = self.twins.find(item)
        if known is not None:
            return self._note(setup, item, known)
        result = yield item
        if PEAK in result:
            self.twins.add(item, result)
        return self._note(setup, item, result)

    def _in_turn(self, bounds: Sequence[Bound], level: float, rivals: Rivals, misses: Misses) -> Steps:
        """Set-ups that may be twins one after the other, so that each is spared what the one before it has shown."""
        trial = None
        for bound in bounds:
            trial = yield from self._fewest(bound, level, rivals, misses=misses)
            self.twins.take_in(group_of(item_of(self.question, bound.setup, True)))
        return trial

    def _fewest(
        self, bound: Bound, level: float, rivals: Rivals, whole: bool = False, first: int = 0, misses: Misses = NONE
    ) -> Steps:
        """The fewest replicas that keep the level: none where none do, or where rivals beat it anyhow."""
        if bound.setup.prefill_replicas:
            return (yield from self._fewest_split(bound, level, rivals, misses))
        tried = Count(bound, lambda n: (n, 0), lambda trial: trial.strain, misses.replicas(bound.setup))
        return (yield from self._bisect(tried, first or bound.replicas, level, rivals, 0, whole, bool(first)))

    def _bisect(
        self,
        what: Count,
        first: int,
        level: float,
        rivals: Rivals,
        others: int,
        whole: bool = False,
        near: bool = False,
    ) -> Steps:
        """The fewest of one kind of replicas that keep the level, beside ``others`` of the other kind."""
        least, best = what.few, None
        if rivals.beat(*what.bound.within(level, least + 1 + others)):
            return None
        missed: list[tuple[int, float]] = []
        most = min(MAX_REPLICAS, len(self.question.traffic))
        first = _worth_trying(what.bound, max(first, least + 1), least + 1, others, level, rivals)
        tries = fewest(first, 1 if near else max(1, first // 6), most)
        count = next(tries, None)
        while count is not None:
            if count <= what.few:
                try:
                    count = tries.send(False)
                except StopIteration as end:
                    return best if end.value is not None else None
                continue
            setup = what.bound.setup.of(*what.replicas(count))
            point = yield from self._once(setup, whole)
            if point is None:
                return None
            if enough := what.strain(point) <= level:
                best = point
            elif rivals.beat(point.energy_j, point.usd) or (best is None and _stale(count, what.strain(point), missed)):
                return None
            else:
                least = max(least, count)
                missed.append((count, what.strain(point)))
            try:
                count = tries.send(enough)
            except StopIteration as end:
                return best if end.value is not None else None
            if rivals.beat(*what.bound.within(level, least + 1 + others)):
                return None
        return None

    def _fewest_split(self, bound: Bound, level: float, rivals: Rivals, misses: Misses) -> Steps:
        """Pools: first the fewest replicas that read prompts, by the first token alone, then the fewest that decode;
        one more of the first where the second cannot mend it."""
        ample = Count(
            bound, lambda n: (2 * bound.replicas, n), lambda trial: trial.strain_ttft, misses.readers(bound.setup)
        )
        readers = yield from self._bisect(ample, bound.readers, level, Rivals(), 0)
        if readers is None:
            return None
        for count in range(readers.setup.prefill_replicas, readers.setup.prefill_replicas + 3):
            few = misses.replicas(bound.setup, count)
            tried = Count(bound, lambda n, count=count: (n, count), lambda trial: trial.strain, few)  # type: ignore[misc]
            trials = yield from self._bisect(tried, bound.replicas, level, rivals, count)
            if trials is not None:
                return trials
        return None


def _worth_trying(bound: Bound, first: int, fewest_left: int, others: int, level: float, rivals: Rivals) -> int:
    """The count to begin with: no more than rivals leave a chance."""
    count = fewest_left
    while count < first and not rivals.beat(*bound.within(level, count + 1 + others)):
        count += 1
    return count


def _stale(count: int, strain: float, missed: Sequence[tuple[int, float]]) -> bool:
    """More replicas do not help: too many requests fit no cache, or one takes too long that is alone, so that twice as
    many replicas had much the same strain."""
    if not np.isfinite(strain):
        return True
    return strain < HOPELESS and any(count >= 2 * n and strain > STALE * before for n, before in missed)


def _rivals(trials: Sequence[Trial], doubt: float) -> Rivals:
    if not trials:
        return Rivals((), doubt)
    pairs = [(trial.energy_j, trial.usd) for trial in trials]
    return Rivals(tuple(pairs[i] for i in frontier_of(pairs)), doubt)
