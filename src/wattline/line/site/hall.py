"""A hall's parameters: facts of the catalog's ``plant``, each drawn, as columns to stand beside hours."""

from __future__ import annotations

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.catalog.draws import Draws
from wattline.core.fact import Array, Fact
from wattline.line.site.power_chain import column

DEFAULT = "large"
# of the site, not of its plant
_NOT_IN_DRAWS = ("load", "load_first", "load_years")


def facts(name: str, catalog: Catalog) -> dict[str, Fact]:
    """Every parameter of a hall, its own or its base's.

    Parameters
    ----------
    name : kind of hall, a record of the catalog's ``plant``
    catalog : where it stands
    """
    record: Record = catalog.find("plant", name)
    base = record.meta.get("base")
    return (facts(str(base), catalog) if base else {}) | record.facts


def parameters(name: str, draws: Draws) -> dict[str, Array]:
    """The parameters of a hall by name, shape ``(draws, 1)``, or ``(1, 1)`` for central values."""
    return {key: column(draws(fact)) for key, fact in facts(name, draws.catalog).items() if key not in _NOT_IN_DRAWS}


def usual_load(name: str, draws: Draws) -> Array:
    """IT power over a year as a share of design, shape ``(draws,)`` or ``()``."""
    return draws(facts(name, draws.catalog)["load"])


def load_at_age(name: str, age_years: float | Array, draws: Draws) -> Array:
    """The year's load of a site that first served ``age_years`` ago: from the first year's towards the usual one."""
    known = facts(name, draws.catalog)
    full, first, years = (draws(known[key]) for key in ("load", "load_first", "load_years"))
    return np.asarray(full - np.maximum(full - first, 0.0) * np.exp(-np.maximum(age_years, 0.0) / years))
