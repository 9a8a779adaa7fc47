"""Cities of the world by name: where each lies, how high, and in which country (``catalog/climate/cities.csv.gz``).

Made from GeoNames (CC BY 4.0) and airportsdata by ``tools/gazetteer.py``.
"""

from __future__ import annotations

import csv
import gzip
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from wattline.catalog import HERE
from wattline.core.fact import Array

FAR_LARGER = 8.0  # times those of the largest city of this own name, from which on another's other name is meant
LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
SPOKEN = {"nyc": "New York City", "sf": "San Francisco", "washingtondc": "Washington", "saigon": "Ho Chi Minh City"}
HEIGHT_KM = 40.0  # of a place from a city whose height it takes
EARTH_KM = 6371.0
MAX_SHOWN = 4
BESIDE_KM = 30.0  # within which cities of one name are one


@dataclass(frozen=True)
class City:
    """A city: degrees, metres above the sea (None where not known), hours of standard time, the zone of its grid where
    its country has several and its province tells it."""

    name: str
    country: str
    code: str
    province: str
    short: str
    latitude: float
    longitude: float
    height_m: float | None
    utc_offset_h: float
    people: int
    grid: str = ""

    @property
    def title(self) -> str:
        return f"{self.name}, {self.province or self.country}"


def fold(text: str) -> str:
    """A place's name as it is compared: no accents, capitals, commas or spaces, in whatever letters it is written.

    Parameters
    ----------
    text : of a name

    Returns
    -------
    Letters and digits alone.
    """
    whole = str(text).lower()
    if whole.isascii():
        return re.sub(r"[^a-z0-9]", "", whole)
    bare = unicodedata.normalize("NFKD", whole.translate(LETTERS))
    return "".join(letter for letter in bare if letter.isalnum()).removesuffix("市")


@cache
def cities() -> tuple[tuple[City, str], ...]:
    """All cities, the largest first, each with its other names in one text, parted by bars."""
    text = gzip.decompress((HERE / "climate" / "cities.csv.gz").read_bytes()).decode()
    rows = csv.reader(text.splitlines()[1:])
    return tuple((_city(row), row[1]) for row in rows)


def _city(row: list[str]) -> City:
    name, _, country, code, province, short, lat, lon, metres, utc, people, grid = row
    height = float(metres) if metres else None
    return City(name, country, code, province, short, float(lat), float(lon), height, float(utc), int(people), grid)


@cache
def _by_name() -> tuple[dict[str, list[City]], dict[str, list[City]]]:
    """Cities by their own name and by another, the largest first."""
    names: dict[str, list[City]] = defaultdict(list)
    others: dict[str, list[City]] = defaultdict(list)
    for city, more in cities():
        names[fold(city.name)].append(city)
        for other in dict.fromkeys(fold(other) for other in more.split("|")) if more else ():
            others[other].append(city)
    return names, others


def _of_name(town: str, area: str) -> list[City]:
    """The cities that a name may mean, the largest first: those of this own name, unless one far larger bears it too
    (Roma is Rome, not a town of that name in Lesotho)."""
    names, others = _by_name()
    wanted = fold(SPOKEN.get(fold(town), town))
    if not wanted:
        return []
    of_area = fold(area)
    own, known_as = (
        [city for city in table.get(wanted, ()) if not of_area or of_area in _areas(city)] for table in (names, others)
    )
    if not own or (known_as and known_as[0].people >= FAR_LARGER * own[0].people):
        return known_as
    return own


def find_city(name: str) -> City | None:
    """The city of this name, with or without its country, state or province; None where there is none.

    Parameters
    ----------
    name : ``"Dallas, Texas"``, ``"Dublin, Ireland"``, ``"quincy-wa"``, ``"São Paulo"``

    Returns
    -------
    The city with its degrees and height, the largest of the name; None where there is none.
    """
    return next((known[0] for town, area in _readings(name) if (known := _of_name(town, area))), None)


def namesakes(name: str, here: tuple[float, float]) -> list[str]:
    """Other cities that a name without a country may mean, the largest first.

    Parameters
    ----------
    name : as it is typed
    here : degrees of the one that was taken, north and east

    Returns
    -------
    Their names with country and state; none where a name says which is meant.
    """
    names, others = _by_name()
    wanted = fold(SPOKEN.get(fold(name), name))
    largest = [city for city in others.get(wanted, ()) if city.people >= 1e6 and city not in names.get(wanted, ())]
    known = [] if "," in name or fold(name) in SPOKEN else [*names.get(wanted, ()), *largest]
    away = [city for city in known if distances_km([(city.latitude, city.longitude)], here)[0] > BESIDE_KM]
    return list(dict.fromkeys(_full(city) for city in away))[:MAX_SHOWN]


def _full(city: City) -> str:
    return f"{city.name}, {city.province}, {city.country}" if city.province else city.title


def _readings(name: str) -> list[tuple[str, str]]:
    """What may be the town and what its area, in the order in which they are tried."""
    town, _, rest = (part.strip() for part in name.partition(","))
    if rest:
        return [(town, part) for part in (rest, *reversed(rest.split(",")))]
    head, sign, tail = re.sub(r"[\s_]+", "-", name.strip()).rpartition("-")
    return [(name, ""), *([(head, tail)] if sign else [])]


def _areas(city: City) -> set[str]:
    """What people write behind a city's name."""
    areas = {city.country, city.code, city.province, city.short, f"{city.province}{city.country}"}
    if city.code == "us":
        areas |= {"usa", "us", f"{city.short}usa", f"{city.short}us", f"{city.province}usa", f"{city.province}us"}
    if city.code == "gb":
        areas |= {"uk", "england" if city.province == "England" else ""}
    return {fold(area) for area in areas} - {""}


def nearest_city(latitude: float, longitude: float) -> tuple[City, float]:
    """The city nearest to these degrees, and the kilometres to it.

    Parameters
    ----------
    latitude, longitude : degrees north and east

    Returns the city, and how far it is [km].
    """
    known = [city for city, _ in cities()]
    km = distances_km([(city.latitude, city.longitude) for city in known], (latitude, longitude))
    best = int(np.argmin(km))
    return known[best], float(km[best])


def distances_km(places: Sequence[tuple[float, float]], here: tuple[float, float]) -> Array:
    """Kilometres along the globe from each of the places to ``here``, all in degrees north and east.

    Parameters
    ----------
    places : latitude and longitude of each [degree]
    here : latitude and longitude [degree]

    Returns distances, shape ``(n_places,)`` [km].
    """
    lat, lon = np.radians(np.array(places, float)).T
    own = np.radians(here)
    square = np.sin((lat - own[0]) / 2) ** 2 + np.cos(lat) * np.cos(own[0]) * np.sin((lon - own[1]) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(square)))
