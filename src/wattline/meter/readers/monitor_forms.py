"""Points in the JSON of monitoring systems: Datadog, Azure Monitor, Google Cloud, Graphite, OpenTSDB, InfluxDB 1,
Grafana, Elasticsearch, RRDtool and Zabbix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from wattline.core.errors import WattlineError
from wattline.core.units import HOUR_S, MINUTE_S
from wattline.meter.exporters import HOSTS
from wattline.meter.readers import logs

OTHER = re.compile(r"^\s*(?:max|min|count)\b|rollup\(\s*(?:max|min|sum|count)|\.as_count\(")
OF_HOST = frozenset({*HOSTS, "instance_id", "vm", "vmname", "virtualmachine", "computer", "host_name"})
LENGTH = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


class MonitorPoint(NamedTuple):
    """One number: seconds since the epoch, the metric's name and unit, its machine and device; of a period, its
    beginning too."""

    time_s: float
    value: float
    name: str
    unit: str = ""
    host: str = ""
    device: str = ""
    begin_s: float | None = None


class MonitorForm(NamedTuple):
    """One system's answer: its name, the keys that tell it, and what gives its points."""

    name: str
    keys: Sequence[str]
    points: Callable[[Any], Iterator[MonitorPoint]]


def _place(labels: Mapping[str, Any]) -> tuple[str, str]:
    """The machine and the device that labels name."""
    host = next((str(labels[key]) for key in labels if key.lower() in OF_HOST and labels[key]), "")
    rest = [f"{key}={value}" for key, value in sorted(labels.items()) if key.lower() not in OF_HOST and value]
    return host, ",".join(rest)


def _tags(texts: Sequence[str]) -> dict[str, str]:
    """``host:n1`` and so on, as labels."""
    return {key: value for key, _, value in (str(text).strip().partition(":") for text in texts) if value}


def _instant(value: Any) -> float:
    """Seconds since the epoch. Raises ValueError where it is no time."""
    number = value if isinstance(value, str) or value is None else f"{float(value):.3f}".rstrip("0").rstrip(".")
    at = logs.epoch(number)
    if at is None:
        raise ValueError(f"{value!r} is no time")
    return at


def _datadog(data: Any) -> Iterator[MonitorPoint]:
    """Means of each interval, as the query rolls them up."""
    for series in data["series"]:
        query = f"{series.get('expression') or ''} {data.get('query') or ''}".strip()
        if OTHER.search(query) or series.get("aggr") in ("max", "min", "count"):
            raise WattlineError("Datadog's answer holds no averages: ask for avg of the metric, without another rollup")
        unit = next((each.get("name") or "" for each in series.get("unit") or () if each), "")
        host, device = _place(_tags(str(series.get("scope") or "").split(",")))
        times = [_instant(at) for at, _ in series["pointlist"]]
        steps = [after - before for before, after in pairwise(times)]
        length = max(float(series.get("interval") or 0), median(steps) if steps else 0.0)
        for at, (_, value) in zip(times, series["pointlist"], strict=True):
            if value is not None:
                name = str(series.get("metric") or "")
                yield MonitorPoint(at + length, float(value), name, unit, host, device, at if length else None)


def _datadog_columns(data: Any) -> Iterator[MonitorPoint]:
    answer = data["data"]["attributes"]
    for series, values in zip(answer["series"], answer["values"], strict=True):
        unit = next((each.get("name") or "" for each in series.get("unit") or () if each), "")
        host, device = _place(_tags(series.get("group_tags") or ()))
        name = f"query {series.get('query_index', 0)}"
        for at, value in zip(answer["times"], values, strict=True):
            if value is not None:
                yield MonitorPoint(_instant(at), float(value), name, unit, host, device)


def _azure(data: Any) -> Iterator[MonitorPoint]:
    """Averages of each period, which begins at its time."""
    match = LENGTH.fullmatch(str(data.get("interval") or ""))
    hours, minutes, seconds = (float(part or 0) for part in match.groups()) if match else (0.0, 0.0, 0.0)
    length = hours * HOUR_S + minutes * MINUTE_S + seconds
    for metric in data["value"]:
        name = str(metric["name"]["value"])
        for series in metric["timeseries"]:
            labels = {item["name"]["value"]: item["value"] for item in series.get("metadatavalues") or ()}
            host, device = _place(labels)
            rows = [row for row in series["data"] if "timeStamp" in row]
            if rows and not any("average" in row for row in rows):
                raise WattlineError("Azure Monitor's answer holds no averages: ask for the aggregation Average")
            for row in rows:
                if row.get("average") is not None:
                    at, unit = _instant(row["timeStamp"]), str(metric.get("unit") or "")
                    begin = at if length else None
                    yield MonitorPoint(at + length, float(row["average"]), name, unit, host, device, begin)


def _google(data: Any) -> Iterator[MonitorPoint]:
    every = data if isinstance(data, list) else data["timeSeries"]
    for series in every:
        metric, resource = series.get("metric") or {}, series.get("resource") or {}
        host, device = _place({**(resource.get("labels") or {}), **(metric.get("labels") or {})})
        name = str(metric.get("type") or "").rpartition("googleapis.com/")[2]
        name += " interval" if series.get("metricKind") == "DELTA" else ""
        for point in series.get("points") or ():
            value = point["value"]
            number = next((value[key] for key in ("doubleValue", "int64Value") if key in value), None)
            number = (value.get("distributionValue") or {}).get("mean") if number is None else number
            if number is not None:
                span = point["interval"]
                begin = _instant(span.get("startTime") or span["endTime"])
                begin = begin if series.get("metricKind") != "CUMULATIVE" else None  # type: ignore[assignment]
                unit = str(series.get("unit") or "").strip("{}")
                yield MonitorPoint(_instant(span["endTime"]), float(number), name, unit, host, device, begin)


