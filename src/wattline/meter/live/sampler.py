"""Reading sensors: one tick reads all that are due, and tells what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wattline.meter.clock import mono_us, wall_us
from wattline.meter.journal.blocks import pack_reading
from wattline.meter.recording import Fault
from wattline.meter.sensor import Reading, Sensor, SensorGone
from wattline.meter.sensors.slow import SlowSensor

JUMP_US = 100_000  # the wall clock set by this much or more from one tick to the next
RETRY_US = (250_000, 10_000_000)  # how soon a sensor that went away is asked again, first and at last
SLOW_US = 20_000  # a reading that takes longer is taken aside from the others, NVML's take 1 to 5 ms


class Tick(NamedTuple):
    """What one round of reading gave: the readings packed for the journal, and faults."""

    data: bytes
    faults: tuple[Fault, ...]


@dataclass
class Probe:
    """A sensor with what is known of it so far. ``every``: read at each so-manieth tick."""

    sensor: Sensor
    series: int
    every: int = 1
    gone_since: int = 0  # µs, monotonic; 0: it is there
    retry_at: int = 0
    retry_us: int = RETRY_US[0]
    last: tuple[int, Reading] | None = None
    watts: float | None = None
    slow: SlowSensor | None = None

    @property
    def name(self) -> str:
        return self.sensor.device.key


@dataclass
class Sampler:
    """Reads ``probes`` and remembers each one's last reading; ``tick`` is called by one thread alone.

    ``heard`` is told of every reading, and with None of a sensor that went away: sensor, wall and monotonic seconds.
    """

    interval_us: int
    probes: list[Probe] = field(default_factory=list)
    heard: Callable[[Sensor, float, float, Reading | None], None] | None = None
    _offset: int | None = None

    @classmethod
    def of(cls, sensors: Sequence[Sensor], series: Sequence[int], interval_s: float) -> Sampler:
        """Sensors with their numbers in the journal; one that renews its reading slowly is read half as far apart.

        Parameters
        ----------
        sensors : that are read
        series : number of each in the journal
        interval_s : between two rounds [s]

        Returns the sampler.
        """
        probes = []
        for sensor, number in zip(sensors, series, strict=True):
            spec = sensor.spec
            probes.append(Probe(sensor, number, max(1, int(spec.period_s / 2 / interval_s))))
        return cls(round(interval_s * 1e6), probes)

    def tick(self, number: int, *, all_now: bool = False) -> Tick:
        """One round; ``number`` counts rounds, ``all_now`` reads also what is not due.

        Parameters
        ----------
        number : of the round, from 0
        all_now : also read what is not due

        Returns
        -------
        The readings of the round.
        """
        began = mono_us()
        offset = wall_us() - began
        faults: list[Fault] = []
        if self._offset is not None and abs(offset - self._offset) >= JUMP_US:
            seconds = (offset - self._offset) / 1e6
            faults.append(Fault("clock", 1, seconds, "the wall clock jumped; durations go by the monotonic clock"))
        self._offset = offset
        parts = []
        for probe in self.probes:
            if probe.slow is not None:
                parts += self._collect(probe, probe.slow, began, offset, number, faults)
            elif (all_now or number % probe.every == 0) and began >= probe.retry_at:
                parts += self._read(probe, offset, faults)
        return Tick(b"".join(parts), tuple(faults))

    def _read(self, probe: Probe, offset: int, faults: list[Fault]) -> list[bytes]:
        before = mono_us()
        try:
            reading = probe.sensor.read()
        except Exception as error:
            return self._gone(probe, before, offset, error, faults)
        after = mono_us()
        if after - before > SLOW_US:
            probe.slow = SlowSensor(probe.sensor)
        return [self._had(probe, (before + after) // 2, offset, reading, faults)]

    def _collect(
        self, probe: Probe, slow: SlowSensor, now: int, offset: int, number: int, faults: list[Fault]
    ) -> list[bytes]:
        """What a sensor that is read aside has given since the last round; it is asked again where it is due."""
        given = slow.take()
        if number % probe.every == 0 and now >= probe.retry_at:
            slow.ask()
        if given is None:
            return []
        at, answer = given
        if isinstance(answer, Reading):
            return [self._had(probe, at, offset, answer, faults)]
        return self._gone(probe, at, offset, answer, faults)

    def _had(self, probe: Probe, at: int, offset: int, reading: Reading, faults: list[Fault]) -> bytes:
        if probe.gone_since:
            bridged = "bridged by its counter" if reading.energy_j is not None else "not bridged: it has no counter"
            faults.append(Fault("gap", 1, (at - probe.gone_since) / 1e6, f"sensor back; {bridged}", probe.name))
            probe.gone_since, probe.retry_at, probe.retry_us = 0, 0, RETRY_US[0]
        probe.watts = _watts(probe, at, reading)
        probe.last = (at, reading)
        if self.heard is not None:
            self.heard(probe.sensor, (at + offset) / 1e6, at / 1e6, reading)
        return pack_reading(probe.series, at + offset, at, reading.power_w, reading.energy_j)

    def _gone(self, probe: Probe, at: int, offset: int, error: Exception, faults: list[Fault]) -> list[bytes]:
        """Told once, marked by one empty reading, then asked again ever less often."""
        probe.retry_at = at + probe.retry_us
        probe.retry_us = min(2 * probe.retry_us, RETRY_US[1])
        if probe.gone_since:
            return []
        probe.gone_since = probe.last[0] if probe.last else at
        probe.watts = None
        if self.heard is not None:
            self.heard(probe.sensor, (at + offset) / 1e6, at / 1e6, None)
        why = str(error) if isinstance(error, SensorGone) else repr(error)
        faults.append(Fault("unreadable", 1, 0.0, f"sensor gave no reading: {why}", probe.name))
        return [pack_reading(probe.series, at + offset, at, None, None)]

    def close(self) -> None:
        """Let go of the sensors; what fails in that is of no consequence."""
        for probe in self.probes:
            if probe.slow is not None:
                probe.slow.stop()
            try:
                probe.sensor.close()
            except Exception:
                continue


def _watts(probe: Probe, at: int, reading: Reading) -> float | None:
    """Watts for the screen: as read, or from how far the counter went since the last reading."""
    if reading.power_w is not None:
        return reading.power_w
    if probe.last is None or reading.energy_j is None or probe.last[1].energy_j is None or at <= probe.last[0]:
        return None
    gone = reading.energy_j - probe.last[1].energy_j
    if gone < 0:
        gone += probe.sensor.spec.wrap_j
    watts = gone / (at - probe.last[0]) * 1e6
    return watts if watts < float("inf") else None
