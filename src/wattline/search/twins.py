"""Results that hold for a set-up with another limit of sequences too: where no replica ever ran as many as either
allows, the limit decided nothing, and the simulation is the same to the last digit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattline.sweep.store import Result, item_key

PEAK = "peak_running"  # of a result: requests that a replica ran at once, at most


class Twins:
    """Results of set-ups that differ in ``max_num_seqs`` alone.

    What one run adds is not looked up before it is taken in: so what a search simulates does not depend on which of its
    simulations ends first.
    """

    def __init__(self) -> None:
        self.used = 0  # simulations that were not needed
        self._known: dict[str, list[tuple[int, Result]]] = {}
        self._new: dict[str, list[tuple[Mapping[str, Any], Result]]] = {}  # by group, see ``group_of``

    def add(self, item: Mapping[str, Any], result: Result) -> None:
        """Keep what a simulation said.

        Parameters
        ----------
        item : the set-up that was simulated, as plain data
        result : of it
        """
        self._new.setdefault(group_of(item), []).append((item, result))

    def take_in(self, group: str | None = None) -> None:
        """Look up from now on what was added: of one group of set-ups, or all."""
        for name in list(self._new) if group is None else [group]:
            for item, result in self._new.pop(name, []):
                self._known.setdefault(_key(item), []).append((int(item["max_num_seqs"]), result))

    def find(self, item: Mapping[str, Any]) -> Result | None:
        """What a simulation of this set-up would say; None where that is not known."""
        wanted = int(item["max_num_seqs"])
        for limit, result in self._known.get(_key(item), ()):
            if result[PEAK] <= wanted and (wanted <= limit or result[PEAK] < limit):
                self.used += 1
                return result
        return None


def group_of(item: Mapping[str, Any]) -> str:
    """What is the same for all that may be twins, whatever their replicas."""
    split = bool(item["prefill_replicas"])
    return item_key({**item, "max_num_seqs": 0, "replicas": 0, "prefill_replicas": split, "sampled": 0})


def _key(item: Mapping[str, Any]) -> str:
    return item_key({**item, "max_num_seqs": 0})
