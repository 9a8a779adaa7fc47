"""Technologies of supply from the catalog's facts: frozen, each a plant, a storage or a reactor, costs by the year."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

from wattline.catalog import Catalog, Record
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import KW_PER_MW
from wattline.line.grid.supply.parts import Generator, HeatReactor, Storage

VARIES = ("wind", "offshore-wind", "solar")
SHARES = ("efficiency", "charge_efficiency", "discharge_efficiency", "availability")  # above 0, up to 1
SHARES_OR_NONE = ("min_output", "clean_share")
COSTS = ("capital_usd_per_kw", "capital_usd_per_kwh", "tank_usd_per_kwh", "turbine_usd_per_kw", "fixed_om_share")


def annuity(rate: float, life_years: float) -> float:
    """Capital recovery factor: the yearly payment that pays back 1 over its life.

    Parameters
    ----------
    rate : interest a year, as a share (0.07)
    life_years : years of life

    Returns
    -------
    Share of the outlay that is paid each year.
    """
    if rate == 0:
        return 1.0 / life_years
    return float(rate / (1 - (1 + rate) ** -life_years))


@dataclass(frozen=True)
class Technology:
    """A technology of the catalog at one set of its numbers: its central values, or one draw.

    Parameters
    ----------
    record : the catalog's ``supply`` record
    values : its facts by attribute
    rate : interest a year, as a share
    """

    record: Record
    values: dict[str, float]
    rate: float

    @classmethod
    def load(cls, name: str, catalog: Catalog, rate: float, draws: Draws | None = None, draw: int = 0) -> Technology:
        """The technology by its name in the catalog; with ``draws``, at one of them.

        Parameters
        ----------
        name : in the catalog
        catalog : where it is looked up
        rate : discount rate a year
        draws : of its facts; their central values where None
        draw : which of the draws

        Returns the technology. Raises NotFound for a name that the catalog has not.
        """
        record = catalog.find("supply", name)
        values = {
            key: fact.value if draws is None else float(draws(fact).ravel()[draw % max(draws(fact).size, 1)])
            for key, fact in record.facts.items()
        }
        _check(record.name, values)
        return cls(record, values, rate)

    @property
    def yearly(self) -> float:
        """Annual cost of 1 of capital: recovery and fixed costs."""
        return annuity(self.rate, self["life_years"]) + self["fixed_om_share"]

    @property
    def marginal(self) -> float:
        """Fuel and variable costs [USD/MWh]."""
        fuel = self.values.get("fuel_usd_per_mwh", 0.0)
        if "fuel_usd_per_mwh_heat" in self.values:
            fuel += self["fuel_usd_per_mwh_heat"] / self["efficiency"]
        return fuel + self.values.get("variable_usd_per_mwh", 0.0)

    def __getitem__(self, attribute: str) -> float:
        if attribute not in self.values:
            return self.record[attribute].value
        return self.values[attribute]

    def part(self, profile: Array | float | None = None, max_mw: float = inf) -> Generator | Storage | HeatReactor:
        """The technology as a part of a supply.

        Parameters
        ----------
        profile : hourly capacity factor, needed by wind and sun
        max_mw : most that can be built [MW]

        Returns
        -------
        What a case takes as one of its parts.

        Raises WattlineError where wind or sun has no profile.
        """
        if "tank_usd_per_kwh" in self.values:
            return self._reactor(max_mw)
        if "capital_usd_per_kwh" in self.values:
            return Storage(
                self.record.name,
                self["capital_usd_per_kw"] * KW_PER_MW * self.yearly,
                self["capital_usd_per_kwh"] * KW_PER_MW * self.yearly,
                self["charge_efficiency"],
                self["discharge_efficiency"],
                max_mw=max_mw,
            )
        if profile is None and self.record.name in VARIES:
            raise WattlineError(f"supply: {self.record.name} needs its hourly capacity factors; give a file with them")
        return Generator(
            self.record.name,
            self["capital_usd_per_kw"] * KW_PER_MW * self.yearly,
            self["availability"] if profile is None else profile,
            self.marginal,
            self.values.get("min_output", 0.0),
            self.values.get("clean_share", 1.0),
            self.values.get("carbon_g_per_kwh", 0.0),
            max_mw,
        )

    def _reactor(self, max_mw: float) -> HeatReactor:
        """The reactor by its heat: its cost is that of the plant less a turbine of its size."""
        efficiency, yearly = self["efficiency"], self.yearly
        turbine = self["turbine_usd_per_kw"]
        return HeatReactor(
            self.record.name,
            reactor_cost=(self["capital_usd_per_kw"] - turbine) * KW_PER_MW * yearly * efficiency,
            tank_cost=self["tank_usd_per_kwh"] * KW_PER_MW * yearly * efficiency,
            turbine_cost=turbine * KW_PER_MW * yearly,
            efficiency=efficiency,
            availability=self["availability"],
            min_output=self["min_output"],
            marginal=self.marginal * efficiency,
            max_mw=max_mw / efficiency,
        )


def _check(name: str, values: dict[str, float]) -> None:
    """Raises WattlineError for a fact that no plant has: a life of none, an efficiency above 1, a negative price."""
    for key, value in values.items():
        wants = ""
        if key == "life_years" and not value > 0:
            wants = "above 0"
        elif key in SHARES and not 0 < value <= 1:
            wants = "above 0, up to 1"
        elif key in SHARES_OR_NONE and not 0 <= value <= 1:
            wants = "0 to 1"
        elif key in (*COSTS, "carbon_g_per_kwh") and not value >= 0:
            wants = "0 or more"
        if wants or not isfinite(value):
            raise WattlineError(f"supply.{name}.{key} is {value:g}; give {wants or 'a finite number'}")
    if values.get("turbine_usd_per_kw", 0.0) > values.get("capital_usd_per_kw", inf):
        raise WattlineError(f"supply.{name}: its turbine costs more than the whole plant, capital_usd_per_kw")
