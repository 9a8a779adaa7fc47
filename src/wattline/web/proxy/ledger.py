"""The ledger: each interval's energy shared among the requests that ran in it, once it is known what they did.

An interval waits until every request in it has ended (or HOLD_S have passed), for only then are its tokens known; until
then its requests carry a provisional share by what is known so far. Settled joules of all requests plus idle are the
energy that the device took, whatever was told meanwhile. All of it runs in one thread, that of the event loop.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from wattline.core.fact import Array
from wattline.web.proxy.interval_split import share_within
from wattline.web.proxy.token_weights import Weigher
from wattline.web.proxy.tracked_request import TrackedRequest, Typical, phases

HOLD_S = 30.0
KEPT = 20_000  # finished requests that are remembered
PORTION = 150  # requests weighed in one go, so that no stream waits for long


@dataclass
class Interval:
    """A stretch between two readings; ``energy_j`` is None where a sensor told nothing, and is never zero then."""

    begin_s: float
    end_s: float
    energy_j: float | None


@dataclass
class _Open:
    """An interval not settled yet: the requests in it with the pieces each streamed, and their provisional shares."""

    interval: Interval
    at_rest_w: float
    uses: list[tuple[TrackedRequest, int]]
    shares_j: list[float]
    witness: int = 0  # requests before this one in ``uses`` are known to have ended

    def batch(self) -> int:
        """How many of its requests were worked on at once."""
        return max(sum(1 for tracked, pieces in self.uses if pieces or not tracked.stream), 1)

    def ended(self) -> bool:
        """Whether all of its requests have."""
        while self.witness < len(self.uses) and self.uses[self.witness][0].end_s is not None:
            self.witness += 1
        return self.witness == len(self.uses)


@dataclass
class LedgerTotals:
    """Joules so far: what the devices took, and where settled intervals went. ``missing_s``: seconds not known."""

    device_j: float = 0.0
    requests_j: float = 0.0
    idle_j: float = 0.0
    missing_s: float = 0.0
    intervals: int = 0

    @property
    def pending_j(self) -> float:
        """Taken, but not settled yet."""
        return self.device_j - self.requests_j - self.idle_j


@dataclass
class Ledger:
    """Open intervals, running and finished requests, and the sums.

    ``on_settled`` is called with an interval, its idle joules and its requests' joules (None where the energy is not
    known); ``on_done`` with a request whose last interval was settled.
    """

    weigher: Weigher
    typical: Typical
    hold_s: float = HOLD_S
    on_settled: Callable[[Interval, float | None, float | None], None] = lambda interval, idle_j, requests_j: None
    on_done: Callable[[TrackedRequest], None] = lambda tracked: None
    running: dict[str, TrackedRequest] = field(default_factory=dict)
    finished: OrderedDict[str, TrackedRequest] = field(default_factory=OrderedDict)
    by_response: dict[str, TrackedRequest] = field(default_factory=dict)
    totals: LedgerTotals = field(default_factory=LedgerTotals)
    busy_w: float | None = None  # watts when requests ran, lately
    resting_w: float | None = None  # watts when none ran, lately
    _opens: deque[_Open] = field(default_factory=deque)
    _ended: list[TrackedRequest] = field(default_factory=list)  # since the last interval closed
    _busy: list[tuple[float, float]] = field(default_factory=list)  # when some request ran, since then
    _busy_since: float | None = None
    _last: Interval | None = None

    def begin(self, tracked: TrackedRequest) -> None:
        """A request has arrived."""
        if not self.running:
            self._busy_since = tracked.begin_s
        self.running[tracked.id] = tracked

    def end(self, tracked: TrackedRequest, now_s: float) -> None:
        """A request has ended, in whatever way.

        Parameters
        ----------
        tracked : the request
        now_s : time by the monotonic clock [s]
        """
        tracked.end_s = now_s
        self.running.pop(tracked.id, None)
        if not self.running and self._busy_since is not None:
            self._busy.append((self._busy_since, now_s))
            self._busy_since = None
        self._ended.append(tracked)
        self._remember(tracked)
        if tracked.status < 400 and tracked.tokens.basis == "reported":
            self.typical.learn(tracked)

    def _remember(self, tracked: TrackedRequest) -> None:
        self.finished[tracked.id] = tracked
        if tracked.response_id:
            self.by_response[tracked.response_id] = tracked
        while len(self.finished) > KEPT:
            _, old = self.finished.popitem(last=False)
            if self.by_response.get(old.response_id) is old:
                del self.by_response[old.response_id]

    def find(self, name: str) -> TrackedRequest | None:
        """A request by its own id or its response's."""
        return self.running.get(name) or self.finished.get(name) or self.by_response.get(name) or self._streaming(name)

    def latest(self, last: int) -> list[TrackedRequest]:
        """The last requests that arrived, of those that are remembered, the newest first."""
        ended = islice(reversed(self.finished.values()), last)
        begun = islice(reversed(self.running.values()), last)
        return sorted((*ended, *begun), key=lambda tracked: tracked.begin_s, reverse=True)[:last]

    def _streaming(self, name: str) -> TrackedRequest | None:
        return next((tracked for tracked in self.running.values() if tracked.response_id == name), None)

    def add(self, interval: Interval) -> None:
        """An interval has closed: who ran in it, and what each has of it by what is known now."""
        uses = self._uses(interval)
        seconds = interval.end_s - interval.begin_s
        busy_s = self._busy_seconds(interval)
        self._last = interval
        for tracked, _ in uses:
            tracked.waiting += 1
        if interval.energy_j is None:
            self.totals.missing_s += seconds
            for tracked, _ in uses:
                tracked.missing_s += seconds
            self._opens.append(_Open(interval, 0.0, uses, [0.0] * len(uses)))
            return
        self.totals.device_j += interval.energy_j
        self.totals.intervals += 1
        opened = _Open(interval, self._at_rest(interval.energy_j, seconds, busy_s), uses, [])
        shares = self._shares(opened).sum(axis=(0, 2)) if uses else np.zeros(0)
        opened.shares_j = shares.tolist()
        spread = float(shares.sum())
        for (tracked, _), joules in zip(uses, opened.shares_j, strict=True):
            tracked.provisional += joules
            tracked.share_now = joules / spread if spread else 0.0
        self._opens.append(opened)

    def _uses(self, interval: Interval) -> list[tuple[TrackedRequest, int]]:
        """Requests that ran within the interval, with their pieces; those that began after it wait for the next."""
        uses = []
        for tracked in (*self._ended, *self.running.values()):
            if tracked.begin_s < interval.end_s:
                uses.append((tracked, tracked.unseen))
                tracked.unseen = 0
        self._ended = [tracked for tracked in self._ended if (tracked.end_s or 0.0) > interval.end_s]
        return uses

    def _busy_seconds(self, interval: Interval) -> float:
        """Seconds of the interval in which some request ran."""
        spans = list(self._busy)
        if self._busy_since is not None:
            spans.append((self._busy_since, interval.end_s))
        self._busy = [span for span in self._busy if span[1] > interval.end_s]
        seconds = sum(max(min(b, interval.end_s) - max(a, interval.begin_s), 0.0) for a, b in spans)
        return min(seconds, interval.end_s - interval.begin_s)

    def _at_rest(self, energy_j: float, seconds: float, busy_s: float) -> float:
        """Watts in the part of an interval in which no request ran: as of late, and never more than its mean."""
        power = energy_j / max(seconds, 1e-9)
        if busy_s <= 0:
            self.resting_w = power if self.resting_w is None else 0.9 * self.resting_w + 0.1 * power
            return power
        at_rest = min(power, self.resting_w if self.resting_w is not None else power)
        if busy_s > 0.5 * seconds or self.busy_w is None:
            self.busy_w = (energy_j - at_rest * (seconds - busy_s)) / busy_s
        return at_rest

    def _shares(self, opened: _Open, scales: tuple[float, ...] = (1.0,)) -> Array:
        """Joules of each use: shape (2 phases, uses, scales of a prompt token's weight)."""
        span, uses = (opened.interval.begin_s, opened.interval.end_s), opened.uses
        batch = opened.batch()
        weighed = [phases(tracked, pieces, span, batch, self.weigher, self.typical) for tracked, pieces in uses]
        rows = np.array([row for row, _ in weighed] + [row for _, row in weighed])
        scale = np.ones((len(rows), len(scales)))
        scale[: len(uses)] = scales
        spent, idle_w = opened.interval.energy_j or 0.0, self.weigher.idle_w
        return share_within(span, spent, opened.at_rest_w, idle_w, rows, scale).reshape(2, len(uses), len(scales))

    def settle(self, now_s: float) -> bool:
        """Settle the intervals that are ready, a portion at a time; True where more are."""
        weighed = 0
        for _ in range(len(self._opens)):
            if weighed >= PORTION:
                return True
            opened = self._opens.popleft()
            if now_s - opened.interval.end_s > self.hold_s or opened.ended():
                weighed += 1 + len(opened.uses)
                self._settle(opened)
            else:
                self._opens.append(opened)
        return False

    def _settle(self, opened: _Open) -> None:
        interval = opened.interval
        if interval.energy_j is None:
            self.on_settled(interval, None, None)
        else:
            scales = (self.weigher.low, 1.0, self.weigher.high)
            shares = self._shares(opened, scales) if opened.uses else np.zeros((2, 0, 3))
            given = float(shares[:, :, 1].sum())
            self.totals.requests_j += given
            self.totals.idle_j += interval.energy_j - given
            prefill, decode = shares.tolist()
            batch = opened.batch()
            for k, (tracked, _) in enumerate(opened.uses):
                tracked.provisional -= opened.shares_j[k]
                tracked.beside, tracked.intervals = tracked.beside + batch, tracked.intervals + 1
                for row, more in zip(tracked.settled, (prefill[k], decode[k]), strict=True):
                    for column in (0, 1, 2):
                        row[column] += more[column]
            self.on_settled(interval, interval.energy_j - given, given)
        for tracked, _ in opened.uses:
            tracked.waiting -= 1
            if self.settled(tracked):
                self.on_done(tracked)

    def settled(self, tracked: TrackedRequest) -> bool:
        """Whether the request has ended and no interval that it was in is open any more."""
        last, end = self._last, tracked.end_s
        return end is not None and tracked.waiting == 0 and last is not None and end <= last.end_s

    def estimate_j(self, tracked: TrackedRequest, now_s: float) -> float | None:
        """Joules of a request up to now: its shares so far, and the time since the last reading at the power of late.

        None where no power is known yet.

        Parameters
        ----------
        tracked : the request
        now_s : time by the monotonic clock [s]

        Returns
        -------
        Joules above the idle watts.
        """
        if self._last is None or (self.busy_w is None and not tracked.waiting):
            return None
        begin = max(self._last.end_s, tracked.begin_s)
        share_now = tracked.share_now if tracked.waiting else 1.0 / max(len(self.running), 1)
        power = max((self.busy_w or 0.0) - self.weigher.idle_w, 0.0)
        joules = tracked.energy_j + tracked.provisional + power * share_now * max(now_s - begin, 0.0)
        return joules if joules > 0 else None
