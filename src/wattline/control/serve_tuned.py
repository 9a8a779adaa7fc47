"""``wattline tune serve``: a model server's power limit tuned under its live traffic, its latencies as the bound.

The proxy stands before the server and sees every request: tokens are the work, and the 99th percentile of each window's
times to the first token and per further token decide whether a setting is allowed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.control.hold import Hold
from wattline.control.objective import TuneObjective
from wattline.control.result import TuneResult
from wattline.control.settable import Settable
from wattline.control.settings_grid import DeviceSetter
from wattline.control.tune import inputs_of, result_of, search_of
from wattline.control.tuner import Pace, Tuner
from wattline.meter.live import active

if TYPE_CHECKING:
    from wattline.web.proxy.accounting import Books
    from wattline.web.proxy.server import ProxySetup
    from wattline.web.proxy.tracked_request import TrackedRequest

LOOK_S = 0.05
PERCENTILE = 99.0
MIN_REQUESTS = 5  # in a window: of fewer no percentile is taken
MAX_MISSES = 3  # windows in a row, at the limit that is kept, before the old limit is restored
MISSED = "the required latencies were missed at the chosen limit: the old limit is restored"


@dataclass
class ServedWork:
    """What a proxy's requests tell: tokens made in all, and latencies since the last look at them.

    ``ttft_s``, ``tpot_s``: the bounds; None for any.
    """

    ttft_s: float | None = None
    tpot_s: float | None = None
    tokens: float = 0.0
    misses: int = 0
    _first: list[float] = field(default_factory=list)
    _next: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def piece(self, count: int) -> None:
        """A stream brought pieces of text."""
        with self._lock:
            self.tokens += count

    def end(self, tracked: TrackedRequest) -> None:
        """A request has ended."""
        if tracked.end_s is None or tracked.failed:
            return
        with self._lock:
            if tracked.first_s is None:
                self.tokens += float(tracked.tokens.output or 0)
                return
            self._first.append(tracked.first_s - tracked.begin_s)
            output = tracked.tokens.output or tracked.deltas
            if output > 1:
                self._next.append((tracked.end_s - tracked.first_s) / (output - 1))

    def judge(self) -> bool:
        """Whether the requests since the last look kept to the bounds."""
        with self._lock:
            first, then, self._first, self._next = self._first, self._next, [], []
        kept = all(
            bound is None or len(values) < MIN_REQUESTS or float(np.percentile(values, PERCENTILE)) <= bound
            for values, bound in ((first, self.ttft_s), (then, self.tpot_s))
        )
        self.misses = 0 if kept else self.misses + 1
        return kept


def attach(books: Books, work: ServedWork) -> None:
    """Let the books of a proxy tell of pieces and ends as they come.

    Parameters
    ----------
    books : of the proxy
    work : that counts tokens and latencies
    """
    books.heard_piece, books.heard_end = work.piece, work.end


class Following(threading.Thread):
    """Looks at the work and hands it to the tuner, away from the loop that serves; ``end`` stops it."""

    def __init__(self, tuner: Tuner, work: ServedWork) -> None:
        super().__init__(name="wattline-tune", daemon=True)
        self.tuner, self.work = tuner, work
        self._over = threading.Event()

    def run(self) -> None:
        kept_s = time.monotonic()
        done = 0.0
        while not self._over.wait(LOOK_S):
            if self.work.tokens > done:
                done = self.work.tokens
                self.tuner.progress(done)
            now = time.monotonic()
            if self.tuner.search.searching:
                kept_s = now
            elif now - kept_s > self.tuner.pace.window_s and not self.tuner.stopped:
                kept_s = now
                self.work.judge()
                if self.work.misses >= MAX_MISSES and self.tuner.search.best != self.tuner.search.reference:
                    self.tuner.stop(MISSED)

    def end(self) -> None:
        self._over.set()
        self.join()


def serve_tuned(
    setup: ProxySetup,
    settables: Sequence[Settable],
    goal: TuneObjective,
    pace: Pace,
    work: ServedWork,
    listening: Callable[[str], None],
) -> TuneResult:
    """Serve until Ctrl-C while the limit is tuned; the old limit is restored at the end.

    Parameters
    ----------
    setup : of the proxy
    settables : devices to set
    goal : what is made small for a token
    pace : of windows
    work : with the bounds of latencies
    listening : called with the proxy's address once it serves

    Returns
    -------
    The outcome of the search.
    """
    from wattline.web.proxy.server import serve_proxy

    active.metering(active.default_path("tune-serve"), "100ms", fall_back=True)
    try:
        with Hold(settables, "tune serve") as hold:
            setter = DeviceSetter(hold)
            tuner = Tuner(setter, search_of(setter, goal, pace), pace, "tokens", work.judge)
            following = Following(tuner, work)
            journal = str(active.active().path)

            def begin(address: str, books: Any) -> None:
                attach(books, work)
                tuner.begin()
                following.start()
                listening(address)

            try:
                serve_proxy(setup, begin)
            finally:
                if following.is_alive():
                    following.end()
                tuner.finish()
            return result_of(tuner, inputs_of(setter, goal, pace, "serve"), journal=journal)
    finally:
        active.finish()
