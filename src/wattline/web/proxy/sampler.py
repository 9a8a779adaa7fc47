"""A thread that reads sensors and hands on what the devices took between two readings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wattline.meter.sensor import Reading, Sensor, SensorGone
from wattline.web.proxy.ledger import Interval

GONE_S = 10.0  # a sensor silent for longer has told nothing of that time
BRIDGE_S = 2.0  # power readings further apart than this say nothing of what lay between
MOST_W = 200_000.0  # no single device takes more: a jump beyond it is a counter that began anew


@dataclass
class _Seen:
    """The last good reading of one sensor."""

    at_s: float
    reading: Reading


def between(sensor: Sensor, before: _Seen, now: _Seen) -> float | None:
    """Joules between two readings: from the counter, or the mean of the powers; None where neither tells."""
    seconds = now.at_s - before.at_s
    first, second = before.reading.energy_j, now.reading.energy_j
    if first is not None and second is not None:
        joules = second - first
        if joules < 0:
            joules += sensor.spec.wrap_j
        if 0 <= joules <= MOST_W * max(seconds, 1e-3):
            return joules
    begin_w, end_w = before.reading.power_w, now.reading.power_w
    if begin_w is None or end_w is None or seconds > BRIDGE_S:
        return None
    return (begin_w + end_w) / 2 * seconds if min(begin_w, end_w) >= 0 else None


class Sampler(threading.Thread):
    """Reads ``sensors`` every ``interval_s`` and calls ``post`` with each interval, from its own thread.

    An interval closes when every sensor has been read; one that fails keeps it open, so that a counter bridges the
    gap, until ``GONE_S`` have passed: then the interval's energy is not known.
    """

    def __init__(self, sensors: Sequence[Sensor], interval_s: float, post: Callable[[Interval], None]) -> None:
        super().__init__(name="wattline-sampler", daemon=True)
        self.sensors, self.interval_s, self.post = list(sensors), interval_s, post
        self.faults: dict[str, str] = {}  # device -> why it cannot be read now
        self.failed = 0
        self._wake, self._halt = threading.Event(), threading.Event()
        self._seen: dict[int, _Seen] = {}
        self._joules = [0.0] * len(self.sensors)
        self._begin_s: float | None = None

    def run(self) -> None:
        due = time.monotonic()
        while True:
            self.tick()
            if self._halt.is_set():
                return
            due = max(due + self.interval_s, time.monotonic())
            self._wake.wait(max(due - time.monotonic(), 0.0))
            self._wake.clear()

    def now(self) -> None:
        """Close the interval that runs, without waiting for its time."""
        self._wake.set()

    def stop(self) -> None:
        """Read once more and end; the sensors are closed."""
        self._halt.set()
        self._wake.set()
        if self.is_alive():
            self.join(timeout=5.0)
        for sensor in self.sensors:
            sensor.close()

    def tick(self) -> None:
        """Read every sensor once and close the interval if all of them told."""
        good = [self._read(k) for k in range(len(self.sensors))]
        now = time.monotonic()
        if self._begin_s is None:
            self._begin_s = now
            return
        silent = now - self._begin_s > max(GONE_S, 20 * self.interval_s)
        if not all(known is not False for known in good) and not silent:
            return
        known = all(one is True for one in good)
        interval = Interval(self._begin_s, now, sum(self._joules) if known else None)
        self._joules = [0.0] * len(self.sensors)
        self._begin_s = now
        if silent:
            for k, one in enumerate(good):
                if one is False:
                    self._seen.pop(k, None)
        self.post(interval)

    def _read(self, k: int) -> bool | None:
        """Read one sensor and add what it took: True; False where it cannot be read; None where it began anew."""
        sensor = self.sensors[k]
        try:
            seen = _Seen(time.monotonic(), sensor.read())
        except SensorGone as gone:
            self.failed += 1
            self.faults[sensor.device.key] = str(gone)
            return False
        self.faults.pop(sensor.device.key, None)
        before = self._seen.get(k)
        self._seen[k] = seen
        if before is None:
            return None
        joules = between(sensor, before, seen)
        if joules is None:
            return None
        self._joules[k] += joules
        return True


def error(sensors: Sequence[Sensor]) -> float:
    """Relative half-width of their sum, as if all erred the same way."""
    return max((sensor.spec.error for sensor in sensors), default=0.0)


def choose(sensors: Sequence[Sensor], wanted: Sequence[str] = ()) -> list[Sensor]:
    """The sensors to share out: those named, or the GPUs, or else the processors, or else whatever there is.

    A device that lies within another one chosen, and a second sensor of one device, count once.
    """
    if wanted:
        picked = [s for s in sensors if any(w.lower() in describe(s).lower() for w in wanted)]
    else:
        kinds = (("gpu",), ("cpu", "dram"), ("node",), tuple({s.device.kind for s in sensors}))
        picked = next((found for kind in kinds if (found := [s for s in sensors if s.device.kind in kind])), [])
    best: dict[str, Sensor] = {}
    for sensor in sorted(picked, key=lambda s: (s.spec.modelled, s.spec.error)):
        best.setdefault(sensor.device.key, sensor)
    return [sensor for key, sensor in best.items() if sensor.device.inside not in best or sensor.device.inside == key]


def describe(sensor: Sensor) -> str:
    """A sensor in a few words."""
    device = sensor.device
    return f"{device.name or device.kind} ({device.key}, {sensor.spec.source})"
