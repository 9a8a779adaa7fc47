"""A site's overhead as annual averages: the loss of each part per unit of IT energy, PUE and WUE as they follow.

PUE = 1 + the sum of the parts (ISO/IEC 30134-2). A given PUE is shared among the parts as the kind of site would.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog import Catalog, Record
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import J_PER_KWH

# part of the bill -> attribute of the catalog's site
LOSSES = {
    "ups": "ups",
    "distribution": "distribution",
    "cooling": "cooling_power",
    "fans": "fans",
    "lighting": "lighting",
}
DEFAULT = "hyperscale"


def load_site(name: str | None, catalog: Catalog) -> Record:
    """The kind of site by name; the hyperscale blend when none is named.

    Parameters
    ----------
    name : of a kind of site; None for the hyperscale blend
    catalog : where it is looked up

    Returns its record. Raises NotFound for a name that no site has.
    """
    return catalog.find("site", name or DEFAULT)


def losses_per_it(site: Record, draws: Draws, pue: ArrayLike | None = None) -> dict[str, Array]:
    """What each part takes per unit of IT energy; with ``pue`` given they add up to ``pue - 1``.

    Parameters
    ----------
    site : the kind of site's record
    draws : of its facts
    pue : PUE that is given, above 1; that of the facts where None

    Returns energy by part, per unit of IT energy.
    """
    if pue is None:
        return {part: draws(site[attribute]) for part, attribute in LOSSES.items()}
    draws.cite(*(site[attribute] for attribute in LOSSES.values()))
    central = {part: site[attribute].value for part, attribute in LOSSES.items()}
    scale = (np.asarray(pue, float) - 1.0) / sum(central.values())
    return {part: np.asarray(value * scale) for part, value in central.items()}


def pue(losses: dict[str, Array]) -> Array:
    """Power usage effectiveness from the parts' losses per unit of IT energy."""
    return np.asarray(1.0 + sum(losses.values()))


def water_l(site: Record, it_energy_j: Array, draws: Draws) -> Array:
    """Water evaporated and discharged at the site, from its WUE (litres per kWh of IT).

    Parameters
    ----------
    site : the kind of site's record
    it_energy_j : energy of IT [J]
    draws : of its facts

    Returns litres, of the energy's shape.
    """
    return np.asarray(it_energy_j / J_PER_KWH * draws(site["wue_l_per_kwh"]))
