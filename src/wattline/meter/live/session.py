"""One process's part in a measurement: a thread that samples (one process of a host) and writes to the journal."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.clock import mono_us
from wattline.meter.journal import owner
from wattline.meter.journal.contents import last_reading_us
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.process import hostname
from wattline.meter.journal.windows import Edge, edge_op
from wattline.meter.journal.writer import OPS, JournalWriter, say
from wattline.meter.live.at_work import at_work
from wattline.meter.live.sampler import Sampler
from wattline.meter.sensor import Sensor

BLOCK_TICKS, BLOCK_US = 600, 60_000_000  # ticks are packed into blocks when there are so many, or after so long
WATCH_US = 1_000_000  # how often who does not sample looks whether who does still lives
START_S = 30.0
CLOSE_S = 10.0
NO_SENSOR = "no sensor gives readings on {host}: energy is unknown, not zero; `wattline sensors` says what is missing"
Find = Callable[[], Sequence[Sensor]]


class Session:
    """A journal with a thread that writes to it, and reads sensors where no other process of the host does.

    ``find`` looks for sensors; it is called only in the process that samples.
    """

    def __init__(self, path: Path, find: Find, interval_s: float = 0.1, rank: str = "", around: str = "") -> None:
        self.path, self.interval_s, self.rank = path, interval_s, rank
        self.around = around  # the window that all of this process's are inside
        self.sampler: Sampler | None = None
        self.sensor_count: int | None = None  # None: another process samples
        self.failed: Exception | None = None
        self._find = find
        self._interval_us = max(1000, round(interval_s * 1e6))
        self._wake = threading.Lock()
        self._wake.acquire()
        self._ready = threading.Event()
        self._served = threading.Condition()
        self._requests = self._answered = 0
        self._stopping = False
        self._sampled_us = self._packed_us = self._watched_us = self._beat_us = 0
        self._ticks = 0
        self._written = True
        with at_work():
            self.journal = Journal.create(path, rank=rank, interval_s=interval_s)
        self.writer = JournalWriter(self.journal)
        self.forked = False  # this is a child's copy of its parent's, not to be used
        self._edges: deque[Edge] = deque(maxlen=OPS)
        self._thread = threading.Thread(target=self._run, name="wattline-sampler", daemon=True)

    def start(self) -> Session:
        """Begin; returns once the first readings are taken. Raises WattlineError, or what else the thread met, where
        the first readings cannot be taken."""
        self._thread.start()
        self._ready.wait(START_S)
        if self.failed is not None:
            self.journal.close()
            raise self.failed
        return self

    @property
    def samples(self) -> bool:
        return self.sampler is not None

    def window_id(self, number: int) -> str:
        return f"{self.journal.writer}-{number}"

    def edge(self, edge: Edge, now_us: int) -> None:
        """A window begins or ends: written with the next round, which comes at once if the last is not of just now.

        Parameters
        ----------
        edge : begin or end of a window
        now_us : its time, µs
        """
        self._edges.append(edge)
        if now_us - self._sampled_us > self._interval_us >> 2:
            self._poke()

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Read all sensors now and write what waits; False where the file took none of it, or not in time."""
        if not self._thread.is_alive():
            return False
        with self._served:
            self._requests += 1
            wanted = self._requests
            self._poke()
            return self._served.wait_for(lambda: self._answered >= wanted, timeout_s) and self._written

    def reader(self) -> Journal:
        """The journal opened to read; a copy of it in memory where its file was removed."""
        if self.journal.is_there():
            try:
                return Journal.open(self.path)
            except WattlineError:
                if self.journal.is_there():
                    raise
        return self.journal.in_memory()

    @property
    def files(self) -> list[Path]:
        """Where its readings are: the journal, and what holds the rest where the journal did not take all."""
        rest = self.writer.saved
        return [*([self.path] if rest is None or self.journal.is_there() else []), *([rest] if rest else [])]

    def wait_for_reading(self, since_us: int) -> None:
        """Until the process that samples has written a reading of ``since_us`` (monotonic) or later, or should have."""
        until = time.monotonic() + 2 * self.interval_s + 1.0
        pause_s = min(max(self.interval_s / 4, 0.002), 0.1)
        with at_work():
            journal = self.reader()
        try:
            while time.monotonic() < until:
                with at_work():
                    if last_reading_us(journal.connection) >= since_us or not journal.has_series():
                        return
                time.sleep(pause_s)
        finally:
            with at_work():
                journal.close()

    def close(self) -> None:
        """Take last readings, write all that waits, let the next process sample."""
        if self._stopping:
            return
        self._stopping = True
        self._poke()
        self._thread.join(CLOSE_S)
        if not self._thread.is_alive():
            with at_work():
                self.journal.close()

    def _poke(self) -> None:
        if self._wake.locked():
            try:
                self._wake.release()
            except RuntimeError:  # another thread was quicker
                return

    # the thread

    def _run(self) -> None:
        try:
            with at_work():
                self._elect()
                self._round(0, all_now=True)
                self.journal.connection.execute("PRAGMA busy_timeout=200")
        except Exception as error:
            self.failed = error
            return
        finally:
            self._ready.set()
        try:
            self._loop()
        except Exception as error:
            say(f"measuring stopped: {error!r}")
            raise
        finally:
            with at_work():
                self._finish()

    def _loop(self) -> None:
        """Rounds on a fixed grid of the monotonic clock, and between them when poked."""
        began, number = mono_us(), 0
        while not self._stopping:
            due = began + (number + 1) * self._interval_us
            self._wake.acquire(timeout=max(0.0, (due - mono_us()) / 1e6))
            now, requested = mono_us(), self._requests
            on_time = now >= due - 500
            if on_time:
                number = (
                    now + 500 - began
                ) // self._interval_us  # rounds that were missed are left out, not made up for
            with at_work():
                self._round(number, all_now=not on_time)
            if requested > self._answered:
                with self._served:
                    self._answered = requested
                    self._served.notify_all()

    def _round(self, number: int, *, all_now: bool = False) -> None:
        now = mono_us()
        if self.sampler is not None:
            tick = self.sampler.tick(number, all_now=all_now)
            self._sampled_us = now
            if tick.data:
                self.writer.tick(tick.data)
                self._ticks += 1
            for fault in tick.faults:
                self.writer.fault(fault)
            if now - self._beat_us > owner.BEAT_S * 1e6:
                self._beat_us = now
                self.writer.op(owner.beat(self.journal))
        elif now - self._watched_us > WATCH_US:
            self._watched_us = now
            self._take_over()
        self._take_edges()
        self._written = self.writer.flush(insist=all_now)
        if self._ticks >= BLOCK_TICKS or (self._ticks and now - self._packed_us > BLOCK_US):
            self._pack(now)

    def _take_edges(self) -> None:
        """What windows told goes to what waits to be written."""
        while self._edges:
            self.writer.op(edge_op(self._edges.popleft(), self))

    def _pack(self, now: int) -> None:
        self._ticks, self._packed_us = 0, now
        try:
            self.journal.pack()
        except sqlite3.Error:  # the ticks stay as they are, and are packed the next time
            return

    def _elect(self) -> None:
        """Sample, if no living process of this host does."""
        if owner.is_locked(self.journal) or not owner.claim(self.journal):
            return
        owner.pack_leftovers(self.journal)
        sensors = list(self._find())
        self.sensor_count = len(sensors)
        self._beat_us = self._packed_us = mono_us()
        if not sensors:
            self.writer.note(NO_SENSOR.format(host=hostname()))
        series = [self.journal.series_id(sensor.device, sensor.spec) for sensor in sensors]
        self.sampler = Sampler.of(sensors, series, self.interval_s)

    def _take_over(self) -> None:
        """Sample from now on, if who did has died."""
        try:
            self._elect()
        except (sqlite3.Error, WattlineError) as error:
            say(f"{self.path}: cannot go on with its readings yet ({error})")

    def _finish(self) -> None:
        """Last readings and all that waits; what a full disk does not take is saved elsewhere, and told."""
        try:
            if self.sampler is not None:
                tick = self.sampler.tick(0, all_now=True)
                self.writer.tick(tick.data)
                self.sampler.close()
            self._take_edges()
            self.journal.connection.execute("PRAGMA busy_timeout=5000")
            if not self.writer.flush(insist=True) or not self.journal.is_there():
                self.writer.save_elsewhere()
                return
            if self.sampler is not None:
                self.journal.pack(sync=False)
                owner.release(self.journal)
        except sqlite3.Error as error:
            say(f"{self.path}: the last readings could not be packed ({error}); they are there as they came")
