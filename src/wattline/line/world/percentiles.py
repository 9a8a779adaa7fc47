"""Percentiles of many draws, exact: a sample says about where each lies, and only what lies there is ordered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array

Draws32 = NDArray[np.float32]
MANY, SAMPLE, SURE = 20_000, 2_000, 4.0  # draws, of which a sample brackets a percentile within so many deviations


def percentiles(values: Draws32, percents: Sequence[float] = (5, 50, 95)) -> Array:
    """Percentiles over the draws, the nearest draw to each.

    Parameters
    ----------
    values : shape ``(..., n_draws)``
    percents : which, 0 to 100

    Returns shape ``(n_percents, ...)``.
    """
    count = values.shape[-1]
    flat = values.reshape(-1, count)
    spots = [round(p / 100 * (count - 1)) for p in percents]
    made = np.empty((len(percents), len(flat)))
    for i, row in enumerate(flat):
        made[:, i] = _nearest(row, spots)
    return made.reshape(len(percents), *values.shape[:-1])


def _nearest(row: Draws32, spots: Sequence[int]) -> list[float]:
    """The draws at places of the order; of many, only what lies about each place by a sample of them is looked at."""
    count = len(row)
    if count < MANY:
        ordered = np.partition(row, sorted(set(spots)))
        return [float(ordered[spot]) for spot in spots]
    sample = np.sort(row[:: count // SAMPLE])
    made = []
    for spot in spots:
        share = spot / count
        wide = SURE * np.sqrt(share * (1 - share) / len(sample)) + 1 / len(sample)
        low, high = (sample[int(np.clip((share + end) * len(sample), 0, len(sample) - 1))] for end in (-wide, wide))
        near, below = row[(row >= low) & (row <= high)], int(np.count_nonzero(row < low))
        inside = below <= spot < below + len(near)
        made.append(float(np.partition(near, spot - below)[spot - below] if inside else np.partition(row, spot)[spot]))
    return made
