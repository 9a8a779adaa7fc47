"""A recording: what sensors said over time, raw, whether read from a file, a journal or a live run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.interpretation import Interpretation
from wattline.meter.sensor import Spec


@dataclass(frozen=True, eq=False)
class Series:
    """Readings of one sensor as they were written, unsorted and uncleaned.

    ``time_s``: seconds since the epoch, UTC, shape ``(n,)``. ``power_w`` and ``energy_j`` (cumulative): shape ``(n,)``
    or None where the sensor gives none; NaN where a reading is missing. ``monotonic_s``: the same instants on a clock
    that never jumps, where one was kept; durations go by it.
    """

    device: Device
    spec: Spec
    time_s: Array
    power_w: Array | None = None
    energy_j: Array | None = None
    monotonic_s: Array | None = None


def filled_column(values: Array) -> Array | None:
    """A column of readings, or None where it is empty throughout."""
    return values if np.isfinite(values).any() else None


@dataclass(frozen=True)
class Window:
    """A named stretch of time: a run, an epoch, a request. ``end_s`` is None while it is open, or was cut off.

    ``counts``: tokens, queries or samples that were worked on in it.
    """

    name: str
    begin_s: float
    end_s: float | None
    parent: str = ""
    rank: str = ""
    counts: Mapping[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Fault:
    """Something wrong in a series, how often, how long, and what was done about it."""

    kind: str  # gap, duplicate, sentinel, negative, dropout, stuck, clock, wrap, reset, unreadable, twin, …
    count: int
    seconds: float = 0.0
    done: str = ""
    device: str = ""


@dataclass(frozen=True, eq=False)
class Recording:
    """Series with the windows that the source tells, counts of no one window, and faults found reading.

    ``interpretation``: what each column or series of the source was taken for, and what was left out.
    """

    series: Sequence[Series]
    windows: Sequence[Window] = ()
    counts: Mapping[str, float] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()
    source: str = ""
    interpretation: Sequence[Interpretation] = ()

    @property
    def run(self) -> tuple[float, float] | None:
        """From the beginning of its first run to the end of the last; None where it tells of none that ended."""
        runs = [(w.begin_s, w.end_s) for w in self.windows if w.name == "run" and w.end_s is not None]
        return (min(begin for begin, _ in runs), max(end for _, end in runs)) if runs else None

    def named(self, text: str) -> list[Window]:
        """The windows of a name, in order of time; ``NAME#2`` is the second of them."""
        same = [window for window in self.windows if window.name == text]
        name, mark, number = text.rpartition("#")
        if not same and mark and number.isdecimal():
            every = sorted((window for window in self.windows if window.name == name), key=lambda w: w.begin_s)
            same = every[int(number) - 1 : int(number)] if int(number) else []
        return sorted(same, key=lambda window: window.begin_s)


def on_host(recording: Recording, host: str) -> Recording:
    """The recording of one machine with that machine's name.

    Parameters
    ----------
    recording : of one machine
    host : its name

    Returns
    -------
    The recording, whose devices are on that host.

    Raises WattlineError where it holds several machines.
    """
    hosts = {s.device.host for s in recording.series}
    if len(hosts) > 1:
        raise WattlineError(f"--host {shorten(host)} cannot name {len(hosts)} machines; the recording tells them apart")
    return replace(recording, series=[replace(s, device=replace(s.device, host=host)) for s in recording.series])
