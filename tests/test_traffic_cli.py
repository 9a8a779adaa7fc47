"""``wattline traffic``: a trace told, a traffic made, and one line for whatever is wrong."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from wattline.cli import traffic as command
from wattline.cli.main import main
from wattline.line.work.traffic.reader import read_traffic

AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    """Exit status, output and errors of the command."""
    with pytest.raises(SystemExit) as stopped:
        main(["traffic", *map(str, args)])
    output = capsys.readouterr()
    return int(stopped.value.code or 0), output.out, output.err


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text(AZURE + "".join(f"{i},{100 + i},{10 + i}\n" for i in range(20)) + "30,5,0\n", encoding="utf-8")
    return path


def test_a_trace_is_told(capsys: pytest.CaptureFixture[str], trace: Path) -> None:
    status, out, _ = run(capsys, trace, "--json")
    data = json.loads(out)["results"]
    assert status == 0
    assert data["requests"] == 20
    assert data["rate_per_s"] == 1
    assert data["rejected"] == {"no output tokens (failed)": 1}
    assert data["input_tokens"]["total"] == sum(range(100, 120))
    status, out, _ = run(capsys, trace)
    assert status == 0
    assert "20 in 20" in out
    assert "no output tokens" in out


def test_a_trace_is_changed_and_written(capsys: pytest.CaptureFixture[str], trace: Path, tmp_path: Path) -> None:
    for name in ("a.parquet", "a.csv"):
        status, _, _ = run(capsys, trace, "--scale-rate", 2, "--repeat", 3, "--save", tmp_path / name)
        assert status == 0
        again = read_traffic(tmp_path / name)
        assert len(again) == 60
        assert again.arrival_s[1] == 0.5
    status, out, _ = run(capsys, trace, "--times", 2, "--json")
    assert json.loads(out)["results"]["requests"] == 40


@pytest.mark.parametrize(
    ("args", "rate"),
    [
        (["--rate", "20/s", "--duration", "10 min"], 20),
        (["--rate", "200M/day", "--share", "0.01", "--duration", "10 min"], 23.1),
        (["--rate", "20/s", "--cv", "2", "--requests", "20k", "--lengths", "code"], 20),
        (["--states", "10/s:1s,50/s:1s", "--duration", "20 min", "--input", "5", "--output", "7"], 30),
    ],
)
def test_a_traffic_is_made(capsys: pytest.CaptureFixture[str], args: list[str], rate: float) -> None:
    status, out, _ = run(capsys, *args, "--json")
    assert status == 0
    assert json.loads(out)["results"]["rate_per_s"] == pytest.approx(rate, rel=0.1)
    assert run(capsys, *args, "--json")[1] == out
    assert run(capsys, *args, "--json", "--seed", 1)[1] != out


def test_lengths_of_a_trace(capsys: pytest.CaptureFixture[str], trace: Path) -> None:
    for fit in ([], ["--fit"]):
        _, out, _ = run(capsys, "--rate", "5/s", "--lengths", trace, *fit, "--json")
        data = json.loads(out)["results"]
        assert data["input_tokens"]["mean"] == pytest.approx(109.5, rel=0.02)
        assert data["input_tokens"]["most"] <= 119


def test_the_shape_of_a_trace_and_what_an_estimated_one_rests_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "day.csv"
    path.write_text("time,input,output\n0,1,1\n" + "".join(f"{43200 + i},1,1\n" for i in range(3600)) + "86399,1,1\n")
    made = ["--rate", "1/s", "--duration", "1 day", "--input", "5", "--output", "5", "--json", "--shape"]
    _, out, _ = run(capsys, *made, path)
    assert json.loads(out)["results"]["peak_rate_per_s"]["3600s"] == pytest.approx(24, rel=0.05)
    _, out, _ = run(capsys, *made, "day")
    assert any("an estimate" in note for note in json.loads(out)["notes"])


def test_a_large_traffic_is_written_part_by_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    options = ["--rate", "1000/s", "--requests", "300k", "--shape", "day", "--save"]
    assert run(capsys, *options, tmp_path / "whole.parquet")[0] == 0
    monkeypatch.setattr(command, "STREAMED", 1000)
    status, out, _ = run(capsys, *options, tmp_path / "parts.parquet")
    assert status == 0
    assert "300,000 requests written" in out
    assert json.loads(run(capsys, *options, tmp_path / "parts.parquet", "--json")[1])["results"]["requests"] == 300_000
    whole, parts = (read_traffic(tmp_path / name) for name in ("whole.parquet", "parts.parquet"))
    assert whole.arrival_s.tolist() == parts.arrival_s.tolist()
    assert whole.tokens == parts.tokens
    assert whole.duration_s == parts.duration_s
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts.parquet", "whole.parquet"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "give a FILE to read or a --rate"),
        (["no.csv"], "does not exist"),
        (["no.csv", "--rate", "1/s"], "one of the two"),
        (["--rate", "fast"], "rate: 'fast'"),
        (["--rate", "-1/s"], "rate"),
        (["--rate", "20/s", "--save", "a.txt"], "must end in .parquet or .csv"),
        (["--rate", "20/s", "--lengths", "poems"], "unknown traffic 'poems'"),
        (["--rate", "20/s", "--input", "5"], "both"),
        (["--rate", "20/s", "--shape", "month"], "flat, day, week"),
        (["--rate", "20/s", "--share", "2"], "--share"),
        (["--rate", "20/s", "--duration", "1 h", "--requests", "5"], "one of the two"),
        (["--rate", "1e8/s", "--duration", "1 day"], "--share"),
        (["--states", "10/s"], "two or more"),
        (["--states", "10/s:60s,x:5s"], "states: 'x'"),
        (["--states", "10/s:60s,20/s:5s", "--rate", "1/s"], "leave out"),
        (["--rate", "20/s", "--cv", "0"], "coefficient of variation"),
        (["--rate", "20/s", "--times", "0"], "times"),
        (["--rate", "20/s", "--repeat", "0"], "repeat"),
    ],
)
def test_what_is_wrong_is_one_line(capsys: pytest.CaptureFixture[str], args: list[str], message: str) -> None:
    status, out, err = run(capsys, *args)
    assert status == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_wrong_columns_and_conditions_are_one_line(capsys: pytest.CaptureFixture[str], trace: Path) -> None:
    for args in (
        ["--columns", "a,b"],
        ["--columns", "a,b,c"],
        ["--where", "x"],
        ["--where", "x=1"],
        ["--time-unit", "h"],
    ):
        status, _, err = run(capsys, trace, *args)
        assert (status, err.count("\n")) == (2, 1)


def test_the_example_of_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    example = runpy.run_path(str(Path(__file__).parents[1] / "examples" / "day_of_200_million.py"))
    example["main"](0.001)
    assert capsys.readouterr().out.splitlines()[-1].split()[0].replace(",", "").isdigit()
    assert sum(len(part) for part in example["day"](0.001)) == pytest.approx(200_000, abs=2500)
