"""Files that tell the same machine's same hours count once: a rank may write what all of its machine took."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.readers.channel import mean_w, rise_w
from wattline.meter.recording import Recording, Series

WHOLE_MACHINE = "whole machine"  # in the note of a series whose tool tracks all of its machine in every process
BOARDS = ("GPU-", "MIG-")  # how UUIDs begin that are unique in the world
MACHINE = re.compile(r"(?i)(?<![a-z])(?:host|node|server|machine|worker|rack|plug|outlet)[_-]?\d")  # a file's name
UNLIKE = 12  # readings of two machines, no two alike, that are never all the same by chance
CHANGES = 24  # the same of readings in whole watts: how often they changed together
MAX_COMPARED, FEW = 16, 64  # files after each that are held against it, and readings that are looked at first
SAME = 0.02  # the same machine, read by two processes, comes out within this
OVERLAP = 0.5  # of the shorter of two files


def same_machine(recordings: Sequence[Recording]) -> tuple[list[Recording], list[str]]:
    """The recordings with one host for all files of one machine, and what was joined or may have to be.

    Parameters
    ----------
    recordings: one a file; only series that say that they are of a whole machine, by a tool that does not name it, are
        compared.

    Returns
    -------
    The recordings, and remarks.

    Raises WattlineError where two files tell the same, reading by reading, and neither names its machine.
    """
    recordings = _boards_by_uuid(recordings)
    _check_copies(recordings)
    out: list[Recording] = []
    hosts: list[Recording] = []  # the first of each machine
    joined, alike = 0, 0
    for recording in recordings:
        if not _comparable(recording):
            out.append(recording)
            continue
        same = next((first for first in hosts if _alike(first, recording) and _equal(first, recording)), None)
        if same is None:
            alike += any(_alike(first, recording) for first in hosts)
            hosts.append(recording)
            out.append(recording)
            continue
        joined += 1
        host = same.series[0].device.host
        moved = [replace(entry, device=replace(entry.device, host=host)) for entry in recording.series]
        out.append(replace(recording, series=moved))
    notes = _doubles([recording for recording in recordings if not _comparable(recording)])
    if joined:
        notes.append(
            f"{joined + 1} files cover the same hours of one machine (tracking_mode machine, energies within "
            f"{SAME:.0%}): counted once; --device files counts each"
        )
    if alike:
        notes.append("files of whole machines cover the same hours with different energies: taken as machines apart")
    return out, notes


def _boards_by_uuid(recordings: Sequence[Recording]) -> list[Recording]:
    """The recordings with one host for each board that has a UUID, whoever recorded it."""
    hosts: dict[str, str] = {}
    for entry in (entry for recording in recordings for entry in recording.series):
        if entry.device.uuid.startswith(BOARDS) and entry.device.host:
            hosts.setdefault(entry.device.uuid, entry.device.host)
    out = []
    for recording in recordings:
        series = [
            replace(entry, device=replace(entry.device, host=hosts.get(entry.device.uuid, entry.device.host)))
            for entry in recording.series
        ]
        out.append(replace(recording, series=series))
    return out


def _check_copies(recordings: Sequence[Recording]) -> None:
    """Refuse files that have readings in common: copies of each other, or parts of a log that overlap."""
    nameless = [
        (recording.source, entry) for recording in recordings for entry in recording.series
        if entry.device.host == Path(recording.source).stem and not MACHINE.search(entry.device.host)
        and WHOLE_MACHINE not in entry.spec.note
    ]  # fmt: skip
    nameless.sort(key=lambda pair: pair[1].device.uuid)  # those that may be copies beside each other
    for i, (source, entry) in enumerate(nameless):
        for other_source, other in nameless[i + 1 : i + 1 + MAX_COMPARED]:
            same = (entry.device.uuid, entry.device.kind) == (other.device.uuid, other.device.kind)
            if same and source != other_source and entry.device.host != other.device.host and _copied(entry, other):
                raise WattlineError(
                    f"{other_source} tells what {source} tells, reading by reading: give one of them, or say --device "
                    "files where they are of machines apart"
                )


def _copied(first: Series, other: Series) -> bool:
    """Whether all readings of their common instants are the same, of so many that chance does not make them so."""
    here, there = (entry.power_w if entry.energy_j is None else entry.energy_j for entry in (first, other))
    if here is None or there is None or (first.energy_j is None) != (other.energy_j is None):
        return False
    for size in (FEW, max(len(here), len(there))):  # a look, then all of them
        begin = max(first.time_s[0], other.time_s[0])
        a, b = (np.searchsorted(entry.time_s, begin) for entry in (first, other))
        common, at, place = np.intersect1d(first.time_s[a : a + size], other.time_s[b : b + size], return_indices=True)
        if len(common) < UNLIKE or not np.array_equal(here[a:][at], there[b:][place], equal_nan=True):
            return False
    values = here[a:][at]
    return len(np.unique(values)) >= UNLIKE or int(np.count_nonzero(np.diff(values))) >= CHANGES


def _doubles(recordings: Sequence[Recording]) -> list[str]:
    """A note where files without a machine's name may be of one: boards of the same numbers, hours and power."""
    firsts: list[Recording] = []
    same = 0
    for recording in recordings:
        boards = [entry.device for entry in recording.series]
        if not boards or any(board.kind != "gpu" or board.uuid.startswith("GPU-") for board in boards):
            continue
        if any(_alike(first, recording) and _equal(first, recording) for first in firsts):
            same += 1
        else:
            firsts.append(recording)
    if not same:
        return []
    return [
        f"{same + 1} files cover the same hours of GPUs of the same numbers, at the same power within {SAME:.0%}: "
        "taken for machines apart, each counted; where they are one machine's, give one of them"
    ]


def _comparable(recording: Recording) -> bool:
    return len(recording.series) > 0 and all(WHOLE_MACHINE in entry.spec.note for entry in recording.series)


def _alike(first: Recording, other: Recording) -> bool:
    """Whether two recordings have the same devices, by what is known of them, at the same time."""
    parts = [{(entry.device.uuid, entry.device.name) for entry in each.series} for each in (first, other)]
    if parts[0] != parts[1]:
        return False
    (a, b), (c, d) = _extent(first), _extent(other)
    return min(b, d) - max(a, c) > OVERLAP * min(b - a, d - c)


def _extent(recording: Recording) -> tuple[float, float]:
    edges = [(float(np.nanmin(entry.time_s)), float(np.nanmax(entry.time_s))) for entry in recording.series]
    return min(begin for begin, _ in edges), max(end for _, end in edges)


def _equal(first: Recording, other: Recording) -> bool:
    here, there = ({entry.device.uuid: _watts(entry) for entry in each.series} for each in (first, other))
    return all(abs(here[key] - there[key]) <= SAME * max(here[key], there[key]) for key in here)


def _watts(series: Series) -> float:
    if series.energy_j is not None:
        return rise_w(series.time_s, series.energy_j)
    return mean_w(series.time_s, series.power_w) if series.power_w is not None else float("nan")
