"""Medians and percentiles are NumPy's to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import stdtrit

from wattline.core.quantiles import median, percentiles, student

FINITE = st.floats(-1e12, 1e12) | st.sampled_from([0.0, 1.0, 99.95, 100.0])


@given(arrays(float, st.integers(1, 60), elements=FINITE))
def test_the_median_is_numpys(values: np.ndarray) -> None:
    before = values.copy()
    assert median(values) == np.median(values)
    assert (values == before).all()


@given(arrays(float, st.integers(1, 60), elements=FINITE), st.lists(st.floats(0, 100), min_size=1, max_size=4))
def test_percentiles_are_numpys(values: np.ndarray, percents: list[float]) -> None:
    assert percentiles(values, *percents) == np.percentile(values, percents).tolist()


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 8, 11, 30, 101])
@pytest.mark.parametrize("within", [0.5, 0.9, 0.95, 0.99])
def test_students_t_is_scipys(degrees: int, within: float) -> None:
    assert student(degrees, within) == pytest.approx(stdtrit(degrees, (1 + within) / 2), rel=1e-12)
