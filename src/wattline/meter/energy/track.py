"""The energy of one device, from whichever of its readings know best: the one way from readings to joules.

An energy is the difference of one running total at two instants, so that any split of a window adds up to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.places import IN_MACHINE, sees_machine
from wattline.meter.readings.power import NOTHING, Energy, Power, energy
from wattline.meter.sensor import Spec

Span = tuple[float, float]
REACH = 0.5  # intervals: a reading of watts stands for the time halfway to the next


def merge(spans: Sequence[Span]) -> list[Span]:
    """Spans that touch or overlap made one; rising."""
    out: list[Span] = []
    for begin, end in sorted(spans):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        elif end > begin:
            out.append((begin, end))
    return out


def within(spans: Sequence[Span], begin_s: float, end_s: float) -> list[Span]:
    """The parts of the spans that lie in the window.

    Parameters
    ----------
    spans : begins and ends [s]
    begin_s : of the window, UTC [s]
    end_s : of the window, UTC [s]

    Returns the parts, begins and ends [s].
    """
    cut = [(max(begin, begin_s), min(end, end_s)) for begin, end in spans]
    return [(begin, end) for begin, end in cut if end > begin]


def length_s(spans: Sequence[Span]) -> float:
    return sum(end - begin for begin, end in spans)


@dataclass(frozen=True, eq=False)
class Track:
    """One device's power from one or several sensors or stretches, each second from the one that knows best.

    ``spec``: of the best of its sensors.
    ``edges_s``: rising, shape ``(m + 1,)``, the first -inf, the last inf; ``owner[i]`` is the index in ``powers`` of
    the one that holds from edge i to edge i + 1.
    """

    device: Device
    spec: Spec
    powers: Sequence[Power]
    edges_s: Array
    owner: tuple[int, ...]

    def energy(self, begin_s: float, end_s: float) -> Energy:
        """Joules of a window, each stretch by the device's best sensor there.

        Parameters
        ----------
        begin_s, end_s : of the window, s on the clock of the track

        Returns
        -------
        Joules with their error.
        """
        total = NOTHING
        for i, who in enumerate(self.owner):
            begin, end = max(begin_s, float(self.edges_s[i])), min(end_s, float(self.edges_s[i + 1]))
            if end > begin:
                total = total.plus(energy(self.powers[who], begin, end))
        return total

    def running_j(self, at_s: Array) -> Array:
        """The likely joules from the first of these rising instants to each of them, shape ``at``."""
        return np.asarray(self.running(at_s)[0])

    def running(self, at_s: Array) -> Array:
        """Joules from the first of these rising instants to each of them, shape ``(3, *at)``: the likely, and how
        many fewer or more they may be."""
        total = np.zeros((3, len(at_s)))
        for i, who in enumerate(self.owner):
            begin, end = max(float(at_s[0]), float(self.edges_s[i])), float(self.edges_s[i + 1])
            if end > begin and begin < at_s[-1]:
                power = self.powers[who]
                total += power.total_j(np.clip(at_s, begin, end)) - power.total_j(begin)[:, None]
        return total

    def running_within_j(self, spans: Sequence[Span], at_s: Array) -> Array:
        """The likely joules of these spans up to each instant (s), shape ``at``; time between spans adds nothing.

        Parameters
        ----------
        spans : stretches of time, s
        at_s : instants, s, ``(n,)``

        Returns
        -------
        J, ``(n,)``, never falling where power is not negative.
        """
        total = np.zeros(len(at_s))
        for begin, end in spans:
            total += self.running_j(np.concatenate([[begin], np.clip(at_s, begin, end)]))[1:]
        return total

    def levels(self) -> tuple[Array, Array]:
        """Instants (s) and the watts that were read there: readings of watts, or the mean of each step of a counter."""
        times = [0.5 * (p.time_s[:-1] + p.time_s[1:]) if p.counted else p.peak_time_s for p in self.powers]
        return np.concatenate(times), np.concatenate([p.left_w if p.counted else p.peak_w for p in self.powers])

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
        """The highest reading in the window; where none falls in it, the highest of the line there.

        Parameters
        ----------
        begin_s, end_s : of the window, s on the clock of the track

        Returns
        -------
        W.
        """
        best = [-np.inf]
        for i, who in enumerate(self.owner):
            power = self.powers[who]
            begin, end = max(begin_s, float(self.edges_s[i])), min(end_s, float(self.edges_s[i + 1]))
            first, last = np.searchsorted(power.peak_time_s, begin), np.searchsorted(power.peak_time_s, end, "right")
            best.append(float(power.peak_w[first:last].max(initial=-np.inf)))
        highest = max(best)
        return highest if np.isfinite(highest) else float(self.at_w(np.array([begin_s, end_s])).max())

    def edge_j(self, at_s: float) -> float:
        """Joules by which a window's edge at this instant (s) may be off.

        Power may change anywhere between two readings, and a reading is as old as its sensor's period at most.
        """
        part = int(np.clip(np.searchsorted(self.edges_s, at_s, side="right") - 1, 0, len(self.owner) - 1))
        power = self.powers[self.owner[part]]
        if len(power.time_s) < 2:
            return 0.0
        i = int(np.clip(np.searchsorted(power.time_s, at_s, side="right") - 1, 0, len(power.time_s) - 2))
        near = slice(max(0, i - 1), i + 2)
        ends = np.concatenate([power.left_w[near], power.right_w[near]])
        low, high = float(ends.min()), float(ends.max())
        step = float(power.time_s[i + 1] - power.time_s[i])
        return 0.5 * step * (high - low) + 0.5 * power.spec.period_s * high

    def edges_j(self, spans: Sequence[Span]) -> float:
        """Joules by which the energy of these spans may be off because they begin and end between readings."""
        edges = [edge for span in spans for edge in span if self.begin_s < edge < self.end_s]
        late_j = sum(self.late_j(*span) for span in spans) if edges else 0.0
        return (1.0 + self.spec.error) * (sum(self.edge_j(edge) for edge in edges) + late_j)

    def late_j(self, begin_s: float, end_s: float) -> float:
        """Joules by which a window may be off where each reading is the mean of a time before it: power that rose or
        fell from its begin to its end is read as much later as half that time.

        Parameters
        ----------
        begin_s, end_s : of the window, s on the clock of the track

        Returns
        -------
        J, zero where readings are of the instant.
        """
        half_s = 0.5 * self.spec.window_s
        if half_s <= 0:
            return 0.0
        at = np.clip(np.array([begin_s, begin_s + half_s, end_s, end_s + half_s]), self.begin_s, self.end_s)
        watts = self.at_w(at)
        return half_s * max(0.0, float(watts[2:].max() - watts[:2].min()), float(watts[:2].max() - watts[2:].min()))

    @property
    def begin_s(self) -> float:
        """The first reading's instant."""
        return min(power.begin_s for power in self.powers)

    @property
    def end_s(self) -> float:
        """The last reading's instant."""
        return max(power.end_s for power in self.powers)

    @property
    def interval_s(self) -> float:
        return min(power.interval_s for power in self.powers)

    def seen(self) -> list[Span]:
        """When it was seen, from the first reading to the last."""
        return within(self.spans(), self.begin_s, self.end_s)

    def spans(self, reach: float = REACH) -> list[Span]:
        """When it was seen: between a counter's readings, between those of watts and ``reach`` intervals beyond."""
        out = []
        for power in self.powers:
            beyond = 0.0 if power.counted else reach * power.interval_s
            out.append((power.begin_s - beyond, power.end_s + beyond))
        return merge(out)


