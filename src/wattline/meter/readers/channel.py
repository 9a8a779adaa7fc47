"""One column or series as a source gives it, before it is settled what it means and what holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.readers.units import Unit
from wattline.meter.sensor import Spec

READING, TOTAL, EACH = "reading", "running total", "each interval"
RETURN = 4  # rows within which a counter that was read too low once is above what it was before
TURNS = 3  # falls by which a counter is told that turns over, at least
SAME_RANGE = 0.05
# where counters of 32 bits begin anew: of µJ and mJ, and of RAPL in its own units of 61 and 15.3 µJ
RANGES_J = (2**32 * 1e-6, 2**32 * 1e-3, 2**32 / 2**14, 2**32 / 2**16)
EVEN = 2.0  # its rises are within this factor of the median
ROUGH = 5  # a running total of fewer rows than this may as well be the joules of each interval


@dataclass(frozen=True, eq=False)
class Channel:
    """Numbers of one quantity of one device over time.

    ``name``: as the source writes it. ``units``: what its unit may be, the likeliest first; none: not told, so that
    it is read only where the user says. ``values``: in that unit, shape ``(n,)``. ``counts``: reading, running total,
    each interval, or empty where only the numbers tell. ``words``: of its name. ``place``, ``role``, ``index``,
    ``level``, ``board``, ``group``: its place (see ``meter/containment.py``). ``trusted``: the source itself defines
    what it holds, so that its sum is not checked. ``rank``: the smaller is taken where a device has several channels
    of one quantity. ``stretch``: channels of one device and quantity that differ in it are parts of its time that
    must not be joined. ``lengths``: its source tells how long each row stands for.
    """

    name: str
    device: Device
    time_s: Array
    values: Array
    units: tuple[Unit, ...]
    spec: Spec
    counts: str = ""
    words: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    role: str = ""
    index: str = ""
    level: int = 0
    board: str = ""
    group: str = ""
    rank: int = 0
    trusted: bool = False
    clock: str = ""
    monotonic_s: Array | None = None
    aliases: Sequence[str] = field(default=())
    stretch: int = 0
    lengths: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every name by which the user may mean it."""
        return (self.name, *self.aliases, self.device.uuid, self.device.key)

    @property
    def quantity(self) -> str:
        return self.units[0].quantity if self.units else ""


def mean_w(time_s: Array, power_w: Array) -> float:
    """The mean of the numbers there; NaN where there are none.

    Parameters
    ----------
    time_s : instants, s, ``(n,)``
    power_w : readings, W, ``(n,)``, NaN where there is none

    Returns
    -------
    W.
    """
    good = np.isfinite(power_w) & np.isfinite(time_s) & (power_w >= 0)
    return float(power_w[good].mean()) if good.any() else float("nan")


def rise_w(time_s: Array, energy_j: Array) -> float:
    """Mean watts of a running total from its first to its last number, falls left out.

    Parameters
    ----------
    time_s : instants, s, ``(n,)``
    energy_j : running total, J, ``(n,)``

    Returns
    -------
    W; NaN where there are less than two numbers.
    """
    good = np.isfinite(energy_j) & np.isfinite(time_s)
    time, energy = time_s[good], energy_j[good]
    if len(time) < 2 or time[-1] <= time[0]:
        return float("nan")
    steps = np.diff(energy)
    return float(steps[steps > 0].sum() / (time[-1] - time[0]))


def each_w(time_s: Array, energy_j: Array) -> float:
    """Mean watts of joules that stand for the interval before each row.

    Parameters
    ----------
    time_s : instants, s, ``(n,)``
    energy_j : of the interval before each row, J, ``(n,)``

    Returns
    -------
    W; NaN where there are none.
    """
    good = np.isfinite(energy_j) & np.isfinite(time_s)
    time, energy = time_s[good], energy_j[good]
    if len(time) < 2 or time[-1] <= time[0]:
        return float("nan")
    return float(energy[1:].sum() / (time[-1] - time[0]))


def running_total(time_s: Array, energy_j: Array) -> tuple[Array, Array]:
    """Joules of each interval as a running total that begins one usual interval before the first row; at the first row
    itself where it holds nothing, as one that only tells a beginning.

    Parameters
    ----------
    time_s : instants, s, ``(n,)``
    energy_j : of the interval before each row, J, ``(n,)``

    Returns
    -------
    Instants, s, and the running total at each, J, of one length.
    """
    good = np.flatnonzero(np.isfinite(time_s))
    steps = np.diff(time_s[good])
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    if usual <= 0 or energy_j[good[0]] == 0:
        return time_s, np.nancumsum(energy_j)
    total = np.concatenate([[0.0], np.nancumsum(energy_j)])
    missing = ~np.isfinite(np.concatenate([[0.0], energy_j]))
    return np.concatenate([[time_s[good[0]] - usual], time_s]), np.where(missing, np.nan, total)


def looks_like_intervals(energy_j: Array, words: Sequence[str]) -> bool | None:
    """Whether joules are of each interval and no running total, by how they fall; None where that cannot be told.

    Parameters
    ----------
    energy_j : J, ``(n,)``
    words : of the column's name

    Returns
    -------
    True, False, or None.
    """
    if hint := count_hint(words):
        return hint == EACH
    values = energy_j[np.isfinite(energy_j)]
    steps = np.diff(values)
    if not len(steps):
        return False
    falls = steps < 0
    if not falls.any():
        flat = values[0] > 0 and values[-1] == values[0]
        few = len(values) < ROUGH and values[0] > 0
        return None if flat or few else False
    if (turns := _turn_j(values, steps)) and any(abs(turns / known - 1) < SAME_RANGE for known in RANGES_J):
        return False
    small = falls & (values[1:] > 0.5 * values[:-1])  # a counter that begins anew begins near nothing
    few = len(values) < 4 * ROUGH
    if (small.any() or falls.mean() > 0.3) if few else (falls.mean() > 0.2 or small.mean() > 0.1):
        return True
    lasting = [i for i in np.flatnonzero(falls) if (values[i + 1 : i + 1 + RETURN] < values[i]).all()]
    lasting = [i for i in lasting if i == 0 or values[i + 1] < values[i - 1]]  # no single reading that was too high
    rises = steps[steps >= 0]
    leaps = len(rises) and np.median(rises) == 0 and rises.max() > 0.5 * values.max()  # as of idle and load
    doubtful = len(lasting) >= TURNS or small[lasting].any() or (lasting and leaps)
    return None if doubtful else False


def _turn_j(values: Array, steps: Array) -> float:
    """The range of a counter that is read only a few times before it begins anew from nothing; 0 where it is none."""
    falls, rises = steps < 0, steps[steps >= 0]
    if falls.sum() < TURNS or values.min() < 0 or not len(rises) or not np.median(rises) > 0:
        return 0.0
    usual = float(np.median(rises))
    begins, ends = values[1:][falls], values[:-1][falls]
    even = rises.max() <= EVEN * usual and begins.max() < EVEN * usual and ends.min() > values.max() - EVEN * usual
    return usual - float(np.median(steps[falls])) if even else 0.0


def count_hint(words: Sequence[str]) -> str:
    """What a name says of how joules are counted: running total, each interval, or nothing."""
    there = set(words)
    if there & {
        "interval",
        "delta",
        "diff",
        "each",
        "step",
        "epoch",
        "per",
        "increment",
        "incremental",
        "skt",
        "bucket",
    }:  # a socket as Intel PCM calls it, whose joules are of the interval
        return EACH
    running = {"cumulative", "cum", "counter", "lifetime", "accumulated", "acc", "odometer", "today"}
    return TOTAL if there & running else ""
