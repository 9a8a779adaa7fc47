"""The servers' power through a year: flat, a day or a week or a year of a file, or a saved load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.units import HOUR_S, TYPICAL_YEAR_H

STEP_S = HOUR_S
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
    return Profile(_year_of(share, more), name, tuple(more))


def from_load(load: Load, it_w: float, name: str = "load") -> Profile:
    """A load at the chips' or servers' plug as a year of hours; the mean of its draws where it has any.

    Parameters
    ----------
    load : at the servers' or chips' plug
    it_w : design IT power of the site [W]
    name : of the load, for errors

    Returns the profile, with what was done to make it a year. Raises WattlineError for a load that has the site's
    overhead in it, or goes beyond the design.
    """
    if load.point not in ("chip", "server"):
        raise WattlineError(
            f"load {name}: a load at the {load.point} has the site's overhead in it; give one at the server or chip"
        )
    power = load.power_w.reshape(-1, load.power_w.shape[-1])
    power = power.sum(axis=0) if load.labels else power.mean(axis=0)
    hourly = Load(load.point, load.start, load.step_s, power).resample(STEP_S).power_w
    whole = int(load.duration_s // STEP_S)
    hourly = hourly[:whole] if whole else np.full(1, float(load.mean_w.mean()))
    return from_hours(hourly / it_w, it_w, name)


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


def _year_of(values: Array, notes: list[str]) -> Array:
    """A year of hours from a day, a week, a year, or any other length, repeated."""
    count = values.size
    if count == TYPICAL_YEAR_H:
        return values
    if count == TYPICAL_YEAR_H + 24:
        notes.append("a leap year: 29 February left out")
        return np.delete(values, slice(59 * 24, 60 * 24))
    if count > TYPICAL_YEAR_H:
        notes.append(f"the first {TYPICAL_YEAR_H:,} of {count:,} hours")
        return values[:TYPICAL_YEAR_H]
    notes.append(f"{count:,} hours repeated through the year")
    return np.resize(values, TYPICAL_YEAR_H)
