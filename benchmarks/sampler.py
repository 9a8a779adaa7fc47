"""What sampling costs: eight simulated devices at 10 Hz, Wattline beside Zeus and CodeCarbon on the same machine.

    .venv/bin/python benchmarks/sampler.py [SECONDS]
    .venv/bin/python benchmarks/sampler.py --day       a simulated day through the sampler and its journal, tick by tick

CPU time is that of all threads of the process and its children, by the kernel's own count in nanoseconds, over SECONDS
(30) after 2 s of settling. Begin and end are of a window (ZeusMonitor's begin_window, CodeCarbon's start_task) while
sampling goes on. The peers run in an environment of their own, build/peers-venv, on NVIDIA's own library with its
device functions replaced by such as answer at once: neither has a way to simulate, and real NVML takes milliseconds,
which would hide what they themselves take. What came out is in sampler.md. Only the standard library is imported, so
that every interpreter can run this file.
"""

from __future__ import annotations

import importlib
import json
import logging
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

VERSIONS = {"zeus": "0.16.0", "codecarbon": "3.3.2"}
VENV = Path(__file__).resolve().parent.parent / "build" / "peers-venv"
PYTHON = VENV / "bin" / "python"
INSIDE = "--inside"
DEVICES, INTERVAL_S, SETTLE_S = 8, 0.1, 2.0
WINDOWS, PAUSE_S = 300, 0.01
Edges = dict[str, Any]


# measured alike in every interpreter


def cpu_s(pid: int) -> float:
    """Seconds that a process, with all threads it ever had, and its children have been on a core."""
    seconds = time.clock_gettime((~pid << 3) | 2)  # Linux's number for the CPU clock of any process
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            seconds += sum(cpu_s(int(child)) for child in (task / "children").read_text().split())
        except OSError:
            continue
    return seconds


def share_of_a_core(seconds: float) -> float:
    """Of one core, over so many seconds of doing nothing else."""
    time.sleep(SETTLE_S)
    begin, cpu = time.perf_counter(), cpu_s(os.getpid())
    time.sleep(seconds)
    return (cpu_s(os.getpid()) - cpu) / (time.perf_counter() - begin)


def edges_us(begin: Callable[[str], Any], end: Callable[[str], Any]) -> Edges:
    """Median and 99th percentile of what beginning and ending a window take, µs."""
    took: tuple[list[float], list[float]] = ([], [])
    for i in range(WINDOWS):
        for edge, times in zip((begin, end), took, strict=True):
            at = time.perf_counter()
            edge(f"window {i}")
            times.append((time.perf_counter() - at) * 1e6)
            time.sleep(PAUSE_S)
    quantiles = [(statistics.median(times), statistics.quantiles(times, n=100)[98]) for times in took]
    return {"begin_us": quantiles[0], "end_us": quantiles[1]}


# run by the project's interpreter


def wattline(seconds: float) -> Edges:
    import wattline as wl
    from wattline.meter.live import active
    from wattline.meter.live.measurement import Measurement

    with tempfile.TemporaryDirectory() as folder:
        os.environ["WATTLINE_SIMULATED"] = str(DEVICES)
        wl.metering(Path(folder) / "a.wattline", INTERVAL_S)
        active.active()
        share = share_of_a_core(seconds)
        windows: dict[str, Measurement] = {}
        edges = edges_us(
            lambda name: windows.setdefault(name, wl.measure(name)).begin(), lambda name: windows[name].end()
        )
        active.finish()
    return {"share": share, **edges}


