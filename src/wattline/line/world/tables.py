"""The facts of the stock by quantity, scope and segment, each a series of years; and the IEA's annex, row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from wattline.catalog import HERE
from wattline.core.fact import Array, Basis, Fact, Source
from wattline.core.units import Z95

FOLDER = HERE / "world"
TABLES = ("stock.csv", "income.csv", "population.csv", "site_overhead.csv", "states.csv")  # of facts


@dataclass(frozen=True)
class FactSeries:
    """Facts of one quantity in several years; a value between two years is read off a straight line."""

    name: str
    years: tuple[int, ...]
    facts: tuple[Fact, ...]

    def at(self, years: NDArray[Any], deviate: Array | float = 0.0) -> Array:
        """Values at years, those of all years at the same place of their ranges.

        Parameters
        ----------
        years : shape ``(n_years,)``
        deviate : where in the ranges, as a standard normal deviate, scalar or ``(n_draws,)``

        Returns ``(n_years,)`` or ``(n_draws, n_years)``.
        """
        z = np.asarray(deviate, float)[..., None]
        value, below, above, ratios = self._sides
        shift = np.minimum(z, 0.0) * below + np.maximum(z, 0.0) * above
        moved = value * np.exp(shift) if ratios else value + shift
        if len(self.facts) == 1:  # the same in every year: no sum is needed
            return np.broadcast_to(moved, (*moved.shape[:-1], len(years)))
        return np.asarray(moved @ self._weights(tuple(years.tolist())))

    @cached_property
    def _sides(self) -> tuple[Array, Array, Array, bool]:
        """Values, what a deviation moves them downwards and upwards, and whether that is a ratio's logarithm."""
        value, low, high = (np.array([getattr(fact, part) for fact in self.facts]) for part in ("value", "low", "high"))
        if (low > 0).all():
            return value, np.log(value / low) / Z95, np.log(high / value) / Z95, True
        return value, (value - low) / Z95, (high - value) / Z95, False

    @lru_cache(maxsize=512)  # noqa: B019  series are few and stay
    def _weights(self, years: tuple[float, ...]) -> Array:
        """Of each known year in each wanted one, shape ``(n_known, n_years)``."""
        known = np.array(self.years, float)
        return np.array([np.interp(years, known, row) for row in np.eye(len(known))])


@lru_cache(maxsize=1)
def stock_facts() -> dict[tuple[str, str, str], FactSeries]:
    """Every series of the tables of facts by (quantity, scope, segment)."""
    rows: dict[tuple[str, str, str], list[tuple[int, Fact]]] = {}
    for row in chain.from_iterable(map(table_rows, TABLES)):
        key = row["quantity"], row["scope"], row["segment"]
        rows.setdefault(key, []).append((int(row["year"]), _fact(row, ".".join(key))))
    made = {}
    for key, pairs in rows.items():
        pairs.sort(key=lambda pair: pair[0])
        made[key] = FactSeries(".".join(key), tuple(year for year, _ in pairs), tuple(fact for _, fact in pairs))
    return made


def series(quantity: str, segment: str = "all", scope: str = "world") -> FactSeries:
    """One series of the stock's facts.

    Parameters
    ----------
    quantity, segment, scope : as the columns of the tables of ``catalog/world`` name them

    Returns
    -------
    Values and ranges by year.
    """
    return stock_facts()[quantity, scope, segment]


def stated_number(name: str) -> float:
    """A number of the paths, or of how figures are read, that is stated with its range.

    Parameters
    ----------
    name : the segment of ``path`` in ``catalog/world/stock.csv``

    Returns its value.
    """
    return series("path", name).facts[0].value


def stated_year(name: str) -> int:
    """A calendar year that is stated, as ``stated_number`` has other numbers.

    Parameters
    ----------
    name : the segment of ``path`` in ``catalog/world/stock.csv``

    Returns the year.
    """
    return round(stated_number(name))


def _fact(row: dict[str, str], name: str) -> Fact:
    value = float(row["value"])
    low, high = float(row["low"] or value), float(row["high"] or value)
    key = f"world.{name.replace('.', '-')}-{row['year']}"
    return Fact(
        key, value, low, high, row["unit"], Source(row["source"]), "fixed" if low == high else "lognormal"
        if low > 0 else "uniform", row["note"], basis=cast(Basis, row["basis"]),
        name=name.replace("-", " ").replace(".", ", "),
    )  # fmt: skip


@dataclass(frozen=True)
class AnnexRow:
    """A row of the IEA's annex, Base case; None where the annex has no number."""

    region: str
    kind: str
    year: int
    dc_gw: float | None
    it_gw: float | None
    pue: float | None
    load_percent: float | None
    dc_twh: float | None
    it_twh: float | None


@lru_cache(maxsize=1)
def annex() -> tuple[AnnexRow, ...]:
    """The IEA's capacity, PUE, load and electricity by region, by kind of site and year."""

    def number(text: str) -> float | None:
        return float(text) if text else None

    return tuple(
        AnnexRow(row["region"], row["kind"], int(row["year"]), number(row["dc_gw"]), number(row["it_gw"]),
                 number(row["pue"]), number(row["load_percent"]), number(row["dc_twh"]), number(row["it_twh"]))
        for row in table_rows("iea.csv")
    )  # fmt: skip


def table_rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of a table of the catalog's folder ``world``, without its lines of remarks.

    Parameters
    ----------
    name : of the file

    Returns
    -------
    A column's name -> its cell, row by row.
    """
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return csv.DictReader(line for line in lines if not line.startswith("#"))
