"""Predicted against measured: causes multiply and add up exactly; own measurements move the facts behind."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import START, chips_only, lively, node_with_gpus, series
from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.energy.usage import report
from wattline.meter.recording import Recording, Series, Window
from wattline.meter.sensor import Spec
from wattline.reconcile.causes import MeteredGroup, causes, log_mean
from wattline.reconcile.compare import Comparison, compare
from wattline.reconcile.metered import metered_window
from wattline.report.present import as_text
from wattline.scenario.run import run
from wattline.validate.fit.measured import calibrate_measured, facts_file

TOKENS = 1_207_959_552
GPT3 = f"""
[[job]]
name = "gpt-3"
kind = "train"
model = "gpt-3-175b"
tokens = {TOKENS}
chip = "h100-sxm"
chips = 512
precision = "fp8"
sequence = 2048
pue = 1.0
"""
SERVICE = """
[[job]]
name = "chat"
kind = "serve-average"
model = "llama-3.1-8b"
rate = "10/s"
days = 1
chip = "h100-sxm"
"""


def scenario(folder: Path, text: str) -> Path:
    path = folder / "job.toml"
    path.write_text(text)
    return path


def nodes(count: int, watts: float, seconds: float, tokens: float | None = None) -> Recording:
    """So many machines of 8 chips at the same watts, with a run of so many seconds."""
    time = START + np.arange(0, seconds + 11, 2.0)
    each = [
        Series(Device(f"n{i}", "bmc", "node"), Spec("mllog", error=0.02), time, lively(watts, len(time)))
        for i in range(count)
    ]
    counts = {} if tokens is None else {"tokens": tokens}
    return Recording(each, (Window("run", START + 4, START + 4 + seconds),), counts, source="nodes")


def adds_up(result: Comparison) -> None:
    """Ratios multiply and energies add to the whole, in every draw; what is told does so too."""
    adds = sum(cause.adds_j for cause in result.causes)
    np.testing.assert_allclose(
        adds, result.measured_j - result.predicted_j, atol=1e-9 * float(np.max(result.predicted_j))
    )
    data = result.json()["results"]
    assert sum(c["adds_mean_wh"] for c in data["causes"]) == pytest.approx(data["together"]["adds_mean_wh"], rel=1e-9)
    if len(result.groups) == 1:
        assert math.prod(c["ratio"] for c in data["causes"]) == pytest.approx(data["together"]["ratio"], rel=1e-12)
    json.dumps(result.json(), allow_nan=False)
    assert as_text(result.json())


@given(
    st.lists(st.tuples(st.floats(1e-3, 1e12), st.floats(1e-3, 1e12)), min_size=1, max_size=4),
    st.lists(st.floats(1e-4, 1e4), max_size=3),
)
def test_causes_leave_no_rest(energies: list[tuple[float, float]], ratios: list[float]) -> None:
    groups = [MeteredGroup(f"g{i}", (), np.array(p), np.array(m)) for i, (p, m) in enumerate(energies)]
    result = causes(groups, {f"c{i}": np.array(r) for i, r in enumerate(ratios)})
    whole = sum(m - p for p, m in energies)
    scale = sum(m + p for p, m in energies) * (1 + sum(abs(math.log(r)) for r in ratios))
    assert float(sum(cause.adds_j for cause in result)) == pytest.approx(whole, abs=1e-9 * scale)
    for group in groups:
        own = next(cause.ratio for cause in result if cause.name.endswith(group.name))
        assert float(own) * math.prod(ratios) == pytest.approx(float(group.measured_j / group.predicted_j), rel=1e-9)


@given(st.floats(1e-6, 1e12), st.floats(1e-6, 1e12))
def test_the_logarithmic_mean_lies_between(a: float, b: float) -> None:
    mean = float(log_mean(np.array(a), np.array(b)))
    assert min(a, b) * (1 - 1e-9) <= mean <= max(a, b) * (1 + 1e-9)
    assert mean == pytest.approx(float(log_mean(np.array(b), np.array(a))), rel=1e-9)


def test_a_slow_run_is_laid_to_time_and_a_hungry_one_to_power(tmp_path: Path) -> None:
    path = scenario(tmp_path, GPT3 + "tuned = true\n")
    worked = run(path, draws=0)
    (answer,) = worked.answers
    seconds = float(answer.duration_s)
    watts = float(sum(answer.bill.parts[p] for p in ("chip_active", "chip_idle", "host"))) / seconds / 64
    same = compare(worked, nodes(64, watts, seconds, TOKENS))
    assert float(same.measured_j / same.predicted_j) == pytest.approx(1, rel=1e-3)
    slow = compare(worked, nodes(64, watts, 1.2 * seconds, TOKENS)).json()
    assert {c["name"]: round(c["ratio"], 3) for c in slow["results"]["causes"]} == {
        "tokens done": 1, "time per token": 1.2, "chips metered": 1, "watts per chip, chips and hosts": 1,
    }  # fmt: skip
    half = compare(worked, nodes(32, 1.1 * watts, 0.5 * seconds, TOKENS / 2))
    assert {c.name: round(float(c.ratio), 3) for c in half.causes} == {
        "tokens done": 0.5, "time per token": 1, "chips metered": 0.5, "watts per chip, chips and hosts": 1.1,
    }  # fmt: skip
    for result in (same, half):
        adds_up(result)
    assert half.compared()["mfu"][0] == pytest.approx(2 * float(answer.quantities["mfu"]), rel=1e-3)


def test_what_was_not_metered_is_named_and_never_zero(tmp_path: Path) -> None:
    worked = run(scenario(tmp_path, GPT3.replace("pue = 1.0", "")), draws=300)
    result = compare(worked, nodes(64, 6849, 3411.0))
    adds_up(result)
    answer = result.json()
    data = answer["results"]
    missing = {part["name"] for part in data["parts"] if part["measured_wh"] is None}
    assert missing == {"Network", "UPS", "Power distribution", "Cooling", "Fans", "Lighting and offices"}
    assert data["pue"]["measured"] is None
    assert data["pue"]["predicted"]["p50"] > 1
    assert any("does not say how many tokens" in note for note in answer["warnings"])
    assert "not measured" in as_text(answer)


def test_chips_hosts_and_switches_each_have_their_row(tmp_path: Path) -> None:
    worked = run(scenario(tmp_path, GPT3), draws=200)
    recording = node_with_gpus()
    switch = series("switch", lively(900.0, 101), host="sw")
    result = compare(worked, replace(recording, series=[*recording.series, switch]))
    adds_up(result)
    assert [group.name for group in result.groups] == ["chips", "hosts", "network"]
    only = compare(worked, chips_only())
    adds_up(only)
    assert [group.name for group in only.groups] == ["chips"]
    assert "host" in only.unmeasured
    other = compare(worked, chips_only(name="NVIDIA H200"))
    assert any("h200" in note for note in other.warnings)


def test_a_service_is_held_by_its_queries(tmp_path: Path) -> None:
    worked = run(scenario(tmp_path, SERVICE), draws=200)
    recording = replace(chips_only(), counts={"queries": 800.0})
    result = compare(worked, recording)
    adds_up(result)
    assert [cause.name for cause in result.causes][:2] == ["queries done", "time per query"]
    assert "joules_per_query" in result.json()["results"]["compared"]


def test_jobs_one_by_one_or_all_together(tmp_path: Path) -> None:
    path = scenario(tmp_path, GPT3 + SERVICE)
    worked = run(path, draws=100)
    adds_up(compare(worked, nodes(64, 6849, 3411.0)))
    single = compare(worked, nodes(64, 6849, 3411.0), job="gpt-3")
    assert single.job == "gpt-3"
    with pytest.raises(WattlineError, match="gpt-3"):
        compare(worked, nodes(64, 6849, 3411.0), job="gpt3")
    with pytest.raises(WattlineError, match="--job"):
        calibrate_measured(run(path, draws=300), [nodes(64, 6849, 3411.0)])
    cpu = Recording([series("cpu", lively(100.0, 11))], source="cpu.csv")
    with pytest.raises(WattlineError, match="neither chips nor whole machines"):
        compare(worked, cpu)


def test_gpt_3_on_512_h100_as_its_meters_saw_it(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "mlperf_power/training/gpt3_64x8xH100/run_2"
    recording = _mllog(folder)
    path = scenario(tmp_path, GPT3 + "tuned = true\n")
    result = compare(path, recording)
    adds_up(result)
    data = result.json()["results"]
    results = data["compared"]
    assert results["energy_wh"]["measured"]["p50"] == pytest.approx(415.2e3, rel=1e-3)
    assert results["joules_per_token"]["measured"]["p50"] == pytest.approx(1.237, rel=5e-3)
    assert results["energy_wh"]["in_range"]
    assert 0.94 < data["together"]["ratio"] < 1.06
    ratio = {cause["name"]: cause["ratio"] for cause in data["causes"]}
    assert ratio["time per token"] == pytest.approx(1.0, abs=0.05)
    assert ratio["watts per chip, chips and hosts"] == pytest.approx(1.0, abs=0.05)
    assert results["mfu"]["measured"]["p50"] == pytest.approx(0.371, rel=0.01)


def _mllog(folder: Path) -> Recording:
    """The nodes' meters and the run's window, as little as this test needs."""
    each = []
    for file in sorted(folder.glob("node_*.txt")):
        lines = [json.loads(line[line.index("{") :]) for line in file.open() if '"power_reading"' in line]
        time = np.array([line["time_ms"] for line in lines]) / 1e3
        watts = np.array([line["value"] for line in lines], float)
        each.append(Series(Device(file.stem, "node", "node"), Spec("mllog", error=0.02), time, watts))
    ends: dict[str, float] = {}
    for line in (folder / "mllog.txt").open(errors="replace"):
        if '"run_start"' in line or '"run_stop"' in line:
            event = json.loads(line[line.index("{") :])
            ends[event["key"]] = event["time_ms"] / 1e3
    return Recording(each, (Window("run", ends["run_start"], ends["run_stop"]),), {"tokens": TOKENS}, source="run_2")


# ---- own measurements move the facts ----


def _apart(data: dict[str, Any], name: str) -> float:
    return abs(math.log(data["results"]["compared"][name]["ratio"]))


@pytest.mark.parametrize("times", [0.6, 1.6])
def test_facts_move_towards_what_was_measured_and_narrow(tmp_path: Path, times: float) -> None:
    path = scenario(tmp_path, GPT3)
    worked = run(path, draws=1000)
    (answer,) = worked.answers
    seconds = answer.range("duration_s").p50 * times
    watts = float(np.median(sum(answer.bill.parts[p] for p in ("chip_active", "chip_idle", "host")))) / 64
    recording = nodes(64, 0.95 * watts / answer.range("duration_s").p50, seconds, TOKENS)
    before = compare(worked, recording).json()
    result = calibrate_measured(worked, [recording])
    text = facts_file(result)
    file = tmp_path / "own.toml"
    file.write_text(text)
    assert all(abs(each.z) <= 3 and 0 < each.variance <= 1 for each in result.moved)
    assert abs(result.after[0]) < abs(result.before[0])
    after = compare(run(path, draws=1000, facts=file), recording).json()
    assert _apart(after, "duration_s") < 0.35 * _apart(before, "duration_s")
    width = [d["results"]["compared"]["duration_s"]["predicted"] for d in (before, after)]
    assert width[1]["p95"] / width[1]["p5"] < width[0]["p95"] / width[0]["p5"]
    assert "moved by" in text


def test_more_measurements_move_more(tmp_path: Path) -> None:
    worked = run(scenario(tmp_path, GPT3), draws=1000)
    slow = nodes(64, 6849, float(worked.answers[0].range("duration_s").p50) * 1.5, TOKENS)
    single, four = (calibrate_measured(worked, [slow] * count) for count in (1, 4))
    moved = {m.fact.key: m for m in four.moved}
    for each in single.moved:
        if abs(each.z) > 0.5:
            assert abs(moved[each.fact.key].z) >= abs(each.z) * 0.99
            assert moved[each.fact.key].variance <= each.variance + 1e-9
    assert abs(four.after[0]) < abs(single.after[0])


def test_a_measurement_that_agrees_narrows_and_hardly_moves(tmp_path: Path) -> None:
    worked = run(scenario(tmp_path, GPT3), draws=1000)
    found0 = calibrate_measured(worked, [nodes(64, 6849, 3411.0, TOKENS)])
    middle = np.exp(-found0.before)  # predicted over measured
    agreeing = nodes(64, 6849 * middle[1], 3411.0 * middle[0], TOKENS)
    result = calibrate_measured(worked, [agreeing])
    assert all(abs(each.z) < 0.05 for each in result.moved)
    assert any(each.variance < 0.9 for each in result.moved)


def test_calibration_needs_draws_and_something_to_fit(tmp_path: Path) -> None:
    path = scenario(tmp_path, GPT3)
    with pytest.raises(WattlineError, match="draws"):
        calibrate_measured(run(path, draws=50), [nodes(64, 6849, 3411.0)])
    with pytest.raises(WattlineError, match="at least one"):
        calibrate_measured(run(path, draws=300), [])
    with pytest.raises(WattlineError, match="other parts"):
        calibrate_measured(run(path, draws=300), [nodes(64, 6849, 3411.0), chips_only()])


# ---- facts of one's own ----


def test_a_recording_of_a_part_of_the_job_is_held_against_as_long_a_part(tmp_path: Path) -> None:
    """Ten minutes of a run of hours, without a count: no MFU of 1,000%, no energy a token of all tokens."""
    path = tmp_path / "t.toml"
    path.write_text('[[job]]\nname = "t"\nkind = "train"\nmodel = "llama-3.1-8b"\nchip = "h100-sxm"\nchips = 8\n'
                    "tokens = 1e9\n")  # fmt: skip
    time = 1.7e9 + np.arange(600.0)
    chips = [
        Series(Device("h", f"gpu{i}", "gpu", "NVIDIA H100 80GB HBM3"), Spec("nvml"), time, np.full(600, 500.0 + i))
        for i in range(8)
    ]
    data = compare(path, Recording(chips, source="part"), draws=200).json()
    compared = data["results"]["compared"]
    assert compared["duration_s"]["ratio"] == pytest.approx(1)
    assert not {"mfu", "joules_per_token"} & set(compared)
    assert compared["energy_wh"]["ratio"] == pytest.approx(compared["mean_w"]["ratio"], rel=1e-6)
    assert any("a part of the job" in warning for warning in data["warnings"])
    reported = compare(path, Recording(chips, counts={"tokens": 1e7}, source="part"), draws=200).json()
    assert "joules_per_token" in reported["results"]["compared"]
    assert not any("a part of the job" in warning for warning in reported["warnings"])


def test_several_runs_of_a_recording_are_refused_by_name_and_each_has_its_own_tokens() -> None:
    time = 1.7e9 + np.arange(100.0)
    series = [Series(Device("h", "gpu0", "gpu", "NVIDIA H100 80GB HBM3"), Spec("nvml"), time, np.full(100, 500.0))]
    windows = [
        Window("run", 1.7e9, 1.7e9 + 40),
        Window("step", 1.7e9 + 5, 1.7e9 + 20, "run", "", {"tokens": 300.0}),
        Window("run", 1.7e9 + 50, 1.7e9 + 90, "", "", {"tokens": 7.0}),
    ]
    with pytest.raises(WattlineError, match=r"2 windows are called 'run' .*--window 'run#1'"):
        metered_window(Recording(series, windows), None, catalog.default())
    both = [metered_window(Recording(series, windows), f"run#{k}", catalog.default()) for k in (1, 2)]
    assert [seen.done for seen in both] == [("tokens", 300.0), ("tokens", 7.0)]
    whole = report(Recording(series, windows)).data["energy_wh"]["value"] * 3600
    assert sum(seen.energy.energy_j for seen in both) == pytest.approx(whole, rel=1e-9)
    half = metered_window(
        Recording(series, [Window("run", 1.7e9, 1.7e9 + 198)], {"tokens": 300.0}), None, catalog.default()
    )
    assert half.done is None  # readings cover half of it
