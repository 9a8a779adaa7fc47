"""Draws: the same fact the same in every run, and what moves an outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wattline import catalog
from wattline.catalog.draws import MAX_DRAWS, Draws, what_matters
from wattline.core.errors import WattlineError
from wattline.core.fact import Fact, Source
from wattline.core.range import Range


def fact(
    key: str, low: float = 1.0, value: float = 2.0, high: float = 4.0, dist: Any = "uniform", group: str = ""
) -> Fact:
    return Fact(key, value, low, high, "kW", Source("A paper", 2024), dist, group=group)


@pytest.mark.parametrize("n", [1, 2, 3, 500])
def test_shape_bounds_and_repeatability(n: int) -> None:
    first, second = Draws(n, 7)(fact("a")), Draws(n, 7)(fact("a"))
    assert first.shape == (n,)
    assert np.array_equal(first, second)
    assert np.all((first >= 1) & (first <= 4))
    assert Range.of(first).p5 <= Range.of(first).p95


def test_no_draws_gives_central_values() -> None:
    central = Draws(0)(fact("a"))
    assert central.shape == ()
    assert float(central) == 2.0
    assert Draws(0).spread() == {}


@pytest.mark.parametrize("n", [-1, MAX_DRAWS + 1, 2.5, "100", True, None])
def test_other_numbers_of_draws_are_refused(n: Any) -> None:
    with pytest.raises(WattlineError, match="out of range"):
        Draws(n)


def test_one_draw_in_each_slice() -> None:
    u = Draws(100, 3).percentiles("x")
    assert sorted(np.floor(u * 100).astype(int)) == list(range(100))


def test_a_fact_is_drawn_once_and_apart_from_the_others() -> None:
    alone, beside = Draws(50, 1), Draws(50, 1)
    beside(fact("other"))
    assert np.array_equal(alone(fact("a")), beside(fact("a")))
    assert alone(fact("a")) is alone(fact("a"))
    assert not np.array_equal(beside(fact("a")), beside(fact("other")))
    assert set(beside.used) == {"a", "other"}
    assert not np.array_equal(Draws(50, 2)(fact("a")), alone(fact("a")))


def test_a_group_shares_one_percentile() -> None:
    draws = Draws(200)
    low, high = draws(fact("a", group="g")), draws(fact("b", 10, 20, 40, group="g"))
    assert stats.spearmanr(low, high).statistic == pytest.approx(1.0)
    assert list(draws.spread()) == ["a"]


def test_units_are_converted() -> None:
    draws = Draws(5)
    assert draws(fact("a"), "W") == pytest.approx(1000 * draws(fact("a")))
    assert float(Draws(0)("chip.h100-sxm.tdp_w", "kW")) == pytest.approx(0.7)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60))
def test_range_is_ordered(values: list[float]) -> None:
    result = Range.of(np.array(values))
    assert min(values) <= result.p5 <= result.p50 <= result.p95 <= max(values)
    assert result.map(2.0).p50 == pytest.approx(2 * result.p50)
    assert set(result.json()) == {"p5", "p50", "p95"}


def test_range_of_one_number() -> None:
    assert Range.of(3) == Range(3.0, 3.0, 3.0, 3.0)


def test_what_matters_is_spearmans_and_sorted() -> None:
    draws = Draws(2000)
    a, b, _ = draws(fact("a")), draws(fact("b")), draws(fact("c"))
    outcome = a**2 - 3 * b
    rows = what_matters(draws, outcome)
    assert [result.key for result, _ in rows] == ["a", "b"]
    assert rows[0][1] == pytest.approx(stats.spearmanr(a, outcome).statistic, abs=1e-9)
    assert rows[1][1] < 0


def test_ties_do_not_feign_a_link() -> None:
    # half of each is tied (value at the low end); the two have nothing to do with each other
    draws = Draws(10_000)
    tied = draws(fact("tied", 1.0, 1.0, 4.0, "lognormal"))
    outcome = Draws(10_000, 99)(fact("outcome", 1.0, 1.0, 4.0, "lognormal"))
    tied, outcome = np.maximum(tied, 1.0), np.maximum(outcome, 1.0)
    assert np.mean(tied == 1.0) > 0.4
    assert what_matters(draws, outcome) == []
    same = what_matters(draws, tied * 2)
    assert same[0][1] == pytest.approx(1.0)


@pytest.mark.parametrize("outcome", [np.ones(2000), np.asarray(3.0), np.arange(10.0), np.full(2000, np.nan)])
def test_nothing_matters_to_a_constant_or_a_few(outcome: Any) -> None:
    draws = Draws(2000)
    draws(fact("a"))
    assert what_matters(draws, outcome) == []


@pytest.mark.parametrize("seed", [-1, 1.5, True, "3"])
def test_a_seed_that_is_none_is_refused(seed: Any) -> None:
    with pytest.raises(WattlineError, match="seed"):
        Draws(10, seed)


def test_peeking_leaves_no_trace_until_cited() -> None:
    draws, far = Draws(200), catalog.fact("fit.network-bandwidth")
    peeked = draws.peek(far)
    assert far.key not in draws.used
    assert not draws.spread()
    draws.cite(far)
    assert list(draws.spread()) == [far.key]
    assert draws(far) is peeked
