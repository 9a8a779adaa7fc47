"""Power over time as straight lines between knots, and the energy under it: pure functions of arrays.

An energy is the difference of one running total at two instants, so that any split of a window adds up to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.sensor import Spec

Span = tuple[float, float]
REACH = 0.5  # intervals: a reading of watts stands for the time halfway to the next
INSIDE_NODE = ("gpu", "mig", "cpu", "dram")  # what a server's own meter sees too


class Energy(NamedTuple):
    """Joules, and how many fewer or more they may be."""

    value_j: float
    below_j: float
    above_j: float

    @property
    def low_j(self) -> float:
        return max(0.0, self.value_j - self.below_j)

    @property
    def high_j(self) -> float:
        return self.value_j + self.above_j

    def plus(self, other: Energy) -> Energy:
        """The sum; the doubts add up as if all erred the same way."""
        return Energy(self.value_j + other.value_j, self.below_j + other.below_j, self.above_j + other.above_j)


NOTHING = Energy(0.0, 0.0, 0.0)


class Level(NamedTuple):
    """Watts where nothing was read: the likely, and how far below and above it the truth may be."""

    value_w: float
    below_w: float
    above_w: float


@dataclass(frozen=True, eq=False)
class Power:
    """The power of one device over the time that one sensor saw, cleaned.

    ``time_s``: knots, rising, shape ``(n,)``. Power runs straight from ``left_w`` to ``right_w`` in each stretch
    between two knots, and may truly be ``below_w`` less or ``above_w`` more; all shape ``(n - 1,)``. ``before`` and
    ``after`` hold outside the knots. ``peak_time_s`` and ``peak_w``: the readings that a peak is sought in.
    """

    device: Device
    spec: Spec
    time_s: Array
    left_w: Array
    right_w: Array
    below_w: Array
    above_w: Array
    before: Level
    after: Level
    interval_s: float
    counted: bool = False  # by a counter, which loses nothing between readings
    peak_time_s: Array = field(default_factory=lambda: np.empty(0))
    peak_w: Array = field(default_factory=lambda: np.empty(0))

    @property
    def begin_s(self) -> float:
        return float(self.time_s[0])

    @property
    def end_s(self) -> float:
        return float(self.time_s[-1])

    @cached_property
    def _totals(self) -> tuple[Array, Array, Array]:
        """Running totals at the knots: the likely, and its doubt below and above; each of shape ``(n,)``."""
        length = np.diff(self.time_s)
        parts = (0.5 * (self.left_w + self.right_w), self.below_w, self.above_w)
        value, below, above = (np.concatenate([[0.0], np.cumsum(mean * length)]) for mean in parts)
        return value, below, above

    def total_j(self, at_s: Array | float) -> Array:
        """Running totals since the first knot, shape ``(3, *at)``: the likely, and its doubt below and above."""
        at = np.asarray(at_s, float)
        value, below, above = self._totals
        inside = np.clip(at, self.time_s[0], self.time_s[-1])
        outside = at - inside
        if len(self.time_s) == 1:
            run = np.zeros((3, *at.shape))
        else:
            i = np.clip(np.searchsorted(self.time_s, inside, side="right") - 1, 0, len(self.time_s) - 2)
            x, length = inside - self.time_s[i], self.time_s[i + 1] - self.time_s[i]
            slope = (self.right_w[i] - self.left_w[i]) / np.where(length > 0, length, 1.0)
            likely = value[i] + x * (self.left_w[i] + 0.5 * slope * x)
            run = np.stack([likely, below[i] + self.below_w[i] * x, above[i] + self.above_w[i] * x])
        level = np.where(outside < 0, np.array(self.before)[(...,) + (None,) * at.ndim],
                         np.array(self.after)[(...,) + (None,) * at.ndim])  # fmt: skip
        return np.asarray(run + level * outside)

    def at_w(self, at_s: Array) -> Array:
        """The likely power at these instants."""
        if len(self.time_s) == 1:
            return np.where(at_s < self.time_s[0], self.before.value_w, self.after.value_w)
        i = np.clip(np.searchsorted(self.time_s, at_s, side="right") - 1, 0, len(self.time_s) - 2)
        length = self.time_s[i + 1] - self.time_s[i]
        share = np.clip((at_s - self.time_s[i]) / np.where(length > 0, length, 1.0), 0.0, 1.0)
        power = self.left_w[i] + share * (self.right_w[i] - self.left_w[i])
        power = np.where(at_s < self.time_s[0], self.before.value_w, power)
        return np.asarray(np.where(at_s > self.time_s[-1], self.after.value_w, power))


def energy(power: Power, begin_s: float, end_s: float) -> Energy:
    """Joules from ``begin_s`` to ``end_s``; outside the knots at the level that held there."""
    begin, end = power.total_j(np.array([begin_s, end_s])).T
    return Energy(*(float(x) for x in end - begin))


def merged(spans: Sequence[Span]) -> list[Span]:
    """Spans that touch or overlap made one; rising."""
    out: list[Span] = []
    for begin, end in sorted(spans):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        elif end > begin:
            out.append((begin, end))
    return out


def within(spans: Sequence[Span], begin_s: float, end_s: float) -> list[Span]:
    """The parts of the spans that lie in the window."""
    cut = [(max(begin, begin_s), min(end, end_s)) for begin, end in spans]
    return [(begin, end) for begin, end in cut if end > begin]


def length_s(spans: Sequence[Span]) -> float:
    return sum(end - begin for begin, end in spans)


@dataclass(frozen=True, eq=False)
class Track:
    """One device's power from one or several sensors or stretches, each second from the one that knows best.

    ``edges_s``: rising, shape ``(m + 1,)``, the first -inf, the last inf; ``owner[i]`` is the index in ``powers`` of
    the one that holds from edge i to edge i + 1.
    """

    device: Device
    powers: Sequence[Power]
    edges_s: Array
    owner: tuple[int, ...]

    def energy(self, begin_s: float, end_s: float) -> Energy:
        total = NOTHING
        for i, who in enumerate(self.owner):
            begin, end = max(begin_s, float(self.edges_s[i])), min(end_s, float(self.edges_s[i + 1]))
            if end > begin:
                total = total.plus(energy(self.powers[who], begin, end))
        return total

    def running_j(self, at_s: Array) -> Array:
        """The likely joules from the first of these rising instants to each of them, shape ``at``."""
        total = np.zeros(len(at_s))
        for i, who in enumerate(self.owner):
            begin, end = max(float(at_s[0]), float(self.edges_s[i])), float(self.edges_s[i + 1])
            if end > begin and begin < at_s[-1]:
                power = self.powers[who]
                total += power.total_j(np.clip(at_s, begin, end))[0] - power.total_j(begin)[0]
        return total

    def at_w(self, at_s: Array) -> Array:
        """The likely power at these instants."""
        part = np.clip(np.searchsorted(self.edges_s, at_s, side="right") - 1, 0, len(self.owner) - 1)
        out = np.empty(len(at_s))
        for i, who in enumerate(self.owner):
            mine = part == i
            if mine.any():
                out[mine] = self.powers[who].at_w(at_s[mine])
        return out

    def peak_w(self, begin_s: float, end_s: float) -> float:
        """The highest reading in the window; where none falls in it, the highest of the line there."""
        best = [-np.inf]
        for power in self.powers:
            inside = (power.peak_time_s >= begin_s) & (power.peak_time_s <= end_s)
            best.append(float(power.peak_w[inside].max(initial=-np.inf)))
        highest = max(best)
        return highest if np.isfinite(highest) else float(self.at_w(np.array([begin_s, end_s])).max())

    @property
    def interval_s(self) -> float:
        return min(power.interval_s for power in self.powers)

    def spans(self, reach: float = REACH) -> list[Span]:
        """When it was seen: between a counter's readings, between those of watts and ``reach`` intervals beyond."""
        out = []
        for power in self.powers:
            beyond = 0.0 if power.counted else reach * power.interval_s
            out.append((power.begin_s - beyond, power.end_s + beyond))
        return merged(out)


