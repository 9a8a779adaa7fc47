"""Electricity Maps: yearly CSV files, old and new names of columns, and the answers of its API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.line.grid.carbon.formats.columns import (
    CLEAN,
    DIRECT,
    LIFECYCLE,
    PER_CENT,
    GridTable,
    column_of,
    rows_of_zone,
)
from wattline.line.grid.carbon.formats.json_rows import moments, numbers, records
from wattline.line.grid.table import times_of

if TYPE_CHECKING:
    import polars as pl

SOURCE = "Electricity Maps"
# gCO₂eq/kWh behind the word; "(LCA)" until 2024, "(Life cycle)" since
COLUMNS = {
    DIRECT: re.compile(r"(?i)^carbon intensity .*\(direct\)$"),
    LIFECYCLE: re.compile(r"(?i)^carbon intensity .*\((?:lca|life ?cycle)\)$"),
    CLEAN: re.compile(r"(?i)^(?:low.carbon percentage|carbon.free energy percentage.*)$"),
}
LISTS = ("history", "data", "forecast")
SCOPE_OF = {"lifecycle": LIFECYCLE, "direct": DIRECT}


def is_table(table: pl.DataFrame) -> bool:
    """Whether a CSV is of this form."""
    return any(COLUMNS[DIRECT].match(name) or COLUMNS[LIFECYCLE].match(name) for name in table.columns)


def read_emaps_table(table: pl.DataFrame, where: str, zone: str | None) -> GridTable:
    """A yearly CSV file.

    Parameters
    ----------
    table
        Its columns as text.
    where
        What it was read from, for errors.
    zone
        The zone wanted, where the file has several.

    Returns
    -------
    G/kWh and carbon-free share by the hour.
    """
    key = next((name for name in table.columns if name.lower() in ("zone id", "zone_id")), None)
    name = ""
    if key is not None:
        table, name = rows_of_zone(table, key, zone, where)
    _, times, notes = times_of(table, where)
    columns = {}
    for meaning, pattern in COLUMNS.items():
        if column := next((each for each in table.columns if pattern.match(each)), None):
            columns[meaning] = column_of(table, column, where) * (PER_CENT if meaning == CLEAN else 1.0)
    estimated = next((each for each in table.columns if each.lower() == "data estimated"), None)
    if estimated is not None and (count := int((table[estimated].str.to_lowercase() == "true").sum())):
        notes.append(f"{count:,} of {table.height:,} values are estimates of Electricity Maps")
    return GridTable(times, columns, SOURCE, name, notes=tuple(notes))


def is_answer(data: Any) -> bool:
    """Whether JSON is an answer of its API."""
    rows = _rows(data)
    return bool(rows) and "carbonIntensity" in rows[0]


def _rows(data: Any) -> list[dict[str, Any]]:
    if isinstance(data, dict):
        for name in LISTS:
            if isinstance(data.get(name), list):
                data = data[name]
                break
        else:
            data = [data]
    return records(data)


def read_emaps_answer(data: Any, where: str) -> GridTable:
    """An answer of ``carbon-intensity`` (latest, history, past-range, forecast).

    Parameters
    ----------
    data
        The JSON.
    where
        What it was read from, for errors.

    Returns
    -------
    G/kWh by the hour.

    Raises
    ------
    WattlineError where the answer is of several zones, or of a type of emission factor that is not known.
    """
    rows = _rows(data)
    kinds = {str(row["emissionFactorType"]) for row in rows if row.get("emissionFactorType")}
    if isinstance(data, dict) and data.get("emissionFactorType"):
        kinds.add(str(data["emissionFactorType"]))
    if len(kinds) > 1 or not kinds <= set(SCOPE_OF):
        raise WattlineError(f"series {where}: emissionFactorType {shorten(', '.join(sorted(kinds)), 60)} is not known")
    scope = SCOPE_OF[kinds.pop()] if kinds else LIFECYCLE
    names = {str(row["zone"]) for row in rows if row.get("zone")} | (
        {str(data["zone"])} if isinstance(data, dict) and data.get("zone") else set()
    )
    if len(names) > 1:
        raise WattlineError(f"series {where} is of several zones: {shorten(', '.join(sorted(names)), 80)}; ask for one")
    notes = [] if any("emissionFactorType" in row for row in rows) else ["taken as of the life cycle"]
    if count := sum(row.get("isEstimated") is True for row in rows):
        notes.append(f"{count:,} of {len(rows):,} values are estimates of Electricity Maps")
    times = moments([row.get("datetime") for row in rows], where)
    values = numbers([row.get("carbonIntensity") for row in rows], where)
    return GridTable(np.asarray(times), {scope: values}, SOURCE, names.pop() if names else "", notes=tuple(notes))
