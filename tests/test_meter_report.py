"""The report: windows, sums, ranges and quality; on the screen, as JSON, and as a Load; bad windows in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter_files import T0, training_run
from meter_files import usage as report
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.energy.loads import load
from wattline.meter.gpu_sensor.gain import gain_for
from wattline.meter.readers.detect import read
from wattline.meter.recording import Fault, Recording, Series, Window
from wattline.meter.sensor import Spec


@pytest.fixture(autouse=True)
def as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings as they were written: how a sensor errs is tested elsewhere."""
    monkeypatch.setattr("wattline.meter.readings.corrections.is_nvml", lambda spec: False)


def gpu(index: int, begin: float = 0.0, count: int = 120, level: float = 300.0, host: str = "h") -> Series:
    at = T0 + begin + np.arange(float(count))
    return Series(
        Device(host, f"GPU-{host}{index}", "gpu"), Spec("nvml"), at, level + 7.0 * (np.arange(count) % (11 + index))
    )


def total(recording: Recording, window: str | None = None) -> float:
    value = report(recording, window)["energy_wh"]["value"]
    assert isinstance(value, float)
    return value


@given(st.lists(st.integers(0, 119_000), min_size=3, max_size=7, unique=True))
def test_windows_that_split_the_recording_add_up(cuts_ms: list[int]) -> None:
    recording = Recording([gpu(0), gpu(1, 30, 60), gpu(2, 0, 50)])
    edges = [ms / 1000 for ms in sorted(cuts_ms)]
    parts = []
    for a, b in pairwise(edges):
        parts.append(total(recording, f"{T0 + a!r}..{T0 + b!r}"))
    whole = total(recording, f"{T0 + edges[0]!r}..{T0 + edges[-1]!r}")
    assert sum(parts) == pytest.approx(whole, rel=1e-9, abs=1e-9)


def test_windows_by_name_by_time_and_from_the_beginning() -> None:
    recording = Recording([gpu(0)], [Window("run", T0 + 10, T0 + 70), Window("epoch 1", T0 + 10, T0 + 40, "run")])
    assert report(recording)["window"]["name"] == "run"
    assert report(recording)["duration_s"] == 60
    assert report(recording, "all")["duration_s"] == 119
    assert report(recording, "epoch 1")["duration_s"] == 30
    by_time = report(recording, "2023-11-14T22:13:30Z..2023-11-14T22:14:30Z")
    assert by_time["energy_wh"]["value"] == pytest.approx(total(recording, "run"), rel=1e-12)
    assert total(recording, "10..70") == pytest.approx(total(recording, "run"), rel=1e-12)
    assert report(recording, "..1 min")["duration_s"] == 60
    assert report(recording, "60 s..")["duration_s"] == 59
    for window, message in (
        ("70..10", "does not end after"),
        ("epok 1", "nearest: epoch 1"),
        ("5000..6000", "holds no reading"),
        ("soon..later", "window"),
    ):
        with pytest.raises(WattlineError, match=message):
            report(recording, window)


def test_a_window_still_open_ends_with_the_recording() -> None:
    recording = Recording([gpu(0)], [Window("run", T0 + 100, None)])
    assert report(recording)["duration_s"] == 19


def test_a_device_that_fell_silent_in_a_run_is_carried_on_and_widens_the_range() -> None:
    run = [Window("run", T0, T0 + 119)]
    whole = report(Recording([gpu(0), gpu(1)], run))
    cut = report(Recording([gpu(0), gpu(1, 0, 80)], run))
    assert cut["energy_wh"]["value"] == pytest.approx(whole["energy_wh"]["value"], rel=0.05)
    above = [data["energy_wh"]["high"] / data["energy_wh"]["value"] for data in (whole, cut)]
    assert above[1] > above[0]
    (gap,) = cut["quality"]
    assert gap["kind"] == "gap"
    assert gap["lasting_s"] == pytest.approx(40, abs=4)
    short = report(Recording([gpu(0), gpu(1, 0, 30)], run))
    assert short["energy_wh"]["value"] == pytest.approx(whole["energy_wh"]["value"] * 150 / 240, rel=0.05)
    assert short["energy_wh"]["high"] > whole["energy_wh"]["value"]
    assert "what was read is counted" in short["quality"][0]["done"]


def test_time_in_which_nothing_recorded_is_left_out_of_all_but_not_of_a_run() -> None:
    series = [gpu(0), gpu(0, 100_000)]
    apart = report(Recording(series))
    assert apart["duration_s"] == pytest.approx(2 * 119, abs=2)
    assert apart["mean_w"] == pytest.approx(335, abs=1)
    assert any("left out" in row["done"] for row in apart["quality"])
    run = report(Recording(series, [Window("run", T0, T0 + 100_119)]))
    assert run["duration_s"] == 100_119


