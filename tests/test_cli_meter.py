"""``wattline meter export`` and ``bill``, ``compare``, ``calibrate measured`` and ``--facts``, as a user types them."""

from __future__ import annotations

import csv
import io
import json
import sys
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recordings import START, chips_only, node_with_gpus
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.meter.recording import Recording
from wattline.schema.compare import CompareJson

KNOWN = {"node.wl": node_with_gpus, "chips.wl": chips_only}
JOB = """
[[job]]
name = "small"
kind = "train"
model = "llama-3.1-8b"
tokens = "80k"
chip = "h100-sxm"
chips = 8
"""


TRAIN = ("--tokens", "1T", "--chip", "h100-sxm", "--chips", "8")


@pytest.fixture(autouse=True)
def _recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings made here stand in for files."""

    def read(path: Path, choices: Any = None) -> Recording:
        if Path(path).name not in KNOWN:
            raise WattlineError(f"recording {path} does not exist")
        return KNOWN[Path(path).name]()

    stand_in: Any = types.ModuleType("wattline.meter.readers.detect")
    stand_in.read = read
    monkeypatch.setitem(sys.modules, "wattline.meter.readers.detect", stand_in)


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    output = capsys.readouterr()
    assert end.value.code == 0, output.err
    return output.out


def refuse(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    output = capsys.readouterr()
    assert (end.value.code, output.out) == (2, "")
    assert output.err.startswith("wattline: ")
    assert output.err.count("\n") == 1
    return output.err


def test_export_to_each_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = ask(capsys, "meter", "export", "node.wl", "--to", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["window"] for row in rows} == {"all", "run", "epoch"}
    single = ask(capsys, "meter", "export", "node.wl", "--to", "csv", "--window", "epoch")
    assert {row["window"] for row in csv.DictReader(io.StringIO(single))} == {"epoch"}
    out = tmp_path / "deep" / "readings.parquet"
    ask(capsys, "meter", "export", "node.wl", "--to", "parquet", "--table", "readings", "--save", str(out))
    assert pl.read_parquet(out).height == 9 * 101
    (row,) = csv.DictReader(
        io.StringIO(ask(capsys, "meter", "export", "node.wl", "--to", "emissions", "--region", "fr"))
    )
    assert row["country_iso_code"] == "FRA"
    assert ask(capsys, "meter", "export", "chips.wl", "--to", "openmetrics").endswith("# EOF\n")
    pytest.importorskip("opentelemetry.sdk.metrics", reason="opentelemetry-sdk is not installed")
    printed = ask(capsys, "meter", "export", "chips.wl", "--to", "otlp", "--endpoint", "console")
    assert '"hw.energy"' in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("meter", "export", "node.wl", "--to", "cvs"), "csv"),
        (("meter", "export", "node.wl", "--to", "parquet"), "--save"),
        (("meter", "export", "node.wl", "--to", "csv", "--table", "rows"), "energy, readings"),
        (("meter", "export", "none.wl", "--to", "csv"), "does not exist"),
        (("meter", "export", "node.wl", "--to", "emissions", "--region", "narnia"), "region"),
        (("meter", "export", "node.wl", "--to", "otlp", "--endpoint", "nowhere"), "endpoint"),
        (("meter", "export", "node.wl", "--to", "csv", "--save", "/dev/null/x.csv"), "cannot write"),
        (("meter", "bill", "node.wl", "--pue", "0.3"), "PUE"),
        (("meter", "bill", "node.wl", "--window", "nope"), "window"),
        (("meter", "bill", "node.wl", "--facts", "none.toml"), "none.toml"),
        (("compare", "none.toml", "node.wl"), "none.toml"),
        (("compare", "none.toml", "node.wl", "--pue", "0.3"), "PUE"),
        (("train", "llama-3.1-8b", *TRAIN, "--facts", "none.toml"), "none.toml"),
    ],
)
def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str) -> None:
    assert message in refuse(capsys, *words)


def test_the_bill_prints_as_a_prediction_does(capsys: pytest.CaptureFixture[str]) -> None:
    text = ask(capsys, "meter", "bill", "node.wl", "--region", "us", "--explain")
    for word in ("Energy at the meters", "The bill", "basis", "measured", "estimated", "CO2e", "The working", "Facts"):
        assert word in text
    data = json.loads(ask(capsys, "meter", "bill", "node.wl", "--region", "us", "--json"))
    assert data["command"] == "meter bill"
    results = data["results"]
    assert results["parts"]["chip_active"]["basis"] == "measured"
    total = sum(p["energy_mean_wh"] for p in results["parts"].values())
    assert total == pytest.approx(results["energy_mean_wh"], rel=1e-9)


def test_compare_then_calibrate_then_ask_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    job, facts = tmp_path / "job.toml", tmp_path / "own.toml"
    job.write_text(JOB)
    text = ask(capsys, "compare", str(job), "node.wl")
    assert "Why they differ" in text
    assert "not measured" in text
    before = json.loads(ask(capsys, "compare", str(job), "node.wl", "--json"))
    message = ask(capsys, "calibrate", "measured", str(job), "node.wl", "--save", str(facts))
    assert str(facts) in message
    assert ask(capsys, "calibrate", "measured", str(job), "node.wl") == facts.read_text()
    after = json.loads(ask(capsys, "compare", str(job), "node.wl", "--json", "--facts", str(facts)))
    ratio = [abs(data["results"]["compared"]["duration_s"]["ratio"] - 1) for data in (before, after)]
    assert ratio[1] < ratio[0]
    train = ("train", "llama-3.1-8b", "--tokens", "1T", "--chip", "h100", "--chips", "64", "--json")
    bases = {f["source"] for f in json.loads(ask(capsys, *train, "--facts", str(facts)))["facts"]}
    assert any("own measurements" in source for source in bases)


def test_compare_with_a_place_ends_with_the_bill_of_what_was_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    job, grid = tmp_path / "job.toml", tmp_path / "grid.csv"
    job.write_text(JOB)
    first = datetime.fromtimestamp(START, UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    hours = [(first + timedelta(hours=h)).isoformat() for h in range(-24, 48)]
    grid.write_text("time,carbon_g_per_kwh,price_usd_per_mwh\n" + "".join(f"{hour}Z,200,50\n" for hour in hours))
    place = ("--region", "de", "--carbon", str(grid), "--price", str(grid))
    data = json.loads(ask(capsys, "compare", str(job), "node.wl", *place, "--json"))
    CompareJson.model_validate(data)
    bill = data["results"].pop("bill")
    kwh = bill["energy_wh"]["p50"] / 1000
    assert bill["co2e_direct_kg"]["p50"] == pytest.approx(0.2 * kwh, rel=0.01)
    assert bill["cost_usd"]["p50"] == pytest.approx(0.05 * kwh, rel=0.01)
    assert bill["co2e_market_kg"]["p50"] > 2 * bill["co2e_direct_kg"]["p50"]
    metered = data["results"]["compared"]["energy_wh"]["measured"]["p50"]
    assert bill["measured_wh"]["p50"] == pytest.approx(metered, rel=0.05)
    assert data["results"] == json.loads(ask(capsys, "compare", str(job), "node.wl", "--json"))["results"]
    assert "CO2e, by market" in ask(capsys, "compare", str(job), "node.wl", *place)
