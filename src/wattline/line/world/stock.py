"""What stands in data centres: every year's shipments, less what has been retired since.

A year's shipments stand half of that year, and after it by a Weibull survival with its mean life and spread.
"""

from __future__ import annotations

from math import gamma

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.line.world.tables import stated_number

FIRST, LAST = 1990, 2035
YEARS = np.arange(FIRST, LAST + 1)


def survival(age: Array, life: Array | float, shape: float | None = None) -> Array:
    """Share that still stands.

    Parameters
    ----------
    age : years since the middle of the year of shipment
    life : mean life [years], broadcast with ``age``
    shape : of the Weibull distribution: the larger, the nearer all lives are to the mean; by default the stated one

    Returns
    -------
    Share, 0 to 1, of the shape that ``age`` and ``life`` broadcast to.
    """
    power = stated_number("life-shape") if shape is None else shape
    scale = np.asarray(life, float) / gamma(1 + 1 / power)
    return np.asarray(np.exp(-((np.maximum(age, 0.0) / scale) ** power)))


def presence(life: Array | float, shape: float | None = None) -> Array:
    """Share of a year that shipments of each year are present, on average.

    Parameters
    ----------
    life : mean life by year of shipment [years], scalar or shape ``(n_years,)``
    shape : of the Weibull distribution

    Returns shape ``(n_years, n_years)``: year of shipment, then year.
    """
    age = (YEARS[None, :] - YEARS[:, None]).astype(float)
    lives = np.broadcast_to(np.asarray(life, float), (len(YEARS),))[:, None]
    share = survival(age, lives, shape)
    return np.where(age < 0, 0.0, np.where(age == 0, stated_number("in-first-year"), share))


def standing(shipped: Array, life: Array | float, shape: float | None = None) -> Array:
    """Mean stock of each year.

    Parameters
    ----------
    shipped : by year, shape ``(..., n_years)``
    life : mean life by year of shipment [years], scalar or ``(n_years,)``
    shape : of the Weibull distribution

    Returns shape ``(..., n_years)``, in the unit of ``shipped``.
    """
    return np.asarray(shipped @ presence(life, shape))


def standing_by_vintage(shipped: Array, life: Array | float, shape: float | None = None) -> Array:
    """Mean stock of each year by year of shipment, shape ``(n_years, n_years)``.

    Parameters
    ----------
    shipped : by year, shape ``(n_years,)``
    life : mean life by year of shipment [years], scalar or ``(n_years,)``
    shape : of the Weibull distribution

    Returns
    -------
    In the unit of ``shipped``.
    """
    return np.asarray(shipped[:, None] * presence(life, shape))


def sites_by_construction(standing_power: Array, life: float, shape: float | None = None) -> Array:
    """Sites that stand in each year by the year in which they were built: what is wanted more than stands is built.

    Parameters
    ----------
    standing_power : power of the IT in all sites by year, shape ``(n_years,)``
    life : mean life of a site [years]
    shape : of the Weibull distribution

    Returns shape ``(n_years, n_years)``: year of construction, then year; in the unit of ``standing_power``.
    """
    left = survival(np.arange(len(YEARS), dtype=float), life, shape)
    made = np.zeros((len(YEARS), len(YEARS)))
    for i, wanted in enumerate(standing_power):
        made[i, i:] = max(float(wanted) - made[:, i].sum(), 0.0) * left[: len(YEARS) - i]
    return made


def retirements(shipped: Array, life: Array | float, shape: float | None = None) -> Array:
    """What leaves the stock in each year, so that stock now is stock before, plus arrivals, less this.

    Parameters
    ----------
    shipped : by year, shape ``(n_years,)``
    life : mean life by year of shipment [years]
    shape : of the Weibull distribution

    Returns
    -------
    In the unit of ``shipped``, shape ``(n_years,)``.
    """
    stock = standing_by_vintage(shipped, life, shape)
    before = np.concatenate([np.zeros((len(YEARS), 1)), stock[:, :-1]], axis=1)
    first = stated_number("in-first-year")
    arrived = np.diag(shipped * first) + np.diag(shipped[:-1] * (1 - first), 1)
    return np.asarray((before + arrived - stock).sum(axis=0))


def grouped_by_life(life: Array, groups: int = 24) -> list[tuple[float, NDArray[np.intp]]]:
    """Draws of a mean life in groups of nearly the same, so that one survival serves each.

    Parameters
    ----------
    life : shape ``(n_draws,)`` [years]
    groups : how many at most

    Returns the mean life of each group with the indices of its draws.
    """
    order = np.argsort(life, kind="stable")
    parts = [part for part in np.array_split(order, groups) if len(part)]
    return [(float(life[part].mean()), part) for part in parts]
