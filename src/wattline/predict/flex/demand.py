"""The demand of a grid by the hour, from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.line.grid.hourly import read_hourly


@dataclass(frozen=True, eq=False)
class DemandSeries:
    """Demand as it was read: its column, watts and months (1 to 12, UTC) of each step, and what was repaired."""

    name: str
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
        Unit of the file's numbers.
    """

    path: Path | str
    column: str | None = None
    unit: str = "MW"

    def read(self, what: str) -> DemandSeries:
        """The series; ``what`` is the command, for errors."""
        series = read_hourly(self.path)
        name, values = series.column(self.column, what)
        power = values * parse(f"1 {self.unit}", "W", "--unit")
        notes = (*series.notes, *series.filled([name]))
        return DemandSeries(name, power, series.month, series.step_h, notes)
