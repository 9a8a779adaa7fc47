"""Answers of Great Britain's Carbon Intensity API: half hours, national or of one region."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.line.grid.carbon.formats.columns import DIRECT, GridTable
from wattline.line.grid.carbon.formats.json_rows import moments, numbers, records

SOURCE = "Carbon Intensity API"


def is_uk(answer: Any) -> bool:
    """Whether JSON is such an answer."""
    rows = _rows(answer)
    return bool(rows) and "from" in rows[0] and ("intensity" in rows[0] or "regions" in rows[0])


def _rows(answer: Any) -> list[dict[str, Any]]:
    rows = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict) and "data" in rows[0]:
        rows = rows[0]
    if isinstance(rows, dict):
        rows = rows.get("data")
    return records(rows)


def read_uk(answer: Any, where: str) -> GridTable:
    """Measured intensity, and the forecast where none is measured yet.

    Parameters
    ----------
    answer
        The JSON.
    where
        What it was read from, for errors.

    Returns
    -------
    Direct g CO2/kWh by the half hour: the API counts what plants emit, not what lies before them.

    Raises
    ------
    WattlineError
        For an answer of all regions at once, and times or numbers that are none.
    """
    rows = _rows(answer)
    if any("regions" in row for row in rows):
        raise WattlineError(f"series {where} is of all regions; take the answer of one, such as /regional/regionid/13")
    cells = [row["intensity"] if isinstance(row.get("intensity"), dict) else {} for row in rows]
    measured = numbers([cell.get("actual") for cell in cells], where)
    forecast = numbers([cell.get("forecast") for cell in cells], where)
    values = np.where(np.isfinite(measured), measured, forecast)
    notes = ["taken as direct: the API counts what plants emit"]
    if count := int((np.isnan(measured) & np.isfinite(forecast)).sum()):
        notes.append(f"{count:,} of {len(rows):,} values are forecasts of the API")
    region = answer["data"] if isinstance(answer["data"], dict) else answer["data"][0]
    times = moments([row.get("from") for row in rows], where)
    return GridTable(times, {DIRECT: values}, SOURCE, str(region.get("shortname") or "GB"), notes=tuple(notes))
