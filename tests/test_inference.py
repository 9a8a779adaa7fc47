"""Measured LLM serving beside predictions: reading, scores, leaving out, fitting, and the shipped coefficients."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from validation_files import serving_file, serving_row
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.line.chip.known import family_of
from wattline.report.page.parity import parity_page
from wattline.validate.evidence.campaigns import Campaigns
from wattline.validate.evidence.groups import each_left_out
from wattline.validate.evidence.serving import ServingRow, read_rows
from wattline.validate.fit.inference import STEP, StepFit, StepResiduals, fit_step
from wattline.validate.fit.step_file import fit_from_catalog
from wattline.validate.inference import MEASURES, validate
from wattline.validate.score import ERRORS

MODELS = [
    ("meta-llama/Llama-3.1-8B-Instruct", 1, "bfloat16"),
    ("meta-llama/Llama-3.1-70B-Instruct", 4, "bfloat16"),
    ("Qwen/Qwen3-8B", 1, "bfloat16"),
    ("Qwen/Qwen3-30B-A3B-Instruct-2507", 2, "fp8"),
]


def made(tmp_path: Path, fit: StepFit, noise: float = 0.0) -> list[ServingRow]:
    """Rows whose measurements are what ``fit`` predicts, with noise of that size."""
    raw = [serving_row(*model, batch) for model in MODELS for batch in (8, 16, 32, 64, 128, 256)]
    rows, _ = read_rows(serving_file(tmp_path / "raw.csv", raw))
    result = fit.predict(rows)
    scatter = np.exp(noise * np.random.default_rng(1).standard_normal((3, len(rows))))
    for i, row in enumerate(raw):
        gpus = rows[i].chips
        step, watts = result.step_s[i] * scatter[1, i], result.chip_w[i] * scatter[2, i]
        row["median_itl_ms"] = result.itl_s[i] * 1e3 * scatter[0, i]
        row["avg_power_watts"] = watts * gpus
        row["output_throughput_tokens_per_sec"] = rows[i].batch / step
        row["energy_per_token_joules"] = watts * gpus * step / rows[i].batch
    return read_rows(serving_file(tmp_path / "made.csv", raw))[0]


def test_the_run_of_a_task_matters(tmp_path: Path) -> None:
    """A run of 1,024 requests that 512 at once make has a window of younger sequences than a service in full swing."""
    raw = [serving_row("meta-llama/Llama-3.1-8B-Instruct", 1, "bfloat16", 512, avg_output_len=400, task=task, **most)
           for task in ("lm-arena-chat", "translation") for most in ({}, {"max_num_seqs": 512})]  # fmt: skip
    rows, unusable = read_rows(serving_file(tmp_path / "runs.csv", raw))
    assert not unusable
    assert [row.most for row in rows] == [512] * 4
    fit = fit_from_catalog()
    same = dict.fromkeys(("lm-arena-chat", "translation"), 300.0)
    assumed = replace(
        fit.assumed, input_tokens=same, distinct=dict.fromkeys(same, 1e9), together=dict.fromkeys(same, 1.3)
    )
    result = replace(fit, assumed=assumed, campaigns=Campaigns()).predict(rows)
    assert result.step_s[0] == result.step_s[1]
    assert result.step_s[2] == result.step_s[3]
    assert result.step_s[0] < 0.95 * result.step_s[2]


@pytest.mark.parametrize("task", ["video-chat", "image-chat"])
def test_a_video_costs_by_the_frames_that_its_model_takes(tmp_path: Path, task: str) -> None:
    """All 32 of the benchmark's where the model's processor takes all; of pictures nothing changes."""
    fit = fit_from_catalog()
    raw = [serving_row("Qwen/Qwen3-VL-8B-Instruct", 1, "bfloat16", 32, avg_output_len=300, task=task)]
    (row,), _ = read_rows(serving_file(tmp_path / "made.csv", raw))
    assert row.model.video_frames == 4
    taking = [replace(row, model=replace(row.model, video_frames=count)) for count in (4, 8, 16, 32, 768, 0)]
    times = fit.predict(taking).step_s
    if task == "video-chat":
        assert np.all(np.diff(times[:4]) > 0)
        assert times[3:] == pytest.approx(times[3])
    else:
        assert times == pytest.approx(times[0])


def test_a_row_that_cannot_be_predicted_is_named_and_counted(tmp_path: Path) -> None:
    good = serving_row(*MODELS[0], 8, max_num_seqs=8)
    bad = {
        "most is text": good | {"max_num_seqs": "all"},
        "most is none": good | {"max_num_seqs": "nan"},
        "no-such-model": good | {"model_id": "no-such-model"},
        "no-such-chip": good | {"gpu_model": "Z80"},
        "no-such-format": good | {"weight_precision": "fp3"},
        "text": good | {"avg_power_watts": "many"},
        "zero": good | {"avg_batch_size": 0},
        "negative": good | {"median_itl_ms": -1},
        "infinite": good | {"avg_power_watts": "inf"},
        "unpublished": good | {"model_id": "gpt-4-reported"},
    }
    rows, unusable = read_rows(serving_file(tmp_path / "a.csv", [good, *bad.values()]))
    assert len(rows) == 1
    assert [u.line for u in unusable] == list(range(3, 3 + len(bad)))
    assert all(u.why for u in unusable)
    data = validate(rows, unusable, fit_from_catalog(), draws=20).json()["results"]
    assert len(data["rows"]) == 1
    assert len(data["unusable"]) == len(bad)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "model_id\nx\n"])
def test_a_file_without_the_columns_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.csv"
    path.write_text(text)
    with pytest.raises(WattlineError, match="missing"):
        read_rows(path)


def test_scores_are_those_of_the_hand(tmp_path: Path) -> None:
    fit = fit_from_catalog()
    rows = made(tmp_path, fit)
    exact = validate(rows, [], fit, draws=200)
    for measure in MEASURES:
        assert exact.score(measure)["mean_error_percent"] == pytest.approx(0.0, abs=1e-6)
        assert exact.score(measure)["coverage_percent"] == 100.0
    exact.measured["power"][:6] *= 2.0
    score = exact.score("power")
    assert score["mean_error_percent"] == pytest.approx(50.0 * 6 / len(rows))
    assert score["bias_percent"] == pytest.approx(-50.0 * 6 / len(rows))
    assert score["median_error_percent"] == pytest.approx(0.0, abs=1e-6)
    assert score["coverage_percent"] < 100.0
    by = replace(exact, by="model").json()["results"]["groups"]
    assert by["llama-3.1-8b"]["power"]["mean_error_percent"] == pytest.approx(50.0)
    assert sum(group["power"]["n"] for group in by.values()) == len(rows)
    replicas = replace(exact, by="gpus").json()["results"]["groups"]
    assert set(replicas) == {f"{row.chips} × {row.chip.record.title}" for row in rows}
    assert sum(group["power"]["n"] for group in replicas.values()) == len(rows)


def test_a_fit_finds_what_made_the_rows(tmp_path: Path) -> None:
    shipped = fit_from_catalog()
    single = dict(shipped.coefficients["hopper"])
    truth = StepFit({"hopper": single | {"memory_efficiency": 0.7, "byte_power": 0.6}}, shipped.assumed)
    rows = made(tmp_path, truth, noise=0.01)
    fit = fit_step(rows)
    for measure in MEASURES:
        assert validate(rows, [], fit, draws=20).score(measure)["mean_error_percent"] < 5.0
    assert (
        validate(rows, [], shipped, draws=20).score("itl")["mean_error_percent"]
        > 2 * validate(rows, [], fit, draws=20).score("itl")["mean_error_percent"]
    )
    again = fit_step(rows)
    assert again.coefficients == fit.coefficients


def test_slopes_moved_together_are_those_of_each_coefficient_alone(tmp_path: Path) -> None:
    """Also of pictures of one size, which feel the length of another task's prompts."""
    tasks = ("gpqa", "lm-arena-chat", "image-chat", "video-chat")
    models = [MODELS[0], ("google/gemma-3-27b-it", 2, "bfloat16"), ("Qwen/Qwen3-VL-8B-Instruct", 1, "bfloat16")]
    raw = [serving_row(*model, batch, task=task) for model in models for task in tasks for batch in (16, 128)]
    rows, _ = read_rows(serving_file(tmp_path / "rows.csv", raw))
    left = StepResiduals(rows)
    vector = np.minimum(left.layout.start, left.layout.highest - 1e-6)
    base, slopes = left.at(vector), left.slopes(vector)
    for place in range(len(vector)):
        moved = vector.copy()
        moved[place] += STEP
        assert slopes[:, place] == pytest.approx((left.at(moved) - base) / STEP, abs=1e-5)


