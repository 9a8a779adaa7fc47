"""The demand of a grid by the hour, from a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.line.grid.carbon.formats.units import carbon_factor, price_factor, words_of
from wattline.line.grid.hourly import Hourly, read_fill, read_hourly
from wattline.predict.load_file import UNIT, WATTS

USUAL = "MW"
ENERGY = re.compile(r"(?:^|[\s_(\[.-])(?P<unit>[kmgt]?wh)(?:$|[\s_)\].-])", re.I)  # of a step: MWh an hour are MW
PREFIXES = {"w": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
OTHER = {"percent", "percentage", "pct", "share", "fraction", "factor", "price", "intensity", "temperature"}


@dataclass(frozen=True)
class GridDemandColumn:
    """Demand of a grid as it was read: its column, watts of each step, and the unit of the file's numbers."""

    name: str
    power_w: Array
    unit: str


@dataclass(frozen=True)
class DemandSeries:
    """Demand as it was read: its column and unit, watts and months (1 to 12, UTC) of each step, what was repaired."""

    name: str
    unit: str
    power_w: Array
    month: Array
    step_h: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DemandFile:
    """A file of demand by the hour.

    Attributes
    ----------
    path
        CSV or Parquet: a column of times in UTC and one for each grid.
    column
        The grid; None where there is only one.
    unit
        Unit of the file's numbers; None for that of the column's header, else MW.
    fill_gaps
        Longest gap that is filled in a straight line [h], or such as ``"3 h"``; 0 for none.
    """

    path: Path | str
    column: str | None = None
    unit: str | None = None
    fill_gaps: float | str = 0.0

    def read(self, what: str) -> DemandSeries:
        """The series; ``what`` is the command, for errors."""
        series = replace(read_hourly(self.path), fill_h=read_fill(self.fill_gaps))
        made = demand_column(series, self.column, self.unit, what)
        notes = (*series.notes, *series.filled([made.name]))
        return DemandSeries(made.name, made.unit, made.power_w, series.month, series.step_h, notes)


def demand_column(series: Hourly, column: str | None, unit: str | None, what: str) -> GridDemandColumn:
    """The demand in a column, by the unit of its header.

    Parameters
    ----------
    series
        The file.
    column
        Its name; None where there is only one.
    unit
        Unit of the numbers where the header says none; MW where None.
    what
        The command, for errors.

    Returns
    -------
    Power of each step [W].

    Raises
    ------
    WattlineError
        For a column whose header says that it is no power, or another unit, and for a number below 0, with its hour.
    """
    name, values = series.column(column, what)
    scale, label = _unit_of(name, unit, series.step_h, what)
    bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
    if bad.size:
        raise WattlineError(
            f"{what}: {shorten(name, 60)} is {values[bad[0]]:g} {label} at {series.utc[bad[0]]} UTC; a demand is a "
            "number, 0 or more"
        )
    return GridDemandColumn(name, values * scale, label)


def demand_names(series: Hourly) -> tuple[list[str], list[str]]:
    """The columns that may be demand, and those whose header says that they are something else.

    Parameters
    ----------
    series : the file

    Returns names of both.
    """
    other = [name for name in series.columns if _is_other(name)]
    return [name for name in series.columns if name not in other], other


def left_out(names: Sequence[str]) -> list[str]:
    """A note of the columns that are no demand; none where there are none."""
    return [f"left out, for they are no power: {shorten(', '.join(names), 160)}"] if names else []


def _is_other(name: str) -> bool:
    if UNIT.search(name):
        return False
    words = set(words_of(name).split())
    return bool(words & OTHER) or carbon_factor(name) is not None or price_factor(name) is not None


def _unit_of(name: str, unit: str | None, step_h: float, what: str) -> tuple[float, str]:
    """Watts of one of a column's numbers, and their unit in words."""
    if _is_other(name):
        raise WattlineError(
            f"{what}: {shorten(name, 60)} is no demand: its header says that it is no power; name the demand's column "
            "with --column"
        )
    power, energy = UNIT.search(name), ENERGY.search(name)
    if power is not None:
        own, label = WATTS[power["unit"][0].lower()], power["unit"]
    elif energy is not None:
        own, label = PREFIXES[energy["unit"][0].lower()] / step_h, energy["unit"]
    else:
        return parse(f"1 {unit or USUAL}", "W", "--unit"), unit or USUAL
    if unit is not None and abs(parse(f"1 {unit}", "W", "--unit") / own - 1) > 1e-9:
        raise WattlineError(f"{what}: the header of {shorten(name, 60)} says {label}, not --unit {unit}; leave it out")
    return own, label