def day() -> None:
    """24 hours of simulated time through the sampler, the journal's writer and its packing, a commit for each tick."""
    import resource

    from wattline.meter.device import Device
    from wattline.meter.journal.journal import Journal
    from wattline.meter.journal.reader import read_recording
    from wattline.meter.journal.writer import JournalWriter
    from wattline.meter.live import sampler, session
    from wattline.meter.sensor import Reading, Spec

    now = [1_800_000_000_000_000, 0]
    sampler.wall_us, sampler.mono_us = (lambda: now[0]), (lambda: now[1])  # type: ignore[attr-defined]

    class Noisy:
        """Watts that wander, to the mW as NVML has them, and their counter in mJ."""

        spec = Spec("nvml", period_s=0.1)

        def __init__(self, number: int) -> None:
            self.device, self.number, self.joules = Device("here", f"GPU-{number}", "gpu"), number, 0.0

        def read(self) -> Reading:
            at = now[1] * 1e-6
            watts = 400 + 200 * math.sin(at / 60 + self.number) + 30 * math.sin(at * 7919.0 + self.number * 31)
            self.joules += watts * INTERVAL_S
            return Reading(round(watts, 3), round(self.joules, 3))

        def close(self) -> None:
            pass

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.wattline"
        with Journal.create(path) as journal:
            sensors = [Noisy(i) for i in range(DEVICES)]
            reads = sampler.Sampler.of(sensors, [journal.series_id(s.device, s.spec) for s in sensors], INTERVAL_S)
            writer = JournalWriter(journal)
            begin, cpu = time.perf_counter(), time.process_time()
            for number in range(864_000):
                now[0] += 100_000 + number * 7919 % 101 - 50
                now[1] += 100_000 + number * 7919 % 101 - 50
                writer.tick(reads.tick(number).data)
                writer.flush()
                if number % session.BLOCK_TICKS == session.BLOCK_TICKS - 1:
                    journal.pack()
                if number % 36_000 == 35_999 and number // 36_000 in (0, 11, 23):
                    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                    print(f"after {number // 36_000 + 1:>2} h: peak memory {peak:.1f} MB")
            took, cpu = time.perf_counter() - begin, time.process_time() - cpu
        size = path.stat().st_size
        readings = 864_000 * DEVICES
        print(f"{readings:,} readings: {size / 1e6:.1f} MB, {size / readings:.1f} bytes each")
        print(f"{took:.0f} s, {cpu / 864_000 * 1e6:.0f} µs of CPU a tick: {cpu / 86_400:.2%} of a core at 10 Hz")
        begin = time.perf_counter()
        with Journal.open(path) as journal:
            count = sum(
                len(series.time_s)
                for series in read_recording(
                    journal,
                ).series
            )
        print(f"read back in {time.perf_counter() - begin:.1f} s: {count:,} readings")


# run by the peers' interpreter


def simulate_nvml() -> None:
    """NVIDIA's own Python library with eight devices that answer at once."""
    nvml = importlib.import_module("pynvml")

    class Memory:
        total = free = used = 0

    class Utilisation:
        gpu = memory = 50

    class Field:
        def __init__(self) -> None:
            self.nvmlReturn = 0
            self.value = type("Value", (), {"uiVal": int(3e5 + time.monotonic() * 1e6 % 1000)})

    simulated = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: DEVICES,
        "nvmlDeviceGetHandleByIndex": lambda i: i,
        "nvmlDeviceGetName": lambda h: "simulated",
        "nvmlDeviceGetUUID": lambda h: f"GPU-{h}",
        "nvmlDeviceGetArchitecture": lambda h: 9,
        "nvmlDeviceGetC2cModeInfoV": lambda h: type("Mode", (), {"isC2cEnabled": 0}),
        "nvmlDeviceGetTotalEnergyConsumption": lambda h: int(time.monotonic() * 3e5),
        "nvmlDeviceGetPowerUsage": lambda h: int(3e5 + time.monotonic() * 1e6 % 1000),
        "nvmlDeviceGetFieldValues": lambda h, fields: [Field() for _ in fields],
        "nvmlDeviceGetEnforcedPowerLimit": lambda h: 700_000,
        "nvmlDeviceGetMemoryInfo": lambda h: Memory,
        "nvmlDeviceGetUtilizationRates": lambda h: Utilisation,
        "nvmlDeviceGetTemperature": lambda h, kind: 40,
        "nvmlDeviceGetTemperatureV": lambda h, kind: 40,
        "nvmlDeviceGetComputeMode": lambda h: 0,
        "nvmlDeviceGetComputeRunningProcesses": lambda h: [],
        "nvmlDeviceGetGraphicsRunningProcesses": lambda h: [],
    }
    for name, function in simulated.items():
        setattr(nvml, name, function)


def zeus(seconds: float) -> Edges:
    """Its PowerMonitor samples instant power in a process of its own; its ZeusMonitor reads counters at the edges."""
    power = importlib.import_module("zeus.monitor.power")
    energy = importlib.import_module("zeus.monitor.energy")
    monitor = power.PowerMonitor(update_period=INTERVAL_S, power_domains=["device_instant"])
    share = share_of_a_core(seconds)
    windows = energy.ZeusMonitor(cpu_indices=[])
    edges = edges_us(
        lambda name: windows.begin_window(name, sync_execution=False),
        lambda name: windows.end_window(name, sync_execution=False),
    )
    monitor.stop()
    return {"share": share, **edges}


