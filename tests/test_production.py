"""What runs to their end reach beside a tuned step, and what their chips draw."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.training.facts import training_facts
from wattline.line.chip.training.plan import Recipe
from wattline.line.chip.training.production import (
    Production,
    central_step,
    old_software,
    power_is_measured,
    production,
    production_power_w,
    split,
    step_time_s,
    training_power_w,
    tuned_power_w,
    usual_chips,
)
from wattline.line.chip.training.rates import rarely_tuned
from wattline.line.work.model import load_model
from wattline.line.work.training import usual_model, usual_sequence

CHIPS = sorted(catalog.default().records("chip"))


@cache
def device(name: str, n: int = 200) -> tuple[Chip, Draws]:
    draws = Draws(n)
    return load_chip(name, draws), draws


def run_of(name: str, chip_name: str, chips: int, form: str = "bf16", year: int = 0) -> Production:
    chip, draws = device(chip_name)
    model = load_model(name, catalog.default())
    recipe = Recipe(old_software(chip, year))
    step = central_step(model, chip_name, chips, usual_sequence(model, catalog.default()), form, recipe, draws)
    return production(model, chip, step, form, draws)


@settings(max_examples=25)
@given(st.sampled_from(CHIPS), st.sampled_from(["llama-3.2-1b", "mistral-7b"]), st.sampled_from([64, 1000]))
def test_a_run_is_slower_than_its_step_and_within_physics(chip_name: str, name: str, chips: int) -> None:
    chip, draws = device(chip_name)
    run, facts = run_of(name, chip_name, chips), training_facts(draws.catalog)
    assert np.all((run.mfu > 0) & (run.mfu <= facts.largest_mfu))
    assert np.all(run.slowness >= 1 / facts.beyond_tuned - 1e-9)
    watts = production_power_w(chip, run, draws) if power_is_measured(chip) else training_power_w(chip, draws)
    assert np.all((watts >= np.minimum(chip.idle_w, chip.tdp_w)) & (watts <= chip.tdp_w))


def test_hardly_a_draw_is_faster_than_the_tuned_step() -> None:
    run = run_of("llama-3.1-70b", "h100-sxm", 1024)
    plan = run.step.plan
    tuned = wl.train("llama-3.1-70b", "1T", "h100-sxm", 1024, tuned=True, draws=0).quantities["mfu"]
    assert np.percentile(run.mfu, 98) <= 1.4 * float(tuned)  # the tuned run's own evaluation is in its MFU
    assert np.mean(run.slowness > 1) > 0.95
    assert plan.chips == 1024


def test_factors_act_on_their_parts() -> None:
    step = run_of("llama-3.1-8b", "h100-sxm", 256).step
    unfused, others = split(step)
    # the factor of small kernels has in it what they wait for
    kernels = float(step.time_s - step.parts_s["between kernels"])
    assert float(unfused + others) == pytest.approx(kernels)
    assert float(step_time_s(step, 1.0, 1.0)) == pytest.approx(kernels)
    assert float(step_time_s(step, 1.5, 1.0)) == pytest.approx(1.5 * kernels)
    assert float(step_time_s(step, 1.0, 3.0)) == pytest.approx(kernels + 2 * float(unfused))


def test_wide_layers_narrow_formats_and_later_software_reach_more() -> None:
    small, large = (np.median(run_of(name, "h100-sxm", 512).mfu) for name in ("llama-3.1-8b", "llama-3.1-70b"))
    assert small < large
    chip, _ = device("h100-sxm")
    wide, narrow = (run_of("llama-3.1-70b", "h100-sxm", 512, form) for form in ("bf16", "fp8"))
    gain = np.median(narrow.mfu) * chip.peak_flops("fp8") / (np.median(wide.mfu) * chip.peak_flops("bf16"))
    assert 1.2 < gain < 2.0
    old, new = (np.median(run_of("bloom-176b", "a100-sxm-80gb", 384, year=year).mfu) for year in (2022, 2023))
    assert old < 0.85 * new
    # a chip that came later brought its own software
    assert np.array_equal(*(run_of("bloom-176b", "h100-sxm", 512, year=year).mfu for year in (2022, 2023)))


def test_rarely_tuned_is_16_bits_where_8_are_there() -> None:
    for name, form, rarely in (
        ("h100-sxm", "bf16", True),
        ("h100-sxm", "fp8", False),
        ("a100-sxm-80gb", "bf16", False),
        ("tpu-v4", "bf16", False),
        ("b200", "tf32", True),
    ):
        assert rarely_tuned(device(name)[0], form) == rarely


def test_power_falls_as_runs_are_slower_and_meters_confirm_the_step() -> None:
    chip, draws = device("h100-sxm", 0)
    model = load_model("gpt-3-175b", catalog.default())
    step = central_step(model, "h100-sxm", 512, 2048, "fp8", Recipe(), draws)
    tuned = float(tuned_power_w(chip, step, draws))
    # node meters: 6,850 W, of which the host takes its part
    assert 8 * tuned + float(chip.host_w) * 8 == pytest.approx(6850, rel=0.06)
    slower = [
        float(production_power_w(chip, Production(step, step.time_s * s, np.asarray(0.3)), draws))
        for s in (1.0, 1.5, 3.0)
    ]
    assert tuned == pytest.approx(slower[0])
    assert slower == sorted(slower, reverse=True)
    assert slower[-1] > float(chip.idle_w)


@given(st.floats(1e19, 1e27), st.sampled_from(["a100-sxm-80gb", "h100-sxm", "tpu-v4"]), st.integers(1, 5000))
def test_usual_chips_hold_the_model(flops: float, name: str, least: int) -> None:
    chips = usual_chips(device(name)[0], flops, least)
    assert chips >= max(least, 8)
    assert chips.bit_count() == 1


@given(st.floats(1e8, 2e12))
def test_a_usual_model_has_its_parameters(params: float) -> None:
    model = usual_model(params)
    assert model.layers > 0
    if params > 3e9:
        assert model.total_params == pytest.approx(params, rel=0.35)


def test_the_batch_is_what_is_asked() -> None:
    few, many = (
        wl.train("llama-3.1-70b", "1T", "h100-sxm", 1024, batch_tokens=batch, draws=0) for batch in ("4M", "64M")
    )
    assert few.json()["inputs"]["batch_tokens"] == 4e6
    assert float(many.quantities["mfu"]) >= float(few.quantities["mfu"])
    names = [reason.name for reason in few.reasons]
    assert "tuned training step" in names
    assert "step: bubble" in names or "step: gradients and weights" in names
    reported = sum(float(reason.value) for reason in few.reasons if reason.name.startswith("step: "))
    step = next(float(reason.value) for reason in few.reasons if reason.name == "tuned training step")
    assert reported == pytest.approx(step)


def test_a_replaced_value_leaves_no_step_among_the_reasons() -> None:
    answer = wl.train("llama-3.1-70b", "1T", "h100-sxm", 1024, mfu=0.4, draws=0)
    assert not any(reason.name.startswith("step: ") for reason in answer.reasons)


@pytest.mark.parametrize(
    ("batch", "message"), [("5", "less than one sequence"), ("8192", "fits no even layout"), (0, "zero")]
)
def test_a_batch_that_cannot_be_is_told(batch: str, message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        wl.train("llama-3.1-8b", "1T", "h100-sxm", 1009, batch_tokens=batch)
