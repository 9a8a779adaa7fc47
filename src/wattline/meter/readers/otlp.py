"""OpenTelemetry's metrics in JSON, as the collector's file exporter writes them: gauges and sums of watts and joules.

What a metric is and whose, the rules of exporters know; ``hw.power`` and ``hw.energy`` name the kind in ``hw.type``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, units
from wattline.meter.readers.json_records import objects
from wattline.meter.readers.metrics import Samples, recording_of_samples
from wattline.meter.recording import Recording

KINDS = {"enclosure": "chassis", "physical_disk": "disk", "logical_disk": "disk"}  # of hw.type, as places are called
HOSTS = {"host.name": "host", "k8s.node.name": "node", "host.id": "host"}
DELTA = (1, "1", "AGGREGATION_TEMPORALITY_DELTA")
NS = 1e-9


def is_text(text: str) -> bool:
    """Whether a file begins as metrics of OpenTelemetry."""
    return text.lstrip("\ufeff \r\n").startswith("{") and '"resourceMetrics"' in text and '"scopeMetrics"' in text


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each device's power and energy.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds none with its time.
    """
    samples: Samples = {}
    for name, labels, at, value, each in _points(objects("\n".join(logs.lines(path)))):
        times, values = samples.setdefault((name, tuple(sorted(labels.items()))), ([], []))
        times.append(at)
        values.append(value + (values[-1] if each and values else 0.0))
    if not samples:
        raise WattlineError(f"{path} is OpenTelemetry's, and holds no gauge or sum of watts or joules")
    for key, (times, values) in samples.items():
        order = sorted(range(len(times)), key=times.__getitem__)
        samples[key] = [times[i] for i in order], [values[i] for i in order]
    return recording_of_samples(samples, str(path), choices)


Point = tuple[str, dict[str, str], float, float, bool]  # metric, labels, time, W or J, whether of its interval alone


def _points(documents: Iterable[Any]) -> Iterator[Point]:
    started: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for document in documents:
        for resource in document.get("resourceMetrics") or []:
            host = _labels((resource.get("resource") or {}).get("attributes"), HOSTS)
            for metric in (m for scope in resource.get("scopeMetrics") or [] for m in scope.get("metrics") or []):
                for name, labels, begin, at, value, each in _metric(metric, host):
                    key = (name, tuple(sorted(labels.items())))
                    if each and key not in started and begin:
                        yield name, labels, begin, 0.0, False
                    started.add(key)
                    yield name, labels, at, value, each


def _metric(metric: Mapping[str, Any], host: dict[str, str]) -> Iterator[tuple[str, dict[str, str], float, float, float,
                                                                              bool]]:  # fmt: skip
    name, unit_name = str(metric.get("name") or ""), str(metric.get("unit") or "")
    unit_name = unit_name or (
        {"power": "W", "energy": "J"}.get(name.rpartition(".")[2], "") if name.startswith("hw.") else ""
    )
    unit = next(iter(units.possible_units(unit_name, "xX")), None)
    data = metric.get("sum") or metric.get("gauge")
    if unit is None or not data:
        return
    each = data.get("aggregationTemporality") in DELTA
    for point in data.get("dataPoints") or []:
        value = point.get("asDouble", point.get("asInt"))
        labels = host | _labels(point.get("attributes"))
        kind = labels.pop("type", "")
        if value is None or not point.get("timeUnixNano") or kind == "battery":
            continue
        base = [word for word in re.split(r"\W+", name) if word]
        at = 1 if base[:1] == ["hw"] and kind and kind not in base else len(base)
        base = [*base[:at], *([KINDS.get(kind, kind)] if at < len(base) else []), *base[at:]]
        base.append("watts" if unit.quantity == "power" else "joules")
        begin = float(point.get("startTimeUnixNano") or 0) * NS
        yield "_".join(base), labels, begin, float(point["timeUnixNano"]) * NS, float(value) * unit.scale, each


def _labels(attributes: Any, names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Attributes as labels, ``hw.id`` as id; of those of a resource only the machine."""
    out: dict[str, str] = {}
    for item in attributes or []:
        key, value = str(item.get("key") or ""), next(iter((item.get("value") or {}).values()), None)
        label = re.sub(r"\W", "_", key.removeprefix("hw.")) if names is None else names.get(key, "")
        if label and value is not None and label not in ("parent", *out):
            out[label] = str(value)
    return out
