"""A counter of joules made safe: a wrap passes, a leap and a counter that starts anew never become energy."""

from __future__ import annotations

import math
import time

from wattline.meter.sensor import SensorGone

SLACK_J = 10.0  # what a counter may rise in one renewal, however short the time between two readings
WOKE_S = 0.5  # clocks that differ by more than this since the last reading: the machine slept


def slept_s() -> float:
    """Seconds that this machine has spent asleep since it started (0 where the system does not tell)."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    if clock is None:
        return 0.0
    return time.clock_gettime(clock) - time.clock_gettime(time.CLOCK_MONOTONIC)


class Counter:
    """Follows one raw counter, in joules, and hands on readings whose differences are energy.

    ``wrap_j``: where the raw counter starts anew (inf: never). ``most_w``: no device behind it draws more; a rise above
    that is a bad reading. After a reset (suspend, driver reloaded, exporter started again) it goes on from where it
    was, modulo ``wrap_j``, so that a reader who bridges the gap counts neither a wrap nor a loss.
    """

    def __init__(self, wrap_j: float = math.inf, most_w: float = math.inf) -> None:
        self.wrap_j, self.most_w = wrap_j, most_w
        self._offset_j = 0.0
        self._last: tuple[float, float, float] | None = None  # raw joules, seconds, seconds asleep
        self._doubted: tuple[float, float] | None = None  # a leap that the next reading must confirm

    def take(self, raw_j: float, now_s: float, asleep_s: float = 0.0) -> float:
        """The reading to hand on.

        Parameters
        ----------
        raw_j : what the counter says [J]
        now_s : on a clock that never jumps [s]
        asleep_s : how long the machine has slept so far [s]

        Returns joules since the counter was first read, without its wraps. Raises SensorGone for a reading that cannot
        be, and once at a reset.
        """
        if not math.isfinite(raw_j) or raw_j < 0 or raw_j > self.wrap_j:
            raise SensorGone(f"counter reads {raw_j:g} J, outside of 0 to {self.wrap_j:g} J")
        if self._last is None:
            self._last = (raw_j, now_s, asleep_s)
        last_j, last_s, last_asleep_s = self._last
        woke = asleep_s - last_asleep_s > WOKE_S
        if raw_j < last_j and (woke or not math.isfinite(self.wrap_j)):
            self._rebase(raw_j, now_s, asleep_s)
            raise SensorGone("counter started anew" + (" while the machine slept" if woke else ""))
        if not self._possible(raw_j, last_j, now_s - last_s):
            self._doubt(raw_j, now_s, asleep_s)
        self._doubted = None
        self._last = (raw_j, now_s, asleep_s)
        return self._shifted(raw_j)

    def _possible(self, raw_j: float, last_j: float, seconds: float) -> bool:
        rise = raw_j - last_j if raw_j >= last_j else raw_j + self.wrap_j - last_j
        return math.isinf(self.most_w) or rise <= self.most_w * max(seconds, 0.0) + SLACK_J

    def _doubt(self, raw_j: float, now_s: float, asleep_s: float) -> None:
        """A leap: passed over, unless this reading goes on from one doubted before, then a reset."""
        doubted, self._doubted = self._doubted, (raw_j, now_s)
        if doubted is not None and raw_j >= doubted[0] and self._possible(raw_j, doubted[0], now_s - doubted[1]):
            self._rebase(raw_j, now_s, asleep_s)
            raise SensorGone("counter started anew")
        raise SensorGone(f"counter leapt to {raw_j:g} J, more than {self.most_w:g} W could give: passed over")

    def _rebase(self, raw_j: float, now_s: float, asleep_s: float) -> None:
        last_j = self._last[0] if self._last else raw_j
        self._offset_j += last_j - raw_j
        self._last, self._doubted = (raw_j, now_s, asleep_s), None

    def _shifted(self, raw_j: float) -> float:
        shifted = raw_j + self._offset_j
        return shifted % self.wrap_j if self._offset_j and math.isfinite(self.wrap_j) else shifted