def test_the_median_step_has_no_jump(tmp_path: Path) -> None:
    """A fit cannot cross a jump: as more prompts come together, the median step turns to mixed ones bit by bit."""
    raw = [serving_row("meta-llama/Llama-3.1-70B-Instruct", 4, "bfloat16", batch, task="lm-arena-chat")
           for batch in (32, 64, 128, 256)]  # fmt: skip
    rows, _ = read_rows(serving_file(tmp_path / "raw.csv", raw))
    fit = fit_from_catalog()
    logs = [
        np.log(
            replace(fit, assumed=replace(fit.assumed, together={"lm-arena-chat": float(together)})).predict(rows).itl_s
        )
        for together in np.geomspace(0.1, 2.0, 600)
    ]
    assert np.ptp(logs, axis=0).max() > 0.1
    assert np.abs(np.diff(logs, axis=0)).max() < 0.02


def test_too_few_rows_are_not_fitted(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match="too few"):
        fit_step(made(tmp_path, fit_from_catalog())[:5])


def test_groups_are_left_out_whole(tmp_path: Path) -> None:
    rows = made(tmp_path, fit_from_catalog())
    seen: list[int] = []
    for name, others, own in each_left_out(rows, "family"):
        assert {family_of(rows[i].model) for i in own} == {name}
        assert name not in {family_of(rows[i].model) for i in others}
        seen += own
    assert sorted(seen) == list(range(len(rows)))
    assert {family_of(row.model) for row in rows} == {"llama", "qwen"}


