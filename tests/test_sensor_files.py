"""A hardware meter's records and nvidia-smi's logs, read; the command that holds one against the other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import gpu_sensor as sim
from validation_files import START_US, sensor_recording, write_log
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.meter.readers import pmd
from wattline.validate.evidence.sensor_logs import read_log
from wattline.validate.sensors import validate


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """An RTX 4090 beside a meter, simulated."""
    return sensor_recording(tmp_path)


def test_the_meter_reads_what_was_written(recording: Path) -> None:
    series = pmd.read(recording).series[0]
    _, power = sim.steps(14.0, 90.0, 400.0, [(2.0, 8.0)])
    assert series.power_w is not None
    assert series.time_s[0] == pytest.approx(START_US / 1e6, abs=1e-6)
    assert np.all(np.diff(series.time_s) > 0)
    assert series.time_s[-1] - series.time_s[0] == pytest.approx(14.0, abs=0.01)
    assert series.power_w.mean() == pytest.approx(power.mean(), rel=0.01)
    assert pmd.matches(recording)
    assert pmd.matches(recording / pmd.DATA)
    assert not pmd.matches(recording / "gpudata.csv")
    whole = series.power_w
    pmd_chunk, pmd.CHUNK = pmd.CHUNK, 1000
    try:
        again = pmd.read(recording).series[0]
    finally:
        pmd.CHUNK = pmd_chunk
    assert again.power_w is not None
    assert np.array_equal(again.power_w, whole)
    assert again.time_s == pytest.approx(series.time_s, abs=1e-9)


def test_the_command_tells_what_was_read_and_what_was_true(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["validate", "sensors", str(recording.parent), "--json"])
    assert done.value.code == 0
    data = json.loads(capsys.readouterr().out)["results"]
    (result,) = data["recordings"]
    assert (result["generation"], result["clock_ahead_s"]) == ("ada", 3600)
    windows = result["fields"]["average"]["windows"]
    assert [w["name"] for w in windows] == ["all", "first half", "second half", "load"]
    assert all(w["in_range"] for w in windows)
    # no Ada card was metered, so its lag stands and half of a load is in doubt by as much
    assert all(w["stated_error_percent"] <= limit for w, limit in zip(windows, (8, 20, 30, 25), strict=True))
    assert data["summary"]["windows"]["windows_in_range"] == data["summary"]["windows"]["n"] == 8
    assert data["stuck"] == []
    with pytest.raises(SystemExit):
        main(["validate", "sensors", str(recording)])
    shown = capsys.readouterr().out
    assert "inside" in shown
    assert "+1 h" in shown


def test_an_unnamed_card_is_named_by_the_option(recording: Path) -> None:
    recording = recording.rename(recording.with_name("plain"))
    results = validate(recording).json()["results"]
    assert results["recordings"][0]["generation"] is None
    (card,) = results["cards"]
    assert card["windows"] == results["summary"]["windows"] or card["windows"]["n"] < results["summary"]["windows"]["n"]
    assert validate(recording, "RTX 4090").json()["results"]["recordings"][0]["generation"] == "ada"


def test_a_stuck_sensor_is_called_stuck_and_a_live_one_is_not(tmp_path: Path) -> None:
    at = np.arange(0, 90, 0.1)
    live = 46.0 + np.random.default_rng(0).normal(0, 0.2, len(at))
    path = write_log(tmp_path, {"power.draw": np.where((at > 20) & (at < 70), 46.19, live)}, at)
    (result,) = validate(tmp_path).stuck
    assert (result.power_w, result.path) == (46.19, str(path))
    assert result.seconds == pytest.approx(50, abs=0.5)
    write_log(tmp_path, {"power.draw": live}, at)
    assert validate(tmp_path).stuck == []


@pytest.mark.parametrize("style", ["plain", "no units", "gaps"])
def test_styles_of_logs(tmp_path: Path, style: str) -> None:
    rows = {
        "plain": ["2024/01/01 00:00:00.000, 100.5 W", "2024/01/01 00:00:01.000, 101.5 W"],
        "no units": ["2024/01/01 00:00:00.000, 100.5", "2024/01/01 00:00:01.000, 101.5"],
        "gaps": [
            "2024/01/01 00:00:00.000, 100.5 W",
            "junk",
            "2024/01/01 00:00:00.5, [N/A]",
            "2024/01/01 00:00:01.000, 101.5 W",
        ],
    }[style]
    path = tmp_path / "log.csv"
    path.write_text("timestamp, power.draw [W]\n" + "\n".join(rows) + "\n")
    log = read_log(path)
    good = np.isfinite(log.power_w["draw"])
    assert log.power_w["draw"][good].tolist() == [100.5, 101.5]
    assert np.ptp(log.time_s[good]) == 1.0


def test_what_cannot_be_used_is_named(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = {
        "short": (pmd.DATA, b"12345"),
        "clock": (pmd.START, b"yesterday"),
        "empty": ("gpudata.csv", b""),
        "words": ("gpudata.csv", b"timestamp, power.draw [W]\nnoon, much\n"),
        "later": (pmd.START, str(START_US + 900_000_000).encode()),
    }
    for name, (file, data) in bad.items():
        folder = tmp_path / name
        folder.mkdir()
        for path in recording.iterdir():
            (folder / path.name).write_bytes(data if path.name == file else path.read_bytes())
    result = validate(tmp_path)
    assert [c.pair.name for c in result.checked] == [recording.name]
    assert {
        Path(u.file).name if Path(u.file).is_dir() else Path(u.file).parent.name for u in result.seen.unusable
    } == set(bad)
    with pytest.raises(SystemExit) as done:
        main(["validate", "sensors", str(tmp_path / "nowhere")])
    assert done.value.code == 2
    assert "is not a directory" in capsys.readouterr().err
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    with pytest.raises(WattlineError, match="holds no log"):
        validate(nothing)
