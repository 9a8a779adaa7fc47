"""What a process that answers a browser may do: it starts no program, opens nothing elsewhere, calls no machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

from typer.main import get_command

from wattline.cli.main import app as command_line
from wattline.web.app.forms import commands_in, fields_of
from wattline.web.app.left_out import has_page

FORMS = {name: fields_of(command) for name, command in commands_in(get_command(command_line))}
SEALED = "import os, socket, subprocess, sys; from wattline.web.app.seal import seal; path = sys.argv[1]; seal([]); "
DEEDS = (
    "subprocess.run(['touch', path])", "os.system('touch ' + path)", "os.execv('/usr/bin/touch', ['touch', path])",
    "os.posix_spawn('/usr/bin/touch', ['touch', path], {})", "os.spawnv(os.P_WAIT, '/usr/bin/touch', ['touch', path])",
    "open(path, 'w')", "os.mkdir(path)", "os.rename(sys.argv[2], path)", "os.symlink('/', path)",
    "os.remove(sys.argv[2])", "os.listdir(os.path.dirname(path))", "os.link(sys.argv[2], path)",
    "os.rmdir(os.path.dirname(path) + '/empty')",
    "socket.create_connection(('127.0.0.1', 9))", "socket.socket(socket.AF_UNIX).connect(path)",
    "socket.socket().bind(('127.0.0.1', 0))",
)  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_a_process_that_answers_does_nothing_beyond_its_answer(tmp_path: Path, deed: str) -> None:
    place = tmp_path / "place"
    (place / "empty").mkdir(parents=True)
    (place / "here").write_text("here")
    words = [sys.executable, "-c", SEALED + deed, str(place / "made"), str(place / "here")]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "SealedError" in run.stderr
    assert sorted(path.name for path in place.iterdir()) == ["empty", "here"]


def test_no_command_that_runs_a_program_can_be_asked() -> None:
    running = {name for name, fields in FORMS.items() if "command" in fields and not fields["command"].flag}
    assert {"ci", "measure", "tune"} <= running
    assert not {name for name in running if has_page(name, FORMS[name])}
