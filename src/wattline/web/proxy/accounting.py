"""The books of a running proxy: ledger, sampler, journal and metrics kept in step by the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from wattline import catalog
from wattline.meter.sensor import Sensor
from wattline.web.proxy import sampler as sampling
from wattline.web.proxy.interval_split import share_within
from wattline.web.proxy.ledger import HOLD_S, Interval, Ledger
from wattline.web.proxy.metrics import Metrics
from wattline.web.proxy.request_log import RequestLog
from wattline.web.proxy.token_weights import Weigher
from wattline.web.proxy.tracked_request import TrackedRequest, Typical, as_json, predicted_j
from wattline.web.proxy.usage import round_energy

ROW_S = 1.0  # settled intervals are journalled together, this long
FIRST_WAIT_S = 0.3  # how long the very first answers wait for a first reading of the power


class Books:
    """Opens and closes requests, takes in intervals, and says what each request took."""

    def __init__(
        self,
        sensors: Sequence[Sensor],
        weigher: Weigher,
        store: RequestLog | None,
        interval_s: float,
        hold_s: float = HOLD_S,
    ) -> None:
        typical = Typical(*(catalog.fact(f"fit.request-{w}").value for w in ("bytes-per-token", "step-seconds")))
        self.sensors, self.weigher, self.store = list(sensors), weigher, store
        self.basis = "" if not sensors else "modelled" if any(s.spec.modelled for s in sensors) else "measured"
        self.error = sampling.error(sensors)
        self.ledger = Ledger(weigher, typical, hold_s, self._settled, self._done)
        self.metrics = Metrics(self.basis)
        self.sampler: sampling.IntervalSampler | None = None
        self.interval_s = interval_s
        self.power_w: float | None = None
        self._row: list[float] | None = None
        self._clock = time.time() - time.monotonic()
        self._prefix, self._ids = os.urandom(5).hex(), count(1)
        self._closed = asyncio.Event()
        # who else wants to know of pieces and ends as they come
        self.heard_piece: Callable[[int], None] | None = None
        self.heard_end: Callable[[TrackedRequest], None] | None = None

    def start(self) -> None:
        """Begin to read the sensors; call it in the event loop."""
        if self.sensors:
            share_within((0.0, 1.0), 1.0, 0.0, 0.0, np.ones((2, 3)), np.ones((2, 1)))  # NumPy loads some parts late
            loop = asyncio.get_running_loop()
            self.sampler = sampling.IntervalSampler(
                self.sensors, self.interval_s, lambda interval: self._post(loop, interval)
            )
            self.sampler.start()

    def _post(self, loop: asyncio.AbstractEventLoop, interval: Interval) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self.add, interval)

    async def stop(self) -> None:
        """Read a last time, settle what can be, and write all of it."""
        if self.sampler:
            await asyncio.to_thread(self.sampler.stop)
            await asyncio.sleep(0)
            while self.ledger.settle(float("inf")):
                pass
            self._flush_row()
        for tracked in list(self.ledger.running.values()):
            self.end(tracked, "stopped")
        if self.store:
            await asyncio.to_thread(self.store.close)

    def begin(self, path: str, kind: str, model: str, stream: bool, text_bytes: int) -> TrackedRequest:
        """A request has arrived.

        Parameters
        ----------
        path : that was asked for
        kind : of request, such as ``chat``
        model : as the client names it
        stream : whether the answer comes in pieces
        text_bytes : of the prompt [B]

        Returns the request.
        """
        tracked = TrackedRequest(
            f"wl-{self._prefix}-{next(self._ids)}", path, kind, model[:200], stream, time.monotonic(), time.time(),
            text_bytes=text_bytes,
        )  # fmt: skip
        self.ledger.begin(tracked)
        self._journal(tracked)
        return tracked

    def piece(self, tracked: TrackedRequest, pieces: int) -> None:
        """A stream brought pieces of text.

        Parameters
        ----------
        tracked : the request
        pieces : how many came at once
        """
        if tracked.first_s is None:
            tracked.first_s = time.monotonic()
            tracked.unseen -= 1  # the prefill makes the first
        tracked.deltas += pieces
        tracked.unseen += pieces
        if self.heard_piece is not None:
            self.heard_piece(pieces)

    def end(self, tracked: TrackedRequest, outcome: str) -> None:
        """A request has ended.

        Parameters
        ----------
        tracked : the request
        outcome : how it ended, in a word
        """
        if tracked.end_s is not None:
            return
        tracked.outcome = outcome
        self.ledger.end(tracked, time.monotonic())
        self.metrics.ended(tracked)
        if self.heard_end is not None:
            self.heard_end(tracked)
        self._journal(tracked)

    def fields(self, tracked: TrackedRequest) -> dict[str, float | bool]:
        """What goes into the usage object: joules up to now, and a flag where they are modelled; {} if not known."""
        joules = self.ledger.estimate_j(tracked, time.monotonic()) if self.basis else None
        if joules is None:
            return {}
        tracked.reported_j = round_energy(joules)
        usage: dict[str, float | bool] = {"energy_j": tracked.reported_j}
        return usage | {"energy_modelled": True} if self.basis == "modelled" else usage

    async def first_reading(self, tracked: TrackedRequest) -> None:
        """Close the running interval at once where no power is known yet to estimate by."""
        if not self.sampler or self.ledger.estimate_j(tracked, time.monotonic()) is not None or self.ledger.busy_w:
            return
        self._closed.clear()
        self.sampler.now()
        try:
            await asyncio.wait_for(self._closed.wait(), FIRST_WAIT_S)
        except TimeoutError:
            return

    def add(self, interval: Interval) -> None:
        """An interval has closed."""
        seconds = interval.end_s - interval.begin_s
        self.power_w = None if interval.energy_j is None else interval.energy_j / max(seconds, 1e-9)
        self.ledger.add(interval)
        self._closed.set()
        self._settle()

    def _settle(self) -> None:
        """Settle a portion, and the rest a little later, so that streams pass in between."""
        if self.ledger.settle(time.monotonic()):
            asyncio.get_running_loop().call_later(0.002, self._settle)

    def _settled(self, interval: Interval, idle_j: float | None, requests_j: float | None) -> None:
        seconds = interval.end_s - interval.begin_s
        begin, end = (self._clock + t for t in (interval.begin_s, interval.end_s))
        if self._row is None:
            self._row = [begin, end, 0.0, 0.0, 0.0, 0.0]
        row = self._row
        row[0], row[1] = min(row[0], begin), max(row[1], end)
        if idle_j is None or requests_j is None or interval.energy_j is None:
            row[5] += seconds
            self.metrics.missing_s.inc(seconds)
        else:
            for place, joules in ((2, interval.energy_j), (3, idle_j), (4, requests_j)):
                row[place] += joules
            self.metrics.device_j.labels(self.basis).inc(interval.energy_j)
            self.metrics.idle_j.labels(self.basis).inc(max(idle_j, 0.0))
        if row[1] - row[0] >= ROW_S:
            self._flush_row()

    def _flush_row(self) -> None:
        if self._row is not None and self.store:
            self.store.energy(*self._row)
        self._row = None

    def _done(self, tracked: TrackedRequest) -> None:
        self.metrics.settled(tracked)
        self._journal(tracked)

    def _journal(self, tracked: TrackedRequest) -> None:
        if self.store:
            self.store.put(self.show(tracked))

    def show(self, tracked: TrackedRequest) -> dict[str, Any]:
        """A request as it stands."""
        settled = bool(self.basis) and self.ledger.settled(tracked)
        estimate = tracked.reported_j
        if estimate is None and self.basis and not settled:
            estimate = self.ledger.estimate_j(tracked, tracked.end_s or time.monotonic())
        predicted = predicted_j(tracked, self.weigher) if tracked.end_s is not None else None
        return {**as_json(tracked, settled, estimate, self.error, self.basis), "predicted_j": predicted}

    def find(self, name: str) -> dict[str, Any] | None:
        """A request that is remembered, by its id or its response's."""
        tracked = self.ledger.find(name)
        return None if tracked is None else self.show(tracked)

    def latest(self, last: int) -> list[dict[str, Any]]:
        """The last requests that arrived, the newest first, of those that are remembered."""
        return [self.show(tracked) for tracked in self.ledger.latest(last)]

    def totals(self) -> dict[str, Any]:
        """Where the devices' energy went; None where there is no sensor."""
        sums = self.ledger.totals
        known = bool(self.basis)
        figures = {
            "device_j": sums.device_j,
            "requests_j": sums.requests_j,
            "idle_j": sums.idle_j,
            "pending_j": sums.pending_j,
            "unknown_s": sums.missing_s,
            "power_w": self.power_w,
        }
        return {
            **{name: value if known else None for name, value in figures.items()},
            "energy_basis": self.basis or None,
            "error": self.error if known else None,
            "running": len(self.ledger.running),
            "sensors": [sampling.describe(sensor) for sensor in self.sensors],
            "faults": dict(self.sampler.faults) if self.sampler else {},
            "weighed_by": self.weigher.basis,
        }
