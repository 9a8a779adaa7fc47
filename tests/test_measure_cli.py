"""``wattline measure``: the command runs as if nothing stood between, and what it took is told."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from waiting import until
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.reader import read_recording
from wattline.schema.meter import MeasureJson

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring a command needs POSIX signals")
RUN = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"


def begin(folder: Path, *args: str, devices: str = "2", **more: Any) -> subprocess.Popen[str]:
    """``wattline measure`` in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WATTLINE_")}
    if devices:
        environment["WATTLINE_SIMULATED"] = devices
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    line = [sys.executable, "-c", RUN, "measure", "--interval", "20ms", *args]
    return subprocess.Popen(line, cwd=folder, env=environment, text=True, **{**pipes, **more})


def ran(folder: Path, *args: str, given: str = "", **more: Any) -> subprocess.CompletedProcess[str]:
    process = begin(folder, *args, **more)
    out, err = process.communicate(given, timeout=120)
    return subprocess.CompletedProcess(args, process.returncode, out, err)


def command(code: str) -> list[str]:
    return ["--", sys.executable, "-c", code]


def journal(folder: Path) -> Path:
    (path,) = folder.glob("*.wattline")
    return path


def readings_in(path: Path) -> int:
    """How many readings of a device stand in a journal so far."""
    with Journal.open(path) as opened:
        series = read_recording(opened).series
    return len(series[0].time_s) if series else 0


def wait_for(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout
    assert process.stdout.readline().strip() == line


def test_input_output_and_exit_status_pass_through(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.write(sys.stdin.read()[::-1]); sys.stderr.write('e\\n'); sys.exit(41)"
    done = ran(tmp_path, *command(code), given="abc")
    assert (done.returncode, done.stdout) == (41, "cba")
    assert done.stderr.startswith("e\n")
    assert "2 devices, modelled, not measured" in done.stderr
    assert f"wattline meter report {journal(tmp_path).name}" in done.stderr
    with Journal.open(journal(tmp_path)) as opened:
        (window,) = read_recording(opened).windows
        assert (
            len(
                read_recording(
                    opened,
                ).series
            )
            == 2
        )
    assert window.name == "run"
    assert window.end_s is not None


def test_the_commands_own_options_are_its_own(tmp_path: Path) -> None:
    code = "import sys; print(sys.argv[1:])"
    given = ["--json", "--live", "-h", "--", "x"]
    done = ran(tmp_path, "--name", "mine", *command(code), *given)
    assert done.stdout == f"{given}\n"
    assert "wattline: mine:" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_command_that_a_signal_ended(number: signal.Signals, tmp_path: Path) -> None:
    done = ran(tmp_path, *command(f"import os; os.kill(os.getpid(), {int(number)})"))
    assert done.returncode == 128 + number
    assert "wattline meter report" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP])
def test_a_signal_sent_to_it_reaches_the_command_once(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "got = []\n"
        f"signal.signal({int(number)}, lambda *_: got.append(1))\n"
        "print('ready', flush=True)\n"
        "while not got: time.sleep(0.01)\n"
        "time.sleep(0.2); sys.exit(10 + len(got))\n"
    )
    process = begin(tmp_path, *command(code))
    wait_for(process, "ready")
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 11
    assert "wattline meter report" in err


