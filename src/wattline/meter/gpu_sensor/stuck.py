"""A sensor that says one thing: the last digit of a live one moves within seconds, whatever the load."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wattline.core.fact import Array

STUCK_S, STUCK_READINGS = 30.0, 20  # one value for so long, in so many readings, is no measurement
STUCK_TIMES = 20.0  # and so many times longer than values of this sensor usually hold


class Held(NamedTuple):
    """A stretch of one value."""

    begin_s: float
    end_s: float
    power_w: float
    readings: int

    @property
    def seconds(self) -> float:
        return self.end_s - self.begin_s


def stuck(time_s: Array, power_w: Array) -> list[Held]:
    """Stretches of one value; times in order, powers finite, both shape ``(n,)``."""
    if len(time_s) < STUCK_READINGS:
        return []
    starts = np.concatenate([[0], np.flatnonzero(np.diff(power_w) != 0) + 1])
    ends = np.concatenate([starts[1:], [len(power_w)]])
    lasting = time_s[ends - 1] - time_s[starts]
    usual = float(np.median(np.diff(time_s[starts]))) if len(starts) > 2 else 0.0
    held = (lasting >= max(STUCK_S, STUCK_TIMES * usual)) & (ends - starts >= STUCK_READINGS)
    return [
        Held(float(time_s[a]), float(time_s[b - 1]), float(power_w[a]), int(b - a))
        for a, b in zip(starts[held], ends[held], strict=True)
    ]
