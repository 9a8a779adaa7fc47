"""Training of adapters, what training reaches of chips, and results of MLPerf Training."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import wattline as wl
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.cli.main import app
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.chip.training.facts import training_facts
from wattline.line.chip.training.layout import plans
from wattline.line.chip.training.memory import chip_memory_bytes
from wattline.line.chip.training.plan import Layouts, Plan, Recipe
from wattline.line.chip.training.rates import is_known, nearest_fact
from wattline.line.chip.training.step import best_plan, training_step
from wattline.line.work.flops import training_flops
from wattline.line.work.model import load_model
from wattline.line.work.objectives import read_objective
from wattline.line.work.tuning import adapter_params, stored_bytes
from wattline.validate.evidence.chip_names import find_chip
from wattline.validate.evidence.mlperf_training import read_results
from wattline.validate.fit.training_experts import validate_left_out
from wattline.validate.steps import score, validate

CATALOG, FACTS = catalog.default(), training_facts(catalog.default())
MODELS = ("llama-3.1-8b", "llama-2-70b", "mixtral-8x7b", "deepseek-v3")


def memory_gb(name: str, method: str, tokens: int = 2048) -> float:
    plan = Plan(1, 1, 1, 1, tokens, recompute="full", method=method)
    return float(chip_memory_bytes(load_model(name, CATALOG), Layouts.of(plan), FACTS)) / 1e9


def test_adapters_of_8b_fit_a_card_of_24_gb_and_whole_training_does_not() -> None:
    assert memory_gb("llama-3.1-8b", "lora") < 22 < memory_gb("llama-3.1-8b", "full")
    assert memory_gb("llama-3.1-8b", "qlora") < 10
    # QLoRA's paper trains 65B on a card of 48 GB
    assert memory_gb("llama-65b", "qlora", 512) < 48
    card = load_chip("rtx-4090", Draws(0))
    assert (
        best_plan(load_model("llama-3.1-8b", CATALOG), card, 1, 2048, "bf16", 8, recipe=Recipe(method="lora")).data == 1
    )
    with pytest.raises(WattlineError, match="fits no even layout"):
        plans(load_model("llama-3.1-8b", CATALOG), card, 1, 8, 2048)


def test_adapters_by_hand() -> None:
    # rank 16 beside attention's two products of each layer of Llama 2 70B: to queries, keys and values, and back
    hidden, layers, columns = 8192, 80, 8192 + 2 * 8 * 128
    assert adapter_params(load_model("llama-2-70b", CATALOG), "lora") == 16 * layers * (hidden + columns + 2 * hidden)
    assert adapter_params(load_model("llama-2-70b", CATALOG), "full") == 0
    assert stored_bytes(load_model("llama-2-70b", CATALOG), "lora") == pytest.approx(2.0)
    assert 0.5 < stored_bytes(load_model("llama-2-70b", CATALOG), "qlora") < 0.6
    with pytest.raises(WattlineError, match="none of full, lora, qlora"):
        read_objective("dora")


@given(st.sampled_from(MODELS), st.sampled_from([512, 2048, 8192]))
def test_frozen_weights_save_a_third_of_their_work_and_no_attention(name: str, tokens: int) -> None:
    model = load_model(name, CATALOG)
    whole, frozen = (float(training_flops(model, 1.0, tokens, frozen=each)) for each in (False, True))
    assert whole - frozen == pytest.approx(2.0 * model.matmul_params_active)
    assert frozen > whole * 2 / 3 * (1 - 1e-9)


@given(st.sampled_from(MODELS), st.sampled_from(["h100-sxm", "b200", "mi300x"]), st.integers(0, 5))
def test_adapters_take_less_time_and_memory_than_the_whole(name: str, chip_name: str, index: int) -> None:
    model, chip = load_model(name, CATALOG), load_chip(chip_name, Draws(0))
    every = plans(model, chip, 256, 512, 4096)
    plan = every.pick(index * (every.tensor.size - 1) // 5)
    times, sizes = [], []
    for method in ("full", "lora"):
        own = Plan(**{**plan.__dict__, "method": method})
        times.append(float(training_step(model, chip, own, "bf16", chip.draws).time_s))
        sizes.append(float(chip_memory_bytes(model, Layouts.of(own), FACTS)))
    assert times[1] < times[0]
    assert sizes[1] < sizes[0]


def test_a_chip_takes_its_generations_coefficients_or_its_vendors() -> None:
    for name, fact, known in (
        ("h200-sxm", "training-attention-rate-hopper", True),
        ("mi325x", "training-attention-rate-cdna3", True),
        ("tpu-v6e", "training-attention-rate-google", False),
        ("l40s", "training-attention-rate-nvidia", False),
        ("gaudi3", "training-attention-rate", False),
    ):
        chip = load_chip(name, Draws(0))
        assert nearest_fact("attention_rate", chip, CATALOG) == fact
        assert is_known(chip, CATALOG) is known
    widths = [np.log(f.high / f.low) for f in (CATALOG.fact(f"fit.training-step-spread-{k}") for k in ("known", "new"))]
    assert widths[0] < widths[1]


def test_large_mixtures_fit_chips_that_hold_narrow_moments() -> None:
    """A published run of Kimi K2 on 256 H100."""
    chip = load_chip("h100-sxm", Draws(0))
    plan = best_plan(load_model("kimi-k2", CATALOG), chip, 256, 4096, "bf16", 512)
    assert plan.states != "wide"
    assert best_plan(load_model("llama-3.1-8b", CATALOG), chip, 256, 4096, "bf16", 512).states == "wide"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NVIDIA Blackwell GPU (B200-SXM-180GB)", "b200"),
        ("NVIDIA Blackwell Ultra GPU (GB300)", "gb300"),
        ("AMD Instinct MI300X 192GB HBM3", "mi300x"),
        ("NVIDIA H100-NVL-94GB", "h100-nvl"),
        ("NVIDIA A100-SXM4-80GB", "a100-sxm-80gb"),
        ("TPU-trillium", "tpu-v6e"),
        ("a wholly unknown accelerator", None),
    ],
)
def test_chips_in_the_words_of_result_files(text: str, name: str | None) -> None:
    chip = find_chip(text, CATALOG)
    assert (chip and chip.name) == name


COLUMNS = [
    "round",
    "submitter",
    "chip",
    "chips",
    "benchmark",
    "duration_s_median",
    "global_batch_size",
    "samples_at_end_median",
    "train_step_s_median",
    "throughput_median",
    "framework",
]
ROWS = [  # made: like results, and like none of them
    ["v5.1", "A", "NVIDIA Blackwell GPU (GB300)", "8", "llama31_8b", "4500", "16", "170000", "0.4", "", ""],
    ["v5.0", "B", "AMD Instinct MI325X", "8", "llama2_70b_lora", "1300", "8", "3072", "", "2.7", "ROCm"],
    ["v4.1", "C", "TPU-v5p", "1024", "gpt3", "3000", "2048", "1207959552", "", "", "maxtext"],
    ["v4.1", "D", "TPU-v5p", "1024", "bert", "3000", "2048", "", "", "", ""],
    ["v4.1", "E", "abacus", "4", "gpt3", "3000", "2048", "", "", "", ""],
]


@pytest.fixture
def results_file(tmp_path: Path) -> Path:
    path = tmp_path / "results.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *ROWS])
    return path


def test_results_are_read_with_the_format_of_their_round(results_file: Path) -> None:
    results, left = read_results(results_file)
    assert [result.precision for result in results] == ["nvfp4", "fp8", "int8"]
    assert results[1].step_s == pytest.approx(8 / 2.7)
    assert results[2].step_s is None
    assert results[2].steps == pytest.approx(1207959552 / 2048 / 2048)
    assert [line for lines in left.values() for line in lines] == [5, 6]


def steps(*words: str) -> Any:
    return CliRunner().invoke(app, ["validate", "steps", *words])


def test_validate_steps_compares_results(results_file: Path) -> None:
    answer = json.loads(steps(str(results_file), "--by", "model", "--json").stdout)
    assert answer["results"]["scores"]["n"] == 3
    assert set(answer["results"]["groups"]) == {"llama-3.1-8b", "llama-2-70b", "gpt-3-175b"}
    assert all(row["range_s"]["p5"] < row["predicted_s"] < row["range_s"]["p95"] for row in answer["results"]["rows"])
    assert "not usable" in steps(str(results_file)).stdout


def test_validate_steps_refuses_what_it_does_not_know(results_file: Path) -> None:
    for words, why in (
        (("--leave-out", "chip"), "without a file, model alone"),
        ((str(results_file), "--by", "colour"), "none of chip, model"),
        ((str(results_file), "--leave-out", "colour"), "none of chip, generation"),
    ):
        refused = steps(*words)
        assert refused.exit_code != 0
        assert why in str(refused.exception)


@pytest.mark.long
def test_leaving_a_generation_out_widens_the_range(results_file: Path) -> None:
    known, new = (
        json.loads(steps(str(results_file), *words, "--json").stdout)["results"]["rows"]
        for words in ((), ("--leave-out", "generation"))
    )
    for before, after in zip(known, new, strict=True):
        ratios = [row["range_s"]["p95"] / row["range_s"]["p5"] for row in (before, after)]
        assert ratios[0] < ratios[1]


def test_adapters_of_8b_train_on_a_card_of_24_gb() -> None:
    answer = wl.train("llama-3.1-8b", "10M", "rtx-4090", 1, sequence=2048, method="lora", region="us", draws=20)
    assert answer.json()["inputs"]["method"] == "lora"
    assert answer.range("mfu").p50 > 0.05
    with pytest.raises(WattlineError, match="does not fit"):
        wl.train("llama-3.1-8b", "10M", "rtx-4090", 1, region="us", draws=20)
    with pytest.raises(WattlineError, match="does not fit"):
        wl.train("llama-3.1-70b", "10M", "rtx-4090", 1, method="qlora", region="us", draws=20)
    with pytest.raises(WattlineError, match="none of full, lora, qlora"):
        wl.train("llama-3.1-8b", "10M", "rtx-4090", 1, method="dora", region="us", draws=20)


@pytest.mark.long
def test_calibrate_experts_makes_what_ships(tmp_path: Path) -> None:
    # the coefficients that ship are those of the command, to the digits that it writes
    path = tmp_path / "experts.toml"
    assert CliRunner().invoke(app, ["calibrate", "experts", "--save", str(path)]).exit_code == 0
    made = dict(catalog.read_records("fit", path.read_text(), "made"))
    shipped = catalog.default().records("fit")
    assert len(made) == 5
    for name, record in made.items():
        for each in ("value", "low", "high"):
            assert getattr(record["value"], each) == pytest.approx(getattr(shipped[name]["value"], each), rel=0.02)


@pytest.mark.long
def test_mixtures_without_their_model_are_further_off() -> None:
    left_out = validate_left_out()
    assert left_out.json()["inputs"]["left_out"] == "model"
    assert all(step.published.model.moe_layers for step in left_out.steps)
    shipped = validate().groups()["mixtures of experts"]
    assert float(score(shipped)["mean_error_percent"]) < float(score(left_out.steps)["mean_error_percent"]) < 20
