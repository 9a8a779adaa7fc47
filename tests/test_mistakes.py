"""The commonest mistakes of a newcomer: each is one line that says what is wrong, where, and what to write instead."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from cli_commands import Ran
from wattline.catalog.catalog import LISTED
from wattline.cli.list import KINDS

TRAIN = "train llama-3.1-70b --tokens 15T --chip h100-sxm --chips 8"
MISTAKES = {
    "a model misspelt": ("train lama-3.1-70b --tokens 1T --chip h100-sxm --chips 8", "llama-3.1-70b"),
    "a chip misspelt": ("prompt llama-3.1-8b --chip h10", "h100-sxm"),
    "a chip that lacks its kind": ("prompt llama-3.1-8b --chip h100-smx", "`wattline list chips`"),
    "a region misspelt": ("prompt llama-3.1-8b --region gremany", "de (Germany)"),
    "a place misspelt": ("site --it 100MW --place Dubln", "Dublin"),
    "a command misspelt": ("trian llama-3.1-8b", "train"),
    "an option that is missing": ("train llama-3.1-70b --chip h100-sxm --chips 8", "--tokens 15T"),
    "an option misspelt": (f"{TRAIN} --regoin us", "--region"),
    "no number": ("prompt llama-3.1-8b --input five", "500"),
    "a size without a prefix that exists": (TRAIN.replace("15T", "15X"), "15T"),
    "a wrong unit": ("site --it 100MV --place Dublin", "700 W"),
    "power without its unit": ("site --it 100 --place Dublin", "100MW"),
    "a rate without its time": ("serve llama-3.1-8b --rate 10", "20/s"),
    "a PUE below one": ("prompt llama-3.1-8b --pue 0.9", "below 1"),
    "a share above one": ("supply --it 100MW --place Dallas --target cfe=95", "cfe=95%"),
    "years out of range": ("world --years 2050", "2000 to 2035"),
    "a place that is none": ("world --region atlantis", "`wattline list companies`"),
    "a file that is not there": ("meter report none.csv", "none.csv does not exist"),
    "a scenario that is not there": ("run none.toml", "none.toml does not exist"),
    "a table without a column of time": ("meter report bad.csv", "--columns NAME=time"),
    "a key misspelt in a scenario": ("run bad.toml", "'knd'; nearest: kind"),
    "a word for a sentence": ("check hello", "a sentence with a figure"),
    "a sentence without a figure": ("check 'AI uses a lot of power'", "such as 2.9 Wh"),
    "a thing misspelt in a sentence": ("check 'chatgtp uses 3 kwh'", "nearest: chatgpt"),
    "a program that is not there": ("measure no-such-program", "after --"),
    "no command to measure": ("measure", "after --"),
}


@pytest.mark.parametrize(("line", "mend"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_with_its_mend(
    line: str, mend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    Path("bad.toml").write_text('title = "x"\n[[job]]\nknd = "train"\n', encoding="utf-8")
    ran = Ran(capsys, *shlex.split(line))
    assert (ran.status, ran.out) == (127 if "program" in line else 2, "")
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("wattline: ")
    assert mend in ran.err


def test_each_list_that_an_error_names_exists() -> None:
    assert {f"{kind}s" for kind in LISTED} <= set(KINDS)
