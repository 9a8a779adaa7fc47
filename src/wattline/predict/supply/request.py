"""What is asked of a supply: its target and its technologies, read from words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import parse
from wattline.line.grid.supply.parts import SupplyTarget
from wattline.line.grid.supply.technology import Technology

GRID = "grid"
USUAL = "wind,solar,battery,grid"
USUAL_TARGET = "cfe=95%"
PLAIN_NUMBER = re.compile(r"[\d.,_]*[1-9][\d.,_]*(?:[eE][+-]?\d+)?$")  # 0 is none in any unit
UNITS = {"cfe": "", "annual": "", "carbon": "g/kWh", "carbon-price": ""}


def read_target(text: str | Sequence[str]) -> SupplyTarget:
    """What a supply must reach, such as ``"cfe=95%"``, ``"annual=100%"``, ``"carbon=50g"`` or ``"cost"``.

    Parameters
    ----------
    text : one or several, with commas between them

    Returns
    -------
    The limits that are named.

    Raises WattlineError for a target that there is not, or a value out of its range.
    """
    # words of reliability are read by `read_reliability`
    words = text.split(",") if isinstance(text, str) else [part for each in text for part in each.split(",")]
    values: dict[str, float] = {}
    for word in (word.strip() for word in words):
        name, equals, amount = word.partition("=")
        name = name.strip().lower().replace("_", "-")
        if name == "cost" and not equals:
            continue
        if name not in UNITS or not equals:
            raise WattlineError(
                f"target {shorten(word, 40)!r} must be cfe=95%, annual=100%, carbon=50g, carbon-price=80, unserved=3h, "
                "outages, n-1 or cost"
            )
        if name.replace("-", "_") in values:
            raise WattlineError(f"target: {name} is given twice; name it once")
        if name == "carbon" and amount.strip().endswith("g"):
            amount += "/kWh"
        values[name.replace("-", "_")] = round(parse(amount, UNITS[name], f"target {name}", zero=True), 12)
    if values.get("cfe", 0) > 1:
        raise WattlineError(f"target cfe={values['cfe']:g}: a carbon-free share is at most 100%; write cfe=95%")
    return SupplyTarget(**values)


@dataclass(frozen=True)
class PowerSource:
    """A technology that may be built, or the grid: its name and the most of it [MW]."""

    name: str
    max_mw: float = inf


PRICED_ALONE = "fusion"  # nobody has built one: a price at which it would be built is all that can be told


def read_sources(text: str | Sequence[str], catalog: Catalog) -> tuple[PowerSource, ...]:
    """The technologies that may be built, such as ``"wind,solar=200MW,battery,grid"``.

    Parameters
    ----------
    text : names of the catalog's ``supply`` or ``grid``, each with its most where there is one
    catalog : where they are looked up

    Returns
    -------
    Names with their limits [MW].

    Raises NotFound for a name that the catalog lacks, WattlineError for one that stands twice.
    """
    words = text.split(",") if isinstance(text, str) else [part for each in text for part in each.split(",")]
    sources: list[PowerSource] = []
    for word in (word.strip() for word in words):
        if not word:
            continue
        name, equals, amount = (part.strip() for part in word.partition("="))
        if name.lower() == PRICED_ALONE:
            raise WattlineError(f"with: {name} has no known cost; every plan says the price that it must come below")
        known = GRID if name.lower() == GRID else catalog.find("supply", name).name
        if equals and PLAIN_NUMBER.match(amount):
            raise WattlineError(f"with {known}={amount}: of what? write {known}={amount}MW")
        most = parse(amount, "W", f"with {known}", zero=True) / 1e6 if equals else inf
        if known in [source.name for source in sources]:
            raise WattlineError(f"with: {known} is given twice; name it once")
        sources.append(PowerSource(known, most))
    if not sources:
        raise WattlineError(f"with: no technology in {text!r}; such as {USUAL}")
    return tuple(sources)


@dataclass(frozen=True)
class Charges:
    """What electricity and plants cost beside their price: charges, tariffs and tax credits.

    Parameters
    ----------
    network : charge for a MWh from the grid [USD/MWh]
    demand : charge for the highest import of a month, by kW and month [USD/kW]; reckoned on the year's highest
    investment_credit : share of the capital cost of carbon-free plants and storages that a tax credit pays
    production_credit : credit for a MWh of wind and sun [USD/MWh], over its ten years, levelled over the plant's life
    """

    network: float = 0.0
    demand: float = 0.0
    investment_credit: float = 0.0
    production_credit: float = 0.0

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Charges:
        """From plain values by name; None is none. Raises WattlineError for a value out of its range."""
        network = parse(values.get("network_tariff") or 0, "USD/MWh", "network-tariff", zero=True)
        demand = parse(values.get("demand_charge") or 0, "USD/kW", "demand-charge", zero=True)
        share = parse(values.get("investment_credit") or 0, "", "investment-credit", zero=True)
        if share >= 1:
            raise WattlineError(f"investment-credit: {share:g} is no share below 1; write 30%")
        produced = parse(values.get("production_credit") or 0, "USD/MWh", "production-credit", zero=True)
        return cls(network, demand, share, produced)


def in_time(
    sources: Sequence[PowerSource], years: float | None, catalog: Catalog
) -> tuple[list[PowerSource], list[str]]:
    """The technologies that can be there within so many years, and the names of those that cannot.

    Parameters
    ----------
    sources : what may be built
    years : from the order to power; None for as long as it takes
    catalog : whose lead times are taken

    Returns
    -------
    Both, in their order.
    """
    if years is None:
        return list(sources), []
    late = [
        source.name
        for source in sources
        if source.name != GRID and catalog.find("supply", source.name)["lead_time_years"].value > years
    ]
    return [source for source in sources if source.name not in late], late


def is_clean(technology: Technology) -> bool:
    """Whether a technology's energy counts as carbon-free altogether."""
    return technology.values.get("clean_share", 1.0) >= 1.0
