"""A typical year of a grid by month and hour, modelled from its mix: no measurement, and marked as such.

Each month has one day of 24 hours. Demand swings with the hour and the season of the latitude; the sun follows its
height; wind has a season and a lull at noon; nuclear, biomass and heat of the earth run flat; hydropower follows demand
in part. What is left, coal, gas and oil give, less by what neighbours take and give. Shares of the year are the mix's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.catalog.mix import RegionMix
from wattline.core.fact import Array
from wattline.line.grid.carbon.fuels import FuelFactors, intensity

DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
FLAT = ("nuclear", "geothermal", "biomass")
FOLLOWING = ("gas", "coal", "oil", "unknown", "storage")


@dataclass(frozen=True)
class TypicalShape:
    """How a typical day and year swing; fitted to hourly series of six grids in 2023 (tests hold it against them)."""

    demand_day: float = 0.16  # half the swing of demand over a day, of its mean
    demand_season: float = 0.1  # half its swing over the year
    wind_season: float = 0.2  # half the swing of wind over the year, more in winter
    wind_day: float = 0.2  # half its swing over a day, least at noon
    hydro_follows: float = 0.8  # share of the hydropower that follows demand
    coal_follows: float = 0.8  # how far coal follows what is left, where gas follows wholly
    alone: float = 0.3  # share of a swing that a grid's own plants level; neighbours level the rest


SHAPE = TypicalShape()
MIN_FOSSIL = 0.01  # of the demand: a grid with less has no marginal plant of its own
# of seven grids of the United States: AVERT's margin over the fossil plants' mean, and how it rises with what they give
MARGIN_LEVEL, MARGIN_RISES = 1.13, 0.5
FLOOR = 0.12  # of the mean of what fossil plants give: they do not all stop


@dataclass(frozen=True, eq=False)
class TypicalDay:
    """Generation by fuel, in shares of the mean demand, shape ``(12, 24)``, months by hours of standard time."""

    generation: Mapping[str, Array]

    def months(self, factors: FuelFactors) -> tuple[Array, Array, Array]:
        """Direct and life-cycle intensity [g/kWh] and carbon-free share, each ``(12, 24)``.

        Parameters
        ----------
        factors
            g/kWh of each fuel.

        Returns
        -------
        The three, in that order.
        """
        made = intensity({fuel: power.ravel() for fuel, power in self.generation.items()}, factors)
        return made.direct.reshape(12, 24), made.lifecycle.reshape(12, 24), made.clean.reshape(12, 24)

    def margin(self, factors: FuelFactors) -> Array:
        """CO2 of one kilowatt-hour more [g/kWh], direct, ``(12, 24)``: of the fossil plants by their share of the year.

        That is the operating margin of the UNFCCC's Tool 07: plants that run whatever the demand is (wind, sun,
        water, nuclear) are never on it. The plants that answer are less efficient than the mean, the more so the more
        is given, as AVERT has it. Where a grid has no fossil plants, it is its average.

        Parameters
        ----------
        factors
            g/kWh of each fuel.

        Returns
        -------
        That margin [g/kWh].
        """
        plants = {fuel: self.generation[fuel] for fuel in FOLLOWING if fuel in self.generation and fuel != "storage"}
        given = np.asarray(sum(plants.values(), np.zeros((12, 24))))
        if float(given.mean()) < MIN_FOSSIL:
            return self.months(factors)[0]
        mean = sum(float(power.mean()) * factors.direct[fuel] for fuel, power in plants.items()) / float(given.mean())
        return np.asarray(MARGIN_LEVEL * mean * (1 + MARGIN_RISES * (given / given.mean() - 1)))


def typical_day(mix: RegionMix, shape: TypicalShape = SHAPE) -> TypicalDay:
    """Generation of a typical day of each month.

    Parameters
    ----------
    mix
        Shares of the year by fuel, and where the region lies.
    shape
        How demand and plants swing.

    Returns
    -------
    Generation by fuel, month and hour.
    """
    shares = dict(mix.shares)
    demand = _demand(mix.latitude, shape)
    made = {fuel: shares[fuel] * np.ones((12, 24)) for fuel in FLAT if fuel in shares}
    if "solar" in shares:
        made["solar"] = shares["solar"] * _over_mean(sun_height(mix))
    if "wind" in shares:
        made["wind"] = shares["wind"] * _over_mean(_wind(mix.latitude, shape))
    if "hydro" in shares:
        made["hydro"] = shares["hydro"] * (1 - shape.hydro_follows + shape.hydro_follows * demand)
    left = demand - sum(made.values(), np.zeros((12, 24)))
    following = {fuel: shares[fuel] for fuel in FOLLOWING if fuel in shares}
    if not following:
        return TypicalDay(made)
    mean = sum(following.values())
    ratio = np.maximum(1 + shape.alone * (left / mean - 1), FLOOR)
    ratio = _over_mean(ratio)
    coal = following.get("coal", 0.0) * (1 + shape.coal_follows * (ratio - 1))
    rest = {fuel: share for fuel, share in following.items() if fuel != "coal"}
    others = np.maximum(mean * ratio - coal, 0.0)
    if "coal" in following:
        made["coal"] = np.minimum(coal, mean * ratio) if rest else mean * ratio
    for fuel, share in rest.items():
        made[fuel] = others * share / sum(rest.values())
    return TypicalDay(made)


def year_of(months: Array, year: int = 2023) -> Array:
    """A year's hours, 8,760, in standard time, from its months by hours.

    Parameters
    ----------
    months
        Values, shape ``(12, 24)``.
    year
        A common year; a leap year repeats the last day of February.

    Returns
    -------
    In the unit of ``months``, shape ``(8760,)``.
    """
    days = DAYS.copy()
    days[1] += year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return np.repeat(months, days, axis=0).ravel()


def weights_of_months() -> Array:
    """Share of a year's hours in each month and hour, shape ``(12, 1)``; they add up to 1 over 24 hours."""
    return np.asarray(DAYS[:, None] / (DAYS.sum() * 24.0))


