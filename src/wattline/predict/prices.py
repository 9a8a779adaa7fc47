"""Cost and CO2e of a delivery of electricity: by what the user gave, else by the region's means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.fact import Array, Fact
from wattline.core.quantity import number
from wattline.core.range import Range
from wattline.core.units import G_PER_KG, J_PER_KWH, J_PER_WH
from wattline.line.grid import region as grid
from wattline.line.grid.carbon.contracts import with_contracts
from wattline.line.grid.carbon.regional import (
    avert_region,
    clean_fact,
    marginal_fact,
    mix_of,
    residual_fact,
    typical_signals,
)
from wattline.predict.cite import cite_given
from wattline.predict.grid_hours import CLEAN, MARGINAL, PRICE, GridHours
from wattline.predict.where import Where


@dataclass(frozen=True, eq=False)
class WeightedMeans:
    """Means of signals by the hour, weighed by a job's load.

    ``means``: by name, scalar or ``(n_draws,)``. ``typical``: whether they are of a typical year, whose means over the
    year are ``year``.
    """

    means: Mapping[str, Array]
    typical: bool
    year: Mapping[str, float]

    @classmethod
    def by(cls, hours: GridHours, means: Mapping[str, Array]) -> WeightedMeans:
        """These means of the signals of ``hours``.

        Parameters
        ----------
        hours : signals of the grid by the hour
        means : of each signal by name, scalar or ``(n_draws,)``

        Returns
        -------
        The means, with the units of the signals.
        """
        return cls(means, hours.typical, {name: signal.mean for name, signal in hours.signals.items()})


def follow(
    region: Record, where: Where, delivered_j: Array, draws: Draws, weighed: WeightedMeans | None = None
) -> dict[str, Array]:
    """Cost of a delivery, and its CO2e by each account.

    Parameters
    ----------
    region : of the grid
    where : its ``electricity_price``, ``carbon``, ``contracts`` and ``residual`` stand in place of the region's
    delivered_j : J delivered to the site's meter; scalar or ``(n_draws,)``
    draws : from which prices and intensities are drawn
    weighed : means of the signals by the hour, weighed by the load; None where there are none

    Returns ``cost_usd``; ``co2e_kg`` and ``co2e_direct_kg`` by location; ``co2e_market_kg`` by contracts;
    ``co2e_marginal_kg`` that more load causes; ``carbon_free_wh``, the energy that is free of carbon in its hours. A
    given carbon intensity is of what is delivered, and stands for both kinds of CO2e.
    """
    weighed = weighed or WeightedMeans({}, False, {})
    kwh = np.asarray(delivered_j / J_PER_KWH)
    follows = {"cost_usd": _cost(region, where, delivered_j, draws, weighed)}
    follows |= _location(region, where, delivered_j, draws, weighed)
    contracts = where.contracts
    rest = 1.0 - (0.0 if contracts is None else contracts.share)
    if contracts is not None:
        cite_given(draws, "contracts", contracts.share, "", "share of the energy under contracts free of carbon")
    residual = _residual(region, where, draws)
    market = follows["co2e_direct_kg"] if residual is None else kwh * residual / G_PER_KG
    return follows | {
        "co2e_market_kg": np.asarray(market * rest),
        "co2e_marginal_kg": _marginal(region, kwh, draws, weighed),
        "carbon_free_wh": _clean(region, where, delivered_j, draws, weighed),
    }


def _residual(region: Record, where: Where, draws: Draws) -> Array | None:
    """Direct g CO2e per kWh of the residual mix: as given, else as published for the region; None where neither is, and
    where the carbon of what is delivered was given."""
    if where.residual is not None:
        cite_given(draws, "residual", where.residual, "g/kWh", "direct CO2e of the residual mix")
        return np.asarray(where.residual)
    fact = published_residual(region, where, draws)
    return None if fact is None else draws(fact)


def published_residual(region: Record, where: Where, draws: Draws) -> Fact | None:
    """The residual mix of the region that stands for what was not given; None where there is none.

    Parameters
    ----------
    region : a grid of the catalog
    where : with what was given of the grid
    draws : which remember the fact

    Returns
    -------
    g CO2e/kWh.
    """
    return None if isinstance(where.carbon, int | float) else residual_fact(region, draws.catalog)


def _cost(region: Record, where: Where, delivered_j: Array, draws: Draws, weighed: WeightedMeans) -> Array:
    if PRICE in weighed.means:
        return np.asarray(delivered_j / J_PER_KWH * weighed.means[PRICE])
    if where.electricity_price is None:
        return grid.cost_usd(region, delivered_j, draws)
    cite_given(draws, "electricity_price", where.electricity_price, "USD/kWh", "price of electricity")
    return np.asarray(delivered_j / J_PER_KWH * where.electricity_price)


def _location(
    region: Record, where: Where, delivered_j: Array, draws: Draws, weighed: WeightedMeans
) -> dict[str, Array]:
    """CO2e of the life cycle and direct, by the grid that delivers: by the hour, as given, or the year's mean."""
    kwh = np.asarray(delivered_j / J_PER_KWH)
    if isinstance(where.carbon, int | float):
        cite_given(draws, "carbon", where.carbon, "g/kWh", "CO2e of electricity delivered")
        given = np.asarray(kwh * where.carbon / G_PER_KG)
        return {"co2e_kg": given, "co2e_direct_kg": given}
    by_scope = {}
    for scope, name in (("lifecycle", "co2e_kg"), ("direct", "co2e_direct_kg")):
        if scope not in weighed.means:
            by_scope[name] = grid.co2e_kg(region, delivered_j, draws, scope)
        elif weighed.typical:  # how far the job's hours lie from the year's mean, which the catalog has
            mean = weighed.year[scope]
            ratio = weighed.means[scope] / mean if mean > 0 else 1.0
            by_scope[name] = np.asarray(grid.co2e_kg(region, delivered_j, draws, scope) * ratio)
        else:
            by_scope[name] = np.asarray(kwh * weighed.means[scope] / G_PER_KG)
    return by_scope


