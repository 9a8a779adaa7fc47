"""Points that no other point beats: none is better in one thing without being worse in another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array


def frontier_of(values: ArrayLike) -> Array:
    """Indices of the rows of ``(points, measures)`` that no other row dominates, in rising order of the first measure.

    A row dominates another where it is no larger in any measure and smaller in one. Of equal rows the first stays.
    Infinite values are allowed: they lose to any other. Raises ValueError for values that are not numbers.
    """
    table = np.asarray(values, float)
    if table.ndim != 2 or np.isnan(table).any():
        raise ValueError("a table of numbers, one row a point")
    order = np.lexsort((np.arange(len(table)), *reversed(table.T)))
    kept: list[int] = []
    for i in order:  # what comes later in this order dominates nothing before it
        if not any(bool(np.all(table[j] <= table[i])) for j in kept):
            kept.append(int(i))
    return np.array(kept, np.int64)
