"""Every kind of bad scenario: one line that says what is wrong and where, exit status 2, nothing written."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from wattline.cli.main import main

TRAIN = {
    "name": '"a"',
    "kind": '"train"',
    "model": '"gpt-3-175b"',
    "tokens": '"300B"',
    "chip": '"v100-sxm2-32gb"',
    "chips": "10000",
}
SERVE = {
    "name": '"b"',
    "kind": '"serve-average"',
    "model": '"llama-3.1-70b"',
    "rate": '"200M/day"',
    "chip": '"h100-sxm"',
}


def job(base: dict[str, str] = TRAIN, **change: str | None) -> str:
    """A job's TOML; a change to None leaves the key out."""
    rows = {**base, **change}
    return "\n[[job]]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items() if value is not None)


def refusal(path: Path | str, folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """The one line that the command prints for a bad scenario."""
    out = folder / "out"
    with pytest.raises(SystemExit) as stopped:
        main(["run", str(path), "--draws", "5", "--out", str(out), *more])
    printed = capsys.readouterr()
    assert stopped.value.code == 2
    assert printed.out == ""
    assert printed.err.startswith("wattline: ")
    assert printed.err.count("\n") == 1
    assert printed.err.endswith("\n")
    assert "Traceback" not in printed.err
    assert len(printed.err) < 600
    assert not out.exists()
    return printed.err


def test_the_good_ones_are_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the bad ones are changed from is not itself at fault."""
    path = tmp_path / "good.toml"
    path.write_text(job() + job(SERVE), encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        main(["run", str(path), "--draws", "5", "--out", str(tmp_path / "out")])
    assert stopped.value.code == 0
    assert capsys.readouterr().err == ""


KIND_NAMES = (
    '"train", "prompt", "image", "video", "session", "embed", "transcribe", "serve", "serve-average", "frontier", '
    '"site", "flex", "supply" or "world"'
)
SITE = "[[job]]\nname = 'a'\nkind = 'site'\n"
BAD = {
    "a site without its IT power": (SITE, ("job 1 (a)", "it is missing")),
    "a site of a model": (SITE + "it = '1 MW'\nmodel = 'llama-3.1-8b'\n", ("job 1 (a)", "'model'")),
    "a site nowhere": (SITE + "it = '1 MW'\n", ("job 'a'", "place")),
    "a site of no load": (SITE + "it = '1 MW'\nplace = 'Dublin'\nload = 'no.csv'\n", ("job 'a'", "no.csv")),
    "broken TOML": ("[[job\n", ("not valid TOML", "line 1")),
    "a key twice": ('title = "a"\ntitle = "b"\n' + job(), ("not valid TOML",)),
    "empty": ("", ("job is missing",)),
    "no jobs": ("job = []\n", ("at least one [[job]]",)),
    "too many jobs": ("".join(job(name=f'"{i}"') for i in range(101)), ("at most 100",)),
    "a job that is a number": ("job = [1]\n", ("job 1", "[[job]]")),
    "a job that is a list": ("job = [[1]]\n", ("job 1", "[[job]]")),
    "one [job]": (job().replace("[[job]]", "[job]"), ("[[job]]",)),
    "jobs as text": ('job = "x"\n', ("[[job]]",)),
    "no kind": (job(kind=None), ("job 1 (a)", "kind", KIND_NAMES)),
    "wrong kind": (job(kind='"trian"'), ("job 1 (a)", KIND_NAMES)),
    "a kind that was renamed": (job(kind='"service"'), ("job 1 (a)", 'kind = "service" is now kind = "serve"')),
    "a key of the average service": (job(SERVE, kind='"serve"', days="3"), ("'days'", '"serve-average"')),
    "a key that was renamed": (job(batch='"4M"'), ("'batch'", "batch_tokens")),
    "kind is a number": (job(kind="3"), (KIND_NAMES,)),
    "an unknown key of the file": ('titel = "x"\n' + job(), ("top level", "'titel'", "nearest: title")),
    "an unknown key named as a kind": ("train = 1\n" + job(), ("top level", "'train'")),
    "an unknown key named as a type": ("str = 1\n" + job(), ("top level", "'str'")),
    "an unknown key of a job": (job(chps="3"), ("job 1 (a)", "'chps'", "chips")),
    "a serving key in training": (job(rate='"1M/day"'), ("job 1 (a)", "'rate'")),
    "a type's name as a key of a job": (job(float="3"), ("job 1 (a)", "'float'")),
    "an unknown key of the second job": (job() + job(SERVE, gpu="3"), ("job 2 (b)", "'gpu'", "gpus")),
    "no name": (job(name=None), ("job 1", "name is missing")),
    "an empty name": (job(name='""'), ("job 1", "name")),
    "two of one name": (job() + job(), ("two jobs", "'a'")),
    "no model": (job(model=None), ("'a'", "model", "config")),
    "model and config": (job(config='"config.json"'), ("model", "config")),
    "a config that is absent": (job(model=None, config='"nowhere.json"'), ("nowhere.json", "no such file")),
    "no tokens": (job(tokens=None), ("tokens is missing",)),
    "no chips": (job(chips=None), ("chips is missing",)),
    "no chip": (job(chip=None), ("chip is missing",)),
    "no rate": (job(SERVE, rate=None), ("rate is missing",)),
    "a rate by its old name": (job(SERVE, rate=None, requests='"1M/day"'), ("'requests'", "it is now rate")),
    "true for a number": (job(tokens="true"), ("job 1 (a)", "tokens")),
    "true for chips": (job(chips="true"), ("job 1 (a)", "chips")),
    "true for a PUE": (job(pue="true"), ("pue",)),
    "a list for text": (job(model='["gpt-3-175b"]'), ("job 1 (a)", "model", "string")),
    "a list for a number": (job(tokens="[1]"), ("tokens",)),
    "a table for text": (job(site="{a = 1}"), ("site",)),
    "a number for text": (job(chip="100"), ("chip",)),
    "a date for a number": (job(tokens="2024-01-01"), ("tokens",)),
    "text for draws": ('draws = "x"\n' + job(), ("draws",)),
    "true for draws": ("draws = true\n" + job(), ("draws",)),
    "draws below nought": ("draws = -1\n" + job(), ("draws", "-1")),
    "draws beyond reason": ("draws = 100000000\n" + job(), ("draws",)),
    "a seed below nought": ("seed = -1\n" + job(), ("seed",)),
    "an unknown model": (job(model='"gpt-3-157b"'), ("job 'a'", "nearest: gpt-3-175b")),
    "an unknown chip": (job(chip='"v100-sxm2-23gb"'), ("job 'a'", "v100-sxm2-32gb")),
    "an unknown region": (job(region='"germny"'), ("job 'a'", "region")),
    "an unknown site": (job(site='"hyperscal"'), ("job 'a'", "hyperscale")),
    "an empty region": (job(region='""'), ("job 'a'", "region")),
    "an unknown format": (job(precision='"fp7"'), ("job 'a'", "bf16")),
    "a path for a model": (job(model='"../../etc/passwd"'), ("unknown model",)),
    "no architecture": (job(SERVE, model='"gpt-4"'), ("job 'b'", "never published")),
    "a negative number": (job(tokens="-3"), ("job 'a'", "tokens")),
    "a negative text": (job(tokens='"-3B"'), ("job 'a'", "tokens")),
    "nought": (job(tokens="0"), ("tokens", "greater than zero")),
    "nought chips": (job(chips="0"), ("chips",)),
    "half a chip": (job(chips='"10000.5"'), ("chips", "whole")),
    "chips as a float": (job(chips="1e4"), ("chips", "integer")),
    "nan": (job(tokens="nan"), ("tokens", "finite")),
    "infinite": (job(tokens="inf"), ("tokens", "finite")),
    "minus infinite": (job(hours="-inf"), ("hours", "finite")),
    "too many tokens": (job(tokens="1e30"), ("tokens",)),
    "too many chips": (job(chips="1000000000000"), ("chips",)),
    "more chips than a float holds": (job(chips="1" + "0" * 400), ("chips",)),
    "more tokens than a float holds": (job(tokens="1" + "0" * 400), ("tokens",)),
    "more digits than Python reads": (job(tokens="1" + "0" * 5000), ("not valid TOML",)),
    "text that is no number": (job(tokens='"a lot"'), ("tokens", "not a number")),
    "an unknown suffix": (job(tokens='"15Q"'), ("tokens", "15Q")),
    "energy for power": (job(watts='"5 kWh"'), ("watts", "5 kWh")),
    "power for time": (job(hours='"5 kW"'), ("hours", "5 kW")),
    "a rate without its time": (job(SERVE, rate="1000000"), ("rate", "says no time")),
    "a count for a rate": (job(SERVE, rate='"5 kWh"'), ("rate", "5 kWh")),
    "a PUE below 1": (job(pue="0.9"), ("PUE", "0.9")),
    "an MFU in percent": (job(mfu="40"), ("MFU", "0.4")),
    "hours and MFU": (job(hours="355", mfu="0.3"), ("not both",)),
    "faster than the chips": (job(hours="1"), ("peak FLOP/s",)),
    "a share above 1": (job(SERVE, active="60"), ("active",)),
    "too few chips to train": (job(chips="8"), ("does not fit", "chips or more would hold it")),
    "too few chips to serve": (job(SERVE, gpus="1"), ("does not fit", "chips would hold it")),
    "an endless input": (job(SERVE, input="1000000000"), ("input",)),
    "nested lists": ("title = " + "[" * 100_000, ("not valid TOML",)),
    "nested lists that close": ("title = " + "[" * 150 + "]" * 150 + "\n" + job(), ("title",)),
    "a key of many parts": ("title." + "a." * 3_000 + "a = 1\n" + job(), ("nested too deeply",)),
    "a table of many parts": (f"[title.{'a . ' * 5_000}a]\n" + job(), ("nested too deeply",)),
    "quoted parts": ("title." + '"a b".' * 50 + "a = 1\n" + job(), ("nested too deeply",)),
    "2 MB": ("# " + "x" * 2_000_000 + "\n" + job(), ("too large",)),
    "a megabyte of jobs": ("[[job]]\nx = 1\n" * 70_000, ("at most 100",)),
    "a line break in a name": (job(model='"a\\nb"'), ("unknown model",)),
    "a terminal's escape in a name": (job(model='"\\u001b[2J"'), ("unknown model",)),
    "a very long name": (job(model=f'"{"x" * 100_000}"'), ("unknown model",)),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_text(text: str, message: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    line = refusal(path, tmp_path, capsys)
    assert "scenario" in line
    assert "bad.toml" in line
    assert "\x1b" not in line
    for words in message:
        assert words in line


@pytest.mark.parametrize(
    "data", [b"title = '\xff\xfe'", "title = 'x'".encode("utf-16"), b"\x00\x01\x02", b"\x1f\x8b\x08"]
)
def test_not_text(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(data)
    assert "bad.toml" in refusal(path, tmp_path, capsys)


def test_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is a directory" in refusal(tmp_path, tmp_path, capsys)


@pytest.mark.parametrize("name", ["nowhere.toml", "no/where.toml", "x" * 300, "a\0b", "数.toml"])
def test_a_missing_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refusal(tmp_path / name, tmp_path, capsys)


def test_a_file_as_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    refusal(tmp_path / "file" / "scenario.toml", tmp_path, capsys)


def test_a_link_to_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    refusal(tmp_path / "loop.toml", tmp_path, capsys)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_an_endless_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "too large" in refusal("/dev/zero", tmp_path, capsys)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_an_endless_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)

    def pour() -> None:
        try:
            with pipe.open("wb", buffering=0) as file:
                while True:
                    file.write(b"# more\n" * 10_000)
        except BrokenPipeError:
            pass

    writer = threading.Thread(target=pour, daemon=True)
    writer.start()
    assert "too large" in refusal(pipe, tmp_path, capsys)
    writer.join(10)
    assert not writer.is_alive()


def test_one_bad_job_writes_none_of_the_good_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mixed.toml"
    path.write_text(job() + job(SERVE, region='"Atlantis"'), encoding="utf-8")
    assert "job 'b'" in refusal(path, tmp_path, capsys)
    assert [p.name for p in tmp_path.iterdir()] == ["mixed.toml"]


def test_the_fault_is_told_in_json_mode_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(job(chips="0"), encoding="utf-8")
    refusal(path, tmp_path, capsys, "--json")
