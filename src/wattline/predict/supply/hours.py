"""The hours that a supply is planned on: capacity factors of wind and sun, and the grid's price and carbon."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.reading import read_bytes
from wattline.core.units import TYPICAL_YEAR_H
from wattline.line.grid.hourly import MAX_BYTES, Hourly, hourly_of
from wattline.line.grid.supply.made import Times
from wattline.line.grid.table import read_table
from wattline.predict.supply.grid_units import grid_factor

if TYPE_CHECKING:
    import polars as pl

REGION = ("region", "zone", "ba", "balancing_authority", "respondent")
WORDS = {
    "offshore-wind": ({"offshore"}, set()),
    "wind": ({"wind", "onshore"}, {"offshore", "speed"}),
    "solar": ({"solar", "sun", "pv"}, set()),
}
GRID_WORDS = {
    "price": ({"price", "lmp", "cost"}, set()),
    "clean": ({"cfe", "clean", "cf"}, {"wind", "solar", "sun", "pv"}),
    "carbon": (
        {"direct", "carbon", "ci", "co2", "intensity"},
        {"lca", "lifecycle", "price", "percentage", "percent", "pct", "share", "free", "low"},
    ),
}
YEARS = re.compile(r"\s*(\d{4})\s*(?:-\s*(\d{4})\s*)?$")
MADE_YEARS, MAX_MADE_YEARS = re.compile(r"\s*(\d{1,3})\s*$"), 10


@dataclass(frozen=True, eq=False)
class SupplyHours:
    """Series over one regular time.

    Attributes
    ----------
    utc : begin of each step in UTC, ``(n_steps,)``
    step_h : length of a step [h]
    factors : capacity factors by technology, ``(n_steps,)`` each, 0 to 1
    grid : what is given of the grid by the hour: ``price`` [USD/MWh], ``clean`` (0 to 1), ``carbon`` [g/kWh]
    made : whether the capacity factors were made
    source : where they are from
    notes : what was taken for granted or repaired
    """

    utc: Times
    step_h: float
    factors: Mapping[str, Array]
    grid: Mapping[str, Array] = field(default_factory=dict)
    made: bool = False
    source: str = ""
    notes: tuple[str, ...] = ()

    def of(self, keep: Any) -> SupplyHours:
        """The steps where ``keep`` is true."""
        cut = {name: values[keep] for name, values in self.factors.items()}
        grid = {name: values[keep] for name, values in self.grid.items()}
        return replace(self, utc=self.utc[keep], factors=cut, grid=grid)

    @property
    def year(self) -> Array:
        """The calendar year of each step, UTC."""
        return np.asarray(self.utc.astype("datetime64[Y]").astype(int) + 1970, float)


def read_years(text: str | int) -> tuple[int, int]:
    """First and last year of such as ``"2021-2023"`` or ``2023``. Raises WattlineError."""
    match = YEARS.match(str(text))
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise WattlineError(f"years: {shorten(str(text), 40)!r} must be a year or a span, such as 2021-2023")
    return int(match[1]), int(match[2] or match[1])


def read_made_years(text: str | int | None) -> int:
    """How many years of hours that are made: they are of no calendar year.

    Parameters
    ----------
    text : a number of years; None for one

    Returns
    -------
    1 to 10.

    Raises WattlineError for years of the calendar, which only a file has.
    """
    if text is None:
        return 1
    match = MADE_YEARS.match(str(text))
    if match is None:
        read_years(text)
        raise WattlineError(
            f"years: {shorten(str(text).strip(), 40)} without a file of those hours; give --capacity-factors FILE that "
            "has them, or a number of made years, such as 3"
        )
    if not 1 <= int(match[1]) <= MAX_MADE_YEARS:
        raise WattlineError(f"years: {match[1]} made years; give 1 to {MAX_MADE_YEARS}")
    return int(match[1])


def read_region(path: Path | str, region: str | None, fill_h: float = 0.0) -> Hourly:
    """The series of a file; of one with a column of regions, those of the region.

    Parameters
    ----------
    path : CSV or Parquet, with a column of times
    region : name of the region or its grid, such as ``us-pjm``
    fill_h : longest gap that is filled in a straight line [h]; a step without a number is refused beyond it

    Returns
    -------
    Columns over a regular time in UTC.
    """
    where = shorten(str(path), 200)
    table = read_table(read_bytes(path, MAX_BYTES, "series", unpack=True), where)
    return replace(hourly_of(_of_region(table, region, where), where), fill_h=fill_h)


def _of_region(table: pl.DataFrame, region: str | None, where: str) -> pl.DataFrame:
    """The rows of one region, where the table has a column of them."""
    import polars as pl

    column = next((name for name in table.columns if name.strip().lower() in REGION), None)
    if column is None or table[column].dtype.is_numeric():
        return table
    names = table[column].cast(pl.String).str.strip_chars().str.to_lowercase()
    there = names.drop_nulls().unique().sort().to_list()
    parts = {(region or "").lower(), *re.split(r"[^a-z0-9]+", (region or "").lower())}
    own = there if len(there) == 1 else [name for name in there if name in parts]
    if len(own) != 1:
        raise WattlineError(f"series {where} holds {shorten(', '.join(there), 120)}; name one with --region")
    return table.filter(names == own[0]).drop(column)


def read_factors(path: Path | str, wanted: list[str], region: str | None, fill_h: float = 0.0) -> SupplyHours:
    """Capacity factors by the hour from a file, CSV or Parquet, with what it has of the grid.

    Parameters
    ----------
    path : with a column of times and one for each technology, such as ``cf_wind``; where there are several for one,
        that of the region is taken. Generation in MW of a region (EIA-930) will do: see ``scaled``
    wanted : technologies whose factors are needed
    region : name of the region, such as ``us-pjm``
    fill_h : longest gap that is filled in a straight line [h]

    Returns
    -------
    Shape ``(n_hours,)`` of each technology.

    Raises WattlineError where a column or a number is missing, one of several cannot be told, or a factor is beyond 0
    to 1.
    """
    series = read_region(path, region, fill_h)
    columns = {name: _column(series, name, WORDS[name], region, path) for name in wanted}
    factors = {name: _factor(series, column, name) for name, column in columns.items()}
    grid, notes = grid_of(series, region, path)
    notes = (*series.notes, *series.filled(columns.values()), *notes)
    return SupplyHours(series.utc, series.step_h, factors, grid, source=Path(path).name, notes=notes)


def grid_of(
    series: Hourly, region: str | None, path: Path | str, needed: bool = False
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """What a file has of the grid by the hour: price, clean share, carbon; what it has not is left out.

    Parameters
    ----------
    series : the file's columns
    region : whose column is taken where there are several
    path : of the file, for the error
    needed : whether a file that has nothing of it is refused

    Returns by name, each shape ``(n_hours,)``, and which steps were filled. Raises WattlineError where several columns
    fit, a value is missing, or a header's unit is not known.
    """
    names = {name: _column(series, name, w, region, path) for name, w in GRID_WORDS.items() if _matches(series, w)}
    given = {
        name: series.column(column, f"supply: {name} of the grid")[1] * grid_factor(name, column)
        for name, column in names.items()
    }
    if needed and not given:
        there = shorten(", ".join(series.columns), 160)
        raise WattlineError(
            f"supply: {shorten(str(path), 80)} has no price, carbon or clean share of the grid among {there}; name it "
            "such as price_usd_mwh"
        )
    return given, series.filled(names.values())


def _factor(series: Hourly, column: str, name: str) -> Array:
    values = series.column(column, f"supply: {name}")[1]
    shares = "cf" in re.split(r"[^a-z0-9]+", column.lower())  # generation in MW may be of any size
    if shares and values.max() > 1.5:
        at = int(np.argmax(values))
        raise WattlineError(
            f"supply: {column} is {values[at]:g} at {series.utc[at]} UTC; a capacity factor is 0 to 1 (50% is 0.5)"
        )
    if values.min() < -0.05:
        at = int(np.argmin(values))
        raise WattlineError(f"supply: {column} is {values[at]:g} at {series.utc[at]} UTC; a capacity factor is 0 to 1")
    return np.maximum(values, 0.0)


def _matches(series: Hourly, words: tuple[set[str], set[str]]) -> list[str]:
    wanted, unwanted = words
    names = (*series.columns, *series.broken)
    split = {column: set(re.split(r"[^a-z0-9]+", column.lower())) for column in names}
    return [column for column, parts in split.items() if parts & wanted and not parts & unwanted]


def _column(series: Hourly, name: str, words: tuple[set[str], set[str]], region: str | None, path: Path | str) -> str:
    matches = _matches(series, words)
    if len(matches) > 1 and region:
        own = set(re.split(r"[^a-z0-9]+", region.lower())) - {"us", "gb", "de", "fr"}
        matches = [column for column in matches if own & set(re.split(r"[^a-z0-9]+", column.lower()))] or matches
    if name == "carbon" and len(matches) > 1:
        matches = [column for column in matches if "direct" in column.lower()] or matches
    if name == "clean" and len(matches) > 1:
        matches = [column for column in matches if "cfe" in column.lower()] or matches
    if len(matches) == 1:
        return matches[0]
    there = shorten(", ".join(series.columns), 160)
    if not matches:
        raise WattlineError(
            f"supply: {shorten(str(path), 80)} has no column for {name} among {there}; name it cf_{name}"
        )
    raise WattlineError(
        f"supply: {shorten(str(path), 80)} has several columns for {name}: {', '.join(matches[:6])}; name the region "
        "with --region, or give a file with one"
    )


def scale(hours: SupplyHours, means: Mapping[str, float]) -> SupplyHours:
    """Generation in MW as capacity factors: each year so that its mean is the region's; factors stay as they are.

    Parameters
    ----------
    hours : series as a file has them
    means : mean capacity factor by technology

    Returns
    -------
    Shape ``(n_hours,)`` of each technology, 0 to 1.
    """
    factors, notes = {}, list(hours.notes)
    for name, values in hours.factors.items():
        if values.max(initial=0.0) <= 1.5:
            factors[name] = np.minimum(values, 1.0)
            continue
        fitted = np.empty_like(values)
        for year in np.unique(hours.year):
            own = hours.year == year
            mean = float(values[own].mean())
            fitted[own] = np.minimum(values[own] * (means[name] / mean if mean > 0 else 0.0), 1.0)
        factors[name] = fitted
        notes.append(f"{name}: generation is scaled so that a year's mean is {means[name]:.3f} of capacity")
    return replace(hours, factors=factors, notes=tuple(notes))


def chosen(hours: SupplyHours, years: tuple[int, int] | None) -> tuple[SupplyHours, SupplyHours | None]:
    """The years to size on and those left over, None where none are; all whole years where none are named.

    Parameters
    ----------
    hours : all that there are
    years : first and last year to size on

    Returns
    -------
    The two, of whole years.

    Raises WattlineError where a year is not there whole.
    """
    year = hours.year
    per_year = {int(y): float((year == y).sum() * hours.step_h) for y in np.unique(year)}
    if years is None:
        return hours, None
    missing = [y for y in range(years[0], years[1] + 1) if per_year.get(y, 0.0) < TYPICAL_YEAR_H - 1]
    if missing:
        there = ", ".join(f"{y} ({h:,.0f} h)" for y, h in per_year.items())
        raise WattlineError(f"years: {missing[0]} is not there whole; the hours hold {there}")
    inside = (year >= years[0]) & (year <= years[1])
    whole = np.isin(year, [y for y, h in per_year.items() if h >= TYPICAL_YEAR_H - 1])
    rest = ~inside & whole
    return hours.of(inside), hours.of(rest) if rest.any() else None
