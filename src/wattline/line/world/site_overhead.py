"""What a place's climate and the vintage of its halls make of the overhead of sites: as the site station tells."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.places import Place
from wattline.line.world.stock import YEARS
from wattline.line.world.tables import FactSeries, series, stock_facts


def overhead_facts(place: Place) -> FactSeries | None:
    """Overhead over that of all regions, of the place, else of its part of the world, else of its group.

    Parameters
    ----------
    place : a country, a grid, a group of countries or a company

    Returns
    -------
    The facts by vintage of hall; None where no climate of the place is known, as of a company.
    """
    scopes = (place.kin_name, place.area, place.group)
    known = (scope for scope in scopes if ("overhead-ratio", scope, "all") in stock_facts())
    scope = next(known, None)
    return None if scope is None else series("overhead-ratio", scope=scope)


def overhead_ratio(place: Place) -> Array:
    """PUE less 1 of a place's sites over that of the world's, by year of ``stock.YEARS``.

    Parameters
    ----------
    place : a country, a grid, a group of countries or a company

    Returns
    -------
    A factor, 1 in every year where nothing is known of the place.
    """
    facts = overhead_facts(place)
    return np.ones(len(YEARS)) if facts is None else facts.at(YEARS)
