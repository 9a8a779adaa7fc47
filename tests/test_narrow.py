"""What is piped is as wide as COLUMNS says, and nothing is cut however narrow it is."""

from __future__ import annotations

import pytest

from wattline.cli.main import main

LINES = (
    "prompt llama-3.1-8b --draws 20",
    "train llama-3.1-8b --tokens 1T --chip h100-sxm --chips 64 --draws 20",
    "site --it 1MW --place Dublin --compare --draws 5",
    "check article --draws 20",
    "list chips",
    "facts chip.h100-sxm",
    "sensors --source model",
    "traffic --rate 5/s --duration 60s",
    "validate steps",
)


def printed(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main(line.split())
    return capsys.readouterr().out


@pytest.mark.parametrize("line", LINES)
def test_nothing_is_cut_in_forty_columns(
    line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = printed(line, capsys)
    monkeypatch.setenv("COLUMNS", "40")
    narrow = printed(line, capsys)
    assert max(map(len, narrow.splitlines())) <= 40
    assert narrow.count("…") == wide.count("…")


@pytest.mark.parametrize("columns", ["", "wide", "7", "99999999"])
def test_a_width_that_is_none_is_100_columns(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = printed(LINES[0], capsys)
    monkeypatch.setenv("COLUMNS", columns)
    assert printed(LINES[0], capsys) == usual
