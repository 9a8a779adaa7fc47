"""The first readings of a sensor, added up one by one as long as nothing in them can be anything but energy.

A sum of all readings takes half a millisecond, and every reading of the first second would need one. What holds here is
stricter than what a sum allows, so that where it holds the two are equal; where it does not, all is summed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from wattline.meter.device import Device
from wattline.meter.readings.corrections import counter_gain, watts_stand
from wattline.meter.readings.counter import MAX_J, SLACK_J, TURN
from wattline.meter.readings.faults import GAP, SPIKE
from wattline.meter.readings.order import FAR_S
from wattline.meter.readings.plausible import max_w
from wattline.meter.readings.power import line_j
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

LEAP = 3.0  # times what a counter ever did in a step: the next reading tells whether it comes back


@dataclass(slots=True)
class Beginning:
    """The first readings of one sensor: its counter where it has one, else its watts.

    ``steps_s``: times between them, s. ``low_w``, ``high_w``: the least and the most of the watts, or of the mean power
    of a counter's steps. ``read_j``: joules as they were read, without the sensor's correction.
    """

    device: Device
    spec: Spec
    steps_s: list[float] = field(default_factory=list)
    low_w: float = math.inf
    high_w: float = 0.0
    read_j: float = 0.0
    last: tuple[float, float, float] | None = None  # instant (s), watts, joules
    _gain: tuple[float, float] | None = None
    _stands: bool | None = None

    @property
    def counted(self) -> bool:
        return self.last is not None and math.isfinite(self.last[2])

    @property
    def interval_s(self) -> float:
        """The median of the steps, s; 0 before there are two readings."""
        steps, half = sorted(self.steps_s), len(self.steps_s) // 2
        return 0.5 * (steps[half] + steps[~half]) if steps else 0.0

    @property
    def gain(self) -> tuple[float, float]:
        """How the sensor's counter, or watts as they add up, are corrected: ``(read - watts * seconds) * share``."""
        if self._gain is None:
            self._gain = counter_gain(self.device, self.spec)
        return self._gain

    @property
    def stands(self) -> bool:
        """Whether a sum takes each reading as it is: a counter's, and watts that no correction moves."""
        if self._stands is None:
            self._stands = watts_stand(Series(self.device, self.spec, np.empty(0), np.empty(0)))
        return self._stands or self.counted

    def take(self, at_s: float, power_w: float, energy_j: float) -> bool:
        """Add one reading.

        Parameters
        ----------
        at_s : its instant, s, on a clock that never jumps
        power_w : its watts, NaN where it gives none
        energy_j : its counter, J, NaN where it gives none

        Returns
        -------
        False where it, or those before it, may be anything but plain energy: then all must be summed.
        """
        last, self.last = self.last, (at_s, power_w, energy_j)
        if last is None:
            return self._first(power_w, energy_j)
        step_s = at_s - last[0]
        if not 0 < step_s <= FAR_S:
            return False
        self.steps_s.append(step_s)
        if math.isfinite(last[2]):
            return self._counter(energy_j - last[2], step_s, energy_j)
        if not math.isnan(energy_j) or max(self.steps_s) > GAP * self.interval_s:
            return False
        self.read_j += line_j(last[1], power_w, step_s)
        return self._likely(power_w)

    def _first(self, power_w: float, energy_j: float) -> bool:
        return self._likely(power_w) if math.isnan(energy_j) else abs(energy_j) < MAX_J

    def _counter(self, joules: float, step_s: float, energy_j: float) -> bool:
        watts, most_w = joules / step_s, max_w(self.device)
        if not (0 < joules <= most_w * step_s + SLACK_J and energy_j < MAX_J):
            return False
        if self.high_w and watts > LEAP * self.high_w:
            return False
        self.read_j += joules
        self.low_w, self.high_w = min(self.low_w, watts), max(self.high_w, watts)
        turns = math.isfinite(self.spec.wrap_j) and self.high_w * max(self.steps_s) > TURN * self.spec.wrap_j
        return not turns and self.high_w <= SPIKE * max(self.low_w, 1.0)

    def _likely(self, power_w: float) -> bool:
        """Whether such a device may draw it, and none of the readings is far beyond another."""
        if not 0 <= power_w <= max_w(self.device):
            return False
        self.low_w, self.high_w = min(self.low_w, power_w), max(self.high_w, power_w)
        return self.high_w <= SPIKE * max(self.low_w, 1.0)

    def correction(self) -> tuple[float, float]:
        """``gain`` of a counter; of watts all is in the share, as it is at their mean."""
        if self.counted:
            return self.gain
        energy_j = self.energy_j()
        return 0.0, energy_j / self.read_j if energy_j is not None and self.read_j > 0 else 1.0

    def energy_j(self) -> float | None:
        """Joules from the first reading to the last; None of a single one."""
        offset_w, share = self.gain
        return max(0.0, (self.read_j - offset_w * sum(self.steps_s)) * share) if self.steps_s else None
