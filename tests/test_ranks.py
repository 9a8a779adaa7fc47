"""Attention split by requests: each rank has its own sequences, all share the experts, and the fullest one sets the
pace."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from small_chip import RATES, fit, model, numbers, work
from validation_files import MAX, NAMES, serving_row, timed_file
from wattline.line.chip.feed_forward import experts
from wattline.line.chip.mixers import attention, attention_products
from wattline.line.chip.operations import operations
from wattline.line.chip.products import Work, highest_deviate
from wattline.line.chip.shape import Shape
from wattline.line.work.weights import memory_needed_bytes
from wattline.validate.evidence.latencies import read_timed
from wattline.validate.evidence.serving import read_rows
from wattline.validate.fit.step_file import fit_from_catalog
from wattline.validate.inference import validate

COUNTS = st.integers(1, 8)
ROW = f"{MAX}256,vllm,0.19.0,MiniMaxAI/MiniMax-M2.5,b200_sxm,fp8,agg,1024,1024,fp8,64,1,1,4,1,4,388,23.7"


def mixed(**own: Any) -> Shape:
    """A layer of attention with four experts, of which each token takes one."""
    return Shape.of(model(moe_layers=1, experts=4, active_experts=1, expert_intermediate=4, **own))


def split(tokens: float, sequences: float, ranks: float, **own: float) -> Work:
    return replace(
        work(tokens, sequences, chips=ranks, expert_parallel=1.0, **own), ranks=np.asarray(ranks), padding=np.asarray(
            own.get("padding", 0.0)
        )
    )  # fmt: skip


def test_each_rank_decodes_its_own_sequences_on_all_heads() -> None:
    """8 sequences on 4 ranks of one chip: a chip's attention is that of 2 sequences on a chip that is alone."""
    alone, ranks = work(2, 2, context=10.0), split(8, 8, 4, context=10.0)
    got = operations(mixed(), ranks, RATES, fit())
    assert numbers(got["attention"]) == pytest.approx(numbers(attention(mixed(), alone, RATES, fit())))
    whole = attention_products(mixed(), alone, RATES, fit(), np.asarray(2.0))
    assert numbers(got["attention projections"]) == pytest.approx(numbers(whole))


@given(st.sampled_from([9, 12, 32, 64]), st.integers(1, 200))
def test_wide_groups_send_a_token_to_its_experts_alone(chips: int, each: int) -> None:
    """Of more chips than are in a node: each token of 6 values to the one chip of its one expert, and back, in 16 bits;
    and a chip handles the activations of its own experts alone."""
    tokens = float(chips * each)
    ranks = split(tokens, tokens, chips)
    got = operations(mixed(), ranks, RATES, fit(all_to_all_s=0.5))
    values = tokens * 6 / chips
    wire = (chips - 1) / chips * values * (2 + 2) / 5
    sums = 0.0  # attention and the dense MLP of one chip a rank are summed with no other
    assert float(got["all-reduce"].time_s) == pytest.approx(sums + 2 * 0.5 + wire)
    alone = replace(ranks, ranks=np.asarray(1.0))
    near, far = (experts(mixed(), replace(alone, scattered=np.asarray(s)), RATES, fit()) for s in (0.0, 1.0))
    assert numbers(got["experts"]) == pytest.approx(numbers(far))
    activations = tokens * (2 * 6 + 3 * 4) * 2
    assert float(near.bytes - far.bytes) == pytest.approx(activations * (1 - 1 / chips))


@given(st.sampled_from([2, 4, 8]))
def test_groups_within_a_node_gather_all_tokens(chips: int) -> None:
    tokens = 16.0 * chips
    got = operations(mixed(), split(tokens, tokens, chips), RATES, fit(all_to_all_s=0.5))
    assert float(got["all-reduce"].time_s) == pytest.approx(2 * (chips - 1) / chips * tokens * 6 * 2 / 5)


def test_experts_are_those_of_all_tokens_on_all_chips() -> None:
    ranks = split(8, 8, 4)
    whole = experts(mixed(), replace(ranks, ranks=np.asarray(1.0)), RATES, fit())
    assert numbers(operations(mixed(), ranks, RATES, fit())["experts"]) == pytest.approx(numbers(whole))


def test_a_prompt_on_one_rank_keeps_the_others_waiting() -> None:
    """One prompt of 6 tokens among 2 sequences on 2 ranks: the fullest computes 7 tokens, the mean one 4."""
    fullest, mean = split(8, 2, 2, prompt_tokens=6.0).of_rank()
    assert (float(fullest.tokens), float(mean.tokens)) == (7.0, 4.0)
    got = operations(mixed(), split(8, 2, 2, prompt_tokens=6.0), RATES, fit())["attention projections"]
    longest, usual = (
        attention_products(mixed(), work(n, 1), RATES, fit(), np.asarray(2.0)) for n in (7.0, 4.0)
    )  # fmt: skip
    assert float(got.time_s) == pytest.approx(float(longest.time_s))
    assert float(got.flops) == pytest.approx(float(usual.flops))


def test_of_many_prompts_the_fullest_rank_has_as_many_as_chance_gives_it() -> None:
    """A hundred prompts of 10 tokens on 4 ranks: 25 in the mean, and on the fullest so many deviations more, each of
    the root of twice 25 times three quarters."""
    fullest, mean = split(1004, 4, 4, prompt_tokens=10.0).of_rank()
    more = float(highest_deviate(np.asarray(4.0))) * 37.5**0.5
    assert float(fullest.tokens) == pytest.approx(1 + 10 * (25 + more))
    assert float(mean.tokens) == 251.0


