"""OpenTelemetry metrics by the semantic conventions of hardware: ``hw.energy`` (J) and ``hw.power`` (W).

A whole machine is told by ``hw.host.energy`` and ``hw.host.power`` alone, so that sums do not count its parts twice
(semantic conventions, hardware metrics, note of hw.host.energy: a MUST). Other names start with ``wattline.``.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.address import without_secrets
from wattline.core.errors import WattlineError, shorten
from wattline.meter.device import Device
from wattline.meter.energy.series import curve, placed_recording
from wattline.meter.export.snapshot import Snapshot, Source, snapshot, unique
from wattline.meter.recording import Recording
from wattline.meter.sensor import Spec

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import Metric, MetricExporter, MetricsData

HOST = ("node",)
# kind of device -> hw.type; where the convention has no word, ours: it allows custom values
TYPES = {"gpu": "gpu", "mig": "gpu", "cpu": "cpu", "dram": "memory", "switch": "network", "rack": "enclosure"}
ABOUT = {
    "hw.energy": ("J", "Energy consumed by the component."),
    "hw.power": ("W", "Instantaneous power consumed by the component."),
    "hw.host.energy": ("J", "Total energy consumed by the entire physical host, in joules."),
    "hw.host.power": ("W", "Instantaneous power consumed by the entire physical host in Watts."),
    "wattline.window.energy": ("J", "Energy of all windows of this name, each device counted once."),
}
POINTS_A_CALL = 5000  # receivers take 4 MiB a message as they come
Value = Callable[[Snapshot], Iterator[tuple[float, dict[str, str]]]]


def attributes(device: Device, spec: Spec) -> dict[str, str]:
    """Of a point: ``hw.*`` and ``host.name`` by the conventions, and what Wattline says of its source.

    Parameters
    ----------
    device : that was read
    spec : of the sensor that read it

    Returns
    -------
    Attributes by name.
    """
    messages = {
        "hw.id": device.uuid,
        "hw.type": "" if device.kind in HOST else TYPES.get(device.kind, device.kind),
        "hw.name": device.name,
        "hw.parent": device.inside,
        "host.name": device.host,
        "wattline.source": spec.source,
        "wattline.modelled": "true" if spec.modelled else "false",
    }
    return {name: value for name, value in messages.items() if value}


def observe(source: Source, provider: MeterProvider) -> None:
    """Register observable instruments of a live meter with a provider; its reader asks for them in its own time.

    Parameters
    ----------
    source : totals of a live meter
    provider : of OpenTelemetry, in which the instruments are registered
    """
    from opentelemetry.metrics import CallbackOptions, Observation

    from wattline.core.version import __version__

    meter = provider.get_meter("wattline", __version__)

    def callback(values: Value) -> Callable[[CallbackOptions], Iterator[Observation]]:
        return lambda options: (Observation(value, tags) for value, tags in values(source()))

    for name, (unit, about) in ABOUT.items():
        create = meter.create_observable_gauge if name.endswith("power") else meter.create_observable_counter
        create(name, [callback(_values(name))], unit, about)


def _values(name: str) -> Value:
    """How the values of this instrument are taken from a snapshot."""
    if name == "wattline.window.energy":
        return lambda now: ((w.energy_j, {"window": w.name}) for w in now.windows if w.energy_j is not None)
    whole, what = name.startswith("hw.host"), "power_w" if name.endswith("power") else "energy_j"

    def values(now: Snapshot) -> Iterator[tuple[float, dict[str, str]]]:
        for each in unique(now.devices):
            value = getattr(each, what)
            if (each.device.kind in HOST) == whole and value is not None:
                yield value, attributes(each.device, each.spec)

    return values


def provider(exporter: MetricExporter, source: Source, every_s: float = 15.0) -> Any:
    """A meter provider that hands a live meter to this exporter every so many seconds; ``shutdown()`` flushes it.

    Parameters
    ----------
    exporter : takes the metrics, of OpenTelemetry
    source : totals of a live meter
    every_s : s between two exports

    Returns
    -------
    A ``MeterProvider`` of OpenTelemetry.
    """
    _sdk()
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=every_s * 1e3)
    made = MeterProvider(metric_readers=[reader], resource=_resource())
    observe(source, made)
    return made


def send(recording: Recording, exporter: MetricExporter) -> int:
    """Hand a recording to an exporter, each reading at its own time.

    Parameters
    ----------
    recording : readings of sensors
    exporter : an OpenTelemetry exporter of metrics

    Returns
    -------
    How many points were taken.

    Raises WattlineError where the exporter cannot hand them on.
    """
    _sdk()
    from opentelemetry.sdk.metrics.export import MetricExportResult

    sent = 0
    with _complaints() as messages:
        for data, points in metrics_data(recording):
            try:
                result = exporter.export(data, timeout_millis=30_000)
            except Exception as error:
                raise WattlineError(
                    f"otlp: the receiver cannot be reached: {shorten(without_secrets(str(error)), 120)}"
                ) from error
            if result is not MetricExportResult.SUCCESS:
                why = f" ({shorten(without_secrets(messages[0]), 160)})" if messages else ""
                raise WattlineError(
                    f"otlp: the receiver took {sent:,} points and no more{why}; see that it takes metrics"
                )
            sent += points
    return sent


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What the SDK would log while it hands on: kept, so that a failure is told in one line."""
    messages: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger, keep = logging.getLogger("opentelemetry"), Keep(logging.WARNING)
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(keep)
    try:
        yield messages
    finally:
        logger.removeHandler(keep)
        logger.propagate = propagate


