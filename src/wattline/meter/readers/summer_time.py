"""Times of a wall clock without a zone over the night in which clocks go an hour forward: an hour that never was.

In autumn such a clock steps back, which its readings show; in spring its hour is missing, as if nothing was read.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import HOUR_S

SUNDAY = 6
MONTHS = (3, 4, 9, 10)  # in spring, on either half of the earth
HOURS = (0, 1, 2)  # from which clocks go forward
NEAR = 0.6  # of the usual step, by which the step over that hour differs


def forward(seconds: Array) -> tuple[Array, str]:
    """Times with the hour taken out that clocks skipped.

    Parameters
    ----------
    seconds : of the wall clock, as if it were UTC [s], shape ``(n,)``, in any order

    Returns them, and the day as words; empty where there is no such hour.
    """
    there = np.unique(seconds[np.isfinite(seconds)])
    steps = np.diff(there)
    if len(steps) < 3:
        return seconds, ""
    usual = float(np.median(steps))
    if usual >= HOUR_S / 2:
        return seconds, ""
    for i in np.flatnonzero(np.abs(steps - HOUR_S - usual) <= NEAR * usual):
        begin = np.floor(there[i + 1] / HOUR_S) * HOUR_S - HOUR_S  # of the hour that is missing
        begins = datetime.fromtimestamp(float(begin), UTC)
        spring = begins.weekday() == SUNDAY and begins.month in MONTHS and begins.hour in HOURS
        if there[i] < begin and spring:
            moved = np.where(seconds >= there[i + 1], seconds - HOUR_S, seconds)
            return moved, f"{begins:%d %B}"
    return seconds, ""
