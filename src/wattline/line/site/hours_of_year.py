"""Hours of a year of 8,760 by their number: the moment of one, and gaps among them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array

YEAR_BEGIN = np.datetime64("2023-01-01T00", "h")  # of a year without a leap day


class HourGap(NamedTuple):
    """The longest gap of a series: its first hour, how many hours it lasts, and how many have no number in all."""

    first: int
    hours: int
    missing: int

    @property
    def begin(self) -> str:
        """Day and hour, such as ``03-05T14:00``."""
        return str((YEAR_BEGIN + np.timedelta64(self.first, "h")).astype("datetime64[m]"))[5:]


NO_GAP = HourGap(0, 0, 0)


def longest_gap(values: Array) -> HourGap:
    """The longest run of steps without a number.

    Parameters
    ----------
    values : shape ``(n_hours,)``; NaN where there is none

    Returns
    -------
    Zeros where there is no gap.
    """
    bad = ~np.isfinite(values)
    if not bad.any():
        return NO_GAP
    begins, ends = np.flatnonzero(np.diff(np.concatenate([[0], bad.astype(int), [0]]))).reshape(-1, 2).T
    at = int(np.argmax(ends - begins))
    return HourGap(int(begins[at]), int(ends[at] - begins[at]), int(bad.sum()))


def refuse_gap(gap: HourGap, what: str, fill_h: float) -> None:
    """Raise WattlineError, naming its first hour, for a gap that is longer than may be filled.

    Parameters
    ----------
    gap : the longest of a year of hours
    what : whose it is, for the error
    fill_h : longest gap that is filled [h]
    """
    if gap.hours > fill_h + 1e-9:
        raise WattlineError(
            f"{what} has no number at {gap.begin} of standard time ({gap.missing} hours have none); mend the file, "
            'or fill gaps up to a length with --fill-gaps "3 h"'
        )
