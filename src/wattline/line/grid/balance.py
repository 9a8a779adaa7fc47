"""What a plan takes of its grid: shares of the demand's energy, of its highest hour, and of its growth in a year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import J_PER_WH, WH_PER_TWH, YEAR_H
from wattline.line.grid.region import DEFAULT, of_region, parent

MIN_GROWTH = 1e-3  # of the demand in a year: growth below is none to speak of


@dataclass(frozen=True, eq=False)
class GridDemand:
    """A grid's demand in a year; scalars or ``(n_draws,)``.

    Attributes
    ----------
    energy_wh
        Energy used in a year [Wh].
    peak_w
        Demand in the highest hour, losses on the way included [W].
    growth_wh
        Growth of the energy in a year [Wh]; may be 0 or less.
    loss
        Share of what is generated that is lost on the way, 0 to 1.
    """

    energy_wh: Array
    peak_w: Array
    growth_wh: Array
    loss: Array


def counted_region(region: Record, catalog: Catalog) -> Record:
    """The region itself where its demand is known, else the nearest that it lies in.

    Parameters
    ----------
    region : the country or grid
    catalog : of the facts

    Returns
    -------
    A record of kind ``region``.
    """
    while "consumption_twh" not in region.facts and region.name != DEFAULT:
        region = catalog.find("region", parent(region, catalog))
    return region


def demand_of(region: Record, draws: Draws) -> GridDemand:
    """A region's demand from its facts; a load factor or growth that it lacks is that of the region it lies in.

    Parameters
    ----------
    region
        The country or grid.
    draws
        Draws of its facts.

    Returns
    -------
    Energy of a year [Wh], peak [W], growth and losses, shape ``(n_draws,)``.
    """
    used, loss = (draws(of_region(region, name, draws.catalog)) for name in ("consumption_twh", "grid_loss"))
    factor, growth = (draws(of_region(region, name, draws.catalog)) for name in ("load_factor", "demand_growth_share"))
    energy = np.asarray(used * WH_PER_TWH)
    return GridDemand(energy, np.asarray(energy / (1 - loss) / YEAR_H / factor), np.asarray(energy * growth), loss)


def demand_in(power_w: Array, step_h: float, loss: Array) -> GridDemand:
    """The demand of a file, which is what is generated for it.

    Parameters
    ----------
    power_w
        Demand, shape ``(n_steps,)`` [W].
    step_h
        Length of a step [h].
    loss
        Share of what is generated that is lost on the way.

    Returns
    -------
    GridDemand
        Growth: of a year's energy from the first of the file's whole years to its last; not a number below two years.
    """
    year = round(YEAR_H / step_h)
    years = len(power_w) // year
    growth = np.nan
    if years >= 2:
        means = [power_w[i * year : (i + 1) * year].mean() for i in range(years)]
        growth = (means[-1] - means[0]) / (years - 1) * YEAR_H
    energy = power_w[-min(year, len(power_w)) :].mean() * YEAR_H
    return GridDemand(energy * (1 - loss), np.asarray(float(power_w.max())), growth * (1 - loss), loss)


@dataclass(frozen=True, eq=False)
class GridShare:
    """What a plan takes of a grid; scalars or ``(n_draws,)``, shares of 1.

    Attributes
    ----------
    of_demand
        The plan's energy over the grid's.
    of_peak
        The plan's highest power, with what is lost on the way to it, over the grid's highest hour.
    of_growth
        The plan's energy over the grid's growth in a year; None where the demand does not grow, or may not.
    """

    of_demand: Array
    of_peak: Array
    of_growth: Array | None


def share_of(grid: GridDemand, energy_j: Array, peak_w: Array) -> GridShare:
    """What a plan takes of a grid.

    Parameters
    ----------
    grid
        The grid's demand in a year.
    energy_j
        What is delivered to the plan in a year [J].
    peak_w
        Its highest power at the meter [W].

    Returns
    -------
    Shares of the grid's energy and of its peak, shape ``(n_draws,)``.
    """
    energy_wh = np.asarray(energy_j) / J_PER_WH
    grows = bool(np.all(grid.growth_wh > MIN_GROWTH * grid.energy_wh))
    return GridShare(
        np.asarray(energy_wh / grid.energy_wh),
        np.asarray(peak_w / (1 - grid.loss) / grid.peak_w),
        np.asarray(energy_wh / grid.growth_wh) if grows else None,
    )
