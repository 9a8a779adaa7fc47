"""Medians and percentiles are NumPy's to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import stdtrit

from wattline.core.quantiles import MANY, median, percentiles, quantiles, student

FINITE = st.floats(-1e12, 1e12) | st.sampled_from([0.0, 1.0, 99.95, 100.0])


@given(arrays(float, st.integers(1, 60), elements=FINITE))
def test_the_median_is_numpys(values: np.ndarray) -> None:
    before = values.copy()
    assert median(values) == np.median(values)
    assert (values == before).all()


@given(arrays(float, st.integers(1, 60), elements=FINITE), st.lists(st.floats(0, 100), min_size=1, max_size=4))
def test_percentiles_are_numpys(values: np.ndarray, percents: list[float]) -> None:
    assert percentiles(values, *percents) == np.percentile(values, percents).tolist()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3, 1.0]), st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_quantiles_of_very_many_are_numpys(seed: int, repeated: float, shares: list[float]) -> None:
    """With numbers of all sizes, of which some or all are zero or stand many times."""
    rng = np.random.default_rng(seed)
    values = np.where(
        rng.random(MANY + 1) < repeated, rng.choice([0.0, -0.0, 0.25]), rng.lognormal(sigma=9, size=MANY + 1)
    )
    before = values.copy()
    assert quantiles(values, shares) == np.quantile(values, shares).tolist()
    assert quantiles(-values, shares) == np.quantile(-values, shares).tolist()
    assert (values == before).all()


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 8, 11, 30, 101])
@pytest.mark.parametrize("within", [0.5, 0.9, 0.95, 0.99])
def test_students_t_is_scipys(degrees: int, within: float) -> None:
    assert student(degrees, within) == pytest.approx(stdtrit(degrees, (1 + within) / 2), rel=1e-12)
