"""Prometheus itself on the loopback, scraping an exporter of ours with others' metrics, read back by our sensor."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

httpx = pytest.importorskip("httpx", reason="httpx is not installed: pip install 'wattline[meter]'")
client = pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")

from waiting import gone, until  # noqa: E402
from wattline.meter.exporters import without_port  # noqa: E402
from wattline.meter.sensor import Sensor  # noqa: E402
from wattline.meter.sensors import prometheus  # noqa: E402
from wattline.meter.sensors.polled import PolledDevice  # noqa: E402
from wattline.meter.sensors.prometheus import _seconds  # noqa: E402

CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: exporter
    static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]
"""
DCGM = ["gpu", "UUID", "modelName", "Hostname", "GPU_I_ID", "pod"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Metered:
    """An exporter with metrics as DCGM, Kepler and node_exporter write them, and the Prometheus that scrapes it."""

    def __init__(self, folder: Path, program: str) -> None:
        self.registry = client.CollectorRegistry()
        self.exporter_port, self.port = free_port(), free_port()
        self.power = client.Gauge("DCGM_FI_DEV_POWER_USAGE", "W", DCGM, registry=self.registry)
        self.energy = client.Gauge("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "mJ", DCGM, registry=self.registry)
        kepler = ["mode", "package", "source", "instance"]
        self.kepler = client.Counter("kepler_node_package_joules", "J", kepler, registry=self.registry)
        self.rapl = client.Counter("node_rapl_package_joules", "J", ["index", "path"], registry=self.registry)
        self.pdu = client.Gauge("pdu_outlet_watts", "W", ["outlet", "node"], registry=self.registry)
        self.server: Any = None
        self.serve()
        (folder / "prometheus.yml").write_text(CONFIG.format(exporter=self.exporter_port))
        self.process = subprocess.Popen(
            [
                program,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=error",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def serve(self) -> None:
        self.server, _ = client.start_http_server(self.exporter_port, "127.0.0.1", self.registry)

    def hide(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def series(self, query: str) -> int:
        """How many series the server gives now."""
        try:
            answer = httpx.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=5).json()
        except (httpx.HTTPError, ValueError):  # not there yet, or not ready: 503 in plain text
            if self.process.poll() is not None and self.process.stderr is not None:
                pytest.fail(f"prometheus ended: {self.process.stderr.read()[-500:]!r}")
            return 0
        return len(answer.get("data", {}).get("result", ()))

    def scraped(self, query: str, count: int = 1) -> None:
        until(lambda: self.series(query) == count)

    def find(self, **more: str) -> dict[str, Sensor]:
        environ = {"WATTLINE_PROMETHEUS_URL": self.url, **more}
        sensors, findings = prometheus.find(environ, "here")
        assert findings == []
        return {sensor.device.uuid: sensor for sensor in sensors}


@pytest.fixture(scope="module")
def metered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Metered]:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    metered = Metered(tmp_path_factory.mktemp("prometheus"), program)
    try:
        until(lambda: metered.series("up == 1") == 1, 60)
        yield metered
    finally:
        metered.process.terminate()
        metered.process.wait(30)
        metered.hide()


@pytest.fixture
def clean(metered: Metered, monkeypatch: pytest.MonkeyPatch) -> Iterator[Metered]:
    """Nothing told before or after; the server asked often."""
    monkeypatch.setattr(prometheus, "PERIOD_S", 0.1)
    yield metered
    for metric in (metered.power, metered.energy, metered.kepler, metered.rapl, metered.pdu):
        metric.clear()
    metered.scraped('{job="exporter", __name__=~".*(DCGM|watts|joules).*"}', 0)


def test_dcgm(clean: Metered) -> None:
    single = ("0", "GPU-a", "NVIDIA H100 80GB HBM3", "node1", "", "")
    clean.power.labels(*single).set(412.5)
    clean.energy.labels(*single).set(9e9)
    # one GPU told again for each MIG instance and pod on it: counted once
    for instance in ("1", "2"):
        clean.power.labels("1", "GPU-b", "NVIDIA H100 80GB HBM3", "node1", instance, f"pod-{instance}").set(300)
    clean.power.labels("0", "GPU-c", "NVIDIA H100 80GB HBM3", "node2", "", "").set(9.2e18)  # DCGM's blank
    clean.scraped("DCGM_FI_DEV_POWER_USAGE", 4)
    clean.scraped("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")
    result = clean.find()
    try:
        assert set(result) == {"GPU-a", "GPU-b", "GPU-c"}
        first, blank = result["GPU-a"], result["GPU-c"]
        assert first.read() == (412.5, 9e6)
        assert result["GPU-b"].read() == (300.0, None)
        assert isinstance(blank, PolledDevice)
        assert "no number" in gone(blank)
        assert (first.device.host, first.device.kind) == ("node1", "gpu")
        assert "H100" in first.device.name
        assert first.spec.period_s == pytest.approx(0.2)  # what the server says of its scrapes
        clean.power.labels(*single).set(600)
        clean.energy.labels(*single).set(9.001e9)
        until(lambda: first.read() == (600.0, 9.001e6))
    finally:
        for sensor in result.values():
            sensor.close()


def test_a_series_that_vanishes_an_exporter_that_starts_anew(clean: Metered) -> None:
    labels = ("0", "GPU-a", "H100", "node1", "", "")
    clean.power.labels(*labels).set(100)
    clean.energy.labels(*labels).set(5e6)
    clean.scraped("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")
    sensor = clean.find()["GPU-a"]
    assert isinstance(sensor, PolledDevice)
    try:
        assert sensor.read() == (100.0, 5000.0)
        clean.hide()
        until(lambda: "no longer reported" in gone(sensor))
        clean.energy.labels(*labels).set(1e3)  # the driver was loaded again
        clean.serve()
        until(lambda: "started anew" in gone(sensor))
        clean.energy.labels(*labels).set(7.001e6)
        until(lambda: not gone(sensor) and sensor.read().energy_j == 12_000.0)
    finally:
        sensor.close()


def test_kepler_and_node_exporter_tell_one_package_once(clean: Metered) -> None:
    for mode, joules in (("dynamic", 30), ("idle", 12)):
        clean.kepler.labels(mode, "0", "rapl-sysfs", "worker-3").inc(joules)
        clean.kepler.labels(mode, "0", "trained_power_model", "virtual-4").inc(joules)
    clean.rapl.labels("0", "/sys/class/powercap/intel-rapl:0").inc(77)
    clean.scraped("kepler_node_package_joules_total", 4)
    clean.scraped("node_rapl_package_joules_total")
    sensors, _ = prometheus.find({"WATTLINE_PROMETHEUS_URL": clean.url}, "here")
    result = {s.device.host: s for s in sensors}
    for sensor in sensors:
        sensor.close()
    assert len(sensors) == 3
    assert {s.device.uuid for s in sensors} == {"rapl:package-0"}
    assert result["worker-3"].spec.modelled is False
    assert result["virtual-4"].spec.modelled is True  # Kepler without RAPL is a model of its own
    assert "node_exporter" in result["here"].spec.note


def test_a_query_of_the_users_own(clean: Metered) -> None:
    for outlet, node, watts in (("1", "rack7-a", 800), ("2", "rack7-a", 820)):
        clean.pdu.labels(outlet, node).set(watts)
    clean.scraped("pdu_outlet_watts", 2)
    query = {"WATTLINE_PROMETHEUS_QUERY": "sum by (node) (pdu_outlet_watts)", "WATTLINE_PROMETHEUS_KIND": "node"}
    (sensor,) = clean.find(**query).values()
    assert sensor.read() == (1620.0, None)
    assert (sensor.device.host, sensor.device.kind) == ("rack7-a", "node")
    sensor.close()
    each = clean.find(WATTLINE_PROMETHEUS_QUERY="pdu_outlet_watts")
    assert sorted(s.read().power_w or 0 for s in each.values()) == [800, 820]
    (scalar,) = clean.find(WATTLINE_PROMETHEUS_QUERY="scalar(sum(pdu_outlet_watts))").values()
    assert scalar.read().power_w == 1620.0
    for sensor in (*each.values(), scalar):
        sensor.close()


def test_what_goes_wrong_is_told(clean: Metered) -> None:
    def why(**more: str) -> str:
        sensors, (finding,) = prometheus.find({"WATTLINE_PROMETHEUS_URL": clean.url, **more})
        assert sensors == []
        assert not finding.usable
        return f"{finding.why} / {finding.mend}"

    assert "WATTLINE_PROMETHEUS_QUERY" in why()
    assert "no series of the query 'nothing'" in why(WATTLINE_PROMETHEUS_QUERY="nothing")
    assert "parse error" in why(WATTLINE_PROMETHEUS_QUERY="sum(")
    assert "gives a matrix" in why(WATTLINE_PROMETHEUS_QUERY="up[1m]")
    assert "cannot be reached" in why(WATTLINE_PROMETHEUS_URL=f"http://127.0.0.1:{free_port()}")
    assert "is no address" in why(WATTLINE_PROMETHEUS_URL="ftp://somewhere")
    assert "no address given" in prometheus.find({})[1][0].why


def test_a_server_that_is_no_prometheus_and_one_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    from wattline.meter.sensors import web

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "slow" in self.path:
                time.sleep(2)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>" if "odd" not in self.path else b'{"data": {"resultType": "vector"')

        def log_message(self, *args: object) -> None:
            return

    monkeypatch.setattr(web, "TIMEOUT_S", 0.3)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        for path, message in (("", "no JSON"), ("/odd", "no JSON"), ("/slow", "no answer within")):
            finding = prometheus.find({"WATTLINE_PROMETHEUS_URL": url + path})[1][0]
            assert message in finding.why
    finally:
        server.shutdown()
        server.server_close()


def test_small_readings_of_labels() -> None:
    assert [_seconds(text) for text in ("15s", "1m30s", "200ms", "")] == [15.0, 90.0, 0.2, 15.0]
    hosts = ("node1:9400", "node1", "10.0.0.1:9400", "[fe80::1]:9400", "fe80::1")
    assert [without_port(host) for host in hosts] == ["node1", "node1", "10.0.0.1", "fe80::1", "fe80::1"]
