"""Work that may wait, as batch APIs take it: the deadline, and the hours that it runs in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number, parse
from wattline.core.units import DAY_S, HOUR_S
from wattline.predict.facility import Facility

DAY_SHARE = 1 / 3  # of each day's hours, the best of which work that may wait takes
DEADLINES_H = (1.0, 168.0)  # an hour to a week


def read_deadline(given: float | str | None) -> float | None:
    """Hours within which the work of a batch API is to be done, such as ``"6 h"``; None where none is given.

    Parameters
    ----------
    given : as the user wrote it [h]

    Returns the hours. Raises WattlineError for none from an hour to a week.
    """
    if given is None:
        return None
    hours = parse(given, "h", "deadline")
    if not DEADLINES_H[0] <= hours <= DEADLINES_H[1]:
        raise WattlineError(f"deadline: {number(hours)} h is not from an hour to a week; give one such as '6 h'")
    return hours


def off_peak(facility: Facility, deadline_h: float | None) -> Facility:
    """A site whose hours are the best of each window that the work may wait.

    Parameters
    ----------
    facility : with its hours, where carbon or price is known by the hour
    deadline_h : within which the work is to be done [h]; a day where None

    Returns the site.
    """
    if facility.hours is None:
        return facility
    window_s = DAY_S if deadline_h is None else deadline_h * HOUR_S
    return replace(facility, hours=facility.hours.best_of_windows(DAY_SHARE, window_s))


def check_deadline(deadline_h: float | None, latency_s: Array) -> None:
    """Whether a session can be done within its deadline.

    Parameters
    ----------
    deadline_h : within which the work is to be done [h]
    latency_s : of a session's calls, one after the other, scalar or ``(n_draws,)``

    Raises WattlineError where it cannot.
    """
    usual_s = float(np.median(latency_s))
    if deadline_h is not None and usual_s > deadline_h * HOUR_S:
        raise WattlineError(
            f"deadline: the calls of one session, one after the other, take {number(usual_s / HOUR_S)} h, longer than "
            f"{number(deadline_h)} h; give more, or a smaller --batch"
        )


def off_peak_notes(facility: Facility, deadline_h: float | None) -> tuple[str, ...]:
    """Which hours work that may wait runs in, in words.

    Parameters
    ----------
    facility : where it runs
    deadline_h : within which the work is to be done [h]; a day where None

    Returns the notes.
    """
    if facility.hours is None:
        return ("work that may wait: give --carbon hourly, or a --price file, to see what off-peak hours save",)
    if deadline_h is None:
        return (f"work that may wait a day runs in the best {DAY_SHARE:.0%} of each day's hours",)
    return (
        f"work that may wait {number(deadline_h)} h runs in the best {DAY_SHARE:.0%} of the hours of each such window",
    )
