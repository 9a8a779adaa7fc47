"""Rows of joules put in the order of time, each once, before it is told what they mean.

A counter read from its end to its beginning falls in every row, and joules of intervals that are written twice count
twice: so what readings of watts can leave to later, a sum of joules cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.meter.readers.channel import Channel
from wattline.meter.readings.order import true_time
from wattline.meter.recording import Fault

REGULAR = 0.9  # of the rows that stand as often as each other, where a whole table is written several times


def in_order(channels: Sequence[Channel]) -> tuple[list[Channel], list[Fault]]:
    """Channels with their rows in order of time, and what was wrong with them.

    Parameters
    ----------
    channels : as a source gives them; those that share one array of times go on sharing one

    Returns both.
    """
    shared: dict[int, list[int]] = {}
    for i, entry in enumerate(channels):
        shared.setdefault(id(entry.time_s), []).append(i)
    out, faults = list(channels), []
    for places in shared.values():
        group = [channels[i] for i in places]
        if all(entry.quantity == "power" for entry in group) or _forward(group[0].time_s):
            continue
        time_s, rows, more = _rows(group)
        faults += more
        for i, entry in zip(places, group, strict=True):
            monotonic = None if entry.monotonic_s is None else entry.monotonic_s[rows]
            out[i] = replace(entry, time_s=time_s, values=entry.values[rows], monotonic_s=monotonic)
    return out, faults


def _forward(time_s: Array) -> bool:
    steps = np.diff(time_s[np.isfinite(time_s)])
    return bool((steps > 0).all())


def _rows(group: Sequence[Channel]) -> tuple[Array, NDArray[np.intp], list[Fault]]:
    """Instants that run forward and the rows they belong to, for channels of one array of times."""
    first = next(entry for entry in group if entry.quantity != "power")
    time_s, key = first.time_s, first.device.key
    once = _once(time_s, np.column_stack([time_s, *(entry.values for entry in group)]))
    lost = len(time_s) - len(once)
    faults = [Fault("duplicate", lost, 0.0, "rows written twice counted once", key)] if lost else []
    monotonic = None if first.monotonic_s is None else first.monotonic_s[once]
    times, rows, clock = true_time(time_s[once], monotonic, first.values[once])
    faults += [Fault(each.kind, len(each.at_s), float(each.lasting_s.sum()), each.done, key) for each in clock]
    return times, once[rows], faults


def _once(time_s: Array, table: Array) -> NDArray[np.intp]:
    """The rows without their copies: of a table written several times over, or of a stretch that begins anew.

    Equal rows of one instant are else left: a coarse clock gives them to different intervals of equal energy.
    """
    _, first, inverse, counts = np.unique(
        np.nan_to_num(table, nan=-np.pi), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    origin = first[inverse.reshape(-1)]
    usual = np.bincount(counts).argmax()
    if usual > 1 and (counts == usual).mean() > REGULAR:
        return np.sort(first)
    back = np.concatenate([[0], np.cumsum(np.diff(np.nan_to_num(time_s)) < 0)])
    return np.flatnonzero(back <= back[origin])
