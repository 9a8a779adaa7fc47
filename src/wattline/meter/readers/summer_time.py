"""Times of a wall clock without a zone over the night in which clocks go an hour forward: an hour that never was.

In autumn such a clock steps back, which its readings show; in spring its hour is missing, as if nothing was read.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import HOUR_S

SUNDAY = 6
WEEK = range(1, 8)
LAST = range(25, 32)  # days of a month of 31 that may be its last Sunday
# month, days of which that Sunday is one, and the local hours that are skipped then
RULES = (
    (3, LAST, (0, 1, 2, 3)),  # Europe and its neighbours: one instant in zones of four hours
    (3, range(8, 15), (0, 2)),  # North America; Cuba
    (9, range(2, 9), (0,)),  # Chile
    (9, range(24, 31), (2,)),  # New Zealand
    (10, WEEK, (2,)),  # Australia
)
UNIVERSAL = re.compile(r"(?i)(?:^|[^a-z])(?:utc|gmt|zulu|unix|epoch)(?:$|[^a-z])")
NEAR = 0.6  # of the usual step, by which the step over that hour differs


def forward(seconds: Array, name: str = "") -> tuple[Array, str]:
    """Times with the hour taken out that clocks skipped.

    Parameters
    ----------
    seconds : of the wall clock, as if it were UTC [s], shape ``(n,)``, in any order
    name : of their column; one of universal time skips no hour

    Returns them, and the day as words; empty where there is no such hour.
    """
    if UNIVERSAL.search(name.replace("_", " ")):
        return seconds, ""
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
        if there[i] < begin and _is_skipped(begins):
            moved = np.where(seconds >= there[i + 1], seconds - HOUR_S, seconds)
            return moved, f"{begins:%d %B}"
    return seconds, ""


def _is_skipped(begins: datetime) -> bool:
    """Whether clocks of some zone skip the hour that begins here."""
    return begins.weekday() == SUNDAY and any(
        begins.month == month and begins.day in days and begins.hour in hours for month, days, hours in RULES
    )
