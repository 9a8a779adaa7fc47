"""EIA-930, the hourly grid monitor: balance files, answers of the API, and tables by EIA's codes of fuels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.line.grid.carbon.formats.columns import FUEL, LIFECYCLE, GridTable, column_of, rows_of_zone
from wattline.line.grid.carbon.formats.json_rows import moments, numbers
from wattline.line.grid.table import times_of

if TYPE_CHECKING:
    import polars as pl

SOURCE = "EIA-930"
CODES = {
    "WND": "wind", "SUN": "solar", "WAT": "hydro", "OIL": "oil", "NG": "gas", "COL": "coal", "NUC": "nuclear",
    "OTH": "other", "GEO": "geothermal", "PS": "storage", "BAT": "storage", "OES": "storage", "SNB": "solar",
    "WNB": "wind", "UES": "storage", "UNK": "other",
}  # fmt: skip
BALANCE = re.compile(r"Net Generation \(MW\) from (.+?)(?: \((Adjusted|Imputed)\))?$")
BALANCE_FUELS = {
    "coal": "coal", "natural gas": "gas", "nuclear": "nuclear", "all petroleum products": "oil", "solar": "solar",
    "hydropower and pumped storage": "hydro", "hydropower excluding pumped storage": "hydro", "wind": "wind",
    "other fuel sources": "other", "unknown fuel sources": "other", "geothermal": "geothermal",
    "pumped storage": "storage", "battery storage": "storage", "solar with integrated battery storage": "solar",
    "solar without integrated battery storage": "solar", "wind with integrated battery storage": "wind",
    "wind without integrated battery storage": "wind", "other energy storage": "storage",
    "unknown energy storage": "storage",
}  # fmt: skip
PLAIN = {"wind", "solar", "hydro", "nuclear", "gas", "coal", "oil", "other", "biomass", "geothermal"}
ZONES = ("balancing authority", "region", "respondent", "zone", "ba")
HOUR = np.timedelta64(3600, "s")
ENDS = "EIA-930 stamps an hour by its end; times are moved to its begin"


def is_generation(table: pl.DataFrame) -> bool:
    """Whether a CSV or Parquet is generation by fuel, by EIA's names or codes."""
    names = set(table.columns)
    return (
        any(BALANCE.match(name) for name in names)
        or len({name for name in names if name in CODES}) >= 3
        or len({name.lower() for name in names} & PLAIN) >= 4
    )


def read_generation(table: pl.DataFrame, where: str, zone: str | None, time_zone: str | None) -> GridTable:
    """Generation by fuel of one balancing authority.

    Parameters
    ----------
    table
        The file's table.
    where
        What it was read from, for errors.
    zone
        The authority wanted, where the file has several.
    time_zone
        Of times without an offset.

    Returns
    -------
    Generation of each fuel by the hour.
    """
    key = next((name for name in table.columns if name.lower() in ZONES), None)
    name = ""
    if key is not None:
        table, name = rows_of_zone(table, key, zone, where)
    if any(BALANCE.match(each) for each in table.columns):
        return _balance(table, where, name)
    _, times, notes = times_of(table.select(pl_times(table)), where, time_zone)
    columns: dict[str, Any] = {}
    for each in table.columns:
        fuel = CODES.get(each) or (each.lower() if each.lower() in PLAIN else None)
        if fuel is not None:
            _add(columns, fuel, column_of(table, each, where))
        elif each.lower() in ("avg_ci", "avg ci"):
            columns[LIFECYCLE + " published"] = column_of(table, each, where)
    columns.pop(LIFECYCLE + " published", None)  # it follows from the fuels
    return GridTable(times, columns, SOURCE, name, notes=tuple(notes))


def pl_times(table: pl.DataFrame) -> list[str]:
    """The columns that may be times: those that are no fuel's."""
    return [name for name in table.columns if name not in CODES and name.lower() not in PLAIN]


