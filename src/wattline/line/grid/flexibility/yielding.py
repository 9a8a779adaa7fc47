"""When a new load yields: its picture by month and hour, its events by length, and the grid's highest hours with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import YEAR_H
from wattline.line.grid.flexibility.headroom import room_w

EVENTS_H = (1, 2, 3, 4, 6, 8, 12)  # lengths by which events are counted, the last with all longer ones
HIGHEST = 0.1  # share of the hours that the curve shows
POINTS = 61


@dataclass(frozen=True, eq=False)
class Yielding:
    """When, how long and how deep a new load yields.

    Attributes
    ----------
    hours_by_month
        Hours a year in which it yields, by month and hour of the day in UTC, shape ``(12, 24)``.
    events_per_year
        Stretches a year, up to each length of ``EVENTS_H`` and above the one before; the last with all longer.
    share
        Share of the hours, the highest first, shape ``(n_points,)``.
    demand_w, with_load_w, unyielding_w
        Demand exceeded in that share of the hours: without the new load, with it as it yields, and if it did not [W].
    """

    hours_by_month: Array
    events_per_year: Array
    share: Array
    demand_w: Array
    with_load_w: Array
    unyielding_w: Array


def yielding(demand_w: Array, month: Array, hour: Array, added_w: float, step_h: float = 1.0) -> Yielding:
    """The picture of a new load that yields.

    Parameters
    ----------
    demand_w
        Demand of the grid, shape ``(n_steps,)`` [W].
    month, hour
        Month (1 to 12) and hour of the day of each step, in UTC, shape ``(n_steps,)``.
    added_w
        Power of the new load [W].
    step_h
        Length of a step [h].

    Returns
    -------
    Hours by month and hour, events by length, and the highest powers [W] without the load, with it, and yielding.
    """
    room = room_w(demand_w, month)
    cut = np.maximum(added_w - room, 0.0)
    within = cut > added_w * 1e-12
    years = len(demand_w) * step_h / YEAR_H
    by_month = np.zeros((12, 24))
    np.add.at(by_month, (month.astype(int)[within] - 1, hour.astype(int)[within]), step_h / years)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], within.astype(int), [0]])))
    lengths = (edges[1::2] - edges[::2]) * step_h
    bins = np.searchsorted(EVENTS_H, lengths, side="left")
    counts = np.bincount(np.minimum(bins, len(EVENTS_H) - 1), minlength=len(EVENTS_H)) / years
    share = np.linspace(0.0, HIGHEST, POINTS)
    place = np.minimum((share * len(demand_w)).astype(int), len(demand_w) - 1)

    def highest(power_w: Array) -> Array:
        return np.asarray(np.sort(power_w)[::-1][place])

    return Yielding(
        by_month, counts, share, highest(demand_w), highest(demand_w + added_w - cut), highest(demand_w + added_w)
    )
