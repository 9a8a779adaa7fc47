"""Bounds of a search by hand: what no replica can go below, in joules, dollars and latency, and the first guess."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
import pytest

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.chip.serving import Serving
from wattline.line.chip.software import load_software
from wattline.line.engine.simulator.replica import setting
from wattline.line.engine.simulator.simulate import cache_limits
from wattline.line.work.model import load_model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.result import Target
from wattline.predict.setup import Setup
from wattline.predict.where import Where
from wattline.search.bounds import Bound, screen
from wattline.search.curves import ROOM, SLACK
from wattline.search.evaluate import Question, capital_usd_per_s
from wattline.search.pareto import frontier_of
from wattline.search.setup import Candidate

pytest.importorskip("numba", reason="the simulator needs Numba, of the extra sim")
MODEL = load_model("llama-3.1-8b", catalog.default())
SINGLE = Candidate("h100-sxm", 1, "bf16", max_num_seqs=1, max_num_batched_tokens=2048)
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


def bound(given: Question, setup: Candidate = SINGLE) -> Bound:
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
    two = bound(question(), replace(SINGLE, gpus=2))
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
    works = [bound(given, replace(SINGLE, max_num_seqs=size)).work_j for size in (1, 8, 64)]
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
    two = bound(question(), replace(SINGLE, gpus=2))
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
    split = bound(question(given, tpot_s=99.0), replace(SINGLE, prefill_replicas=1))
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
        bound(question(given, tpot_s=tpot), replace(SINGLE, max_num_seqs=256)).replicas for tpot in (1.0, 0.012)
    )
    assert loose < tight
    small = bound(question(given, tpot_s=1.0), replace(SINGLE, max_num_seqs=4)).replicas
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
    setups = [replace(SINGLE, max_num_seqs=n, power_cap_w=cap) for n in (64, 1) for cap in (None, 400.0)]
    assert [each.setup for each in screen(question(), setups)] == setups


def test_the_frontier_of_a_few_points() -> None:
    points = [[3.0, 1.0], [1.0, 3.0], [2.0, 2.0], [2.0, 2.0], [3.0, 3.0], [1.0, 4.0]]
    assert frontier_of(points).tolist() == [1, 2, 0]
    for wrong in ([1.0, 2.0], [[1.0, float("nan")]]):
        with pytest.raises(ValueError, match="table"):
            frontier_of(wrong)


INPUTS = (300, 100, 800, 200, 700, 400, 600, 500, 310, 110, 810, 210, 710, 410, 610, 510)
OUTPUTS = (21, 2, 1, 1, 41, 5, 31, 11, 22, 1, 60, 1, 80, 9, 3, 51)


def mixed(seconds: float = 100.0) -> Traffic:
    at = np.arange(16) * seconds / 16
    return Traffic(at, np.array(INPUTS), np.array(OUTPUTS), duration_s=seconds)


def mean_context() -> float:
    made = [out - 1 for out in OUTPUTS]
    return sum(m * (i + o / 2) for m, i, o in zip(made, INPUTS, OUTPUTS, strict=True)) / sum(made)


@pytest.mark.parametrize("most", [512, 500, 512.0 * 16])
def test_tokens_of_unlike_requests_cost_a_share_of_the_best_step_at_their_context(most: float) -> None:
    """16 requests in eight groups of two, by context; a token takes a share of the best of the steps of 1 to 4."""
    got = bound(question(mixed()), replace(SINGLE, max_num_seqs=4, max_num_batched_tokens=int(most)))
    rows = sorted((i + o / 2, o - 1) for i, o in zip(INPUTS, OUTPUTS, strict=True))
    decode = 0.0
    for (c1, m1), (c2, m2) in zip(rows[::2], rows[1::2], strict=True):
        if m1 + m2:
            context = (c1 * m1 + c2 * m2) / (m1 + m2)
            decode += (m1 + m2) / 16 * min(step(n, n, context, 0.0)[1] / n for n in (1, 2, 3, 4))
    sizes, tokens = (1.0, 4.0), [t for t in (32, 128, 512, 2048, 8192, most) if t <= most]
    beside = [(step(n + t, n, mean_context(), 0.0)[1] - step(n, n, mean_context(), 0.0)[1]) / t
              for n in sizes for t in tokens]  # fmt: skip
    read = sum(INPUTS) / 16 * min(*beside, *(step(t, 1.0, mean_context(), 0.0)[1] / t for t in tokens))
    assert got.work_j == pytest.approx(2 * SLACK * (decode + read), rel=1e-9)


def test_a_prompt_is_read_in_the_step_that_is_allowed() -> None:
    """With 20 tokens a step at the most there is one step to choose."""
    got = bound(question(traffic(output=1)), replace(SINGLE, max_num_batched_tokens=20))
    alone, beside = step(20.0, 1.0, 1.0, 0.0)[1], step(21.0, 1.0, 1.0, 0.0)[1] - step(1.0, 1.0, 1.0, 0.0)[1]
    assert got.work_j == pytest.approx(2 * SLACK * 200 * min(alone, beside) / 20, rel=1e-9)
    for wrong in ({"max_num_seqs": 0}, {"max_num_batched_tokens": 3, "max_num_seqs": 4}):
        with pytest.raises(WattlineError, match="max-num"):
            bound(question(), replace(SINGLE, **wrong))  # type: ignore[arg-type]


def tokens_of_the_cache() -> int:
    limits = cache_limits(MODEL, CHIP.memory_bytes, 1, "bf16", memory_share=CHIP.usable_memory)
    return limits.blocks * limits.block_tokens


@pytest.mark.parametrize(("beyond", "fits"), [(0, True), (1, False)])
def test_a_request_fits_where_all_of_it_but_its_last_token_does(beyond: int, fits: bool) -> None:
    """The last token is never written into the cache. What does not fit takes no part in the means."""
    prompts: Any = np.full(4, 200)
    prompts[2] = tokens_of_the_cache() - 11 + 1 + beyond
    given = question(replace(traffic(count=4), input_tokens=prompts), Setup(prefix_cache=True))
    long, short = float(prompts[2] + 5.5), step(1.0, 1.0, 205.5, 0.0)[1]
    expected = (3 * short + step(1.0, 1.0, long, 0.0)[1]) / 4 if fits else short
    assert bound(given).work_j == pytest.approx(2 * SLACK * 10 * expected, rel=1e-9)
    prompts = np.append(prompts, 1_000_000)  # the same where there is one that cannot fit
    given = question(replace(traffic(count=5), input_tokens=prompts), Setup(prefix_cache=True))
    assert bound(given).work_j == pytest.approx(2 * SLACK * 10 * expected, rel=1e-9)


@pytest.mark.parametrize("seconds", [0.5, 60.0, 300.0])
def test_the_busiest_minute_or_the_whole_where_that_is_shorter(seconds: float) -> None:
    """A first half of the requests in a tenth of the time."""
    early = np.linspace(0, seconds / 10, 2000, endpoint=False)
    at = np.concatenate([early, np.linspace(seconds / 2, seconds * 0.99, 2000)])
    given = Traffic(at, np.full(4000, 200), np.full(4000, 1), duration_s=seconds)
    busiest = 2000 / 60 if seconds == 300 else 4000 / seconds
    got = bound(question(given, tpot_s=99.0))
    assert got.replicas == ceil(busiest * step(200.0, 1.0, 0.0, 200.0)[0])


def test_the_guess_is_the_largest_batch_in_time_and_its_joules_those_of_the_smallest_that_keeps_up() -> None:
    """Requests of 200 and 201 tokens, 40 a second, at batches of 1 to 4: what each takes of a replica, by hand."""
    given = traffic(count=4000, output=201)
    context, read_s = 200 + 201 / 2, step(200.0, 1.0, 0.0, 200.0)[0]
    steps = {n: step(n, n, context, 0.0) for n in (1, 2, 3, 4)}
    busy = {n: read_s + 200 * steps[n][0] / n for n in steps}
    between = {n: steps[n][0] + n * read_s / 201 for n in steps}
    for most in (3, 4):
        target = (between[3] + between[4]) / 2 / ROOM if most == 3 else 1.0
        got = bound(question(given, tpot_s=target), replace(SINGLE, max_num_seqs=4))
        replicas = ceil(40 * busy[most])
        usual = next(n for n in steps if busy[n] * 40 / replicas <= 1 or n == 4)
        assert got.replicas == replicas
        work = step(200.0, 1.0, 0.0, 200.0)[1] + 200 * steps[usual][1] / usual
        assert got.guess_j == pytest.approx(2 * work + replicas * got.ready_j, rel=1e-9)
    too_tight = bound(question(given, tpot_s=1e-6), replace(SINGLE, max_num_seqs=4))
    assert too_tight.replicas == ceil(40 * busy[1])


def test_a_read_prompt_holds_up_the_steps_of_its_request() -> None:
    """Answers of three tokens in three steps: of a batch of two the reading of two prompts lies between them."""
    given = traffic(count=4000, output=3)
    read_s = step(200.0, 1.0, 0.0, 200.0)[0]
    seconds = {n: step(n, n, 201.5, 0.0)[0] for n in (1, 2, 3, 4)}
    between = {n: seconds[n] + n * read_s / 3 for n in seconds}
    for most in (1, 2, 3):
        target = (between[most] * 0.75 + between[most + 1] * 0.25) / ROOM
        got = bound(question(given, tpot_s=target), replace(SINGLE, max_num_seqs=4))
        assert got.replicas == ceil(40 * (read_s + 2 * seconds[most] / most)), most
    free = replace(question(given), target=Target(ttft_s=0.5))
    assert bound(free, replace(SINGLE, max_num_seqs=4)).replicas == ceil(40 * (read_s + 2 * seconds[4] / 4))


def test_a_small_batch_is_the_usual_one_where_few_come() -> None:
    """Ten requests in 100 s need one replica, which seldom has two of them; in steps of four it could take more."""
    got = bound(question(traffic(output=201), tpot_s=99.0), replace(SINGLE, max_num_seqs=4))
    single = step(1.0, 1.0, 200 + 201 / 2, 0.0)
    assert 0.1 * (step(200.0, 1.0, 0.0, 200.0)[0] + 200 * single[0]) < 1
    work = step(200.0, 1.0, 0.0, 200.0)[1] + 200 * single[1]
    assert (got.replicas, got.guess_j) == (1, pytest.approx(2 * work + got.ready_j, rel=1e-9))


def test_replicas_that_read_stand_ready_too_and_do_not_hold_up_those_that_write() -> None:
    given = question(traffic(count=4000, prompt=2000, output=201), tpot_s=99.0)
    pools = replace(SINGLE, max_num_seqs=4, prefill_replicas=1)
    got = bound(given, pools)
    seconds, joules = step(4.0, 4.0, 2000 + 201 / 2, 0.0)
    read_s, read_j = step(2000.0, 1.0, 0.0, 2000.0)
    assert (got.replicas, got.readers) == (ceil(40 * 200 * seconds / 4), ceil(40 * read_s))
    assert got.readers > 1
    work = read_j + 200 * joules / 4
    assert got.guess_j == pytest.approx(2 * work + (got.replicas + got.readers) * got.ready_j, rel=1e-9)


def test_no_more_sequences_run_than_the_cache_holds() -> None:
    """Prompts of 2 fifths of the cache: two at a time, whatever the set-up allows; others read them."""
    prompt = tokens_of_the_cache() * 2 // 5
    given = question(traffic(count=4000, prompt=prompt, output=201), tpot_s=1e4)
    got = [bound(given, replace(SINGLE, max_num_seqs=n, prefill_replicas=1)).replicas for n in (1, 2, 4)]
    each = [step(n, n, prompt + 201 / 2, 0.0)[0] / n for n in (1, 2)]
    assert got == [ceil(40 * 200 * each[0]), ceil(40 * 200 * each[1]), ceil(40 * 200 * each[1])]


def test_bounds_of_a_group_do_not_depend_on_what_stands_beside_it() -> None:
    """A set-up of a batch of 64 keeps the steps of 64 beside one of 1."""
    given = question(setup=Setup(prefix_cache=True))
    both = screen(given, [SINGLE, replace(SINGLE, max_num_seqs=64)])
    assert both[1].work_j == pytest.approx(bound(given, replace(SINGLE, max_num_seqs=64)).work_j, rel=1e-9)
    assert both[0].work_j == pytest.approx(bound(given).work_j, rel=1e-9)


def test_a_power_limit_an_engine_and_a_site_by_its_weather_reach_the_bound() -> None:
    cached = Setup(prefix_cache=True)
    capped = setting(MODEL, CHIP, 1, "bf16", limit_w=350.0)
    seconds, joules = (float(x) for x in capped.time_and_energy(1.0, 1.0, 205.5, 0.0))
    got = bound(question(setup=cached), replace(SINGLE, power_cap_w=350.0))
    assert got.work_j == pytest.approx(2 * SLACK * 10 * (joules + seconds * (HOST - HOST_IDLE - IDLE)), rel=1e-9)
    soft = load_software("vllm-0.19", CHIP.generation, DRAWS, family=MODEL.family, chip=CHIP.record.name)
    with_soft = setting(MODEL, CHIP, 1, "bf16", serving=Serving(software=soft))
    seconds, joules = (float(x) for x in with_soft.time_and_energy(1.0, 1.0, 205.5, 0.0))
    got = bound(question(setup=replace(cached, engine="vllm-0.19")))
    assert got.work_j == pytest.approx(2 * SLACK * 10 * (joules + seconds * (HOST - HOST_IDLE - IDLE)), rel=1e-9)
    # the overhead of an hour may be next to nothing: the bound takes none
    hourly = replace(question(), where=Where.read("us", {"place": "Dublin", "electricity_price": 0.36}))
    assert bound(hourly).ready_j == pytest.approx((IDLE + HOST_IDLE + NETWORK) * 100 / 10)
    unpriced = bound(question(), replace(SINGLE, chip="v100"))
    assert (unpriced.capital_usd, unpriced.usd(1)) == (None, float("inf"))
