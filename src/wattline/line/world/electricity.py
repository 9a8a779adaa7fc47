"""What a place uses of electricity in other years than that of its fact."""

from __future__ import annotations

from math import exp

from wattline.line.world.places import Place
from wattline.line.world.tables import series, stated_year, stock_facts

QUANTITY = "electricity-growth"


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
    known = stated_year("electricity-year")
    segment = "past" if year < known else "coming"
    scope = next(name for name in (place.kin_name, place.group, "world") if (QUANTITY, name, segment) in stock_facts())
    growth = series(QUANTITY, segment, scope).facts[0].value
    return place.consumption_twh * exp(growth * (year - known))
