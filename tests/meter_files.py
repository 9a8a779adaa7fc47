"""Small recordings that the tests write themselves, in the formats that others record in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wattline.meter.energy.usage import report
from wattline.meter.recording import Recording

T0 = 1_700_000_000.0  # 2023-11-14T22:13:20Z


def usage(recording: Recording, window: str | None = None, by_node: bool = False) -> dict[str, Any]:
    """What ``meter report`` says of a recording, with its notes and warnings under ``notes``."""
    data = report(recording, window, by_node).json()
    return data["results"] | {"notes": [*data["notes"], *data["warnings"]]}


def smi_stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y/%m/%d %H:%M:%S.%f")[:-3]


def watt(i: int, gpu: int) -> float:
    """A sawtooth that no sensor would call stuck."""
    return 300.0 + 10 * gpu + 3 * (i % 17)


def mean_watt(gpu: int, count: int) -> float:
    """The mean over ``count`` readings by straight lines between them."""
    values = [watt(i, gpu) for i in range(count)]
    return (sum(values) - 0.5 * (values[0] + values[-1])) / (count - 1)


def smi(path: Path, header: str, row: Callable[[str, int, float], str], gpus: int = 2, count: int = 60) -> Path:
    """An nvidia-smi table: ``row(stamp, gpu, watts)`` for each GPU each second."""
    lines = [header] if header else []
    lines += [row(smi_stamp(T0 + i + 0.002 * g), g, watt(i, g)) for i in range(count) for g in range(gpus)]
    path.write_text("\n".join(lines) + "\n")
    return path


def mllog(time_s: float, key: str, value: Any = None, **metadata: Any) -> str:
    data = {"namespace": "", "time_ms": round(time_s * 1e3), "event_type": "POINT_IN_TIME", "key": key, "value": value}
    return ":::MLLOG " + json.dumps({**data, "metadata": metadata or ""})


def node_file(path: Path, readings: Sequence[tuple[float, Any]], **extra: Any) -> Path:
    lines = [mllog(readings[0][0] - 1, "power_measurement_start")]
    if "conversion_eff" in extra:
        lines.append(mllog(readings[0][0] - 1, "conversion_eff", extra["conversion_eff"], **extra.get("metadata", {})))
    lines += [mllog(at, "power_reading", value) for at, value in readings]
    lines.append(mllog(extra.get("stop", readings[-1][0]), "power_measurement_stop"))
    path.write_text("\n".join(lines) + "\n")
    return path


def training_run(folder: Path, nodes: int = 3, seconds: int = 120, log: bool = True) -> Path:
    """A folder of an MLPerf training run: node n draws 6000 + 100 n W and more; the run is seconds 10 to 110."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(nodes):
        readings = [(T0 + 2 * i + 0.1 * n, 6000 + 100 * n + i % 5) for i in range(seconds // 2 + 1)]
        node_file(folder / f"node_{n}.txt", readings)
    if log:
        lines = [
            "+ echo some shell",
            "0: " + mllog(T0 + 1, "global_batch_size", 16),
            "0: " + mllog(T0 + 1, "max_sequence_length", 1024),
            "0: " + mllog(T0 + 10, "run_start"),
            "0: " + mllog(T0 + 10, "block_start", samples_count=0),
            "0: " + mllog(T0 + 60, "block_stop", samples_count=400),
            "0: " + mllog(T0 + 110, "run_stop", samples_count=800, status="success"),
        ]
        (folder / "mllog.txt").write_text("\n".join(lines) + "\n")
    return folder


def spl_run(folder: Path, zone_h: float = 0.0, bad: Sequence[int] = ()) -> Path:
    """A folder of an MLPerf inference run: 500 W idle, 1000 W in the window, 600 s of 900; sentinels at ``bad``."""
    folder.mkdir(parents=True, exist_ok=True)
    form = "%m-%d-%Y %H:%M:%S.%f"
    rows = []
    for i in range(900):
        at = datetime.fromtimestamp(T0 + i, UTC).strftime(form)[:-3]
        power = (1000.0 if 150 <= i <= 750 else 500.0) + i % 3
        power = (-1.0 if i % 2 else -2.0) if i in bad else power
        rows.append(
            f"Time,{at},Watts,{power:.6f},Volts,239.1,Amps,3.6,PF,0.96,Mark,run_testing,Ch1,Watts,{power / 2:.6f}"
        )
    (folder / "spl.txt").write_text("\n".join(rows) + "\n")
    edges = [datetime.fromtimestamp(T0 + s + zone_h * 3600, UTC).strftime(form)[:-3] for s in (150, 750)]
    lines = [
        mllog(1, "effective_scenario", "Server"), mllog(2, "power_begin", edges[0]), mllog(2, "power_end", edges[1])
    ]  # fmt: skip
    (folder / "mlperf_log_detail.txt").write_text("\n".join(lines) + "\n")
    summary = (
        "SUT name : x\nScenario : Server\nCompleted samples per second    : 4.00\nCompleted tokens per second: 500.0\n"
    )
    (folder / "mlperf_log_summary.txt").write_text(summary + "Result is : VALID\n")
    return folder


def prometheus(path: Path, *results: tuple[dict[str, str], Callable[[int], Any]], kind: str = "matrix") -> Path:
    """An answer to query_range: 60 samples, one every 15 s."""
    matrix = [
        {"metric": labels, "values": [[T0 + 15 * i, str(value(i))] for i in range(60)]} for labels, value in results
    ]
    path.write_text(json.dumps({"status": "success", "data": {"resultType": kind, "result": matrix}}))
    return path
