"""The energy of one sensor whose readings come one by one, by the code that a whole recording goes through.

What was fed is kept and cleaned, corrected and summed as a recording is, whenever a reading is out of the ordinary and
else now and then; in between, ordinary readings move the total on by themselves. Of a long stream the older part is
settled and let go, so that memory stays flat.
"""

from __future__ import annotations

import math

import numpy as np

from wattline.core.fact import Array
from wattline.core.quantiles import percentiles
from wattline.meter.device import Device
from wattline.meter.energy.track import Track, track, within
from wattline.meter.gpu_sensor.model import is_nvml
from wattline.meter.readings.clean import Good, cleaned, sorted_out
from wattline.meter.readings.faults import ENOUGH, GAP, SERVERS, SPIKE
from wattline.meter.readings.power import line_j
from wattline.meter.recording import Series
from wattline.meter.sensor import Reading, Spec

KEPT = 4096  # readings that are kept, at most; half of them go at a time
EVERY = 256  # ordinary readings between two sums
AFTER = 6  # readings after one out of the ordinary by which what to make of it is judged
AGREE = 1e-3  # the sum anew and ordinary readings by themselves that part by less (share) need be compared less often
LEAP = 3.0  # times what a counter ever did in a step: the next reading tells whether it comes back


class Stream:
    """Joules of one sensor since its first reading.

    ``device``, ``spec``: of the sensor. ``kept``: how many readings it keeps at most; up to as many the energy is that
    of the same readings as a whole recording, and of more its older part is that which it was when it was let go.
    ``every``: so many ordinary readings move the total on by themselves before all that is kept is summed anew.
    """

    def __init__(self, device: Device, spec: Spec, kept: int = KEPT, every: int = EVERY) -> None:
        self.device, self.spec, self.kept, self.every = device, spec, kept, every
        # where nothing is corrected and no low reading is a dropout, ordinary readings add up as the whole does
        self._plain = not is_nvml(spec) and device.kind not in SERVERS
        self._time: list[float] = []
        self._power: list[float] = []
        self._joules: list[float] = []
        self._settled_j = 0.0  # up to ``_cut_s``
        self._cut_s: float | None = None
        self._now_j = 0.0  # by the last sum and the ordinary readings since
        self._since: list[float] = []  # ``_now_j`` at the last readings, as far as all of them are ordinary
        self._given_j: float | None = None  # the highest of it that was given
        self._fed = 0  # ordinary readings since all was summed
        self._wait = every  # so many of them until it is again
        self._odd = AFTER  # readings still to come after one out of the ordinary
        self._dirty = False
        self._usual = _Usual()
        self.undecided = False  # a reading may or may not be a spike: more have to come

    def feed(self, at_s: float, reading: Reading) -> None:
        """One reading more, at ``at_s`` (s, on a clock that never jumps); one that gives nothing marks a silence."""
        power = math.nan if reading.power_w is None else reading.power_w
        joules = math.nan if reading.energy_j is None else reading.energy_j
        more = None
        if self._time:
            before = self._time[-1], self._power[-1], self._joules[-1]
            more = self._usual.step_j(before, (at_s, power, joules))
            self._odd = AFTER if more is None else max(0, self._odd - 1)
        self._time.append(at_s)
        self._power.append(power)
        self._joules.append(joules)
        if more is None or self._given_j is None or self._odd or self._dirty:
            self._dirty = True
        else:
            self._now_j += more
            self._since.append(self._now_j)
            self._given_j = max(self._given_j, self._now_j)
            self._fed += 1
            self._dirty = not self._plain and self._fed >= self._wait
        if len(self._time) >= self.kept:
            self._let_go()

    @property
    def energy_j(self) -> float | None:
        """Joules from the first reading to the last that is decided; it never falls. None where two are not there."""
        return self.settle() if self._dirty else self._given_j

    def settle(self) -> float | None:
        """The same with all that is kept summed anew."""
        self._sum(*self._good())
        return self._given_j

    def whole_j(self) -> float | None:
        """Joules from the first reading to the last as of the whole recording; None where two are not good."""
        joined = _joined(*self._good())
        return None if joined is None else self._settled_j + self._rest_j(joined)

    def _sum(self, series: Series, good: Good) -> Track | None:
        """Set the total by these readings, which are all that are kept."""
        joined, before_j = _joined(series, good), self._now_j
        if joined is not None:
            spiked, leapt = _may_be_spiked(joined), _leapt(joined)
            self.undecided = spiked or leapt is not None
            if not spiked:
                until = math.inf if leapt is None else leapt
                self._now_j = self._settled_j + self._rest_j(joined, until)
                self._given_j = max(self._given_j or 0.0, self._now_j)
                self._usual = _Usual.of(joined, _ratio(series, good, joined))
        agree = self._since and abs(self._now_j - before_j) <= AGREE * (before_j - self._since[0])
        self._wait = min(2 * self._wait, self.kept // 2) if agree and self._fed >= self._wait else self.every
        self._dirty, self._fed = joined is None or self.undecided, 0
        self._since = [] if self._dirty else [self._now_j]
        return joined

    def _good(self) -> tuple[Series, Good]:
        """What is kept as a series, and the good readings of it."""
        columns = [np.array(values) if not np.isnan(values).all() else None for values in (self._power, self._joules)]
        series = Series(self.device, self.spec, np.array(self._time), *columns)
        return series, sorted_out(series)

    def _rest_j(self, joined: Track, until_s: float = math.inf) -> float:
        """Joules after what was settled; long silences add nothing."""
        begin = joined.begin_s if self._cut_s is None else self._cut_s
        return sum(joined.energy(*span).value_j for span in within(joined.seen(), begin, until_s))

    def _let_go(self) -> None:
        """Settle the older readings; of those that are kept a half is there to judge the others by."""
        keep = self.kept // 2
        behind = keep // 2
        cut = self._time[-behind]
        if self._plain and not self._dirty and len(self._since) >= behind:
            self._settled_j, self._cut_s = self._since[-behind], cut
        else:
            joined = self._sum(*self._good())
            if joined is not None:
                self._settled_j += self._rest_j(joined, cut)
                self._cut_s = cut
        for column in (self._time, self._power, self._joules, self._since):
            del column[:-keep]


def _joined(series: Series, good: Good, *, as_read: bool = False) -> Track | None:
    """The track of these readings; None where there is no time between two good ones."""
    powers = cleaned(series, good, as_read=as_read).powers
    joined = track(powers) if powers else None
    return joined if joined is not None and joined.end_s > joined.begin_s else None


def _ratio(series: Series, good: Good, joined: Track) -> float:
    """How far the sensor's correction takes the joules of ordinary readings."""
    as_read = _joined(series, good, as_read=True) if is_nvml(series.spec) else None
    if as_read is None:
        return 1.0
    span = max(joined.begin_s, as_read.begin_s), min(joined.end_s, as_read.end_s)
    whole_j = as_read.energy(*span).value_j
    return joined.energy(*span).value_j / whole_j if whole_j > 0 else 1.0


class _Usual:
    """What is ordinary after the readings so far; ``None`` of a step that is not says that all must be summed."""

    def __init__(self, counted: bool = False, interval_s: float = 0.0, high_w: float = 0.0, ratio: float = 1.0) -> None:
        self.counted, self.interval_s, self.high_w, self.ratio = counted, interval_s, high_w, ratio

    @classmethod
    def of(cls, joined: Track, ratio: float) -> _Usual:
        """By the track of the readings so far; ``ratio``: corrected joules over those as read."""
        last = joined.powers[joined.owner[-1]]
        watts = joined.levels()[1]
        high = LEAP * float(watts.max()) if last.counted else SPIKE * max(percentiles(watts, 90)[0], 1.0)
        return cls(last.counted, last.interval_s, high, ratio)

    def step_j(self, before: tuple[float, float, float], now: tuple[float, float, float]) -> float | None:
        seconds = now[0] - before[0]
        if not 0 < seconds <= GAP * self.interval_s:
            return None
        if self.counted:
            joules = now[2] - before[2]
            return self.ratio * joules if 0 <= joules <= self.high_w * seconds else None
        if not (0 <= before[1] <= self.high_w and 0 <= now[1] <= self.high_w):
            return None
        if now[2] != before[2] and now[2] == now[2]:  # a counter that stood still moves
            return None
        return self.ratio * line_j(before[1], now[1], seconds)


def _leapt(joined: Track) -> float | None:
    """Up to when (s) all is decided, where the last step of a counter is far beyond those before it."""
    last = joined.powers[joined.owner[-1]]
    if not last.counted or len(last.left_w) < 2:
        return None
    most = float(last.left_w[:-1].max())
    return float(last.time_s[-2]) if 0 < LEAP * most < last.left_w[-1] else None


def _may_be_spiked(joined: Track) -> bool:
    """Whether a reading is far beyond the others while there are too few of them to call it a spike."""
    watts = joined.levels()[1]
    moved: Array = watts[watts > 0]
    return len(moved) < ENOUGH and len(moved) > 1 and bool(moved.max() > SPIKE * max(float(np.median(moved)), 1.0))
