"""Roots of covariances and what is solved by them, the same to the bit whatever the number of threads.

A library's own routines split their sums among threads, and so change the last digits; here the sums are split in
blocks of a fixed size.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array

BLOCK = 24
ALONE = 2**17  # multiplications that a library leaves to one thread (OpenBLAS: below 2**18)


def times(first: Array, other: Array) -> Array:
    """The product of two matrices; that of a matrix with its own transpose is summed as any other.

    Parameters
    ----------
    first, other : shapes ``(n, k)`` and ``(k, m)``

    Returns
    -------
    Shape ``(n, m)``.
    """
    first, other = np.ascontiguousarray(first), np.array(other, order="C")
    (rows, inner), columns = first.shape, other.shape[1]
    if rows * inner * columns <= ALONE:
        return np.asarray(first @ other)
    made = np.empty((rows, columns), np.result_type(first, other))
    side = max(isqrt(ALONE // inner), 1)
    for row in range(0, rows, side):
        for column in range(0, columns, side):
            block = first[row : row + side] @ other[:, column : column + side]
            made[row : row + side, column : column + side] = block
    return made


def lower_root(matrix: Array) -> Array:
    """Lower triangular ``L`` with ``L @ L.T`` the matrix (Cholesky).

    Parameters
    ----------
    matrix : symmetric, positive definite, shape ``(n, n)``

    Returns
    -------
    Shape ``(n, n)``.

    Raises numpy.linalg.LinAlgError where it is not positive definite.
    """
    root = np.tril(np.asarray(matrix, float))
    for start in range(0, len(root), BLOCK):
        end = min(start + BLOCK, len(root))
        if start:
            root[start:, start:end] -= times(root[start:, :start], root[start:end, :start].T)
        corner = _small_root(root[start:end, start:end])
        root[start:end, start:end] = corner
        root[end:, start:end] = _solved_small(corner, root[end:, start:end].T).T
    return np.asarray(root)


def _small_root(block: Array) -> Array:
    root = np.zeros_like(block)
    left = np.tril(block)
    for i in range(len(block)):
        if not left[i, i] > 0:
            raise np.linalg.LinAlgError("the matrix is not positive definite")
        root[i:, i] = left[i:, i] / np.sqrt(left[i, i])
        left[i + 1 :, i + 1 :] -= root[i + 1 :, i, None] * root[None, i + 1 :, i]
    return root


def _solved_small(root: Array, values: Array) -> Array:
    left = np.array(values, float)
    for i in range(len(root)):
        left[i] /= root[i, i]
        left[i + 1 :] -= root[i + 1 :, i, None] * left[i]
    return left


def solve_lower(root: Array, values: Array) -> Array:
    """``x`` with ``root @ x`` the values.

    Parameters
    ----------
    root : lower triangular, shape ``(n, n)``
    values : shape ``(n,)`` or ``(n, m)``

    Returns
    -------
    The shape of ``values``.
    """
    left = np.array(values, float).reshape(len(root), -1)
    for start in range(0, len(root), BLOCK):
        end = min(start + BLOCK, len(root))
        left[start:end] = _solved_small(root[start:end, start:end], left[start:end])
        left[end:] -= times(root[end:, start:end], left[start:end])
    return np.asarray(left.reshape(np.shape(values)))


def thin_root(matrix: Array, lost: float) -> Array:
    """``R`` of few columns with ``R @ R.T`` nearly the matrix (Cholesky, the largest left variance first).

    Parameters
    ----------
    matrix : a covariance, shape ``(n, n)``
    lost : variance of an entry that may be lost, as a share of the largest

    Returns shape ``(n, rank)``.
    """
    left = np.array(matrix, float)
    most = max(float(left.diagonal().max(initial=0.0)), 0.0)
    columns = []
    for _ in range(len(left)):
        spot = int(np.argmax(left.diagonal()))
        if not left[spot, spot] > lost * most:
            break
        column = left[:, spot] / np.sqrt(left[spot, spot])
        left -= column[:, None] * column[None, :]
        columns.append(column)
    return np.array(columns).T if columns else np.zeros((len(left), 0))


def counted_from(covariance: Array, at: int) -> Array:
    """The covariance of what a path has changed since one of its entries.

    Parameters
    ----------
    covariance : of the path, shape ``(n, n)``
    at : index of the entry from which it is counted

    Returns
    -------
    The same shape.
    """
    return np.asarray(covariance - covariance[:, [at]] - covariance[[at], :] + covariance[at, at])


def same(first: Sequence[Hashable], second: Sequence[Hashable]) -> NDArray[np.bool_]:
    """Where entries of two lists are equal, shape ``(len(first), len(second))``.

    Parameters
    ----------
    first, second : names or numbers

    Returns truth by pair, not to be written to.
    """
    return _same(tuple(first), tuple(second))


@lru_cache(maxsize=32)
def _same(first: tuple[Hashable, ...], second: tuple[Hashable, ...]) -> NDArray[np.bool_]:
    """Kept, since a fit asks for the same figures some hundred times."""
    codes: dict[Hashable, int] = {}
    for entry in (*first, *second):
        codes.setdefault(entry, len(codes))
    one_way = np.array([codes[entry] for entry in first], int)
    other = np.array([codes[entry] for entry in second], int)
    equal = np.asarray(one_way[:, None] == other[None, :], np.bool_)
    equal.flags.writeable = False
    return equal
