"""Rows that hold power in reserve: what counts when a unit, or the grid, is out must reach the highest load."""

from __future__ import annotations

from wattline.line.grid.supply.collect import Parts
from wattline.line.grid.supply.parts import PowerMargin, Storage

RESERVE = "reserve:"  # of a storage's power, what its content lasts for


def add_margins(parts: Parts) -> None:
    """A row for each margin of the case: the sum of what counts is no less than it asks.

    Parameters
    ----------
    parts : of which every capacity is there
    """
    places = {name: place for place, (name, _, _) in enumerate(parts.capacities)}
    reserves: dict[str, tuple[int, float]] = {}
    for margin in parts.case.margins:
        counts = {places[name]: -credit for name, credit in margin.credits.items() if name in places}
        for storage in parts.case.storages:
            if storage.name in margin.stores and f"{storage.name} power" in places:
                place, share = reserves.setdefault(storage.name, _lasting(parts, storage, margin, places))
                counts[place] = -share * margin.stores[storage.name]
        row = f"margin:{margin.name}"
        parts.limits[row], parts.on_capacity[row] = -margin.least_mw, counts


def _lasting(parts: Parts, storage: Storage, margin: PowerMargin, places: dict[str, int]) -> tuple[int, float]:
    """The capacity that stands for a storage's lasting power, and the share of it that counts."""
    power, hours = places[f"{storage.name} power"], margin.hours / storage.discharge_efficiency
    if storage.hours is not None:
        return power, min(1.0, storage.hours / hours)
    place = parts.capacity(f"{RESERVE}{storage.name}", 0.0)
    for what, bound, per_mw in (("power", power, 1.0), ("energy", places[f"{storage.name} energy"], hours)):
        row = f"{RESERVE}{storage.name} {what}"
        parts.limits[row], parts.on_capacity[row] = 0.0, {place: per_mw, bound: -1.0}
    return place, 1.0
