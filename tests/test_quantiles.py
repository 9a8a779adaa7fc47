"""Medians and percentiles are NumPy's to the last bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wattline.core.quantiles import median, percentiles

FINITE = st.floats(-1e12, 1e12) | st.sampled_from([0.0, 1.0, 99.95, 100.0])


@given(arrays(float, st.integers(1, 60), elements=FINITE))
def test_the_median_is_numpys(values: np.ndarray) -> None:
    before = values.copy()
    assert median(values) == np.median(values)
    assert (values == before).all()


@given(arrays(float, st.integers(1, 60), elements=FINITE), st.lists(st.floats(0, 100), min_size=1, max_size=4))
def test_percentiles_are_numpys(values: np.ndarray, percents: list[float]) -> None:
    assert percentiles(values, *percents) == np.percentile(values, percents).tolist()
