"""The same recording as monitoring systems, power analysers and their like give it."""

from __future__ import annotations

import json
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from meter_formats_abroad import Writer
from meter_truth import Truth, rows


def whole(path: Path, data: Any) -> Path:
    path.write_text(json.dumps(data))
    return path


def datadog(path: Path, truth: Truth) -> Path:
    points = [[t * 1000.0, w] for t, w in zip(truth.time_s, truth.means, strict=False)]
    step = truth.time_s[1] - truth.time_s[0]
    series = {"metric": "dcgm.power_usage", "scope": "host:n1,gpu:0", "interval": step, "aggr": "avg",
              "unit": [{"family": "energy", "name": "watt"}, None], "pointlist": points}  # fmt: skip
    return whole(path, {"status": "ok", "query": "avg:dcgm.power_usage{*} by {host,gpu}", "series": [series]})


def datadog_columns(path: Path, truth: Truth) -> Path:
    series = {"group_tags": ["host:n1"], "query_index": 0, "unit": [{"name": "watt"}, None]}
    answer = {"series": [series], "times": [t * 1000 for t in truth.time_s], "values": [truth.power_w]}
    return whole(path, {"data": {"type": "timeseries_response", "attributes": answer}})


def azure(path: Path, truth: Truth) -> Path:
    begins = truth.at("%Y-%m-%dT%H:%M:%SZ")
    points = [{"timeStamp": at, "average": w} for at, w in zip(begins, truth.means, strict=False)]
    name = {"value": "Power", "localizedValue": "Power"}
    labels = [{"name": {"value": "host"}, "value": "n1"}]
    metric = {"name": name, "unit": "Watts", "timeseries": [{"metadatavalues": labels, "data": points}]}
    return whole(path, {"interval": f"PT{truth.time_s[1] - truth.time_s[0]}S", "value": [metric]})


def google(path: Path, truth: Truth, kind: str = "GAUGE") -> Path:
    times = truth.at("%Y-%m-%dT%H:%M:%SZ")
    if kind == "DELTA":
        spans = list(pairwise(times))
        values = [b - a for a, b in pairwise(truth.counter_j)]
    else:
        spans = [(times[0] if kind == "CUMULATIVE" else at, at) for at in times]
        values = truth.counter_j if kind == "CUMULATIVE" else truth.power_w
    points = [{"interval": {"startTime": a, "endTime": b}, "value": {"doubleValue": v}}
              for (a, b), v in zip(spans, values, strict=True)]  # fmt: skip
    metric = {"type": "custom.googleapis.com/gpu/energy" if kind != "GAUGE" else "agent.googleapis.com/gpu/power_draw"}
    series = {"metric": metric | {"labels": {"gpu": "0"}}, "resource": {"type": "vm", "labels": {"instance_id": "1"}},
              "metricKind": kind, "valueType": "DOUBLE", "unit": "W" if kind == "GAUGE" else "J"}  # fmt: skip
    return whole(path, {"timeSeries": [series | {"points": points[::-1]}]})


def graphite(path: Path, truth: Truth) -> Path:
    points = [[w, t] for t, w in zip(truth.time_s, truth.power_w, strict=True)]
    return whole(path, [{"target": "servers.n1.power.watts", "datapoints": [*points, [None, truth.time_s[-1] + 1]]}])


def opentsdb(path: Path, truth: Truth) -> Path:
    points = {str(t): w for t, w in zip(truth.time_s, truth.power_w, strict=True)}
    return whole(path, [{"metric": "server.power.watts", "tags": {"host": "n1"}, "dps": points}])


def influx_v1(path: Path, truth: Truth) -> Path:
    values = [[at, w, 40] for at, w in zip(truth.at("%Y-%m-%dT%H:%M:%SZ"), truth.power_w, strict=True)]
    series = {"name": "nvidia_smi", "tags": {"uuid": "GPU-0"}, "columns": ["time", "power_draw", "temperature_gpu"]}
    return whole(path, {"results": [{"statement_id": 0, "series": [series | {"values": values}]}]})


def grafana_frames(path: Path, truth: Truth, inspected: bool = False) -> Path:
    fields = [{"name": "Time", "type": "time"}, {"name": "Value", "type": "number", "labels": {
        "__name__": "DCGM_FI_DEV_POWER_USAGE", "UUID": "GPU-0"}, "config": {"unit": "watt"}}]  # fmt: skip
    frame = {"schema": {"refId": "A", "fields": fields},
             "data": {"values": [[t * 1000 for t in truth.time_s], truth.power_w]}}  # fmt: skip
    return whole(path, [frame] if inspected else {"results": {"A": {"status": 200, "frames": [frame]}}})


def elastic(path: Path, truth: Truth) -> Path:
    times = truth.at("%Y-%m-%dT%H:%M:%S.000Z")
    hits = [{"_source": {"@timestamp": at, "host": {"name": "n1"}, "power_w": w}}
            for at, w in zip(times, truth.power_w, strict=True)]  # fmt: skip
    return whole(path, {"took": 3, "hits": {"total": {"value": len(hits)}, "hits": hits}})


def rrd(path: Path, truth: Truth) -> Path:
    step = truth.time_s[1] - truth.time_s[0]
    meta = {"start": truth.time_s[0], "end": truth.time_s[-1] + step, "step": step, "legend": ["power_w"]}
    return whole(path, {"about": "RRDtool graph JSON output", "meta": meta, "data": [[w] for w in truth.power_w]})


def analyser(path: Path, truth: Truth) -> Path:
    at = zip(truth.at("%Y/%m/%d"), truth.at("%H:%M:%S"), truth.power_w, strict=True)
    cells = [[i, day, clock, 230.1, 1.0, w / 4, 3 * w / 4, w] for i, (day, clock, w) in enumerate(at)]
    return rows(path, "Store No.,Date,Time,URMS-1,IRMS-1,P-1,P-2,P-SIGMA", cells)


def collectd(path: Path, truth: Truth) -> Path:
    return rows(path, "epoch,value", [[f"{t}.000", w] for t, w in zip(truth.time_s, truth.power_w, strict=True)])


def zipped(path: Path, truth: Truth) -> Path:
    text = "\n".join(["time,power_w", *(f"{t},{w}" for t, w in zip(truth.time_s, truth.power_w, strict=True))])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", text + "\n")
    return path


MONITORS: dict[str, tuple[str, Writer]] = {
    "Datadog": ("a.json", datadog),
    "Datadog's columns": ("a.json", datadog_columns),
    "Azure Monitor": ("a.json", azure),
    "Google Cloud's gauge": ("a.json", google),
    "Google Cloud's counter": ("a.json", lambda p, t: google(p, t, "CUMULATIVE")),
    "Google Cloud's intervals": ("a.json", lambda p, t: google(p, t, "DELTA")),
    "Graphite": ("a.json", graphite),
    "OpenTSDB": ("a.json", opentsdb),
    "InfluxDB 1": ("a.json", influx_v1),
    "Grafana's answer": ("a.json", grafana_frames),
    "Grafana's panel": ("a.json", lambda p, t: grafana_frames(p, t, True)),
    "Elasticsearch": ("a.json", elastic),
    "RRDtool": ("a.json", rrd),
    "power analyser": ("a.csv", analyser),
    "collectd": ("power-PSU1-2026-01-01", collectd),
    "zip": ("a.zip", zipped),
}
