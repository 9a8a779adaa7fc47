"""``train`` towards preferences, rewards and a teacher; models of a size; the price of chips' hours."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.core.errors import NotFound, WattlineError
from wattline.line.work.inputs import read_model
from wattline.line.work.objectives import OBJECTIVES, read_objective
from wattline.line.work.scaled import read_params, scaled_model
from wattline.predict.answer import Answer


def run(method: str = "full", chips: int = 64, tokens: str = "100M", **more: object) -> Answer:
    return wl.train("llama-3.1-8b", tokens, "h100-sxm", chips, method=method, region="us", draws=0, **more)


def test_a_method_says_what_is_trained_and_towards_what() -> None:
    assert read_objective("full") == ("full", "")
    assert read_objective("grpo") == ("full", "grpo")
    assert read_objective("sft") == ("full", "")  # what people call the same
    assert read_objective("LoRA+SFT") == ("lora", "")
    assert read_objective("rlhf") == read_objective("sft+ppo") == ("full", "ppo")
    with pytest.raises(WattlineError, match="wattline session evaluation"):
        read_objective("eval")
    assert read_objective("lora+dpo") == read_objective("dpo+lora") == ("lora", "dpo")
    for wrong, words in (("doro", "none of"), ("lora+qlora", "give one"), ("dpo+grpo", "give one"), ("", "none of")):
        with pytest.raises(WattlineError, match=words):
            read_objective(wrong)


def test_preferences_take_a_third_more_and_a_teacher_by_its_size() -> None:
    plain = float(run().energy_j)
    assert float(run("dpo").energy_j) == pytest.approx(plain * 4 / 3, rel=1e-6)
    small, large = (float(run("distill", teacher=name).energy_j) for name in ("llama-3.2-1b", "llama-3.1-70b"))
    assert plain < small < 1.1 * plain
    assert large > 3 * plain


def test_rewards_take_rollouts_and_a_critic_more() -> None:
    group, critic = run("grpo"), run("ppo")
    assert {"prefill", "decode", "chip_active"} <= set(group.bill.parts)
    share = float(group.figures()["rollout_share"])
    assert 0.05 < share < 0.8
    assert float(critic.energy_j) > 1.3 * float(group.energy_j)
    assert float(critic.figures()["rollout_share"]) < share
    hours = float(group.figures()["rollout_hours"])
    assert hours < float(group.figures()["chip_hours"]) / 64


@given(st.integers(300, 4000), st.floats(1.2, 4))
@settings(max_examples=8, deadline=None)
def test_longer_rollouts_take_longer_for_each_token(tokens: int, times: float) -> None:
    short, long = (
        float(run("grpo", rollout_tokens=n).figures()["rollout_hours"]) for n in (tokens, round(tokens * times))
    )
    questions = 1 + 300 / tokens  # of which shorter answers have more
    assert long > 0.9 * short / questions


def test_what_does_not_go_together_is_refused() -> None:
    for call, words in (
        (lambda: run("distill"), "--teacher MODEL together"),
        (lambda: run("dpo", teacher="llama-3.1-70b"), "--teacher MODEL together"),
        (lambda: run("dpo", rollout_tokens=100), "nothing is rolled out"),
        (lambda: run("grpo", hours=10), "leave them out"),
        (lambda: run(chip_price="0 USD/h"), "chip-price"),
        (lambda: wl.train("llama-3.1-8b", "1M", "rtx-4090", 1, method="ppo", draws=0), "does not fit"),
    ):
        with pytest.raises(WattlineError, match=words):
            call()


def test_a_preference_over_adapters_needs_no_second_copy() -> None:
    chips = dict.fromkeys(("lora", "lora+dpo"))
    for method in chips:
        assert float(wl.train("llama-3.1-8b", "1M", "rtx-4090", 1, method=method, sequence=2048, draws=0).energy_j) > 0


@given(st.floats(1e8, 2e12))
@settings(max_examples=40, deadline=None)
def test_a_model_of_a_size_has_that_size(params: float) -> None:
    assert scaled_model(params).total_params == pytest.approx(params, rel=0.08)


def test_a_model_of_a_size_is_near_a_known_one_and_wider() -> None:
    made, known = (
        wl.train(name, "1T", "h100-sxm", 512, draws=300, region="us").range("energy_wh")
        for name in ("8B-params", "llama-3.1-8b")
    )
    assert made.p50 == pytest.approx(known.p50, rel=0.15)
    assert made.p95 / made.p5 > 1.1 * known.p95 / known.p5
    wanted = wl.prompt("70B-params", "h100-sxm", draws=100)
    assert "only the size of the model is known" in " ".join(wanted.warnings)
    assert wanted.inputs["model"] == "70B-params"
    for size in ("8B", "8b", "8 B", "8b-params", "8B-Params", "8000M params"):
        assert read_model(size, default()).key == "8B-params"
    with pytest.raises(NotFound, match="nearest"):  # its active parameters are another number
        read_model("30B-A3B", default())
    for wrong in ("1M", "9000T", "many"):
        with pytest.raises(WattlineError, match="params"):
            read_params(wrong)


def test_the_price_of_chips_hours_is_an_estimate_or_the_user_s() -> None:
    own = run(chip_price="3 USD/h").figures()
    assert float(own["chip_hours_usd"]) == pytest.approx(3 * float(own["chip_hours"]))
    estimate = run().figures()
    assert 1 < float(estimate["chip_hours_usd"]) / float(estimate["chip_hours"]) < 6
    assert set(OBJECTIVES) == {"dpo", "grpo", "ppo", "distill"}


POOLS = {"method": "grpo", "tokens": "1B", "rollout_tokens": 4000, "chips": 32, "rollout_chips": 32}


def test_pools_in_turn_wait_for_each_other_and_one_step_off_less() -> None:
    turn, beside = (run(**POOLS, rollouts=how) for how in ("in-turn", "one-step-off"))
    waits = [
        {name: float(answer.figures()[f"{name}_idle_share"]) for name in ("update", "rollout")}
        for answer in (turn, beside)
    ]
    assert sum(waits[0].values()) == pytest.approx(1.0)
    assert min(waits[1].values()) == 0.0
    assert float(beside.duration_s) < float(turn.duration_s)
    assert float(beside.energy_j) < float(turn.energy_j)
    assert float(turn.figures()["chip_hours"]) == pytest.approx(float(turn.duration_s) / 3600 * 64)
    assert "32 more for rollouts" in turn.title


@given(st.integers(1, 6))
@settings(max_examples=6, deadline=None)
def test_the_slower_pool_settles_the_time_of_one_step_off(power: int) -> None:
    answer = run(**POOLS | {"rollout_chips": 2**power}, rollouts="one-step-off")
    hours = float(answer.figures()["rollout_hours"])
    assert float(answer.duration_s) / 3600 >= hours * (1 - 1e-9)
    assert float(answer.figures()["rollout_idle_share"]) == pytest.approx(1 - hours / float(answer.duration_s) * 3600)


def test_padding_takes_as_much_as_tokens_and_trains_on_none() -> None:
    plain, padded = run(), run(padding=0.5)
    assert float(padded.energy_j) == pytest.approx(2 * float(plain.energy_j))
    assert float(padded.figures()["mfu"]) == pytest.approx(float(plain.figures()["mfu"]))


def test_documents_that_attend_to_themselves_take_less_in_long_sequences() -> None:
    long = float(run(sequence=32768).energy_j)
    packed = run(sequence=32768, document_tokens=1000)
    assert float(packed.energy_j) < 0.8 * long
    assert float(packed.energy_j) == pytest.approx(float(run(sequence=1000).energy_j), rel=1e-6)
    assert packed.inputs["sequence_tokens"] == 32768
    assert packed.inputs["document_tokens"] == 1000


def test_pools_and_packing_are_refused_where_they_do_not_go() -> None:
    for call, words in (
        (lambda: run(rollout_chips=8), "nothing is rolled out"),
        (lambda: run("grpo", rollouts="one-step-off"), "give --rollout-chips"),
        (lambda: run("grpo", rollout_chips=8, rollouts="later"), "neither in-turn nor one-step-off"),
        (lambda: run("grpo", rollout_chips=1.5), "not a whole number"),
        (lambda: run(padding=1), "padding: 1 is not a share"),
        (lambda: run(sequence=2048, document_tokens=4096), "do not fit a sequence of 2,048"),
    ):
        with pytest.raises(WattlineError, match=words):
            call()
    with pytest.raises(WattlineError, match="a replica of"):
        wl.train("llama-3.1-70b", "1M", "h100-sxm", 64, method="grpo", rollout_chips=1, draws=0)
