"""Places and their made years: a typical year of hours from monthly normals of the catalog's ``climate``.

The generator (deterministic: the same place gives the same year on every machine):

1. The month's mean high, low and dew point run from month to month along a smooth curve that keeps each month's mean.
2. Warm and cold spells: a day's departure follows the day before it (first-order autoregression), its spread
   grows with the place's yearly swing and with the cold; each month's departures have mean nought and that spread.
   Dew points go with them and have spells of their own; dry days have a wider daily range.
3. Through the day temperature falls below the day's high by ASHRAE's fractions of the daily range (Fundamentals,
   chapter 14). The dew point is the day's, drawn from noon to noon, and cut where the night is colder than it; the
   month's mean is kept.

How large all this is stands in the catalog (``catalog/fit/weather.toml``), set by eye on five typical years of US
airports; the rest is from the normals.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from wattline.catalog import Catalog, Record, plain_name
from wattline.core.errors import NotFound, WattlineError
from wattline.core.fact import Array
from wattline.core.units import TYPICAL_YEAR_H, Z95
from wattline.line.site import air
from wattline.line.site.gazetteer import HEIGHT_KM, City, distances_km, find_city, folded, nearest_city
from wattline.line.site.nearness import LapseFacts, MeanError, mean_error
from wattline.line.site.weather import Weather

DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTH = np.repeat(np.arange(12), DAYS)  # of each day
# share of the daily range below the day's high, hour by hour from midnight (ASHRAE Fundamentals 2017, 14, table 6)
BELOW_HIGH = np.array([
    0.87, 0.92, 0.96, 0.99, 1.00, 0.98, 0.93, 0.84, 0.71, 0.56, 0.39, 0.23,
    0.11, 0.03, 0.00, 0.03, 0.10, 0.21, 0.34, 0.47, 0.58, 0.68, 0.76, 0.82,
])  # fmt: skip
FAR_KM = 250.0  # a place further than this from the nearest known one needs a weather file
FAR_M = 500.0  # or so much higher or lower
SAME_KM = 12.0  # within which degrees are the place itself
BESIDE_KM = 40.0  # within which a place is on the grid of the normals in its state
KM_A_METRE = 0.2  # of distance, that a metre of height counts as where normals are picked
KNOWN_TO = "a typical year from monthly normals, known to about 1 °C; use --weather FILE for measured weather"


@dataclass(frozen=True)
class WeatherFacts:
    """How days depart from a month's normals, at central values: each a fact ``fit.weather-NAME``."""

    spell_memory: float
    spell_spread: float
    spell_spread_swing: float
    spell_spread_cold: float
    dew_slope: float
    dew_spread: float
    dew_spread_swing: float
    range_spread: float
    range_dryness: float


@lru_cache(maxsize=4)
def _names(catalog: Catalog) -> dict[str, str]:
    """Names of places -> record: its key, its title, its title's first part, the state written short."""
    names: dict[str, str] = {}
    for key, record in catalog.records("climate").items():
        city = record.title.split(",")[0]
        for name in (key, record.title, *record.meta.get("aliases", ()), city, re.sub(r"-[a-z]{2}$", "", key)):
            names.setdefault(folded(name), key)
    return names


def find_place(name: str, catalog: Catalog) -> Record:
    """The place by name, or the nearest to degrees.

    Parameters
    ----------
    name : a name or alias, or ``"latitude, longitude"``
    catalog : where places are looked up

    Returns
    -------
    A record of kind ``climate``.

    Raises NotFound with names like it, WattlineError where the nearest place is too far away.
    """
    if not name.strip():
        raise WattlineError("place: an empty name; `wattline list places` lists the places")
    numbers = re.fullmatch(r"\s*([-+]?\d+(?:\.\d*)?)\s*[,;\s]\s*([-+]?\d+(?:\.\d*)?)\s*", name)
    if numbers:
        return place_at(float(numbers[1]), float(numbers[2]), catalog)
    wanted = folded(name)
    known = _names(catalog)
    if wanted in known:
        return catalog.records("climate")[known[wanted]]
    city, comma, country = (part.strip() for part in name.partition(","))
    if comma and folded(city) in known:
        record = catalog.records("climate")[known[folded(city)]]
        if lies_in(record, country, catalog):
            return record
    town = find_city(name)
    if town is not None:
        return place_of_city(town, catalog)
    titles = [record.title for record in catalog.records("climate").values()]
    near = [title for title in titles if len(wanted) >= 4 and wanted[:5] in folded(title)]
    raise NotFound(
        "place", name, titles, "`wattline list places` lists the places, or give --weather FILE", near=near[:4]
    )


