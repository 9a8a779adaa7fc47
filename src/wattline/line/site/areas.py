"""Names of countries, states and provinces: a place must be named within them, for their weather is not one."""

from __future__ import annotations

import re
from functools import cache

from wattline.catalog import Catalog, plain_name
from wattline.line.site.gazetteer import MAX_SHOWN, City, cities, fold

_KINDS = re.compile(
    r"^(?:the\s+)?(?:state|province|republic|commonwealth|county|region)\s+of\s+|\s+(?:state|province|region)$|^the\s+",
    re.I,
)
USUAL = {"us": "the United States", "gb": "the United Kingdom", "nl": "the Netherlands", "ae": "the Emirates"}


@cache
def _areas() -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """Countries: folded name -> code; provinces and states: folded name -> code of the country, its name."""
    countries: dict[str, str] = {}
    provinces: dict[str, tuple[str, str]] = {}
    for city, _ in cities():
        countries.setdefault(fold(city.country), city.code)
        if city.province:
            provinces.setdefault(fold(city.province), (city.code, city.country))
    return countries, provinces


def area_named(name: str, catalog: Catalog) -> str:
    """What a name is where it is that of a country, state, province or grid rather than of a city in it.

    Parameters
    ----------
    name : as it is typed, such as "Virginia", "Georgia, US", "State of New York"
    catalog : whose regions are looked up

    Returns
    -------
    Such as "a country" or "a state of the United States"; empty for any other name, and for a city that bears the name
    of the country or state that it lies in (Singapore, New York, Quebec).
    """
    town, comma, rest = (part.strip() for part in name.partition(","))
    bare = _KINDS.sub("", town).strip()
    wanted, by_kind = fold(bare), bare != town
    countries, provinces = _areas()
    words = []
    if wanted in countries and not comma:
        words.append("a country")
    if wanted in provinces:
        code, country = provinces[wanted]
        within = (fold(code), fold(country), "usa" if code == "us" else "")
        if not comma or fold(rest) in within:
            kind = "a state" if code in ("us", "au", "in") else "a province or region"
            words.append(f"{kind} of {USUAL.get(code, country)}")
    region = catalog.names("region").get(plain_name(bare), "")
    if not words and not comma and region and not _towns(wanted):
        words.append("a country, state or grid")
    if not words or (not by_kind and not comma and _lies_in_itself(wanted)):
        return ""
    return " and ".join(words)


def towns_within(name: str, catalog: Catalog) -> list[str]:
    """Places in a country, state or grid: those with normals, then its largest cities.

    Parameters
    ----------
    name : of the area
    catalog : whose places are looked up

    Returns
    -------
    Their titles, a few.
    """
    bare = _KINDS.sub("", name.partition(",")[0].strip()).strip()
    wanted = fold(bare)
    region = catalog.names("region").get(plain_name(bare), "")
    code = _areas()[0].get(wanted, region)
    of_state = "," in name and wanted in _areas()[1]
    records = list(catalog.records("climate").values())
    own = [record.title for record in records if fold(record.title.rpartition(",")[2]) == wanted]
    own += [] if of_state else [record.title for record in records if str(record.meta["region"]).split("-")[0] == code]
    inside = [city.title for city in _by_area().get(wanted, ()) if not of_state or wanted == fold(city.province)]
    zone = [record.title for record in records if region and str(record.meta["region"]) == region]
    titles: dict[str, str] = {}
    for title in [*own[:MAX_SHOWN], *inside[:MAX_SHOWN], *zone[:MAX_SHOWN]]:
        titles.setdefault(fold(title.partition(",")[0]), title)
    return list(titles.values())[:MAX_SHOWN]


@cache
def _by_area() -> dict[str, list[City]]:
    """Cities by the folded name of their country, and of their state or province, the largest first."""
    known: dict[str, str] = {}
    areas: dict[str, list[City]] = {}
    for city, _ in cities():
        for name in {known.setdefault(each, fold(each)) for each in (city.country, city.province)}:
            areas.setdefault(name, []).append(city)
    return areas


@cache
def _by_folded() -> dict[str, list[City]]:
    names: dict[str, list[City]] = {}
    for city, _ in cities():
        names.setdefault(fold(city.name), []).append(city)
    return names


def _towns(wanted: str) -> list[City]:
    return _by_folded().get(wanted, [])


def _lies_in_itself(wanted: str) -> bool:
    """Whether a city bears the name of the country or state that it lies in: Singapore, Luxembourg, New York City."""
    return any(wanted in (fold(town.country), fold(town.province)) for town in _towns(wanted))
