"""A training step from its operations: the published benchmark, and physics that holds for every layout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.chip.device import load_chip
from wattline.chip.training_step import Plan, best_plan, fits, plans, training_step, tuned_mfu
from wattline.draws import Draws, Range
from wattline.errors import WattlineError
from wattline.work.model import load_model

# MLPerf Training v4.0, GPT-3 175B on 512 H100 (Supermicro): 1,207,959,552 tokens in 3,411 s, 415.2 kWh at the nodes
TOKENS, SECONDS, NODE_KWH, CHIPS = 1_207_959_552, 3411.0, 415.2, 512
MODELS = ("gpt-3-175b", "llama-3.1-8b", "llama-3.1-70b", "mixtral-8x7b")


def test_gpt_3_on_512_h100_as_measured() -> None:
    answer = wl.train("gpt-3-175b", TOKENS, "h100-sxm", CHIPS, precision="fp8", sequence=2048, tuned=True, pue=1.0)
    assert answer.range("duration_s").p50 == pytest.approx(SECONDS, rel=0.10)
    flops = 6 * 175e9 * TOKENS / (SECONDS * CHIPS * 1979e12)
    assert answer.range("mfu").p50 == pytest.approx(flops, rel=0.10)
    parts = answer.bill.parts
    node = Range.of((parts["chip_active"] + parts["chip_idle"] + parts["host"]) / 3.6e6)
    assert node.p50 == pytest.approx(NODE_KWH, rel=0.10)
    assert answer.range("duration_s").p5 < SECONDS < answer.range("duration_s").p95


@given(st.sampled_from(MODELS), st.sampled_from(["a100-sxm-80gb", "h100-sxm", "b200"]), st.sampled_from([64, 512]))
def test_every_layout_is_physical(name: str, chip_name: str, chips: int) -> None:
    model, draws = load_model(name), Draws(0)
    chip = load_chip(chip_name, draws)
    for plan in list(plans(model, chip, chips, 1024, 2048))[:4]:
        assert plan.chips == chips
        found = training_step(model, chip, plan, "bf16", draws)
        assert 0 < float(tuned_mfu(model, chip, plan, "bf16", draws)) < 1
        assert float(chip.idle_w) <= float(found.power_w) <= float(chip.tdp_w) * (1 + 1e-12)
        assert float(sum(found.parts_s.values())) <= float(found.time_s) * (1 + 1e-12)
        assert all(float(part) >= 0 for part in found.parts_s.values())


@given(st.sampled_from(MODELS), st.integers(1, 4))
def test_slower_hardware_and_longer_sequences_never_speed_a_step_up(name: str, more: int) -> None:
    model, draws = load_model(name), Draws(0)
    chip = load_chip("h100-sxm", draws)
    plan = best_plan(model, chip, 256, 2048, "bf16")
    usual = float(training_step(model, chip, plan, "bf16", draws).time_s)
    for worse in (
        replace(chip, bandwidth_bytes_per_s=chip.bandwidth_bytes_per_s / 2),
        replace(chip, link_bytes_per_s=chip.link_bytes_per_s / 2, beyond_bytes_per_s=chip.beyond_bytes_per_s / 2),
    ):
        assert float(training_step(model, worse, plan, "bf16", draws).time_s) >= usual * (1 - 1e-12)
    longer = replace(plan, tokens=plan.tokens * more)
    assert float(training_step(model, chip, longer, "bf16", draws).time_s) >= usual * (1 - 1e-9)


def test_more_microbatches_shrink_the_bubble() -> None:
    model, draws = load_model("gpt-3-175b"), Draws(0)
    chip = load_chip("h100-sxm", draws)
    shares = []
    for sequences in (128, 512, 2048):
        found = training_step(model, chip, Plan(8, 8, 8, sequences, 2048), "bf16", draws)
        shares.append(float(found.parts_s["bubble"] / found.time_s))
    assert shares[0] > shares[1] > shares[2] > 0


def test_what_fits_no_layout_is_told() -> None:
    model = load_model("gpt-3-175b")
    chip = load_chip("h100-sxm", Draws(0))
    assert not fits(model, chip, Plan(1, 1, 8, 64, 2048))
    with pytest.raises(WattlineError, match="fits no even layout"):
        best_plan(model, chip, 7, 2048, "bf16")
    with pytest.raises(WattlineError, match="never published"):
        wl.train("gpt-4-reported", "1T", "h100-sxm", 20_000, tuned=True)


def test_draws_give_a_range() -> None:
    model, draws = load_model("llama-3.1-70b"), Draws(200)
    chip = load_chip("h100-sxm", draws)
    plan = best_plan(model, chip, 512, 4096, "bf16")
    found = tuned_mfu(model, chip, plan, "bf16", draws)
    assert found.shape == (200,)
    assert np.ptp(found) > 0


def test_tuned_goes_with_nothing_that_settles_the_time() -> None:
    for given_too in ({"mfu": 0.4}, {"hours": 100}):
        with pytest.raises(WattlineError, match="one of them"):
            wl.train("llama-3.1-70b", "1T", "h100-sxm", 512, tuned=True, **given_too)  # type: ignore[arg-type]
