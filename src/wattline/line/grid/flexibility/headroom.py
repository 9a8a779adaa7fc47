"""How much new load a grid takes without new plants, if that load yields in the grid's highest hours.

The rule is of Norris et al., Rethinking Load Growth (Duke University, 2025): the demand that was served in the highest
hour of a season can be served in each hour of that season, so a constant new load fits wherever the demand leaves room
below it, and is curtailed by what is above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import YEAR_H

SUMMER = range(4, 11)  # April to October; the other months are winter


@dataclass(frozen=True)
class Headroom:
    """A constant new load that fits, and what it gives up for that.

    Attributes
    ----------
    added_w
        Power of the new load [W].
    curtailed_share
        Curtailed energy over the energy of the new load without curtailment, 0 to 1.
    curtailed_h_per_year
        Hours of a year in which something is curtailed [h].
    events_per_year
        Stretches of such hours in a year.
    mean_event_h, longest_event_h
        How long a stretch lasts [h].
    mean_depth
        Share of the new load that is curtailed, on average over the curtailed hours, 0 to 1.
    half_stays_share
        Share of the curtailed hours in which half of the new load or more goes on, 0 to 1.
    load_factor
        Mean demand over the highest, before the new load, 0 to 1.
    peak_w
        Highest demand before the new load [W].
    """

    added_w: float
    curtailed_share: float
    curtailed_h_per_year: float
    events_per_year: float
    mean_event_h: float
    longest_event_h: float
    mean_depth: float
    half_stays_share: float
    load_factor: float
    peak_w: float


def room_w(demand_w: Array, month: Array) -> Array:
    """The room below the highest demand of each hour's season.

    Parameters
    ----------
    demand_w
        Demand of the grid, numeric, shape ``(n_steps,)`` [W].
    month
        Month of each step, 1 to 12, in UTC, shape ``(n_steps,)``.

    Returns
    -------
    Array
        Room, 0 or more, shape ``(n_steps,)`` [W].
    """
    summer = np.isin(month, SUMMER)
    room = np.empty(len(demand_w))
    for season in (summer, ~summer):
        if season.any():
            room[season] = demand_w[season].max() - demand_w[season]
    return room


def added_for_share(room: Array, share: float) -> float:
    """The constant load of which just this share of the energy finds no room.

    Parameters
    ----------
    room
        Room in each step, shape ``(n_steps,)`` [W].
    share
        Curtailed energy over the load's energy, 0 or more, below 1.

    Returns
    -------
    float
        Power of the load [W]: with the k smallest rooms below it, k L - sum(rooms) = share L n, solved for L.
    """
    ordered = np.sort(room)
    count = np.arange(1, len(ordered) + 1)
    left = count - share * len(ordered)
    with np.errstate(divide="ignore", invalid="ignore"):
        load = np.where(left > 0, np.cumsum(ordered) / left, np.inf)
    # curtailment in k hours is consistent where the load lies between their rooms and the next
    above = np.append(ordered[1:], np.inf)
    fits = (load >= ordered) & (load <= above)
    return float(load[np.argmax(fits)]) if fits.any() else float(ordered[0])


def added_for_hours(room: Array, steps: int) -> float:
    """The largest constant load that is curtailed in at most so many steps.

    Parameters
    ----------
    room
        Room in each step, shape ``(n_steps,)`` [W].
    steps
        Steps in which it may be curtailed.

    Returns
    -------
    That load [W].
    """
    ordered = np.sort(room)
    return float(ordered[min(steps, len(ordered) - 1)])


def headroom_of(demand_w: Array, month: Array, added_w: float, step_h: float = 1.0) -> Headroom:
    """What a constant new load of a given power gives up to fit below the seasons' highest hours.

    Parameters
    ----------
    demand_w
        Demand of the grid, shape ``(n_steps,)`` [W].
    month
        Month of each step in UTC, 1 to 12, shape ``(n_steps,)``.
    added_w
        Power of the new load [W].
    step_h
        Length of a step [h].

    Returns
    -------
    Hours, energy and events of what is given up.

    Raises
    ------
    WattlineError where the new load is below 0 W or not finite, or the demand cannot be taken.
    """
    _check_demand(demand_w)
    if not (added_w >= 0 and np.isfinite(added_w)):
        raise WattlineError(f"headroom: a new load of {added_w:g} W must be 0 W or more")
    return _described(added_w, room_w(demand_w, month), demand_w, step_h, len(demand_w) * step_h / YEAR_H)


def headroom(
    demand_w: Array, month: Array, *, share: float | None = None, hours: float | None = None, step_h: float = 1.0
) -> Headroom:
    """The constant new load that a grid takes, given what it may be curtailed.

    Parameters
    ----------
    demand_w
        Demand of the grid, shape ``(n_steps,)`` [W].
    month
        Month of each step in UTC, 1 to 12, shape ``(n_steps,)``.
    share
        Share of its energy that the new load gives up, 0 up to 1.
    hours
        Hours of a year in which it may be curtailed, in place of ``share`` [h].
    step_h
        Length of a step [h].

    Returns
    -------
    Headroom
        The load with the events of its curtailment.

    Raises
    ------
    WattlineError
        Where both or neither of share and hours are given, where one is out of its range, or where a demand is missing.

    References
    ----------
    Norris, Profeta, Patino-Echeverri, Cowie-Haskell, Rethinking Load Growth, Nicholas Institute, Duke University, 2025.
    """
    if (share is None) == (hours is None):
        raise WattlineError("headroom: give the share of energy or the hours a year that may be curtailed, one of them")
    _check_demand(demand_w)
    room = room_w(demand_w, month)
    years = len(room) * step_h / YEAR_H
    if share is not None:
        if not 0 <= share < 1:
            raise WattlineError(f"headroom: share {share!r} must be 0 or more, below 1")
        added = added_for_share(room, share)
    else:
        assert hours is not None
        if not 0 <= hours <= YEAR_H:
            raise WattlineError(f"headroom: hours {hours!r} must be 0 to {YEAR_H:g}")
        added = added_for_hours(room, int(hours / step_h * years))
    return _described(added, room, demand_w, step_h, years)


def _check_demand(demand_w: Array) -> None:
    bad = np.flatnonzero(~np.isfinite(demand_w) | (demand_w < 0))
    if len(bad) or not len(demand_w):
        where = f"step {bad[0]} is {demand_w[bad[0]]}" if len(bad) else "there is no step"
        raise WattlineError(f"headroom: the demand must be a number, 0 W or more, in each step; {where}")


def _described(added: float, room: Array, demand_w: Array, step_h: float, years: float) -> Headroom:
    cut = np.maximum(added - room, 0.0)
    within = cut > added * 1e-12
    edges = np.flatnonzero(np.diff(np.concatenate([[0], within.astype(int), [0]])))
    lengths = (edges[1::2] - edges[::2]) * step_h
    depth = cut[within] / added if added > 0 else cut[within]
    some = within.any()
    return Headroom(
        added_w=added,
        curtailed_share=float(cut.sum() / (added * len(room))) if added > 0 else 0.0,
        curtailed_h_per_year=float(within.sum() * step_h / years),
        events_per_year=float(len(lengths) / years),
        mean_event_h=float(lengths.mean()) if some else 0.0,
        longest_event_h=float(lengths.max()) if some else 0.0,
        mean_depth=float(depth.mean()) if some else 0.0,
        half_stays_share=float((depth <= 0.5).mean()) if some else 1.0,
        load_factor=float(demand_w.mean() / demand_w.max()) if demand_w.max() > 0 else 0.0,
        peak_w=float(demand_w.max()),
    )
