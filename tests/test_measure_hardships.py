"""What a measurement lives through: a stop, a folder or a journal that goes away, commands that cannot be run."""

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

import programs
from wattline.meter.energy.usage import report
from wattline.meter.live.other_work import OtherWork
from wattline.meter.readers.detect import read, read_all
from wattline.meter.recording import Window
from wattline.meter.sensors.nvml_library import ProcessUse

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc of Linux")
RUN = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"
PROGRAM = f"{sys.executable} -P -c '{RUN}'"  # without the working directory among its places, as a script is


def begin(folder: Path, *args: str, **more: Any) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WATTLINE_")}
    environment |= {"WATTLINE_SIMULATED": "2", "TMPDIR": str(folder)}
    command = [sys.executable, "-c", RUN, "measure", "--interval", "20ms", *args]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **{"cwd": folder, "env": environment, "text": True, **pipes, **more})


def ran(folder: Path, *args: str, **more: Any) -> subprocess.CompletedProcess[str]:
    process = begin(folder, *args, **more)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(args, process.returncode, out, err)


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.wattline"))


def test_a_stop_of_the_measuring_process_alone_loses_nothing(tmp_path: Path) -> None:
    code = "import time, sys; print('on', flush=True); time.sleep(2.5); sys.exit(7)"
    process = begin(tmp_path, "--journal", "j.wattline", "--", sys.executable, "-c", code)
    assert process.stdout
    assert process.stdout.readline() == "on\n"
    process.send_signal(signal.SIGSTOP)
    time.sleep(1.0)  # longer than it waits for a signal
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 7, err
    assert "wattline meter report j.wattline" in err
    results = report(read(tmp_path / "j.wattline")).json()["results"]
    assert results["unfinished"] == []
    assert results["duration_s"] > 2.4


def test_a_journal_that_the_command_removes_is_kept_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    code = "import shutil, sys, time; time.sleep(0.5); shutil.rmtree('out'); time.sleep(0.5); sys.exit(5)"
    done = ran(tmp_path, "--journal", "out/j.wattline", "--", sys.executable, "-c", code)
    assert done.returncode == 5, done.stderr
    (kept,) = journals(tmp_path)
    assert f"{tmp_path / 'out' / 'j.wattline'} is gone: all readings are in {kept}" in done.stderr
    assert f"wattline meter report {kept.name}" in done.stderr
    (window,) = read(kept).windows
    assert window.end_s is not None
    results = report(read(kept)).json()["results"]
    assert (results["window"]["name"], results["unfinished"]) == ("run", [])
    assert 1.0 <= results["duration_s"] < 30


