"""nvidia-ml-py's own bindings over a libnvidia-ml.so.1 made on the spot: the path that a real GPU takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed: pip install 'wattline[nvidia]'")

SOURCE = Path(__file__).with_name("fake_libnvml.c")
# the library is found when a process starts: each question in a process of its own
SCRIPT = """
import os, sys, time
from wattline.meter.sensor import SensorGone
from wattline.meter.sensors import nvml

(sensor,), findings = nvml.find()
assert findings == [], findings
assert sensor.device.uuid == "GPU-0f1e2d3c", sensor.device
assert sensor.device.name == "NVIDIA H100 80GB HBM3"
assert sensor.also == {"pci:0000:1b:00.0"}, sensor.also
assert (sensor.power, sensor.counts, sensor.spec.window_s) == ("instant", True, 0.0), sensor.spec
first, second = sensor.read(), sensor.read()
assert 300 < first.power_w < second.power_w < 310, (first, second)
assert second.energy_j - first.energy_j == 1.0, (first, second)
used = sensor.processes(since_us=1_700_000_000_000_000)
assert [(u.pid, u.compute, u.memory) for u in used] == [(4712, 0.4, 0.1)], used

lost = os.environ["FAKE_NVML_LOST"]
open(lost, "w").close()
try:
    sensor.read()
except SensorGone as gone:
    assert "GPU is lost" in str(gone), gone
else:
    raise AssertionError("a lost GPU gave a reading")
os.remove(lost)
nvml.BETWEEN_TRIES_S = 0.0
assert sensor.read().energy_j > second.energy_j
sensor.close()
try:
    sensor.read()
except SensorGone as gone:
    assert str(gone) == "closed"
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("no C compiler, which makes the library, is installed")
    folder = tmp_path_factory.mktemp("nvml")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "libnvidia-ml.so.1", SOURCE], check=True)
    return folder


def ran(library: Path, *code: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "LD_LIBRARY_PATH": str(library), "FAKE_NVML_LOST": str(library / "lost")}
    return subprocess.run([sys.executable, *code], env=env, capture_output=True, text=True, timeout=120)


def test_the_bindings_end_to_end(library: Path) -> None:
    done = ran(library, "-c", SCRIPT)
    assert done.returncode == 0, done.stderr


def test_the_command_with_a_gpu(library: Path) -> None:
    done = ran(library, "-c", "from wattline.cli.main import main; main(['sensors', '--source', 'nvml'])")
    assert done.returncode == 0, done.stderr
    assert "1 measured" in done.stdout
    assert "NVIDIA H100 80GB HBM3" in done.stdout
    assert "counts joules" in done.stdout
