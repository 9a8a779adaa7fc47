"""How a command ends: on Ctrl-C, on a reader that goes away, on a full disk, on a poor encoding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli_commands import PROMPT, Ran
from wattline.cli import options
from wattline.cli import printing as out

RUN = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"


def shell(*args: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-c", RUN, *args]
    return subprocess.run(command, text=True, timeout=120, **{"stdout": -1, "stderr": -1, **more})


def test_ctrl_c_ends_with_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(options, "model_of", interrupted)
    ran = Ran(capsys, *PROMPT)
    assert (ran.status, ran.out, ran.err) == (130, "", "wattline: interrupted\n")


SIGINT_AT = """
import os, signal, sys
class Interrupts:
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from wattline.cli.main import main
main(["list"])
"""


@pytest.mark.parametrize("module", ["typing_extensions", "wattline.cli.program", "typer", "wattline.cli.world"])
def test_ctrl_c_while_the_command_is_imported_ends_with_one_line(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SIGINT_AT, module], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "wattline: interrupted\n")


def test_a_reader_that_goes_away_is_no_fault() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "facts"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().strip()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_a_full_disk_under_the_answer(more: list[str]) -> None:
    with open("/dev/full", "w") as full:
        ran = shell("facts", *more, stdout=full)
    assert ran.returncode == 2
    assert ran.stderr == "wattline: cannot write the answer: No space left on device\n"


def test_an_encoding_that_lacks_the_signs() -> None:
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    text, data = (shell(*PROMPT, *more, env=ascii_only) for more in ([], ["--json"]))
    assert (text.returncode, text.stderr) == (0, "")
    assert "Llama 3.1 70B" in text.stdout
    assert "×" in json.loads(data.stdout)["results"]["title"]


def test_a_closed_output_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    out.emit("nobody reads this")
