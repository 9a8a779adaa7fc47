"""The search for the set-up of least energy: as an exhaustive one finds it, whatever stops it and wherever it runs."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontier_place import few_requests, small_question
from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.line.work.model import load_model
from wattline.line.work.traffic.trace import Hashes, Traffic
from wattline.predict.service.result import Target
from wattline.predict.setup import Setup
from wattline.search import evaluate as frontier_measure
from wattline.search.bounds import screen
from wattline.search.context import context
from wattline.search.evaluate import Question, item_of, sample_size, simulate_item
from wattline.search.explain import differences
from wattline.search.frontier import frontier
from wattline.search.pareto import frontier_of
from wattline.search.result import Frontier
from wattline.search.setup import Candidate, Space, all_setups, measured_chips, read_space
from wattline.search.trial import usd_of

pytest.importorskip("numba", reason="the simulator needs Numba, of the extra sim")
SPACE = Space(("h100-sxm", "b200"), ("bf16", "fp8"), (1, 2), (None, 400.0), (8, 64), (2048,), (False,))
SINGLE = Space(("h100-sxm",), ("fp8",), (1,), (None,), (64,), (2048,), (False,))
QUESTION: dict[str, Any] = {"slo_ttft": 0.3, "slo_tpot": 0.02, "slo_share": 0.95, "draws": 40}


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return few_requests()


@pytest.fixture(scope="module")
def question(traffic: Traffic) -> Question:
    return small_question(traffic)


@pytest.fixture(scope="module")
def outcome(traffic: Traffic) -> Frontier:
    return frontier("llama-3.1-8b", traffic, space=SPACE, workers=1, **QUESTION)


@given(
    st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, 2.0, 3.0, float("inf")])] * 3), max_size=30),
)
def test_the_frontier_is_of_points_that_none_dominates(rows: list[tuple[float, ...]]) -> None:
    kept = [rows[i] for i in frontier_of(np.array(rows).reshape(-1, 3))]

    def beats(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
        return all(x <= y for x, y in zip(a, b, strict=True)) and a != b

    assert len(set(kept)) == len(kept)
    assert set(kept) == {p for p in rows if not any(beats(q, p) for q in rows)}
    assert kept == sorted(kept)


def test_values_that_are_not_numbers_have_no_frontier() -> None:
    with pytest.raises(ValueError, match="numbers"):
        frontier_of([[1.0, float("nan")]])


@pytest.mark.long
def test_as_an_exhaustive_search_finds_it(outcome: Frontier, question: Question) -> None:
    every = {}
    for setup, replicas in product(all_setups(question.model, SPACE, question.catalog), range(1, 9)):
        result = simulate_item(question, item_of(question, setup.of(replicas), True))
        if "wrong" not in result and result["strain"] is not None and result["strain"] <= 1:
            every[setup.of(replicas)] = result
    best = min(every, key=lambda s: every[s]["energy_j"])
    assert outcome.best.energy_j == every[best]["energy_j"]
    assert outcome.best.setup.of(1) == best.of(1) or every[outcome.best.setup]["energy_j"] == every[best]["energy_j"]
    cheapest = min(usd_of(r) for r in every.values())
    assert min(p.usd for p in outcome.points) == pytest.approx(cheapest, rel=1e-12)
    for level in (0.5, 0.25):
        kept = [r["energy_j"] for r in every.values() if r["strain"] <= level]
        got = [p.energy_j for p in outcome.points if p.strain <= level]
        assert bool(kept) == bool(got)
        if kept:
            assert min(got) == pytest.approx(min(kept), rel=1e-12)
    assert outcome.counts.left_out > 0
    for p in outcome.points:
        mine = every[p.setup]
        assert mine == p.result
        # between the levels the frontier is that of what was simulated: the whole space may hold a better one
        assert not any(
            each.energy_j < p.energy_j and each.strain < p.strain and each.usd < p.usd for each in outcome.points
        )


@pytest.mark.long
def test_pools_take_no_more_replicas_than_they_need(traffic: Traffic, question: Question) -> None:
    split = Space(("h100-sxm",), ("bf16", "fp8"), (1,), (None,), (64,), (2048,), (True,))
    outcome = frontier("llama-3.1-8b", traffic, space=split, workers=1, **QUESTION)
    best = outcome.best.setup
    assert best.prefill_replicas >= 1
    assert best.chips == best.replicas + best.prefill_replicas
    assert outcome.best.strain <= 1
    fewer = [best.of(best.replicas - 1), best.of(best.replicas, best.prefill_replicas - 1)]
    for setup in fewer:
        if setup.replicas and setup.prefill_replicas:
            assert simulate_item(question, item_of(question, setup, True))["strain"] > 1
    assert "pools" in [part for step in outcome.steps for part in step.change.split(" and ")]
    for form, n, readers in product(("bf16", "fp8"), range(1, 5), range(1, 4)):
        setup = Candidate("h100-sxm", 1, form, 64, 2048, None, n, readers)
        result = simulate_item(question, item_of(question, setup, True))
        assert result["strain"] > 1 or result["energy_j"] >= outcome.best.energy_j * (1 - 1e-12)


def test_a_kept_result_is_of_the_same_engine_cache_and_guesses(question: Question) -> None:
    ways = [{}, {"cache": "fp8"}, {"draft_tokens": 1}, {"tuned": True}, {"engine": "sglang"}, {"data_parallel": 2}]
    assert len({context(replace(question, setup=Setup(**way))) for way in ways}) == len(ways)


def test_the_way_from_the_default_adds_up(outcome: Frontier) -> None:
    assert outcome.default is not None
    # what a competent operator has: usual limits and the model's own format, on the chips a replica that take least
    assert replace(outcome.default.setup.of(1), gpus=1) == Candidate("h100-sxm", 1, "bf16")
    assert outcome.default.energy_j <= min(
        (p.energy_j for p in outcome.points if replace(p.setup.of(1), gpus=1) == Candidate("h100-sxm", 1, "bf16")),
        default=outcome.default.energy_j,
    )
    assert "fp8" in outcome.json()["notes"][0]
    saved = sum(step.saved_j for step in outcome.steps)
    assert outcome.default.energy_j - saved == pytest.approx(outcome.best.energy_j, rel=1e-9)
    assert outcome.steps[-1].point.setup == outcome.best.setup
    for step in outcome.steps:
        assert sum(step.parts_j.values()) == pytest.approx(step.saved_j, rel=1e-9, abs=1e-12)
    assert set(outcome.back) == set(differences(outcome.default.setup, outcome.best.setup))
    assert outcome.saved is not None
    assert outcome.saved.p5 <= outcome.saved.p50 <= outcome.saved.p95
    assert (
        json.loads(json.dumps(outcome.json(), allow_nan=False))["results"]["best"]["setup"]["label"]
        == outcome.best.setup.label()
    )


def test_a_baseline_of_the_user_s_own_is_taken_as_it_is(traffic: Traffic) -> None:
    own = frontier("llama-3.1-8b", traffic, "h100-sxm, gpus=1, max_num_seqs=64", space=SINGLE, workers=1, **QUESTION)
    assert own.default is not None
    assert own.default.setup.of(1) == Candidate("h100-sxm", 1, "bf16", 64)


def test_the_same_in_worker_processes(outcome: Frontier, traffic: Traffic) -> None:
    again = frontier("llama-3.1-8b", traffic, space=SPACE, workers=2, **QUESTION)
    assert again.json() == outcome.json()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_same_on_ray(traffic: Traffic) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'wattline[ray]'", exc_type=ImportError)
    here = frontier("llama-3.1-8b", traffic, space=SINGLE, workers=1, **QUESTION)
    there = frontier("llama-3.1-8b", traffic, space=SINGLE, on="ray", workers=1, **QUESTION)
    assert there.json() == here.json()


def test_parts_of_the_replicas_find_the_same(
    outcome: Frontier, traffic: Traffic, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier_measure, "SLICE", 200)
    assert sample_size(question, Candidate("h100-sxm", 1, "bf16", replicas=5)) == 2
    again = frontier("llama-3.1-8b", traffic, space=SPACE, workers=1, **QUESTION)
    assert again.counts.sliced
    assert all(p.whole for p in again.points)
    assert again.best.energy_j == pytest.approx(outcome.best.energy_j, rel=0.03)


def test_other_traffic_does_not_mix(tmp_path: Path, traffic: Traffic) -> None:
    few = Space(("h100-sxm",), ("fp8",), (1,), (None,), (64,), (2048,))
    path = tmp_path / "sweep.jsonl"
    first = frontier("llama-3.1-8b", traffic, space=few, resume=path, workers=1, **QUESTION)
    other = frontier("llama-3.1-8b", traffic.part(0, 400), space=few, resume=path, workers=1, **QUESTION)
    again = frontier("llama-3.1-8b", traffic, space=few, resume=path, workers=1, **QUESTION)
    assert other.counts.others == first.counts.run
    assert again.counts.run == 0
    assert again.best == first.best
    assert other.best.energy_j != first.best.energy_j


def test_a_target_that_nothing_meets_names_the_nearest(traffic: Traffic) -> None:
    with pytest.raises(WattlineError, match=r"none of 32 set-ups .* nearest is .* times the target would do") as stop:
        frontier("llama-3.1-8b", traffic, space=SPACE, slo_ttft="1 s", slo_tpot="1 ms", workers=1)
    assert "\n" not in str(stop.value)


def test_a_default_that_meets_it_with_no_replicas_takes_more_chips(traffic: Traffic) -> None:
    single = Space(("h100-sxm",), ("fp8",), (4,), (None,), (64,), (2048,))
    result = frontier("llama-3.1-8b", traffic, space=single, slo_tpot="4.9 ms", slo_share=0.9, workers=1, draws=0)
    assert result.default is None or result.default.setup.gpus > result.usual.gpus
    assert result.json()["results"]["default_requested"]["gpus"] == result.usual.gpus


def test_what_is_searched_by_itself() -> None:
    assert set(measured_chips(catalog.default())) == {"h100-sxm", "b200"}
    dense = all_setups(load_model("llama-3.1-70b", catalog.default()), Space(), catalog.default())
    assert {s.precision for s in dense} == {"bf16", "fp8"}
    assert min(s.gpus for s in dense if s.precision == "bf16" and s.chip == "h100-sxm") == 2
    assert max(s.gpus for s in dense) == 8
    assert {
        s.precision for s in all_setups(load_model("gpt-oss-120b", catalog.default()), Space(), catalog.default())
    } == {"mxfp4"}
    lists = {"chip": "H100", "precision": "fp8", "gpus": "1,2", "power_cap": "400 W,none", "max_num_seqs": "8"}
    assert read_space(lists | {"max_num_batched_tokens": "512"}, "both", catalog.default()) == Space(
        ("h100-sxm",), ("fp8",), (1, 2), (400.0, None), (8,), (512,)
    )


def test_facts_of_ones_own_reach_the_workers(tmp_path: Path, traffic: Traffic) -> None:
    facts = tmp_path / "facts.toml"
    facts.write_text("[server.hgx-h100]\nhost_w = 9000\nhost_idle_w = 9000\n")
    usual = frontier("llama-3.1-8b", traffic, space=SINGLE, workers=1, **QUESTION)
    here, there = (frontier("llama-3.1-8b", traffic, space=SINGLE, workers=n, facts=facts, **QUESTION) for n in (1, 2))
    assert here.json() == there.json()
    assert here.best.result["parts_j"]["host"] > 3 * usual.best.result["parts_j"]["host"]


def test_a_chip_without_a_price_has_no_cost(traffic: Traffic) -> None:
    space = Space(("h100-pcie", "h100-sxm"), ("fp8",), (1,), (None,), (64,), (2048,), (False,))
    result = frontier("llama-3.1-8b", traffic, space=space, workers=1, **QUESTION)
    unknown = [p for p in result.json()["results"]["points"] if p["setup"]["chip"] == "h100-pcie"]
    assert all(p["cost_usd_per_request"] is None and p["capital_usd_per_request"] is None for p in unknown)
    cost = [p["cost_usd_per_request"] for p in result.json()["results"]["points"] if p["setup"]["chip"] == "h100-sxm"]
    assert all(cost)


def test_with_prefixes_and_weather() -> None:
    rng = np.random.default_rng(5)
    block = rng.integers(0, 40, 400)
    hashes = Hashes(block, np.arange(0, 401, 2), 512)
    offered = Traffic(np.sort(rng.uniform(0, 30, 200)), np.full(200, 1000), np.full(200, 60), hashes, duration_s=30.0)
    given: dict[str, Any] = {"space": SINGLE, "slo_tpot": "30 ms", "workers": 1, "draws": 0}
    plain = frontier("llama-3.1-8b", offered, **given)
    kept = frontier("llama-3.1-8b", offered, router="prefix", prefix_cache=0.3, **given)
    assert kept.best.result["parts_j"]["prefill"] < plain.best.result["parts_j"]["prefill"]
    cool = frontier("llama-3.1-8b", offered, place="Dublin", **given)
    assert cool.best.result["parts_j"]["overhead"] != plain.best.result["parts_j"]["overhead"]


def test_requests_that_fit_no_cache_miss_the_target(traffic: Traffic) -> None:
    long = np.where(np.arange(500) % 10 == 0, 2_000_000, traffic.input_tokens)
    some = Traffic(traffic.arrival_s, long, traffic.output_tokens, duration_s=20.0)
    with pytest.raises(WattlineError, match="none of 1 set-ups"):
        frontier("llama-3.1-8b", some, space=SINGLE, workers=1, slo_tpot=0.05, slo_share=0.95)
    result = frontier("llama-3.1-8b", some, space=SINGLE, workers=1, slo_tpot=0.05, slo_share=0.85, draws=0)
    assert result.best.result["left_out"] == 50
    wish = Question(load_model("llama-3.1-8b", catalog.default()), some, Target(None, 0.05), 0.85)
    for bound in screen(wish, all_setups(wish.model, SINGLE, wish.catalog)):
        assert 0 < bound.energy_j(1) <= simulate_item(wish, item_of(wish, bound.setup, True))["energy_j"]
    assert result.best.result["good_share"] <= 0.9
