"""Prices as JSON: energy-charts.info (lists over Unix time), and Electricity Maps' day-ahead prices (rows)."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.line.grid.carbon.formats.columns import PRICE, GridTable
from wattline.line.grid.carbon.formats.json_rows import moments, numbers, records
from wattline.line.grid.carbon.formats.units import price_factor


def is_price_answer(answer: Any) -> bool:
    """Whether JSON is one of these."""
    if not isinstance(answer, dict):
        return False
    rows = _rows(answer)
    return {"unix_seconds", "price"} <= set(answer) or (bool(rows) and {"datetime", "value", "unit"} <= set(rows[0]))


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return records(answer.get("data", answer.get("history")))


def read_price_answer(answer: dict[str, Any], where: str) -> GridTable:
    """Prices by the step of the answer.

    Parameters
    ----------
    answer
        The JSON.
    where
        What it was read from, for errors.

    Returns
    -------
    Money a kWh, in the currency of the answer's unit.

    Raises
    ------
    WattlineError
        For a unit that is no money for an energy, several units, and lists of different lengths.
    """
    rows = _rows(answer)
    units = {str(row.get("unit")) for row in rows} if rows else {str(answer.get("unit"))}
    made = price_factor(next(iter(units))) if len(units) == 1 else None
    if made is None:
        raise WattlineError(f"series {where}: unit {shorten(', '.join(sorted(units)), 60)} is no price such as EUR/MWh")
    factor, currency = made
    if rows:
        times = moments([row.get("datetime") for row in rows], where)
        values = numbers([row.get("value") for row in rows], where)
        return GridTable(times, {PRICE: values * factor}, "Electricity Maps", str(answer.get("zone") or ""), currency)
    seconds, prices = answer["unix_seconds"], answer["price"]
    if not isinstance(seconds, list) or not isinstance(prices, list) or len(seconds) != len(prices) or not seconds:
        raise WattlineError(f"series {where}: unix_seconds and price are not lists of one length")
    stamps = numbers(seconds, where)
    if not np.isfinite(stamps).all() or np.abs(stamps).max() > 1e11:
        raise WattlineError(f"series {where}: unix_seconds has what is no time in seconds")
    times = stamps.astype("int64").astype("datetime64[s]")
    return GridTable(times, {PRICE: numbers(prices, where) * factor}, "energy-charts.info", "", currency)
