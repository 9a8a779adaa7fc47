"""Energy of a recording's series as ``meter/energy.py`` has it, cleaned once, for what is handed on and billed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from wattline.core.fact import Array
from wattline.meter.energy.meter import sum_of
from wattline.meter.energy.track import Track, length_s, rank_of, track
from wattline.meter.energy.track import outer as outer
from wattline.meter.energy.track import within as parts_of
from wattline.meter.readings.clean import clean
from wattline.meter.readings.clocks import place
from wattline.meter.recording import Recording, Series


class Curve(NamedTuple):
    """Joules since the first reading, at rising UTC seconds; shape ``(n,)``."""

    time_s: Array
    energy_j: Array


class SeriesEnergy(NamedTuple):
    """Joules within a window; ``low_j`` to ``high_j`` holds the truth 19 times in 20. NaN where nothing was read."""

    energy_j: float
    low_j: float
    high_j: float
    covered_s: float


NOTHING = SeriesEnergy(float("nan"), float("nan"), float("nan"), 0.0)
_tracks: WeakKeyDictionary[Series, Track | None] = WeakKeyDictionary()


def _track(series: Series) -> Track | None:
    """The series corrected, cleaned and joined, worked out once; None where no reading is good."""
    if series not in _tracks:
        powers = clean(series).powers
        _tracks[series] = track(powers) if powers else None
    return _tracks[series]


def curve(series: Series) -> Curve:
    """The running energy of one series; in a long silence it stands still."""
    line = _track(series)
    if line is None:
        return Curve(np.empty(0), np.empty(0))
    knots = np.unique(np.concatenate([power.time_s for power in line.powers]))
    return Curve(knots, line.running_within_j(line.seen(), knots))


def within(series: Series, begin_s: float, end_s: float, *, cut: bool = False) -> SeriesEnergy:
    """Energy of one series between two UTC seconds, with its uncertainty; where it was not read nothing is added.

    ``cut``: the two instants are known no better than readings lie apart, which adds to the uncertainty.

    Parameters
    ----------
    series : of one device
    begin_s : of the window, UTC [s]
    end_s : of the window, UTC [s]
    cut : whether the two instants are known no better than readings lie apart, which adds to the uncertainty

    Returns joules with their range, and the seconds that were read.
    """
    line = _track(series)
    spans = parts_of(line.seen(), begin_s, end_s) if line is not None else []
    if line is None or not spans:
        return NOTHING
    used = sum_of(line.energy(*span) for span in spans)
    if cut:
        used = used.widened(line.edges_j([(begin_s, end_s)]))
    return SeriesEnergy(used.value_j, used.low_j, used.high_j, length_s(spans))


def binned_w(series: Series, edges_s: Array) -> Array:
    """Mean watts between edges; energies in the bins add up to that within the first and last edge.

    Parameters
    ----------
    series : readings of one sensor
    edges_s : UTC seconds, rising, shape ``(n + 1,)``

    Returns
    -------
    Watts, shape ``(n,)``; 0 where the series has no reading.
    """
    line = _track(series)
    if line is None:
        return np.zeros(len(edges_s) - 1)
    return np.asarray(np.diff(line.running_within_j(line.seen(), edges_s)) / np.diff(edges_s))


def counted_once(every: Iterable[Series]) -> list[Series]:
    """One series a device, the outermost devices alone: what may be added up.

    Of several series of one device the best is kept: measured before modelled, then the smallest error, then a counter
    before watts.
    """
    best: dict[str, Series] = {}
    for series in every:
        key = series.device.key
        if key not in best or _rank(series) < _rank(best[key]):
            best[key] = series
    holder = outer([series.device for series in best.values()])
    return [series for key, series in best.items() if not holder[key]]


def with_holders(recording: Recording) -> Recording:
    """The same recording, each device saying which metered device holds it."""
    holder = outer([series.device for series in recording.series])
    nested_series = [replace(s, device=replace(s.device, inside=holder[s.device.key])) for s in recording.series]
    return replace(recording, series=nested_series)


def placed_recording(recording: Recording) -> Recording:
    """The recording as it can be summed: on one clock, each device saying which metered device holds it."""
    kept, left, _ = place(list(recording.series), recording.run)
    return with_holders(replace(recording, series=[*kept, *left]))


def _rank(series: Series) -> tuple[bool, float, bool, float]:
    return rank_of(series.spec, series.energy_j is not None)


def total(parts: Sequence[SeriesEnergy]) -> SeriesEnergy:
    """Energies of several devices together; an error of one kind of sensor is taken to be in all of them alike."""
    seen = [part for part in parts if np.isfinite(part.energy_j)]
    if not seen:
        return NOTHING
    energy, low, high = (sum(column) for column in list(zip(*seen, strict=True))[:3])
    return SeriesEnergy(energy, low, high, max(part.covered_s for part in seen))
