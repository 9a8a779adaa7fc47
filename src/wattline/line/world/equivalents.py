"""Equivalents that a person can picture: homes, bulbs, searches, a country's year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.range import Range
from wattline.core.units import HOUR_S, J_PER_KWH, J_PER_TWH, J_PER_WH, MINUTE_S, YEAR_S


@dataclass(frozen=True, eq=False)
class Equivalent:
    """So many of a thing; ``fact`` is the figure that one of them rests on."""

    name: str
    count: Array
    fact: str

    def json(self) -> dict[str, Any]:
        return {"name": self.name, "count": Range.of(self.count).json(), "fact": self.fact}


def _minute_of_a_year(twh: Array) -> Array:
    return twh * J_PER_TWH / (YEAR_S / MINUTE_S)


# name, fact, joules (or kilograms) of one from the fact's value in the unit named
ENERGY: list[tuple[str, str, str, Callable[[Array], Array]]] = [
    ("US homes for a year", "region.us.home_kwh_per_year", "kWh/year/home", lambda x: x * J_PER_KWH),
    ("hours of a 60 W light bulb", "constant.bulb-60w", "W", lambda x: x * HOUR_S),
    ("Google searches (2009 figure)", "constant.google-search", "Wh/search", lambda x: x * J_PER_WH),
    ("phone charges", "constant.phone-charge", "Wh", lambda x: x * J_PER_WH),
    ("minutes of all Japan's electricity", "region.jp.consumption_twh", "TWh", _minute_of_a_year),
    ("minutes of all the world's data centres", "total.iea-2025-world-2024.energy_twh", "TWh", _minute_of_a_year),
]
CARBON: list[tuple[str, str, str]] = [
    ("cars' CO2 for a year", "constant.car-year-co2", "kg"),
]


def equivalents(energy_j: Array, co2e_kg: Array, draws: Draws) -> list[Equivalent]:
    """What the energy and the CO2e come to, in things that people know.

    The facts are taken at their central value, so that an equivalent's range is the job's alone.

    Parameters
    ----------
    energy_j, co2e_kg : of a job, scalars or ``(n_draws,)`` [J, kg]
    draws : that the facts are cited in

    Returns
    -------
    How many of each thing, with the fact that it rests on.
    """
    central = draws.central()
    result = [
        Equivalent(name, np.asarray(energy_j / joules(central(fact, unit))), fact)
        for name, fact, unit, joules in ENERGY
    ]
    result += [Equivalent(name, np.asarray(co2e_kg / central(fact, unit)), fact) for name, fact, unit in CARBON]
    for key, fact in central.used.items():
        draws.used.setdefault(key, fact)
    return result
