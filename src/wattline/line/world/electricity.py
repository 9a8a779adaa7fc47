"""What a place uses of electricity in other years than that of its fact."""

from __future__ import annotations

from math import exp

from wattline.line.world.places import Place
from wattline.line.world.tables import series, stock_facts

QUANTITY = "electricity-growth"
FACTS_YEAR = 2023  # of the electricity that the catalog has of places


def electricity_twh(place: Place, year: int) -> float:
    """Electricity of a place in a year, by the growth of its kind of places before and after the year of its fact.

    Parameters
    ----------
    place : a country, a grid or a group of countries
    year : the year

    Returns
    -------
    TWh; 0 where that of no year is known.
    """
    segment = "past" if year < FACTS_YEAR else "coming"
    scope = next(name for name in (place.kin_name, place.group, "world") if (QUANTITY, name, segment) in stock_facts())
    growth = series(QUANTITY, segment, scope).facts[0].value
    return place.consumption_twh * exp(growth * (year - FACTS_YEAR))
