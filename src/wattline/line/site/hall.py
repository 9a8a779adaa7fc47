"""A hall's parameters: facts of the catalog's ``plant``, each drawn, as columns to stand beside hours."""

from __future__ import annotations

import numpy as np

from wattline.catalog import Catalog, Record, plain_name
from wattline.catalog.draws import Draws
from wattline.core.errors import NotFound
from wattline.core.fact import Array, Fact
from wattline.core.quantity import parse
from wattline.line.site.power_chain import column

DEFAULT = "large"
# IT power of the design from which a hall of this kind is usual [W]: the sizes of server rooms, of enterprise and
# colocation halls, and of campuses (Lei and Masanet 2022, their classes of space)
SIZES = (("large", 10e6), ("midsize", 0.5e6), ("small", 0.0))
# of the site, not of its plant
_NOT_IN_DRAWS = ("load", "load_first", "load_years", "partly_share")


def by_size(it_w: float) -> str:
    """The kind of hall that is usual for a design of so many watts of IT, whatever cools it.

    Parameters
    ----------
    it_w : IT power of the design, W

    Returns
    -------
    Name of a record of kind ``plant``.
    """
    return next(name for name, least_w in SIZES if it_w >= least_w)


def hall_of(site: str | None, it_w: float | None, catalog: Catalog) -> str:
    """The kind of hall behind a place, by one rule for sites and for jobs: the kind or the size that is given, else the
    usual one of the design's size, else that of a large site, of which a job without a size of site takes a part.

    Parameters
    ----------
    site : a kind of hall, or the IT power of the site, such as ``1 MW``; None where neither is given
    it_w : IT power of the design [W], where it is known
    catalog : where names are looked up

    Returns the name in the catalog. Raises NotFound for one that the catalog has not, which says which there are.
    """
    if site is None:
        return DEFAULT if it_w is None else by_size(it_w)
    return by_size(parse(site, "W", "site")) if site.strip()[:1].isdigit() else find_hall(site, catalog)


def find_hall(name: str, catalog: Catalog) -> str:
    """The name of a kind of hall.

    Parameters
    ----------
    name : as it was written
    catalog : where it is looked up

    Returns the name in the catalog. Raises NotFound for one that the catalog has not, which says which there are.
    """
    known = catalog.names("plant")
    if plain_name(name) in known:
        return known[plain_name(name)]
    halls = ", ".join(catalog.records("plant"))
    kinds = " (with a place or weather it is a kind of hall)" if plain_name(name) in catalog.names("site") else ""
    raise NotFound("plant", name, (), f"site{kinds} takes {halls}, or a size such as 1MW")


def facts(name: str, catalog: Catalog) -> dict[str, Fact]:
    """Every parameter of a hall, its own or its base's.

    Parameters
    ----------
    name : kind of hall, a record of the catalog's ``plant``
    catalog : where it stands

    Returns
    -------
    An attribute -> its fact.
    """
    record: Record = catalog.find("plant", name)
    base = record.meta.get("base")
    return (facts(str(base), catalog) if base else {}) | record.facts


def parameters(name: str, draws: Draws) -> dict[str, Array]:
    """The parameters of a hall by name, shape ``(draws, 1)``, or ``(1, 1)`` for central values.

    Parameters
    ----------
    name : of a kind of hall
    draws : of its facts

    Returns them in the facts' units.
    """
    return {key: column(draws(fact)) for key, fact in facts(name, draws.catalog).items() if key not in _NOT_IN_DRAWS}


def usual_load(name: str, draws: Draws) -> Array:
    """IT power over a year as a share of design, shape ``(draws,)`` or ``()``.

    Parameters
    ----------
    name : of a kind of hall
    draws : of its facts

    Returns the share, 0 to 1.
    """
    return draws(facts(name, draws.catalog)["load"])


def load_at_age(name: str, age_years: float | Array, draws: Draws) -> Array:
    """The year's load of a site that first served ``age_years`` ago: from the first year's towards the usual one.

    Parameters
    ----------
    name : of the kind of hall
    age_years : since it first served, a number or an array [year]
    draws : of the hall's facts

    Returns IT power as a share of design, 0 to 1.
    """
    known = facts(name, draws.catalog)
    full, first, years = (draws(known[key]) for key in ("load", "load_first", "load_years"))
    return np.asarray(full - np.maximum(full - first, 0.0) * np.exp(-np.maximum(age_years, 0.0) / years))
