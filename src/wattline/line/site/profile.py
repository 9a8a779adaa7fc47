"""The servers' power through a year: flat, a day or a week or a year of a file, or a saved load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.units import DAY_H, HOUR_S, TYPICAL_YEAR_H

STEP_S = HOUR_S
LEAP_YEAR_H = TYPICAL_YEAR_H + DAY_H
MIN_PEAK = 1e-3  # of the design: below it the unit is wrong, or the design


@dataclass(frozen=True, eq=False)
class Profile:
    """IT power at each hour of a year as a share of design, and what was done to make a year of it."""

    share: Array
    name: str
    notes: tuple[str, ...] = field(default=())


def flat(share: float) -> Profile:
    """The same power in every hour. Raises WattlineError for a share that is not above 0, up to 1."""
    if not 0 < share <= 1:
        raise WattlineError(f"utilisation: {share:g} is not a share of the design's power; take one above 0, up to 1")
    return Profile(np.full(TYPICAL_YEAR_H, share), "flat")


def from_hours(share: Array, it_w: float, name: str, notes: Sequence[str] = ()) -> Profile:
    """A year of hours from shares of the design, of a day, a week, a year or any other length.

    Parameters
    ----------
    share : of the design's IT power by the hour, shape ``(n_hours,)``
    it_w : IT power of the design [W], for errors
    name : of the load
    notes : on how it was read

    Returns the profile. Raises WattlineError for power below zero, none at all, or beyond the design.
    """
    _check(share, f"load {name}", it_w)
    more = list(notes)
    return Profile(year_of(share, more), name, tuple(more))


def from_load(load: Load, it_w: float, name: str = "load", utc_offset_h: float = 0.0) -> Profile:
    """A load at the chips' or servers' plug as a year of hours; the mean of its draws where it has any.

    Parameters
    ----------
    load : at the servers' or chips' plug
    it_w : design IT power of the site [W]
    name : of the load, for errors
    utc_offset_h : of the site's standard time, to which the load's start is moved [h]

    Returns the profile, with what was done to make it a year. Raises WattlineError for a load that has the site's
    overhead in it, or goes beyond the design.
    """
    if load.point not in ("chip", "server"):
        raise WattlineError(
            f"load {name}: a load at the {load.point} has the site's overhead in it; give one at the server or chip"
        )
    power = load.power_w.sum(axis=0) if load.labels else load.power_w
    power = power.reshape(-1, power.shape[-1]).mean(axis=0)
    notes: list[str] = []
    return from_hours(own_hours(load, power, utc_offset_h, notes) / it_w, it_w, name, notes)


def own_hours(load: Load, power_w: Array, utc_offset_h: float, notes: list[str]) -> Array:
    """One series of a load by the hour, each where it is in the day of the site's standard time, and in the year.

    Parameters
    ----------
    load : whose start and step are taken
    power_w : the series, ``(n_steps,)`` [W]
    utc_offset_h : of the site's standard time [h]
    notes : hears what was moved

    Returns
    -------
    Shape ``(n_hours,)`` [W]; one of its mean where the load is shorter than an hour.
    """
    whole = int(load.duration_s // STEP_S + 1e-9)
    if not whole:
        return np.full(1, float(power_w.mean()))
    hourly = Load(load.point, load.start, load.step_s, power_w).resample(STEP_S).power_w[:whole]
    utc = np.datetime64(load.start.astimezone(UTC).replace(tzinfo=None), "s")
    return in_calendar(hourly, move(utc, utc_offset_h, [] if _begins_there(load, utc_offset_h) else notes), notes)


def _begins_there(load: Load, utc_offset_h: float) -> bool:
    """Whether a load's start is written in the site's standard time already."""
    offset = load.start.utcoffset()
    return offset is not None and offset.total_seconds() == utc_offset_h * HOUR_S


def move(start: np.datetime64, utc_offset_h: float, notes: list[str]) -> np.datetime64:
    """A time in UTC as the site's standard time.

    Parameters
    ----------
    start : in UTC
    utc_offset_h : of the site's standard time [h]
    notes : hears that it was moved

    Returns
    -------
    That time.
    """
    if utc_offset_h:
        notes.append(f"times in UTC moved by {utc_offset_h:+g} h to the place's standard time")
    return start + np.timedelta64(round(utc_offset_h * HOUR_S), "s")


def in_calendar(hours: Array, start: np.datetime64, notes: list[str]) -> Array:
    """Whole days turned so that the first hour is one of midnight, and a year of them so that it begins in January.

    Parameters
    ----------
    hours : one value an hour, ``(n_hours,)``
    start : of the first, in the site's standard time
    notes : hears what was left out or turned

    Returns
    -------
    Shape ``(n_hours,)``, at most a year; hours that are no whole days stay where they are.
    """
    if hours.size > LEAP_YEAR_H:
        notes.append(f"the first {TYPICAL_YEAR_H:,} of {hours.size:,} hours")
        hours = hours[:TYPICAL_YEAR_H]
    if hours.size % DAY_H:
        return hours
    years = start.astype("datetime64[Y]") + np.arange(2)
    this, following = years.astype("datetime64[h]")
    first = int((start.astype("datetime64[h]") - this).astype(int))
    if first > TYPICAL_YEAR_H // 2:  # nearer to the January that comes
        first -= int((following - this).astype(int))
    if abs(first) >= DAY_H and hours.size >= TYPICAL_YEAR_H:
        notes.append(f"the year begins at {start} and is turned to begin in January")
    return np.roll(hours, first)


def _check(values: Array, what: str, it_w: float) -> None:
    if values.min() < 0 or not values.max() > 0:
        raise WattlineError(f"{what}: power must be zero or more, and not all zero")
    if values.max() < MIN_PEAK:
        raise WattlineError(
            f"{what}: it reaches {values.max() * it_w:.3g} W, less than a thousandth of the design of "
            f"{it_w / 1e6:.4g} MW; is its unit right?"
        )
    if values.max() > 1.0 + 1e-6:
        raise WattlineError(
            f"{what}: it reaches {values.max() * it_w / 1e6:.4g} MW, above the design of {it_w / 1e6:.4g} MW"
        )


def year_of(values: Array, notes: list[str]) -> Array:
    """A year of hours from a day, a week, a year, or any other length, repeated.

    Parameters
    ----------
    values : one an hour, ``(n_hours,)``
    notes : hears what was left out or repeated

    Returns
    -------
    Shape ``(8760,)``.
    """
    count = values.size
    if count == TYPICAL_YEAR_H:
        return values
    if count == LEAP_YEAR_H:
        notes.append("a leap year: 29 February left out")
        return np.delete(values, slice(59 * 24, 60 * 24))
    if count > TYPICAL_YEAR_H:
        notes.append(f"the first {TYPICAL_YEAR_H:,} of {count:,} hours")
        return values[:TYPICAL_YEAR_H]
    notes.append(f"{count:,} hours repeated through the year")
    return np.resize(values, TYPICAL_YEAR_H)
