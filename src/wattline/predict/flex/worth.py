"""What flexible power is worth to a grid at given prices, and which of the grid's products it can sell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.core.range import Range
from wattline.core.result import Json
from wattline.core.units import HOUR_S, J_PER_KWH, W_PER_KW, W_PER_MW, YEAR_H
from wattline.line.grid.flexibility.calls import CalledHours, called_hours, dear_so_far, dearest_steps
from wattline.predict.flex.signals import read_sites


@dataclass(frozen=True, eq=False)
class Resource:
    """Something at a site that gives power back; scalars or ``(n_draws,)``.

    Attributes
    ----------
    name
        What it is.
    cut_w
        Power that it gives [W].
    lasts_s
        For how long [s]; None for as long as it is wanted.
    response_s
        From the grid's signal to its power [s].
    round_trip
        Energy out over energy in, of a store that must be filled again; 1 where nothing is.
    """

    name: str
    cut_w: Array
    lasts_s: Array | None
    response_s: Array
    round_trip: Array | float = 1.0

    def over_w(self, lasts_s: float) -> Array:
        """Power that it can give for so long [s]: a store that is too short gives less of it."""
        if self.lasts_s is None:
            return self.cut_w
        return np.asarray(self.cut_w * np.minimum(self.lasts_s / lasts_s, 1.0))


@dataclass(frozen=True)
class Prices:
    """What a grid pays; texts with their unit, None where it pays nothing.

    Attributes
    ----------
    capacity
        For power that yields in the grid's highest hours, such as "60 USD/kW/year".
    reserve
        For power held ready through the year, such as "8 USD/MWh" (of a MW for an hour).
    energy
        File of the hourly price of energy, FILE or FILE@COLUMN.
    called_h
        Hours a year in which it yields, the dearest of the file.
    lasts
        How long each call lasts.
    """

    capacity: str | None = None
    reserve: str | None = None
    energy: Path | str | None = None
    called_h: float = 50.0
    lasts: str = "2 h"

    def __post_init__(self) -> None:
        if not 0 < self.called_h < YEAR_H:
            raise WattlineError(f"--called {self.called_h:g} h must be above 0, and less than a year")

    def capacity_usd_per_w(self) -> float | None:
        """USD a year for a watt."""
        return None if self.capacity is None else _usd(self.capacity, "kW", "--capacity-price") / W_PER_KW

    def reserve_usd_per_w(self) -> float | None:
        """USD a year for a watt that is held ready in every hour."""
        return None if self.reserve is None else _usd(self.reserve, "MWh", "--reserve-price") / W_PER_MW * YEAR_H

    @property
    def lasts_s(self) -> float:
        """Length of a call [s]."""
        return parse(self.lasts, "s", "--lasts")

    def calls(self) -> tuple[CalledHours, CalledHours] | None:
        """Prices [USD/kWh] in the dearest hours, and in those dear among the days so far; None without a file."""
        if self.energy is None:
            return None
        series = read_sites([self.energy], "price", "flex response")
        price = series.values[0]
        count = max(round(self.called_h * price.size / YEAR_H), 1)
        known = dear_so_far(price, count, series.day)
        return called_hours(price, dearest_steps(price, count)), called_hours(price, known)

    def json(self) -> Json:
        """The prices as they were read."""
        return {
            "capacity_price": self.capacity, "reserve_price": self.reserve,
            "energy_prices": None if self.energy is None else str(self.energy),
            "called_h": self.called_h, "call_lasts_h": self.lasts_s / HOUR_S,
        }  # fmt: skip


def _usd(text: str, per: str, what: str) -> float:
    """USD for each kW or MWh of a text such as "60 USD/kW/year"."""
    plain = text.strip().removesuffix("/year").removesuffix("/yr").removesuffix("/a")
    head, _, unit = plain.partition("/")
    amount, usd, rest = head.strip().partition("USD")
    if unit.strip() != per or not usd or rest.strip():
        raise WattlineError(f'{what}: {shorten(text)!r} must be such as "60 USD/{per}"')
    return parse(amount.strip(), "", what, zero=True)


def resources_json(gives: Sequence[Resource], prices: Prices) -> list[Json]:
    """What each resource gives in a call, and its worth in a year.

    Parameters
    ----------
    gives : the resources
    prices : what the grid pays

    Returns
    -------
    A row a resource.
    """
    calls = prices.calls()
    capacity, reserve = prices.capacity_usd_per_w(), prices.reserve_usd_per_w()
    rows = []
    for each in gives:
        power = each.over_w(prices.lasts_s)
        worth = None if calls is None else [_energy_worth(each, power, hours) for hours in calls]
        rows.append(
            {
                "name": each.name,
                "cut_w": Range.of(each.cut_w).json(),
                "lasts_s": None if each.lasts_s is None else Range.of(each.lasts_s).json(),
                "response_s": Range.of(each.response_s).json(),
                "over_call_w": Range.of(power).json(),
                "capacity_usd_per_year": _worth(power, capacity),
                "reserve_usd_per_year": _worth(power, reserve),
                # with foresight it may do what was known
                "energy_usd_per_year": None if worth is None else Range.of(np.maximum(*worth)).json(),
                "energy_known_usd_per_year": None if worth is None else Range.of(worth[1]).json(),
            }
        )
    return rows


def _energy_worth(each: Resource, power_w: Array, hours: CalledHours) -> Array:
    """USD a year: a store buys again what it gave, with its loss, in the other hours; caps buy nothing again."""
    kwh = power_w * hours.share * YEAR_H * HOUR_S / J_PER_KWH
    again = 0.0 if each.lasts_s is None else hours.rest / each.round_trip
    return np.asarray(kwh * (hours.dear - again))


def _worth(power_w: Array, usd_per_w: float | None) -> Json | None:
    return None if usd_per_w is None else Range.of(np.asarray(power_w * usd_per_w)).json()


def products_json(gives: Sequence[Resource], site_w: Array, catalog: Catalog) -> list[Json]:
    """Which resource answers a product of a grid fast enough, and with how much for as long as it lasts.

    Parameters
    ----------
    gives : the resources
    site_w : power of the site, beyond which it gives nothing [W]
    catalog : with the products

    Returns
    -------
    A row a product.
    """
    rows = []
    for record in catalog.records("product").values():
        response, lasts = record["response_s"].value, record["lasts_s"].value
        able = [each for each in gives if float(np.median(each.response_s)) <= response]
        power = np.minimum(sum((each.over_w(lasts) for each in able), np.asarray(0.0)), site_w)
        rows.append(
            {
                "product": record.title, "response_s": response, "lasts_s": lasts,
                "resource_names": [each.name for each in able], "power_w": Range.of(np.asarray(power)).json(),
            }
        )  # fmt: skip
    return rows
