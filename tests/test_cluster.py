"""A node of a cluster: joules by pod from a kubelet-like socket, the chart, Slurm, dashboards and alerts."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import programs
from wattline.core.errors import WattlineError
from wattline.meter.cluster.agent import run_agent
from wattline.meter.cluster.pod_energy import PodEnergy
from wattline.meter.cluster.pod_resources import PodDevices, list_pods, parse_pods
from wattline.meter.device import Device
from wattline.meter.export.snapshot import DeviceTotal, Snapshot
from wattline.meter.sensor import Spec

ROOT = Path(__file__).parents[1]
UID = "12345678-1234-1234-1234-1234567890ab"
OTHER = "87654321-4321-4321-4321-ba0987654321"
PODS = [
    PodDevices("team-a", "train-0", "main", ("GPU-1", "GPU-2::0")),
    PodDevices("team-b", "infer-0", "server", ("GPU-2::1",)),
    PodDevices("team-b", "web-0", "server", ()),
]


def field(number: int, data: bytes) -> bytes:
    assert len(data) < 16384
    length = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return bytes([number << 3 | 2]) + length + data


def answer(pods: list[PodDevices]) -> bytes:
    """As the kubelet encodes them, with numbers of processors between, which are passed over."""
    out = b""
    for each in pods:
        devices = field(2, field(1, b"nvidia.com/gpu") + b"".join(field(2, d.encode()) for d in each.devices))
        container = field(1, each.container.encode()) + (devices if each.devices else b"") + b"\x18\x07"
        out += field(1, field(1, each.pod.encode()) + field(2, each.namespace.encode()) + field(3, container))
    return out


@contextlib.contextmanager
def kubelet(socket: Path, pods: list[PodDevices]) -> Iterator[None]:
    """A real gRPC server on a Unix socket that answers as the kubelet does."""
    grpc = pytest.importorskip("grpc")
    handler = grpc.unary_unary_rpc_method_handler(
        lambda request, context: answer(pods), request_deserializer=bytes, response_serializer=bytes
    )
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("v1.PodResourcesLister", {"List": handler}),))
    server.add_insecure_port(f"unix://{socket}")
    server.start()
    try:
        yield
    finally:
        server.stop(0).wait()


def node(folder: Path, seconds: dict[str, float], whole: float) -> None:
    """A node's cgroups and logs."""
    for uid, used in seconds.items():
        place = (
            folder
            / f"cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid.replace('-', '_')}.slice"
        )
        place.mkdir(parents=True, exist_ok=True)
        (place / "cpu.stat").write_text(f"usage_usec {round(used * 1e6)}\nuser_usec 0\n")
    (folder / "cgroup").mkdir(exist_ok=True)
    (folder / "cgroup/cpu.stat").write_text(f"usage_usec {round(whole * 1e6)}\n")
    for name in (f"team-a_train-0_{UID}", f"team-b_web-0_{OTHER}"):
        (folder / "logs" / name).mkdir(parents=True, exist_ok=True)


def totals(**joules: float) -> Snapshot:
    kinds = {"GPU-1": "gpu", "GPU-2": "gpu", "GPU-3": "gpu", "cpu0": "cpu", "node": "node"}
    devices = [
        DeviceTotal(Device("n1", name.replace("_", "-"), kinds[name.replace("_", "-")]), Spec("nvml"), value, 1.0, 0.0)
        for name, value in joules.items()
    ]
    return Snapshot(tuple(devices))


def test_the_kubelets_answer_is_read_over_its_socket(tmp_path):
    with kubelet(tmp_path / "k.sock", PODS):
        assert list_pods(tmp_path / "k.sock") == PODS


def test_no_kubelet_is_one_line(tmp_path):
    pytest.importorskip("grpc")
    with pytest.raises(WattlineError, match="does not answer"):
        list_pods(tmp_path / "none.sock")


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_an_answer_that_is_cut_short_is_refused_or_whole(cut):
    data = answer(PODS)
    with contextlib.suppress(WattlineError):
        assert len(parse_pods(data[:-cut])) <= len(PODS)