def lies_in(place: Record, country: str, catalog: Catalog) -> bool:
    """Whether a place lies in a country, state or grid of this name or alias."""
    wanted, region = folded(country), str(place.meta["region"])
    own = (region, region.partition("-")[0])
    known = {folded(alias) for alias, record in catalog.names("region").items() if record in own}
    titles = {folded(catalog.records("region")[name].title) for name in own if name in catalog.records("region")}
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
    """
    known = catalog.records("climate").get(_names(catalog).get(folded(city.name), ""))
    if known is not None:
        there = (known["latitude"].value, known["longitude"].value)
        if distances_km([there], (city.latitude, city.longitude))[0] <= SAME_KM:
            return known
    return _derived(city.title, (city.latitude, city.longitude), city, catalog)


@lru_cache(maxsize=256)
def place_at(latitude: float, longitude: float, catalog: Catalog) -> Record:
    """The place with normals at these degrees, or degrees with the climate of the nearest, corrected for height.

    Raises WattlineError as ``place_of_city``, and for degrees that there are not.
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
        facts[name] = replace(facts[name], value=value, low=value, high=value, key=f"climate.{folded(title)}.{name}")
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
    return Record("climate", folded(title), facts, meta | {"error": error})


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


@lru_cache(maxsize=256)
def made_year(record: Record, catalog: Catalog) -> Weather:
    """The typical year of a place, made from its normals.

    Parameters
    ----------
    record : the place, of the catalog's ``climate``
    catalog : where the facts stand that say how days depart from the normals

    Returns
    -------
    8,760 hours.
    """
    facts = catalog.values(WeatherFacts, "fit.weather")
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(record.name.encode()).digest()[:8], "little"))
    high, low, dew = (np.array(record.meta[key], float) for key in ("high_c", "low_c", "dew_point_c"))
    middle = (high + low) / 2
    swing = float(middle.max() - middle.min())
    cold = (middle.max() - middle) / max(swing, 1e-9)
    spread = facts.spell_spread + swing * (facts.spell_spread_swing + facts.spell_spread_cold * cold)
    spell = _spells(rng, facts.spell_memory) * spread[MONTH]
    damp = _spells(rng, facts.spell_memory) * (facts.dew_spread + facts.dew_spread_swing * swing)
    linked = facts.range_dryness
    dryness = linked * _standard(damp) + np.sqrt(1 - linked**2) * _spells(rng, facts.spell_memory)
    daily_range = _daily(high - low) * np.clip(1.0 + facts.range_spread * dryness, 0.3, 1.4)
    shape = BELOW_HIGH.mean() - BELOW_HIGH  # a day's mean is that of its high and low, as weather services reckon
    t = _hourly(spell) + np.repeat(_daily(middle), 24) + np.repeat(daily_range, 24) * np.tile(shape, 365)
    wanted = dew
    point = t
    for _ in range(4):  # what the cold nights cut off is made up for in the rest of the month
        point = np.minimum(_hourly(_daily(wanted) + facts.dew_slope * spell + damp), t - 0.1)
        wanted = wanted + dew - _monthly(point)
    height = record["elevation_m"].value
    pressure = np.full(TYPICAL_YEAR_H, float(air.standard_pressure_pa(height)))
    ratio = np.minimum(air.ratio_of(air.saturation_pa(point), pressure), air.humidity_ratio(t, 1.0, pressure))
    return Weather(
        record.title, t, ratio, pressure, record["latitude"].value, record["longitude"].value, height,
        record["utc_offset_h"].value, "made from monthly normals (wattline facts climate.)", made=True,
        notes=(str(record.meta.get("from", KNOWN_TO)),), error=record.meta.get("error", MeanError()),
    )  # fmt: skip


def _spells(rng: np.random.Generator, memory: float) -> Array:
    """365 daily departures with memory, of mean nought and spread one in each month."""
    noise = rng.standard_normal(365 + 30)
    value, out = 0.0, np.empty(noise.size)
    for day, step in enumerate(noise):
        value = memory * value + np.sqrt(1 - memory**2) * step
        out[day] = value
    return _standard(out[30:])


def _standard(days: Array) -> Array:
    out = days.copy()
    for month in range(12):
        inside = month == MONTH
        spread = out[inside].std()
        out[inside] = (out[inside] - out[inside].mean()) / (spread if spread > 0 else 1.0)
    return out


def _daily(monthly: Array) -> Array:
    """A value a day along a curve that keeps each month's mean."""
    middles = np.cumsum(DAYS) - DAYS / 2
    days = np.arange(365) + 0.5
    knots = monthly.astype(float).copy()
    for _ in range(8):
        curve = np.interp(days, middles, knots, period=365)
        knots += monthly - np.array([curve[month == MONTH].mean() for month in range(12)])
    return np.asarray(np.interp(days, middles, knots, period=365))


def _hourly(daily: Array) -> Array:
    """Hours between the noons of days."""
    return np.asarray(np.interp((np.arange(TYPICAL_YEAR_H) + 0.5) / 24, np.arange(365) + 0.5, daily, period=365))


def _monthly(hourly: Array) -> Array:
    days = hourly.reshape(365, 24).mean(axis=1)
    return np.array([days[month == MONTH].mean() for month in range(12)])