def _over_mean(values: Array) -> Array:
    return np.asarray(values / float((values * weights_of_months()).sum()))


def _demand(latitude: float, shape: TypicalShape) -> Array:
    """Demand over its mean: least at four, most in the evening; in winter far from the equator, in summer nearer it."""
    hour = np.arange(24) + 0.5
    day = -np.cos(2 * np.pi * (hour - 4.0) / 24) - 0.35 * np.cos(4 * np.pi * (hour - 2.0) / 24)
    away = abs(latitude)
    season = np.cos(2 * np.pi * (np.arange(12) - 0.5 - (0 if latitude >= 0 else 6)) / 12)
    summer = -season
    swing = season if away > 45 else summer if away > 23 else np.zeros(12)
    both = (1 + shape.demand_day * day / 1.2)[None, :] * (1 + shape.demand_season * swing)[:, None]
    return _over_mean(both)


def sun_height(mix: RegionMix) -> Array:
    """The sun's height above the horizon (its sine, 0 by night) in the middle of each month and hour, ``(12, 24)``.

    Parameters
    ----------
    mix
        Where the region lies.

    Returns
    -------
    That sine, a trifle above 0 by night.
    """
    day = np.cumsum(DAYS) - DAYS / 2
    tilt = np.radians(23.45) * np.sin(2 * np.pi * (day + 284) / 365)
    solar = np.arange(24) + 0.5 + mix.longitude / 15 - mix.utc_offset_h
    angle = np.radians(15 * (solar - 12))
    north = np.radians(mix.latitude)
    height = np.sin(north) * np.sin(tilt)[:, None] + np.cos(north) * np.cos(tilt)[:, None] * np.cos(angle)[None, :]
    return np.asarray(np.maximum(height, 0.0) + 1e-9)  # a polar night has none


def _wind(latitude: float, shape: TypicalShape) -> Array:
    hour = np.arange(24) + 0.5
    season = np.cos(2 * np.pi * (np.arange(12) - 1.0 - (0 if latitude >= 0 else 6)) / 12)
    away = min(1.0, abs(latitude) / 45)
    day = 1 + shape.wind_day * np.cos(2 * np.pi * (hour - 1.0) / 24)
    return np.asarray((1 + shape.wind_season * away * season)[:, None] * day[None, :])
