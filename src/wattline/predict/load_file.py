"""A file of a site's load as a year of hours: what its numbers are, when they were, and which hours it has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.parquet import MARK
from wattline.core.reading import read_bytes
from wattline.core.units import HOUR_S
from wattline.line.grid.hourly import hourly_of
from wattline.line.grid.table import TAKEN_AS_UTC, csv_table, read_table
from wattline.line.site.profile import Profile, from_hours, from_load, in_calendar, move

if TYPE_CHECKING:
    import polars as pl

MAX_BYTES = 20_000_000
# shares of design below which numbers without a unit are not taken for watts
MIN_SHARE = 0.01
WATTS = {"w": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}  # by the first letter of a unit
UNIT = re.compile(r"(?:^|[\s_(\[.-])(?P<unit>[kmg]?w|kilowatts?|megawatts?|gigawatts?|watts?)(?:$|[\s_)\].-])", re.I)
SHARE = re.compile(r"share|utili[sz]ation|fraction|(?:^|[\s_(\[])(?:pu|p\.u\.)(?:$|[\s_)\]])", re.I)
PERCENT = re.compile(r"%|percent|(?:^|_)pct(?:$|_)", re.I)
LOAD = re.compile(r"power|load|demand|watts?|\bit\b|utili[sz]ation|share", re.I)
INDEX = re.compile(r"^\s*(?:hour|hours|h|step|index|i|n|#|)\s*$", re.I)


def read_load_file(path: Path | str, it_w: float, utc_offset_h: float = 0.0) -> Profile:
    """The load of a site in a file: a saved load (Parquet), or a table (CSV, Parquet) of one value a step.

    A table may have a column of times, whose steps are then averaged to hours and put at their place in the day, a year
    of them in the calendar; times in UTC, or with an offset, are moved to the site's standard time. The unit is that of
    the header (``power_kw``, ``load [MW]``, ``utilisation``, ``%``); numbers without one are shares up to 1, or watts
    where these suit the design.

    Parameters
    ----------
    path : the file
    it_w : IT power of the design [W]
    utc_offset_h : of the site's standard time [h]

    Returns
    -------
    Shares of the design's IT power by the hour, and remarks on how it was read.

    Raises WattlineError for a file that is neither, an hour without a number, and numbers that may be of two units.
    """
    path = Path(path)
    where = f"load {shorten(str(path), 200)}"
    if Load.is_saved(path):
        return from_load(Load.read_parquet(path), it_w, path.name, utc_offset_h)
    notes: list[str] = []
    data = read_bytes(path, MAX_BYTES, "load")
    if data[:4] == MARK:
        name, values = _timed(read_table(data, where), where, utc_offset_h, notes)
    else:
        name, values = _hours(data, where, utc_offset_h, notes)
    return from_hours(_shares(name, values, it_w, where, notes), it_w, path.name, notes)


def _hours(data: bytes, where: str, utc_offset_h: float, notes: list[str]) -> tuple[str, Array]:
    """The column's name, and a number for each hour."""
    lines = data.decode("utf-8-sig", "replace").rstrip().splitlines()
    rows = [(i, row.split(",")) for i, row in enumerate(lines, 1) if not row.lstrip().startswith("#")]
    first = next((number for number, (_, row) in enumerate(rows) if any(cell.strip() for cell in row)), None)
    if first is None:
        raise WattlineError(f"{where}: no numbers in it; write one value an hour")
    rows = rows[first:]
    header = [cell.strip().strip('"') for cell in rows[0][1]]
    if _number(header[-1]) is not None:  # no header
        header = [*("" for _ in header[1:]), "values"]
    else:
        rows = rows[1:]
    if all(INDEX.match(cell) for cell in header[:-1]):
        return header[-1], _plain([(i, row[-1]) for i, row in rows], where)
    text = "\n".join(",".join(row) for row in (header, *(row for _, row in rows)) if any(cell.strip() for cell in row))
    return _timed(csv_table((text + "\n").encode(), where), where, utc_offset_h, notes)


def _timed(table: pl.DataFrame, where: str, utc_offset_h: float, notes: list[str]) -> tuple[str, Array]:
    """The column's name and a number for each hour, of a table with a column of times."""
    series = hourly_of(table, where)
    name = _chosen(list(series.columns), where)
    values, step_s = series.columns[name], series.step_h * HOUR_S
    missing = np.flatnonzero(~np.isfinite(values))
    if missing.size:
        raise WattlineError(f"{where}: {name} has no number at {series.utc[missing[0]]} UTC: missing is never zero")
    load = Load("server", series.utc[0].item(), step_s, np.asarray(np.maximum(values, 0.0)))
    below = np.flatnonzero(values < 0)
    if below.size:
        raise WattlineError(
            f"{where}: {name} is {values[below[0]]:g} at {series.utc[below[0]]} UTC: power must be zero or more"
        )
    if step_s != HOUR_S:
        notes.append(f"steps of {step_s / HOUR_S:g} h, taken by the hour")
    hours = load.resample(HOUR_S).power_w[: max(int(load.duration_s // HOUR_S), 1)]
    start = series.utc[0]
    if utc_offset_h and not any(note.endswith(TAKEN_AS_UTC) for note in series.notes):  # else they are the site's own
        start = move(start, utc_offset_h, notes)
    return name, in_calendar(hours, start, notes)


def _plain(cells: list[tuple[int, str]], where: str) -> Array:
    """One value an hour, from the year's first on."""
    numbers = []
    for line, cell in cells:
        number = _number(cell)
        if number is None:
            what = repr(shorten(cell.strip(), 30)) if cell.strip() else "an empty cell"
            raise WattlineError(f"{where}: line {line}: {what} is no number (missing is never zero)")
        numbers.append(number)
    values = np.array(numbers)
    if not values.size or not np.isfinite(values).all():
        raise WattlineError(f"{where}: NaN or infinity is no power (missing is never zero)")
    return values


def _number(cell: str) -> float | None:
    try:
        return float(cell.strip().strip('"'))
    except ValueError:
        return None


def _chosen(names: list[str], where: str) -> str:
    """The one column of numbers, or the one that says that it is a load."""
    likely = names if len(names) == 1 else [name for name in names if LOAD.search(name) or UNIT.search(name)]
    if len(likely) != 1:
        raise WattlineError(f"{where}: which column is the load? It has {shorten(', '.join(names), 120)}; keep one")
    return likely[0]


def _shares(name: str, values: Array, it_w: float, where: str, notes: list[str]) -> Array:
    """Values as shares of the design, by the unit that the column's name says, or that alone is possible."""
    unit = UNIT.search(name)
    if unit is not None:
        return values * WATTS[unit["unit"][0].lower()] / it_w
    if PERCENT.search(name):
        return values / 100
    if SHARE.search(name) or values.max() <= 1.0:
        notes.append("values up to 1 are taken as shares of the design's power")
        return values
    if MIN_SHARE * it_w <= values.max():
        notes.append("values are taken as watts")
        return values / it_w
    raise WattlineError(
        f"{where}: numbers up to {values.max():g} without a unit, beside a design of {it_w / 1e6:g} MW; "
        "name the column power_w, power_kw, power_mw or share"
    )
