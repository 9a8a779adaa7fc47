"""Paths whose growth persists: their covariance over the years."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.line.world.tables import stated_number

FIRST, LAST, ANCHOR = 1998, 2050, 2010
YEARS = np.arange(FIRST, LAST + 1)
Years = NDArray[Any]  # indices of YEARS


def growth_paths(sd: float, years: float, steady_sd: float) -> Array:
    """Covariance over ``YEARS`` of a path whose growth persists, zero at the anchor.

    Parameters
    ----------
    sd, years : standard deviation of its growth [1/year] and how long it persists [years]
    steady_sd : of a growth that hardly changes, over ``steady-years`` of the stated numbers

    Returns
    -------
    Shape ``(n_years, n_years)``.
    """
    gap = np.abs(YEARS[:, None] - YEARS[None, :])
    growth = sd**2 * np.exp(-gap / years) + steady_sd**2 * np.exp(-gap / stated_number("steady-years"))
    later = (YEARS[:, None] >= YEARS[None, :]) & (YEARS[None, :] > ANCHOR)
    earlier = (YEARS[:, None] < YEARS[None, :]) & (YEARS[None, :] <= ANCHOR)
    added = later.astype(float) - earlier
    return np.asarray(added @ growth @ added.T)