def _balance(table: pl.DataFrame, where: str, name: str) -> GridTable:
    """A half year's file of balances: times at the end of each hour, local and UTC; adjusted values before raw ones."""
    import polars as pl

    key = next((each for each in table.columns if each.lower().startswith("utc time at end")), None)
    if key is None:
        raise WattlineError(f"series {where}: no column UTC Time at End of Hour, which EIA's balance files have")
    texts = table[key].cast(pl.String).str.strip_chars()
    times = texts.str.strptime(pl.Datetime, "%m/%d/%Y %I:%M:%S %p", strict=False)
    if times.null_count():
        _, utc, _ = times_of(table.select(pl.col(key).alias("utc")), where)
    else:
        utc = times.dt.epoch("s").to_numpy().astype("datetime64[s]")
    chosen: dict[str, str] = {}
    for each in table.columns:
        if (match := BALANCE.match(each)) is None or match[2] == "Imputed":
            continue
        source = match[1].lower()
        if source not in BALANCE_FUELS:
            raise WattlineError(f"series {where}: EIA's fuel {shorten(match[1])} is not known")
        if source not in chosen or match[2] == "Adjusted":
            chosen[source] = each
    columns: dict[str, Any] = {}
    for source, each in chosen.items():
        values = table[each].cast(pl.String).str.replace_all(",", "").alias(each)
        _add(columns, BALANCE_FUELS[source], column_of(table.with_columns(values), each, where))
    return GridTable(utc - HOUR, columns, SOURCE, name, notes=(ENDS,))


def _add(columns: dict[str, Any], fuel: str, values: Any) -> None:
    """One fuel more; of two columns of one fuel a gap in one leaves the other's number."""
    key = FUEL + fuel
    if key not in columns:
        columns[key] = values
        return
    both = np.stack([columns[key], values])
    columns[key] = np.where(np.isfinite(both).any(axis=0), np.nansum(both, axis=0), np.nan)


def is_api_answer(data: Any) -> bool:
    """Whether JSON is an answer of EIA's API, version 2, of generation by fuel."""
    rows = data.get("response", {}).get("data") if isinstance(data, dict) else None
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], dict) and "fueltype" in rows[0]


def read_api_answer(data: Any, where: str, zone: str | None) -> GridTable:
    """An answer of ``electricity/rto/fuel-type-data``.

    Parameters
    ----------
    data
        The JSON.
    where
        What it was read from, for errors.
    zone
        The authority wanted, where the answer has several.

    Returns
    -------
    Generation of each fuel by the hour.

    Raises
    ------
    WattlineError for a fuel that is not known, a period of a fuel that occurs twice, and values or times that are
    none.
    """
    import polars as pl

    rows = data["response"]["data"]
    frame = pl.DataFrame(
        {key: [str(row.get(key, "")) for row in rows] for key in ("period", "respondent", "fueltype", "value")}
    )
    frame, name = rows_of_zone(frame, "respondent", zone, where)
    unknown = sorted(set(frame["fueltype"]) - set(CODES))
    if unknown:
        raise WattlineError(f"series {where}: EIA's fuel {shorten(', '.join(unknown))} is not known")
    periods = sorted(set(frame["period"]))
    place = {period: i for i, period in enumerate(periods)}
    columns: dict[str, Any] = {}
    for fuel in sorted(set(frame["fueltype"])):
        part = frame.filter(pl.col("fueltype") == fuel)
        values = np.full(len(periods), np.nan)
        at = [place[period] for period in part["period"]]
        if len(set(at)) < len(at):
            raise WattlineError(f"series {where}: a period of {fuel} occurs twice")
        values[at] = numbers([None if v == "None" else v for v in part["value"]], where)
        _add(columns, CODES[fuel], values)
    utc = moments([f"{period}:00" if len(period) == 13 else period for period in periods], where)
    return GridTable(utc - HOUR, columns, SOURCE, name, notes=(ENDS,))
