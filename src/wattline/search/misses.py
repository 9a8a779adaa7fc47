"""What trials of a set-up say of the same under lower power limits: those are slower, and miss what it misses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from wattline.search.setup import Candidate


class StrainedTrial(NamedTuple):
    """A trial: its set-up, and its strain, of all latencies and of the first token alone."""

    setup: Candidate
    strain: float
    strain_ttft: float


def family(setup: Candidate) -> Candidate:
    """The set-up without its power limit and its replicas."""
    return replace(setup.bare(), power_cap_w=None)


def speed(setup: Candidate) -> float:
    """By which those of a family are in order: the power limit, W."""
    return float("inf") if setup.power_cap_w is None else setup.power_cap_w


def _readers(setup: Candidate) -> Candidate:
    """The set-up of those that read prompts alone, whatever decodes."""
    return replace(family(setup), max_num_seqs=0)


class Misses:
    """Trials that did not keep a level of the target, by family."""

    def __init__(self, trials: Iterable[StrainedTrial], level: float) -> None:
        self._by_family: dict[Candidate, list[StrainedTrial]] = {}
        self._late: dict[Candidate, list[StrainedTrial]] = {}
        for trial in trials:
            if trial.strain > level:
                self._by_family.setdefault(family(trial.setup), []).append(trial)
            if trial.strain_ttft > level:
                self._late.setdefault(_readers(trial.setup), []).append(trial)

    def replicas(self, setup: Candidate, readers: int = 0) -> int:
        """The most replicas that are known to be too few, beside so many that read prompts where those are apart.

        Parameters
        ----------
        setup : whose faster kin were tried
        readers : the fewest replicas that read prompts apart

        Returns
        -------
        Number of replicas; 0 where none is known.
        """
        return max((t.setup.replicas for t in self._faster(setup) if t.setup.prefill_replicas >= readers), default=0)

    def readers(self, setup: Candidate) -> int:
        """The most replicas that read prompts that are known to be too few: the first token is theirs."""
        late = self._late.get(_readers(setup), ())
        faster = (
            t.setup for t in late if t.setup.max_num_seqs >= setup.max_num_seqs and speed(t.setup) >= speed(setup)
        )
        return max((each.prefill_replicas for each in faster), default=0)

    def fewest(self, setup: Candidate) -> int:
        """The fewest replicas, of both pools, that are not known to be too few."""
        if not setup.prefill_replicas:
            return self.replicas(setup) + 1
        return self.readers(setup) + 2

    def _faster(self, setup: Candidate) -> Iterable[StrainedTrial]:
        return (t for t in self._by_family.get(family(setup), ()) if speed(t.setup) >= speed(setup))
