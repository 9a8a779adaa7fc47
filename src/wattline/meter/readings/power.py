"""Power over time as straight lines between knots, and the energy under it: pure functions of arrays.

Here alone readings become joules: ``Power`` keeps one running total, so that any split of a window adds up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np

from wattline.core.fact import Array
from wattline.core.quantiles import median
from wattline.meter.device import Device
from wattline.meter.sensor import Spec

Quantity = TypeVar("Quantity", float, Array)


class Energy(NamedTuple):
    """Joules, and how many fewer or more they may be."""

    value_j: float
    below_j: float
    above_j: float

    @property
    def low_j(self) -> float:
        return max(0.0, self.value_j - self.below_j)

    @property
    def high_j(self) -> float:
        return self.value_j + self.above_j

    def widened(self, joules: float) -> Energy:
        """The same, as much less or more likely off."""
        return self._replace(below_j=self.below_j + joules, above_j=self.above_j + joules)

    def plus(self, other: Energy) -> Energy:
        """The sum; the doubts add up as if all erred the same way."""
        return Energy(self.value_j + other.value_j, self.below_j + other.below_j, self.above_j + other.above_j)


NOTHING = Energy(0.0, 0.0, 0.0)


class Level(NamedTuple):
    """Watts where nothing was read: the likely, and how far below and above it the truth may be."""

    value_w: float
    below_w: float
    above_w: float


@dataclass(frozen=True, eq=False)
class Power:
    """The power of one device over the time that one sensor saw, cleaned.

    ``time_s``: knots, rising, shape ``(n,)``. Power runs straight from ``left_w`` to ``right_w`` in each stretch
    between two knots, and may truly be ``below_w`` less or ``above_w`` more; all shape ``(n - 1,)``. ``before`` and
    ``after`` hold outside the knots. ``peak_time_s`` and ``peak_w``: the readings that a peak is sought in.
    """

    device: Device
    spec: Spec
    time_s: Array
    left_w: Array
    right_w: Array
    below_w: Array
    above_w: Array
    before: Level
    after: Level
    interval_s: float
    counted: bool = False  # by a counter, which loses nothing between readings
    peak_time_s: Array = field(default_factory=lambda: np.empty(0))
    peak_w: Array = field(default_factory=lambda: np.empty(0))

    @property
    def begin_s(self) -> float:
        return float(self.time_s[0])

    @property
    def end_s(self) -> float:
        return float(self.time_s[-1])

    @cached_property
    def _totals(self) -> tuple[Array, Array, Array]:
        """Running totals at the knots: the likely, and its doubt below and above; each of shape ``(n,)``."""
        length = np.diff(self.time_s)
        parts = line_j(self.left_w, self.right_w, length), self.below_w * length, self.above_w * length
        value, below, above = (np.concatenate([[0.0], np.cumsum(part)]) for part in parts)
        return value, below, above

    def total_j(self, at_s: Array | float) -> Array:
        """Running totals since the first knot, shape ``(3, *at)``: the likely, and its doubt below and above."""
        at = np.asarray(at_s, float)
        value, below, above = self._totals
        inside = np.clip(at, self.time_s[0], self.time_s[-1])
        outside = at - inside
        if len(self.time_s) == 1:
            run = np.zeros((3, *at.shape))
        else:
            i = np.clip(np.searchsorted(self.time_s, inside, side="right") - 1, 0, len(self.time_s) - 2)
            x, length = inside - self.time_s[i], self.time_s[i + 1] - self.time_s[i]
            slope = (self.right_w[i] - self.left_w[i]) / np.where(length > 0, length, 1.0)
            likely = value[i] + x * (self.left_w[i] + 0.5 * slope * x)
            run = np.stack([likely, below[i] + self.below_w[i] * x, above[i] + self.above_w[i] * x])
        level = np.where(outside < 0, np.array(self.before)[(...,) + (None,) * at.ndim],
                         np.array(self.after)[(...,) + (None,) * at.ndim])  # fmt: skip
        return np.asarray(run + level * outside)

    def at_w(self, at_s: Array) -> Array:
        """The likely power at these instants."""
        if len(self.time_s) == 1:
            return np.where(at_s < self.time_s[0], self.before.value_w, self.after.value_w)
        i = np.clip(np.searchsorted(self.time_s, at_s, side="right") - 1, 0, len(self.time_s) - 2)
        length = self.time_s[i + 1] - self.time_s[i]
        share = np.clip((at_s - self.time_s[i]) / np.where(length > 0, length, 1.0), 0.0, 1.0)
        power = self.left_w[i] + share * (self.right_w[i] - self.left_w[i])
        power = np.where(at_s < self.time_s[0], self.before.value_w, power)
        return np.asarray(np.where(at_s > self.time_s[-1], self.after.value_w, power))


def line_j(left_w: Quantity, right_w: Quantity, seconds: Quantity) -> Quantity:
    """Joules under straight lines from ``left_w`` to ``right_w``; all of one shape.

    Parameters
    ----------
    left_w, right_w : power at either end [W]
    seconds : length of each [s]

    Returns joules.
    """
    return 0.5 * (left_w + right_w) * seconds


def energy(power: Power, begin_s: float, end_s: float) -> Energy:
    """Joules from ``begin_s`` to ``end_s``; outside the knots at the level that held there.

    Parameters
    ----------
    power : a device's power over time
    begin_s, end_s : of the window, UTC [s]

    Returns joules with their error.
    """
    begin, end = power.total_j(np.array([begin_s, end_s])).T
    return Energy(*(float(x) for x in end - begin))


def straight(device: Device, spec: Spec, time_s: Array, power_w: Array) -> Power:
    """Readings that need no cleaning joined by straight lines; what stands at the ends holds beyond them.

    Parameters
    ----------
    device : the device
    spec : how its sensor measures
    time_s : rising, shape ``(n,)``, n >= 2 [s]
    power_w : readings [W], shape ``(n,)``

    Returns power over time.
    """
    none = np.zeros(len(time_s) - 1)
    first, last = (Level(float(power_w[i]), 0.0, 0.0) for i in (0, -1))
    step = median(np.diff(time_s))
    return Power(device, spec, time_s, power_w[:-1], power_w[1:], none, none, first, last, step)


def steps(device: Device, spec: Spec, time_s: Array, energy_j: Array) -> Power:
    """A counter that only rises as the mean power of each of its steps; nothing is added beyond its ends.

    Parameters
    ----------
    device : the device
    spec : how its sensor measures
    time_s : rising, shape ``(n,)``, n >= 2 [s]
    energy_j : the counter, shape ``(n,)`` [J]

    Returns power over time.
    """
    mean, none = np.diff(energy_j) / np.diff(time_s), np.zeros(len(time_s) - 1)
    step, still = median(np.diff(time_s)), Level(0.0, 0.0, 0.0)
    return Power(device, spec, time_s, mean, mean, none, none, still, still, step, counted=True)
