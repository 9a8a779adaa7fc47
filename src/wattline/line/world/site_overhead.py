"""What a place's sites take beside their IT, by kind of site, climate and year of construction.

The site station's hourly model gives the overhead of a hall of a kind, built in a year, in a climate. A site keeps it
as long as it stands; so the overhead of a year is that of the sites standing then, by the years of their construction.
Parts of the world whose energy-weighted PUE the IEA publishes have that one, and the places in them by their climates.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.ai_part import ai_ratio
from wattline.line.world.drivers import Drivers, WorldParts
from wattline.line.world.places import Place, place_of
from wattline.line.world.stock import YEARS, sites_by_construction
from wattline.line.world.tables import FactSeries, annex, series, stock_facts

KINDS = ("hyperscale", "colocation", "enterprise", "ai")
PUBLISHED = KINDS[:3]  # kinds whose electricity the IEA's annex has
ALL = "world"
# Koomey (2007, 2008) took the world's halls of this year and the American ones to be alike, cooled as much as they used
ALIKE = 2005
IN_ASIA_PACIFIC = "cn jp kr tw hk in id my sg th vn ph pk bd lk au nz"
# name, family, area or group of a place -> the part of the world of the IEA's annex, and its climates
REGIONS = {
    "us": "us", "china": "china", "eu": "europe", "europe": "europe", "africa": "africa",
    "middle_east": "middle_east", "latin_america": "central_south_america", "asia_pacific": "asia_pacific",
}  # fmt: skip
CLIMATES = {"central_south_america": "latin_america"}


def overhead_facts(place: Place, kind: str) -> FactSeries:
    """Overhead of a place's sites of a kind by year of construction, else of its part of the world, its group, or all.

    Parameters
    ----------
    place : a country, a grid, a group of countries or a company
    kind : of ``KINDS``

    Returns
    -------
    PUE less 1 of sites built in a year.
    """
    return series("site-overhead", kind, _climate_of(place))


def _climate_of(place: Place) -> str:
    scopes = (place.kin_name, place.area, place.group)
    return next((scope for scope in scopes if ("site-overhead", scope, "ai") in stock_facts()), ALL)


@cache
def kind_overheads(climate: str) -> Mapping[str, Array]:
    """Overhead of the sites of each kind that stand in a year, in the climates of a place.

    Parameters
    ----------
    climate : scope of ``site-overhead``

    Returns
    -------
    A kind -> PUE less 1 by year of ``stock.YEARS``.
    """
    made = {}
    for kind in KINDS:
        built = series("site-overhead", kind, climate).at(np.asarray(YEARS))
        standing = _standing("ai" if kind == "ai" else "rest")
        whole = standing.sum(axis=0)
        made[kind] = np.where(whole > 0, built @ standing / np.where(whole > 0, whole, 1.0), built)
    return made


@cache
def overhead_ratio(place: Place) -> Array:
    """Overhead of a place's sites over what its parts have with the world's PUE, by year of ``stock.YEARS``.

    Parameters
    ----------
    place : a country, a grid, a group of countries or a company

    Returns
    -------
    A factor, 1 in every year where nothing is known of the place.
    """
    own, region = kind_overheads(_climate_of(place)), _region_of(place)
    if region is None:
        return _mixed(own) / _mixed(kind_overheads(ALL))
    of_region = kind_overheads(CLIMATES.get(region, region))
    return _published_ratio(region) * _mixed(own) / _mixed(of_region) * _usual(1.0) / _usual(ai_ratio(place))


def pue_of_kinds(place: Place) -> Mapping[str, Array]:
    """PUE of a place's sites by kind, as they stand in a year.

    Parameters
    ----------
    place : a country, a grid or a group of countries

    Returns
    -------
    A kind of ``KINDS`` -> PUE by year of ``stock.YEARS``.
    """
    return {kind: 1 + values for kind, values in kind_overheads(_climate_of(place)).items()}


def _region_of(place: Place) -> str | None:
    if place.name in _asia_pacific():
        return "china" if place.name == "china" else "asia_pacific"
    names = (place.name, place.kin_name, place.area, place.group)
    return next((REGIONS[name] for name in names if name in REGIONS), None)


@lru_cache(maxsize=1)
def _asia_pacific() -> frozenset[str]:
    return frozenset(place_of(code).name for code in IN_ASIA_PACIFIC.split())


def _published_ratio(region: str) -> Array:
    """PUE less 1 of a part of the world over that of the world, as the IEA has both; alike up to ``ALIKE``."""
    over = {
        (row.region, row.year): row.pue - 1
        for row in annex()
        if row.kind == "all" and row.region in (region, ALL) and row.pue
    }
    years = sorted(year for name, year in over if name == region)
    ratios = [over[region, year] / over[ALL, year] for year in years]
    return np.interp(YEARS, [ALIKE, *years], [1.0, *ratios])


def _mixed(overheads: Mapping[str, Array]) -> Array:
    """Overhead of all sites, by the world's kinds of site."""
    parts = _central().it
    ai = _central().ai[0] / parts[0]
    weights = {**{kind: (1 - ai) * share for kind, share in _kind_shares().items()}, "ai": ai}
    return np.asarray(sum(weights[kind] * overheads[kind] for kind in KINDS))


def _usual(ratio: Array | float) -> Array:
    """Overhead over IT where AI is so many times the world's, with the world's PUE of either."""
    parts = _central()
    rest = (parts.it - parts.ai)[0]
    overhead = (parts.overhead - parts.ai_overhead)[0] + parts.ai_overhead[0] * ratio
    return np.asarray(overhead / (rest + parts.ai[0] * ratio))


@lru_cache(maxsize=1)
def _central() -> WorldParts:
    return Drivers({}).parts()


@lru_cache(maxsize=1)
def _kind_shares() -> Mapping[str, Array]:
    """Share of each kind in the IT of sites without AI, by year of ``stock.YEARS``; before 2020 as in it."""
    it: dict[str, Array] = {}
    for kind in PUBLISHED:
        rows = [row for row in annex() if (row.region, row.kind) == (ALL, kind)]
        it[kind] = np.interp(YEARS, [r.year for r in rows], [(r.dc_twh or 0.0) / (r.pue or 1.0) for r in rows])
    total = sum(it.values())
    return {kind: values / total for kind, values in it.items()}


@cache
def _standing(part: str) -> Array:
    """IT that stands in each year by the year in which its site was built, of AI or of the rest."""
    parts = _central()
    power = parts.ai[0] if part == "ai" else (parts.it - parts.ai)[0]
    return sites_by_construction(power, series("life", "sites").facts[0].value)
