"""What it costs in energy to hold a swinging load still: a floor, ramp limits, or a store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.grid.flexibility.swings import checked_power, storage_j


@dataclass(frozen=True)
class SmoothedLoad:
    """A load after a measure.

    Attributes
    ----------
    power_w
        What the grid sees, shape ``(n_steps,)`` [W].
    extra_share
        Energy that it takes beside that of the load as it was, 0 or more.
    store_j, store_w
        Energy and power of the store, 0 without one [J, W].
    """

    power_w: Array
    extra_share: float
    store_j: float = 0.0
    store_w: float = 0.0


def with_floor(power_w: Array, floor_w: float) -> SmoothedLoad:
    """Burn power wherever the load would fall below a floor (the chips' own floor, or dummy work beside the job).

    Parameters
    ----------
    power_w
        Power through each step, shape ``(n_steps,)`` [W].
    floor_w
        The floor [W].

    Returns
    -------
    Power through each step [W], and what the floor takes.
    """
    power = checked_power(power_w)
    return _smoothed(power, np.maximum(power, floor_w))


def with_ramp_limit(power_w: Array, step_s: float, up_w_per_s: float, down_w_per_s: float) -> SmoothedLoad:
    """Burn power before each rise and after each fall, so that neither is faster than its limit.

    Parameters
    ----------
    power_w
        Power through each step, shape ``(n_steps,)`` [W].
    step_s
        Length of a step [s].
    up_w_per_s, down_w_per_s
        Limits, both above 0 [W/s].

    Returns
    -------
    Smoothed
        The least power that is never below the load and keeps both limits.

    Raises
    ------
    WattlineError where a limit is not above 0, or a step has no power.
    """
    power = checked_power(power_w)
    if not (up_w_per_s > 0 and down_w_per_s > 0):
        raise WattlineError(f"swings: ramp limits {up_w_per_s:g} and {down_w_per_s:g} W/s must be above 0")
    at = np.arange(len(power)) * step_s
    # the highest of all lines that fall from earlier steps, and of all that rise to later ones
    after = np.maximum.accumulate(power + down_w_per_s * at) - down_w_per_s * at
    before = np.maximum.accumulate((power - up_w_per_s * at)[::-1])[::-1] + up_w_per_s * at
    return _smoothed(power, np.maximum(np.maximum(after, before), power))


def with_store(power_w: Array, step_s: float, window_s: float, efficiency: float) -> SmoothedLoad:
    """A store levels the load to its mean over a window around each step, and loses some of what goes through it.

    Parameters
    ----------
    power_w
        Power through each step, of a load that goes on so before and after, shape ``(n_steps,)`` [W].
    step_s
        Length of a step [s].
    window_s
        Length of the window [s]; the whole time or more levels to the mean.
    efficiency
        Energy out over energy in, above 0 up to 1.

    Returns
    -------
    Smoothed
        What the grid sees is the window's mean and, evenly, what the store loses.

    Raises
    ------
    WattlineError where the efficiency is not above 0 and up to 1, or a step has no power.
    """
    power = checked_power(power_w)
    if not 0 < efficiency <= 1:
        raise WattlineError(f"swings: efficiency {efficiency:g} must be above 0, up to 1")
    width = min(max(round(window_s / step_s), 1), len(power))
    sums = np.concatenate([[0.0], np.cumsum(np.concatenate([power, power[:width]]))])
    level = (sums[width:] - sums[:-width])[: len(power)] / width
    level = np.roll(level, width // 2)
    through = np.maximum(power - level, 0.0)  # what comes out of the store
    lost_w = through.mean() * (1.0 / efficiency - 1.0)
    state = np.concatenate([[0.0], np.cumsum(level - power) * step_s])
    made = _smoothed(power, level + lost_w)
    return SmoothedLoad(made.power_w, made.extra_share, float(np.ptp(state)), float(np.abs(level - power).max()))


def with_shelf(power_w: Array, step_s: float, shelf_j: float, efficiency: float) -> SmoothedLoad:
    """A store of a given energy levels the load over a window that it can fill, and none a step longer.

    A window much longer may need less of a store again, where the load repeats itself; it is not looked for.

    Parameters
    ----------
    power_w
        Power through each step, of a load that goes on so before and after, shape ``(n_steps,)`` [W].
    step_s
        Length of a step [s].
    shelf_j
        Energy that the store holds, above 0 [J].
    efficiency
        Energy out over energy in, above 0 up to 1.

    Returns
    -------
    Smoothed
        The load as the window leaves it whose store is no larger than the shelf.

    Raises
    ------
    WattlineError where the store is not above 0 J, or a step has no power.
    """
    if not (shelf_j > 0 and np.isfinite(shelf_j)):
        raise WattlineError(f"swings: a store of {shelf_j:g} J must be above 0 J")
    power = checked_power(power_w)
    if shelf_j >= storage_j(power, step_s):
        return with_store(power, step_s, len(power) * step_s, efficiency)
    least, most = 1, len(power)
    best = with_store(power, step_s, step_s, efficiency)
    while least <= most:  # halved until a window of one step more asks for too much
        width = (least + most) // 2
        made = with_store(power, step_s, width * step_s, efficiency)
        if made.store_j <= shelf_j * (1 + 1e-9):
            best, least = made, width + 1
        else:
            most = width - 1
    return best


def start_and_stop_j(swing_w: float, ramp_w_per_s: float) -> float:
    """Energy burnt where a job rises to its power before it starts, and falls after it stops, no faster than a limit.

    Parameters
    ----------
    swing_w
        Power of the job above that of its idle chips [W].
    ramp_w_per_s
        The limit, above 0 [W/s].

    Returns
    -------
    float
        Two triangles, each of half the swing times the swing over the limit [J].

    Raises
    ------
    WattlineError where the limit is not above 0.
    """
    if not ramp_w_per_s > 0:
        raise WattlineError(f"swings: a ramp limit of {ramp_w_per_s:g} W/s must be above 0")
    return swing_w**2 / ramp_w_per_s


def _smoothed(before: Array, after: Array) -> SmoothedLoad:
    total = float(before.sum())
    return SmoothedLoad(after, (float(after.sum()) - total) / total if total > 0 else 0.0)
