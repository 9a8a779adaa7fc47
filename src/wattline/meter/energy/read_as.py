"""How a recording was read, as a table for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wattline.meter.interpretation import Interpretation
from wattline.meter.recording import Recording

MANY = 512  # rows of an interpretation that are shown; more series than this are alike


def rows_read_as(recording: Recording, holder: Mapping[str, str]) -> list[dict[str, Any]]:
    """How a recording was read, for JSON: at most ``MANY`` rows and one that counts the rest.

    Parameters
    ----------
    recording: with its interpretation; where its format says itself what its readings are, they are told as they came.
    holder: a device's key -> the key of the device that holds it, as the sum has it.

    Returns
    -------
    A row a column or series, or some alike.
    """
    rows = [replace(row, inside=row.inside or holder.get(row.device, "")) for row in _rows(recording)]
    shown = [row.json() for row in rows[:MANY]]
    if len(rows) > MANY:
        shown.append(Interpretation(f"and {len(rows) - MANY:,} more", note="alike").json())
    return shown


def _rows(recording: Recording) -> list[Interpretation]:
    if recording.interpretation:
        return list(recording.interpretation)
    rows = []
    for series in recording.series:
        clock = "monotonic" if series.monotonic_s is not None else "UTC"
        known = (series.device.key, clock, series.device.inside, series.spec.note)
        for values, what, unit, counts in (
            (series.power_w, "power", "W", "reading"),
            (series.energy_j, "energy", "J", "running total"),
        ):
            if values is not None:
                name = series.device.name or series.device.uuid
                rows.append(Interpretation(name, known[0], what, unit, counts, *known[1:]))
    return rows