def metrics_data(recording: Recording) -> Iterator[tuple[MetricsData, int]]:
    """A recording in pieces of the SDK's own data, readings at their own times; with how many points each holds."""
    from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    from wattline.core.version import __version__

    scope, resource = InstrumentationScope("wattline", __version__), _resource()
    for metric, points in _metrics(recording):
        inner = ScopeMetrics(scope=scope, metrics=[metric], schema_url="")
        yield MetricsData([ResourceMetrics(resource=resource, scope_metrics=[inner], schema_url="")]), points


def _metrics(recording: Recording) -> Iterator[tuple[Metric, int]]:
    for series in placed_recording(recording).series:
        head = "hw.host" if series.device.kind in HOST else "hw"
        tags = attributes(series.device, series.spec)
        line = curve(series)
        yield from _pieces(f"{head}.energy", tags, line.time_s, line.energy_j)
        if series.power_w is not None:
            good = np.isfinite(series.power_w) & (series.power_w >= 0) & np.isfinite(series.time_s)
            yield from _pieces(f"{head}.power", tags, series.time_s[good], series.power_w[good])
    ends = {window.name: window.end_s for window in recording.windows}
    begins = {window.name: window.begin_s for window in reversed(recording.windows)}
    for total in snapshot(recording).windows:
        if total.energy_j is not None and (end := ends[total.name]) is not None:
            joules = np.array([0.0, total.energy_j])
            times = np.array([begins[total.name], end])
            yield from _pieces("wattline.window.energy", {"window": total.name}, times, joules)


def _pieces(name: str, tags: dict[str, str], time_s: Any, values: Any) -> Iterator[tuple[Metric, int]]:
    from opentelemetry.sdk.metrics.export import AggregationTemporality, Gauge, Metric, NumberDataPoint, Sum

    unit, about = ABOUT[name]
    nanos = np.round(np.asarray(time_s) * 1e9).astype(np.int64).tolist()
    counter = not name.endswith("power")
    for begin in range(0, len(nanos), POINTS_A_CALL):
        points = [
            NumberDataPoint(tags, nanos[0] if counter else 0, nanos[i], float(values[i]))
            for i in range(begin, min(begin + POINTS_A_CALL, len(nanos)))
        ]
        data = Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True) if counter else Gauge(points)
        yield Metric(name=name, description=about, unit=unit, data=data), len(points)


def otlp_exporter(endpoint: str) -> MetricExporter:
    """The SDK's own exporter: ``grpc://HOST:4317`` by gRPC, ``http(s)://HOST:4318`` by HTTP; ``console`` prints. Raises
    WattlineError where OpenTelemetry is not installed, or the endpoint is none."""
    _sdk()
    if endpoint == "console":
        from opentelemetry.sdk.metrics.export import ConsoleMetricExporter

        return ConsoleMetricExporter(out=sys.stdout)
    scheme, separator, rest = endpoint.partition("://")
    if not separator or scheme not in ("grpc", "http", "https") or not rest.strip("/"):
        raise WattlineError(
            f"endpoint: {shorten(without_secrets(endpoint))!r} is none; "
            "write http://HOST:4318, grpc://HOST:4317, or console"
        )
    if scheme == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as Grpc

        return Grpc(endpoint=rest, insecure=True)
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as Http

    path = "" if "/" in rest.rstrip("/") else "/v1/metrics"
    return Http(endpoint=endpoint.rstrip("/") + path)


def _resource() -> Any:
    from opentelemetry.sdk.resources import Resource

    return Resource.create({"service.name": "wattline"})


def _sdk() -> None:
    try:
        import opentelemetry.exporter.otlp.proto.http
        import opentelemetry.sdk.metrics  # noqa: F401
    except ImportError:
        raise WattlineError("otlp: OpenTelemetry is not installed; pip install 'wattline[otel]'") from None
