"""From what a grid generates by fuel to the carbon intensity of a kilowatt-hour, by published factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array

STORES = ("storage",)  # what they give out was generated and counted before


@dataclass(frozen=True)
class FuelFactors:
    """g CO2e per kWh of each fuel, direct and life cycle, and whether it counts as carbon-free (1 or 0)."""

    direct: Mapping[str, float]
    lifecycle: Mapping[str, float]
    carbon_free: Mapping[str, float]

    def but(self, direct: Mapping[str, float]) -> FuelFactors:
        """The same with a grid's own stacks: the life cycle keeps what lies before and after them.

        Parameters
        ----------
        direct
            g/kWh of the fuels that are known of the grid.

        Returns
        -------
        Factors of every fuel [g/kWh].
        """
        moved = {fuel: self.lifecycle[fuel] + value - self.direct[fuel] for fuel, value in direct.items()}
        return FuelFactors({**self.direct, **direct}, {**self.lifecycle, **moved}, self.carbon_free)


def fuel_factors(catalog: Catalog) -> FuelFactors:
    """The catalog's factors of every fuel.

    Parameters
    ----------
    catalog
        Whose facts are taken.

    Returns
    -------
    Direct and life-cycle g CO2e/kWh of every fuel.
    """
    records = catalog.records("fuel")
    names = ("direct_g_per_kwh", "lifecycle_g_per_kwh", "carbon_free")
    return FuelFactors(*({fuel: record[name].value for fuel, record in records.items()} for name in names))


@dataclass(frozen=True, eq=False)
class MixIntensity:
    """Of each step: g/kWh direct and life cycle, and carbon-free share; NaN where nothing is known."""

    direct: Array
    lifecycle: Array
    clean: Array
    notes: tuple[str, ...] = ()


def intensity(generation_mw: Mapping[str, Array], factors: FuelFactors) -> MixIntensity:
    """Carbon intensity of what a grid generates.

    Parameters
    ----------
    generation_mw
        MW of each fuel, shape ``(n_steps,)``. Below zero (a plant's own use, a store that charges) counts as none. A
        step in which a fuel has no number is a gap, unless the fuel has none at all.
    factors
        g/kWh of each fuel.

    Returns
    -------
    MixIntensity
        Means weighted by generation; stores are left out, since what they give out was counted when it was generated.

    Raises
    ------
    WattlineError
        For a fuel without a factor.
    """
    unknown = [fuel for fuel in generation_mw if fuel not in factors.direct and fuel not in STORES]
    if unknown:
        raise WattlineError(f"fuel {shorten(', '.join(unknown))} has no factor; known: {', '.join(factors.direct)}")
    mix = {fuel: power for fuel, power in generation_mw.items() if fuel not in STORES and np.isfinite(power).any()}
    notes = []
    if below := sum(int((power < 0).sum()) for power in mix.values()):
        notes.append(f"{below:,} values of generation below zero count as none")
    power = np.stack([np.maximum(values, 0.0) for values in mix.values()])
    total = power.sum(axis=0)
    total = np.where(total > 0, total, np.nan)
    means = [
        np.array([by_fuel[fuel] for fuel in mix]) @ power / total
        for by_fuel in (factors.direct, factors.lifecycle, factors.carbon_free)
    ]
    return MixIntensity(means[0], means[1], means[2], tuple(notes))
