"""A sensor that answers slowly (a BMC, a web service), read in a thread of its own so that the others are not late."""

from __future__ import annotations

import threading

from wattline.meter.clock import mono_us
from wattline.meter.sensor import Reading, Sensor


class SlowSensor:
    """Asked with ``ask``, which returns at once; ``take`` has the answer once it is there."""

    def __init__(self, sensor: Sensor) -> None:
        self._sensor = sensor
        self._requests = threading.Semaphore(0)
        self._busy = False
        self._answer: tuple[int, Reading | Exception] | None = None
        self._stopped = False
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        """Begin a reading, unless one is under way."""
        if self._busy:
            return
        self._busy = True
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="wattline-slow-sensor", daemon=True)
            self._thread.start()
        self._requests.release()

    def take(self) -> tuple[int, Reading | Exception] | None:
        """When (µs, monotonic) and what it said, once for each answer; an exception where it could not be read."""
        answer, self._answer = self._answer, None
        return answer

    def stop(self) -> None:
        self._stopped = True
        self._requests.release()

    def _run(self) -> None:
        while True:
            self._requests.acquire()
            if self._stopped:
                return
            before = mono_us()
            answer: Reading | Exception
            try:
                answer = self._sensor.read()
            except Exception as error:
                answer = error
            self._answer = ((before + mono_us()) // 2, answer)
            self._busy = False
