"""Contracts for electricity free of carbon: their share of an energy, and in which hours they deliver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattline.catalog.mix import RegionMix
from wattline.core.fact import Array
from wattline.core.units import HOUR_S
from wattline.line.grid.carbon.given import FLAT_SOURCES, Contracts
from wattline.line.grid.carbon.signal import CleanShare
from wattline.line.grid.carbon.typical import typical_day, year_of


def contract_energy(contracts: Contracts, mix: RegionMix, hours_utc: Array) -> Array:
    """Contracted energy in each hour over the hourly mean of the load; its mean over a year is the contracts' share.

    Parameters
    ----------
    contracts
        The share and its source; wind and sun by the region's typical year.
    mix
        Where the region lies.
    hours_utc
        Hours since 2023-01-01T00 UTC, any shape.

    Returns
    -------
    Array
        Of the shape of ``hours_utc``.
    """
    hours = np.asarray(hours_utc, float)
    if contracts.source in FLAT_SOURCES:
        return np.full(hours.shape, contracts.share)
    alone = replace(mix, shares={contracts.source: 1.0})
    shape = year_of(typical_day(alone).generation[contracts.source])
    shape = shape / shape.mean()
    place = np.floor(hours + mix.utc_offset_h).astype(int) % len(shape)
    return np.asarray(contracts.share * shape[place])


def with_contracts(grid: CleanShare, contracts: Contracts, mix: RegionMix) -> CleanShare:
    """The share of a flat load that is free of carbon in each step: contracted first, up to the load, the grid's then.

    That is Google's hourly carbon-free energy (CFE): what contracts deliver beyond an hour's load counts nothing.

    Parameters
    ----------
    grid
        The grid's own share by step.
    contracts
        With a source, whose hours are known.
    mix
        Where the region lies.

    Returns
    -------
    Shares by step.
    """
    first = (grid.start - np.datetime64("2023-01-01T00:00:00")) / np.timedelta64(1, "s")
    hours = (float(first) + (np.arange(len(grid.values)) + 0.5) * grid.step_s) / HOUR_S
    own = np.minimum(contract_energy(contracts, mix, np.asarray(hours, float)), 1.0)
    return replace(grid, values=own + (1 - own) * np.minimum(grid.values, 1.0))
