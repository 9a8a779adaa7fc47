"""A device's energy shared among what ran on it; idle is a line of its own, and the sum is the device's, always.

``share`` is the rule, for anything with weights: processes, jobs, requests. ``claims_j`` applies it to claims that
begin and end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.energy.track import Span, Track
from wattline.meter.readings.faults import Mask

BLOCK = 2048  # intervals shared at a time, so that a year of jobs fits in memory


def share(energy_j: ArrayLike, idle_j: ArrayLike, weights: ArrayLike) -> tuple[Array, Array]:
    """Joules of each claim in each interval, and what stays idle. An interval in which no claim has weight is idle.

    Parameters
    ----------
    energy_j : what the device took, shape ``(n,)`` [J]
    idle_j : what of it is idle whoever ran, held between 0 and the energy, shape ``(n,)`` [J]
    weights : zero or more; only their proportions in an interval matter, shape ``(claims, n)``

    Returns joules of claims ``(claims, n)`` and idle ones ``(n,)``, which add up to ``energy_j``. Raises WattlineError
    for energies or weights that are negative or not finite.
    """
    energy, idle = np.broadcast_arrays(np.asarray(energy_j, float), np.asarray(idle_j, float))
    weight = np.asarray(weights, float)
    if weight.ndim != 2 or energy.ndim != 1 or weight.shape[1] != len(energy):
        raise WattlineError(f"share: weights of shape {weight.shape} do not go with {energy.shape} energies")
    for what, values in (("energy", energy), ("idle energy", idle), ("weight", weight)):
        if not np.isfinite(values).all() or (values < 0).any():
            raise WattlineError(f"share: every {what} must be zero or more, and finite")
    if len(weight) == 0:
        return np.zeros(weight.shape), energy.copy()
    # by the greatest first, so that no sum overflows and no tiny weight vanishes
    greatest = weight.max(axis=0)
    ran = greatest > 0
    part = np.divide(weight, greatest, out=np.zeros_like(weight), where=ran)
    part = np.divide(part, part.sum(axis=0), out=part, where=ran)
    rest = np.where(ran, np.minimum(idle, energy), energy)
    return part * (energy - rest), rest


@dataclass(frozen=True)
class Workload:
    """Something that ran: from when to when (s since the epoch), on which devices, and its weight beside others.

    ``devices``: keys, UUIDs, indices on the host, or empty for all of ``hosts``; ``hosts``: empty for any. ``count``:
    how many devices it had in all where the source tells no more (0: not told). ``user``, ``model``: whose it was and
    what it worked on; empty where the source does not tell.
    """

    name: str
    begin_s: float
    end_s: float
    devices: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    weight: float = 1.0
    count: int = 0
    user: str = ""
    model: str = ""


@dataclass(frozen=True, eq=False)
class DeviceShares:
    """One device's energy: of each claim, idle, and of times for which nobody can say; together ``total_j``."""

    device: str
    claims_j: dict[str, float]
    idle_j: float
    total_j: float
    idle_w: float
    unknown_j: float = 0.0

    @property
    def left_over_j(self) -> float:
        """What the parts miss of the whole: rounding alone."""
        return self.total_j - sum(self.claims_j.values()) - self.idle_j - self.unknown_j


def split_device(
    track: Track,
    claims: Sequence[Workload],
    idle_w: float,
    known: tuple[Array, Array] | None = None,
    seen: Sequence[Span] | None = None,
) -> DeviceShares:
    """One device's energy shared among its claims. Claims of one name are one.

    Parameters
    ----------
    track : the device's
    claims : with their times and weights
    idle_w : power of a device that idles [W]
    known : begins and ends of the stretches within which it is known who ran, shape ``(n,)`` each; all where None. The
        energy outside them is nobody's
    seen : the stretches that are shared; from the first to the last reading where None

    Returns joules by name, idle and nobody's. Raises WattlineError for an idle power below zero.
    """
    if not (np.isfinite(idle_w) and idle_w >= 0):
        raise WattlineError(f"{track.device.key}: idle power {idle_w} W must be zero or more, and finite")
    spans = [(track.begin_s, track.end_s)] if seen is None else list(seen)
    first, last = spans[0][0], spans[-1][1]
    begin = np.clip([c.begin_s for c in claims], first, last)
    end = np.clip([c.end_s for c in claims], first, last)
    weight = np.array([c.weight for c in claims], float)
    known_begin, known_end = known if known is not None else (np.array([first]), np.array([last]))
    marks = np.clip([*known_begin, *known_end, *(edge for span in spans for edge in span)], first, last)
    edges = np.unique(np.concatenate([begin, end, marks]))
    energy = np.diff(track.running_within_j(spans, edges))
    energy = np.maximum(energy, 0.0)  # rounding alone can make it less
    read = _within(edges, *(np.array([span[i] for span in spans]) for i in (0, 1)))
    length = np.where(read, np.diff(edges), 0.0)
    is_known = _within(edges, known_begin, known_end)
    taken, idle = _shared_out((begin, end, weight), edges, energy, idle_w * length, is_known)
    named: dict[str, float] = {}
    for claim, joules in zip(claims, taken, strict=True):
        named[claim.name] = named.get(claim.name, 0.0) + float(joules)
    return DeviceShares(track.device.key, named, idle, float(energy.sum()), idle_w, float(energy[~is_known].sum()))


def _shared_out(
    claims: tuple[Array, Array, Array], edges: Array, energy: Array, idle_j: Array, is_known: Mask
) -> tuple[Array, float]:
    """Joules of each claim (begins, ends, weights) where it is known who ran, and of idle there."""
    begin, end, weight = claims
    taken, idle = np.zeros(len(begin)), 0.0
    for at in range(0, len(energy), BLOCK):
        block = slice(at, at + BLOCK)
        use = is_known[block]
        here = np.flatnonzero((begin < edges[min(at + BLOCK, len(energy))]) & (end > edges[at]))
        middle = (edges[:-1] + edges[1:])[block][use] / 2
        on = (begin[here, None] <= middle) & (middle < end[here, None])
        part, rest = share(energy[block][use], idle_j[block][use], on * weight[here, None])
        taken[here] += part.sum(axis=1)
        idle += float(rest.sum())
    return taken, idle


def _within(edges: Array, begin: Array, end: Array) -> Mask:
    """Which intervals between edges lie within one of the stretches, which may overlap."""
    opened = np.searchsorted(np.sort(begin), edges[:-1], side="right")
    closed = np.searchsorted(np.sort(end), edges[:-1], side="right")
    return np.asarray(opened > closed)
