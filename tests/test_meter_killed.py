"""A process that measures may be killed at any moment: the journal opens, and holds all but the last interval."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROUNDS = 100


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_killed_a_hundred_times(tmp_path: Path) -> None:
    driver = Path(__file__).parent / "killed.py"
    ran = subprocess.run(
        [sys.executable, str(driver), str(tmp_path), str(ROUNDS), "4"], capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    rounds = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(rounds) == ROUNDS
    for reported in rounds:
        assert reported["integrity"] == "ok", reported
        # of the round of readings that was under way, nothing may be there yet
        assert 0 <= reported["made"] - reported["kept"] <= 1, reported
        assert reported["windows_missing"] == 0, reported
    assert sum(reported["kept"] for reported in rounds) > 2 * ROUNDS
    assert sum(reported["windows"] for reported in rounds) > 2 * ROUNDS