def rank_of(spec: Spec, counted: bool) -> tuple[bool, float, bool, float]:
    """The better a sensor, the less: measured before modelled, small error before large, a counter before watts, quick
    before slow.

    Parameters
    ----------
    spec : of the sensor: what it measures, and its error
    counted : whether its joules are a counter's

    Returns
    -------
    A key for sorting, the best sensor first.
    """
    return spec.modelled, spec.error, not counted, spec.window_s


def track(powers: Sequence[Power]) -> Track:
    """One device's powers joined; a second that several saw goes to the measured, least in error, counted, longest."""

    def worth(i: int) -> tuple[bool, float, bool, float, float, int]:
        power = powers[i]
        return *rank_of(power.spec, power.counted), power.begin_s - power.end_s, i

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
    return Track(powers[rank[0]].device, powers[rank[0]].spec, tuple(powers), np.array([*cuts, np.inf]), tuple(owners))


def outer(devices: Sequence[Device]) -> dict[str, str]:
    """The key of each device -> the key of the metered device that holds it, or "" where it counts for itself."""
    keys = {device.key for device in devices}
    nodes = {device.host: device.key for device in devices if device.host and sees_machine(device.kind, device.uuid)}
    holder = {}
    for device in devices:
        inside = device.inside if device.inside in keys else ""
        if not inside and device.kind in IN_MACHINE:
            inside = nodes.get(device.host, "")
        holder[device.key] = inside if inside != device.key else ""
    return holder


def peak_of_sum(tracks: Sequence[Track], begin_s: float, end_s: float, limit: int = 200_000) -> float:
    """The highest total power, sought once an interval of the quickest sensor (in no more than ``limit`` places).

    Parameters
    ----------
    tracks : of the devices that are summed
    begin_s : of the window, UTC [s]
    end_s : of the window, UTC [s]
    limit : the most places

    Returns power [W].
    """
    if len(tracks) == 1:
        return tracks[0].peak_w(begin_s, end_s)
    step = min((t.interval_s for t in tracks if t.interval_s > 0), default=end_s - begin_s)
    count = int(np.clip(np.ceil((end_s - begin_s) / max(step, 1e-9)), 1, max(2, limit // max(1, len(tracks) // 64))))
    at = np.linspace(begin_s, end_s, count + 1)
    total = np.zeros(count + 1)
    for each in tracks:
        total += each.at_w(at)
    return float(total.max())