def codecarbon(seconds: float) -> Edges:
    """Its tracker measures in a thread, CPU and memory beside the GPUs; tasks are its windows."""
    os.chdir(tempfile.mkdtemp())
    seen = Path("nvidia-smi")  # by this program alone it tells that there are GPUs; it is not asked for readings
    seen.write_text("#!/bin/sh\n", encoding="utf-8")
    seen.chmod(0o755)
    os.environ["PATH"] = f"{Path.cwd()}:{os.environ['PATH']}"
    package = importlib.import_module("codecarbon")
    logging.disable()
    tracker = package.OfflineEmissionsTracker(
        country_iso_code="USA", measure_power_secs=INTERVAL_S, save_to_file=False, allow_multiple_runs=True
    )
    tracker.start()
    hardware = [type(part).__name__ for part in tracker._hardware]
    if "GPU" not in hardware:
        fail(f"CodeCarbon sees no GPU, only {', '.join(hardware)}")
    share = share_of_a_core(seconds)
    edges = edges_us(tracker.start_task, tracker.stop_task)
    return {"share": share, **edges}


INSIDE_OF: dict[str, Callable[[float], Edges]] = {"wattline": wattline, "zeus": zeus, "codecarbon": codecarbon}
if os.environ.get("WATTLINE_BENCHMARK_NVML"):  # here, so that the processes that Zeus spawns have it too
    simulate_nvml()


# the comparison


def fail(problem: str) -> NoReturn:
    print(f"error: {problem}", file=sys.stderr)
    raise SystemExit(2)


def install_peers() -> None:
    """Make the peers' environment where it is not there yet."""
    ask = "import importlib.metadata as m; print({p: m.version(p) for p in ('zeus', 'codecarbon')})"
    if PYTHON.exists():
        answer = subprocess.run([PYTHON, "-I", "-c", ask], capture_output=True, text=True)
        if answer.stdout.strip() == str(VERSIONS):
            return
    print(f"installing Zeus and CodeCarbon into their own environment, {VENV.name}", file=sys.stderr)
    wanted = [f"{name}=={version}" for name, version in VERSIONS.items()]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            fail(f"the peers cannot be installed ({last}); is a package registry within reach?")


def ask(name: str, seconds: float) -> Edges:
    python = sys.executable if name == "wattline" else str(PYTHON)
    environment = {**os.environ, **({} if name == "wattline" else {"WATTLINE_BENCHMARK_NVML": "1"})}
    command = [python, str(Path(__file__).resolve()), INSIDE, name, str(seconds)]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment)
    lines = answer.stdout.strip().splitlines()
    if answer.returncode or not lines:
        fail(f"{name} failed: {(answer.stderr.strip() or 'no message').splitlines()[-1]}")
    edges: Edges = json.loads(lines[-1])
    return edges


def main(arguments: Sequence[str]) -> None:
    if sys.platform != "linux":
        fail("this benchmark reads CPU time from Linux's /proc")
    try:
        seconds = float(arguments[0]) if arguments else 30.0
    except ValueError:
        fail("usage: benchmarks/sampler.py [SECONDS | --day]")
    install_peers()
    print(f"{DEVICES} simulated devices at {1 / INTERVAL_S:.0f} Hz for {seconds:.0f} s")
    print(f"{'':<18} {'of a core':>9}   {'begin: median':>13} {'p99':>9}   {'end: median':>11} {'p99':>9}")
    for name in INSIDE_OF:
        edges = ask(name, seconds)
        title = f"{name} {VERSIONS.get(name, '')}"
        begin, end = edges["begin_us"], edges["end_us"]
        print(
            f"{title:<18} {edges['share']:>9.2%}   {begin[0]:>10.0f} µs {begin[1]:>6.0f} µs   "
            f"{end[0]:>8.0f} µs {end[1]:>6.0f} µs"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == [INSIDE]:
        print(json.dumps(INSIDE_OF[sys.argv[2]](float(sys.argv[3]))))
    elif sys.argv[1:] == ["--day"]:
        day()
    else:
        main(sys.argv[1:])
