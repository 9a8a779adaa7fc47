"""Commands that tests of the command line run."""

from __future__ import annotations

import pytest

from wattline.cli.main import main

FEW = ["--draws", "5"]
PROMPT = ["prompt", "llama-3.1-70b", *FEW]


class Ran:
    """What a command printed, and its exit status."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *args: str) -> None:
        with pytest.raises(SystemExit) as stopped:
            main(list(args))
        self.status = stopped.value.code
        self.out, self.err = capsys.readouterr()


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """The one line for a command that cannot be carried out."""
    ran = Ran(capsys, *args)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("wattline: ")
    assert ran.err.count("\n") == 1
    assert ran.err.endswith("\n")
    assert "Traceback" not in ran.err
    assert "Usage:" not in ran.err
    return ran.err


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    """Exit status of a command, what it printed, and its errors."""
    ran = Ran(capsys, *args)
    return int(ran.status or 0), ran.out, ran.err
