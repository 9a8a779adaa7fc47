"""Set-ups that differ in their limit of sequences alone: where it never binds, one simulation speaks for them all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline import catalog
from wattline.line.work.model import load_model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.result import Target
from wattline.search.evaluate import Question, item_of, simulate_item
from wattline.search.setup import Candidate
from wattline.search.twins import PEAK, Twins

pytest.importorskip("numba", reason="the simulator needs Numba, of the extra sim")

LIMITS = (1, 2, 3, 5, 8, 13, 64)


def _question(seed: int, rate: float, long: bool) -> Question:
    rng = np.random.default_rng(seed)
    arrival = np.cumsum(rng.exponential(1 / rate, 60))
    most = 40_000 if long else 2000  # long prompts fill the cache, so that requests wait for it or give way
    tokens = rng.integers(1, most, 60), rng.integers(1, 400, 60)
    return Question(load_model("llama-3.1-70b", catalog.default()), Traffic(arrival, *tokens), Target(1.0, 0.05))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2.0, 20.0, 200.0]), st.booleans(), st.integers(0, 2), st.integers(1, 2))
def test_a_limit_that_never_binds_changes_nothing(
    seed: int, rate: float, long: bool, readers: int, replicas: int
) -> None:
    question = _question(seed, rate, long)
    setups = [Candidate("h100-sxm", 2, "fp8", most, 64, None, replicas, readers) for most in LIMITS]
    results = {s.max_num_seqs: simulate_item(question, item_of(question, s, True)) for s in setups}
    for known in setups:
        twins = Twins()
        twins.add(item_of(question, known, True), results[known.max_num_seqs])
        twins.take_in()
        assert results[known.max_num_seqs][PEAK] >= 1
        for other in setups:
            result = twins.find(item_of(question, other, True))
            assert result in (None, results[other.max_num_seqs])
        assert twins.find(item_of(question, known, True)) == results[known.max_num_seqs]


def _item(limit: int, replicas: int = 2) -> dict[str, Any]:
    return Candidate("h100-sxm", 1, "fp8", limit, replicas=replicas).item() | {"sampled": replicas}


def test_a_result_holds_for_limits_that_it_never_reached() -> None:
    twins, result = Twins(), {PEAK: 40}
    twins.add(_item(128), result)
    assert twins.find(_item(256)) is None  # what the same run adds waits till it is taken in
    twins.take_in()
    assert [twins.find(_item(limit)) for limit in (256, 64, 40, 39)] == [result, result, result, None]
    assert (twins.find(_item(64, 3)), twins.used) == (None, 3)
    full = {PEAK: 32}  # as many as its limit: a larger one may let in more
    twins.add(_item(32), full)
    twins.take_in()
    assert (twins.find(_item(33)), twins.find(_item(32)), twins.find(_item(64))) == (None, full, result)
