"""Handed on to the real parts: Prometheus of Debian, OpenTelemetry's own exporters over real sockets."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from recordings import START, node_with_gpus, series
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.export import prometheus
from wattline.meter.export.snapshot import Totals, fixed_source
from wattline.meter.recording import Recording, Window
from wattline.meter.sensor import Reading, Spec

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
needs_prometheus = pytest.mark.skipif(
    not (PROMETHEUS and PROMTOOL), reason="prometheus is not installed (apt-get install prometheus)"
)


def free_port() -> int:
    with socket.socket() as single:
        single.bind(("127.0.0.1", 0))
        return int(single.getsockname()[1])


def until(ask: Any, seconds: float = 30.0) -> Any:
    """What ``ask`` gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if (result := ask()) is not None:
                return result
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.1)
    raise AssertionError("nothing came in time")


@contextmanager
def running_prometheus(folder: Path, scrape: int | None = None) -> Iterator[str]:
    """Prometheus itself on loopback; its address."""
    job = [{"job_name": "wattline", "static_configs": [{"targets": [f"127.0.0.1:{scrape}"]}]}] if scrape else []
    config = folder / "prometheus.yml"
    config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": job}))  # JSON is YAML
    port = free_port()
    process = subprocess.Popen(
        [
            str(PROMETHEUS),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.retention.time=100y",
        ],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("wb"),
    )
    try:
        address = f"http://127.0.0.1:{port}"
        until(lambda: urllib.request.urlopen(f"{address}/-/ready", timeout=2).status)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def ask(address: str, query: str, at: float | None = None) -> list[dict[str, Any]]:
    words = {"query": query} | ({"time": str(at)} if at else {})
    with urllib.request.urlopen(f"{address}/api/v1/query?{urllib.parse.urlencode(words)}", timeout=5) as reply:
        result: list[dict[str, Any]] = json.load(reply)["data"]["result"]
        return result


