"""What a window takes: its begin, its end, and its energy out of the journal, with eight devices at 10 Hz.

    .venv/bin/python benchmarks/measure.py [--windows 40] [--minutes 10]

Two parts, both in CPU time of this process, all threads. The first opens windows with ``wl.measure`` on simulated
devices while sampling goes on. The second fills a journal with minutes of readings (NVML's watts and counter; its watts
alone; simulated ones) and reads the energy of its last minute and last second, the first time in a process apart: what
a program waits for at the end of a window.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import wattline as wl
from wattline.meter.device import Device
from wattline.meter.energy.window import stretch_energy
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.writer import JournalWriter
from wattline.meter.live import active, sampler
from wattline.meter.sensor import Reading, Spec

DEVICES, INTERVAL_US, PACK = 8, 100_000, 600
KINDS = (("nvml", True, True), ("nvml", True, False), ("simulated", True, True))


class Noisy:
    """Watts that wander, to the mW as NVML has them, and their counter in mJ."""

    def __init__(self, number: int, source: str, watts: bool, counter: bool, now: list[int]) -> None:
        self.device = Device("here", f"GPU-{number}", "gpu", "NVIDIA H100 80GB HBM3")
        self.spec = Spec(source, period_s=0.1)
        self.number, self.watts, self.counter, self.now, self.joules = number, watts, counter, now, 0.0

    def read(self) -> Reading:
        at = self.now[1] * 1e-6
        power = 400 + 200 * math.sin(at / 60 + self.number) + 30 * math.sin(at * 7919.0 + self.number * 31)
        self.joules += power * INTERVAL_US * 1e-6
        return Reading(round(power, 3) if self.watts else None, round(self.joules, 3) if self.counter else None)

    def close(self) -> None:
        pass


def cpu_ms(work) -> float:  # type: ignore[no-untyped-def]
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1e3


def windows(count: int) -> None:
    """Begin, end and energy of windows that follow each other."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WATTLINE_SIMULATED"] = str(DEVICES)
        wl.metering(Path(folder) / "a.wattline", INTERVAL_US * 1e-6)
        rows: list[tuple[float, float, float]] = []
        for _ in range(count):
            window = wl.measure("window")
            begin = cpu_ms(window.begin)
            time.sleep(0.15)
            rows.append((begin, cpu_ms(window.end), cpu_ms(partial(getattr, window, "energy"))))
        first, rest = rows[0], rows[1:]
        median = [statistics.median(column) for column in zip(*rest, strict=True)]
        for name, row in (("first window", first), (f"median of {count - 1}", median)):
            print(f"{name:<28} begin {row[0]:5.3f} ms   end {row[1]:5.3f} ms   energy {row[2]:6.1f} ms")
        active.finish()


def fill(path: Path, minutes: float, source: str, watts: bool, counter: bool) -> int:
    """A journal of so many minutes; the monotonic µs at its end."""
    now = [1_800_000_000_000_000, 1_000_000_000]
    sampler.wall_us, sampler.mono_us = (lambda: now[0]), (lambda: now[1])  # type: ignore[attr-defined]
    with Journal.create(path) as journal:
        sensors = [Noisy(i, source, watts, counter, now) for i in range(DEVICES)]
        series = [journal.series_id(sensor.device, sensor.spec) for sensor in sensors]
        reads = sampler.Sampler.of(sensors, series, INTERVAL_US * 1e-6)
        writer = JournalWriter(journal)
        for number in range(round(minutes * 60e6 / INTERVAL_US)):
            now[0] += INTERVAL_US
            now[1] += INTERVAL_US
            writer.tick(reads.tick(number).data)
            if number % PACK == PACK - 1:
                writer.flush()
                journal.pack()
        writer.flush()
    return now[1]


def energies(minutes: float, source: str, watts: bool, counter: bool) -> None:
    """The energy of a journal's last minute and second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.wattline"
        end = fill(path, minutes, source, watts, counter)

        def read(seconds: float) -> None:
            with Journal.open(path) as journal:
                stretch_energy(journal, end - round(seconds * 1e6) - INTERVAL_US, end - INTERVAL_US)

        first = cpu_ms(partial(read, 60))
        minute, second = (statistics.median(cpu_ms(partial(read, s)) for _ in range(20)) for s in (60, 1))
        what = f"{source}, watts{' and counter' if counter else ''}"
        print(f"{what:<28} first {first:6.1f} ms   a minute {minute:6.1f} ms   a second {second:6.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--windows", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    fresh = multiprocessing.get_context("spawn")  # a process each, for what it loads first counts
    for work, *given in ((windows, options.windows), *((energies, options.minutes, *kind) for kind in KINDS)):
        process = fresh.Process(target=work, args=given)
        process.start()
        process.join()


if __name__ == "__main__":
    main()
