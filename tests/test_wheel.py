"""The wheel: it installs into a clean environment without extras, where each command works or names its extra."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
TRAIN = ["train", "llama-3.1-8b", "--tokens", "1T", "--chip", "h100-sxm", "--chips", "64"]
WORKS = {
    "run": ["run", "examples/article.toml", "--out", "out"],
    "train": TRAIN,
    "explain": ["explain", *TRAIN],
    "prompt": ["prompt", "llama-3.1-8b"],
    "serve-average": ["serve-average", "llama-3.1-8b", "--rate", "1M/day"],
    "site": ["site", "--it", "10MW", "--place", "Singapore", "--draws", "20"],
    "check": ["check", "article"],
    "facts": ["facts", "chip.h100-sxm"],
    "sensors": ["sensors"],
    "traffic": ["traffic", "--rate", "10/s", "--duration", "1 min"],
    "measure": ["measure", "--", sys.executable, "-c", "pass"],
    "meter report": ["meter", "report", "examples/gpus.csv"],
    "meter bill": ["meter", "bill", "examples/gpus.csv", "--region", "us"],
    "meter export": ["meter", "export", "examples/gpus.csv", "--to", "csv"],
    "meter export openmetrics": ["meter", "export", "examples/gpus.csv", "--to", "openmetrics"],
    "compare": ["compare", "examples/gpt3_512_h100.toml", "examples/gpus.csv"],
    "validate": ["validate", "steps"],
    "calibrate": ["calibrate", "site"],
}
NEEDS = {
    "sim": ["serve", "llama-3.1-8b", "--rate", "1/s", "--duration", "1 min"],
    "sim of frontier": ["frontier", "llama-3.1-8b", "--rate", "1/s", "--duration", "1 min", "--slo-ttft", "1s"],
    "proxy": ["proxy", "--upstream", "http://127.0.0.1:9"],
    "prometheus": ["measure", "--prometheus", "127.0.0.1:0", "--", sys.executable, "-c", "pass"],
    "otel": ["meter", "export", "examples/gpus.csv", "--to", "otlp", "--endpoint", "console"],
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by ``python -m build``."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT], check=True, capture_output=True
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment with the wheel alone."""
    place = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    pip = [place / "bin/python", "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-c", ROOT / "constraints.txt", wheel], check=True)
    return place / "bin"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the examples, away from the checkout."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def call(clean: Path, folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{clean}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    return subprocess.run(
        [clean / "wattline", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


def test_the_wheel_carries_the_catalog_and_the_templates(wheel: Path):
    carried = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src/wattline"
    needed = [
        p
        for p in package.rglob("*")
        if p.suffix in {".py", ".toml", ".csv", ".gz", ".css", ".js", ".html"} or p.suffix == ".json"
    ]
    needed.append(package / "py.typed")
    assert {str(path.relative_to(ROOT / "src")) for path in needed} - carried == set()


def test_the_version_is_the_package_s(clean: Path, folder: Path, wheel: Path):
    done = call(clean, folder, ["--version"])
    assert done.stdout.split()[-1] == wheel.name.split("-")[1]


@pytest.mark.parametrize("name", WORKS)
def test_a_command_works_without_extras(clean: Path, folder: Path, name: str):
    done = call(clean, folder, WORKS[name])
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", NEEDS)
def test_a_command_without_its_extra_names_it(clean: Path, folder: Path, name: str):
    done = call(clean, folder, NEEDS[name])
    extra = name.split()[0]
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"pip install 'wattline[{extra}]'" in done.stderr
