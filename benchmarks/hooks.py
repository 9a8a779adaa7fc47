"""What a callback costs a training at 10 steps a second: CPU of the loop's own thread, and of the whole process.

    python benchmarks/hooks.py [SECONDS]

Eight simulated devices at 10 Hz; each step waits 100 ms and is counted; metrics go to a logger at each step, or at
every tenth. The same loop without the callback is taken off. CPU time is what the kernel counts, so that a busy machine
does not change it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import wattline as wl
from wattline.hooks.loop import LoopEnergy
from wattline.meter.live.active import finish
from wattline.meter.sensors.simulated import simulated_sensors

STEP_S, TOKENS = 0.1, 4096


class Writer:
    """Takes scalars, as TensorBoard's does."""

    def __init__(self) -> None:
        self.count = 0

    def add_scalar(self, tag: str, scalar_value: float, global_step: int | None = None) -> None:
        self.count += 1


def plain(steps: int) -> None:
    for _ in range(steps):
        time.sleep(STEP_S)


def with_callback(steps: int, every: int) -> None:
    with LoopEnergy(every=every, writer=Writer()) as energy:
        for _ in energy.epoch(range(steps)):
            time.sleep(STEP_S)
            energy.step(tokens=TOKENS)


def cost(run: object, *arguments: int) -> tuple[float, float]:
    """Share of a core: of this thread, and of the process."""
    assert callable(run)
    begin, thread, process = time.monotonic(), time.thread_time(), time.process_time()
    run(*arguments)
    took = time.monotonic() - begin
    return (time.thread_time() - thread) / took, (time.process_time() - process) / took


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    steps = int(seconds / STEP_S)
    with tempfile.TemporaryDirectory() as folder:
        wl.metering(Path(folder) / "run.wattline", "100ms", simulated_sensors("8:700"))
        with_callback(5, 1)  # what is loaded once
        before = cost(plain, steps)
        for every in (1, 10):
            thread, process = cost(with_callback, steps, every)
            alone, whole = 100 * (thread - before[0]), 100 * (process - before[1])
            print(f"metrics every {every} steps: {alone:.3f}% of the loop's time, {whole:.2f}% of a core with sampling")
        finish()


if __name__ == "__main__":
    main()
