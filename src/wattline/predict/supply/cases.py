"""From facts, hours and load to the cases that are solved: at central values, or at a draw of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.fact import Array, Fact
from wattline.core.units import KWH_PER_MWH
from wattline.line.grid import region as grid
from wattline.line.grid.supply.parts import (
    Generator,
    GridExport,
    GridImport,
    HeatReactor,
    Shift,
    Storage,
    SupplyCase,
    SupplyTarget,
)
from wattline.line.grid.supply.technology import VARIES, Technology, annuity
from wattline.predict.supply.hours import SupplyHours
from wattline.predict.supply.place import PlaceWeather, make_hours, scaled_to
from wattline.predict.supply.reliability import FIRST_OUTAGE, Reliability, n_1_margins, with_outages
from wattline.predict.supply.request import GRID, Charges, PowerSource, is_clean
from wattline.predict.supply.site_load import SiteLoad
from wattline.predict.where import Where

MONTHS = 12.0
CREDIT_YEARS = 10.0
FIRST_DRAWN = 1000  # seed of the first made year that draws take
INTEREST, WHOLESALE, FOSSIL = (
    "constant.supply-interest",
    "constant.supply-wholesale-share",
    "constant.supply-fossil-carbon",
)


@dataclass(frozen=True, eq=False)
class SupplyQuestion:
    """All that a supply is planned from.

    Attributes
    ----------
    site : the load
    hours : that it is planned on; ``rest``: hours of other years
    weather : how made hours behave; None where hours are from a file
    sources : what may be built
    target : what must be reached
    charges : tariffs and credits
    export_share : most of the year's load that may go to the grid; 0 for none; None where nothing is said, and then
        none, or with an annual target what is bought
    import_mw : bound of the grid connection; None for the highest load
    where : place, price and carbon that were given
    draws : of the facts
    shift : load that may move; None for none
    reliability : what may be left unserved, and whether outages are drawn
    later : technologies that a year more would let in
    late : names of those that are not there in time
    fill_h : longest gap of a file that is filled [h]
    """

    site: SiteLoad
    hours: SupplyHours
    rest: SupplyHours | None
    weather: PlaceWeather | None
    sources: tuple[PowerSource, ...]
    target: SupplyTarget
    charges: Charges
    export_share: float | None
    import_mw: float | None
    where: Where
    draws: Draws
    shift: Shift | None = None
    reliability: Reliability = field(default_factory=Reliability)
    later: tuple[PowerSource, ...] = ()
    late: tuple[str, ...] = ()
    fill_h: float = 0.0

    @property
    def sells_back(self) -> bool:
        """Whether as much may be sold in the year as is bought, as annual matching has it where nothing is said."""
        return self.export_share is None and self.target.annual is not None

    @property
    def catalog(self) -> Catalog:
        """Whose facts are taken."""
        return self.draws.catalog

    def case(self, draw: int | None = None, hours: SupplyHours | None = None) -> SupplyCase:
        """The case at a draw of the facts, None for their central values.

        Parameters
        ----------
        draw : which
        hours : in place of the question's own

        Returns
        -------
        What ``plan`` takes.
        """
        hours = hours or self._hours(draw)
        rate = self.value(INTEREST, draw)
        parts = [self._part(source, rate, draw, hours) for source in self.sources if source.name != GRID]
        load = self.site.on(hours.utc, hours.step_h, draw)
        bought, sold = self._grid(draw, hours, load)
        case = SupplyCase(
            load,
            tuple(part for part in parts if isinstance(part, Generator)),
            tuple(part for part in parts if isinstance(part, Storage)),
            tuple(part for part in parts if isinstance(part, HeatReactor)),
            grid=bought,
            export=sold,
            shift=self.shift,
            unserved=self.reliability.unserved,
            target=self.target,
            step_h=hours.step_h,
        )
        if self.reliability.n_1:
            case = replace(case, margins=n_1_margins(case, self.catalog))
        number = FIRST_OUTAGE + (draw or 0)
        return self.out_of_order(case, number, draw, lucky=False) if self.reliability.outages else case

    def out_of_order(self, case: SupplyCase, number: int, draw: int | None = None, lucky: bool = True) -> SupplyCase:
        """The case in a year of outages.

        Parameters
        ----------
        case : without them
        number : of the year
        draw : of the facts
        lucky : whether a plant may be out for less than its share of the time

        Returns
        -------
        The same case, with the plants' availability by the hour.
        """
        seed = self.draws.seed + number
        return with_outages(case, self.catalog, lambda fact: self.value(fact, draw), seed, lucky)

    def value(self, fact: Fact | str, draw: int | None) -> float:
        """A fact at its central value or at a draw; it is remembered as used.

        Parameters
        ----------
        fact : of the catalog, or its key
        draw : number of the draw; the central value where None

        Returns
        -------
        In the fact's unit.
        """
        drawn = self.draws(fact)
        if draw is None or drawn.ndim == 0:
            return (self.catalog.fact(fact) if isinstance(fact, str) else fact).value
        return float(drawn[draw])

    def _hours(self, draw: int | None) -> SupplyHours:
        """The hours at a draw: a made year of its own chance and means."""
        if self.weather is None or draw is None:
            return self.hours
        made = make_hours(self.weather.at(draw), self.hours.utc, self.draws.seed + FIRST_DRAWN + draw)
        factors = {name: self._at_mean(name, values, draw) for name, values in made.factors.items()}
        return replace(made, grid=self.hours.grid, factors=factors)

    def _at_mean(self, name: str, values: Array, draw: int) -> Array:
        assert self.weather is not None
        fact = self.weather.record["wind_mean_cf" if name == "wind" else "sun_mean_cf"]
        ratio = self.value(fact, draw) / fact.value
        return scaled_to(values, float(values.mean()) * ratio)

    def _part(
        self, source: PowerSource, rate: float, draw: int | None, hours: SupplyHours
    ) -> Generator | Storage | HeatReactor:
        self.draws.cite(*self.catalog.find("supply", source.name).facts.values())
        name = source.name
        tech = Technology.load(name, self.catalog, rate, None if draw is None else self.draws, draw or 0)
        charges = self.charges
        produces = bool(charges.production_credit) and name in VARIES  # a plant takes one of both credits
        if charges.investment_credit and is_clean(tech) and not produces:
            capital = ("capital_usd_per_kw", "capital_usd_per_kwh", "tank_usd_per_kwh", "turbine_usd_per_kw")
            # fixed costs are a share of the capital before the credit
            kept = (annuity(rate, tech["life_years"]) * (1 - charges.investment_credit) + tech["fixed_om_share"]) / (
                annuity(rate, tech["life_years"]) + tech["fixed_om_share"]
            )
            tech = replace(
                tech, values=tech.values | {key: tech.values[key] * kept for key in capital if key in tech.values}
            )
        part = tech.part(hours.factors.get(name) if name in VARIES else None, source.max_mw)
        if produces and isinstance(part, Generator):
            levelled = annuity(rate, tech["life_years"]) / annuity(rate, CREDIT_YEARS)
            part = replace(part, marginal=part.marginal - charges.production_credit * min(levelled, 1.0))
        return part

    def _grid(self, draw: int | None, hours: SupplyHours, load: Array) -> tuple[GridImport | None, GridExport | None]:
        source = next((source for source in self.sources if source.name == GRID), None)
        if source is None:
            return None, None
        price, clean, carbon, sold = grid_values(self, draw, hours)
        limit = min(float(load.max()) if self.import_mw is None else self.import_mw, source.max_mw)
        charges = self.charges
        bought = GridImport(limit, price + charges.network, clean, carbon, charges.demand * KWH_PER_MWH * MONTHS)
        if self.sells_back:  # through the same connection
            return bought, GridExport(limit, sold, max_net_share=0.0)
        return bought, GridExport(limit, sold, self.export_share) if self.export_share else None


def grid_values(question: SupplyQuestion, draw: int | None, hours: SupplyHours) -> tuple[Array, Array, Array, Array]:
    """Of the grid, by the hour: price [USD/MWh], clean share, direct carbon [g/kWh], and what exports earn [USD/MWh].

    Parameters
    ----------
    question : whose region's facts are taken where the hours have no series of the grid
    draw : of the facts; None for central values
    hours : with the series of the grid that there are

    Returns
    -------
    The four, of shape ``(n_steps,)``.
    """
    region, catalog, where = question.site.region, question.catalog, question.where
    steps = len(hours.utc)
    given = hours.grid
    if "carbon" in given:
        carbon = given["carbon"]
    elif isinstance(where.carbon, float):
        carbon = np.full(steps, where.carbon)
    else:
        carbon = np.full(steps, question.value(grid.of_region(region, "carbon_direct_g_per_kwh", catalog), draw))
    clean = given["clean"] if "clean" in given else np.clip(1 - carbon / question.value(FOSSIL, draw), 0.0, 1.0)
    if "price" in given:
        return given["price"], clean, carbon, given["price"]
    if where.electricity_price is not None:
        price = where.electricity_price
    else:
        price = question.value(grid.of_region(region, "industrial_price_usd_per_kwh", catalog), draw)
    whole = np.full(steps, price * KWH_PER_MWH)
    return whole, clean, carbon, whole * question.value(WHOLESALE, draw)


def names_of(sources: Sequence[PowerSource]) -> list[str]:
    """The names of what may be built."""
    return [source.name for source in sources]
