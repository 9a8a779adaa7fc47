"""Cost and CO2e of a delivery of electricity: by what the user gave, else by the region's means."""

from __future__ import annotations

import numpy as np

from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.core.range import Range
from wattline.core.units import J_PER_KWH
from wattline.line.grid import region as grid
from wattline.predict.cite import cite_given
from wattline.predict.where import Where

G_PER_KG = 1000.0


def follow(region: Record, where: Where, delivered_j: Array, draws: Draws) -> dict[str, Array]:
    """Cost and CO2e of a delivery.

    Parameters
    ----------
    region : of the grid
    where : its ``electricity_price`` and ``carbon`` stand in place of the region's
    delivered_j : J delivered to the site's meter; scalar or ``(n_draws,)``
    draws : from which prices and intensities are drawn

    Returns ``cost_usd``, ``co2e_kg`` and ``co2e_direct_kg``. A given carbon intensity is of what is delivered,
    and stands for both kinds of CO2e.
    """
    kwh = np.asarray(delivered_j / J_PER_KWH)
    follows: dict[str, Array] = {}
    if where.electricity_price is None:
        follows["cost_usd"] = grid.cost_usd(region, delivered_j, draws)
    else:
        cite_given(draws, "electricity_price", where.electricity_price, "USD/kWh", "price of electricity")
        follows["cost_usd"] = np.asarray(kwh * where.electricity_price)
    if where.carbon is None:
        follows["co2e_kg"] = grid.co2e_kg(region, delivered_j, draws)
        return follows | {"co2e_direct_kg": grid.co2e_kg(region, delivered_j, draws, "direct")}
    cite_given(draws, "carbon", where.carbon, "g/kWh", "CO2e of electricity delivered")
    given = np.asarray(kwh * where.carbon / G_PER_KG)
    return follows | {"co2e_kg": given, "co2e_direct_kg": given}


def notes_of(where: Where, cost_usd: Array) -> tuple[str, ...]:
    """What the user's settings gave, and the cost in their currency, in words.

    Parameters
    ----------
    where : with the settings' fields and currency
    cost_usd : scalar or ``(n_draws,)``
    """
    notes = []
    sources: dict[str, list[str]] = {}
    for name, source in where.settings.items():
        sources.setdefault(source, []).append(name.replace("_", " "))
    if sources:
        notes.append("settings: " + "; ".join(f"{', '.join(names)} from {source}" for source, names in sources.items()))
    if where.currency is not None:
        code, rate = where.currency
        cost = Range.of(np.asarray(cost_usd) / rate)
        extent = "" if cost.p5 == cost.p95 else f" (p5 to p95: {number(cost.p5)} to {number(cost.p95)})"
        notes.append(f"cost of electricity in {code}: {number(cost.p50)}{extent}, at {rate:g} USD for one {code}")
    return tuple(notes)
