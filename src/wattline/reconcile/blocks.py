"""A recording cut into blocks of time: joules, seconds, and the work done in each, for statistics of what changed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.energy.meter import Meter, meter
from wattline.meter.energy.span import stretches_of
from wattline.meter.energy.track import Span
from wattline.meter.recording import Recording, Window

MIN_BLOCKS = 8
MAX_BLOCKS = 240
READINGS = 2.0  # readings of a block, at least: below that its joules are its neighbours'
WORK = ("tokens", "samples", "queries", "steps")


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of one recording, all devices together; arrays of shape ``(n,)``.

    Attributes
    ----------
    source, window : the recording, and the stretch of it
    begin_s : when each block began, in seconds since the epoch, UTC
    energy_j, duration_s : of each block
    work : done in each block, in the unit ``unit``; None where it is not known
    sensors : who measured, by device and sensor: an error that they share before and after cancels
    low_j, high_j : what the sensors' own error leaves of the sum
    """

    source: str
    window: str
    begin_s: Array
    energy_j: Array
    duration_s: Array
    work: Array | None
    unit: str
    sensors: frozenset[tuple[str, str]]
    low_j: float
    high_j: float

    @property
    def total_j(self) -> float:
        """Joules of all blocks."""
        return float(self.energy_j.sum())

    @property
    def weight(self) -> Array:
        """What the joules are held against: the work, or the time where none is known."""
        return self.duration_s if self.work is None else self.work


def blocks_of(recording: Recording, window: str | None, work: float | None = None, unit: str = "work") -> Blocks:
    """The blocks of a recording.

    Parameters
    ----------
    recording : what was recorded
    window : run, all, a window's name, or FROM..TO; windows of one name that tell their work are a block each
    work : done in all of it, spread evenly over the time; None for what the recording tells
    unit : of that work

    Returns
    -------
    Joules and work of each, in order of time.

    Raises WattlineError where the recording is too short for statistics.
    """
    made = meter(recording)
    named = recording.named(window) if window else []
    counts = [(kind, [w for w in named if kind in w.counts and w.end_s]) for kind in WORK]
    kind, counted = next(((kind, some) for kind, some in counts if len(some) >= MIN_BLOCKS), ("", []))
    if work is None and counted:
        return _of_windows(recording, made, counted, kind, str(window))
    wanted = stretches_of(recording, window, made.extent)
    spans = _cut(wanted.spans, made)
    length = np.array([end - begin for begin, end in spans])
    done = (unit, work) if work is not None else _counted(recording, named)
    if done is None:
        return _measured(recording, made, spans, None, "", wanted.name)
    return _measured(recording, made, spans, done[1] * length / length.sum(), done[0], wanted.name)


def _counted(recording: Recording, named: list[Window]) -> tuple[str, float] | None:
    """The work that the recording tells for all of the stretch."""
    for kind in WORK:
        sums = [w.counts[kind] for w in named if kind in w.counts]
        if sums:
            return kind, float(sum(sums))
        if not named and kind in recording.counts:
            return kind, float(recording.counts[kind])
    return None


def _of_windows(recording: Recording, made: Meter, windows: list[Window], kind: str, name: str) -> Blocks:
    spans = [(w.begin_s, float(w.end_s or w.begin_s)) for w in windows]
    return _measured(recording, made, spans, np.array([float(w.counts[kind]) for w in windows]), kind, name)


def _cut(spans: list[Span], made: Meter) -> list[Span]:
    """Equal blocks of the stretches, as many as the readings carry."""
    total = sum(end - begin for begin, end in spans)
    interval = float(np.median([line.interval_s for line in made.counted()]))
    count = int(min(MAX_BLOCKS, total / max(READINGS * interval, 1e-9)))
    if count < MIN_BLOCKS:
        raise WattlineError(
            f"{made.recording.source or 'the recording'}: {total:.3g} s at a reading each {interval:.3g} s are too "
            f"short to tell a saving from chance; record at least {2 * MIN_BLOCKS * READINGS * interval:.3g} s"
        )
    step = total / count
    out: list[Span] = []
    for begin, end in spans:
        parts = max(round((end - begin) / step), 1)
        edges = np.linspace(begin, end, parts + 1)
        out += [(float(a), float(b)) for a, b in pairwise(edges)]
    return out


def _measured(
    recording: Recording, made: Meter, spans: list[Span], work: Array | None, unit: str, window: str
) -> Blocks:
    tracks = made.counted()
    sums = [[line.energy(begin, end) for line in tracks] for begin, end in spans]
    return Blocks(
        source=recording.source,
        window=window,
        begin_s=np.array([begin for begin, _ in spans]),
        energy_j=np.array([sum(each.value_j for each in row) for row in sums]),
        duration_s=np.array([end - begin for begin, end in spans]),
        work=work,
        unit=unit,
        sensors=frozenset((line.device.key, line.spec.source) for line in tracks),
        low_j=sum(each.low_j for row in sums for each in row),
        high_j=sum(each.high_j for row in sums for each in row),
    )
