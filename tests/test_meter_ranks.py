"""Ranks of a job as real processes: one samples, devices count once, and another takes over from one that dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from wattline.meter.journal.journal import Journal
from wattline.meter.journal.reader import read_recording
from wattline.meter.recording import Recording

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="ranks are tried on POSIX")
RANK = """
import json, os, sys, time
from pathlib import Path
import wattline as wl
from wattline.meter.live import active
wl.metering(interval="20ms")
def tell(what):  # a line in one write: ranks share the pipe
    sys.stdout.flush()
    os.write(1, (json.dumps(what) + "\\n").encode())
with wl.measure("train") as run:
    tell({"ready": True, "samples": active.active().samples})
    for step in range(int(sys.argv[1])):
        with wl.measure("step"): time.sleep(0.02)
    while Path("hold" + active.rank()).exists(): time.sleep(0.02)
tell({"joules": run.energy_j, "seconds": run.duration_s, "devices": len(run.devices)})
"""


def start(folder: Path, rank: int, steps: int, **more: str) -> subprocess.Popen[str]:
    """One rank, with the environment that torchrun gives it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WATTLINE_")}
    reported = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "4", "MASTER_PORT": "29500"}
    script = folder / "train.py"
    if not script.exists():  # ranks that start beside each other read it
        script.write_text(RANK, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "train.py", str(steps)],
        cwd=folder,
        env={**environment, **reported, "WATTLINE_SIMULATED": "4:100", **more},
        stdout=subprocess.PIPE,
        text=True,
    )


def heard(process: subprocess.Popen[str]) -> dict[str, float]:
    assert process.stdout
    reported: dict[str, float] = json.loads(process.stdout.readline())
    return reported


def recorded(folder: Path) -> Recording:
    (path,) = folder.glob("*.wattline")
    return read_recording(Journal.open(path))


def test_four_ranks_count_one_machine_once(tmp_path: Path) -> None:
    ranks = [start(tmp_path, i, 20) for i in range(4)]
    samples = [heard(rank)["samples"] for rank in ranks]
    ends = [heard(rank) for rank in ranks]
    assert [rank.wait(60) for rank in ranks] == [0] * 4
    assert sum(samples) == 1
    for end in ends:
        # each rank's window holds the whole machine's energy for its own time: four devices of 100 W, less or more 20%
        assert end["devices"] == 4
        assert 0.75 * 400 < end["joules"] / end["seconds"] < 1.25 * 400
    recording = recorded(tmp_path)
    assert len(recording.series) == 4
    assert len({series.device.key for series in recording.series}) == 4
    for series in recording.series:
        assert series.monotonic_s is not None
        assert len(np.unique(series.monotonic_s)) == len(series.monotonic_s)
    steps = [window for window in recording.windows if window.name == "step"]
    assert sorted({window.rank for window in steps}) == ["0", "1", "2", "3"]
    assert len(steps) == 80
    assert all(window.end_s is not None and window.parent == "train" for window in steps)


def test_another_rank_takes_over_from_one_that_is_killed(tmp_path: Path) -> None:
    first = start(tmp_path, 0, 10_000)
    assert heard(first)["samples"]
    second = start(tmp_path, 1, 150)
    assert not heard(second)["samples"]
    time.sleep(0.1)
    first.send_signal(signal.SIGKILL)
    first.wait(60)
    end = heard(second)
    assert second.wait(60) == 0
    # the gap while nobody sampled is bridged by the counters
    assert 0.75 * 400 < end["joules"] / end["seconds"] < 1.25 * 400
    recording = recorded(tmp_path)
    assert len(recording.series) == 4
    open_ones = [window for window in recording.windows if window.end_s is None]
    assert {window.rank for window in open_ones} == {"0"}
    last = max(window.end_s for window in recording.windows if window.end_s is not None)
    assert all(series.time_s.max() > last - 1.0 for series in recording.series)


def test_a_rank_that_ends_early_hands_over(tmp_path: Path) -> None:
    for rank in "01":
        (tmp_path / f"hold{rank}").touch()
    first = start(tmp_path, 0, 5)
    assert heard(first)["samples"]
    second = start(tmp_path, 1, 5)
    assert not heard(second)["samples"]
    (tmp_path / "hold0").unlink()
    assert heard(first)["devices"] == 4
    time.sleep(0.2)
    (tmp_path / "hold1").unlink()
    assert heard(second)["devices"] == 4
    assert (first.wait(60), second.wait(60)) == (0, 0)
    windows = recorded(tmp_path).windows
    assert all(window.end_s is not None for window in windows)


def test_ranks_under_wattline_measure_write_to_its_journal(tmp_path: Path) -> None:
    launch = (
        "import subprocess, sys, os\n"
        "rank = lambda i: subprocess.Popen([sys.executable, 'train.py', '3'], env={**os.environ, 'RANK': str(i)})\n"
        "ranks = [rank(0), rank(1)]\n"
        "sys.exit(sum(rank.wait() for rank in ranks))\n"
    )
    (tmp_path / "train.py").write_text(RANK, encoding="utf-8")
    code = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WATTLINE_")}
    ran = subprocess.run(
        [sys.executable, "-c", code, "measure", "--name", "job", "--", sys.executable, "-c", launch],
        cwd=tmp_path,
        env={**environment, "WATTLINE_SIMULATED": "4:100"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    reported = [json.loads(line) for line in ran.stdout.splitlines()]
    assert not any(line.get("samples") for line in reported)
    windows = recorded(tmp_path).windows
    assert {(window.name, window.parent, window.rank) for window in windows} == {
        ("job", "", ""),
        *(("train", "job", rank) for rank in "01"),
        *(("step", "train", rank) for rank in "01"),
    }
