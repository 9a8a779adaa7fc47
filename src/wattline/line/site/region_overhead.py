"""What the sites of a region take beside their IT, by kind of site, by its climates and by the vintage of the halls."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.site import hall
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import KINDS
from wattline.line.site.power_chain import column, load_ups
from wattline.line.site.year import HallDesign, year

# kind of site -> year of construction -> cooling and hall that were usual
HALLS = {
    "hyperscale": {2005: ("water-chiller", "large"), 2025: ("air-economiser", "large")},
    "colocation": {2005: ("air-chiller", "midsize"), 2025: ("water-economiser", "large")},
    "enterprise": {2005: ("air-chiller", "small"), 2025: ("air-chiller", "midsize")},
    "ai": {2025: ("liquid", "large")},
}
EVERY = 29  # hours: of a year, one of so many meets every hour of the day and every month
ALL = "world"


def site_overheads(catalog: Catalog) -> Mapping[tuple[str, int], Mapping[str, Array]]:
    """PUE less 1 by kind of site and year of construction, in the climates of each region.

    Parameters
    ----------
    catalog : whose climates and halls are taken, at their central values

    Returns
    -------
    Kind and year -> region of the climates -> overhead, shape ``(n_climates_of_the_region,)``; of ``world`` the mean of
    all regions, weighted by their electricity.
    """
    climates = [(str(r.meta["region"]), made_year(r, catalog)) for r in catalog.records("climate").values()]
    draw = Draws(1, catalog=catalog).central()
    made: dict[tuple[str, int], dict[str, Array]] = {}
    for kind, vintages in HALLS.items():
        for vintage, (cooling, plant) in vintages.items():
            p = hall.parameters(plant, draw)
            design, load = HallDesign(KINDS[cooling], p, load_ups(None, p, draw)), column(hall.usual_load(plant, draw))
            over: dict[str, list[float]] = {}
            for region, weather in climates:
                over.setdefault(region, []).append(float(np.mean(year(design, weather, load, EVERY).pue)) - 1)
            weight = [_electricity_twh(region, over, catalog) for region in over]
            mean = np.average([np.mean(values) for values in over.values()], weights=weight)
            made[kind, vintage] = {
                **{region: np.array(values) for region, values in over.items()},
                ALL: np.array([mean]),
            }
    return made


def _electricity_twh(region: str, regions: Collection[str], catalog: Catalog) -> float:
    """Electricity of a region; of a part of which it is not known, an equal part of its country's."""
    country = region.split("-")[0]
    parts = sum(name.split("-")[0] == country for name in regions)
    for name, share in ((region, 1), (country, parts)):
        if name in catalog.records("region"):
            facts = catalog.find("region", name).facts
            if "consumption_twh" in facts:
                return facts["consumption_twh"].value / share
    return 0.0
