"""A recording made ready: one track a device, which of them add up, and what each took in a window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.clock import iso
from wattline.meter.device import Device
from wattline.meter.energy.span import Stretches
from wattline.meter.energy.track import REACH, Span, Track, length_s, merge, outer, track, within
from wattline.meter.readings.clean import clean
from wattline.meter.readings.clocks import place, twins
from wattline.meter.readings.faults import GAP
from wattline.meter.readings.order import FaultTimes
from wattline.meter.readings.power import NOTHING, Energy, Power
from wattline.meter.recording import Fault, Recording, Series

HALF = 0.5  # a device that was seen for less than this share of a run is not carried through the rest of it


class Tracks(NamedTuple):
    """One track a device, by its key; its faults with their instants; and notes on how its sensor was corrected."""

    tracks: dict[str, Track]
    flaws: dict[str, list[FaultTimes]]
    notes: dict[str, list[str]]


def tracks_of(series: Iterable[Series], *, as_read: bool = False) -> Tracks:
    """Each device's series corrected, cleaned and joined; a device without a good reading has faults and no track.

    Parameters
    ----------
    series : readings, each of one sensor of one device
    as_read : without the correction for how sensors err

    Returns
    -------
    Tracks and faults, by device.
    """
    powers: dict[str, list[Power]] = {}
    flaws: dict[str, list[FaultTimes]] = {}
    notes: dict[str, list[str]] = {}
    for each in series:
        cleaned, key = clean(each, as_read=as_read), each.device.key
        flaws.setdefault(key, []).extend(cleaned.flaws)
        powers.setdefault(key, []).extend(cleaned.powers)
        notes.setdefault(key, []).extend(cleaned.notes)
    return Tracks({key: track(own) for key, own in powers.items() if own}, flaws, notes)


@dataclass(frozen=True, eq=False)
class Meter:
    """A recording made ready: one track a device, estimates apart, and every fault.

    ``holder``: a device's key -> the key of the metered device that it sits in, "" where it counts for itself.
    ``estimates``: series that are no measurement (a stated constant). ``found``: a device's faults with their instants.
    """

    recording: Recording
    tracks: Mapping[str, Track]
    holder: Mapping[str, str]
    estimates: Sequence[Series]
    flaws: Mapping[str, list[FaultTimes]]
    faults: Sequence[Fault]
    twins: Mapping[str, str]
    lost: Sequence[Device] = ()  # devices of which nothing can be counted, switches aside

    def counted(self, switches: bool = False) -> list[Track]:
        """The devices that add up to the total: outermost, and no switches (or only switches)."""
        return [
            line
            for key, line in self.tracks.items()
            if not self.holder[key] and (line.device.kind == "switch") == (switches or self._all_switches())
        ]

    def _all_switches(self) -> bool:
        return all(line.device.kind == "switch" for line in self.tracks.values())

    @property
    def extent(self) -> Span:
        """From the first to the last reading of what is counted."""
        tracks = self.counted()
        return min(p.begin_s for t in tracks for p in t.powers), max(p.end_s for t in tracks for p in t.powers)


def meter(recording: Recording) -> Meter:
    """Corrected, placed on one clock, cleaned and joined by device. Raises WattlineError where no reading is good, or
    there is only one a device."""
    kept, left, faults = place(list(recording.series), recording.run)
    estimates = [series for series in (*kept, *left) if _constant(series)]
    kept, left = ([series for series in some if not _constant(series)] for some in (kept, left))
    same, more = twins(kept)
    tracks, flaws, _ = tracks_of(kept)
    lost = [series.device for series in kept if series.device.key not in tracks]
    lost += [series.device for series in left if series.device.kind != "switch"]
    name = recording.source or "the recording"
    if not tracks:
        why = "; ".join(dict.fromkeys(f.done for each in flaws.values() for f in each)) or "no readings"
        raise WattlineError(f"{name} holds no good reading of power or energy ({why})")
    if all(power.end_s <= power.begin_s for line in tracks.values() for power in line.powers):
        raise WattlineError(f"{name} holds one reading a device: energy needs two, apart in time")
    holder = outer([line.device for line in tracks.values()])
    everything = (*recording.faults, *faults, *more)
    return Meter(recording, tracks, holder, estimates, flaws, everything, same, tuple(dict.fromkeys(lost)))


def _constant(series: Series) -> bool:
    """A constant that someone stated, no measurement."""
    return series.spec.modelled and len(series.time_s) < 2


def energy_in(line: Track, wanted: Stretches, spans: Sequence[Span]) -> Energy:
    """A device's joules: all of a run that it was seen in for half or more, else what was seen, and at most all.

    Parameters
    ----------
    line : the device's track
    wanted : the stretches that are asked for
    spans : begins and ends [s]

    Returns joules with their error.
    """
    edges_j = line.edges_j(wanted.spans)
    whole = sum_of(line.energy(*span) for span in spans).widened(edges_j)
    parts = taken_spans(line, wanted, spans)
    if parts == list(spans):
        return whole
    own = sum_of(line.energy(*part) for part in parts).widened(edges_j)
    return own._replace(above_j=max(own.above_j, whole.high_j - own.value_j))


def taken_spans(line: Track, wanted: Stretches, spans: Sequence[Span]) -> list[Span]:
    """Of each stretch all, where a run went on through it and the device was seen in half of it; else what was seen.

    Parameters
    ----------
    line : the device's track
    wanted : the stretches that are asked for
    spans : begins and ends [s]

    Returns begins and ends [s].
    """
    out: list[Span] = []
    for span in spans:
        out += [span] if _carried(line, wanted, span) else within(line.spans(), *span)
    return out


def _carried(line: Track, wanted: Stretches, span: Span) -> bool:
    """Whether a device's power is held where a stretch has no reading of it."""
    return wanted.whole and seen_s(line, [span]) >= HALF * length_s([span])


