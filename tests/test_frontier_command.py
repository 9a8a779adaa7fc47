"""The command of the frontier: its options, its page, and a search that is killed and taken up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from wattline.cli.main import main

FEW = ["--chip", "h100-sxm", "--gpus", "1", "--max-num-seqs", "64"]
COMMAND = [
    "frontier", "llama-3.1-8b", "--rate", "25/s", "--duration", "20 s", "--slo-ttft", "300ms",
    "--slo-tpot", "20ms", "--chip", "h100-sxm", "--gpus", "1,2", "--power-cap", "none,400W", "--max-num-seqs", "8,64",
    "--max-num-batched-tokens", "2048", "--pools", "together", "--draws", "20", "--json",
]  # fmt: skip


@pytest.mark.long
def test_killed_and_taken_up_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, kept = tmp_path / "whole.jsonl", tmp_path / "kept.jsonl"
    run = [sys.executable, "-c", "from wattline.cli.main import main; main()", *COMMAND, "--workers", "2"]
    first = _searched(["--workers", "1", "--resume", str(whole)], capsys)
    with subprocess.Popen([*run, "--resume", str(kept)], stdout=subprocess.DEVNULL) as search:
        while not kept.exists() or kept.read_bytes().count(b"\n") < 6:
            assert search.poll() is None
            time.sleep(0.005)
        workers = _children(search.pid)
        search.send_signal(signal.SIGKILL)
    done = kept.read_bytes().count(b"\n")
    assert done < whole.read_bytes().count(b"\n")
    with kept.open("ab") as file:
        file.write(b'{"context": "cut sho')
    second = _searched(["--workers", "1", "--resume", str(kept)], capsys)
    items = [json.loads(line).get("item") for line in kept.read_text().splitlines()[1:]]
    assert len(items) == len({json.dumps(item) for item in items})  # none was run twice
    ran = tuple(data["results"]["search"].pop("simulations_run_now") for data in (first, second))
    assert ran[1] <= ran[0] - (done - 1)
    assert first == second
    deadline = time.monotonic() + 30
    while any(_alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in workers)  # no worker outlives the search


def _searched(args: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    with pytest.raises(SystemExit) as stop:
        main([*COMMAND, *args])
    assert stop.value.code == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or ") Z" not in stat.read_text()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "--slo-ttft"),
        (["--slo-tpot", "50ms", "--replicas", "2"], "replicas"),
        (["--slo-tpot", "50ms", "--chip", "h1000"], "unknown chip"),
        (["--slo-tpot", "50ms", "--precision", "int7"], "int7"),
        (["--slo-tpot", "50ms", "--gpus", "1.5"], "gpus"),
        (["--slo-tpot", "50ms", "--power-cap", "lots"], "power-cap"),
        (["--slo-tpot", "50ms", "--max-num-seqs", "0"], "max-num-seqs"),
        (["--slo-tpot", "50ms", "--max-num-seqs", "512", "--max-num-batched-tokens", "64"], "none of the set-ups"),
        (["--slo-tpot", "50ms", "--slo-share", "1.5"], "slo-share"),
        (["--slo-tpot", "50ms", "--on", "mars", *FEW], "no place"),
        (["--slo-tpot", "50ms", "--router", "random", "--workers", "1", *FEW], "router"),
        (["--slo-tpot", "50ms", "--against", "h100-sxm, power_cap=5 kW"], "power-cap"),
        (["--slo-tpot", "50ms", "--against", "cards=3"], "'cards'"),
        (["--slo-tpot", "50ms", "--prefill-replicas", "2"], "prefill-replicas"),
        (["--slo-tpot", "50ms", "--chips", "b200"], "is now --chip"),
    ],
)
def test_bad_command(args: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["frontier", "llama-3.1-8b", "--rate", "5/s", "--duration", "20 s", *args])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_the_command_and_its_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = [*COMMAND[:-1], "--workers", "1", "--out", str(tmp_path)]
    with pytest.raises(SystemExit) as stop:
        main(args)
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("Least energy", "default", "Why", "Frontier of energy", "set-ups"))
    html = (tmp_path / "report.html").read_text()
    assert all(word in html for word in ("Least energy", "<circle", "Where the saving comes from"))
