"""Replicas started and stopped with the load, as an autoscaler does it: the policy, and the record of what it did.

Every ``interval_s`` the requests that wait or run, over ``target``, say how many replicas are wanted (Kubernetes'
horizontal autoscaler reckons so). More are started at once, and take requests ``start_s`` later. Fewer are kept only
when no check of the last ``down_after_s`` wanted more. One that is to stop takes no new requests and ends those that it
has; while it does, it is taken back before another is started. One that has not started yet is given up first.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import WEEK_S

STOPPED, STARTING, READY = range(3)
MAX_CHECKS = 2_000_000
LONGEST_START_S = WEEK_S


@dataclass(frozen=True)
class Scaling:
    """How many replicas stand ready: from ``least`` (at the start; 0: none till a request comes) to all there are.

    ``target``: requests that wait or run, a replica. ``start_s``: from the decision till a replica takes requests;
    meanwhile its chips draw what they draw idle, and its host what it draws at work. ``off``: a stopped replica draws
    nothing, as its servers are off or given back; else it stands idle.
    """

    least: int
    target: float
    start_s: float | None = None
    interval_s: float = 30.0
    down_after_s: float = 300.0
    off: bool = True

    def check(self, most: int, duration_s: float) -> None:
        """Whether the policy makes sense for ``most`` replicas over so long.

        Parameters
        ----------
        most : replicas that there are
        duration_s : of the traffic [s]

        Raises WattlineError where it does not.
        """
        if not 0 <= self.least <= most:
            raise WattlineError(f"scale-from: {self.least} is not from 0 to the {most} of --replicas")
        if not (self.target > 0 and math.isfinite(self.target)):
            raise WattlineError(f"scale-target: {self.target:g} requests a replica must be greater than zero")
        for name, value, low in (("start-up", self.start_s, 0.0), ("scale-down-after", self.down_after_s, 0.0)):
            if value is not None and not low <= value < math.inf:
                raise WattlineError(f"{name}: {value:g} s must be zero or more")
        if (self.start_s or 0.0) > LONGEST_START_S:
            raise WattlineError(f"start-up: {self.start_s:g} s is more than the {LONGEST_START_S:,.0f} s of a week")
        if not (self.interval_s > 0 and duration_s / self.interval_s < MAX_CHECKS):
            raise WattlineError(
                f"scale-interval: {self.interval_s:g} s over {duration_s:,.4g} s of traffic; the simulator takes an "
                f"interval greater than zero, and fewer than {MAX_CHECKS:,} of them"
            )

    def wanted(self, requests: float, most: int) -> int:
        """Replicas for so many requests that wait or run.

        Parameters
        ----------
        requests : that wait or run
        most : replicas that there are

        Returns the number of replicas.
        """
        return int(min(max(math.ceil(requests / self.target), self.least), most))


@dataclass
class FleetRecord:
    """What each replica was from when on, one entry a change, in order of time for each replica."""

    replica: list[int] = field(default_factory=list)
    state: list[int] = field(default_factory=list)
    since_s: list[float] = field(default_factory=list)

    def add(self, replica: int, state: int, since_s: float) -> None:
        """Note what a replica is from now on.

        Parameters
        ----------
        replica : its number
        state : what it is
        since_s : when it came to be so [s]
        """
        self.replica.append(replica)
        self.state.append(state)
        self.since_s.append(since_s)

    def spans(self, horizon_s: float) -> tuple[Array, Array, Array]:
        """State, begin and end of every stretch, none beyond the horizon."""
        replica, state, since = (np.asarray(x) for x in (self.replica, self.state, self.since_s))
        order = np.argsort(replica, kind="stable")
        replica, state, since = replica[order], state[order], since[order].astype(float)
        last = np.append(replica[1:] != replica[:-1], True)
        end = np.where(last, horizon_s, np.append(since[1:], horizon_s))
        return state, np.minimum(since, horizon_s), np.minimum(end, horizon_s)

    def changes(self, state: int, horizon_s: float) -> int:
        """How often a replica came to be so, after the start.

        Parameters
        ----------
        state : of a replica, by its number
        horizon_s : end of the time that is looked at [s]

        Returns the count.
        """
        states, begin, _ = self.spans(horizon_s)
        return int(np.sum((states == state) & (begin > 0) & (begin < horizon_s)))

    def most(self, state: int, horizon_s: float) -> int:
        """The most replicas that were so at one time.

        Parameters
        ----------
        state : of a replica, by its number
        horizon_s : end of the time that is looked at [s]

        Returns the count.
        """
        states, begin, end = self.spans(horizon_s)
        begin, end = (np.sort(x[(states == state) & (begin < end)]) for x in (begin, end))
        return int((np.arange(1, len(begin) + 1) - np.searchsorted(end, begin, side="right")).max(initial=0))

    def seconds(self, state: int, edges: Array) -> Array:
        """Replica-seconds in this state between the edges, ``(len(edges) - 1,)``.

        Parameters
        ----------
        state : what a replica is
        edges : times, in order [s]

        Returns replica-seconds [s].
        """
        states, begin, end = self.spans(float(edges[-1]))
        at = states == state
        return np.asarray(np.diff(_passed(end[at], edges) * -1.0 + _passed(begin[at], edges)))


def _passed(times: Array, edges: Array) -> Array:
    """Σ over ``times`` of how far each edge lies beyond it; zero where none does."""
    times = np.sort(times)
    count = np.searchsorted(times, edges, side="right")
    return np.asarray(count * edges - np.append(0.0, np.cumsum(times))[count])


@dataclass
class Fleet:
    """The replicas under the policy; ``loads(t)`` runs them to ``t`` and gives the requests on each."""

    scaling: Scaling
    most: int
    loads: Callable[[float], Array]
    clock: Array  # of the kernel's replicas
    certain: Array
    record: FleetRecord = field(default_factory=FleetRecord)

    def __post_init__(self) -> None:
        assert self.scaling.start_s is not None
        self.start_s = self.scaling.start_s
        self.ready = list(range(self.scaling.least))
        self.starting: dict[int, float] = {}  # and when each is ready
        self.draining: dict[int, float] = {}  # and since when
        self.wishes: deque[tuple[float, int]] = deque([(0.0, self.scaling.least)])
        for r in range(self.most):
            self.record.add(r, READY if r < self.scaling.least else STOPPED, 0.0)

    def next_ready_s(self) -> float:
        return min(self.starting.values(), default=math.inf)

    def arrive(self, now: float) -> None:
        """Replicas that have started by now take requests."""
        for r in sorted(r for r, at in self.starting.items() if at <= now):
            del self.starting[r]
            self.record.add(r, READY, now)
            self._open(r, now)

    def wake(self, now: float) -> None:
        """A request has come, and no replica is ready or starting."""
        self._settle(self.loads(now), now)
        self._more(1, now)

    def check(self, now: float, unrouted: int) -> bool:
        """Start and stop replicas by what there is to do.

        Parameters
        ----------
        now : time of the simulation [s]
        unrouted : requests that wait for a replica

        Returns whether any request waits or runs.
        """
        loads = self.loads(now)
        self._settle(loads, now)
        wish = self.scaling.wanted(float(loads[self.ready].sum()) + unrouted, self.most)
        self.wishes.append((now, wish))
        while self.wishes[0][0] < now - self.scaling.down_after_s:
            self.wishes.popleft()
        have, hold = len(self.ready) + len(self.starting), max(w for _, w in self.wishes)
        if wish > have:
            self._more(wish - have, now)
        elif hold < have:
            self._fewer(have - hold, now, loads)
        return bool(loads.sum() > 0 or unrouted)

    def _free(self, r: int, loads: Array, now: float) -> bool:
        """Whether it has nothing, and its last step has ended."""
        return bool(loads[r] == 0 and self.clock[r] <= now)

    def _settle(self, loads: Array, now: float) -> None:
        """Those that were to stop, and have ended what they had, have stopped."""
        for r in [r for r in self.draining if self._free(r, loads, now)]:
            self.record.add(r, STOPPED, max(float(self.clock[r]), self.draining.pop(r)))

    def _open(self, r: int, now: float) -> None:
        self.clock[r] = max(float(self.clock[r]), now)
        self.certain[r] = -np.inf  # what the router knew of it no longer holds
        self.ready = sorted([*self.ready, r])

    def _more(self, count: int, now: float) -> None:
        for r in sorted(self.draining)[:count]:
            del self.draining[r]
            self._open(r, now)
            count -= 1
        used = {*self.ready, *self.starting, *self.draining}
        for r in [r for r in range(self.most) if r not in used][:count]:
            self.record.add(r, STARTING, now)
            self.starting[r] = now + self.start_s

    def _fewer(self, count: int, now: float, loads: Array) -> None:
        """Those that start last, then those with the fewest requests; of equals the last."""
        for r in sorted(self.starting, key=lambda r: (-self.starting[r], -r))[:count]:
            del self.starting[r]
            self.record.add(r, STOPPED, now)
            count -= 1
        for r in sorted(self.ready, key=lambda r: (loads[r], -r))[:count]:
            self.ready.remove(r)
            if self._free(r, loads, now):
                self.record.add(r, STOPPED, now)
            else:
                self.draining[r] = now


def follow(fleet: Fleet, arrival: Array, horizon_s: float, route: Callable[[Array, int, float], int]) -> FleetRecord:
    """Traffic through the fleet till all is done and the horizon has passed.

    ``route(ready, first, until)`` sends the requests from ``first`` on that come before ``until`` to replicas that are
    ready, and gives the first that it left.

    Parameters
    ----------
    fleet : the replicas, and the policy that starts and stops them
    arrival : of each request, in order [s]
    horizon_s : until when it is followed at least [s]
    route : ``route(ready, first, until)`` sends the requests from ``first`` on that come before ``until`` to replicas
        that are ready, and gives the first that it left

    Returns what each replica was, and since when.
    """
    at, now, check = 0, 0.0, fleet.scaling.interval_s
    while True:
        until = min(check, fleet.next_ready_s())
        if fleet.ready:
            at = route(np.array(fleet.ready), at, until)
        elif not fleet.starting and at < len(arrival) and max(arrival[at], now) < until:
            now = max(float(arrival[at]), now)
            fleet.wake(now)
            continue
        now = until
        fleet.arrive(now)
        if now < check:
            continue
        unrouted = int(np.searchsorted(arrival, now)) - at
        if not fleet.check(now, max(unrouted, 0)) and at >= len(arrival) and now >= horizon_s:
            return fleet.record
        check += fleet.scaling.interval_s
