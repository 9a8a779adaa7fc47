"""Growth that the stock of servers and chips tells to expect, by place: what the published figures then correct."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.coefficients import path_model
from wattline.line.world.drivers import Drivers
from wattline.line.world.growth import YEARS
from wattline.line.world.observe import Paths
from wattline.line.world.path_model import PathModel
from wattline.line.world.published import known_by, published_capacities
from wattline.line.world.spending import spending_levels, years_to_build
from wattline.line.world.stock import FIRST as FIRST_STOCK
from wattline.line.world.stock import LAST as LAST_STOCK
from wattline.line.world.stock import YEARS as STOCK_YEARS
from wattline.line.world.tables import series, stated_number, stated_year, stock_facts


@lru_cache(maxsize=1)
def stock_growth() -> Mapping[str, Array]:
    """Growth of the logarithm of electricity by year of ``observe.YEARS``, by group or name of place."""
    made = {}
    for quantity, scope, _ in stock_facts():
        if quantity == "ai-ratio":
            ratio = series("ai-ratio", scope=scope).at(STOCK_YEARS)
            level = np.log(Drivers({}, (), ratio).parts().total[0])
            growth = np.full(len(YEARS), stated_number("later-growth"))
            inside = (YEARS > FIRST_STOCK) & (YEARS <= LAST_STOCK)
            growth[inside] = np.diff(level)[YEARS[inside] - FIRST_STOCK - 1]
            made[scope] = growth
    return made


def growth_known(year: int) -> Mapping[str, Array] | None:
    """The same where an outlook of this year may know it; None before.

    Parameters
    ----------
    year : of the outlook

    Returns
    -------
    Growth of the stock, or None.
    """
    return stock_growth() if year >= stated_year("chips-published") else None


def paths_known(year: int, model: PathModel | None = None) -> Paths:
    """The paths that an outlook of this year starts from.

    Parameters
    ----------
    year : of the outlook
    model : coefficients in place of the catalog's of that year

    Returns
    -------
    Paths before any published figure: by the stock, capacities, companies' spending, and the coefficients.
    """
    built = min(year - years_to_build(), stated_year("company-year"))
    capacities = known_by(published_capacities(), year)
    return Paths(model or path_model(year), growth_known(year), spending_levels(year), built, capacities)
