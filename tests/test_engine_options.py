"""The cache's format, tokens guessed ahead, tuned engines and what an engine alone changes, as a prompt takes them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.chip.replica_step import decode_step
from wattline.line.chip.serving import Draft, Serving
from wattline.line.engine import average_serving
from wattline.line.engine.simulator.replica import setting
from wattline.line.engine.simulator.step_tables import tables
from wattline.line.work.inputs import read_model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.result import Service

DRAWS = Draws(0)
CHIP, LLAMA = load_chip("h100-sxm", DRAWS), read_model("llama-3.1-8b", default())
LISTED = (
    *("a100-sxm-80gb", "mi300x", "mi325x", "mi355x", "gh200", "h100-pcie", "h100-nvl", "h200-nvl", "l4", "l40s"),
    *("rtx-4090", "rtx-pro-6000-blackwell", "gb200", "b300", "gb300", "tpu-v5e", "tpu-v5p", "tpu-v6e", "gaudi3"),
)


def step_s(batch: float, how: Serving, context: float = 2000.0) -> float:
    return float(decode_step(LLAMA, CHIP, 1, batch, context, "bf16", DRAWS, how).time_s)


def test_a_cache_of_half_the_bytes_holds_twice_the_requests_and_reads_half() -> None:
    wide, narrow = (average_serving.largest_batch(LLAMA, CHIP, 1, 2000, "bf16", Serving(cache_bytes=b)) for b in (2, 1))
    assert narrow == pytest.approx(2 * wide)
    steps = [decode_step(LLAMA, CHIP, 1, 64, 4000, "bf16", DRAWS, Serving(cache_bytes=size)) for size in (2.0, 1.0)]
    read = [float(step.operations["attention"].bytes) for step in steps]
    assert read[1] == pytest.approx(read[0] / 2)
    assert steps[1].time_s < steps[0].time_s


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.floats(0.05, 0.95))
def test_a_step_makes_the_guesses_taken_in_a_row_and_one_token_more(tokens: int, accepted: float) -> None:
    draft = Draft(tokens, np.asarray(accepted))
    by_hand = 1 + sum(accepted**place for place in range(1, tokens + 1))
    assert float(draft.made) == pytest.approx(by_hand)
    better = Draft(tokens, np.asarray(min(accepted + 0.04, 0.99)))
    assert step_s(4, Serving(draft=better)) < step_s(4, Serving(draft=draft))


def test_guesses_shorten_the_time_of_a_token_in_small_batches_and_not_where_arithmetic_is_full() -> None:
    draft = Serving(draft=Draft(2, np.asarray(0.8)))
    gain = {batch: step_s(batch, Serving()) / step_s(batch, draft) for batch in (1, 1024)}
    assert 1.3 < gain[1] < float(Draft(2, np.asarray(0.8)).made)
    assert gain[1024] < gain[1]


def test_a_prompt_shows_what_it_was_given() -> None:
    answer = wl.prompt("llama-3.1-8b", "h200-sxm", cache="fp8", tuned=True, draft_tokens=1, acceptance=0.8, draws=50)
    inputs = answer.json()["inputs"]
    assert (inputs["cache"], inputs["tuned"], inputs["draft_tokens"]) == ("fp8", True, 1)


def _served(rate: float = 8.0, **how: object) -> Service:
    pytest.importorskip("numba", reason="the simulator needs Numba, of the extra sim")
    every = np.full(40, 400)
    return wl.serve("llama-3.1-8b", Traffic(np.arange(40.0) / rate, every, every // 4), "h100-sxm", draws=0, **how)  # type: ignore[arg-type]


def test_a_simulated_service_takes_what_a_prompt_takes() -> None:
    usual, narrow = _served(), _served(cache="fp8")
    room = [each.json()["inputs"]["cache_tokens"] for each in (usual, narrow)]
    assert room[1] == pytest.approx(2 * room[0], rel=1e-3)
    assert narrow.json()["inputs"]["cache"] == "fp8"
    guessed, tuned = _served(draft_tokens=2, acceptance=0.8), _served(400.0, tuned=True)
    # tuned engines were measured under load: with a few requests at once they are as fast as usual ones
    tpot = [float(np.nanmean(each.served.tpot_s)) for each in (usual, guessed, tuned, _served(400.0))]
    made = float(Draft(2, np.asarray(0.8)).made)
    assert 1.2 < tpot[0] / tpot[1] < made
    assert tpot[2] < tpot[3]
    shown = [each.json()["inputs"] for each in (guessed, tuned)]
    assert (shown[0]["draft_tokens"], shown[1]["tuned"]) == (2, True)
    assert "draft_tokens" not in usual.json()["inputs"]


@pytest.mark.parametrize("how", [Serving(), Serving(cache_bytes=1.0), Serving(draft=Draft(2, np.asarray(0.7)))])
def test_the_simulators_steps_are_the_chip_models(how: Serving) -> None:
    steps = setting(LLAMA, CHIP, 1, "bf16", serving=how)
    table = tables(steps, 32, 512, 4000.0)
    knot = int(np.searchsorted(table.knots, 2000.0))
    alone = decode_step(LLAMA, CHIP, 1, 32.0, table.knots[knot], "bf16", DRAWS, how)
    assert table.time_s[32, knot] == pytest.approx(float(alone.time_s), rel=1e-9)
    assert table.energy_j[32, knot] == pytest.approx(float(alone.time_s * alone.power_w), rel=1e-6)


@pytest.mark.parametrize("engine", ["vllm-0.5", "trtllm"])
def test_a_named_engine_says_what_it_alone_changes(engine: str) -> None:
    answer = wl.prompt("llama-3.1-8b", "h100-sxm", engine=engine, batch=32, draws=200)
    (note,) = (note for note in answer.json()["notes"] if "as it comes" in note)
    times = float(re.search(r"takes ([\d.]+) times", note)[1])  # type: ignore[index]
    usual = wl.prompt("llama-3.1-8b", "h100-sxm", batch=32, draws=200)
    assert times == pytest.approx(answer.range("energy_wh").p50 / usual.range("energy_wh").p50, rel=0.15)
    assert ("the upgrade from it alone saves" in note) == (times > 1)
    assert not any("as it comes" in note for note in usual.json()["notes"])


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"cache": "fp2"}, "none of bf16"),
        ({"acceptance": 0.5}, "draft-tokens"),
        ({"draft_tokens": 2, "acceptance": 1}, "share"),
        ({"tuned": "perhaps"}, "true or false"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, object], why: str) -> None:
    with pytest.raises(WattlineError, match=why):
        wl.prompt("llama-3.1-8b", "h100-sxm", draws=0, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("chip", LISTED)
def test_a_prompt_works_on_every_chip_of_the_list_tuned_or_not(chip: str) -> None:
    usual, tuned = (wl.prompt("llama-3.1-8b", chip, batch=16, draws=100, tuned=tuned) for tuned in (False, True))
    for answer in (usual, tuned):
        energy = answer.range("energy_wh")
        assert 0 < energy.p5 < energy.p95


def test_sparse_attention_of_a_long_context_costs_little_more_than_that_of_a_short_one() -> None:
    chip = load_chip("h200-sxm", DRAWS)
    for name in ("deepseek-v3.2", "glm-5"):
        model = read_model(name, default())
        near, far = (float(decode_step(model, chip, 16, 32, tokens, "fp8", DRAWS).time_s) for tokens in (4e3, 128e3))
        assert near < far < 1.4 * near
