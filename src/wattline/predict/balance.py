"""A plan beside its grid's demand, as an answer shows it."""

from __future__ import annotations

from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.range import Range
from wattline.core.result import Json
from wattline.line.grid.balance import GridDemand, counted_region, demand_of, share_of
from wattline.line.grid.region import of_region

PARTS = ("load_factor", "demand_growth_share")


def balance_json(grid: GridDemand, energy_j: Array, peak_w: Array) -> Json:
    """The grid's demand in a year, and what a plan takes of it.

    Parameters
    ----------
    grid : the grid's demand
    energy_j : delivered to the plan in a year [J]
    peak_w : highest power of the plan [W]

    Returns
    -------
    Figures of the grid and shares of the plan, each a range.
    """
    share = share_of(grid, energy_j, peak_w)
    return {
        "grid_energy_wh": Range.of(grid.energy_wh).json(),
        "grid_peak_w": Range.of(grid.peak_w).json(),
        "demand_share": Range.of(share.of_demand).json(),
        "peak_share": Range.of(share.of_peak).json(),
        "growth_share": None if share.of_growth is None else Range.of(share.of_growth).json(),
    }


def region_balance(region: Record, energy_j: Array, peak_w: Array, draws: Draws) -> Json:
    """The same of a region of the catalog.

    Parameters
    ----------
    region : the country or grid
    energy_j, peak_w : of the plan, delivered in a year [J], and at most [W]
    draws : of the region's facts

    Returns
    -------
    The same with the name of the region that is counted.
    """
    counted = counted_region(region, draws.catalog)
    return {"region": counted.name, **balance_json(demand_of(counted, draws), energy_j, peak_w)}


def lent(region: Record, draws: Draws) -> list[str]:
    """Notes: which of the figures are those of another region, for this one has none.

    Parameters
    ----------
    region : a grid of the catalog
    draws : with the catalog that they are of

    Returns
    -------
    Notes, none where the region has all figures of its own.
    """
    counted = counted_region(region, draws.catalog)
    notes = []
    if counted is not region:
        notes.append(f"demand: that of {counted.title}, for {region.title} has none in the catalog")
    for name in PARTS:
        if name not in counted.facts:
            other = of_region(counted, name, draws.catalog).key.split(".")[1]
            words = {"load_factor": "mean over highest demand", "demand_growth_share": "growth of the demand"}[name]
            notes.append(f"{words}: that of {other}, for {counted.title} has none in the catalog")
    return notes
