"""What a set-up cannot go below within a latency: joules a request, and replicas.

A request that keeps its time between tokens waits no longer than that for each of them in the mean, so that its steps
cannot all be the large ones that take least a token. Which sizes of steps its tokens come in is a linear programme:
least cost, with a mean time of a step. Any price of that time gives a lower bound of it (Lagrange duality); the best of
some is taken. Requests that may miss the target are let free, the longest of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wattline.core.fact import Array

LEVELS = (1.0, 0.5, 0.25)  # of the target, at each of which the least energy and the least cost are searched
PRICES = np.concatenate([[0.0], np.geomspace(0.01, 30.0, 36)])  # of a step's time, in shares of the cost a target


class Floor(NamedTuple):
    """Within a latency, a request's joules at the grid: beyond what replicas take that only stand ready, and with what
    they take so while they work; and the fewest replicas."""

    work_j: float
    busy_j: float
    replicas: int


class TokensMade(NamedTuple):
    """Of a request in the mean: tokens decoded by group of context; those, and those of prompts, of the requests that
    may miss the target."""

    decoded: Array
    missed: float
    missed_inputs: float


@dataclass(frozen=True, eq=False)
class LeastCosts:
    """Of a set-up: cost of a decoded token, ``(sizes, groups)``, and of a prompt's token; shortest steps, ``(sizes,)``.

    ``each``, ``read``: by what is counted.
    """

    each: dict[str, Array]
    read: dict[str, float]
    shortest_s: Array

    def decoding(self, what: str, tokens: TokensMade, longest_s: float) -> float:
        """A request's decoded tokens at the least, whose steps take no longer than this in the mean.

        Parameters
        ----------
        what : a key of ``each``: what is counted
        tokens : decoded tokens of a request by size of the batch
        longest_s : mean time of a step at most; infinite where the target says none [s]

        Returns the cost, in the unit of ``each``.
        """
        each = self.each[what]
        free = each.min(axis=0)
        if not np.isfinite(longest_s) or not len(free):
            return float(free @ tokens.decoded)
        price = PRICES[:, None, None] * float(np.abs(free).max()) / longest_s
        least = (each + price * (self.shortest_s[:, None] - longest_s)).min(axis=1)
        loosed = tokens.missed * np.maximum(least - free, 0.0).max(axis=1)
        return float((least @ tokens.decoded - loosed).max())


def fewest_replicas(
    costs: LeastCosts, tokens: TokensMade, longest_s: float, inputs: float, share_of_time: float, *, split: bool
) -> int:
    """The fewest replicas whose time holds the steps of the requests that keep the target.

    Parameters
    ----------
    costs : of the set-up; with ``seconds``
    tokens : of a request
    longest_s : mean step of a request that keeps the target at most, s
    inputs : tokens of a prompt that are read
    share_of_time : requests over the seconds in which all that keep the target are done, 1/s
    split : whether prompts have a pool of their own

    Returns
    -------
    Number of replicas, of both pools.
    """
    slowest = costs.each["seconds"].min(axis=0).max(initial=0.0)
    decode = share_of_time * max(costs.decoding("seconds", tokens, longest_s) - tokens.missed * float(slowest), 0.0)
    read = share_of_time * max(inputs - tokens.missed_inputs, 0.0) * max(costs.read["seconds"], 0.0)
    if split:
        return max(1, int(np.ceil(decode))) + max(1, int(np.ceil(read)))
    return max(1, int(np.ceil(decode + read)))
