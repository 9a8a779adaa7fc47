"""Windows of forked children, of programs of their own, and where nothing can be written."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import wattline as wl
from measure_place import read, two_sensors
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.reader import read_recording
from wattline.meter.live import active
from wattline.meter.live.measurement import Measurement
from wattline.meter.live.session import Session

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """The journal of this test's windows, with two sensors of 100 W."""
    with two_sensors(tmp_path) as where:
        yield where


@posix
def test_a_forked_child_goes_on_in_the_same_journal(path: Path) -> None:
    def child() -> None:
        with wl.measure("child"):
            time.sleep(0.02)

    with wl.measure("parent") as parent:
        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        process.join(60)
        assert process.exitcode == 0
        time.sleep(0.05)
    assert parent.energy_j == pytest.approx(200 * parent.duration_s, rel=0.05)
    recording = read(path)
    assert {window.name: window.end_s is not None for window in recording.windows} == {"parent": True, "child": True}
    assert {window.name: window.parent for window in recording.windows}["child"] == "parent"
    # the child saw that its parent samples: each device is there once, and no reading twice
    assert len(recording.series) == 2
    for series in recording.series:
        assert series.monotonic_s is not None
        assert len(set(series.monotonic_s.tolist())) == len(series.monotonic_s)


@posix
def test_a_child_that_leaves_its_parents_window_does_not_close_it(path: Path) -> None:
    with wl.measure("parent"):
        assert active.active().flush()
        pid = os.fork()
        if pid == 0:
            try:
                for window in [Measurement("in the child").begin()]:
                    window.end()
                active.finish()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        with Journal.open(path) as journal:
            names = {window.name: window.end_s for window in read_recording(journal).windows}
        assert names["in the child"] is not None
        assert names["parent"] is None


def test_a_program_of_its_own_leaves_a_whole_journal(tmp_path: Path) -> None:
    """Not told where to, a journal comes to lie in the working directory; a spawned child joins it."""
    code = (
        "import multiprocessing, time\n"
        "import wattline as wl\n"
        "def work():\n"
        "    with wl.measure('child'): time.sleep(0.05)\n"
        "if __name__ == '__main__':\n"
        "    with wl.measure('parent') as run:\n"
        "        p = multiprocessing.get_context('spawn').Process(target=work); p.start(); p.join()\n"
        "    print(run)\n"
    )
    (tmp_path / "train.py").write_text(code, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WATTLINE_")}
    ran = subprocess.run(
        [sys.executable, "train.py"],
        cwd=tmp_path,
        env={**environment, "WATTLINE_SIMULATED": "2", "WATTLINE_INTERVAL": "20ms"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "2 devices, modelled, not measured" in ran.stdout
    (journal,) = tmp_path.glob("*.wattline*")
    assert journal.name.startswith("wattline-train-")
    with Journal.open(journal) as opened:
        assert {window.name for window in read_recording(opened).windows} == {"parent", "child"}
        assert (
            len(
                read_recording(
                    opened,
                ).series
            )
            == 2
        )


def test_where_nothing_can_be_written_the_program_goes_on(tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "import wattline as wl\n"
        "wl.metering('/proc/nowhere/a.wattline', fall_back=True)\n"
        "with wl.measure('run') as run: time.sleep(0.05)\n"
        "print(run)\n"
    )
    environment = {**os.environ, "WATTLINE_SIMULATED": "1", "TMPDIR": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert "cannot be made" in ran.stderr
    assert "1 device" in ran.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["a.wattline"]


@posix
def test_no_fork_falls_into_a_round_of_the_sampler(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child has SQLite's locks as they were: held by a thread that it lacks, they would never be let go."""
    inside: list[int] = []
    round_of = Session._round

    def slow(self: Session, number: int, *, all_now: bool = False) -> None:
        inside.append(number)
        round_of(self, number, all_now=all_now)
        time.sleep(0.02)
        inside.pop()

    monkeypatch.setattr(Session, "_round", slow)
    with wl.measure("parent"):
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                os._exit(1 if inside else 0)
            assert os.waitpid(pid, 0)[1] == 0
            time.sleep(0.013)
        assert active.active().flush()  # the thread goes on after each fork