def test_the_command_has_no_signal_blocked_or_ignored_that_was_not(tmp_path: Path) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("this system has no /proc")
    code = "grep -E 'SigBlk|SigIgn' /proc/self/status"
    ignoring = f"trap '' HUP INT; exec {code}"
    for shown in (["sh", "-c", code], ["sh", "-c", ignoring]):
        bare = subprocess.run(shown, capture_output=True, text=True, check=True)
        assert masks(ran(tmp_path, "--", *shown).stdout) == masks(bare.stdout)
    outer = f"trap '' HUP INT; exec {sys.executable} -c '{RUN}' measure -- sh -c \"{code}\""
    done = subprocess.run(["sh", "-c", outer], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    bare = subprocess.run(["sh", "-c", ignoring], capture_output=True, text=True, check=True)
    assert masks(done.stdout) == masks(bare.stdout)
    assert masks(done.stdout)["SigIgn"] & 0b11 == 0b11


def masks(status: str) -> dict[str, int]:
    """Signals 1 to 31 that are blocked, and that are ignored (32 and 33 are the C library's own)."""
    reported = dict(line.split(":") for line in status.splitlines())
    return {name: int(mask, 16) & (2**31 - 1) for name, mask in reported.items()}


def test_ctrl_c_in_a_terminal_reaches_the_command_once_and_the_summary_comes(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "got = []\n"
        "signal.signal(signal.SIGINT, lambda *_: got.append(1))\n"
        "print('ready', flush=True)\n"
        "while not got: time.sleep(0.01)\n"
        "time.sleep(0.3); print('times', len(got), flush=True); sys.exit(5)\n"
    )
    shown, status = in_terminal(tmp_path, [*command(code)], "ready")
    assert "times 1" in shown
    assert "wattline meter report" in shown
    assert os.waitstatus_to_exitcode(status) == 5


def in_terminal(folder: Path, args: list[str], until: str) -> tuple[str, int]:
    """What a terminal shows of ``wattline measure``, in which Ctrl-C is typed once ``until`` is seen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ["WATTLINE_SIMULATED"] = "2"
        os.environ.pop("WATTLINE_JOURNAL", None)
        os.execv(sys.executable, [sys.executable, "-c", RUN, "measure", "--interval", "20ms", *args])
    shown, typed = "", False
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the terminal is closed on the other side
            break
        if not part:
            break
        shown += part.decode("utf-8", "replace")
        if until in shown and not typed:
            os.write(terminal, b"\x03")
            typed = True
    os.close(terminal)
    return shown, os.waitpid(pid, 0)[1]


def test_live_in_a_terminal_is_a_table_until_ctrl_c(tmp_path: Path) -> None:
    shown, status = in_terminal(tmp_path, ["--live"], "Ctrl-C ends")
    assert "simulated 0" in shown
    assert " W" in shown
    assert os.waitstatus_to_exitcode(status) == 0
    assert "wattline meter report" in shown
    assert "Traceback" not in shown


def test_live_elsewhere_is_lines(tmp_path: Path) -> None:
    done = ran(tmp_path, "--live", "--for", "0.3s", "--name", "idle")
    assert (done.returncode, done.stdout) == (0, "")
    first = done.stderr.splitlines()[0]
    assert first.startswith("0 s")
    assert "simulated 1" in first
    assert "\x1b" not in done.stderr


def test_live_beside_a_command_is_lines_too(tmp_path: Path) -> None:
    done = ran(tmp_path, "--live", *command("import time; time.sleep(0.8); print('out')"))
    assert (done.returncode, done.stdout) == (0, "out\n")
    assert "simulated 1" in done.stderr.splitlines()[0]


def test_sigterm_ends_measuring_without_a_command(tmp_path: Path) -> None:
    process = begin(tmp_path, "--live")
    assert process.stderr
    process.stderr.readline()
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert "wattline meter report" in err


def test_json_is_one_object_after_the_commands_own_output(tmp_path: Path) -> None:
    done = ran(tmp_path, "--json", "--name", "job", *command("import time; time.sleep(0.3)"))
    answer = json.loads(done.stdout)
    assert answer["command"] == "measure"
    assert answer["inputs"]["name"] == "job"
    results = answer["results"]
    energy = results["energy_wh"]
    assert results["basis"] == "modelled"
    assert energy["low"] < energy["value"] < energy["high"]
    assert results["mean_w"] == pytest.approx(energy["value"] * 3600 / results["duration_s"])
    assert sum(device["energy_wh"]["value"] for device in results["devices"]) == pytest.approx(energy["value"])
    assert results["journal"] == journal(tmp_path).name


def test_with_a_place_the_bill_follows_by_the_hour_and_by_the_market(tmp_path: Path) -> None:
    today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    hours = [(today + timedelta(hours=h)).isoformat() for h in range(-48, 48)]
    (tmp_path / "grid.csv").write_text(
        "time,carbon_g_per_kwh,price_usd_per_mwh\n" + "".join(f"{hour}Z,200,50\n" for hour in hours)
    )
    given = ("--region", "de", "--carbon", "grid.csv", "--price", "grid.csv")
    done = ran(tmp_path, "--json", *given, *command("import time; time.sleep(0.3)"))
    answer = json.loads(done.stdout)
    MeasureJson.model_validate(answer)
    bill = answer["results"]["bill"]
    kwh = bill["energy_wh"]["p50"] / 1000
    assert bill["co2e_direct_kg"]["p50"] == pytest.approx(0.2 * kwh, rel=0.05)
    assert bill["cost_usd"]["p50"] == pytest.approx(0.05 * kwh, rel=0.05)
    assert bill["co2e_market_kg"]["p50"] > 2 * bill["co2e_direct_kg"]["p50"]
    assert bill["energy_wh"]["p50"] >= answer["results"]["energy_wh"]["value"]
    assert "CO2e, by market" in done.stderr
    assert "bill" not in json.loads(ran(tmp_path, "--json", *command("pass")).stdout)["results"]


def test_a_place_that_cannot_be_is_said_before_the_command_runs(tmp_path: Path) -> None:
    done = ran(tmp_path, "--pue", "0.5", *command("open('ran', 'w')"))
    assert done.returncode == 2
    assert "PUE 0.5" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_without_sensors_the_energy_is_unknown_and_the_command_runs(tmp_path: Path) -> None:
    code = (
        "import subprocess, wattline.meter.live.active as a\n"
        "def find():\n"
        "    subprocess.run(['true'])  # looking for sensors may run programs, whose ends are signals too\n"
        "    return []\n"
        "a.find_sensors = find\n"
        "import sys; from wattline.cli.main import main; main(sys.argv[1:])"
    )
    line = [sys.executable, "-c", code, "measure", "--json", "--", sys.executable, "-c", "raise SystemExit(3)"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 3
    reported = json.loads(done.stdout)["results"]
    assert (reported["energy_wh"], reported["mean_w"], reported["basis"]) == (None, None, "unknown")
    assert "energy unknown" in done.stderr
    assert "unknown is not zero" in done.stderr


def test_windows_in_the_command_go_to_the_same_journal(tmp_path: Path) -> None:
    code = "import time, wattline as wl\nwith wl.measure('epoch 1') as epoch: time.sleep(0.1)\nprint(epoch)\n"
    done = ran(tmp_path, "--name", "job", *command(code))
    assert "2 devices" in done.stdout, done.stderr
    with Journal.open(journal(tmp_path)) as opened:
        recording = read_recording(opened)
    assert [(window.name, window.parent) for window in recording.windows] == [("job", ""), ("epoch 1", "job")]
    assert len(recording.series) == 2


def test_a_named_journal_is_continued(tmp_path: Path) -> None:
    for name in ("one", "two"):
        done = ran(tmp_path, "--journal", "runs/my.wattline", "--name", name, *command("pass"))
        assert done.returncode == 0, done.stderr
    with Journal.open(tmp_path / "runs" / "my.wattline") as opened:
        assert [window.name for window in read_recording(opened).windows] == ["one", "two"]


def test_a_killed_measurement_leaves_its_readings_and_an_open_window(tmp_path: Path) -> None:
    waits = "import sys; print('on', flush=True); sys.stdin.read()"  # until this test reads what it printed
    process = begin(tmp_path, "--journal", "my.wattline", *command(waits))
    wait_for(process, "on")
    until(lambda: readings_in(tmp_path / "my.wattline") >= 3)
    process.kill()
    process.communicate(timeout=60)
    with Journal.open(tmp_path / "my.wattline") as opened:
        recording = read_recording(opened)
    (window,) = recording.windows
    assert window.end_s is None
    assert len(recording.series[0].time_s) >= 3
    done = ran(tmp_path, "--journal", "my.wattline", "--name", "next", *command("pass"))
    assert done.returncode == 0
    assert "2 devices" in done.stderr


BAD = {
    "nothing to measure": ([], "give a COMMAND"),
    "no such command": (["--", "no-such-program-here"], "is not found"),
    "a file that is no program": (["--", "./plain.txt"], "not a program"),
    "an interval of nought": (["--interval", "0s", "--", "true"], "interval"),
    "an interval that is no time": (["--interval", "soon", "--", "true"], "interval"),
    "an interval in watts": (["--interval", "5 W", "--", "true"], "interval"),
    "a journal that is text": (["--journal", "plain.txt", "--", "true"], "not a journal"),
    "a journal that is a folder": (["--journal", ".", "--", "true"], "journal"),
    "a journal where none can be": (["--journal", "plain.txt/a", "--", "true"], "cannot be made"),
    "a time beside a command": (["--for", "1s", "--", "true"], "--for"),
    "an unknown option": (["--nope", "--", "true"], "--nope"),
}


@pytest.mark.parametrize(("args", "message"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_said_in_one_line(args: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("time,watts\n" * 300, encoding="utf-8")
    done = ran(tmp_path, *args)
    # a command that is not there, or is no program, ends as in a shell
    assert (done.returncode, done.stdout) == ({"is not found": 127, "not a program": 126}.get(message, 2), "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("wattline: ")
    assert message in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["plain.txt"]
