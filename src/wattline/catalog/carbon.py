"""Carbon of the regions by year: one method for countries, one for zones of a country, the other beside it.

``region/carbon_ember.csv`` has what a country's power stations emit, life cycle (Ember), and
``region/carbon_flow_traced.csv`` what stands behind the electricity that a zone uses, imports at the intensity of
their origin, life cycle (Electricity Maps). A country takes the first and keeps the second as
``carbon_flow_traced_g_per_kwh``; a zone takes the second. The newest year that was opened is the value; where that is
older than ``OLD`` and a newer one is known second hand, the newer. The range is for the year ``AS_OF``: it widens with
the years since, more where much of the mix is free of carbon (rain and wind differ by year), and to the side that the
last two years went.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "region"
BOUND = Path(__file__).parent / "constant" / "grid.toml"  # the fact ``constant.grid-highest-carbon``
AS_OF, OLD = 2026, 2024
YEARS = (2021, 2022, 2023, 2024, 2025)
CARRIED = "as carried by thegreenwebfoundation/co2.js"
EMBER = {"title": f"Ember Yearly Electricity Data (CC BY 4.0), {CARRIED}", "year": 2025}
EMBER_SECOND_HAND = {"title": "Ember Yearly Electricity Data (CC BY 4.0), through Our World in Data", "year": 2026}
EMAPS = {"title": f"Electricity Maps (ODbL), yearly means, {CARRIED}", "year": 2026}
RESIDUALS = {  # title, and years from the data to the publication
    "aib": ("Association of Issuing Bodies, European Residual Mixes", 1),
    "green-e": ("Green-e Residual Mix Emissions Rates 2025", 3),
    "nve": ("NVE, electricity disclosure", 1),
}
MIXES = {
    "title": "Wattline, from the generation mix by the factors of IPCC AR5 WG3 (Table A.III.2) and Electricity Maps",
    "year": 2026,
}

# Of the relative changes from one year to the next in 205 countries, 2021 to 2025, ``band`` holds 90% or more in each
# of the four years, and as many over two and three years (tests/test_catalog_carbon.py). Its width in logarithms is
# BASE and FREE a carbon-free share of 1, no less than the largest change of the last three years, and where two or more
# are known no more than STEADY and MULTIPLE of the largest; TREND of the mean change of the last two widens its side.
BASE, FREE, STEADY, MULTIPLE, TREND = 0.04, 0.45, 0.08, 1.3, 0.5
MAX_TREND, MAX_CHANGE, MAX_WIDTH = 0.15, 0.6, 0.9


@dataclass(frozen=True)
class CarbonSeries:
    """Yearly means of one region by one method, g CO2e/kWh, life cycle; ``direct_share`` is direct over life cycle."""

    region: str
    g_per_kwh: Mapping[int, float]
    direct_share: float
    carbon_free: float = 0.5

    @property
    def year(self) -> int:
        return max(self.g_per_kwh)


def band(values: Sequence[float], carbon_free: float, years: int = 1) -> tuple[float, float]:
    """Where the mean of a year will be, ``years`` after the last of ``values``.

    Parameters
    ----------
    values : g CO2e/kWh of years one after another, the newest last
    carbon_free : share of the mix, 0 to 1
    years : from the newest of ``values`` on

    Returns
    -------
    Low and high, g CO2e/kWh.
    """
    changes = [log(after / before) for before, after in pairwise(values)]
    trend = TREND * sum(changes[-2:]) / len(changes[-2:]) if changes else 0.0
    trend = max(-MAX_TREND, min(MAX_TREND, trend)) * years
    width = BASE + FREE * carbon_free
    largest = max((abs(change) for change in changes[-3:]), default=0.0)
    width = max(width, min(largest, MAX_CHANGE))
    if len(changes) > 1:
        width = min(width, STEADY + MULTIPLE * largest)
    width = min(width * sqrt(years), MAX_WIDTH)
    return values[-1] * exp(min(trend, 0.0) - width), values[-1] * exp(max(trend, 0.0) + width)


@lru_cache(maxsize=1)
def flow_traced() -> Mapping[str, CarbonSeries]:
    """Electricity Maps' yearly means by region."""
    return {
        row["region"]: CarbonSeries(
            row["region"],
            {year: float(row[str(year)]) for year in YEARS},
            float(row["direct_share"]),
            float(row["carbon_free"]),
        )
        for row in _rows("carbon_flow_traced.csv")
    }


