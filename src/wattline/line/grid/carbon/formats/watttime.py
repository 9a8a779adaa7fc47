"""WattTime: marginal (MOER) and average (AOER) rates in pounds a MWh, its CSV files and the answers of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.units import G_PER_LB
from wattline.line.grid.carbon.formats.columns import DIRECT, MARGINAL, GridTable, column_of
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
    column = names["moer"] if "moer" in names else names["value"]
    meaning, factor = _meaning(_only(table, names.get("signal_type")), _only(table, names.get("units")), where)
    _, times, notes = times_of(table, where, time_zone)
    if "signal_type" not in names:
        notes.append("taken as pounds of CO2 a MWh, marginal (MOER)")
    return GridTable(times, {meaning: column_of(table, column, where) * factor}, SOURCE, notes=tuple(notes))


def _only(table: pl.DataFrame, name: str | None) -> str:
    """What stands in every row of a column, joined where they differ; empty where there is none."""
    return "" if name is None else ", ".join(str(each) for each in table[name].drop_nulls().unique(maintain_order=True))


def _meaning(signal: str, units: str, where: str) -> tuple[str, float]:
    """The meaning of a signal and the factor of its unit to g/kWh; marginal and pounds a MWh where it does not say."""
    kind = (signal or "co2_moer").lower()
    unit = (units or "lbs_co2_per_mwh").lower().replace(" ", "_")
    if kind not in KINDS:
        raise WattlineError(f"series {where}: signal_type {shorten(kind)} is no CO2 rate; take {', '.join(KINDS)}")
    if unit not in FACTORS:
        raise WattlineError(f"series {where}: units {shorten(unit)} are none of {', '.join(FACTORS)}")
    return KINDS[kind], FACTORS[unit]


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
    signal = str(meta.get("signal_type") or rows[0].get("datatype") or "")
    meaning, factor = _meaning(signal, str(meta.get("units") or ""), where)
    times = moments([row.get("point_time") for row in rows], where)
    values = numbers([row.get("value") for row in rows], where) * factor
    zone = str(meta.get("region") or rows[0].get("ba") or "")
    return GridTable(times, {meaning: values}, SOURCE, zone)