def _graphite(data: Any) -> Iterator[MonitorPoint]:
    for series in data:
        for value, at in series["datapoints"]:
            if value is not None:
                yield MonitorPoint(_instant(at), float(value), str(series["target"]))


def _opentsdb(data: Any) -> Iterator[MonitorPoint]:
    for series in data if isinstance(data, list) else [data]:
        host, device = _place(series.get("tags") or {})
        points = series["dps"].items() if isinstance(series["dps"], dict) else series["dps"]
        for at, value in points:
            yield MonitorPoint(_instant(str(at)), float(value), str(series["metric"]), "", host, device)


def _influx(data: Any) -> Iterator[MonitorPoint]:
    for result in data["results"]:
        for series in result.get("series") or ():
            columns, own = series["columns"], {str(k): v for k, v in (series.get("tags") or {}).items()}
            for row in series["values"]:
                cells = dict(zip(columns, row, strict=True))
                at = cells.pop("time")
                words = {key: value for key, value in cells.items() if isinstance(value, str)}
                host, device = _place({**own, **words})
                for field, value in cells.items():
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        name = f"{series.get('name', '')}_{field}"
                        yield MonitorPoint(_instant(str(at)), float(value), name, "", host, device)


def _grafana(data: Any) -> Iterator[MonitorPoint]:
    results = data.get("results", {}).values() if isinstance(data, dict) else [{"frames": data}]
    for frame in (frame for result in results for frame in result.get("frames") or ()):
        fields, columns = frame["schema"]["fields"], frame["data"]["values"]
        place = next((i for i, field in enumerate(fields) if field.get("type") == "time"), None)
        if place is None:
            continue
        for field, values in zip(fields, columns, strict=True):
            if field.get("type") != "number":
                continue
            labels = dict(field.get("labels") or {})
            metric, (host, device) = labels.pop("__name__", ""), _place(labels)
            name = str(metric or (field.get("config") or {}).get("displayNameFromDS") or field.get("name") or "")
            unit = {"watt": "W", "kwatt": "kW", "joule": "J", "kwatth": "kWh", "watth": "Wh"}.get(
                str((field.get("config") or {}).get("unit") or ""), ""
            )
            for at, value in zip(columns[place], values, strict=True):
                if value is not None:
                    yield MonitorPoint(_instant(at), float(value), name, unit, host, device)


def _rrd(data: Any) -> Iterator[MonitorPoint]:
    meta = data["meta"]
    legend = meta["legend"] if isinstance(meta["legend"], list) else list(meta["legend"].values())
    for i, row in enumerate(data["data"]):
        for name, value in zip(legend, row if isinstance(row, list) else [row], strict=True):
            if value is not None:
                at = float(meta["start"]) + i * float(meta["step"])
                yield MonitorPoint(at, float(value), str(name))


def _zabbix(data: Any) -> Iterator[MonitorPoint]:
    for row in data["result"] if isinstance(data, dict) else data:
        at = float(row["clock"]) + float(row.get("ns") or 0) * 1e-9
        yield MonitorPoint(at, float(row["value"]), f"item {row['itemid']}")


def _elastic(data: Any) -> Iterator[MonitorPoint]:
    for hit in data["hits"]["hits"]:
        fields = dict(_flat(hit["_source"]))
        at = _instant(fields.pop("@timestamp") if "@timestamp" in fields else fields.pop("timestamp"))
        words = {key.replace(".", "_"): value for key, value in fields.items() if isinstance(value, str)}
        host, device = _place(words)
        for name, value in fields.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield MonitorPoint(at, float(value), name, "", host, device)


def _flat(item: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Fields of an object in objects, by their whole names."""
    for name, value in item.items():
        if isinstance(value, dict) and depth < 8:
            yield from _flat(value, f"{before}{name}.", depth + 1)
        else:
            yield f"{before}{name}", value


FORMS = (
    MonitorForm("Datadog", ("series", "pointlist"), _datadog),
    MonitorForm("Datadog", ("timeseries_response", "times", "values"), _datadog_columns),
    MonitorForm("Azure Monitor", ("value", "timeseries", "timeStamp"), _azure),
    MonitorForm("Google Cloud Monitoring", ("metric", "resource", "points", "endTime"), _google),
    MonitorForm("Graphite", ("target", "datapoints"), _graphite),
    MonitorForm("OpenTSDB", ("metric", "dps"), _opentsdb),
    MonitorForm("InfluxDB", ("results", "series", "columns", "values"), _influx),
    MonitorForm("Grafana", ("schema", "fields", "data", "values"), _grafana),
    MonitorForm("RRDtool", ("about", "meta", "legend", "step"), _rrd),
    MonitorForm("Elasticsearch", ("hits", "_source"), _elastic),
    MonitorForm("Zabbix", ("itemid", "clock", "value"), _zabbix),
)
