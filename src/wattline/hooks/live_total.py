"""Joules of this machine from a begin up to now, in microseconds: by the readings of this process's own sampler, or by
the journal where another process samples."""

from __future__ import annotations

import threading
from time import monotonic
from typing import NamedTuple

from wattline.core.errors import WattlineError
from wattline.meter.clock import mono_us
from wattline.meter.energy.stream import Stream
from wattline.meter.energy.track import outer
from wattline.meter.energy.window import stretch_energy
from wattline.meter.live.active import active
from wattline.meter.live.at_work import at_work
from wattline.meter.live.sampler import Sampler
from wattline.meter.live.session import Session
from wattline.meter.readings.power import line_j
from wattline.meter.sensor import Reading, Sensor

EVERY_S = 1.0  # where another process samples, its journal is read no more often than this
INTERVALS, LONGEST_S = 3, 1.0  # intervals, at least seconds, for which the last watts are held where no reading comes


class _Last(NamedTuple):
    at_s: float
    power_w: float


class LiveTotal:
    """Joules since it was made. ``joules`` is None where no sensor gives readings: missing is never zero."""

    def __init__(self) -> None:
        self._session = session = active()
        self._lock = threading.Lock()
        self._streams: dict[str, Stream] = {}
        self._last: dict[str, _Last] = {}
        self._counted: list[str] = []
        self._given_j = 0.0
        self._journal = _JournalTotal(session)
        if session.sampler is not None:
            self._begin(session.sampler)

    def _begin(self, sampler: Sampler) -> None:
        """Begin with the last reading of each sensor, as if it were of now."""
        now_s = monotonic()
        self._before = sampler.heard
        for probe in sampler.probes:
            if probe.last is not None:
                self._take(probe.sensor, now_s, probe.last[1])
        sampler.heard = self._hear

    def _hear(self, sensor: Sensor, time_s: float, monotonic_s: float, reading: Reading | None) -> None:
        """A reading of the sampler, in its thread."""
        if self._before is not None:
            self._before(sensor, time_s, monotonic_s, reading)
        self._take(sensor, monotonic_s, reading)

    def _take(self, sensor: Sensor, at_s: float, reading: Reading | None) -> None:
        key = sensor.device.key
        with self._lock:
            if (stream := self._streams.get(key)) is None:
                stream = self._streams[key] = Stream(sensor.device, sensor.spec)
                holder = outer([each.device for each in self._streams.values()])
                self._counted = [each for each, inside in holder.items() if not inside]
            before_j = stream.energy_j
            stream.feed(at_s, Reading(None) if reading is None else reading)
            self._last[key] = _Last(at_s, self._watts(key, at_s, reading, before_j))

    def _watts(self, key: str, at_s: float, reading: Reading | None, before_j: float | None) -> float:
        """Watts up to the next reading: as read, or as the counter went."""
        if reading is None:
            return 0.0
        if reading.power_w is not None:
            return reading.power_w
        now_j, last = self._streams[key].energy_j, self._last.get(key)
        if now_j is None or before_j is None or last is None or at_s <= last.at_s:
            return 0.0
        return (now_j - before_j) / (at_s - last.at_s)

    def joules(self) -> float | None:
        """Joules of all devices, each counted once, up to now; it never falls."""
        if self._session.sampler is None:
            return self._journal.joules()
        now_s, longest_s = monotonic(), max(LONGEST_S, INTERVALS * self._session.interval_s)
        with self._lock:
            total, known = 0.0, False
            for key in self._counted:
                last, known = self._last[key], True
                joules = self._streams[key].energy_j or 0.0  # of one reading nothing is known yet but its watts
                ahead_s = min(max(now_s - last.at_s, 0.0), longest_s)
                total += joules + line_j(last.power_w, last.power_w, ahead_s)
            if not known:
                return None
            self._given_j = max(self._given_j, total)
            return self._given_j

    def close(self) -> None:
        """Hear no more."""
        if self._session.sampler is not None and self._session.sampler.heard == self._hear:
            self._session.sampler.heard = self._before


class _JournalTotal:
    """The same of a journal that another process writes, read now and then and held at its mean power in between."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._begin_us = self._until_us = mono_us()
        self._read_s = -EVERY_S
        self._total_j: float | None = None
        self._mean_w = 0.0

    def joules(self) -> float | None:
        now_us = mono_us()
        if monotonic() - self._read_s >= EVERY_S and now_us > self._until_us:
            self._read(now_us)
        if self._total_j is None:
            return None
        return self._total_j + line_j(self._mean_w, self._mean_w, (now_us - self._until_us) / 1e6)

    def _read(self, now_us: int) -> None:
        try:
            with at_work(), self._session.reader() as journal:
                part = stretch_energy(journal, self._until_us, now_us)
        except (WattlineError, OSError):
            return
        self._read_s = monotonic()
        if part.energy_j is not None:
            self._total_j = (self._total_j or 0.0) + part.energy_j
            self._mean_w = part.mean_w or 0.0
            self._until_us = now_us
