"""The same seed gives the same JSON to the last digit: in other processes and orders, with other numbers of workers and
threads, and with other hashes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from supply_files import factors_file

ROOT = Path(__file__).parents[1]
SERVICE = "llama-3.1-8b --rate 5/s --duration 20s --draws 20"
LINES = {
    "prompt": "prompt deepseek-v3 --draws 200 --seed 7",
    "train": "train llama-3.1-8b --tokens 1T --chip h100-sxm --chips 512 --draws 200 --seed 7",
    "serve-average": "serve-average llama-3.1-8b --rate 1M/day --draws 200 --seed 7",
    "image": "image flux.1-schnell --chip b200 --gpus 2 --draws 100 --seed 7",
    "session": "session chat --model llama-3.1-8b --draws 100 --seed 7",
    "embed": "embed bge-reranker-v2-m3 --document-tokens 200 --draws 100 --seed 7",
    "transcribe": "transcribe whisper-tiny --hours 1 --text-tokens 90 --draws 100 --seed 7",
    "supply": "supply --load-mw 10 --capacity-factors FACTORS --draws 2 --seed 7",
    "meter bill": "meter bill examples/gpus.csv --region fr --draws 100 --seed 7",
    "site": "site --it 10MW --place Dublin --draws 40 --seed 7",
    "flex balance": "flex balance --it 100MW --region us-ercot --draws 200 --seed 7",
    "flex swings": "flex swings --phase a:1s:700W --phase b:0.5s:200W --chips 8 --floor 300W",
    "traffic": "traffic --rate 5/s --duration 60s --seed 7",
    "run": "run examples/article.toml --draws 100 --seed 7",
    "world": "world --region us --region ireland --years 2024-2026 --draws 100 --seed 7",
    "check": "check article --draws 100 --seed 7",
    "serve": f"serve {SERVICE} --seed 7",
    "frontier": f"frontier {SERVICE} --seed 7 --chip h100-sxm --gpus 1 --precision bf16 --power-cap none,500W "
    "--max-num-seqs 64,128 --max-num-batched-tokens 2048 --pools together --slo-ttft 1s --slo-tpot 50ms "
    "--workers WORKERS",
}
SIMULATED = {"serve", "frontier"}
# how two processes differ: the order of the commands, workers, threads and hashes
HERE = {"reverse": "", "WORKERS": "1", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "PYTHONHASHSEED": "1"}
THERE = {"reverse": "yes", "WORKERS": "3", "OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "2", "PYTHONHASHSEED": "2"}

PROGRAM = """
import contextlib, io, json, sys
from wattline.cli.main import main

answers = {}
for name, words in json.loads(sys.argv[1]):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main([*words, "--json"])
    answers[name] = out.getvalue()
print(json.dumps(answers))
"""


def answers(how: dict[str, str], factors: Path) -> dict[str, str]:
    """What each line prints in a process of its own."""
    lines = [
        (name, [(how | {"FACTORS": str(factors)}).get(word, word) for word in line.split()])
        for name, line in LINES.items()
        if name not in SIMULATED or find_spec("numba")
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(lines[::-1] if how["reverse"] else lines)],
        cwd=ROOT, env=os.environ | how, capture_output=True, text=True, check=True,
    )  # fmt: skip
    printed: dict[str, str] = json.loads(done.stdout)
    return printed


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, str]]:
    factors = factors_file(tmp_path_factory.mktemp("hours") / "factors.csv", 7)
    return answers(HERE, factors), answers(THERE, factors)


def without_workers(text: str) -> Any:
    """The answer, but for what tells how the search was run."""
    answer = json.loads(text)
    answer["inputs"].pop("workers", None)
    return answer


@pytest.mark.parametrize("name", LINES)
def test_the_same_seed_gives_the_same_json_to_the_last_digit(
    name: str, both: tuple[dict[str, str], dict[str, str]]
) -> None:
    if name in SIMULATED:
        pytest.importorskip("numba")
    here, there = (answer[name] for answer in both)
    assert here.startswith("{"), here
    assert json.dumps(without_workers(here)) == json.dumps(without_workers(there))


def test_another_seed_gives_another_answer() -> None:
    lines = [(str(seed), [*LINES["prompt"].split()[:-1], str(seed)]) for seed in (7, 8)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(lines)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    printed = json.loads(done.stdout)
    assert json.loads(printed["7"])["results"] != json.loads(printed["8"])["results"]
