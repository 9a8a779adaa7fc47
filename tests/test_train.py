"""``train``: known runs, what given values replace, and the bill's balance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from balance_check import balanced
from wattline import catalog
from wattline.core.errors import WattlineError

GPT3: dict[str, Any] = {"model": "gpt-3-175b", "tokens": "300B", "chip": "v100-sxm2-32gb", "chips": 10_000}
PATTERSON = {"hours": 355.2, "watts": 330, "pue": 1.1}  # arXiv:2104.10350, table 4
BIG_CHIPS = (
    "v100-sxm2-32gb",
    "a100-sxm-80gb",
    "h100-sxm",
    "b200",
    "mi300x",
    "tpu-v4",
    "rtx-4090",
    "trainium2",
    "gaudi2",
)


def test_gpt3_as_measured_is_1287_mwh_without_a_range() -> None:
    answer = wl.train(**GPT3, **PATTERSON, draws=200)
    energy = answer.range("energy_wh")
    assert energy.p50 == pytest.approx(1287e6, rel=0.01)
    assert energy.p95 - energy.p5 < 1e-9 * energy.p50
    assert energy.p50 == pytest.approx(10_000 * 355.2 * 330 * 1.1, rel=1e-9)
    assert answer.range("co2e_kg").p95 > answer.range("co2e_kg").p5  # what was not given keeps its range


def test_gpt3_predicted_from_model_tokens_and_chips_covers_what_it_took() -> None:
    for region in (None, "us"):
        energy = wl.train(**GPT3, region=region, draws=1000).range("energy_wh")
        assert energy.p5 <= 1287e6 <= energy.p95
        assert energy.p95 / energy.p5 < 5  # a range that holds anything would hold it too


def test_bloom_with_its_measured_hours_lies_between_its_dynamic_and_its_whole_energy() -> None:
    hours = catalog.fact("training_run.bloom-176b.chip_hours").value / 384
    energy = wl.train("bloom-176b", "366B", "a100-sxm-80gb", 384, hours=hours, pue=1.0, draws=500).range("energy_wh")
    dynamic_wh = catalog.fact("training_run.bloom-176b.energy_mwh").value * 1e6
    assert dynamic_wh < energy.p50 < dynamic_wh + 256.6e6


def test_bloom_predicted_covers_its_chip_hours() -> None:
    hours = wl.train("bloom-176b", "366B", "a100-sxm-80gb", 384, draws=500).range("chip_hours")
    assert hours.p5 <= catalog.fact("training_run.bloom-176b.chip_hours").value <= hours.p95


def test_given_values_replace_predicted_ones() -> None:
    free = wl.train(**GPT3, draws=50)
    assert np.ptp(free.duration_s) > 0
    timed = wl.train(**GPT3, hours="14.8 days", draws=50)
    assert timed.duration_s == pytest.approx(14.8 * 86_400)
    assert timed.quantities["mfu"] * timed.duration_s == pytest.approx(free.quantities["mfu"] * free.duration_s)
    used = wl.train(**GPT3, mfu="40%", draws=50)
    assert np.all(used.quantities["mfu"] == 0.4)
    assert used.quantities["flops"] == pytest.approx(0.4 * 10_000 * 125e12 * used.duration_s)
    placed = wl.train(**GPT3, pue=1.5, draws=50)
    np.testing.assert_allclose(placed.bill.at("grid") / placed.bill.at("server"), 1.5)
    powered = wl.train(**GPT3, watts="0.33 kW", draws=50)
    np.testing.assert_allclose(powered.bill.at("server") / powered.duration_s, 3.3e6)


def test_inputs_say_in_numbers_what_was_given_and_only_that() -> None:
    given_json = wl.train(**GPT3, hours="14.8 days", watts="0.33 kW", pue="1.1", draws=5).json()["inputs"]
    assert given_json["hours"] == pytest.approx(355.2)
    assert (given_json["watts"], given_json["pue"], given_json["tokens"]) == (330.0, 1.1, 3e11)
    assert not {"hours", "watts", "pue", "mfu"} & set(wl.train(**GPT3, draws=5).json()["inputs"])


@settings(max_examples=40)
@given(
    chip=st.sampled_from(BIG_CHIPS),
    site=st.sampled_from([None, *catalog.default().records("site")]),
    region=st.sampled_from([None, *catalog.default().records("region")]),
    model=st.sampled_from(
        ["llama-3.1-8b", "mixtral-8x7b", "deepseek-v3", "gemma-2-9b", "qwen3-next-80b-a3b", "palm-540b"]
    ),
    watts=st.sampled_from([None, 500.0]),
    mfu=st.sampled_from([None, 0.2]),
    pue=st.sampled_from([None, 1.0, 1.3]),
    draws=st.sampled_from([0, 1, 9]),
)
def test_every_path_balances(chip: str, draws: int, **options: Any) -> None:
    model = options.pop("model")
    balanced(wl.train(model, "20B", chip, 4096, **options, draws=draws))


@pytest.mark.parametrize("chip", list(catalog.default().records("chip")))
def test_every_chip_of_the_catalog_trains(chip: str) -> None:
    memory = catalog.default().find("chip", chip)["memory_bytes"].value
    balanced(wl.train("llama-3.2-1b", "10B", chip, 64 if memory > 1e9 else 256, draws=3))


@pytest.mark.parametrize("model", list(catalog.default().records("model")))
def test_every_model_of_the_catalog_trains(model: str) -> None:
    balanced(wl.train(model, "1B", "b200", 8192, draws=0))


def test_no_draws_gives_the_central_values_and_one_draw_one() -> None:
    centre, single = wl.train(**GPT3, draws=0), wl.train(**GPT3, draws=1)
    assert centre.energy_j.shape == ()
    assert single.energy_j.shape == (1,)
    energy = centre.range("energy_wh")
    assert energy.p5 == energy.p50 == energy.p95
    many = wl.train(**GPT3, draws=1000).range("energy_wh")
    assert many.p5 < energy.p50 < many.p95


def test_a_seed_gives_its_answer_again_and_another_gives_another() -> None:
    first, again, other = (wl.train(**GPT3, draws=40, seed=seed) for seed in (7, 7, 8))
    assert first.json() == again.json()
    assert not np.array_equal(np.sort(first.energy_j), np.sort(other.energy_j))


@settings(max_examples=20)
@given(st.floats(1.0, 1e12), st.floats(1.0, 10.0))
def test_more_tokens_never_take_less(tokens: float, times: float) -> None:
    few, more = (wl.train("llama-3.1-8b", n, "h100-sxm", 64, draws=5) for n in (tokens, tokens * times))
    assert np.all(more.energy_j >= few.energy_j)
    assert np.all(more.duration_s >= few.duration_s)


def test_more_chips_are_faster_and_take_about_the_same_energy() -> None:
    few, more = (wl.train("llama-3.1-8b", "1T", "h100-sxm", n, draws=5) for n in (64, 128))
    # gradients of more chips are summed over more of the network
    np.testing.assert_allclose(more.duration_s * 2, few.duration_s, rtol=0.1)
    assert np.all(more.duration_s < few.duration_s)
    np.testing.assert_allclose(more.energy_j, few.energy_j, rtol=0.1)
    few, more = (wl.train("llama-3.1-8b", "1T", "h100-sxm", n, mfu=0.4, draws=5) for n in (64, 128))
    np.testing.assert_allclose(more.energy_j, few.energy_j, rtol=0.02)


def test_a_dirtier_and_dearer_grid_shows() -> None:
    poland, norway = (wl.train(**GPT3, **PATTERSON, region=region, draws=0) for region in ("pl", "no"))
    assert poland.range("co2e_kg").p50 > 5 * norway.range("co2e_kg").p50
    assert poland.energy_j == norway.energy_j


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chips": 16}, "chips or more would hold it"),
        ({"chips": 10.5}, "not a whole number"),
        ({"chips": 10**400}, "finite"),
        ({"chips": True}, "not a number"),
        ({"tokens": "1e30"}, "tokens"),
        ({"tokens": 0.5}, "tokens"),
        ({"tokens": float("nan")}, "finite"),
        ({"mfu": 40}, "above 1"),
        ({"mfu": 1e-300}, "years"),
        ({"hours": 1}, "peak FLOP/s"),
        ({"hours": 355, "mfu": 0.3}, "not both"),
        ({"hours": "5 kWh"}, "hours"),
        ({"watts": 1e9}, "three times its TDP"),
        ({"watts": 0.33}, "less than it takes idle"),
        ({"pue": 0.9}, "out of range"),
        ({"region": ""}, "empty name"),
        ({"region": "Polnd"}, "region"),
        ({"precision": "fp7"}, "bf16"),
        ({"precision": ""}, "bf16"),
        ({"precision": "fp8"}, "fp8 is not among what v100-sxm2-32gb computes in; .* trains in bf16, fp16, fp32"),
        ({"precision": "int4", "chip": "tpu-v4"}, "int4 is no format to train in; tpu-v4 trains in bf16, fp16"),
        ({"precision": "mxfp4", "chip": "b200"}, "no format to train in; b200 trains in .*fp8"),
        ({"precision": "int8", "chip": "h100-sxm"}, "no format to train in"),
        ({"sequence": 2.5}, "sequence"),
        ({"draws": -1}, "draws"),
        ({"model": "gpt-3-175"}, "gpt-3-175b"),
        ({"chip": "h10"}, "h100"),
    ],
)
def test_bad_input_is_told(change: dict[str, Any], message: str) -> None:
    with pytest.raises(WattlineError, match=message) as caught:
        wl.train(**{**GPT3, "draws": 5, **change})
    assert "\n" not in str(caught.value)


def test_formats_that_a_chip_has_are_trained_in() -> None:
    wide, narrow = (
        wl.train("llama-3.1-8b", "1T", "h100-sxm", 64, precision=form, draws=20).quantities["chip_hours"]
        for form in ("bf16", "fp8")
    )
    assert np.all(narrow < wide)
    # arithmetic is twice as fast at most; runs in 16 bits where there are 8 have a factor of production beside it
    assert np.median(narrow / wide) > 0.5
    assert np.all(narrow > 0.4 * wide)


def test_what_was_given_and_what_the_answer_rests_on_are_among_its_facts() -> None:
    given_json = wl.train(**GPT3, **PATTERSON, draws=5).json()
    facts = {fact["key"]: fact for fact in given_json["facts"]}
    assert {"given.hours", "given.watts", "given.pue"} <= set(facts)
    assert (facts["given.hours"]["value"], facts["given.hours"]["unit"]) == (355.2, "h")
    assert facts["given.watts"]["basis"] == "given"
    of_chip = {f"chip.v100-sxm2-32gb.{name}" for name in ("fp16_flops", "tdp_w", "memory_bytes")}
    of_model = {f"model.gpt-3-175b.{name}" for name in ("layers", "hidden", "heads", "total_params")}
    assert of_chip | of_model | {"server.dgx-1-v100.chips_per_node"} <= set(facts)
    free = {fact["key"] for fact in wl.train(**GPT3, mfu="21%", draws=5).json()["facts"]}
    assert "given.mfu" in free
    assert not {"given.hours", "given.watts", "given.pue"} & free


def test_an_answer_shows_itself() -> None:
    answer = wl.train(**GPT3, **PATTERSON, draws=20)
    assert "1,289 MWh" in repr(answer)
    assert "<" in answer._repr_html_()
    assert "1,289 MWh" in answer._repr_html_()


def test_a_format_that_no_measured_run_trained_in_is_warned_of() -> None:
    plain, wide = (wl.train("llama-3.1-8b", "1T", "h100-sxm", 64, precision=p, draws=0) for p in ("bf16", "fp32"))
    assert not plain.warnings
    assert "fp32" in wide.warnings[0]
