"""Kills a process that measures, again and again at moments drawn by chance, and says what its journal holds.

    python killed.py FOLDER ROUNDS SEED

Each round: a process with two sensors at 5 ms and windows inside a window is killed, in every fourth round while it
still makes its journal; one line of JSON tells how many rounds of readings it had made and how many are in the
journal, and how many windows begun before the last of them are missing there. Every second round goes on with the
journal of the one before. Readings are packed into blocks every seven rounds, so that kills hit that too.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from fake_sensors import fakes
from wattline.meter.clock import mono_us
from wattline.meter.journal.contents import last_reading_us
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.reader import read_recording
from wattline.meter.live import active, session
from wattline.meter.live.measurement import Measurement

INTERVAL_S = 0.005


def measure_until_killed(path: Path, readings: int, windows: int) -> None:
    """What the process does that is to be killed."""
    sensors = fakes(2)
    sensors[0].pipe = readings
    active.metering(path, INTERVAL_S, sensors)
    with Measurement("run"):
        os.write(windows, mono_us().to_bytes(8, "little"))
        while True:
            with Measurement("step"):
                os.write(windows, mono_us().to_bytes(8, "little"))
                time.sleep(0.003)


def run_round(path: Path, wait_s: float, at_start: bool) -> dict[str, object]:
    had = _kept(path) if path.exists() else (0, 0)
    readings, windows = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            measure_until_killed(path, readings[1], windows[1])
        finally:
            os._exit(9)
    os.close(readings[1])
    os.close(windows[1])
    # the moment of its end is drawn from its beginning on, or from its first reading on
    first = b"" if at_start else os.read(readings[0], 8)
    time.sleep(wait_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    made = len(first + _rest(readings[0])) // 8
    begun = np.frombuffer(_rest(windows[0]), "<i8")
    if not path.exists():
        return {"made": made, "kept": 0, "windows_missing": len(begun), "windows": 0, "integrity": "ok"}
    with Journal.open(path) as journal:
        last_us = last_reading_us(journal.connection)
        problem = journal.connection.execute("PRAGMA integrity_check").fetchone()[0]
    now = _kept(path)
    return {
        "made": made,
        "kept": now[0] - had[0],
        "windows_missing": max(0, int((begun < last_us).sum()) - (now[1] - had[1])),
        "windows": now[1] - had[1],
        "integrity": problem,
    }


def _kept(path: Path) -> tuple[int, int]:
    """Rounds of readings and windows in the journal."""
    with Journal.open(path) as journal:
        recording = read_recording(journal)
        return max((len(series.time_s) for series in recording.series), default=0), len(recording.windows)


def _rest(pipe: int) -> bytes:
    got = b""
    while part := os.read(pipe, 65536):
        got += part
    os.close(pipe)
    return got


def main(folder: str, rounds: str, seed: str) -> None:
    session.BLOCK_TICKS = 7
    rng = random.Random(int(seed))
    for i in range(int(rounds)):
        at_start = i % 4 == 2
        reported = run_round(
            Path(folder) / f"{i // 2}.wattline", rng.uniform(0.0, 0.02 if at_start else 0.06), at_start
        )
        print(json.dumps(reported), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
