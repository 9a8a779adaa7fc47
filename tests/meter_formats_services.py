"""Formats of services that keep metrics: CloudWatch, OpenTelemetry, Home Assistant; lists in JSON; several headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from meter_truth import Truth, lines, rows


def _json(path: Path, data: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(data))
    return path


def cloudwatch(path: Path, truth: Truth) -> Path:
    result = {"Id": "m1", "Label": "nvidia_smi_power_draw", "Values": truth.means[::-1], "StatusCode": "Complete",
              "Timestamps": truth.at("%Y-%m-%dT%H:%M:%S+00:00")[-2::-1]}  # fmt: skip
    return _json(path, {"MetricDataResults": [result], "Messages": []})


def cloudwatch_points(path: Path, truth: Truth) -> Path:
    points = [{"Timestamp": at, "Average": w, "Unit": "None"}
              for at, w in zip(truth.at("%Y-%m-%dT%H:%M:%SZ"), truth.means, strict=False)]  # fmt: skip
    return _json(path, {"Label": "PowerDraw", "Datapoints": points[::-1]})


def cloudwatch_console(path: Path, truth: Truth) -> Path:
    head = ["Full label,power_draw,power_draw", "Label,gpu0 power_draw,gpu1 power_draw", "Account ID,1,1"]
    return lines(path, head + [f"{at},{0.7 * w!r},{0.3 * w!r}"
                               for at, w in zip(truth.at("%Y/%m/%d %H:%M:%S"), truth.means, strict=False)])  # fmt: skip


def statistics(path: Path, truth: Truth, unit: str = "W", scale: float = 1.0) -> Path:
    cells = [["sensor.rack_power", unit, at, 0, 1e4, w * scale]
             for at, w in zip(truth.at(), truth.means, strict=False)]  # fmt: skip
    return rows(path, "statistic_id,unit,start,min,max,mean", cells)


def statistics_counted(path: Path, truth: Truth) -> Path:
    cells = [["sensor.rack_energy", "kWh", at, 1000 + j / 3.6e6, j / 3.6e6]
             for at, j in zip(truth.at(), truth.counter_j, strict=True)]  # fmt: skip
    return rows(path, "statistic_id\tunit\tstart\tstate\tsum", cells, "\t")


def statistics_json(path: Path, truth: Truth) -> Path:
    items = [{"start": a * 1000, "end": b * 1000, "mean": w, "min": 0, "max": 1e4}
             for (a, b), w in zip(pairwise(truth.time_s), truth.means, strict=True)]  # fmt: skip
    return _json(path, {"sensor.rack_power": items})


def _point(t: int, value: float, begin: int = 0, **tags: str) -> dict[str, Any]:
    attributes = [{"key": f"hw.{key}", "value": {"stringValue": tag}} for key, tag in tags.items()]
    start = {"startTimeUnixNano": str(begin * 10**9)} if begin else {}
    return {**start, "timeUnixNano": str(t * 10**9), "asDouble": value, "attributes": attributes}


def _metrics(*metrics: dict[str, Any]) -> dict[str, Any]:
    resource = {"attributes": [{"key": "host.name", "value": {"stringValue": "n1"}}]}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"scope": {}, "metrics": list(metrics)}]}]}


def otlp(path: Path, truth: Truth) -> Path:
    """A gauge a line: the machine, and boards and a processor that lie in it."""
    return lines(path, [json.dumps(_metrics(
        {"name": "hw.host.power", "unit": "W", "gauge": {"dataPoints": [_point(t, w, id="n1")]}},
        {"name": "hw.power", "unit": "W", "gauge": {"dataPoints": [
            _point(t, 0.4 * w, id="a", type="gpu"), _point(t, 0.3 * w, id="b", type="gpu"),
            _point(t, 0.2 * w, id="c", type="cpu")]}}))
        for t, w in zip(truth.time_s, truth.power_w, strict=True)])  # fmt: skip


def otlp_counted(path: Path, truth: Truth) -> Path:
    points = [_point(t, j / 3.6e6, id=who, type="gpu") for t, joules in zip(truth.time_s, truth.counter_j, strict=True)
              for who, j in (("a", 0.6 * joules), ("b", 0.4 * joules))]  # fmt: skip
    total = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": points}
    return _json(path, _metrics({"name": "hw.energy", "unit": "kWh", "sum": total}))


def otlp_each(path: Path, truth: Truth) -> Path:
    points = [_point(b, w * (b - a), a, id="a", type="gpu")
              for (a, b), w in zip(pairwise(truth.time_s), truth.means, strict=True)]  # fmt: skip
    delta = {"aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA", "isMonotonic": True, "dataPoints": points}
    return _json(path, _metrics({"name": "hw.energy", "unit": "J", "sum": delta}))


def listed(path: Path, truth: Truth) -> Path:
    return _json(path, {"interval_ms": (truth.time_s[1] - truth.time_s[0]) * 1000, "watts": truth.power_w})


def listed_devices(path: Path, truth: Truth) -> Path:
    watts = {f"gpu{k}": [share * w for w in truth.power_w] for k, share in enumerate((0.7, 0.3))}
    return _json(path, {"power_w": watts, "time": truth.time_s})


def levels(path: Path, truth: Truth) -> Path:
    head = [",power_mW,power_mW,temp", ",gpu0,gpu1,gpu0", "timestamp,,,"]
    return lines(path, head + [f"{at},{700 * w!r},{300 * w!r},60"
                               for at, w in zip(truth.at(), truth.power_w, strict=True)])  # fmt: skip


def marked(path: Path, truth: Truth) -> Path:
    return lines(path, ["#time,current,voltage,power", "#(s),(A),(V),(W)"] + [
        f"{t - truth.time_s[0]}.0,{w / 12!r},12.0,{w!r}" for t, w in zip(truth.time_s, truth.power_w, strict=True)
    ])  # fmt: skip


def pyjoules_lines(path: Path, truth: Truth) -> Path:
    return lines(path, [
        f"begin timestamp : {t0}.0; tag : a; duration : {t1 - t0}.0; package_0 : {0.9e6 * w * (t1 - t0)!r}; "
        f"dram_0 : {1e5 * w * (t1 - t0)!r}; core_0 : {5e5 * w * (t1 - t0)!r}"
        for (t0, t1), w in zip(pairwise(truth.time_s), truth.means, strict=True)
    ])  # fmt: skip


def amd_lists(path: Path, truth: Truth) -> Path:
    return lines(path, ["timestamp,gpu,vcn_activity,socket_power,gfx_voltage", *(
        f"{t},{k},\"['N/A', 7, 900]\",{share * w!r},N/A" for t, w in zip(truth.time_s, truth.power_w, strict=True)
        for k, share in ((0, 0.6), (1, 0.4)))])  # fmt: skip


def monitor_with_memory(path: Path, truth: Truth) -> Path:
    head = [
        ",/intelcpu/0/power/0,/intelcpu/0/power/1,/intelcpu/0/power/3",
        'Time,"CPU Package","CPU Cores","CPU Memory"',
    ]
    at = truth.at("%m/%d/%Y %H:%M:%S")
    return lines(path, [*head, *(f"{t},{0.9 * w!r},{0.5 * w!r},{0.1 * w!r}"
                                 for t, w in zip(at, truth.power_w, strict=True))])  # fmt: skip


SERVICES: dict[str, tuple[str, Callable[[Path, Truth], Path]]] = {
    "CloudWatch": ("a.json", cloudwatch),
    "CloudWatch's points": ("a.json", cloudwatch_points),
    "CloudWatch's console": ("a.csv", cloudwatch_console),
    "Home Assistant's means": ("a.csv", statistics),
    "Home Assistant's means in kW": ("a.csv", lambda p, t: statistics(p, t, "kW", 1e-3)),
    "Home Assistant's sums": ("a.tsv", statistics_counted),
    "Home Assistant's JSON": ("a.json", statistics_json),
    "OpenTelemetry": ("a.jsonl", otlp),
    "OpenTelemetry's sums": ("a.json", otlp_counted),
    "OpenTelemetry's deltas": ("a.json", otlp_each),
    "JSON list": ("a.json", listed),
    "JSON lists by device": ("a.json", listed_devices),
    "CSV with levels of names": ("a.csv", levels),
    "CSV with its header behind a sign": ("a.csv", marked),
    "pyJoules' printed lines": ("a.txt", pyjoules_lines),
    "amd-smi's lists in cells": ("a.csv", amd_lists),
    "LibreHardwareMonitor with memory": ("a.csv", monitor_with_memory),
    "dates as one number": (
        "a.csv",
        lambda p, t: lines(
            p, ["time,power_w", *(f"{at},{w!r}" for at, w in zip(t.at("%Y%m%d%H%M%S"), t.power_w, strict=True))]
        ),
    ),
    "units in a column": (
        "a.csv",
        lambda p, t: lines(
            p,
            [
                "time,device,value,unit",
                *(
                    f"{at},{k},{share * w!r},mW"
                    for at, w in zip(t.time_s, t.power_w, strict=True)
                    for k, share in ((0, 600.0), (1, 400.0))
                ),
            ],
        ),
    ),
}
