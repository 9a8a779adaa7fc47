"""ENTSO-E's Transparency Platform: CSV of generation by type and of day-ahead prices, and the XML of its API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.line.grid.carbon.formats.columns import FUEL, PRICE, GridTable, column_of, rows_of_zone
from wattline.line.grid.local_time import clock_of, skipped_hour, to_utc

if TYPE_CHECKING:
    import polars as pl

SOURCE = "ENTSO-E"
TYPES = {
    "biomass": "biomass", "fossil brown coal/lignite": "coal", "fossil coal-derived gas": "coal", "fossil gas": "gas",
    "fossil hard coal": "coal", "fossil oil": "oil", "fossil oil shale": "coal", "fossil peat": "coal",
    "geothermal": "geothermal", "hydro pumped storage": "storage", "hydro run-of-river and poundage": "hydro",
    "hydro run-of-river and pondage": "hydro", "hydro water reservoir": "hydro", "marine": "hydro",
    "nuclear": "nuclear", "other renewable": "biomass", "solar": "solar", "waste": "other", "wind offshore": "wind",
    "wind onshore": "wind", "other": "unknown", "energy storage": "storage",
}  # fmt: skip
MTU = re.compile(r"(?i)^(?:mtu|time interval)\b")
WIDE = re.compile(r"(?i)^(.+?)\s+-\s+actual (aggregated|consumption)\s*(?:\[mw\])?$")
PRICES = re.compile(r"(?i)^day.ahead price\s*[\[(]([A-Z]{3})/MWh[\])]$")
FORMS = ("%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")
NONE = ("n/e", "N/A", "n/a", "-", "NaN")


def is_entsoe(table: pl.DataFrame) -> bool:
    """Whether a CSV is of this form."""
    return any(MTU.match(name) for name in table.columns)


def read_entsoe_table(table: pl.DataFrame, where: str, zone: str | None, time_zone: str | None) -> GridTable:
    """Generation by type, in a column or in rows each, or day-ahead prices.

    Parameters
    ----------
    table
        Its columns as text.
    where
        What it was read from, for errors.
    zone
        The area wanted, where there are several.
    time_zone
        Of times whose column does not name it.

    Returns
    -------
    MW of each type, or a price, by the step of the file.

    Raises
    ------
    WattlineError where neither generation by type nor prices are in it.
    """
    import polars as pl

    key = next(name for name in table.columns if MTU.match(name))
    table = table.with_columns(
        pl.when(pl.col(pl.String).is_in(NONE)).then(None).otherwise(pl.col(pl.String)).name.keep()
    )
    area = next((name for name in table.columns if name.lower() == "area"), None)
    name = ""
    if area is not None:
        table, name = rows_of_zone(table, area, zone, where)
    sequence = next((each for each in table.columns if each.lower() == "sequence"), None)
    if sequence is not None and table[sequence].n_unique() > 1:  # two auctions of one market
        table, _ = rows_of_zone(table, sequence, zone, where)
    kind = next((each for each in table.columns if each.lower() == "production type"), None)
    if kind is not None:
        table = _wide(table, key, kind, where)
    columns: dict[str, Any] = {}
    currency = "USD"
    for each in table.columns:
        if match := PRICES.match(each.strip()):
            columns[PRICE], currency = column_of(table, each, where) / 1000, match[1].upper()
        elif match := WIDE.match(each.strip()):
            _add(columns, match, column_of(table, each, where), where)
    if not columns:
        raise WattlineError(f"series {where}: neither generation by type nor prices of ENTSO-E are in it")
    empty = np.all([np.isnan(values) for values in columns.values()], axis=0)
    times, notes = _times(table, key, where, time_zone, empty)
    columns = {name: values[~np.isnat(times)] for name, values in columns.items()}
    return GridTable(times[~np.isnat(times)], columns, SOURCE, name, currency, tuple(notes))


def _add(columns: dict[str, Any], match: re.Match[str], values: Any, where: str) -> None:
    fuel = TYPES.get(match[1].strip().lower())
    if fuel is None:
        raise WattlineError(f"series {where}: ENTSO-E's type {shorten(match[1])} is not known")
    if match[2].lower() == "consumption" or np.isnan(values).all():
        return
    had = columns.get(FUEL + fuel)
    columns[FUEL + fuel] = values if had is None else had + values


def _wide(table: pl.DataFrame, key: str, kind: str, where: str) -> pl.DataFrame:
    """Rows of one type each as columns, in the order of the times."""
    import polars as pl

    amount = next((each for each in table.columns if "generation" in each.lower() and "mw" in each.lower()), None)
    if amount is None:
        raise WattlineError(f"series {where}: no column Generation (MW) beside {kind}")
    # in autumn an hour of local time comes twice: the second of a type is the later one
    table = table.with_columns(pl.int_range(pl.len()).over(key, kind).alias("_turn"))
    wide = table.pivot(kind, index=[key, "_turn"], values=amount, maintain_order=True)
    types = [each for each in wide.columns if each not in (key, "_turn")]
    return wide.drop("_turn").rename({each: f"{each} - Actual Aggregated" for each in types})


def _times(table: pl.DataFrame, key: str, where: str, time_zone: str | None, empty: Any) -> tuple[Any, list[str]]:
    """Begins of the intervals (``01.01.2023 00:00 - 01.01.2023 01:00``) in UTC, by the zone that the header names.

    NaT is the hour that clocks skip in spring, which the platform writes as a row without a number.
    """
    import polars as pl

    texts = (
        table[key]
        .str.split(" - ")
        .list.first()
        .str.strip_chars()
        .str.replace(r"\s*\((?:UTC|CES?T|WES?T|EES?T)(?:/[A-Z]+)?\)$", "")
    )
    parsed = None
    for form in FORMS:
        parsed = texts.str.strptime(pl.Datetime, form, strict=False)
        if parsed.null_count() == 0:
            break
    if parsed is None or parsed.null_count():
        raise WattlineError(f"series {where}: {key} has no times such as 01.01.2023 00:00 - 01.01.2023 01:00")
    notes = []
    stated = re.search(r"\((?:UTC|CES?T|WES?T|EES?T)(?:/[A-Z]+)?\)", str(table[key][0]))
    zone = clock_of(key) or (clock_of(stated[0]) if stated else None) or time_zone
    if zone is None:
        zone = "Europe/Brussels"
        notes.append(f"{key}: times are taken as those of Brussels (CET, CEST)")
    parsed = parsed.to_frame("t").select(pl.when(~pl.Series(empty & skipped_hour(parsed, zone))).then("t"))["t"]
    utc = parsed if zone == "UTC" else to_utc(parsed, zone, f"series {where}")
    return utc.dt.replace_time_zone(None).to_numpy().astype("datetime64[s]"), notes
