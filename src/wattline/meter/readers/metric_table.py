"""Metrics of exporters in a table: a row a sample, labels in columns, as data frames of answers are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattline.meter.exporters import identify
from wattline.meter.interpretation import Choices
from wattline.meter.readers.column_names import TIMES, bare_name
from wattline.meter.readers.frame import numbers
from wattline.meter.readers.metrics import Samples, recording_of_samples
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Recording

if TYPE_CHECKING:
    import polars as pl

NAME = "__name__"
LABELS = frozenset({"instance", "job", "namespace", "pod", "container", "exported_instance", "endpoint", "node_name"})


def value_columns(frame: pl.DataFrame) -> list[str]:
    """The columns that hold a metric's values; none where the table is no such one."""
    labels = LABELS & set(frame.columns)
    if NAME in frame.columns:
        named = [name for name in frame.columns if bare_name(name) in ("value", "val")]
        return named or [name for name in frame.columns if _is_metric(name)]
    return [name for name in frame.columns if _is_metric(name)] if len(labels) >= 2 else []


def _is_metric(name: str) -> bool:
    return "_" in name and name.replace("_", "").isalnum() and name.endswith(
        ("_total", "_watts", "_joules", "_microwatts", "_milliwatts", "USAGE", "CONSUMPTION")
    ) and identify(name, {}) is not None  # fmt: skip


def read(frame: pl.DataFrame, source: str, choices: Choices) -> Recording | None:
    """The recording of such a table; None where it is none.

    Parameters
    ----------
    frame : the table
    source : names the recording in errors
    choices : what the user says of its columns or series

    Returns the recording.
    """
    import polars as pl

    values = value_columns(frame)
    time_name = next((name for want in TIMES for name in frame.columns if bare_name(name) == want), None)
    if not values or time_name is None:
        return None
    time_s = column_times(frame[time_name])[0]
    labels = [name for name in frame.columns if name and name not in (*values, time_name) and _is_label(frame, name)]
    texts = [frame[name].cast(pl.String).fill_null("").to_list() for name in labels]
    label_cells = list(zip(*texts, strict=True)) if texts else [()] * len(frame)
    samples: Samples = {}
    for column in values:
        cells = numbers(frame[column])
        for i in np.flatnonzero(np.isfinite(cells) & np.isfinite(time_s)).tolist():
            known = {label: text for label, text in zip(labels, label_cells[i], strict=True) if text}
            name = known.pop(NAME, column)
            times, numbers_ = samples.setdefault((name, tuple(sorted(known.items()))), ([], []))
            times.append(float(time_s[i]))
            numbers_.append(float(cells[i]))
    return recording_of_samples(samples, source, choices)


def _is_label(frame: pl.DataFrame, name: str) -> bool:
    """A column of few different cells; a row number is none."""
    return frame[name].n_unique() <= max(1, len(frame) // 2)
