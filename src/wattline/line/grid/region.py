"""What follows from a delivery of electricity in a region, on annual averages: cost, CO2e, water at power stations.

Two quantities of energy: what is *delivered* to the site's meter, and what power stations *generate* for it, with what
transmission and distribution lose on the way. Cost and direct CO2e belong to the delivery: the location-based method
of the GHG Protocol (Scope 2 Guidance, 2015) counts what a customer takes from the grid, and leaves the grid's losses
to scope 3. Life-cycle CO2e and water at the stations belong to what is generated: nothing is left out.
"""

from __future__ import annotations

import numpy as np

from wattline.catalog import Catalog, Record, plain_name
from wattline.catalog.cloud import find_cloud
from wattline.catalog.draws import Draws
from wattline.core.fact import Array, Fact
from wattline.core.units import J_PER_KWH

DEFAULT = "world"


def load_region(name: str | None, catalog: Catalog) -> Record:
    """The country or grid by its name, by a cloud's region on it (``us-east-1``) or by a place (``quincy-wa``).

    The world's average when none is named.

    Parameters
    ----------
    name : of a country, a grid, a cloud's region or a place; None for the world
    catalog : whose facts are taken

    Returns
    -------
    A record of kind ``region``.

    Raises NotFound with the nearest names of regions.
    """
    wanted = name or DEFAULT
    if plain_name(wanted) not in catalog.names("region"):
        lies_in = find_cloud(wanted, catalog) or catalog.records("climate").get(wanted.strip().lower())
        wanted = wanted if lies_in is None else str(lies_in.meta["region"])
    return catalog.find("region", wanted)


def of_region(region: Record, attribute: str, catalog: Catalog) -> Fact:
    """The region's figure; where the catalog has none, that of the region it lies in, then the world's.

    Parameters
    ----------
    region : the country or grid, a record of the catalog's ``region``
    attribute : name of the figure
    catalog : of the facts

    Returns
    -------
    The fact, of the record that has it.
    """
    while attribute not in region.facts and region.name != DEFAULT:
        region = catalog.find("region", parent(region, catalog))
    return region[attribute]


def parent(region: Record, catalog: Catalog) -> str:
    """The region that this one lies in: its ``parent``; a grid's country, by its name (``us-ercot``); the world.

    Parameters
    ----------
    region : the region's record
    catalog : where its country is looked up

    Returns the name of the region above it.
    """
    country = region.name.partition("-")[0]
    lies_in = country if country != region.name and country in catalog.records("region") else DEFAULT
    return str(region.meta.get("parent", lies_in))


def cost_usd(region: Record, delivered_j: Array, draws: Draws) -> Array:
    """Delivered energy at the region's price to industry.

    Parameters
    ----------
    region : the country or grid, a record of the catalog's ``region``
    delivered_j : energy delivered to the site's meter [J], a scalar or ``(n_draws,)``
    draws : draws of the region's facts

    Returns US dollars.
    """
    return np.asarray(delivered_j / J_PER_KWH * draws(of_region(region, "industrial_price_usd_per_kwh", draws.catalog)))


def co2e_kg(region: Record, delivered_j: Array, draws: Draws, scope: str = "lifecycle") -> Array:
    """At the region's mean carbon intensity: ``lifecycle`` of what is generated, ``direct`` of what is delivered.

    Parameters
    ----------
    region : the country or grid, a record of the catalog's ``region``
    delivered_j : energy delivered to the site's meter [J], a scalar or ``(n_draws,)``
    draws : draws of the region's facts
    scope : ``lifecycle`` or ``direct``

    Returns kilograms of CO2e.
    """
    energy_j = generated_j(region, delivered_j, draws) if scope == "lifecycle" else delivered_j
    return np.asarray(energy_j / J_PER_KWH * draws(of_region(region, f"carbon_{scope}_g_per_kwh", draws.catalog)) / 1e3)


def water_l(region: Record, delivered_j: Array, draws: Draws) -> Array:
    """Water consumed at the power stations, for what they generate for the delivery.

    Parameters
    ----------
    region : the country or grid, a record of the catalog's ``region``
    delivered_j : energy delivered to the site's meter [J], a scalar or ``(n_draws,)``
    draws : draws of the region's facts

    Returns litres.
    """
    return np.asarray(
        generated_j(region, delivered_j, draws) / J_PER_KWH * draws(of_region(region, "water_l_per_kwh", draws.catalog))
    )


def generated_j(region: Record, delivered_j: Array, draws: Draws) -> Array:
    """What power stations put out for the delivery: transmission and distribution lose a share on the way.

    Parameters
    ----------
    region : the country or grid, a record of the catalog's ``region``
    delivered_j : energy delivered to the site's meter [J], a scalar or ``(n_draws,)``
    draws : draws of the region's facts

    Returns joules.
    """
    return np.asarray(delivered_j / (1.0 - draws(of_region(region, "grid_loss", draws.catalog))))
