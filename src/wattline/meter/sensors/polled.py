"""Sensors that are slow to answer (a BMC, a server): a thread asks, and a reading is what was answered last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from wattline.core.errors import shorten
from wattline.meter.device import Device
from wattline.meter.sensor import Reading, SensorGone, Spec

Answer = Mapping[str, Reading | str]  # by device key: a reading, or why there is none
STALE_PERIODS = 3.0
MIN_STALE_S = 5.0


class Poller:
    """Asks one source every ``period_s`` for all of its devices at once, in a thread that no reader waits for."""

    def __init__(
        self,
        ask: Callable[[], Answer],
        period_s: float,
        first: Answer | None = None,
        done: Callable[[], None] | None = None,
    ) -> None:
        self.period_s = period_s
        self._ask, self._done = ask, done
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._users = 0
        self._wrong = "not answered yet"
        # answer and when it came: one reference, so that readers need no lock
        self._last: tuple[Answer, float] = (first or {}, float("-inf") if first is None else time.monotonic())

    def latest(self, key: str) -> Reading:
        """The last answer about a device. Starts the thread. Raises SensorGone where it is missing or too old."""
        self._start()
        (answer, answered_s), wrong = self._last, self._wrong
        age_s = time.monotonic() - answered_s
        if age_s > max(STALE_PERIODS * self.period_s, MIN_STALE_S):
            raise SensorGone(wrong or f"not answered for {age_s:.0f} s")
        value = answer.get(key, "no longer reported")
        if isinstance(value, str):
            raise SensorGone(value)
        return value

    def _start(self) -> None:
        # a thread does not live through a fork: the child starts its own
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._stop = threading.Event()
                    self._thread = threading.Thread(
                        target=self._run, args=(self._stop,), name="wattline-poll", daemon=True
                    )
                    self._thread.start()

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            begun_s = time.monotonic()
            try:
                answer = self._ask()
            except Exception as error:
                # whatever goes wrong in asking, the sensors say so and the asking goes on
                self._wrong = shorten(str(error) or type(error).__name__, 200)
            else:
                self._last, self._wrong = (answer, time.monotonic()), ""
            stop.wait(max(self.period_s - (time.monotonic() - begun_s), 0.05))

    def open(self) -> None:
        self._users += 1

    def close(self) -> None:
        """Stops the thread when the last of its sensors is closed; does not wait for a question in flight."""
        self._users -= 1
        if self._users <= 0:
            self._stop.set()
            if self._done is not None:
                self._done()


class PolledDevice:
    """One device of a Poller, as a sensor."""

    def __init__(self, device: Device, spec: Spec, poller: Poller, also: frozenset[str] = frozenset()) -> None:
        self.device, self.also = device, also
        self.spec = spec if spec.period_s else replace(spec, period_s=poller.period_s)
        self._poller: Poller | None = poller
        poller.open()

    def read(self) -> Reading:
        """The last answer about the device. Raises SensorGone where it is missing, too old or closed."""
        if self._poller is None:
            raise SensorGone("closed")
        return self._poller.latest(self.device.key)

    def close(self) -> None:
        if self._poller is not None:
            self._poller.close()
            self._poller = None