def test_every_joule_is_some_pods_or_nobodys(tmp_path):
    now = totals(GPU_1=0.0, GPU_2=0.0, GPU_3=0.0, cpu0=0.0, node=0.0)
    node(tmp_path, {UID: 10.0, OTHER: 5.0}, 100.0)
    box = SimpleNamespace(now=now)
    pods = PodEnergy(lambda: box.now, tmp_path / "k.sock", tmp_path / "cgroup", tmp_path / "logs")
    with kubelet(tmp_path / "k.sock", PODS):
        pods.look()
        box.now = totals(GPU_1=100.0, GPU_2=60.0, GPU_3=8.0, cpu0=40.0, node=500.0)
        node(tmp_path, {UID: 16.0, OTHER: 7.0}, 116.0)
        pods.look()
        pods.look()
    joules = pods.joules()
    assert joules["team-a", "train-0", "gpu"] == pytest.approx(130)
    assert joules["team-b", "infer-0", "gpu"] == pytest.approx(30)
    assert joules["", "", "gpu"] == pytest.approx(8)
    assert joules["team-a", "train-0", "cpu"] == pytest.approx(40 * 6 / 16)
    assert joules["team-b", "web-0", "cpu"] == pytest.approx(40 * 2 / 16)
    assert sum(joules.values()) == pytest.approx(208)


def test_while_the_kubelet_is_away_nothing_is_lost(tmp_path):
    pytest.importorskip("grpc")
    box = SimpleNamespace(now=totals(GPU_1=0.0))
    pods = PodEnergy(lambda: box.now, tmp_path / "none.sock", tmp_path / "none", tmp_path / "none")
    box.now = totals(GPU_1=70.0)
    pods.look()
    assert pods.joules() == {("", "", "gpu"): 70.0}
    assert "does not answer" in pods.kubelet_error


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
        return str(page.read().decode())


def growing() -> Snapshot:
    """Devices whose joules grow by 300 a second."""
    joules = 300.0 * (time.monotonic() % 1e6)
    return totals(GPU_1=joules, GPU_2=joules, GPU_3=joules, cpu0=joules)


@pytest.fixture
def agent(tmp_path) -> Iterator[Any]:
    pytest.importorskip("prometheus_client")
    node(tmp_path, {UID: 1.0}, 10.0)
    with kubelet(tmp_path / "k.sock", PODS):
        pods = PodEnergy(growing, tmp_path / "k.sock", tmp_path / "cgroup", tmp_path / "logs")
        stop: Any = run_agent(growing, pods, "127.0.0.1:0", 0.2)
        yield stop
        stop()


def test_the_program_serves_pods_and_devices(agent):
    page = scrape(agent.port)
    assert 'wattline_pod_energy_joules_total{kind="gpu",namespace="team-a",pod="train-0"}' in page
    assert "wattline_kubelet_up 1.0" in page
    assert "wattline_power_watts" in page


def test_the_command_runs_without_a_kubelet(tmp_path):
    code = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"
    words = ["cluster", "--address", "127.0.0.1:0", "--serve-for", "1 s", "--kubelet", str(tmp_path / "none")]
    environment = os.environ | {"WATTLINE_SIMULATED": "1"}
    done = subprocess.run([sys.executable, "-c", code, *words], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def queries() -> list[tuple[str, str, str]]:
    """Every panel's query."""
    out = []
    for path in sorted((ROOT / "deploy/grafana").glob("*.json")):
        board = json.loads(path.read_text("utf-8"))
        out += [(path.stem, p["title"], t["expr"]) for p in board["panels"] for t in p["targets"]]
    return out


def test_each_panel_of_the_dashboards_has_data_from_prometheus(agent, tmp_path):
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("Debian's prometheus is not installed")
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: { scrape_interval: 300ms }\nscrape_configs:\n"
        f"  - {{ job_name: wattline, static_configs: [{{ targets: ['127.0.0.1:{agent.port}'] }}] }}\n"
    )
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    server = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        empty = {title: expr for _, title, expr in queries()}
        for _ in range(150):
            time.sleep(0.2)
            with contextlib.suppress(OSError):
                empty = {title: expr for title, expr in empty.items() if not _rows(port, expr)}
            if not empty:
                break
        assert empty == {}
    finally:
        server.terminate()
        server.wait()


