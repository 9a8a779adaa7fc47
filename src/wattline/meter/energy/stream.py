"""The energy of one sensor whose readings come one by one, by the code that a whole recording goes through.

What was fed is kept and cleaned, corrected and summed as a recording is, whenever a reading is out of the ordinary and
else now and then; in between, ordinary readings move the total on by themselves. Of a long stream the older part is
settled and let go, so that memory stays flat.
"""

from __future__ import annotations

import math
import struct
from array import array

import numpy as np

from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.energy.beginning import LEAP, Beginning
from wattline.meter.energy.ordinary import Usual, leapt, may_be_spiked
from wattline.meter.energy.track import Track, track, within
from wattline.meter.readings.clean import Good, clean_levels, sorted_out
from wattline.meter.readings.corrections import counter_gain, watts_stand
from wattline.meter.readings.faults import SERVERS
from wattline.meter.readings.power import line_j
from wattline.meter.recording import Series
from wattline.meter.sensor import Reading, Spec

KEPT = 4096  # readings that are kept, at most; half of them go at a time
EVERY = 256  # ordinary readings between two sums
AFTER = 6  # readings after one out of the ordinary by which what to make of it is judged
PLAIN = AFTER + 2  # the first readings, which add up one by one where nothing is to be mended
AGREE = 1e-3  # the sum anew and ordinary readings by themselves that part by less (share) need be compared less often

# a reading that is kept: its instant (s), watts and joules (NaN where it gives none), and the joules up to it, as far
# as all since the last sum are ordinary
COLUMNS = 4
ROW = struct.Struct(f"{COLUMNS}d")
BYTES = ROW.size
ROOM = 64  # readings that there is room for at first
NONE_YET = (math.nan, math.nan, math.nan)
put = ROW.pack_into


