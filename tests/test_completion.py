"""Completion in a shell, and exit statuses: scripts rely on both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from wattline.cli.completion import SHELLS, script
from wattline.cli.main import app, main


def completed(words: list[str]) -> set[str]:
    """What bash offers for the last of these words."""
    line = " ".join(f"'{word}'" for word in words)
    place = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}"
    code = f'{script("bash", get_command(app))}\n{place}; _wattline; echo "${{COMPREPLY[@]}}"'
    return set(subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["wattline", "bud"], {"budget"}),
        (["wattline", "flex", "sh"], {"shift"}),
        (["wattline", "tune", "--slow"], {"--slowdown"}),
        (["wattline", "meter", "report", "file", "--win"], {"--window"}),
        (["wattline", "tune", "--", "tu"], set()),
        (["wattline", "nonsense", "--ver"], {"--version"}),
    ],
)
def test_bash_completes_commands_and_their_options(words: list[str], offered: set[str]) -> None:
    assert completed(words) == offered


def test_the_other_shells_are_given_every_command() -> None:
    for shell in SHELLS:
        text = script(shell, get_command(app))
        assert "saving" in text
        assert "slowdown" in text
    assert "bashcompinit" in script("zsh", get_command(app))
    assert "complete -c wattline -n '__fish_use_subcommand' -f -a tune" in script("fish", get_command(app))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--version"], 0),
        (["completion", "bash"], 0),
        (["completion", "cmd"], 2),
        (["nonsense"], 2),
        (["facts", "chip.no-such"], 2),
        (["meter", "report", "no-such-file"], 2),
        (["tune"], 2),
        (["measure", "--", "no-such-program"], 127),
        (["ci", "--", "no-such-program"], 127),
    ],
)
def test_exit_statuses_are_those_of_the_documentation(
    arguments: list[str],
    status: int,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert (stop.value.code or 0) == status
    capsys.readouterr()


@pytest.mark.parametrize(("code", "status"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 15)", 143)])
def test_a_command_that_is_run_passes_its_status_on(tmp_path: Path, code: str, status: int) -> None:
    run = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", run, "measure", "--", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=os.environ | {"WATTLINE_SIMULATED": "1"})
    assert done.returncode == status
