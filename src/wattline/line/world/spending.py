"""Companies' electricity by what they have spent: money builds megawatts, and they draw power as long as they live."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.growth import YEARS
from wattline.line.world.places import COMPANIES, LANDLORDS
from wattline.line.world.tables import series, stated_number, stock_facts

FIRST_SPENT = 1990
SPENDING_YEARS = np.arange(FIRST_SPENT, int(YEARS[-1]) + 1)
QUANTITY = "capital-spending"


def spent(company: str, as_of: int) -> Array:
    """What a company spends on data centres and servers in a year, by ``SPENDING_YEARS`` [billion USD].

    Parameters
    ----------
    company : its name
    as_of : year of the outlook, which knows the spending of the years before

    Returns
    -------
    Its reports' spending times the share that goes there; after the last that is known, with the usual growth.
    """
    known = series(QUANTITY, scope=company)
    pairs = [(year, fact.value) for year, fact in zip(known.years, known.facts, strict=True) if year < as_of]
    years, values = zip(*pairs, strict=True)
    last = years[-1]
    share = _of_company("data-centre-share", company)
    growth = _of_kind("spending-growth", company)
    later = np.maximum(SPENDING_YEARS - last, 0)
    return np.asarray(np.interp(SPENDING_YEARS, years, values, left=0.0) * share * (1 + growth) ** later)


@cache
def spending_levels(as_of: int) -> Mapping[str, Array]:
    """Logarithm of the electricity that companies' spending makes, by year of ``observe.YEARS`` [TWh].

    Parameters
    ----------
    as_of : year of the outlook

    Returns
    -------
    By name, for the companies whose spending was known by then.
    """
    made, follows = {}, stated_number("spending-followed")
    steps = stated_number("least-step"), stated_number("largest-step")
    for company in COMPANIES:
        if (QUANTITY, company, "all") not in stock_facts() or series(QUANTITY, scope=company).years[0] >= as_of - 1:
            continue
        life = _of_kind("spending-life", company)
        age = YEARS[:, None] - SPENDING_YEARS[None, :]
        runs = np.clip(np.minimum(age + 0.5, life + 0.5 - age), 0.0, 1.0)  # half of the first year, and of the last
        twh = _of_kind("electricity-per-spending", company) * (runs @ spent(company, as_of))
        level = np.log(np.maximum(twh, 1e-3))
        at = as_of - years_to_build() - int(YEARS[0])
        rise = np.concatenate([[0.0], np.clip(np.diff(level), *steps)]).cumsum()
        steady = level[at] + (YEARS - YEARS[at]) * _of_kind("steady-growth", company)
        young = as_of - series(QUANTITY, scope=company).years[0] < stated_number("young-years")
        made[company] = level if young else follows * (rise + level[at] - rise[at]) + (1 - follows) * steady
    return made


def years_to_build() -> int:
    """Years before that of an outlook in which the money was spent whose sites run by then."""
    return round(stated_number("years-to-build"))


def _of_kind(quantity: str, company: str) -> float:
    return series(quantity, "landlord" if company in LANDLORDS else "own").facts[0].value


def _of_company(quantity: str, company: str) -> float:
    scope = company if (quantity, company, "all") in stock_facts() else "company"
    return series(quantity, scope=scope).facts[0].value
