"""Bounds of a search by hand: what no replica can go below, in joules, dollars and latency, and the first guess."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
import pytest

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.chip.device import load_chip
from wattline.line.engine.simulator.step_tables import setting
from wattline.line.work.model import load_model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.result import Target
from wattline.predict.setup import Setup
from wattline.predict.where import Where
from wattline.search.bounds import SLACK, Bound, screen
from wattline.search.evaluate import Question, capital_usd_per_s
from wattline.search.pareto import frontier_of
from wattline.search.setup import Candidate

pytest.importorskip("numba", reason="the simulator needs Numba, of the extra sim")
MODEL = load_model("llama-3.1-8b", catalog.default())
ONE = Candidate("h100-sxm", 1, "bf16", max_num_seqs=1, max_num_batched_tokens=2048)
DRAWS = Draws(0)
CHIP = load_chip("h100-sxm", DRAWS)
STEPS = setting(MODEL, CHIP, 1, "bf16")
IDLE, HOST, HOST_IDLE, NETWORK = (float(x) for x in (CHIP.idle_w, CHIP.host_w, CHIP.host_idle_w, CHIP.network_w))


def traffic(count: int = 10, prompt: int = 200, output: int = 11, seconds: float = 100.0) -> Traffic:
    """Requests alike, evenly over the time."""
    at = np.arange(count) * seconds / count
    return Traffic(at, np.full(count, prompt), np.full(count, output), duration_s=seconds)


def question(given: Traffic | None = None, setup: Setup | None = None, **target: float) -> Question:
    where = Where.read("us", {"pue": 2.0, "electricity_price": 0.36})
    aim = Target(**{"ttft_s": 0.5, "tpot_s": 0.05} | target)
    return Question(MODEL, given or traffic(), aim, 0.99, setup or Setup(), where)


def bound(given: Question, setup: Candidate = ONE) -> Bound:
    return screen(given, [setup])[0]


def step(tokens: float, sequences: float, context: float, prompt: float) -> tuple[float, float]:
    """Seconds, and joules at the servers' plugs beyond those of a replica that stands ready."""
    seconds, joules = (float(x) for x in STEPS.time_and_energy(tokens, sequences, context, prompt))
    return seconds, joules + seconds * (HOST - HOST_IDLE - IDLE)


def test_standing_ready_is_shared_out_over_the_requests() -> None:
    """100 s of an idle chip, host and network for 10 requests, at a PUE of 2."""
    got = bound(question())
    assert got.ready_j == pytest.approx(2 * (IDLE + HOST_IDLE + NETWORK) * 100 / 10)
    assert got.energy_j(3) - got.energy_j(1) == pytest.approx(2 * got.ready_j)
    assert got.energy_j(1) == pytest.approx(got.work_j + got.ready_j)
    two = bound(question(), replace(ONE, gpus=2))
    assert two.ready_j == pytest.approx(2 * got.ready_j)


def test_an_answer_of_one_token_is_its_prompt_read() -> None:
    """In the step in which its tokens cost least: beside none, one or more that decode, of a mean context of 1."""
    got = bound(question(traffic(output=1)))
    costs = []
    for tokens in (32.0, 128.0, 512.0, 2048.0):
        costs.append(step(tokens, 1.0, 1.0, 0.0)[1] / tokens)
        costs.append((step(1 + tokens, 1.0, 1.0, 0.0)[1] - step(1.0, 1.0, 1.0, 0.0)[1]) / tokens)
    assert got.work_j == pytest.approx(2 * SLACK * 200 * min(costs), rel=1e-9)


def test_tokens_of_one_sequence_at_a_time_cost_a_step_each() -> None:
    """10 tokens after the first at a context of 205.5; without reading, where prompts may lie in a cache."""
    cached = bound(question(setup=Setup(prefix_cache=True)))
    assert cached.work_j == pytest.approx(2 * SLACK * 10 * step(1.0, 1.0, 205.5, 0.0)[1], rel=1e-9)
    assert bound(question(setup=Setup(router="prefix"))).work_j == pytest.approx(cached.work_j)
    assert bound(question()).work_j > cached.work_j


def test_batches_cost_less_a_token_as_far_as_they_are_allowed() -> None:
    given = question(setup=Setup(prefix_cache=True))
    works = [bound(given, replace(ONE, max_num_seqs=size)).work_j for size in (1, 8, 64)]
    assert works == sorted(works, reverse=True)
    eight = step(8.0, 8.0, 205.5, 0.0)[1] / 8
    assert works[1] <= 2 * SLACK * 10 * step(1.0, 1.0, 205.5, 0.0)[1]
    assert works[1] >= 2 * SLACK * 10 * eight * 0.99


