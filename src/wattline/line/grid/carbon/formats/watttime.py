"""WattTime: marginal (MOER) and average (AOER) rates in pounds a MWh, its CSV files and the answers of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.grid.carbon.formats.columns import DIRECT, G_PER_LB, MARGINAL, GridTable, column_of
from wattline.line.grid.carbon.formats.json_rows import moments, numbers
from wattline.line.grid.table import times_of

if TYPE_CHECKING:
    import polars as pl

SOURCE = "WattTime"
KINDS = {"co2_moer": MARGINAL, "co2_aoer": DIRECT, "moer": MARGINAL}
FACTORS = {"lbs_co2_per_mwh": G_PER_LB / 1000, "lbs/mwh": G_PER_LB / 1000, "kg_co2_per_mwh": 1.0, "g_co2_per_kwh": 1.0}


def is_moer_table(table: pl.DataFrame) -> bool:
    """Whether a CSV is of this form."""
    names = {name.strip().lower() for name in table.columns}
    return "moer" in names or {"point_time", "value"} <= names


def read_moer_table(table: pl.DataFrame, where: str, time_zone: str | None) -> GridTable:
    """A CSV of MOER by time.

    Parameters
    ----------
    table
        Its columns as text.
    where
        What it was read from, for errors.
    time_zone
        Of times without an offset.

    Returns
    -------
    Marginal g CO2/kWh by the step of the file.
    """
    names = {name.strip().lower(): name for name in table.columns}
    _, times, notes = times_of(table, where, time_zone)
    values = column_of(table, names["moer"] if "moer" in names else names["value"], where)
    notes.append("taken as pounds of CO2 a MWh, marginal (MOER)")
    return GridTable(times, {MARGINAL: values * G_PER_LB / 1000}, SOURCE, notes=tuple(notes))


def is_moer_answer(data: Any) -> bool:
    """Whether JSON is an answer of its API, version 2 or 3."""
    rows = data.get("data") if isinstance(data, dict) else data
    return (
        isinstance(rows, list) and bool(rows) and isinstance(rows[0], dict) and {"point_time", "value"} <= set(rows[0])
    )


def read_moer_answer(data: Any, where: str) -> GridTable:
    """An answer of ``historical``, ``forecast`` or version 2's ``data``.

    Parameters
    ----------
    data
        The JSON.
    where
        What it was read from, for errors.

    Returns
    -------
    Marginal g CO2/kWh by the step of the answer.

    Raises
    ------
    WattlineError
        For a signal that is no CO2 rate, such as health damage, and for an unknown unit.
    """
    meta = data.get("meta", {}) if isinstance(data, dict) else {}
    rows = data["data"] if isinstance(data, dict) else data
    kind = str(meta.get("signal_type") or rows[0].get("datatype") or "co2_moer").lower()
    unit = str(meta.get("units") or "lbs_co2_per_mwh").lower().replace(" ", "_")
    if kind not in KINDS:
        raise WattlineError(f"series {where}: signal_type {shorten(kind)} is no CO2 rate; take {', '.join(KINDS)}")
    if unit not in FACTORS:
        raise WattlineError(f"series {where}: units {shorten(unit)} are none of {', '.join(FACTORS)}")
    times = moments([row.get("point_time") for row in rows], where)
    values = numbers([row.get("value") for row in rows], where) * FACTORS[unit]
    zone = str(meta.get("region") or rows[0].get("ba") or "")
    return GridTable(times, {KINDS[kind]: values}, SOURCE, zone)
