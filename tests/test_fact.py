"""Facts: their checks and how they are drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wattline.core.errors import WattlineError
from wattline.core.fact import Fact, Source, normal_quantile
from wattline.core.fact import user_fact as user_given

SOURCE = Source("A paper", 2024, "table 1")
U = np.linspace(0.0005, 0.9995, 1999)


def fact(value: float, low: float, high: float, dist: Any) -> Fact:
    return Fact("k", value, low, high, "W", SOURCE, dist)


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    low, value, high = sorted(draw(st.tuples(*[st.floats(1e-3, 1e6)] * 3)))
    return fact(value, low, high, draw(st.sampled_from(["fixed", "triangular", "lognormal", "uniform"])))


@given(facts())
def test_quantiles_rise_and_stay_in_bounds(drawn: Fact) -> None:
    values = drawn.quantile(U)
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values) >= -1e-9 * drawn.high)
    if drawn.dist != "lognormal":
        assert values.min() >= drawn.low * (1 - 1e-12)
        assert values.max() <= drawn.high * (1 + 1e-12)
    else:
        assert np.all(values > 0)


@given(facts())
def test_lognormal_meets_its_three_points(drawn: Fact) -> None:
    lognormal = fact(drawn.value, drawn.low, drawn.high, "lognormal")
    result = lognormal.quantile(np.array([0.05, 0.5, 0.95]))
    assert result == pytest.approx([drawn.low, drawn.value, drawn.high], rel=1e-4)


@pytest.mark.parametrize(("low", "value", "high"), [(1.0, 1.0, 4.0), (1.0, 4.0, 4.0)])
def test_value_at_an_end(low: float, value: float, high: float) -> None:
    for dist in ("triangular", "lognormal", "uniform"):
        values = fact(value, low, high, dist).quantile(U)
        assert np.all(np.isfinite(values))
        assert np.ptp(values) > 0
    middle = fact(value, low, high, "lognormal").quantile(0.5)
    assert float(middle) == value


def test_triangular_is_scipys() -> None:
    drawn = fact(3.0, 1.0, 9.0, "triangular").quantile(U)
    assert drawn == pytest.approx(stats.triang.ppf(U, 0.25, loc=1.0, scale=8.0), rel=1e-9)


def test_normal_quantile_is_scipys() -> None:
    assert normal_quantile(U) == pytest.approx(stats.norm.ppf(U), abs=1e-6)
    assert np.isfinite(normal_quantile(np.array([0.0, 1.0]))).all()


def test_exact_facts_never_vary() -> None:
    for drawn in (fact(5.0, 5.0, 5.0, "lognormal"), fact(5.0, 1.0, 9.0, "fixed")):
        assert drawn.exact
        assert np.all(drawn.sample(7, np.random.default_rng(1)) == 5.0)


def test_sample_has_its_mean() -> None:
    sample = fact(3.0, 1.0, 9.0, "triangular").sample(40_000, np.random.default_rng(0))
    assert sample.shape == (40_000,)
    assert sample.mean() == pytest.approx(13 / 3, rel=0.01)


@pytest.mark.parametrize(
    ("value", "low", "high", "dist"),
    [
        (math.nan, 0.0, 1.0, "uniform"),
        (1.0, -math.inf, 2.0, "uniform"),
        (1.0, 0.0, math.inf, "triangular"),
        (3.0, 0.0, 2.0, "uniform"),
        (-1.0, 0.0, 2.0, "triangular"),
        (1.0, 0.0, 2.0, "lognormal"),
        (1.0, -1.0, 2.0, "lognormal"),
    ],
)
def test_impossible_facts_are_refused(value: float, low: float, high: float, dist: str) -> None:
    with pytest.raises(WattlineError, match="fact k"):
        fact(value, low, high, dist)


def test_what_the_user_gave_says_so() -> None:
    mine = user_given("train.pue", 1.1, "")
    assert mine.exact
    assert mine.basis == "given"
    assert mine.json()["source"] == "given by the user"


def test_source_in_words() -> None:
    assert str(SOURCE) == "A paper, 2024, table 1"
    assert str(Source("A page")) == "A page"