def _marginal(region: Record, kwh: Array, draws: Draws, weighed: WeightedMeans) -> Array:
    if MARGINAL in weighed.means and not weighed.typical:
        return np.asarray(kwh * weighed.means[MARGINAL] / G_PER_KG)
    mean = draws(marginal_fact(region, draws.catalog))
    ratio = weighed.means[MARGINAL] / weighed.year[MARGINAL] if weighed.year.get(MARGINAL) else 1.0
    return np.asarray(kwh * mean * ratio / G_PER_KG)


def _clean(region: Record, where: Where, delivered_j: Array, draws: Draws, weighed: WeightedMeans) -> Array:
    """Energy free of carbon [Wh]: what contracts deliver in the load's hours, and the grid's own share of the rest."""
    if CLEAN in weighed.means:
        return np.asarray(delivered_j / J_PER_WH * weighed.means[CLEAN])
    share = draws(clean_fact(region, draws.catalog))
    if where.contracts is not None and where.contracts.source:
        hours = typical_signals(region, draws.catalog).clean
        assert hours is not None
        alone = replace(hours, values=np.zeros(len(hours.values)))
        own = with_contracts(alone, where.contracts, mix_of(region, draws.catalog))
        share = own.mean + (1 - own.mean) * share
    return np.asarray(delivered_j / J_PER_WH * share)


def signals_of(region: Record, where: Where, hours: GridHours | None, draws: Draws) -> dict[str, str]:
    """In words, what each account of carbon and the price rest on.

    Parameters
    ----------
    region : of the grid
    where : what the user gave
    hours : signals by the hour; None where there are none
    draws : whose catalog is taken

    Returns
    -------
    An account's name -> a phrase.
    """
    sources = {} if hours is None else dict(hours.sources)
    names = set() if hours is None else set(hours.signals)
    by_hour = sources.get("carbon", "")
    mean = f"mean of the year, {region.title}"
    annual = "mean of the year, as given" if isinstance(where.carbon, int | float) else mean
    given_price = f"price to industry, {region.title}" if where.electricity_price is None else "one price, as given"
    location = by_hour if names & {"lifecycle", "direct"} else annual
    contracts = where.contracts
    published = published_residual(region, where, draws)
    if where.residual is not None:
        residual = "residual mix as given"
    elif published is not None:
        residual = f"residual mix of {published.key.split('.')[1]}, {published.source}"
    else:
        residual = "the location's mean stands for the residual mix"
    stated = avert_region(region, draws.catalog)
    margin = f"AVERT's region {stated}" if stated else "operating margin of the mix, modelled"
    marginal = by_hour if MARGINAL in names else f"mean of the year, {margin}"
    share = by_hour if CLEAN in names else mean
    if contracts is not None:
        known = f"; {contracts.source} contracts first" if contracts.source else ""
        share += known or "; contracts of no known hours left out"
    return {
        "price": sources.get("price", given_price),
        "location": location,
        "market": f"{'no contracts' if contracts is None else f'contracts for {contracts}'}; {residual}",
        "marginal": marginal,
        "carbon_free": share,
    }


def notes_of(where: Where, cost_usd: Array, hours: GridHours | None = None, when: str = "begin") -> tuple[str, ...]:
    """What the user's settings gave, and the cost in their currency, in words.

    Parameters
    ----------
    where : with the settings' fields and currency
    cost_usd : scalar or ``(n_draws,)``
    hours : carbon and price by the hour
    when : ``begin`` of a job that begins at a time, ``any`` of one that may be at any time, ``year`` of a whole year

    Returns
    -------
    Whole sentences; none where nothing was given.
    """
    notes = [] if hours is None else list(hours.notes)
    if hours is not None and when == "any" and not hours.given:
        notes.append("carbon and price: means over the whole of the series; --start says a time")
    elif hours is not None and when != "year":
        notes.append(hours.timing)
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
