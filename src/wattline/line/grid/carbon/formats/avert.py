"""EPA AVERT: marginal CO2 by region and hour of a year, pounds a kWh, in standard time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.units import G_PER_LB, TYPICAL_YEAR_H
from wattline.line.grid.carbon.formats.columns import MARGINAL, GridTable, column_of

if TYPE_CHECKING:
    import polars as pl

SOURCE = "EPA AVERT"
# hours of standard time behind UTC, by AVERT's region (and eGRID's of Alaska and Hawaii)
OFFSETS_H = {
    "CA": 8, "NW": 8, "SW": 7, "RM": 7, "CENT": 6, "MIDW": 6, "TE": 6, "SE": 6, "TN": 6, "FL": 5, "MIDA": 5, "NCSC": 5,
    "NE": 5, "NY": 5, "AKGD": 9, "AKMS": 9, "HIMS": 10, "HIOA": 10,
}  # fmt: skip
# grid of the catalog -> AVERT's region
REGION_OF = {
    "us-ercot": "TE", "us-caiso": "CA", "us-pjm": "MIDA", "us-miso": "MIDW", "us-spp": "CENT", "us-nyiso": "NY",
    "us-isone": "NE", "us-northwest": "NW", "us-southeast": "SE", "us-florida": "FL", "us-tva": "TN",
    "us-southwest": "SW", "us-carolinas": "NCSC", "us-hawaii": "HIOA", "us-alaska": "AKGD", "us-rockies": "RM",
}  # fmt: skip
YEAR = 2023


def is_avert(table: pl.DataFrame) -> bool:
    """Whether a CSV is of this form."""
    names = {name.strip().upper() for name in table.columns}
    return {"MONTH", "TIMESTAMP"} <= names and len(names & set(OFFSETS_H)) >= 3


def read_avert(table: pl.DataFrame, where: str, zone: str | None) -> GridTable:
    """The marginal CO2 of one region, hour by hour.

    Parameters
    ----------
    table
        Its columns as text: Month, Timestamp (the hour of the year, from 0) and one for each region.
    where
        What it was read from, for errors.
    zone
        AVERT's region, such as TE, or a grid of the catalog in it, such as us-ercot.

    Returns
    -------
    Marginal g CO2/kWh by the hour.

    Raises
    ------
    WattlineError
        Where no region is named, or the hours do not make a year.
    """
    names = {name.strip().upper(): name for name in table.columns}
    wanted = "" if zone is None else REGION_OF.get(zone.lower(), zone.upper())
    if wanted not in OFFSETS_H or wanted not in names:
        known = ", ".join(name for name in names if name in OFFSETS_H)
        raise WattlineError(f"series {where}: name AVERT's region behind the file, as FILE@TE; known: {known}")
    hours = column_of(table, names["TIMESTAMP"], where)
    if len(hours) not in (TYPICAL_YEAR_H, TYPICAL_YEAR_H + 24) or not np.array_equal(hours, np.arange(len(hours))):
        raise WattlineError(f"series {where}: Timestamp must count the hours of a year from 0; it has {len(hours):,}")
    start = np.datetime64(f"{YEAR}-01-01T00:00:00") + np.timedelta64(OFFSETS_H[wanted], "h")
    values = column_of(table, names[wanted], where) * G_PER_LB
    notes = (f"hours are taken as {wanted}'s standard time, and the year as {YEAR}",)
    times = start + np.arange(len(hours)) * np.timedelta64(3600, "s")
    return GridTable(times, {MARGINAL: values}, SOURCE, shorten(wanted, 10), notes=notes)