def track(powers: Sequence[Power]) -> Track:
    """One device's powers joined; a second that several saw goes to the measured, least in error, counted, longest."""

    def worth(i: int) -> tuple[bool, float, bool, float, int]:
        power = powers[i]
        return power.spec.modelled, power.spec.error, not power.counted, power.begin_s - power.end_s, i

    rank = sorted(range(len(powers)), key=worth)
    edges = sorted({edge for power in powers for edge in (power.begin_s, power.end_s)})
    cuts, owners = [-np.inf], [min(rank, key=lambda i: powers[i].begin_s)]
    for begin, end in pairwise(edges):
        covering = [i for i in rank if powers[i].begin_s <= begin and powers[i].end_s >= end]
        if covering:
            cuts.append(begin)
            owners.append(covering[0])
            continue
        middle = 0.5 * (begin + end)  # between two stretches each holds for the half beside it
        earlier = next(i for i in rank if powers[i].end_s == begin)
        later = next(i for i in rank if powers[i].begin_s == end)
        cuts += [begin, middle]
        owners += [earlier, later]
    cuts.append(edges[-1])
    owners.append(max(rank, key=lambda i: powers[i].end_s))
    return Track(powers[rank[0]].device, tuple(powers), np.array([*cuts, np.inf]), tuple(owners))


def outer(devices: Sequence[Device]) -> dict[str, str]:
    """The key of each device -> the key of the metered device that holds it, or "" where it counts for itself."""
    keys = {device.key for device in devices}
    nodes = {device.host: device.key for device in devices if device.kind == "node" and device.host}
    holder = {}
    for device in devices:
        inside = device.inside if device.inside in keys else ""
        if not inside and device.kind in INSIDE_NODE:
            inside = nodes.get(device.host, "")
        holder[device.key] = inside if inside != device.key else ""
    return holder


def peak_of_sum(tracks: Sequence[Track], begin_s: float, end_s: float, limit: int = 200_000) -> float:
    """The highest total power, sought once an interval of the quickest sensor (in no more than ``limit`` places)."""
    if len(tracks) == 1:
        return tracks[0].peak_w(begin_s, end_s)
    step = min((t.interval_s for t in tracks if t.interval_s > 0), default=end_s - begin_s)
    count = int(np.clip(np.ceil((end_s - begin_s) / max(step, 1e-9)), 1, max(2, limit // max(1, len(tracks) // 64))))
    at = np.linspace(begin_s, end_s, count + 1)
    total = np.zeros(count + 1)
    for each in tracks:
        total += each.at_w(at)
    return float(total.max())
