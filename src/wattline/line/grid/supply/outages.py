"""Outages: which of a plant's units are up in each step, as times that run and times of repair follow one another."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array

MAX_UNITS = 200  # what is of more units is nearly level
MAX_SHARE = 0.95


def units_up(
    rng: np.random.Generator, hours: tuple[int, float], share_down: float, repair_h: float, units: int = 1
) -> Array:
    """The share of a plant's units that are up, ``(n_steps,)``.

    A unit runs for a time and is repaired for a time, both drawn from exponential distributions whose means make it
    ``share_down`` of the time out; at the first step it is in either state with that chance.

    Parameters
    ----------
    rng : where chance comes from
    hours : number of steps, and hours of a step
    share_down : share of the time that a unit is out, 0 to 1
    repair_h : mean time of an outage [h]
    units : how many there are

    Returns
    -------
    Shares from 0 to 1.
    """
    steps, step_h = hours
    share = min(max(share_down, 0.0), MAX_SHARE)
    count = max(min(units, MAX_UNITS), 1)
    if share == 0 or repair_h <= 0:
        return np.ones(steps)
    mean = {True: repair_h * (1 - share) / share, False: repair_h}
    up = np.zeros(steps)
    for _ in range(count):
        at, runs = 0.0, bool(rng.random() >= share)
        while at < steps:
            end = at + rng.exponential(mean[runs]) / step_h
            if runs:
                up[round(at) : round(min(end, steps))] += 1.0
            at, runs = end, not runs
    return up / count
