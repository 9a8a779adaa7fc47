"""AI's part of data centres with its own cooling and power, as published figures count it: one rule for every answer.

The stock tells what servers with chips of AI take. Who publishes AI's electricity counts the halls around them too, and
some machines that no count of chips has; so do all answers of a share or of terawatt-hours of AI, its training and its
inference. The parts of a place, which add up, have the servers alone, with all cooling and power as a part of its own.
"""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.percentiles import Draws32
from wattline.line.world.places import Place
from wattline.line.world.stock import YEARS as STOCK_YEARS
from wattline.line.world.tables import series, stated_number, stock_facts

SEED = 0


def ai_share(of_servers: Array | Draws32, years: Array) -> Array:
    """Share of AI in a place's electricity, with its own cooling and power.

    What is counted beside the chips of today (older ones, other work on them) is added to what these take: it is no
    more where they take more.

    Parameters
    ----------
    of_servers : share of AI's servers alone, shape ``(n_years, n_draws)``
    years : calendar years, shape ``(n_years,)``

    Returns shares, 0 to 1, of the shape of ``of_servers``.
    """
    deviate = np.random.default_rng(SEED).standard_normal(of_servers.shape[-1])
    counted = series("ai-counted", "ai").at(years, deviate).T
    beside = np.median(of_servers, axis=-1, keepdims=True) * (counted - 1)
    whole = np.maximum(of_servers + beside, 0.0) * series("pue", "ai").at(years)[:, None]
    return np.asarray(np.minimum(whole, stated_number("largest-ai-share")))


def training_share(years: Array, count: int) -> Array:
    """Share of training in AI's electricity; the rest is inference.

    Parameters
    ----------
    years : calendar years, shape ``(n_years,)``
    count : of draws

    Returns shares, 0 to 1, shape ``(n_years, count)``.
    """
    deviate = np.random.default_rng(SEED + 1).standard_normal(count)
    return np.asarray(np.clip(series("training-share", "ai").at(years, deviate), 0.0, 1.0).T)


def ai_ratio(place: Place) -> Array:
    """AI per server without it over the world's, of a place or its group, by year of ``stock.YEARS``.

    Parameters
    ----------
    place : a country, a group of countries or a company

    Returns a factor, 1 where nothing is known of the place.
    """
    for scope in (place.kin_name, place.group, "world"):
        if ("ai-ratio", scope, "all") in stock_facts():
            return series("ai-ratio", scope=scope).at(STOCK_YEARS)
    return np.ones(len(STOCK_YEARS))