def seen_s(line: Track, spans: Sequence[Span], reach: float = REACH) -> float:
    """Seconds of the stretches in which a device was seen.

    Parameters
    ----------
    line : a device's power over time
    spans : stretches of time, s
    reach : seconds for which a reading holds beyond its own time

    Returns
    -------
    Seconds, at most those of all stretches.
    """
    return length_s([part for span in spans for part in within(line.spans(reach), *span)])


def counted_spans(tracks: Sequence[Track], wanted: Stretches, made: Meter) -> tuple[list[Span], list[Fault]]:
    """The stretches that are counted, and what is missing at their edges.

    Parameters
    ----------
    tracks : of the devices that are counted
    wanted : the stretches that are asked for
    made : the recording, cleaned and joined

    Returns begins and ends [s], and the faults. Raises WattlineError where none was recorded.
    """
    seen = merge([span for line in tracks for span in line.spans()])
    covered = [part for span in wanted.spans for part in within(seen, *span)]
    if not covered:
        begin, end = made.extent
        raise WattlineError(
            f"window {wanted.name} ({iso(wanted.spans[0][0])} to {iso(wanted.spans[-1][1])}) holds no reading; "
            f"the recording runs from {iso(begin)} to {iso(end)}"
        )
    missing = length_s(wanted.spans) - length_s(covered)
    faults = []
    if not wanted.whole and missing > 0:
        done = "nothing recorded anything: left out of the window"
        faults.append(Fault("gap", max(1, len(covered) - len(wanted.spans)), missing, done))
    spans = list(wanted.spans) if wanted.whole else covered
    for line in tracks:
        absent = length_s(spans) - seen_s(line, spans, GAP)
        if absent <= 1e-6 * length_s(spans):
            continue
        carried = all(_carried(line, wanted, span) for span in spans)
        done = "held at its nearest reading where it was not read; the range grows by what power could have been"
        done = done if carried else "not read for part of the window: what was read is counted; the range has the rest"
        faults.append(Fault("gap", 1, absent, done, line.device.key))
    return spans, faults


def sum_of(energies: Iterable[Energy]) -> Energy:
    total = NOTHING
    for energy in energies:
        total = total.plus(energy)
    return total


def absent_j(made: Meter, energies: Mapping[str, Energy]) -> float:
    """Joules that devices left out of the sum may have taken: as much as the others of their kind each did.

    Parameters
    ----------
    made : all devices of the recording, made ready
    energies : joules of each device that counts, by uuid

    Returns
    -------
    J, zero where no device was left out.
    """
    more = 0.0
    for kind in {device.kind for device in made.lost}:
        same = [e.value_j for key, e in energies.items() if made.tracks[key].device.kind == kind]
        more += sum(device.kind == kind for device in made.lost) * (float(np.mean(same)) if same else 0.0)
    nodes = [e.value_j for key, e in energies.items() if made.tracks[key].device.kind == "node"]
    return more + missing_nodes(made) * (float(np.mean(nodes)) if nodes else 0.0)


def missing_nodes(made: Meter) -> int:
    """Nodes that the log tells of and that no file does; none where only some of the files were asked for."""
    devices = [*(line.device for line in made.tracks.values()), *made.lost]
    there = sum(device.kind == "node" for device in devices)
    stated = round(made.recording.counts.get("stated_nodes", 0.0))
    return max(0, stated - there) if there > 1 else 0


def widen(total: Energy, made: Meter, energies: Mapping[str, Energy]) -> Energy:
    """A device known only by another's readings may have taken what any other of its kind did.

    Parameters
    ----------
    total : of all devices
    made : the recording, cleaned and joined
    energies : by device's key

    Returns the total, with its range widened.
    """
    below, above = total.below_j, total.above_j
    for key in made.twins:
        if key not in energies:
            continue
        kind = made.tracks[key].device.kind
        others = [e.value_j for k, e in energies.items() if made.tracks[k].device.kind == kind and k not in made.twins]
        below += max(0.0, energies[key].value_j - min(others, default=0.0))
        above += max(0.0, max(others, default=0.0) - energies[key].value_j)
    return Energy(total.value_j, below, above)
