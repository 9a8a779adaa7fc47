"""What a region's electricity is made from, and the marginal CO2 of AVERT's regions."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from wattline.core.fact import Array

HERE = Path(__file__).parent / "region"
FUELS = (
    "wind", "solar", "hydro", "nuclear", "geothermal", "biomass", "gas", "coal", "oil", "unknown", "storage",
)  # fmt: skip
STACKS = ("coal", "gas", "oil")
SOURCES = {
    "em": "Electricity Maps (ODbL), yearly mean in electricitymaps-contrib",
    "owid": "Our World in Data (CC BY 4.0), as carried by CodeCarbon",
}


@dataclass(frozen=True)
class RegionMix:
    """Shares of a region's electricity by fuel, and where it lies.

    Attributes
    ----------
    shares
        By fuel, 0 to 1; they add up to 1.
    direct_g_per_kwh
        CO2 from the region's own stacks, of those fuels that are known.
    source, year
        Who says so, and of which year; 0 where that is not known.
    latitude, longitude
        Degrees, of its middle.
    utc_offset_h
        Hours of standard time ahead of UTC.
    """

    region: str
    shares: Mapping[str, float]
    direct_g_per_kwh: Mapping[str, float]
    source: str
    year: int
    latitude: float
    longitude: float
    utc_offset_h: float


@lru_cache(maxsize=1)
def region_mixes() -> Mapping[str, RegionMix]:
    """The mix of every region that has one, by its name."""
    made = {}
    for row in _rows("mix.csv"):
        parts = {fuel: float(row[fuel]) for fuel in FUELS}
        total = sum(parts.values())
        made[row["region"]] = RegionMix(
            row["region"],
            {fuel: part / total for fuel, part in parts.items() if part},
            {fuel: float(row[f"{fuel}_g"]) for fuel in STACKS if row[f"{fuel}_g"]},
            SOURCES[row["source"]],
            int(row["year"] or 0),
            *(float(row[name]) for name in ("latitude", "longitude", "utc_offset_h")),
        )
    return made


@lru_cache(maxsize=1)
def avert_months() -> Mapping[str, Array]:
    """Marginal CO2 by AVERT's region, g/kWh: 12 months by 24 hours of standard time."""
    made: dict[str, list[list[float]]] = {}
    for row in _rows("marginal_avert.csv"):
        made.setdefault(row["region"], []).append([float(row[str(hour)]) for hour in range(24)])
    return {region: np.array(months) for region, months in made.items()}


def _rows(name: str) -> list[dict[str, str]]:
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))