def test_faults_that_the_source_found_are_told_too() -> None:
    data = report(Recording([gpu(0)], faults=[Fault("gap", 3, 12.0, "journal: the sampler was late", "h/GPU-h0")]))
    assert data["quality"] == [
        {"kind": "gap", "count": 3, "in_window": 3, "lasting_s": 12.0, "done": "journal: the sampler was late",
         "devices": {"h/GPU-h0": 3}}
    ]  # fmt: skip


def test_by_node_holds_each_hosts_devices() -> None:
    data = report(Recording([gpu(0), gpu(1), gpu(0, host="b")]), by_node=True)
    assert {node["node"]: len(node["devices"]) for node in data["nodes"]} == {"h": 2, "b": 1}
    assert sum(node["energy_wh"]["value"] for node in data["nodes"]) == pytest.approx(
        data["energy_wh"]["value"], rel=1e-12
    )


def test_a_recording_without_readings_is_refused() -> None:
    with pytest.raises(WattlineError, match="no good reading"):
        report(Recording([]))
    nothing = Series(Device("h", "x", "gpu"), Spec("nvml"), T0 + np.arange(3.0), np.full(3, np.nan))
    with pytest.raises(WattlineError, match="no number"):
        report(Recording([nothing]))


def test_one_reading_is_no_energy_but_does_not_crash() -> None:
    single = Series(Device("h", "x", "gpu"), Spec("nvml"), np.array([T0]), np.array([300.0]))
    with pytest.raises(WattlineError, match="one reading"):
        report(Recording([single]))


def test_readings_of_nvml_are_corrected_and_others_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    series = replace(gpu(0), device=replace(gpu(0).device, name="NVIDIA A100-PCIE-40GB"))
    other = replace(series, spec=Spec("table"))
    assert total(Recording([other])) == pytest.approx(report_uncorrected(series))
    gain = gain_for("A100")
    expected = float(gain.power_w(np.asarray(report_uncorrected(series) / 119 * 3600))) / 3600 * 119
    assert total(Recording([series])) == pytest.approx(expected, rel=0.01)


def report_uncorrected(series: Series) -> float:
    assert series.power_w is not None
    return float(np.trapezoid(series.power_w, series.time_s)) / 3600


def test_a_load_keeps_the_energy_of_the_report(tmp_path: Path) -> None:
    recording = read(training_run(tmp_path / "run"))
    made = load(recording)
    assert made.point == "server"
    assert made.labels == ("node_0/node_0", "node_1/node_1", "node_2/node_2")
    assert float(made.energy_j.sum()) / 3600 == pytest.approx(total(recording), rel=1e-9)
    assert float(load(recording, "all", 7.0).energy_j.sum()) / 3600 == pytest.approx(total(recording, "all"), rel=1e-3)
    assert load(Recording([gpu(0)])).point == "chip"


def out(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["meter", "report", *args])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_the_command_prints_a_table_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(training_run(tmp_path / "run"))
    status, text, _ = out(capsys, folder, "--by", "node")
    assert status == 0
    for word in ("508.5 Wh", "Energy per token", "node_2", "no fault found", "Window run"):
        assert word in text
    status, text, _ = out(capsys, folder, "--json", "--window", "all")
    data: dict[str, Any] = json.loads(text)["results"]
    assert status == 0
    assert {"energy_wh", "duration_s", "mean_w", "peak_w", "quality"} <= set(data)
    assert data["energy_wh"]["value"] == pytest.approx(data["mean_w"] * data["duration_s"] / 3600)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("{folder}", "--by", "gpu"), "give --by node"),
        (("{folder}", "--window", "9..3"), "does not end after"),
        (("{folder}/nothing",), "does not exist"),
        ((), "missing argument"),
    ],
)
def test_bad_calls_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], message: str
) -> None:
    folder = str(training_run(tmp_path / "run"))
    status, text, error = out(capsys, *(arg.format(folder=folder) for arg in args))
    assert status == 2
    assert not text
    assert message in error
    assert error.count("\n") == 1


def test_any_recording_goes_into_the_journal_and_comes_out_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("wattline.meter.journal.journal")
    folder, file = training_run(tmp_path / "run"), tmp_path / "run.wattline"
    with pytest.raises(SystemExit):
        main(["meter", "import", str(folder), "--journal", str(file)])
    assert "183 readings" in capsys.readouterr().out
    first, second = report(read(folder), by_node=True), report(read(file), by_node=True)
    assert second["energy_wh"]["value"] == pytest.approx(first["energy_wh"]["value"], rel=1e-6)
    assert second["joules_per_token"]["value"] == pytest.approx(first["joules_per_token"]["value"], rel=1e-6)
    assert second["window"] == first["window"]
