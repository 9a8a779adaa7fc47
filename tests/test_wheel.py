"""The wheel: it installs into a clean environment without extras, where each command works or names its extra."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from mlperf_files import mlperf_file, mlperf_row
from validation_files import PUBLISHED, kernel_file, sensor_recording, serving_file, serving_row
from wattline.cli.main import app

ROOT = Path(__file__).parents[1]
MODEL = "meta-llama/Llama-3.1-8B-Instruct"
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 16,
    "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 8192, "vocab_size": 128256,
    "max_position_embeddings": 131072, "torch_dtype": "bfloat16", "tie_word_embeddings": True, "hidden_act": "silu",
}  # fmt: skip
TRAIN = ["train", "llama-3.1-8b", "--tokens", "1T", "--chip", "h100-sxm", "--chips", "64"]
WORKS = {
    "run": ["run", "examples/article.toml", "--out", "out"],
    "train": TRAIN,
    "explain": ["explain", *TRAIN],
    "prompt": ["prompt", "llama-3.1-8b"],
    "image": ["image", "flux.1-schnell"],
    "video": ["video", "wan-2.1-1.3b"],
    "session": ["session", "chat", "--model", "llama-3.1-8b"],
    "embed": ["embed", "bge-m3"],
    "transcribe": ["transcribe", "whisper"],
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
    "ci": ["ci", "--runs", "3", "--warm-up", "0", "--", sys.executable, "-c", "pass"],
    "saving": ["saving", "examples/gpus.csv", "examples/gpus.csv"],
    "tune": ["tune", "--restore"],
    "completion": ["completion", "bash"],
    "budget": ["budget", "--help"],
    "validate": ["validate", "steps"],
    "validate training": ["validate", "training"],
    "validate inference": ["validate", "inference", "served.csv"],
    "validate mlperf": ["validate", "mlperf", "results.csv"],
    "validate published": ["validate", "published", "published.csv", "--draws", "20"],
    "validate encoding": ["validate", "encoding", "works.csv"],
    "validate kernels": ["validate", "kernels", "kernels"],
    "validate sensors": ["validate", "sensors", "a_4090_card"],
    "validate site": ["validate", "site", "sites.csv", "--draws", "10"],
    "calibrate": ["calibrate", "site"],
    "list": ["list", "chips"],
    "schema": ["schema", "prompt"],
    "supply": ["supply", "--help"],
    "meter import": ["meter", "import", "examples/gpus.csv", "--journal", "all.wattline"],
    "meter share": ["meter", "share", "examples/gpus.csv", "--jobs", "jobs.csv"],
    "meter swings": ["meter", "swings", "examples/gpus.csv"],
    "catalog add-model": ["catalog", "add-model", "config.json", "--hf-id", "me/mine-1b", "--document", "a page"],
    "flex balance": ["flex", "balance", "--it", "100MW", "--region", "us-ercot", "--draws", "20"],
    "flex headroom": ["flex", "headroom", "hours.csv", "--share", "1%"],
    "flex shift": ["flex", "shift", "hours.csv", "--kind", "price"],
    "flex sites": ["flex", "sites", "hours.csv", "hours.csv", "--room", "2MW", "--arrives", "1MW", "--kind", "price"],
    "flex response": ["flex", "response", "llama-3.1-8b", "--it", "10MW", "--draws", "20"],
    "world": ["world", "--region", "us", "--draws", "500"],
    "validate world": ["validate", "world"],
    "catalog diff": ["catalog", "diff", "2026-11-24", "built-in"],
    "flex swings": ["flex", "swings", "--phase", "a:1s:700W", "--phase", "b:1s:200W", "--chips", "8"],
}
# commands that need large measured files, whose code the tests of validate and calibrate run
OTHERS = {
    "calibrate training", "calibrate inference", "calibrate serving", "calibrate measured", "calibrate engine",
    "calibrate mlperf", "calibrate encoding", "calibrate steps", "calibrate experts", "calibrate world",
    "calibrate diffusion",
    "calibrate wind-sun", "validate images",
    "validate video", "validate supply", "validate carbon", "catalog update",
}  # fmt: skip
NEEDS = {
    "sim": ["serve", "llama-3.1-8b", "--rate", "1/s", "--duration", "1 min"],
    "sim of frontier": ["frontier", "llama-3.1-8b", "--rate", "1/s", "--duration", "1 min", "--slo-ttft", "1s"],
    "sim of validate": ["validate", "serving", "served.csv", "--rows", "1"],
    "proxy": ["proxy", "--upstream", "http://127.0.0.1:9"],
    "web": ["web", "--port", "0"],
    "mcp": ["mcp"],
    "proxy of tune": ["tune-serve", "--upstream", "http://127.0.0.1:9"],
    "cluster": ["cluster", "--kubelet", "none.sock", "--serve-for", "1 s"],
    "fleet ingest": ["fleet", "ingest", "examples/gpus.csv", "--out", "fleet"],
    "fleet report": ["fleet", "report", "fleet"],
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
    # a checkout on the path would count as installed
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([*pip, "install", "-c", ROOT / "constraints.txt", wheel], check=True, env=environment)
    return place / "bin"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the examples and small files for each command, away from the checkout."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    kernel_file(tmp_path / "kernels", "gemm", {}, {"power": 650.0, "power_limit": 700.0})
    kernel_file(tmp_path / "kernels", "moe", {}, {"power": 650.0, "power_limit": 700.0})
    mlperf_file(tmp_path / "results.csv", [mlperf_row()])
    bert = {"chip": "NVIDIA H100-SXM-80GB", "round": "v4.1", "model": "bert-99", "weights": "int8"}
    mlperf_file(tmp_path / "works.csv", [mlperf_row(**bert, performance="73000", unit="Samples/s")])
    serving_file(tmp_path / "served.csv", [serving_row(MODEL, 1, "bfloat16", 8, max_num_seqs=64, p90_itl_ms=25.0)])
    sensor_recording(tmp_path)
    hours = "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{100 + i % 24}\n" for i in range(240))
    texts = {
        "hours.csv": "utc,ercot_mw\n" + hours,
        "published.csv": PUBLISHED,
        "sites.csv": "operator,site,year,pue,wue_l_per_kwh\nGoogle,Hamina,2023,1.09,\n",
        "jobs.csv": "name,begin,end,gpus\na,2026-03-01T12:00:00Z,2026-03-01T12:00:10Z,0\n",
        "config.json": json.dumps(CONFIG),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def call(clean: Path, folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{clean}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    return subprocess.run(
        [clean / "wattline", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


def test_each_file_of_data_is_named_to_the_wheel():
    """A file beside the code that no pattern of the project file has would be missing where it is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    package = ROOT / "src" / "wattline"
    named = {path for glob in project["tool"]["setuptools"]["package-data"]["wattline"] for path in package.glob(glob)}
    data = {
        path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc", ".nbi", ".nbc")
    }
    assert not data - named