@needs_prometheus
def test_prometheus_scrapes_a_live_meter_and_tells_it_back(tmp_path: Path) -> None:
    totals, spec = Totals(), Spec("nvml", error=0.05)
    devices = [Device("n1", f"GPU-{i}", "gpu", "NVIDIA B200") for i in range(3)]
    for at in range(3):
        for i, device in enumerate(devices):
            totals.take(device, spec, START + at, float(at), Reading(100.0 * (i + 1)))
        totals.take(Device("n1", "bmc", "node"), Spec("ipmi"), START + at, float(at), Reading(450.0))
    totals.gone(devices[2], spec)
    totals.add_window('epoch "3"\nof four', 1234.5)
    stop = prometheus.serve_metrics(totals.snapshot, "127.0.0.1:0")
    try:
        with running_prometheus(tmp_path, stop.port) as address:
            until(lambda: ask(address, "wattline_window_energy_joules_total") or None)
            (epoch,) = ask(address, "wattline_window_energy_joules_total")
            assert epoch["metric"]["window"] == 'epoch "3"\nof four'
            assert float(epoch["value"][1]) == 1234.5
            (once,) = ask(address, 'sum(wattline_energy_joules_total{inside=""})')
            assert float(once["value"][1]) == pytest.approx(900)  # the machine's own meter; its GPUs are inside
            gpus = ask(address, 'wattline_energy_joules_total{inside="n1/bmc",source="nvml",modelled="false"}')
            assert sum(float(row["value"][1]) for row in gpus) == pytest.approx(2 * (100 + 200 + 300))
            watts = {
                row["metric"]["device"]: float(row["value"][1])
                for row in ask(address, 'wattline_power_watts{kind="gpu"}')
            }
            assert watts == {"GPU-0": 100.0, "GPU-1": 200.0}  # what cannot be read has no watts, not none of them
            ups = {row["metric"]["device"]: row["value"][1] for row in ask(address, 'wattline_sensor_up{kind="gpu"}')}
            assert ups == {"GPU-0": "1", "GPU-1": "1", "GPU-2": "0"}
            totals.take(devices[1], spec, START + 3, 3.0, Reading(200.0))
            until(
                lambda: (
                    float(ask(address, 'wattline_energy_joules_total{device="GPU-1"}')[0]["value"][1]) == 600 or None
                )
            )
    finally:
        stop()
    checked = subprocess.run(
        [str(PROMTOOL), "check", "metrics"], input=_scraped(totals), capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _scraped(totals: Totals) -> bytes:
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(prometheus.collector(totals.snapshot))
    return generate_latest(registry)


@needs_prometheus
def test_a_recording_becomes_history_in_prometheus(tmp_path: Path) -> None:
    recording = node_with_gpus(gpus=2)
    text = tmp_path / "history.txt"
    text.write_text("".join(prometheus.openmetrics(recording)))
    made = [str(PROMTOOL), "tsdb", "create-blocks-from", "openmetrics", str(text), str(tmp_path / "data")]
    done = subprocess.run(made, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    with running_prometheus(tmp_path) as address:
        (node,) = ask(address, 'wattline_energy_joules_total{kind="node"}', START + 100)
        assert float(node["value"][1]) == pytest.approx(684_900)
        (power,) = ask(address, 'sum(wattline_power_watts{kind="gpu"})', START + 50)
        assert float(power["value"][1]) == pytest.approx(1300, rel=0.011)
        (run,) = ask(address, 'wattline_window_energy_joules_total{window="run"}', START + 95)
        assert float(run["value"][1]) == pytest.approx(6849 * 80)


def test_the_endpoints_text_is_openmetrics() -> None:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

    recording = replace(node_with_gpus(gpus=1), windows=(Window('a\\b"c', START, START + 10),))
    families = {family.name: family for family in parse("".join(prometheus.openmetrics(recording)))}
    assert families["wattline_energy_joules"].type == "counter"
    assert families["wattline_power_watts"].unit == "watts"
    assert families["wattline_window_energy_joules"].samples[0].labels == {"window": 'a\\b"c'}
    stop = prometheus.serve_metrics(fixed_source(recording), "127.0.0.1:0")
    try:
        page = urllib.request.Request(
            f"http://127.0.0.1:{stop.port}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}
        )
        with urllib.request.urlopen(page, timeout=5) as reply:
            names = {family.name for family in parse(reply.read().decode())}
        assert {"wattline_energy_joules", "wattline_power_watts", "wattline_sensor_up"} <= names
        with pytest.raises(WattlineError, match="another port"):
            prometheus.serve_metrics(fixed_source(recording), f"127.0.0.1:{stop.port}")
    finally:
        stop()


@pytest.mark.parametrize("address", ["", "host", ":99999", "127.0.0.1:", ":x", "::"])
def test_a_bad_address_is_told(address: str) -> None:
    with pytest.raises(WattlineError, match=":9400"):
        prometheus.parse_address(address)


def test_addresses() -> None:
    assert prometheus.parse_address(":9400") == ("127.0.0.1", 9400)
    assert prometheus.parse_address("9400") == ("127.0.0.1", 9400)
    assert prometheus.parse_address("[::1]:9400") == ("::1", 9400)


# ---- OpenTelemetry ----


def test_the_sdks_reader_sees_hw_energy_and_hw_power() -> None:
    pytest.importorskip("opentelemetry.sdk.metrics", reason="opentelemetry-sdk is not installed")
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    from wattline.meter.export.otel import observe

    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    observe(fixed_source(node_with_gpus(gpus=2)), provider)
    data: Any = reader.get_metrics_data()
    result = {m.name: m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    provider.shutdown()
    assert set(result) == {"hw.energy", "hw.power", "hw.host.energy", "hw.host.power", "wattline.window.energy"}
    assert (result["hw.energy"].unit, result["hw.power"].unit) == ("J", "W")
    assert result["hw.energy"].data.is_monotonic
    (host,) = result["hw.host.energy"].data.data_points
    assert host.value == pytest.approx(684_900)
    assert host.attributes["host.name"] == "n1"
    gpus = result["hw.energy"].data.data_points
    assert {p.attributes["hw.id"] for p in gpus} == {"GPU-0", "GPU-1"}
    assert {p.attributes["hw.type"] for p in gpus} == {"gpu"}
    assert {p.attributes["hw.parent"] for p in gpus} == {"n1/bmc"}


def _points(message: Any) -> dict[str, list[tuple[int, float]]]:
    """(time in ns, value) of every point by metric name, from OTLP's own message."""
    result: dict[str, list[tuple[int, float]]] = {}
    for metric in (m for r in message.resource_metrics for s in r.scope_metrics for m in s.metrics):
        data = metric.sum if metric.HasField("sum") else metric.gauge
        result.setdefault(metric.name, []).extend((p.time_unix_nano, p.as_double) for p in data.data_points)
    return result


class Received:
    """What came to a receiver, by metric."""

    def __init__(self) -> None:
        self.points: dict[str, list[tuple[int, float]]] = {}

    def take(self, message: Any) -> None:
        for name, points in _points(message).items():
            self.points.setdefault(name, []).extend(points)

    def check(self, recording: Recording) -> None:
        watts = self.points["hw.power"]
        assert len(watts) == sum(len(s.time_s) for s in recording.series if s.device.kind == "gpu")
        assert min(watts)[0] == round(START * 1e9)
        assert max(value for _, value in self.points["hw.host.energy"]) == pytest.approx(684_900)
        assert max(value for _, value in self.points["wattline.window.energy"]) == pytest.approx(6849 * 80)


def _parse(body: bytes) -> Any:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    return ExportMetricsServiceRequest.FromString(body)


@contextmanager
def http_receiver(received: Received) -> Iterator[str]:
    import gzip

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            ok = self.path == "/v1/metrics"
            if ok:
                received.take(_parse(body))
            self.send_response(200 if ok else 404)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def grpc_receiver(received: Received) -> Iterator[str]:
    import grpc
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as rpc

    class Receiver(rpc.MetricsServiceServicer):  # type: ignore[misc]
        def Export(self, request: Any, context: Any) -> Any:
            received.take(request)
            return service.ExportMetricsServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(2))
    rpc.add_MetricsServiceServicer_to_server(Receiver(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        server.stop(None)


@pytest.mark.parametrize("receiver", [http_receiver, grpc_receiver])
def test_a_recording_goes_by_otlp_with_its_own_times(receiver: Any) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc", reason="opentelemetry's exporters are not installed")
    from wattline.meter.export.otel import otlp_exporter, send

    recording, received = node_with_gpus(), Received()
    with receiver(received) as endpoint:
        exporter = otlp_exporter(endpoint)
        sent = send(recording, exporter)
        exporter.shutdown()
    received.check(recording)
    assert sent == sum(len(points) for points in received.points.values())


def test_a_live_meter_goes_by_otlp() -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="opentelemetry's exporters are not installed")
    from wattline.meter.export.otel import otlp_exporter, provider

    totals, received = Totals(), Received()
    for at in range(2):
        totals.take(Device("n", "g", "gpu"), Spec("nvml"), START + at, float(at), Reading(100.0))
    with http_receiver(received) as endpoint:
        made = provider(otlp_exporter(endpoint), totals.snapshot, every_s=3600)
        made.shutdown()
    assert [value for _, value in received.points["hw.energy"]] == [100.0]


def test_a_long_series_goes_in_pieces(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("opentelemetry.sdk.metrics", reason="opentelemetry-sdk is not installed")
    from wattline.meter.export.otel import metrics_data, otlp_exporter, send

    recording = Recording([series("cpu", [10.0] * 12_000, spec=Spec("rapl"))])
    assert [points for _, points in metrics_data(recording)] == [5000, 5000, 2000] * 2
    send(Recording([series("cpu", [10.0] * 3)]), otlp_exporter("console"))
    assert '"hw.energy"' in capsys.readouterr().out


def test_no_receiver_is_told_in_one_line() -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="opentelemetry's exporters are not installed")
    from wattline.meter.export.otel import otlp_exporter

    for bad in ("", "localhost:4318", "ftp://x", "http://"):
        with pytest.raises(WattlineError, match="endpoint"):
            otlp_exporter(bad)
