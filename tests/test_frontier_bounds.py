"""What no set-up goes below: floors and bounds of energy, strains and misses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from frontier_place import few_requests, small_question
from wattline import catalog
from wattline.line.work.model import load_model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.result import Target
from wattline.predict.setup import Setup
from wattline.search.bounds import screen
from wattline.search.evaluate import Question, item_of, setup_of, simulate_item
from wattline.search.floors import LEVELS, LeastCosts, TokensMade, fewest_replicas
from wattline.search.misses import Misses, StrainedTrial
from wattline.search.setup import Candidate, Space, all_setups
from wattline.search.trial import usd_of

pytest.importorskip("numba", reason="the simulator needs Numba, of the extra sim")


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return few_requests()


@pytest.fixture(scope="module")
def question(traffic: Traffic) -> Question:
    return small_question(traffic)


def _not_below_their_bounds(wish: Question, space: Space) -> None:
    for bound in screen(wish, all_setups(wish.model, space, wish.catalog, wish.setup)):
        readers = bound.setup.prefill_replicas
        for replicas in (1, 3):
            result = simulate_item(wish, item_of(wish, bound.setup.of(replicas), True))
            assert "wrong" not in result
            assert bound.energy_j(replicas + readers) <= result["energy_j"]
            assert bound.usd(replicas + readers) <= usd_of(result)
            assert result["strain"] is None or bound.strain <= result["strain"]
            assert bound.work_j > 0
            for level in LEVELS:
                if result["strain"] is not None and result["strain"] <= level:
                    assert bound.floors[level].replicas <= replicas + readers
                    assert bound.within(level, replicas + readers)[0] <= result["energy_j"]
                    assert bound.within(level, 1 + readers)[1] <= usd_of(result)
                    assert bound.within(level, 1)[0] >= bound.energy_j(1) * (1 - 1e-9)


@pytest.mark.parametrize("model", ["llama-3.1-8b", "gpt-oss-20b", "qwen3-30b-a3b"])
def test_no_simulation_goes_below_its_bound(model: str, traffic: Traffic) -> None:
    wish = Question(load_model(model, catalog.default()), traffic, Target(0.3, 0.02), 0.95)
    _not_below_their_bounds(wish, Space(("h100-sxm",), None, (1, 2), (None, 300.0), (16, 256), (512, 2048)))


def test_what_a_fast_chip_misses_a_slower_one_misses() -> None:
    fast, slow = (Candidate("h100-sxm", 1, "bf16", power_cap_w=cap) for cap in (None, 400.0))
    misses = Misses(
        [StrainedTrial(slow.of(5), 0.6, 0.1), StrainedTrial(fast.of(2), 0.6, 0.1), StrainedTrial(fast.of(3), 0.4, 0.1)],
        0.5,
    )
    assert (misses.fewest(fast), misses.fewest(slow)) == (3, 6)
    assert misses.fewest(replace(fast, max_num_seqs=64)) == 1
    split = fast.of(4, 2)
    misses = Misses([StrainedTrial(split, 0.6, 0.1), StrainedTrial(fast.of(9, 1), 3.0, 3.0)], 0.5)
    assert (misses.readers(split), misses.fewest(split)) == (1, 3)
    assert (misses.replicas(split, 2), misses.replicas(split, 3)) == (4, 0)
    other = replace(split, max_num_seqs=64)
    assert (misses.readers(other), misses.replicas(other, 2)) == (1, 0)


def test_a_tight_time_between_tokens_raises_the_floor() -> None:
    """Steps of 1 and 2 s for 1 and 4 sequences, at 8 and 12 J: within 1.5 s half of the tokens come in each."""
    each = {"busy": np.array([[8.0], [3.0]]), "seconds": np.array([[1.0], [0.5]])}
    costs = LeastCosts(each, {"busy": 0.0, "seconds": 0.01}, np.array([1.0, 2.0]))
    tokens = TokensMade(np.array([10.0]), 0.0, 0.0)
    assert costs.decoding("busy", tokens, np.inf) == pytest.approx(30.0)
    assert costs.decoding("busy", tokens, 3.0) == pytest.approx(30.0)
    assert 50.0 < costs.decoding("busy", tokens, 1.5) <= 55.0
    loose = costs.decoding("busy", tokens._replace(missed=1.0), 1.5)
    assert 30.0 < loose < costs.decoding("busy", tokens, 1.5)
    count = fewest_replicas(costs, tokens, np.inf, 100.0, 2.0, split=False)
    assert (count, fewest_replicas(costs, tokens, np.inf, 100.0, 2.0, split=True)) == (12, 12)


@pytest.mark.parametrize("how", [{"cache": "fp8", "draft_tokens": 3, "acceptance": 0.6}, {"tuned": True}])
def test_nor_where_tokens_are_guessed_or_the_engine_is_tuned(how: dict[str, Any], traffic: Traffic) -> None:
    wish = Question(load_model("llama-3.1-8b", catalog.default()), traffic, Target(0.3, 0.02), 0.95, Setup(**how))
    _not_below_their_bounds(wish, Space(("h100-sxm",), ("bf16",), (1,), (None,), (16, 256), (2048,)))


def test_the_strain_is_what_the_share_keeps(question: Question) -> None:
    setup = Candidate("h100-sxm", 1, "bf16", replicas=2)
    result = simulate_item(question, item_of(question, setup, True))
    service = question.serve(setup)
    assert (result["strain"] <= 1) == (result["good_share"] >= question.share)
    assert result["good_share"] == pytest.approx(service.simulated()["good_share"])
    assert result["energy_j"] == pytest.approx(sum(result["parts_j"].values()))
    assert result["energy_j"] * 500 == pytest.approx(float(service.answer.energy_j))
    assert setup_of(item_of(question, setup, True)) == setup
