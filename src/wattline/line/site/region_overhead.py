"""What the overhead of a region's sites is over that of all, by its climates and the vintage of the hall."""

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

# year of the vintage -> cooling and hall that were usual: chillers all year, then outside air where it is cold enough
VINTAGES = {2005: ("air-chiller", "midsize"), 2025: ("air-economiser", "large")}
EVERY = 29  # hours: of a year, one of so many meets every hour of the day and every month


def overhead_ratios(catalog: Catalog) -> Mapping[int, Mapping[str, Array]]:
    """PUE less 1 over the mean of all regions, weighted by their electricity, by vintage and region.

    Parameters
    ----------
    catalog : whose climates and halls are taken, at their central values

    Returns
    -------
    Year of the vintage -> region of the climates -> ratio, shape ``(n_climates_of_the_region,)``.
    """
    made: dict[int, dict[str, Array]] = {}
    draw = Draws(1, catalog=catalog).central()
    for vintage, (cooling, plant) in VINTAGES.items():
        p = hall.parameters(plant, draw)
        setup, load = HallDesign(KINDS[cooling], p, load_ups(None, p, draw)), column(hall.usual_load(plant, draw))
        over: dict[str, list[float]] = {}
        for record in catalog.records("climate").values():
            pue = float(np.mean(year(setup, made_year(record, catalog), load, EVERY).pue))
            over.setdefault(str(record.meta["region"]), []).append(pue - 1)
        weight = [_electricity_twh(region, over, catalog) for region in over]
        mean = np.average([np.mean(values) for values in over.values()], weights=weight)
        made[vintage] = {region: np.array(values) / mean for region, values in over.items()}
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