def test_experts_of_fewer_sequences_than_ranks_are_those_of_the_sequences_alone() -> None:
    few = split(2, 2, 8)
    whole = experts(mixed(), replace(few, tokens=np.asarray(2.0), ranks=np.asarray(1.0)), RATES, fit())
    assert numbers(operations(mixed(), few, RATES, fit())["experts"]) == pytest.approx(numbers(whole))


def test_ranks_that_are_filled_up_compute_what_the_fullest_does() -> None:
    filled = split(8, 2, 2, prompt_tokens=6.0, padding=1.0)
    got = operations(mixed(), filled, RATES, fit())
    whole = experts(mixed(), replace(filled, tokens=np.asarray(14.0), ranks=np.asarray(1.0)), RATES, fit())
    assert numbers(got["experts"]) == pytest.approx(numbers(whole))
    longest = attention_products(mixed(), work(7.0, 1), RATES, fit(), np.asarray(2.0))
    assert float(got["attention projections"].flops) == pytest.approx(float(longest.flops))
    unfilled = operations(mixed(), replace(filled, padding=np.asarray(0.0)), RATES, fit())
    assert float(got["attention"].flops) == pytest.approx(float(unfilled["attention"].flops))  # looks at nothing more


@given(ranks=COUNTS, each=st.integers(1, 50), prompts=st.integers(0, 40), length=st.integers(1, 5000))
def test_the_fullest_rank_has_no_less_than_the_mean_and_no_more_than_all(
    ranks: int, each: int, prompts: int, length: int
) -> None:
    sequences = ranks * each
    step = split(float(sequences + prompts * length), float(sequences), float(ranks), prompt_tokens=float(length))
    fullest, mean = step.of_rank()
    assert float(mean.tokens) == pytest.approx((sequences + prompts * length) / ranks)
    assert float(mean.tokens) - 1e-6 <= float(fullest.tokens) <= each + prompts * length + 1e-6
    together = replace(step, balance=np.asarray(1.0)).of_rank()[0]
    assert float(together.tokens) == pytest.approx(float(mean.tokens))


@given(prompts=st.integers(1, 6), ranks=st.integers(2, 8))
def test_filling_up_never_saves(prompts: int, ranks: int) -> None:
    tokens = float(ranks + prompts * 100)
    plain, filled = (
        operations(mixed(), split(tokens, float(ranks), float(ranks), prompt_tokens=100.0, padding=p), RATES, fit())
        for p in (0.0, 1.0)
    )
    for name, op in plain.items():
        assert float(filled[name].time_s) >= float(op.time_s) - 1e-9
        assert float(filled[name].busy_s) >= float(op.busy_s) - 1e-9


def test_each_rank_holds_all_weights_but_the_experts() -> None:
    moe = model(moe_layers=1, experts=4, active_experts=1, expert_intermediate=4)
    once, thrice = (float(memory_needed_bytes(moe, 0.0, 0.0, "bf16", ranks)) for ranks in (1, 3))
    assert thrice - once == pytest.approx(2 * 2 * (moe.total_params - moe.expert_params_total))


def test_a_service_with_ranks_says_so_and_is_less_sure() -> None:
    plain = wl.prompt("qwen3-30b-a3b", chip="h100-sxm", gpus=2, input_tokens=500, output_tokens=300)
    ranks = wl.prompt("qwen3-30b-a3b", chip="h100-sxm", gpus=2, data_parallel=2, input_tokens=500, output_tokens=300)
    assert ranks.json()["inputs"]["data_parallel"] == 2
    assert "data_parallel" not in plain.json()["inputs"]
    assert "attention split by requests over 2 groups" in str(ranks)
    wide, narrow = (r.json()["results"]["energy_wh"] for r in (ranks, plain))
    assert wide["p95"] / wide["p5"] > narrow["p95"] / narrow["p5"]


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ({"model": "llama-3.1-8b", "gpus": 2, "data_parallel": 2}, "no experts"),
        ({"model": "qwen3-30b-a3b", "gpus": 4, "data_parallel": 3}, "do not divide into 3 groups"),
    ],
)
def test_a_split_that_cannot_be_is_refused(own: dict[str, Any], why: str) -> None:
    with pytest.raises(wl.WattlineError, match=why):
        wl.prompt(own.pop("model"), **own)


def test_measured_rows_with_ranks_are_read_and_predicted(tmp_path: Path) -> None:
    row = serving_row("Qwen/Qwen3-30B-A3B-Instruct-2507", 4, "bfloat16", 16)
    plain, ranks = row | {"data_parallel": 1}, row | {"data_parallel": 4}
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*NAMES, "data_parallel"])
        writer.writeheader()
        writer.writerows([plain, ranks])
    rows, unusable = read_rows(path)
    assert [r.ranks for r in rows] == [1, 4]
    assert not unusable
    result = validate(rows, unusable, fit_from_catalog(), draws=200)
    low, high = (values["energy_per_token"] for values in (result.low, result.high))
    assert high[1] / low[1] > high[0] / low[0]
    assert result.predicted["energy_per_token"][1] > result.predicted["energy_per_token"][0]


def test_timed_rows_with_ranks_are_read(tmp_path: Path) -> None:
    rows, left = read_timed(timed_file(tmp_path, ROW))
    assert not left
    assert (rows[0].chips, rows[0].ranks, rows[0].group) == (4, 4, "b200_sxm, data-parallel")
