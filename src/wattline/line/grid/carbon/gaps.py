"""Gaps of a series: filled where they are short, from the days around where they are longer, refused beyond."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.grid.hourly import SIGNAL_STEPS, Hourly

MAX_DAYS_FILLED = 3  # of a gap that is filled from the same hours of the days around it


def without_gaps(series: Hourly, name: str, where: str, notes: list[str]) -> Array:
    """A column without gaps: short ones in a straight line, longer ones from the same hours of the days around.

    Parameters
    ----------
    series
        The file's columns over a regular time.
    name
        Of the column.
    where
        What it was read from, for errors.
    notes
        Takes how many steps were filled.

    Returns
    -------
    Numbers in the file's unit, shape ``(n_steps,)``, none of them NaN.

    Raises
    ------
    WattlineError
        Where a gap is longer than ``MAX_DAYS_FILLED`` days.
    """
    values = series.columns[name]
    missing = int((~np.isfinite(values)).sum())
    if not missing:
        return values
    longest, begin = _longest_gap(values)
    if longest * series.step_h > MAX_DAYS_FILLED * 24 or missing == len(values):
        raise WattlineError(
            f"series {where}: {name} has no number for {longest:,} steps from {series.utc[begin]} UTC; give a file "
            f"without such a gap (up to {MAX_DAYS_FILLED} days are filled)"
        )
    first = series.utc[int(np.argmin(np.isfinite(values)))]
    words = f"{name}: {missing:,} of {len(values):,} steps without a number are filled, the first at {first} UTC"
    if longest > SIGNAL_STEPS:
        words += f", the longest gap of {longest:,} from the same hours of the days around it"
    notes.append(words)
    return _filled_by_day(values, round(24 / series.step_h))


def _longest_gap(values: Array) -> tuple[int, int]:
    """Steps of the longest gap, and where it begins."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (~np.isfinite(values)).astype(int), [0]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths.max()), int(edges[::2][np.argmax(lengths)])


def _filled_by_day(values: Array, per_day: int) -> Array:
    """Gaps of up to three steps in a straight line; of longer ones each step by the same step of the nearest days."""
    filled = values.copy()
    there = np.isfinite(values)
    at = np.arange(len(values))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (~there).astype(int), [0]])))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if end - begin > SIGNAL_STEPS:
            for i in range(begin, end):
                around = [values[j] for j in (_alike(there, i, -per_day), _alike(there, i, per_day)) if j is not None]
                filled[i] = np.mean(around) if around else np.nan
    there = np.isfinite(filled)
    return np.asarray(np.where(there, filled, np.interp(at, at[there], filled[there])))


def _alike(there: np.ndarray[Any, np.dtype[np.bool_]], i: int, stride: int) -> int | None:
    """The nearest step a whole number of days away that has a number."""
    j = i + stride
    while 0 <= j < len(there):
        if there[j]:
            return j
        j += stride
    return None
