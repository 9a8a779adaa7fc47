"""Answers of carbon-aware-sdk's Web API: emissions by location, and the current forecast."""

from __future__ import annotations

from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.grid.carbon.formats.columns import LIFECYCLE, MARGINAL, GridTable
from wattline.line.grid.carbon.formats.json_rows import moments, numbers, records

SOURCE = "carbon-aware-sdk"
TIMES = ("time", "timestamp", "startTime")
VALUES = ("rating", "value", "carbonIntensity")
FIELDS = ("Location", "Time", "Rating", "Duration")  # as its command line and its files write them


def is_rating(data: Any) -> bool:
    """Whether JSON is such an answer."""
    rows = _rows(data)
    return bool(rows) and any(name in rows[0] for name in TIMES) and any(name in rows[0] for name in VALUES)


def _rows(data: Any) -> list[dict[str, Any]]:
    if isinstance(data, dict) and isinstance(data.get("Emissions"), list):
        data = data["Emissions"]
    if isinstance(data, list) and data and isinstance(data[0], dict) and "forecastData" in data[0]:
        data = data[0]
    if isinstance(data, dict):
        data = data.get("forecastData", [data] if "rating" in data or "startTime" in data else [])
    return [{name.lower() if name in FIELDS else name: value for name, value in row.items()} for row in records(data)]


def read_rating(data: Any, where: str, kind: str | None) -> GridTable:
    """Emissions by location, or a forecast, in g/kWh.

    Parameters
    ----------
    data
        The JSON.
    where
        What it was read from, for errors.
    kind
        ``average`` or ``marginal``: the SDK passes on what its own source gives and does not say which.

    Returns
    -------
    G/kWh by the step of the answer.

    Raises
    ------
    WattlineError
        Where nobody says which, and for several locations.
    """
    if kind is None:
        raise WattlineError(
            f"series {where}: carbon-aware-sdk does not say whether its ratings are average or marginal; give "
            "--carbon-kind marginal (its source is WattTime) or average (Electricity Maps)"
        )
    rows = _rows(data)
    time = next(name for name in TIMES if name in rows[0])
    value = next(name for name in VALUES if name in rows[0])
    names = {str(row["location"]) for row in rows if row.get("location")}
    if len(names) > 1:
        raise WattlineError(f"series {where} is of several locations: {shorten(', '.join(sorted(names)), 80)}")
    values = numbers([row.get(value) for row in rows], where)
    meaning = MARGINAL if kind == "marginal" else LIFECYCLE
    return GridTable(moments([row.get(time) for row in rows], where), {meaning: values}, SOURCE, "".join(names))