def _rows(port: int, expr: str) -> list[Any]:
    """What Prometheus answers to a panel's query, with Grafana's variables filled in."""
    plain = expr.replace("$__rate_interval", "10s").replace("$__range", "10s")
    url = f"http://127.0.0.1:{port}/api/v1/query?query={urllib.parse.quote(plain)}"
    with urllib.request.urlopen(url, timeout=5) as page:
        result = json.load(page)["data"]["result"]
    return [row for row in result if row["value"][1] != "NaN"]


def test_alert_rules_are_sound_and_fire_when_they_should():
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("Debian's prometheus, which has promtool, is not installed")
    folder = ROOT / "deploy/prometheus"
    checked = subprocess.run(
        [program, "check", "rules", folder / "wattline-alerts.yml"], capture_output=True, text=True
    )
    assert "3 rules found" in checked.stdout
    tried = subprocess.run(
        [program, "test", "rules", folder / "wattline-alerts-test.yml"], capture_output=True, text=True
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr


def rendered(**values: Any) -> list[dict[str, Any]]:
    """The chart's manifests, by Helm's own library."""
    yaml, helm = pytest.importorskip("yaml"), pytest.importorskip("helm_python")
    chart = ROOT / "deploy/helm/wattline"
    report = helm.lint(chart, strict=True)
    assert not [m for m in report["messages"] if m["severity"] not in ("INFO", "info", 1)], report
    with helm.Chart.load(chart) as loaded:
        manifests = loaded.render(values or None, name="wattline", namespace="monitoring")
    return [each for text in manifests.values() for each in yaml.safe_load_all(text) if each]


def test_the_chart_lints_renders_and_its_manifests_are_valid():
    manifests = rendered()
    validate = pytest.importorskip("kubernetes_validate")
    assert {each["kind"] for each in manifests} == {"DaemonSet", "ServiceAccount"}
    for each in manifests:
        validate.validate(each, "1.30", strict=True)
    assert any(each["kind"] == "PodMonitor" for each in rendered(podMonitor={"enabled": True}))


def test_the_charts_program_is_one_that_the_command_line_has():
    text = (ROOT / "deploy/helm/wattline/templates/daemonset.yaml").read_text("utf-8")
    from typer.main import get_command

    from wattline.cli.main import app

    command: Any = get_command(app)
    known = {flag for option in command.commands["cluster"].params for flag in option.opts}
    arguments = re.search(r"args: \[(.*)\]", text)
    assert arguments
    assert set(re.findall(r"--[a-z-]+", arguments[1])) <= known


def test_slurms_scripts_write_the_energy_of_a_job(tmp_path):
    program = programs.written(
        tmp_path / "wattline",
        f"#!{sys.executable}\nimport sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "from wattline.cli.main import main; main(sys.argv[1:])\n",
    )
    environment = os.environ | {
        "SLURM_JOB_ID": "4711", "SLURM_JOB_USER": "ada", "SLURMD_NODENAME": "n1", "SLURM_JOB_GPUS": "0,1",
        "WATTLINE": str(program), "WATTLINE_SLURM_DIR": str(tmp_path / "spool"), "WATTLINE_SIMULATED": "1:300",
        "WATTLINE_INTERVAL": "100ms",
    }  # fmt: skip
    scripts = ROOT / "deploy/slurm"
    subprocess.run([scripts / "prolog.sh"], env=environment, check=True)
    journal = tmp_path / "spool/4711-n1.wattline"
    for _ in range(300):
        if journal.exists() and journal.stat().st_size > 4096:
            break
        time.sleep(0.1)
    time.sleep(1.0)
    meter = int((tmp_path / "spool/4711-n1.pid").read_text())
    subprocess.run([scripts / "epilog.sh"], env=environment, check=True)
    assert not Path(f"/proc/{meter}/cmdline").exists() or not Path(f"/proc/{meter}/cmdline").read_bytes()
    assert "4711" in (tmp_path / "spool/4711-n1.log").read_text(), "the meter was killed before it had said its result"
    head, row = (tmp_path / "spool/energy.csv").read_text().strip().splitlines()
    values = dict(zip(head.split(","), row.split(","), strict=True))
    assert (values["job"], values["user"], values["host"], values["gpus"]) == ("4711", "ada", "n1", "0 1")
    assert 0 < float(values["low_wh"]) <= float(values["energy_wh"]) <= float(values["high_wh"])
    assert not list((tmp_path / "spool").glob("*.pid"))
