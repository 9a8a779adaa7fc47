"""A region's generation by the hour, and its capacity factors over the fleet that the catalog takes for granted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.reading import read_bytes
from wattline.core.units import MW_PER_GW, YEAR_S
from wattline.line.grid.hourly import MAX_BYTES, hourly_of
from wattline.line.grid.supply.made import Times
from wattline.line.grid.table import read_table

HEADER = "utc, region, wind, solar"
FLEETS = {"wind": "wind_fleet_gw", "solar": "sun_fleet_gw"}


@dataclass(frozen=True, eq=False)
class RegionFactors:
    """Capacity factors of a region's fleets, ``(n_hours,)`` each, 0 to 1, and the record whose fleets they are over."""

    record: Record
    utc: Times
    wind: Array
    sun: Array

    @property
    def year(self) -> Array:
        """The calendar year of each hour, UTC."""
        return np.asarray(self.utc.astype("datetime64[Y]").astype(int) + 1970)

    def of(self, keep: Array) -> RegionFactors:
        """The hours where ``keep`` is true."""
        return RegionFactors(self.record, self.utc[keep], self.wind[keep], self.sun[keep])


def read_generation(path: Path, catalog: Catalog) -> list[RegionFactors]:
    """Capacity factors of the regions of a file whose fleets the catalog has.

    Parameters
    ----------
    path : generation by the hour [MW], with columns utc, region, wind and solar
    catalog : whose ``wind_sun`` records say how large the fleets were

    Returns
    -------
    One of each region, in the order of the catalog.

    Raises WattlineError where the file has none of the regions, or lacks a column.
    """
    import polars as pl

    table = read_table(read_bytes(path, MAX_BYTES, "generation", unpack=True), str(path))
    missing = {"utc", "region", *FLEETS} - set(table.columns)
    if missing:
        raise WattlineError(f"{path}: no column {', '.join(sorted(missing))}; generation by the hour has {HEADER}")
    regions = []
    for record in catalog.records("wind_sun").values():
        name = record.meta.get("eia930_region", record.name.split("-")[-1])
        own = table.filter(pl.col("region").cast(pl.String).str.to_lowercase() == name)
        if own.height and all(name in record.meta for name in FLEETS.values()):
            series = hourly_of(own.drop("region"), str(path))
            factors = [
                _factor(series.signal().column(name, f"generation {path}")[1], series.utc, record, fleet)
                for name, fleet in FLEETS.items()
            ]
            regions.append(RegionFactors(record, series.utc, *factors))
    if not regions:
        raise WattlineError(f"{path}: none of its regions has a fleet in the catalog's wind_sun.toml")
    return regions


def _factor(megawatts: Array, utc: Times, record: Record, name: str) -> Array:
    """Generation over a fleet that grows evenly from the begin of one year to that of the next."""
    first, fleet = int(record.meta["fleet_from"]), np.asarray(record.meta[name], float)
    since = (utc - np.datetime64(f"{first}-01-01", "s")).astype(float) / YEAR_S
    return np.asarray(np.clip(megawatts / MW_PER_GW / np.interp(since, np.arange(fleet.size), fleet), 0.0, 1.0))
