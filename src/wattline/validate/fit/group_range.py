"""The range of measured over predicted on a group (a chip, a model) never measured, read off groups left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from wattline.core.fact import Array

# of models left out: read off all but one of them, these hold 92 to 93% of the rows of that one
COVERED_MODELS = (3.0, 97.0)
LEVELS = (np.arange(99) + 0.5) / 99  # at which deviates of groups are taken


def group_range(
    logs: Array, groups: NDArray[np.str_], covered: tuple[float, float] = (5.0, 95.0), few: bool = False
) -> tuple[float, float]:
    """The range of measured over predicted on a group that was never measured.

    Parameters
    ----------
    logs : log of measured over predicted of rows whose group was left out, shape ``(n,)``
    groups : the group of each, such as its model, shape ``(n,)``
    covered : percentiles of the ends
    few : widen by how few the groups are (Student's t, a degree of freedom a group), or take what they show as sure

    Returns low and high of the factor: a shift of the group as a whole, as large as those left out had, and the rows'
    own scatter.
    """
    names = sorted(set(groups.tolist()))
    means = {name: float(np.mean(logs[groups == name])) for name in names}
    between = float(np.sqrt(np.mean([mean**2 for mean in means.values()])))
    within = logs - np.array([means[name] for name in groups.tolist()])
    shifts = between * (stdtrit(len(names), LEVELS) if few else ndtri(LEVELS))
    low, high = np.percentile(within[:, None] + shifts[None, :], covered)
    return float(np.exp(low)), float(np.exp(high))
