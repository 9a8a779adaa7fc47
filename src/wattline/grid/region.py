"""What follows from a delivery of electricity in a region, on annual averages: cost, CO2e, water at power stations."""

from __future__ import annotations

import numpy as np

from wattline import catalog
from wattline.catalog import Record
from wattline.draws import Draws
from wattline.fact import Array, Fact

DEFAULT = "world"
J_PER_KWH = 3.6e6


def load_region(name: str | None) -> Record:
    """The country or grid by name; the world's average when none is named."""
    return catalog.find("region", name or DEFAULT)


def of_region(region: Record, attribute: str) -> Fact:
    """The region's figure; where the catalog has none, that of the region it lies in, then the world's."""
    while attribute not in region.facts and region.name != DEFAULT:
        region = catalog.find("region", parent(region))
    return region[attribute]


def parent(region: Record) -> str:
    """The region that this one lies in: its ``parent``; a grid's country, by its name (``us-ercot``); the world."""
    country = region.name.partition("-")[0]
    lies_in = country if country != region.name and country in catalog.records("region") else DEFAULT
    return str(region.meta.get("parent", lies_in))


def cost_usd(region: Record, delivered_j: Array, draws: Draws) -> Array:
    """Delivered energy at the region's price to industry."""
    return np.asarray(delivered_j / J_PER_KWH * draws(of_region(region, "industrial_price_usd_per_kwh")))


def co2e_kg(region: Record, delivered_j: Array, draws: Draws, scope: str = "lifecycle") -> Array:
    """Delivered energy at the region's mean carbon intensity; scope ``lifecycle`` or ``direct``."""
    return np.asarray(delivered_j / J_PER_KWH * draws(of_region(region, f"carbon_{scope}_g_per_kwh")) / 1e3)


def water_l(region: Record, delivered_j: Array, draws: Draws) -> Array:
    """Water consumed at the power stations for the delivered energy."""
    return np.asarray(delivered_j / J_PER_KWH * draws(of_region(region, "water_l_per_kwh")))


def generated_j(region: Record, delivered_j: Array, draws: Draws) -> Array:
    """What power stations put out for the delivery: transmission and distribution lose a share on the way."""
    return np.asarray(delivered_j / (1.0 - draws(of_region(region, "grid_loss"))))
