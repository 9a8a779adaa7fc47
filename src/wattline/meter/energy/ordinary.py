"""What is ordinary after the readings of a stream so far, and what may turn out not to be."""

from __future__ import annotations

from typing import NamedTuple

from wattline.core.fact import Array
from wattline.core.quantiles import median, percentiles
from wattline.meter.energy.beginning import LEAP, Beginning
from wattline.meter.energy.track import Track
from wattline.meter.readings.faults import ENOUGH, GAP, SPIKE
from wattline.meter.readings.power import Power


class Usual(NamedTuple):
    """What is ordinary after the readings so far.

    ``offset_w``, ``share``: how a sensor's correction takes joules, ``(read - offset_w * seconds) * share``. ``exact``:
    ordinary readings add up as the whole does.
    """

    counted: bool = False
    longest_s: float = 0.0
    high_w: float = 0.0
    offset_w: float = 0.0
    share: float = 1.0
    exact: bool = False

    @classmethod
    def of(cls, joined: Track, last: Power, offset_w: float, share: float, exact: bool) -> Usual:
        """By the track of the readings so far and the last of its powers.

        Parameters
        ----------
        joined : of the readings so far
        last : the last of its powers
        offset_w, share : the correction: joules are ``share`` of those read less ``offset_w``
        exact : whether every reading is worked out anew

        Returns what is usual for the next reading.
        """
        watts = joined.levels()[1]
        high = LEAP * float(watts.max()) if last.counted else SPIKE * max(percentiles(watts, 90)[0], 1.0)
        return cls(last.counted, GAP * last.interval_s, high, offset_w, share, exact)

    @classmethod
    def after(cls, beginning: Beginning, exact: bool) -> Usual:
        """By the first readings, none of them out of the ordinary.

        Parameters
        ----------
        beginning : the first readings, and their watts
        exact : whether its readings are a counter's differences

        Returns
        -------
        The usual watts to begin with.
        """
        counted = beginning.counted
        high = LEAP * beginning.high_w if counted else SPIKE * max(beginning.high_w, 1.0)
        return cls(counted, GAP * beginning.interval_s, high, *beginning.correction(), exact)


def leapt(joined: Track) -> float | None:
    """Up to when (s) all is decided, where the last step of a counter is far beyond those before it."""
    last = joined.powers[joined.owner[-1]]
    if not last.counted or len(last.left_w) < 2:
        return None
    most = float(last.left_w[:-1].max())
    return float(last.time_s[-2]) if 0 < LEAP * most < last.left_w[-1] else None


def may_be_spiked(joined: Track) -> bool:
    """Whether a reading is far beyond the others while there are too few of them to call it a spike."""
    watts = joined.levels()[1]
    moved: Array = watts[watts > 0]
    return len(moved) < ENOUGH and len(moved) > 1 and bool(moved.max() > SPIKE * max(median(moved), 1.0))