def test_predictions_and_plot_are_written(tmp_path: Path) -> None:
    rows = made(tmp_path, fit_from_catalog())
    result = validate(rows, [], fit_from_catalog(), draws=20)
    result.write_csv(tmp_path / "p.csv")
    with (tmp_path / "p.csv").open() as file:
        written = list(csv.DictReader(file))
    assert len(written) == len(rows)
    for row in written:
        assert float(row["predicted_power_watts"]) == pytest.approx(float(row["avg_power_watts"]), rel=1e-6)
        assert row["model_id"].count("/") == 1
    page = parity_page(result.json())
    HTMLParser().feed(page)
    assert page.count("<circle") == 4 * len(rows)
    assert "http" not in page


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path, fit_from_catalog())
    with pytest.raises(SystemExit) as done:
        main(["validate", "inference", str(tmp_path / "made.csv"), "--by", "model", "--json"])
    assert not done.value.code
    data = json.loads(capsys.readouterr().out)["results"]
    assert len(data["rows"]) == 24
    assert set(data["scores"]["energy_per_token"]) == {"n", *ERRORS, "coverage_percent"}
    for wrong in (["--by", "colour"], ["--leave-out", "task"]):
        with pytest.raises(SystemExit) as failed:
            main(["validate", "inference", str(tmp_path / "made.csv"), *wrong])
        assert failed.value.code == 2
        assert capsys.readouterr().err.startswith("wattline: --")


@pytest.mark.shared
def test_on_measured_serving(shared_data: Path) -> None:
    rows, unusable = read_rows(shared_data / "mlenergy" / "llm.csv")
    assert (len(rows), unusable) == (553, [])
    result = validate(rows, unusable, fit_from_catalog())
    limits = {"energy_per_token": 5.0, "power": 4.0, "itl": 8.0, "throughput": 5.5}
    for measure, limit in limits.items():
        assert result.score(measure)["mean_error_percent"] < limit, measure
        assert 85 <= result.score(measure)["coverage_percent"] <= 99, measure


@pytest.mark.long
@pytest.mark.shared
def test_rows_of_known_models_that_the_fit_has_not_seen(shared_data: Path) -> None:
    rows, _ = read_rows(shared_data / "mlenergy" / "llm.csv")
    kept = [row for i, row in enumerate(rows) if i % 10 != 3]
    result = validate(rows[3::10], [], fit_step(kept))
    limits = {"energy_per_token": 10.0, "power": 8.0, "itl": 12.0}
    for measure, limit in limits.items():
        assert result.score(measure)["mean_error_percent"] < limit, measure


@pytest.mark.long
@pytest.mark.shared
def test_the_shipped_coefficients_are_those_of_the_fit(shared_data: Path) -> None:
    rows, _ = read_rows(shared_data / "mlenergy" / "llm.csv")
    result, shipped = fit_step(rows), fit_from_catalog()
    assert sorted(result.coefficients) == sorted(shipped.coefficients)
    # an optimiser's last digits may differ between machines
    loose = {"link_power": 0.1, "clock_exponent": 0.05}  # few rows tell of them: the valley is flat there
    for generation, values in result.coefficients.items():
        for name, value in values.items():
            assert shipped.coefficients[generation][name] == pytest.approx(value, rel=loose.get(name, 0.02)), name
    for name in ("input_tokens", "media_s", "distinct", "together"):
        assert getattr(shipped.assumed, name) == pytest.approx(getattr(result.assumed, name), rel=0.02)
    for measure, logs in result.campaigns.logs.items():
        assert shipped.campaigns.logs[measure] == pytest.approx(logs, abs=0.02)
