"""Results of MLPerf Inference: how they are read, what a tuned server reaches under their loads, and the fit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mlperf_files import mlperf_file, mlperf_row
from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.cli.main import app
from wattline.core.errors import WattlineError
from wattline.line.chip.coefficients import coefficients
from wattline.line.chip.device import load_chip
from wattline.line.chip.tuned import load_tuned, nearest_tuned, with_tuned
from wattline.line.engine.steady_load import ServedModel, SteadyLoad, best, layouts, load_facts
from wattline.line.work.inputs import read_model
from wattline.validate.evidence.mlperf_groups import groups_of
from wattline.validate.evidence.mlperf_inference import MlperfRow, load_of, read_mlperf
from wattline.validate.evidence.mlperf_works import read_works
from wattline.validate.evidence.reported_chips import reported_chip
from wattline.validate.fit.mlperf import MlperfFit, fit_mlperf, predict
from wattline.validate.fit.mlperf_known import known_beforehand
from wattline.validate.fit.mlperf_left_out import predict_left_out
from wattline.validate.mlperf import validate, with_works
from wattline.validate.mlperf_works import compare_work, works_json

CATALOG, DRAWS = default(), Draws(0)
FACTS = load_facts(CATALOG)
CHAT = SteadyLoad(input_tokens=250, output_tokens=300, output_spread=0.9)


def served(chip: str, model: str = "llama-2-70b", precision: str = "fp8", cache_bytes: float = 1.0) -> ServedModel:
    device = load_chip(chip, DRAWS)
    fit = with_tuned(coefficients(device.generation, DRAWS), load_tuned(device, DRAWS))
    return ServedModel(read_model(model, CATALOG), device, precision, cache_bytes, fit)


def rows_of(tmp_path: Path, *rows: dict[str, str]) -> tuple[list[MlperfRow], list[tuple[int, str, str]]]:
    return read_mlperf(mlperf_file(tmp_path / "results.csv", list(rows)), CATALOG)


@pytest.mark.parametrize(
    ("text", "chip"),
    [
        ("NVIDIA H200-SXM-141GB", "h200-sxm"),
        ("Virtualized NVIDIA H200-SXM-141GB", "h200-sxm"),
        ("NVIDIA H200-NVL-141GB", "h200-nvl"),
        ("NVIDIA H100-PCIe-80GB", "h100-pcie"),
        ("NVIDIA GH200 Grace Hopper Superchip 96GB", "gh200"),
        ("AMD MI300X-NPS1-SPX-192GB-750W", "mi300x"),
        ("AMD Instinct MI355X 288GB HBM3e", "mi355x"),
        ("NVIDIA GB200-186GB_aarch64", "gb200"),
        ("Intel(R) Gaudi(R) 2", "gaudi2"),
        ("a chip of nobody", None),
    ],
)
def test_a_chip_is_known_by_what_submitters_write_around_its_name(text: str, chip: str | None) -> None:
    record = reported_chip(text, CATALOG)
    assert (record.name if record else None) == chip


def test_a_result_has_its_load_its_format_and_its_engine(tmp_path: Path) -> None:
    (row,), unused = rows_of(tmp_path, mlperf_row(scenario="Interactive", nodes=2))
    assert not unused
    assert (row.chips, row.precision, row.engine, row.year, row.pipelines) == (16, "fp8", "trtllm", 2025, True)
    assert row.load.output_tokens == 292
    assert (row.load.ttft_s, row.load.tpot_s, row.load.random) == (0.45, 0.04, True)


def test_rounds_that_state_what_was_downloaded_run_what_their_engine_makes_of_it(tmp_path: Path) -> None:
    old = {"round": "v4.1", "weights": "fp16"}
    rows, _ = rows_of(
        tmp_path,
        mlperf_row(**old),
        mlperf_row(**old, chip="NVIDIA B200-SXM-180GB"),
        mlperf_row(**old, software="vLLM 0.5", chip="AMD Instinct MI300X 192GB HBM3"),
    )
    assert [row.precision for row in rows] == ["fp8", "nvfp4", "bf16"]
    assert not any(row.pipelines for row in rows)


def test_requests_of_the_beam_search_count_as_their_tokens(tmp_path: Path) -> None:
    rows, _ = rows_of(
        tmp_path,
        mlperf_row(model="gptj-99", scenario="Server", unit="Queries/s", performance=100, tokens_per_sample=""),
        mlperf_row(model="gptj-99", unit="Tokens/s", performance=100, tokens_per_sample=""),
        mlperf_row(model="llama3.1-8b", scenario="Interactive", unit="Queries/s", performance=100),
    )
    assert [row.tokens_per_s for row in rows] == [6900, 100, 100]
    assert rows[0].load.beams == 4


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"division": "open"}, "open division"),
        ({"location": "closed/x/results/H200x8_TRT_MaxQ/llama2"}, "power limits"),
        ({"model": "bert-99"}, "no language model"),
        ({"chip": "a chip of nobody"}, "not in the catalog"),
        ({"scenario": "SingleStream"}, "SingleStream"),
        ({"performance": "fast"}, "not a number"),
        ({"performance": "-1"}, "out of range"),
    ],
)
def test_what_is_not_compared_says_why(tmp_path: Path, cells: dict[str, str], why: str) -> None:
    rows, unused = rows_of(tmp_path, mlperf_row(**cells))
    assert not rows
    assert why in unused[0][2]


def test_a_file_of_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(WattlineError, match="round, division"):
        read_mlperf(path, CATALOG)


def test_results_of_training_go_where_training_is_compared(tmp_path: Path) -> None:
    path = tmp_path / "training.csv"
    path.write_text("round,global_batch_size\nv5.1,8\n")
    done = CliRunner().invoke(app, ["validate", "mlperf", str(path)])
    assert "column submitter, chip" in str(done.exception)


CHIPS = st.sampled_from(["h100-sxm", "h200-sxm", "b200", "mi300x", "l40s", "a100-sxm-80gb", "tpu-v6e", "gaudi3"])


@settings(max_examples=20, deadline=None)
@given(CHIPS, st.integers(50, 4000), st.integers(20, 2000))
def test_a_smaller_cache_and_free_time_never_serve_less(chip: str, read: int, written: int) -> None:
    load = SteadyLoad(read, written, 0.5)
    wide, narrow = (best(served(chip, cache_bytes=size), 8, load, FACTS) for size in (2.0, 1.0))
    assert wide is not None
    assert narrow is not None
    assert narrow.tokens_per_s >= wide.tokens_per_s * (1 - 1e-9)
    tight = best(served(chip), 8, replace(load, ttft_s=3.0, tpot_s=0.1, random=True), FACTS)
    assert tight is None or tight.tokens_per_s <= narrow.tokens_per_s * (1 + 1e-9)
    assert tight is None or tight.step_s * FACTS.tail <= 0.1 * (1 + 1e-9)


def test_a_latency_that_no_batch_keeps_serves_nothing() -> None:
    assert best(served("h100-sxm"), 8, replace(CHAT, tpot_s=1e-4), FACTS) is None
    assert best(served("l4", "llama-3.1-405b", "bf16", 2.0), 8, CHAT, FACTS) is None


def test_attention_is_split_by_requests_where_its_cache_is_one_latent() -> None:
    assert any(each.ranks > 1 for each in layouts(served("b200", "deepseek-r1"), 8, CHAT, FACTS))
    assert not any(each.ranks > 1 for each in layouts(served("b200"), 8, CHAT, FACTS))
    assert not any(each.stages > 1 for each in layouts(served("b200"), 8, CHAT, FACTS, pipelines=False))


BOARDS = [("h100-pcie", "h100-sxm"), ("h100-nvl", "h100-sxm"), ("mi300x", "mi325x")]


@pytest.mark.parametrize(("small", "large"), BOARDS)
def test_boards_of_the_same_silicon_differ_by_what_they_let_through(small: str, large: str) -> None:
    less, more = (best(served(chip), 8, CHAT, FACTS) for chip in (small, large))
    assert less is not None
    assert more is not None
    assert less.tokens_per_s < more.tokens_per_s
    # joules of a token belong to the silicon: the smaller board, which runs slower, takes no more of them
    assert less.chip_w / less.tokens_per_s < 1.1 * more.chip_w / more.tokens_per_s


def test_a_chip_never_measured_takes_its_generation_then_its_vendor_then_any() -> None:
    expected = {"h200-sxm": "chip", "gb300": "generation", "l40s": "vendor", "mi355x": "vendor", "gaudi3": "any"}
    assert {name: nearest_tuned(load_chip(name, DRAWS), CATALOG) for name in expected} == expected
    wide = [CATALOG.fact(f"fit.tuned-spread-time-{name}") for name in ("generation", "vendor", "any")]
    assert all(a.high / a.low <= b.high / b.low * 1.001 for a, b in pairwise(wide))


def test_what_training_reaches_of_eight_bits_stands_before_any_result_of_serving() -> None:
    known = known_beforehand(CATALOG)
    rate = {name: CATALOG.fact(f"fit.training-eight-bit-rate{name}").value for name in ("", "-amd", "-cdna3")}
    # of nameplates: the mean of MI300X's and MI325X's under their power limits; MI355X's is not measured
    left = float(np.sqrt(1273 / 2614.9 * 1519 / 2614.9)) / 0.71
    rate |= {"-cdna3": rate["-cdna3"] * left, "-amd": rate["-amd"] * left**0.5}
    assert np.exp(known["narrow-time-amd"]) == pytest.approx(rate[""] / rate["-amd"])
    assert np.exp(known["narrow-time-cdna3"]) == pytest.approx(rate["-amd"] / rate["-cdna3"])
    assert known["power-amd"] > 0
    fit = MlperfFit({"narrow-time": 0.0}, beforehand=known)
    assert fit.of_chip("narrow-time", "amd", "cdna3") == pytest.approx(rate[""] / rate["-cdna3"])
    assert fit.of_chip("narrow-time", "nobody", "unknown") == 1.0
    moved = MlperfFit({"narrow-time": 0.0, "narrow-time-amd": 0.1}, beforehand=known)  # what was fitted goes before
    assert moved.of_chip("narrow-time", "amd", "") == pytest.approx(np.exp(0.1))


def test_gpt_j_follows_four_beams_and_has_no_latency_offline() -> None:
    load = load_of("gptj", "Offline", False, DRAWS)
    assert (load.beams, load.ttft_s, load.latency_s, load.random) == (4, None, None, False)
    assert load_of("gptj", "Server", False, DRAWS).latency_s == 20


def made_rows(tmp_path: Path) -> list[MlperfRow]:
    """Results of three kinds of chip, each 1.2 times what is thought beforehand."""
    raw = [
        mlperf_row(chip=chip, model=model)
        for chip in ("NVIDIA H200-SXM-141GB", "NVIDIA H100-SXM-80GB", "NVIDIA GH200 96GB")
        for model in ("llama2-70b-99", "llama3.1-8b")
    ]
    rows, _ = rows_of(tmp_path, *raw)
    beforehand = fit_mlperf(rows, FACTS, rounds=0)
    stated = [predict(beforehand, row, FACTS) for row in rows]
    return [
        replace(row, tokens_per_s=1.2 * each.tokens_per_s * row.chips)
        for row, each in zip(rows, stated, strict=True)
        if each is not None
    ]


def median_error(fit: MlperfFit, rows: Sequence[MlperfRow]) -> float:
    """The median error of tokens/s, as a logarithm."""
    made = [(predict(fit, group.row, FACTS), group.measured) for group in groups_of(rows)]
    return float(np.median([abs(np.log(each.tokens_per_s / measured)) for each, measured in made if each]))


def test_a_fit_moves_to_what_was_measured_and_so_does_one_without_a_chip(tmp_path: Path) -> None:
    rows = made_rows(tmp_path)
    fit = fit_mlperf(rows, FACTS, rounds=4)
    # six results against what stands beforehand: a fifth at most is left of what that was off
    assert median_error(fit, rows) < 0.2 * median_error(fit_mlperf(rows, FACTS, rounds=0), rows)
    chips = {row.chip.record.name for row in rows}
    assert set(fit.measured) == chips
    left = predict_left_out(rows, "chip", FACTS)
    ratio = [each.tokens_per_s * row.chips / row.tokens_per_s for row, each in zip(rows, left, strict=True) if each]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.12)


def test_the_command_prints_scores_rows_and_reasons(tmp_path: Path) -> None:
    rows = [mlperf_row(wall_w=7000), mlperf_row(model="dlrm-v2-99"), mlperf_row(chip="NVIDIA L40S")]
    path = str(mlperf_file(tmp_path / "r.csv", rows))
    runner = CliRunner()
    shown = runner.invoke(app, ["validate", "mlperf", path, "--each", "--draws", "50"])
    assert shown.exit_code == 0, shown.output
    assert "no language model" in shown.output
    done = runner.invoke(app, ["validate", "mlperf", path, "--by", "model", "--json", "--draws", "50"])
    results = json.loads(done.output)["results"]
    assert results["scores"]["throughput"]["n"] == 2
    assert results["scores"]["wall_power"]["n"] == 1
    assert list(results["groups"]) == ["llama-2-70b"]
    first = results["rows"][0]
    low, middle, high = (first["predicted_output_tokens_per_s"][q] for q in ("p5", "p50", "p95"))
    assert low < middle < high
    wrong = runner.invoke(app, ["validate", "mlperf", path, "--leave-out", "moon"])
    assert "moon" in str(wrong.exception)


def test_results_of_no_language_model_are_compared_too(tmp_path: Path) -> None:
    """BERT on eight H100 in INT8, Whisper on eight H200; a virtual machine's chips are named and not compared."""
    h100 = {"chip": "NVIDIA H100-SXM-80GB", "round": "v4.1", "model": "bert-99", "weights": "int8"}
    rows = [
        mlperf_row(**h100, performance=71861),
        mlperf_row(**h100, performance=57488, scenario="Server"),
        mlperf_row(model="whisper", weights="fp16", performance=34087, wall_w=7000),
        mlperf_row(model="stable-diffusion-xl", chip="Virtualized NVIDIA H200-SXM-141GB", performance=18),
        mlperf_row(),
    ]
    path = mlperf_file(tmp_path / "r.csv", rows)
    language, unused = read_mlperf(path, CATALOG)
    result = with_works(validate(language, unused, CATALOG, draws=50), path, CATALOG, 200).json()["results"]
    assert [row["model"] for row in result["works"]["rows"]] == ["bert-large", "bert-large", "whisper-large-v3"]
    assert all(abs(row["error_percent"]) < 15 for row in result["works"]["rows"])
    assert [row["why"] for row in result["unusable"]] == ["a virtual machine's chips"]
    assert len(result["rows"]) == 1


def test_published_rates_of_bert_whisper_and_images_are_within_fifteen_percent(shared_data: Path) -> None:
    rows, _ = read_works(shared_data / "mlperf_inference/results_v4.1_v5.1.csv", CATALOG)
    drawn = Draws(100, catalog=CATALOG)
    scores = works_json([compare_work(row, drawn) for row in rows[::3]])["scores"]
    for name in ("bert-large", "whisper-large-v3", "stable-diffusion-xl"):
        assert scores[name]["throughput"]["mean_error_percent"] < 12, name
        assert scores[name]["throughput"]["coverage_percent"] > 85, name


def test_published_results_are_within_their_errors(shared_data: Path) -> None:
    rows, unused = read_mlperf(shared_data / "mlperf_inference/results_v4.1_v5.1.csv", CATALOG)
    result = validate(rows, unused, CATALOG, draws=200).json()["results"]["scores"]
    assert result["throughput"]["median_error_percent"] < 6
    assert result["throughput"]["coverage_percent"] > 85
    assert result["wall_power"]["median_error_percent"] < 10
