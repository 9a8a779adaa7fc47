"""The outlook's algebra: roots of covariances, products in blocks, percentiles of many draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.line.world.algebra import BLOCK, lower_root, solve_lower, thin_root, times
from wattline.line.world.outlook_draws import spread_root
from wattline.line.world.percentiles import percentiles


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3 * BLOCK), st.integers(0, 2**32 - 1))
def test_roots_and_solutions_are_those_of_linear_algebra(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = rng.standard_normal((size, size + 3))
    matrix = made @ made.T + 0.1 * np.eye(size)
    root = lower_root(matrix)
    assert root == pytest.approx(np.linalg.cholesky(matrix), rel=1e-7, abs=1e-9)
    values = rng.standard_normal((size, 4))
    assert root @ solve_lower(root, values) == pytest.approx(values, abs=1e-7)
    assert solve_lower(root, values[:, 0]) == pytest.approx(solve_lower(root, values)[:, 0])
    thin = thin_root(matrix, 1e-9)
    assert thin @ thin.T == pytest.approx(matrix, abs=1e-5 * np.abs(matrix).max())


def test_a_matrix_that_is_no_covariance_has_no_root() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        lower_root(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert thin_root(np.zeros((3, 3)), 1e-6).shape == (3, 0)
    assert thin_root(np.ones((3, 3)), 1e-6).shape == (3, 1)


def test_a_root_of_few_columns_keeps_each_variance_and_nearly_the_correlations() -> None:
    years = np.arange(120)
    spread = np.exp(-(((years[:, None] - years) / 20.0) ** 2)) + 0.02 * np.eye(120)
    root = spread_root(spread * np.outer(1 + years / 50, 1 + years / 50)).astype(float)
    made = root @ root.T
    assert root.shape[1] < 100
    assert np.diag(made) == pytest.approx(1.02 * (1 + years / 50) ** 2, rel=1e-4)
    deviation = np.sqrt(np.diag(made))
    assert np.abs(made / np.outer(deviation, deviation) - spread / 1.02).max() < 0.04


@settings(max_examples=20, deadline=None)
@given(st.integers(100, 60_000), st.integers(0, 2**32 - 1))
def test_percentiles_of_many_draws_are_those_of_the_whole_order(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.stack([rng.standard_normal(count), np.round(rng.exponential(size=count)), np.sort(rng.random(count))])
    spots = [round(p / 100 * (count - 1)) for p in (0, 5, 50, 95, 100)]
    wanted = np.sort(values.astype(np.float32), axis=1)[:, spots].T
    assert np.array_equal(percentiles(values.astype(np.float32), (0, 5, 50, 95, 100)), wanted)


@given(rows=st.integers(1, 90), inner=st.integers(1, 400), columns=st.integers(1, 90), seed=st.integers(0, 9))
def test_products_in_blocks_are_products(rows: int, inner: int, columns: int, seed: int) -> None:
    """Larger ones are made of blocks that one thread makes; they are those of the library but for rounding."""
    rng = np.random.default_rng(seed)
    first, other = rng.standard_normal((rows, inner)), rng.standard_normal((inner, columns))
    np.testing.assert_allclose(times(first, other), first @ other, rtol=1e-10, atol=1e-10)
