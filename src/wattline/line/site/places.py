"""Places by name or by degrees: with normals of their own, or with the nearest ones corrected for height."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

import numpy as np

from wattline.catalog import Catalog, Record, plain_name
from wattline.catalog.cloud import find_cloud
from wattline.core.errors import NotFound, WattlineError, shorten
from wattline.core.units import Z95
from wattline.line.site.areas import area_named, towns_within
from wattline.line.site.gazetteer import HEIGHT_KM, City, distances_km, find_city, fold, namesakes, nearest_city
from wattline.line.site.nearness import LapseFacts, mean_error

FAR_KM = 250.0  # a place further than this from the nearest known one needs a weather file
FAR_M = 500.0  # or so much higher or lower
SAME_KM = 12.0  # within which degrees are the place itself
BESIDE_KM = 40.0  # within which a place is on the grid of the normals in its state
KM_A_METRE = 0.2  # of distance, that a metre of height counts as where normals are picked


@lru_cache(maxsize=4)
def _names(catalog: Catalog) -> dict[str, str]:
    """Names of places -> record: its key, its title, its title's first part, the state written short."""
    names: dict[str, str] = {}
    for key, record in catalog.records("climate").items():
        city = record.title.split(",")[0]
        for name in (key, record.title, *record.meta.get("aliases", ()), city, re.sub(r"-[a-z]{2}$", "", key)):
            names.setdefault(fold(name), key)
    return names


def find_place(name: str, catalog: Catalog) -> Record:
    """The place by name, or the nearest to degrees.

    Parameters
    ----------
    name : a name or alias, a cloud's region (``us-east-1``), or ``"latitude, longitude"``
    catalog : where places are looked up

    Returns
    -------
    A record of kind ``climate``.

    Raises NotFound with names like it, WattlineError for a country, state or province, and where the nearest place is
    too far away.
    """
    if not name.strip():
        raise WattlineError("place: an empty name; `wattline list places` lists the places")
    cloud = find_cloud(name, catalog)
    if cloud is not None and str(cloud.meta.get("place")) in catalog.records("climate"):
        return catalog.records("climate")[str(cloud.meta["place"])]
    numbers = re.fullmatch(r"\s*([-+]?\d+(?:\.\d*)?)\s*[,;\s]\s*([-+]?\d+(?:\.\d*)?)\s*", name)
    if numbers:
        return place_at(float(numbers[1]), float(numbers[2]), catalog)
    wanted = fold(name)
    known = _names(catalog)
    if wanted in known:
        return _beside_namesakes(catalog.records("climate")[known[wanted]], name)
    _check_area(name, catalog)
    city, comma, country = (part.strip() for part in name.partition(","))
    if comma and fold(city) in known:
        record = catalog.records("climate")[known[fold(city)]]
        if lies_in(record, country, catalog):
            return record
    town = find_city(name)
    if town is not None:
        return _beside_namesakes(place_of_city(town, catalog), name)
    titles = [record.title for record in catalog.records("climate").values()]
    near = [title for title in titles if len(wanted) >= 4 and wanted[:5] in fold(title)]
    raise NotFound(
        "place", name, titles, "`wattline list places` lists the places, or give --weather FILE", near=near[:4]
    )


def _check_area(name: str, catalog: Catalog) -> None:
    """Raises WattlineError for a country, state or province, whose weather is not one, with places in it."""
    area = area_named(name, catalog)
    if not area:
        return
    towns = "; ".join(towns_within(name, catalog))
    within = f"name a place there: {towns}" if towns else "name a city there"
    namesake = find_city(name)
    town = f"; the town of the name: {namesake.title}" if namesake and not towns.startswith(namesake.title) else ""
    grid = f"; --region {plain_name(name)} is its grid alone" if plain_name(name) in catalog.names("region") else ""
    raise WattlineError(f"place {shorten(name)!r} is {area}, of many climates: {within}{town}{grid}")


def _beside_namesakes(record: Record, name: str) -> Record:
    """A place that a name was taken for, with the others of the name to be told."""
    others = namesakes(name, (record["latitude"].value, record["longitude"].value))
    if not others:
        return record
    words = f"{name.strip()} is taken for {record.title}; others of the name: {'; '.join(others)}"
    return Record(record.kind, record.name, record.facts, {**record.meta, "others": words})


def lies_in(place: Record, country: str, catalog: Catalog) -> bool:
    """Whether a place lies in a country, state or grid of this name or alias.

    Parameters
    ----------
    place : a record of the catalog's ``climate``
    country : name, code or alias of a country, state or grid
    catalog : whose regions are known

    Returns yes where its region, or what that lies in, bears the name.
    """
    wanted, region = fold(country), str(place.meta["region"])
    own = (region, region.partition("-")[0])
    known = {fold(alias) for alias, record in catalog.names("region").items() if record in own}
    titles = {fold(catalog.records("region")[name].title) for name in own if name in catalog.records("region")}
    return bool(wanted) and (wanted in known or wanted in titles)