class Stream:
    """Joules of one sensor since its first reading.

    ``device``, ``spec``: of the sensor. ``kept``: how many readings it keeps at most; up to as many the energy is that
    of the same readings as a whole recording, and of more its older part is that which it was when it was let go.
    ``every``: so many ordinary readings move the total on by themselves before all that is kept is summed anew.
    """

    def __init__(self, device: Device, spec: Spec, kept: int = KEPT, every: int = EVERY) -> None:
        self.device, self.spec, self.kept, self.every = device, spec, kept, every
        # flat, since what is no object costs nothing to keep; room for readings to come is made for many at once
        self._rows = array("d", bytes(BYTES * min(ROOM, kept)))
        self._end, self._room = 0, BYTES * min(ROOM, kept)  # bytes of it that are readings, and in all
        self._before = NONE_YET
        self._settled_j = 0.0  # up to ``_cut_s``
        self._cut_s: float | None = None
        self._now_j = 0.0  # by the last sum and the ordinary readings since
        self._given_j = -1.0  # the highest of it that was given; negative: none yet
        self._fed = -1  # ordinary readings since all was summed; -1 where that sum left something undecided
        self._wait = every  # so many of them until it is again
        self._odd = AFTER  # readings still to come after one out of the ordinary
        self._dirty = True  # the total is not that of all readings
        self._calm = False  # ordinary readings move the total on by themselves
        self._usual = Usual()
        self._beginning = Beginning(device, spec) if kept > 2 * PLAIN else None  # as long as its readings are plain
        self.undecided = False  # a reading may or may not be a spike: more have to come

    def prepare(self) -> None:
        """Load what first readings and a first sum need, so that they take no longer than those that follow."""
        stream = Stream(self.device, self.spec)
        for k in range(4):
            stream.feed(float(k), Reading(100.0 + k, 100.0 * k))
        stream.settle()
        if self._beginning is not None:
            _ = self._beginning.stands, self._beginning.correction()

    def feed(self, at_s: float, reading: Reading) -> float | None:
        """One reading more.

        Parameters
        ----------
        at_s : its instant, s, on a clock that never jumps
        reading : watts and joules; one that gives nothing marks a silence

        Returns
        -------
        ``energy_j`` up to it, where an ordinary reading moved it on and nothing is undecided; None where it is to be
        asked for.
        """
        power_w, energy_j = reading
        if power_w is None:
            power_w = math.nan
        if energy_j is None:
            energy_j = math.nan
        before_s, before_w, before_j = self._before
        counted, longest_s, high_w, offset_w, share, exact = self._usual
        seconds = at_s - before_s
        usual = 0 < seconds <= longest_s
        if counted:
            joules = energy_j - before_j
            usual = usual and joules >= 0 and (joules <= high_w * seconds or self._risen(joules / seconds))
            more = (joules - offset_w * seconds) * share
        else:  # a counter that stood still and moves is out of the ordinary
            still = energy_j == before_j or energy_j != energy_j
            usual = usual and still and 0 <= before_w <= high_w and 0 <= power_w <= high_w
            more = share * line_j(before_w, power_w, seconds)
        if usual and self._calm:
            self._now_j = now_j = self._now_j + more
            if now_j > self._given_j:
                self._given_j = now_j
            self._fed = fed = self._fed + 1
            if fed >= self._wait and not exact:
                self._dirty, self._calm = True, False
        elif self._beginning is None or not self._begins(self._beginning, at_s, power_w, energy_j):
            self._judge(usual)
        self._before = at_s, power_w, energy_j
        end = self._end
        put(self._rows, end, at_s, power_w, energy_j, self._now_j)
        self._end = end = end + BYTES
        if end >= self._room:
            self._make_room()
        return self._given_j if self._calm else None

    def _begins(self, beginning: Beginning, at_s: float, power_w: float, energy_j: float) -> bool:
        """Whether the first readings and this one add up by themselves; after some, what is ordinary is known."""
        if not beginning.take(at_s, power_w, energy_j):
            self._beginning, self._dirty, self._calm = None, True, False
            return False
        joules = beginning.energy_j()
        self._dirty, self._now_j = False, joules or 0.0
        if joules is not None:
            self._given_j = max(self._given_j, joules)
        if len(beginning.steps_s) >= PLAIN - 1:
            self._usual = Usual.after(beginning, beginning.stands and self.device.kind not in SERVERS)
            self._beginning, self._fed, self._odd, self._calm = None, 0, 0, True
        return True

    def _risen(self, watts: float) -> bool:
        """Whether a counter's step is no leap beside those that came since all was summed, and remember them."""
        if not self._calm:
            return False
        time_s, _, joules, _ = self._last(self._fed + 1).T
        high_w = LEAP * float((np.diff(joules) / np.diff(time_s)).max(initial=0.0))
        self._usual = self._usual._replace(high_w=max(high_w, self._usual.high_w))
        return watts <= high_w

    def _judge(self, usual: bool) -> None:
        """A reading that is out of the ordinary, or that is to judge one before it: all must be summed."""
        if not usual:
            self._odd, self._dirty, self._calm = AFTER, True, False
        elif self._odd:
            self._odd -= 1
            self._dirty = True

    def _last(self, count: int) -> Array:
        """The last so many readings that are kept, shape ``(readings, columns)``."""
        rows = np.array(self._rows[: self._end // 8]).reshape(-1, COLUMNS)
        return rows[max(len(rows) - count, 0) :]

    def _row(self, back: int) -> tuple[float, ...]:
        """The reading so many back, the last is 1."""
        return ROW.unpack_from(self._rows, self._end - BYTES * back)

    def _make_room(self) -> None:
        """For readings to come: at the most, the older half goes."""
        full = BYTES * self.kept
        if self._end >= full:
            self._let_go()
        else:
            more = min(self._room, full - self._room)
            self._rows.frombytes(bytes(more))
            self._room += more

    @property
    def energy_j(self) -> float | None:
        """Joules from the first reading to the last that is decided; it never falls. None where two are not there."""
        if self._dirty:
            self._sum(*self._good())
        return self._given_j if self._given_j >= 0 else None

    def settle(self) -> float | None:
        """The same with all that is kept summed anew."""
        self._dirty, self._calm = True, False
        return self.energy_j

    def whole_j(self) -> float | None:
        """Joules from the first reading to the last as of the whole recording; None where two are not good."""
        joined = _joined(*self._good())
        return None if joined is None else self._settled_j + self._rest_j(joined)

    def _sum(self, series: Series, good: Good) -> Track | None:
        """Set the total by these readings, which are all that are kept."""
        joined, before_j = _joined(series, good), self._now_j
        if joined is not None:
            spiked, leap_s = may_be_spiked(joined), leapt(joined)
            self.undecided = spiked or leap_s is not None
            if not spiked:
                until = math.inf if leap_s is None else leap_s
                self._now_j = self._settled_j + self._rest_j(joined, until)
                self._given_j = max(0.0, self._given_j, self._now_j)
                if not self._agrees(before_j):
                    self._wait, self._usual = self.every, self._ordinary(series, good, joined)
                elif self._fed >= self._wait:
                    self._wait = min(2 * self._wait, self.kept)
        self._dirty = joined is None or self.undecided
        self._fed = -1 if self._dirty else 0
        self._calm = not (self._dirty or self._odd)
        if not self._dirty:
            self._rows[self._end // 8 - 1] = self._now_j
        return joined

    def _agrees(self, before_j: float) -> bool:
        """Whether the ordinary readings since the last sum, which are a good many, made the total what it is."""
        since = min(self._fed + 1, self._end // BYTES)
        enough = since >= min(self.every, self.kept // 4) and not self._odd
        return enough and abs(self._now_j - before_j) <= AGREE * (before_j - self._row(since)[3])

    def _ordinary(self, series: Series, good: Good, joined: Track) -> Usual:
        """What is ordinary after these readings."""
        # where no low reading is a dropout and each is corrected by itself, ordinary ones add up as the whole does
        exact = self.device.kind not in SERVERS
        last = joined.powers[joined.owner[-1]]
        if last.counted:
            return Usual.of(joined, last, *counter_gain(self.device, self.spec), exact)
        stand = watts_stand(series)
        return Usual.of(joined, last, 0.0, 1.0 if stand else _ratio(series, good, joined), exact and stand)

    def _good(self) -> tuple[Series, Good]:
        """What is kept as a series, and the good readings of it."""
        time, *values, _ = np.ascontiguousarray(self._last(self.kept).T)
        columns = [None if np.isnan(column).all() else column for column in values]
        series = Series(self.device, self.spec, time, *columns)
        return series, sorted_out(series)

    def _rest_j(self, joined: Track, until_s: float = math.inf) -> float:
        """Joules after what was settled; long silences add nothing."""
        begin = joined.begin_s if self._cut_s is None else self._cut_s
        return sum(joined.energy(*span).value_j for span in within(joined.seen(), begin, until_s))

    def _let_go(self) -> None:
        """Settle the older readings; of those that are kept a half is there to judge the others by."""
        keep = self.kept // 2
        behind = keep // 2
        cut, _, _, cut_j = self._row(behind)
        if self._usual.exact and not self._dirty and self._fed + 1 >= behind:
            self._settled_j, self._cut_s = cut_j, cut
        else:
            joined = self._sum(*self._good())
            if joined is not None:
                self._settled_j += self._rest_j(joined, cut)
                self._cut_s = cut
        self._rows[: COLUMNS * keep] = self._rows[self._end // 8 - COLUMNS * keep : self._end // 8]
        self._end = BYTES * keep


def _joined(series: Series, good: Good, *, as_read: bool = False) -> Track | None:
    """The track of these readings; None where there is no time between two good ones."""
    powers = clean_levels(series, good, as_read=as_read, error=False).powers
    joined = track(powers) if powers else None
    return joined if joined is not None and joined.end_s > joined.begin_s else None


def _ratio(series: Series, good: Good, joined: Track) -> float:
    """How far the sensor's correction takes the joules of ordinary readings."""
    as_read = _joined(series, good, as_read=True)
    if as_read is None:
        return 1.0
    span = max(joined.begin_s, as_read.begin_s), min(joined.end_s, as_read.end_s)
    whole_j = as_read.energy(*span).value_j
    return joined.energy(*span).value_j / whole_j if whole_j > 0 else 1.0
