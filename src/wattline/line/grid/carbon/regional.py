"""What the catalog knows of a region's carbon beside its averages: its mix, its marginal plants, its typical year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.catalog.mix import RegionMix, avert_months, region_mixes
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact, Source
from wattline.core.units import HOUR_S
from wattline.line.grid.carbon.formats.avert import OFFSETS_H, REGION_OF
from wattline.line.grid.carbon.fuels import FuelFactors, fuel_factors
from wattline.line.grid.carbon.signal import SCOPES, AverageIntensity, CleanShare, MarginalIntensity, Scope
from wattline.line.grid.carbon.typical import typical_day, year_of
from wattline.line.grid.region import DEFAULT, of_region, parent

if TYPE_CHECKING:
    from wattline.line.grid.carbon.read import GridSignals

YEAR = 2023  # a common year, whose days of the week a typical year bears
RESIDUAL = "carbon_residual_g_per_kwh"
AVERT = Source("EPA AVERT (public domain)", 2023, "hourly CO2 at the generator, means")
OPERATING_MARGIN = Source(
    "Wattline, from the region's mix", 2026, "operating margin of UNFCCC Tool 07: its fossil plants"
)


def mix_of(region: Record, catalog: Catalog) -> RegionMix:
    """The mix of a region; where none is known, that of the region it lies in.

    Parameters
    ----------
    region
        The country or grid, a record of the catalog's ``region``.
    catalog
        Whose facts are taken.

    Returns
    -------
    Shares of each fuel, and where the region lies.
    """
    known = region_mixes()
    while region.name not in known:
        region = catalog.find("region", parent(region, catalog))
    return known[region.name]


def factors_of(region: Record | None, catalog: Catalog) -> FuelFactors:
    """The factors of the fuels, with a region's own stacks where they are known.

    Parameters
    ----------
    region
        A record of the catalog's ``region``; None for the factors alone.
    catalog
        Whose facts are taken.

    Returns
    -------
    Direct and life-cycle g CO2e/kWh of every fuel.
    """
    factors = fuel_factors(catalog)
    return factors if region is None else factors.but(mix_of(region, catalog).direct_g_per_kwh)


def avert_region(region: Record, catalog: Catalog) -> str | None:
    """AVERT's region of a grid of the United States, or of the one it lies in; None elsewhere.

    Parameters
    ----------
    region
        A record of the catalog's ``region``.
    catalog
        Whose facts are taken.

    Returns
    -------
    Such as ``TE``, or None.
    """
    while region.name not in REGION_OF:
        if region.name == DEFAULT:
            return None
        region = catalog.find("region", parent(region, catalog))
    return REGION_OF[region.name]


def residual_fact(region: Record, catalog: Catalog) -> Fact | None:
    """Direct g CO2 of a kilowatt-hour that no contract claims; None where nobody publishes a residual mix.

    Parameters
    ----------
    region
        A record of the catalog's ``region``; one without a figure takes that of the country or grid it lies in.
    catalog
        Whose facts are taken.

    Returns
    -------
    The fact, or None.
    """
    while RESIDUAL not in region.facts and region.name != DEFAULT:
        region = catalog.find("region", parent(region, catalog))
    return region.facts.get(RESIDUAL)


def marginal_fact(region: Record, catalog: Catalog) -> Fact:
    """g CO2 of one kilowatt-hour more, mean of the year: AVERT's, else the operating margin of the mix.

    Parameters
    ----------
    region
        A record of the catalog's ``region``.
    catalog
        Whose facts are taken.

    Returns
    -------
    The fact, in g/kWh.
    """
    key, name = f"region.{region.name}.carbon_marginal_g_per_kwh", "CO2 that a kilowatt-hour more of load causes"
    stated = avert_region(region, catalog)
    if stated is not None:
        value = float(year_of(avert_months()[stated]).mean())
        note = f"AVERT's region {stated}, 2023; range: a tenth either way"
        return Fact(
            key, value, 0.9 * value, 1.1 * value, "g/kWh", AVERT, "triangular", note, basis="derived", name=name
        )
    mix = mix_of(region, catalog)
    factors = factors_of(region, catalog)
    value = float(year_of(typical_day(mix).margin(factors)).mean())
    average = of_region(region, "carbon_direct_g_per_kwh", catalog).value
    stacks = [factors.direct[fuel] for fuel in ("gas", "coal", "oil") if mix.shares.get(fuel, 0) > 0.01]
    low, high = min([value, average, *stacks]), max([value, average, *stacks])
    note = (
        f"mix of {mix.year or 'an unnamed year'}: {mix.source}; low and high: the average, and each fossil fuel alone"
    )
    return Fact(key, value, low, high, "g/kWh", OPERATING_MARGIN, "triangular", note, basis="estimated", name=name)


def clean_fact(region: Record, catalog: Catalog) -> Fact:
    """Share of a region's electricity that is free of carbon, mean of a year.

    Parameters
    ----------
    region
        A record of the catalog's ``region``.
    catalog
        Whose facts are taken.

    Returns
    -------
    The fact, a share from 0 to 1.
    """
    mix, factors = mix_of(region, catalog), fuel_factors(catalog)
    stores = mix.shares.get("storage", 0.0)
    value = sum(share * factors.carbon_free[fuel] for fuel, share in mix.shares.items() if fuel != "storage")
    value = min(1.0, value / max(1 - stores, 1e-9))
    width = 0.03 + 0.07 * value * (1 - value) * 4
    return Fact(
        f"region.{region.name}.carbon_free_share", value, max(0.0, value - width), min(1.0, value + width), "",
        Source(mix.source, mix.year or None), "triangular", "the range is for the years since", basis="derived",
        name="share of the electricity that is free of carbon",
    )  # fmt: skip


def typical_signals(region: Record, catalog: Catalog) -> GridSignals:
    """A typical year of a region, hour by hour, modelled from its mix; its means are the catalog's annual figures.

    Parameters
    ----------
    region
        A record of the catalog's ``region``.
    catalog
        Whose facts are taken.

    Returns
    -------
    8,760 hours of intensity and share.

    Raises
    ------
    WattlineError
        For the world, which is no grid.
    """
    if region.name == DEFAULT:
        raise WattlineError('carbon: the world is no grid and has no hours; name a region, such as "de" or "us-ercot"')
    mix, factors = mix_of(region, catalog), factors_of(region, catalog)
    day = typical_day(mix)
    direct, lifecycle, clean = day.months(factors)
    base = _start(mix.utc_offset_h), HOUR_S
    named = {"zone": region.name, "source": mix.source, "modelled": True}
    facts = {scope: of_region(region, f"carbon_{scope}_g_per_kwh", catalog).value for scope in SCOPES}
    shapes: dict[Scope, Array] = {"lifecycle": lifecycle, "direct": direct}
    average = {
        scope: AverageIntensity(*base, _scaled(year_of(shape), facts[scope]), **named, scope=scope)  # type: ignore[arg-type]
        for scope, shape in shapes.items()
    }
    margin = marginal_fact(region, catalog).value
    stated = avert_region(region, catalog)
    months = day.margin(factors) if stated is None else avert_months()[stated]
    begin = _start(mix.utc_offset_h if stated is None else -float(OFFSETS_H[stated]))
    marginal = MarginalIntensity(begin, HOUR_S, _scaled(year_of(months), margin), **named)  # type: ignore[arg-type]
    whose = f"{mix.source}, {mix.year or 'no year'}"
    note = f"typical year of {region.title} by month and hour, modelled from its mix ({whose})"
    from wattline.line.grid.carbon.read import GridSignals  # with all its formats, which a mean does not need

    return GridSignals(
        average,
        marginal,
        None,
        CleanShare(*base, year_of(clean), **named),  # type: ignore[arg-type]
        utc=average["lifecycle"].utc,
        zone=region.name,
        notes=(note,),
    )


def _start(offset_h: float) -> np.datetime64:
    return np.datetime64(f"{YEAR}-01-01T00:00:00") - np.timedelta64(round(offset_h * HOUR_S), "s")


def _scaled(values: Array, mean: float) -> Array:
    """Values whose mean is ``mean``; flat where they are all zero."""
    own = float(values.mean())
    return np.full(len(values), mean) if own <= 0 else np.asarray(values * mean / own)
