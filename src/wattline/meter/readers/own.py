"""Wattline's own table of readings (``meter export --table readings``), as it was written: nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.meter.device import Device
from wattline.meter.readers import specs
from wattline.meter.readers.frame import numbers
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Recording, Series, filled_column
from wattline.meter.sensor import Spec

if TYPE_CHECKING:
    import polars as pl

DEVICE = ("host", "device", "kind", "name", "source", "inside", "modelled")
VALUES = ("monotonic_s", "power_w", "energy_j")
SPEC = ("window_s", "period_s", "wrap_j", "error")


def is_table(columns: Sequence[str]) -> bool:
    """Whether these are the columns that the export writes."""
    return {"time", *DEVICE, *VALUES} <= set(columns)


def read(frame: pl.DataFrame, source: str) -> Recording:
    """A series for each device and sensor, with all that the table keeps of it.

    Parameters
    ----------
    frame : a table as ``wattline meter export`` writes it
    source : path of the file, for errors

    Returns
    -------
    A recording.
    """
    import polars as pl

    time_s = column_times(frame["time"])[0]
    keys = [name for name in (*DEVICE, *SPEC, "note", "series") if name in frame.columns]
    texts = [frame[name].cast(pl.String).fill_null("").to_list() for name in keys]
    groups: dict[tuple[str, ...], list[int]] = {}
    for i, key in enumerate(zip(*texts, strict=True)):
        groups.setdefault(key, []).append(i)
    columns = {name: numbers(frame[name]) for name in VALUES}
    series = []
    for key, rows in groups.items():
        row = dict(zip(keys, key, strict=True))
        at = np.array(rows)
        device = Device(row["host"], row["device"], row["kind"], row["name"], row["inside"])
        mono, power, energy = (filled_column(columns[name][at]) for name in VALUES)
        series.append(Series(device, _spec(row), time_s[at], power, energy, mono))
    return Recording(tuple(series), source=source)


def _spec(row: dict[str, str]) -> Spec:
    modelled = row["modelled"].lower() == "true"
    usual = specs.of_source(row["source"], modelled)
    known: dict[str, Any] = {each.name: getattr(usual, each.name) for each in fields(Spec)}
    known |= {name: float(row[name]) for name in SPEC if row.get(name)}
    known["note"] = row.get("note", "")
    return Spec(**known)
