"""Shares of the parts in a draw of a place: AI is as much of it as the stock's own draws tell of its total.

Published figures say what all machines take; the chips that ship say what those of AI take. Where a figure lies above
the stock, the machines that the stock knows least are to blame: up to 2025 those without AI, whose watts and lives
spread more than the counted chips do; in 2030 the chips, which are still to ship. So the odds of AI follow the world's
total by the slope that the two have in draws of the stock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.chip_sources import LAST_SHIPPED
from wattline.line.world.drivers import NORMAL
from wattline.line.world.growth import FIRST
from wattline.line.world.observe import Posterior
from wattline.line.world.percentiles import Draws32
from wattline.line.world.places import Place, place_of
from wattline.line.world.stock import FIRST as FIRST_STOCK
from wattline.line.world.stock import LAST as LAST_STOCK
from wattline.line.world.stock import YEARS as STOCK_YEARS
from wattline.line.world.stock_draws import PARTS, StockDraws

SEED, COUNT = 2, 2_048  # of the draws of the stock that tell the slopes
OF_WORLD = 3  # seed of what a place's draw leaves open of the world's total


@dataclass(frozen=True, eq=False)
class WorldTotal:
    """What the path of a place tells of the world's total, in logarithms.

    Attributes
    ----------
    over : the middle of the world's path over the stock, in the newest year up to each that is known, ``(n_years,)``
    known : those years, as indices of ``stock.YEARS``, ``(n_years,)``
    slope, left_sd : of the world's deviation in the place's, and standard deviation of what that leaves open,
        ``(n_places, n_years)``
    """

    over: Array
    known: Array
    slope: Array
    left_sd: Array

    @classmethod
    def of(cls, posterior: Posterior, places: Sequence[Place], years: Array, as_of: int) -> WorldTotal:
        """What published figures tell.

        Parameters
        ----------
        posterior : with the figures
        places, years : of an outlook
        as_of : year of the outlook

        Returns the world's total beside the places' paths.
        """
        known = np.minimum(years, min(LAST_SHIPPED, as_of))
        world = [place_of("world")] * len(years)
        middle, _ = posterior.predict(world, known - FIRST)
        slope, left = np.empty((2, len(places), len(years)))
        for i, place in enumerate(places):
            pairs = [place] * len(years) + world
            _, spread = posterior.predict(pairs, np.tile(years - FIRST, 2))
            own, of_world = np.split(np.maximum(spread.diagonal(), 1e-12), 2)
            shared = spread.diagonal(len(years))
            slope[i] = shared / own
            left[i] = np.sqrt(np.maximum(of_world - shared**2 / own, 0.0))
        spots = _spots(known)
        return cls(middle - _sample()[1][spots], spots, slope, left)


def place_shares(
    work: StockDraws, places: Sequence[Place], above: Draws32, total: WorldTotal
) -> dict[str, Draws32]:  # fmt: skip
    """Share of each part in each place's electricity.

    Parameters
    ----------
    work : the stock
    places : of the outlook
    above : logarithm of each draw's path over the middle one, shape ``(n_places, n_years, n_draws)``
    total : what a place's path tells of the world's

    Returns
    -------
    A part -> shares, 0 to 1, shape ``(n_places, n_years, n_draws)``.
    """
    made = {name: np.empty(above.shape, np.float32) for name in PARTS}
    deviate = np.random.default_rng(OF_WORLD).standard_normal(above.shape[-1])
    off = np.log(work.usual.total) - _sample()[1][work.spots, None]
    for i, place in enumerate(places):
        parts, slopes = work.parts_of(place), odds_slopes(place)
        world = total.slope[i][:, None] * above[i] + total.left_sd[i][:, None] * deviate
        moved = slopes[work.spots, None] * (world - off) + (slopes[total.known] * total.over)[:, None]
        ai = parts["ai"] * np.exp(moved)
        whole = ai + sum(parts[name] for name in PARTS if name != "ai")
        for name in PARTS:
            made[name][i] = (ai if name == "ai" else parts[name]) / whole
    return made


@lru_cache(maxsize=256)
def odds_slopes(place: Place) -> Array:
    """Rise of the logarithm of the odds of AI in a place with that of the world's total, in draws of the stock.

    Parameters
    ----------
    place : a place

    Returns
    -------
    By year of ``stock.YEARS``; 0 where there is no AI.
    """
    sample, middle = _sample()
    aside = np.log(sample.usual.total) - middle[:, None]
    parts = sample.parts_of(place)
    ai, rest = parts["ai"], sum(parts[name] for name in PARTS if name != "ai")
    odds = np.log(np.where(ai > 0, ai, rest) / rest)
    return np.asarray((odds * aside).sum(axis=1) / (aside**2).sum(axis=1))


@lru_cache(maxsize=1)
def _sample() -> tuple[StockDraws, Array]:
    """Draws of the stock in all years, and the mean logarithm of the world's total in them, ``(n_years,)``."""
    rng = np.random.default_rng(SEED)
    deviates: Mapping[str, Array] = {name: rng.standard_normal(COUNT) for name in NORMAL}
    sample = StockDraws(deviates, (), np.asarray(STOCK_YEARS))
    return sample, np.log(sample.usual.total).mean(axis=1, dtype=float)


def _spots(years: Array) -> Array:
    return np.asarray(np.clip(years, FIRST_STOCK, LAST_STOCK) - FIRST_STOCK)