def test_another_journal_in_the_place_of_the_removed_stays_as_it_is(tmp_path: Path) -> None:
    code = "import os; os.remove('j.wattline'); open('j.wattline', 'w').write('mine')"
    done = ran(tmp_path, "--journal", "j.wattline", "--", sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "j.wattline").read_text() == "mine"
    (kept,) = (path for path in journals(tmp_path) if path.name != "j.wattline")
    assert report(read(kept)).json()["results"]["devices"] == 2


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_working_directory_that_is_gone_stops_nothing(tmp_path: Path, when: str) -> None:
    (tmp_path / "scratch").mkdir()
    gone = "rmdir ../scratch;" if when == "before" else ""
    inside = "" if when == "before" else "rm -r ../scratch;"
    script = f"cd scratch; {gone} exec {PROGRAM} measure -- sh -c '{inside} echo ran; exit 3'"
    environment = {**os.environ, "WATTLINE_SIMULATED": "2", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (3, "ran\n"), done.stderr
    (kept,) = journals(tmp_path)
    assert str(kept) in done.stderr
    assert [window.end_s is not None for window in read(kept).windows] == [True]


def test_a_journal_that_is_named_relative_to_a_gone_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    script = f"cd scratch; rmdir ../scratch; exec {PROGRAM} measure --journal j.wattline -- echo ran"
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the working directory is gone" in done.stderr


def test_a_script_without_an_interpreter_is_run_as_env_runs_it(tmp_path: Path) -> None:
    programs.written(tmp_path / "job", "echo $0 $1; exit 4\n")
    done = ran(tmp_path, "--", "./job", "a b")
    assert (done.returncode, done.stdout) == (4, "./job a b\n"), done.stderr


def test_a_script_whose_interpreter_is_missing_ends_as_in_a_shell(tmp_path: Path) -> None:
    programs.written(tmp_path / "job", "#!/no/such/interpreter\n")
    done = ran(tmp_path, "--", "./job")
    assert done.returncode == 126
    assert "wattline: './job' cannot be run" in done.stderr


def test_the_name_of_a_journal_is_quoted_for_the_shell(tmp_path: Path) -> None:
    done = ran(tmp_path, "--journal", "a b's.wattline", "--", "true")
    assert """wattline meter report 'a b'"'"'s.wattline'""" in done.stderr


def test_it_says_that_the_whole_machine_is_counted_and_what_others_had(tmp_path: Path) -> None:
    busy = "import time\nend = time.process_time() + 0.8\nwhile time.process_time() < end: pass"
    done = ran(tmp_path, "--json", "--", sys.executable, "-c", busy)
    assert "the whole machine is counted" in done.stderr
    shares = json.loads(done.stdout)["results"]["other_processes"]
    assert 0 <= shares["processors_share"] < 1
    assert shares["gpus_share"] is None


def proc_of(folder: Path, busy_ticks: int, parents: dict[int, int]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "stat").write_text(f"cpu  {busy_ticks} 0 0 900 9 0 0 77 0 0\ncpu0 1\n")
    for pid, parent in parents.items():
        (folder / str(pid)).mkdir(exist_ok=True)
        (folder / str(pid) / "stat").write_text(f"{pid} (a b) S {parent} 1 1\n")


class FakeGpu:
    """A GPU that worked for three processes since the last look."""

    def processes(self, since_us: int = 0) -> list[ProcessUse]:
        return [ProcessUse(pid, since_us + 1, use, 0, 0, 0) for pid, use in ((12, 0.3), (13, 0.3), (50, 0.2))]


def test_shares_of_other_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wattline.meter.live.other_work.LOOK_S", 0.0)
    monkeypatch.setattr("os.times", lambda: (1.0, 0.0, 0.0, 0.0, 0.0))
    ticks = os.sysconf("SC_CLK_TCK")
    proc_of(tmp_path, 0, {12: 11, 13: 12, 11: os.getpid(), 50: 40, 40: 1})
    work = OtherWork([FakeGpu(), object()], tmp_path)
    work.begin()
    work.look(11)
    proc_of(tmp_path, 10 * ticks, {})
    monkeypatch.setattr("os.times", lambda: (2.0, 1.0, 0.5, 0.0, 0.0))
    shares = work.end()
    assert shares.processors == pytest.approx(1 - 2.5 / 10)
    assert shares.gpus == pytest.approx(0.2 / 0.8)
    assert str(shares) == "the whole machine is counted; others had 75% of its processor time and 25% of its GPU time"


def test_shares_of_a_system_that_tells_nothing(tmp_path: Path) -> None:
    work = OtherWork([], tmp_path / "none")
    work.begin()
    assert work.end() == (None, None)


def test_a_run_in_two_files_is_one_and_two_runs_are_two(tmp_path: Path) -> None:
    from dataclasses import replace

    (tmp_path / "a.csv").write_text("time,power_w\n1000000000,5\n1000000010,5\n")
    (tmp_path / "b.csv").write_text("time,power_w\n1000000010,5\n1000000020,5\n")
    parts = [read(tmp_path / name) for name in ("a.csv", "b.csv")]
    from wattline.meter.readers.detect import join

    open_run, whole = Window("run", 1e9, None), Window("run", 1e9, 1e9 + 20)
    joined = join([replace(parts[0], windows=[open_run]), replace(parts[1], windows=[whole])])
    assert joined.windows == (whole,)
    apart = join([replace(parts[0], windows=[whole]), replace(parts[1], windows=[Window("run", 2e9, 2e9 + 1)])])
    assert apart.windows == ()
    assert read_all([tmp_path / "a.csv"]).windows == ()
