"""A thread that reads sensors and hands on what the devices took between two readings."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from operator import sub

from wattline.meter.energy.stream import EVERY, Stream
from wattline.meter.sensor import Sensor, SensorGone
from wattline.web.proxy.ledger import Interval

GONE_S = 10.0  # a sensor silent for longer has told nothing of that time
KEPT = 1024  # readings of a sensor that are kept, so that summing them anew takes little


class IntervalSampler(threading.Thread):
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
        # not all are summed anew at once
        self._streams = [Stream(s.device, s.spec, KEPT + 32 * k, EVERY + 17 * k) for k, s in enumerate(self.sensors)]
        for stream in self._streams:
            stream.prepare()
        self._last_s: list[float | None] = [None] * len(self.sensors)  # when each was last read
        self._last_j: list[float | None] = [None] * len(self.sensors)  # and its counter then
        self._joules: list[float | None] = [None] * len(self.sensors)  # since its first reading; None: to be asked for
        self._given_j = [0.0] * len(self.sensors)  # joules up to the end of the last interval
        self._lost: set[int] = set()  # sensors that were silent: what they took meanwhile is of no interval
        self._mark_j = list(self._last_j)  # counters when the interval began
        self._broken = False  # whether some joules of the interval are not known
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
        answered = False not in [self._read(k) for k in range(len(self.sensors))]
        now = time.monotonic()
        if self._begin_s is None:
            self._begin(now)
            return
        waited = now - self._begin_s
        last = self._halt.is_set()
        streams = self._streams
        joules, undecided = self._joules, False
        if last or None in joules:
            joules = [stream.settle() for stream in streams] if last else [stream.energy_j for stream in streams]
            undecided = True in [stream.undecided for stream in streams]
        silent = (not answered or undecided) and waited > max(GONE_S, 20 * self.interval_s)
        if not silent and (not answered or undecided or self._still(waited)):
            return
        known = answered and not undecided and not self._broken and None not in joules
        given_j = [now_j or 0.0 for now_j in joules]
        interval = Interval(self._begin_s, now, sum(map(sub, given_j, self._given_j)) if known else None)
        self._given_j = given_j
        self._begin(now)
        if silent:
            self._lost |= {k for k, at_s in enumerate(self._last_s) if at_s is not None and now - at_s >= GONE_S / 2}
        self.post(interval)

    def _begin(self, now: float) -> None:
        self._begin_s, self._broken = now, False
        self._mark_j = list(self._last_j)

    def _still(self, waited_s: float) -> bool:
        """Whether a counter is still to be renewed since the interval began: its joules come in lumps."""
        if self._last_j.count(None) == len(self._last_j):
            return False
        for sensor, last_j, mark_j in zip(self.sensors, self._last_j, self._mark_j, strict=True):
            if last_j == mark_j and last_j is not None and waited_s < 3 * sensor.spec.period_s:
                return True
        return False

    def _read(self, k: int) -> bool:
        """Read one sensor and add what it took; False where it cannot be read."""
        sensor = self.sensors[k]
        at_s = time.monotonic()
        try:
            reading = sensor.read()
        except Exception as gone:  # SensorGone by its contract; no defect of a driver may stop the others
            self.failed += 1
            self.faults[sensor.device.key] = str(gone) if isinstance(gone, SensorGone) else repr(gone)
            return False
        if self.faults:
            self.faults.pop(sensor.device.key, None)
        self._joules[k] = self._streams[k].feed(at_s, reading)
        self._last_s[k], self._last_j[k] = at_s, reading.energy_j
        if self._lost and k in self._lost:
            self._lost.discard(k)
            self._given_j[k] = self._streams[k].energy_j or 0.0
            self._broken = True
        return True


def error(sensors: Sequence[Sensor]) -> float:
    """Relative half-width of their sum, as if all erred the same way."""
    return max((sensor.spec.error for sensor in sensors), default=0.0)


def choose_sensors(sensors: Sequence[Sensor], wanted: Sequence[str] = (), host: str = "") -> list[Sensor]:
    """The sensors to share out: those named, or of ``host`` its GPUs, or else its processors, or whatever it has.

    A device that lies within another one chosen, and a second sensor of one device, count once.

    Parameters
    ----------
    sensors : that can be read
    wanted : parts of their names; by kind where none is named
    host : of the upstream; any where empty

    Returns the sensors.
    """
    if wanted:
        picked = [s for s in sensors if any(w.lower() in describe(s).lower() for w in wanted)]
    else:
        near = [s for s in sensors if not host or _same_host(s.device.host, host)]
        kinds = (("gpu",), ("cpu", "dram"), ("node",), tuple({s.device.kind for s in near}))
        picked = next((chosen for kind in kinds if (chosen := [s for s in near if s.device.kind in kind])), [])
    best: dict[str, Sensor] = {}
    for sensor in sorted(picked, key=lambda s: (s.spec.modelled, s.spec.error)):
        best.setdefault(sensor.device.key, sensor)
    return [sensor for key, sensor in best.items() if sensor.device.inside not in best or sensor.device.inside == key]


def _same_host(a: str, b: str) -> bool:
    """Whether two names mean one machine: this one by any of its names, or a short name and its full one."""
    names = ["localhost" if _here(name) else name.lower() for name in (a, b)]
    short, long = sorted(names, key=len)
    return short == long or ("." not in short and long.startswith(f"{short}."))


@cache
def _here(host: str) -> bool:
    """Whether a name or address is this machine's."""
    names = ("localhost", "::1", "host.docker.internal", socket.gethostname(), os.environ.get("WATTLINE_HOST", ""))
    if host.lower() in (name.lower() for name in names):
        return True
    with contextlib.suppress(ValueError, OSError):
        address = ipaddress.ip_address(host)
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))  # only an address of this machine can be bound
            return True
    return False


def describe(sensor: Sensor) -> str:
    """A sensor in a few words."""
    device = sensor.device
    return f"{device.name or device.kind} ({device.key}, {sensor.spec.source})"