def test_a_request_that_is_alone_is_the_least_latency() -> None:
    read_s, token_s = step(200.0, 1.0, 0.0, 200.0)[0], step(1.0, 1.0, 0.0, 0.0)[0]
    assert bound(question(tpot_s=9.0, ttft_s=0.2)).strain == pytest.approx(SLACK * max(read_s / 0.2, token_s / 9))
    assert bound(question(tpot_s=0.01, ttft_s=9.0)).strain == pytest.approx(SLACK * max(read_s / 9, token_s / 0.01))
    unread = question(setup=Setup(prefix_cache=True), tpot_s=99.0, ttft_s=0.2)
    assert bound(unread).strain == pytest.approx(SLACK * token_s / 99)


def test_of_the_prompts_that_the_share_keeps_the_longest_must_be_read_in_time() -> None:
    """Of 100 requests one may miss the target: a prompt of 8,000 tokens, or the longer of two, bounds nothing."""
    prompts = np.full(100, 200)
    for at, longest in (([7], 200), ([7, 70], 8000)):
        prompts[at] = 8000
        aim = question(replace(traffic(count=100), input_tokens=prompts.copy()), tpot_s=99.0, ttft_s=0.2)
        assert bound(aim).strain == pytest.approx(SLACK * step(longest, 1.0, 0.0, longest)[0] / 0.2)


def test_dollars_are_of_the_energy_and_of_the_chips() -> None:
    """0.36 USD/kWh are 1e-7 USD a joule."""
    got = bound(question())
    assert got.usd_per_j == pytest.approx(1e-7)
    capital = capital_usd_per_s("h100-sxm", DRAWS)
    assert capital is not None
    assert got.capital_usd == pytest.approx(capital * 100 / 10)
    assert got.usd(3) == pytest.approx(1e-7 * got.energy_j(3) + 3 * capital * 10)
    two = bound(question(), replace(ONE, gpus=2))
    assert two.capital_usd == pytest.approx(2 * capital * 10)
    assert replace(got, capital_usd=None).usd(1) == float("inf")


def test_the_first_guess_serves_the_busiest_minute() -> None:
    """120 requests in the first minute of ten: two a second, each of which takes a replica its reading and steps."""
    at = np.sort(np.concatenate([np.arange(120) * 0.5, 60 + np.arange(60) * 9.0]))
    given = Traffic(at, np.full(180, 200), np.full(180, 101), duration_s=600.0)
    got = bound(question(given, tpot_s=99.0))
    context = 200 + 101 / 2
    busy = step(200.0, 1.0, 0.0, 200.0)[0] + 100 * step(1.0, 1.0, context, 0.0)[0]
    assert (got.replicas, got.readers, got.least) == (ceil(2 * busy), 0, 1)
    split = bound(question(given, tpot_s=99.0), replace(ONE, prefill_replicas=1))
    assert split.readers == max(1, ceil(2 * step(200.0, 1.0, 0.0, 200.0)[0]))
    assert split.replicas == ceil(2 * 100 * step(1.0, 1.0, context, 0.0)[0])
    assert split.least == 2
    assert bound(question(traffic(count=1, output=2, seconds=0.01), tpot_s=99.0)).replicas == 1
    # what such replicas take: the read and the tokens at a batch of one, and all of them standing ready
    work = step(200.0, 1.0, 0.0, 200.0)[1] + 100 * step(1.0, 1.0, context, 0.0)[1]
    assert got.guess_j == pytest.approx(2 * work + got.replicas * got.ready_j)


def test_a_guess_keeps_the_time_between_tokens() -> None:
    """Larger batches need fewer replicas, as long as a step is as short as asked."""
    given = traffic(count=20_000, output=201)
    loose, tight = (
        bound(question(given, tpot_s=tpot), replace(ONE, max_num_seqs=256)).replicas for tpot in (1.0, 0.012)
    )
    assert loose < tight
    small = bound(question(given, tpot_s=1.0), replace(ONE, max_num_seqs=4)).replicas
    assert small > loose


def test_what_fits_no_cache_is_not_served_and_still_counts_as_offered() -> None:
    """One prompt of a million tokens among ten."""
    usual = traffic()
    prompts: Any = usual.input_tokens.copy()
    prompts[3] = 1_000_000
    got, without = bound(question(replace(usual, input_tokens=prompts))), bound(question())
    assert got.ready_j == pytest.approx(without.ready_j)
    assert got.work_j == pytest.approx(without.work_j, rel=1e-6)


def test_bounds_stand_in_the_order_of_the_setups() -> None:
    setups = [replace(ONE, max_num_seqs=n, power_cap_w=cap) for n in (64, 1) for cap in (None, 400.0)]
    assert [each.setup for each in screen(question(), setups)] == setups


def test_the_frontier_of_a_few_points() -> None:
    points = [[3.0, 1.0], [1.0, 3.0], [2.0, 2.0], [2.0, 2.0], [3.0, 3.0], [1.0, 4.0]]
    assert frontier_of(points).tolist() == [1, 2, 0]
    for wrong in ([1.0, 2.0], [[1.0, float("nan")]]):
        with pytest.raises(ValueError, match="table"):
            frontier_of(wrong)