@pytest.mark.long
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


@pytest.mark.long
def test_the_version_is_the_package_s(clean: Path, folder: Path, wheel: Path):
    done = call(clean, folder, ["--version"])
    assert done.stdout.split()[-1] == wheel.name.split("-")[1]


@pytest.mark.long
@pytest.mark.parametrize("name", WORKS)
def test_a_command_works_without_extras(clean: Path, folder: Path, name: str):
    done = call(clean, folder, WORKS[name])
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("name", NEEDS)
def test_a_command_without_its_extra_names_it(clean: Path, folder: Path, name: str):
    done = call(clean, folder, NEEDS[name])
    extra = name.split()[0]
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"pip install 'wattline[{extra}]'" in done.stderr


def leaves(command: Any, path: tuple[str, ...] = ()) -> list[str]:
    """Every command of the command line."""
    inner = getattr(command, "commands", {})
    return [leaf for name, each in inner.items() for leaf in leaves(each, (*path, name))] or [" ".join(path)]


def test_every_command_is_tried() -> None:
    tried = [" ".join(line) for line in (*WORKS.values(), *NEEDS.values())]
    untried = {
        name for name in leaves(get_command(app)) if not any(f"{line} ".startswith(f"{name} ") for line in tried)
    }
    assert untried == OTHERS