@lru_cache(maxsize=1)
def ember() -> Mapping[str, CarbonSeries]:
    """Ember's yearly means by region, those that were opened: 2022 to 2024."""
    return {
        row["region"]: CarbonSeries(
            row["region"],
            {year: float(row[str(year)]) for year in (2022, 2023, 2024) if row[str(year)]},
            float(row["direct_share"]),
        )
        for row in _rows("carbon_ember.csv")
    }


@lru_cache(maxsize=1)
def highest_g_per_kwh() -> float:
    """What no mix exceeds, g/kWh; read as a file, since the catalog's records are made by the function below."""
    return float(tomllib.loads(BOUND.read_text(encoding="utf-8"))["grid-highest-carbon"]["value"])


@lru_cache(maxsize=1)
def ember_second_hand() -> Mapping[str, float]:
    """Ember's means of 2025 by region, in whole g/kWh as others state them: not opened at Ember."""
    return {row["region"]: float(row["2025"]) for row in _rows("carbon_ember.csv") if row["2025"]}


@lru_cache(maxsize=1)
def residuals() -> Mapping[str, dict[str, Any]]:
    """The residual mix by region, as a catalog file would have it."""
    return {row["region"]: _residual(row) for row in _rows("carbon_residual.csv")}


def _residual(row: Mapping[str, str]) -> dict[str, Any]:
    title, later = RESIDUALS[row["source"]]
    numbers = {"value": float(row["g_per_kwh"]), "low": float(row["low"]), "high": float(row["high"])}
    note = ", ".join(words for words in (row["year"], row["note"]) if words)
    source = {"title": title, "year": int(row["year"]) + later}
    return numbers | {"dist": "triangular", "basis": row["basis"], "note": note, "source": source}


def carbon_tables(region: str) -> dict[str, dict[str, Any]]:
    """The carbon facts of a region by attribute, as a catalog file would have them; none where no file has it."""
    residual = residuals().get(region)
    return _means(region) | ({} if residual is None else {"carbon_residual_g_per_kwh": residual})


def _means(region: str) -> dict[str, dict[str, Any]]:
    """The means of what is generated or used."""
    traced, country = flow_traced().get(region), ember().get(region)
    if country is None:
        if traced is None:
            return {}
        life = _range(traced, traced) | {"source": EMAPS, "note": _note(traced, "flow-traced")}
        return _both(traced, life)
    recent = ember_second_hand().get(region)
    if country.year < OLD and recent:
        country = CarbonSeries(region, {**country.g_per_kwh, 2025: recent}, country.direct_share, country.carbon_free)
        life = _range(country, traced) | {"source": EMBER_SECOND_HAND, "basis": "second hand"}
    else:
        life = _range(country, traced) | {"source": EMBER}
    tables = _both(country, life | {"note": _note(country, "of generation")})
    if traced is not None:
        beside = _range(traced, traced) | {"source": EMAPS, "note": _note(traced, "flow-traced")}
        tables["carbon_flow_traced_g_per_kwh"] = beside
    return tables


def _range(series: CarbonSeries, traced: CarbonSeries | None) -> dict[str, Any]:
    """Value and range. A country's range is that of its flow-traced series, which has more years, in proportion: what
    happened to it since the country's newest year is known."""
    year = series.year
    value = series.g_per_kwh[year]
    if traced is None:
        low, high = band([value], series.carbon_free, AS_OF - year)
    else:
        ends = band([traced.g_per_kwh[each] for each in YEARS], traced.carbon_free, AS_OF - traced.year)
        low, high = (end * value / traced.g_per_kwh[year] for end in ends)
    low, high = max(low, value * exp(-MAX_WIDTH)), min(high, value * exp(MAX_WIDTH), highest_g_per_kwh())
    low, high = min(low, value * (1 - BASE)), max(high, value * (1 + BASE))
    return {"value": value, "low": round(low, 2), "high": round(high, 2), "dist": "lognormal"}


def _both(series: CarbonSeries, life: dict[str, Any]) -> dict[str, dict[str, Any]]:
    group, share = {"group": f"carbon-{series.region}"}, series.direct_share
    direct = {end: round(life[end] * share, 3) for end in ("value", "low", "high")}
    note = f"{series.year}: {share:g} of the life cycle"
    return {
        "carbon_direct_g_per_kwh": direct
        | {"dist": "lognormal", "source": MIXES, "basis": "derived", "note": note}
        | group,
        "carbon_lifecycle_g_per_kwh": life | group,
    }


def _note(series: CarbonSeries, method: str) -> str:
    before = ", ".join(f"{g:g} in {year}" for year, g in sorted(series.g_per_kwh.items()) if year < series.year)
    return f"{series.year}, {method}" + (f"; {before}" if before else "")


def _rows(name: str) -> list[dict[str, str]]:
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))