def nearest_climate(latitude: float, longitude: float, catalog: Catalog) -> tuple[Record, float]:
    """The place with a climate nearest to these degrees, and the kilometres to it.

    Parameters
    ----------
    latitude, longitude : degrees, north and east positive
    catalog : where places are looked up

    Returns the place's record, and kilometres. Raises WattlineError for degrees that there are not.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise WattlineError(f"place {latitude:g}, {longitude:g}: latitude lies in -90 to 90, longitude in -180 to 180")
    records = list(catalog.records("climate").values())
    km = distances_km(
        [(record["latitude"].value, record["longitude"].value) for record in records], (latitude, longitude)
    )
    best = int(np.argmin(km))
    return records[best], float(km[best])


@lru_cache(maxsize=256)
def place_of_city(city: City, catalog: Catalog) -> Record:
    """A city with the climate of the nearest normals, corrected for height.

    Raises WattlineError where the nearest are more than ``FAR_KM`` or ``FAR_M`` of height away.

    Parameters
    ----------
    city : of the gazetteer
    catalog : whose normals are taken

    Returns the place's record.
    """
    known = catalog.records("climate").get(_names(catalog).get(fold(city.name), ""))
    if known is not None:
        there = (known["latitude"].value, known["longitude"].value)
        if distances_km([there], (city.latitude, city.longitude))[0] <= SAME_KM:
            return known
    return _derived(city.title, (city.latitude, city.longitude), city, catalog)


@lru_cache(maxsize=256)
def place_at(latitude: float, longitude: float, catalog: Catalog) -> Record:
    """The place with normals at these degrees, or degrees with the climate of the nearest, corrected for height.

    Raises WattlineError as ``place_of_city``, and for degrees that there are not.

    Parameters
    ----------
    latitude, longitude : north and east [degrees]
    catalog : whose normals are taken

    Returns the place's record.
    """
    record, distance = nearest_climate(latitude, longitude, catalog)
    if distance <= SAME_KM:
        return record
    city, away = nearest_city(latitude, longitude)
    return _derived(f"{latitude:g}, {longitude:g}", (latitude, longitude), city if away <= HEIGHT_KM else None, catalog)


def _derived(title: str, here: tuple[float, float], city: City | None, catalog: Catalog) -> Record:
    """The place, by the normals that are nearest by distance and height."""
    records = list(catalog.records("climate").values())
    km = distances_km([(record["latitude"].value, record["longitude"].value) for record in records], here)
    rise = np.zeros(km.size)
    if city is not None and city.height_m is not None:
        rise = city.height_m - np.array([record["elevation_m"].value for record in records])
    best = int(np.argmin(km + KM_A_METRE * np.abs(rise)))
    base, away, up = records[best], float(km[best]), float(rise[best])
    if away > FAR_KM or abs(up) > FAR_M:
        raise WattlineError(
            f"place {title}: the nearest normals, of {base.title}, are {away:,.0f} km away and {abs(up):,.0f} m "
            f"{'lower' if up > 0 else 'higher'}; beyond {FAR_KM:.0f} km or {FAR_M:.0f} m give --weather FILE"
        )
    lapse = catalog.values(LapseFacts, "fit.lapse")
    shift = {"high_c": lapse.temperature, "low_c": lapse.temperature, "dew_point_c": lapse.dew_point}
    normals = {key: [value - each * up / 1000 for value in base.meta[key]] for key, each in shift.items()}
    facts = dict(base.facts)
    given = {"latitude": here[0], "longitude": here[1], "elevation_m": base["elevation_m"].value + up}
    given["utc_offset_h"] = base["utc_offset_h"].value if city is None else city.utc_offset_h
    for name, value in given.items():
        facts[name] = replace(facts[name], value=value, low=value, high=value, key=f"climate.{fold(title)}.{name}")
    known_height = city is not None and city.height_m is not None
    error = mean_error(away, up if known_height else None, catalog)
    height = f"corrected for {up:+,.0f} m of height" if known_height else "its height not known"
    words = (
        f"weather of {title} from the monthly normals of {base.title}, {away:,.0f} km away, {height}; the year's mean "
        f"is known to ±{Z95 * error.temperature_c:.1f} °C (p5 to p95), its dew point to "
        f"±{Z95 * error.dew_point_c:.1f} °C, which the ranges hold; use --weather FILE for measured weather"
    )
    meta = {**base.meta, **normals, "name": title, "from": words, "region": _region(city, base, away, catalog)}
    meta["aliases"] = []
    return Record("climate", fold(title), facts, meta | {"error": error})


def _region(city: City | None, base: Record, away: float, catalog: Catalog) -> str:
    """The grid of a place: its province's zone, that of normals beside it, its state's, its country's, else the
    world's."""
    own = str(base.meta["region"])
    if city is None:
        return own
    beside = away <= BESIDE_KM and own.partition("-")[0] == city.code
    if city.grid or (beside and (not city.short or base.name.endswith(f"-{city.short.lower()}"))):
        return city.grid or own
    of_state = catalog.names("region").get(plain_name(city.province), "")
    if of_state.partition("-")[0] == city.code:
        return of_state
    return city.code if city.code in catalog.records("region") else "world"
