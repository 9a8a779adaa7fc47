"""A campus of the catalog as it was modelled for a year: PUE and WUE of each hour's mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline import catalog
from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.range import Range
from wattline.line.site import hall
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import find_kind
from wattline.line.site.power_chain import column, load_ups
from wattline.line.site.weather import Weather
from wattline.line.site.year import HallDesign, year
from wattline.validate.evidence.sites import SiteFigure
from wattline.validate.fit.site import (
    SiteResidual,
)

MIN_WATER = 0.01  # L/kWh: published to two decimals
EVERY = 5  # hours: a year's mean is the same to 1e-4


def _made(campus: Record) -> Weather:
    facts = catalog.default()
    return made_year(facts.records("climate")[str(campus.meta["climate"])], facts)


@dataclass(frozen=True, eq=False)
class ModelledSite:
    """What the model says of a campus in a year, before what is not known of single sites: draws by measure."""

    campus: Record
    hall: str
    measures: dict[str, Array]

    def residual(self, row: SiteFigure, measure: str, published: float) -> SiteResidual:
        """How far a published figure lies from the model, in logarithms.

        Parameters
        ----------
        row : of the published figure
        measure : ``pue`` or ``wue``
        published : the figure

        Returns the residual.
        """
        logs = np.log(self.measures[measure])
        off = float(np.log(published - 1.0 if measure == "pue" else max(published, MIN_WATER)) - np.median(logs))
        return SiteResidual(self.campus.name, row.operator, row.year, self.hall, off, float(np.var(logs)))

    def range(self, measure: str, spread: Array) -> Range:
        """The predicted range with the spread of sites about the model.

        Parameters
        ----------
        measure : ``pue`` or ``wue``
        spread : draws of the factor of sites about the model, shape ``(n_draws,)`` or ``()``

        Returns the range.
        """
        known = self.measures[measure] * spread
        return Range.of(1.0 + known if measure == "pue" else known)


def model(campus: Record, when: int, draws: Draws) -> ModelledSite:
    """Overhead (PUE - 1) and water of a campus in a year, from its place, cooling, operator's kind of hall and age.

    Parameters
    ----------
    campus : of the catalog
    when : the year
    draws : draws of the facts' ranges

    Returns
    -------
    Both, of shape ``(n_draws,)``.
    """
    plant = draws.catalog.find("plant", str(campus.meta["plant"]))
    parts = [_halls(plant.name, str(campus.meta["cooling"]), campus, when, draws)]
    shares = [np.asarray(1.0)]
    if "partly" in plant.meta:  # a region is several buildings, of which some are a landlord's
        leased = draws(plant["partly_share"])
        parts.append(_halls(str(plant.meta["partly"]), str(plant.meta["partly_cooling"]), campus, when, draws))
        shares = [1.0 - leased, leased]
    pue, wue = (np.asarray(sum(s * part[i] for s, part in zip(shares, parts, strict=True))) for i in (0, 1))
    water = wue + draws("fit.site-other-water")
    return ModelledSite(campus, str(plant.meta.get("spread", plant.name)), {"pue": pue - 1.0, "wue": water})


def _halls(plant: str, cooling: str, campus: Record, when: int, draws: Draws) -> tuple[Array, Array]:
    """PUE and WUE of halls of one kind at a campus."""
    parameters = hall.parameters(plant, draws)
    load: Array = column(hall.load_at_age(plant, when - draws.peek(campus["opened"]), draws))
    warmth = column(draws("constant.year-warmth"))
    setup = HallDesign(find_kind(cooling), parameters, load_ups(None, parameters, draws), "N+1", shift_c=warmth)
    result = year(setup, _made(campus), load, EVERY)
    return result.pue, result.wue_l_per_kwh
