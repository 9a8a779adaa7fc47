"""What a set-up came to on the traffic, and what those that are known leave to undercut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wattline.search.setup import Candidate


@dataclass(frozen=True)
class Trial:
    """A set-up with its replicas, and what its simulation said; ``whole``: on all of the traffic."""

    setup: Candidate
    result: Mapping[str, Any]
    whole: bool

    @property
    def energy_j(self) -> float:
        """A request at the grid."""
        return float(self.result["energy_j"])

    @property
    def usd(self) -> float:
        """A request, capital and electricity; infinite where no price is known."""
        return usd_of(self.result)

    @property
    def strain(self) -> float:
        return _number(self.result["strain"])

    @property
    def strain_ttft(self) -> float:
        return _number(self.result["strain_ttft"])

    def order(self) -> tuple[Any, ...]:
        """Least energy first; ties by cost, then by the set-up itself."""
        return (self.energy_j, self.usd, self.strain, sorted((k, str(v)) for k, v in self.setup.item().items()))


def _number(value: float | None) -> float:
    return float("inf") if value is None else float(value)


def usd_of(result: Mapping[str, Any]) -> float:
    if result.get("capital_usd") is None:
        return float("inf")
    return float(result["capital_usd"]) + float(result["electricity_usd"])


@dataclass(frozen=True)
class Rivals:
    """Energy and cost of what is found already, which a set-up has to undercut in one of them."""

    pairs: tuple[tuple[float, float], ...] = ()
    doubt: float = 0.0

    def beat(self, energy_j: float, usd: float) -> bool:
        """Whether one of them takes no more of either.

        Parameters
        ----------
        energy_j : J of a set-up, at the least
        usd : its cost, at the least

        Returns whether it has no place among the best.
        """
        return any(e * (1 + self.doubt) <= energy_j and _less(c, usd, self.doubt) for e, c in self.pairs)


def _less(mine: float, yours: float, doubt: float) -> bool:
    return mine * (1 + doubt) <= yours or mine == yours
