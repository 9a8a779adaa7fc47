"""Series of one recording placed on one clock: other zones moved, other years left out; readings told twice found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wattline.core.units import DAY_S, HOUR_S
from wattline.meter.clock import iso
from wattline.meter.readings.order import LATEST_S
from wattline.meter.recording import Fault, Series

QUARTER_S = 900.0  # zones differ by whole quarters of an hour
MAX_SHIFT_S = 14 * HOUR_S
NEAR_S = 300.0  # series of one job begin and end this near to each other
MIN_TWIN = 10  # as many different readings, all equal to another device's, are no chance
ALIKE = 0.1  # lengths that differ by less than this share are the same run


def place(series: Sequence[Series], run: tuple[float, float] | None) -> tuple[list[Series], list[Series], list[Fault]]:
    """Series that belong to the time of the run (or of the others), those left out, and the faults of their clocks.

    Parameters
    ----------
    series : readings, each of one sensor
    run : begin and end, s; None where the recording does not say

    Returns
    -------
    Series kept, series left out, faults.
    """
    kept: list[Series] = []
    left: list[Series] = []
    faults: list[Fault] = []
    spans = [_span(each) for each in series]
    begin, end = run or _common(series, spans)
    for each, span in zip(series, spans, strict=True):
        apart = span is not None and (span[1] < begin or span[0] > end)
        others = [other for other in spans if other and other is not span and other[0] <= end and other[1] >= begin]
        if not apart or span is None or not (others or run):
            kept.append(each)
            continue
        shift = _zone(span, others) if others else _zone_of_run(span, run)
        if shift is not None:
            side = "behind" if shift > 0 else "ahead of"
            done = f"its clock is {abs(shift) / HOUR_S:g} h {side} {'the others' if others else 'the run'}: moved"
            kept.append(replace(each, time_s=np.asarray(each.time_s) + shift, monotonic_s=None))
        elif others and each.device.kind not in ("switch",) and _alike(span, others):
            shift = float(np.median([other[0] for other in others])) - span[0]
            done = f"dated {iso(span[0])}, while the others ran {iso(begin)}: begun with them, as it is as long"
            kept.append(replace(each, time_s=np.asarray(each.time_s) + shift, monotonic_s=None))
        else:
            done = f"dated {iso(span[0])}, while the run was {iso(begin)}: {_left_out(each)}"
            shift = begin - span[0]
            left.append(each)
        faults.append(Fault("clock", 1, abs(shift), done, each.device.key))
    return kept, left, faults


def _left_out(series: Series) -> str:
    if series.device.kind == "switch":
        return "told apart, left out of the nodes' sum"
    return "left out of the sum; the range grows by what the others took"


def _span(series: Series) -> tuple[float, float] | None:
    """The 1st and 99th percentile of the times, which a stray one does not move; None where there is none."""
    time = np.asarray(series.time_s, float)
    time = time[np.abs(np.nan_to_num(time, nan=np.inf)) < LATEST_S]
    if not len(time):
        return None
    if len(time) < 100:
        return float(time.min()), float(time.max())
    first, last = np.percentile(time, (1, 99))
    edge = 0.02 * (last - first)
    near = time[(time >= first - edge) & (time <= last + edge)]
    return float(near.min()), float(near.max())


def _common(series: Sequence[Series], spans: Sequence[tuple[float, float] | None]) -> tuple[float, float]:
    """The time of the recording: all of it, but for switches, which follow the others; and for a few dated far away."""
    there = [s for s, each in zip(spans, series, strict=True) if s and each.device.kind != "switch"] or [
        s for s in spans if s
    ]
    if not there:
        return -np.inf, np.inf
    begins = np.array([s[0] for s in there])
    middle = float(np.median(begins))
    near = [s for s in there if abs(s[0] - middle) < 30 * DAY_S]
    if len(near) < max(2, 0.9 * len(there)) and len(there) > 1:
        near = there  # no one time that nearly all share
    return min(s[0] for s in near), max(s[1] for s in near)


def _zone(span: tuple[float, float], others: Sequence[tuple[float, float]]) -> float | None:
    """Whole quarters of an hour that bring a span onto the others', or None."""
    first, last = (float(np.median([other[i] for other in others])) for i in (0, 1))
    shift = round((first - span[0]) / QUARTER_S) * QUARTER_S
    fits = abs(span[0] + shift - first) < NEAR_S and abs(span[1] + shift - last) < NEAR_S
    return shift if fits and 0 < abs(shift) <= MAX_SHIFT_S else None


def _zone_of_run(span: tuple[float, float], run: tuple[float, float] | None) -> float | None:
    """The one shift of whole hours, else of quarters, that makes a span hold the run; None where none or several do."""
    for step in (HOUR_S, QUARTER_S):
        count = round(MAX_SHIFT_S / step)
        shifts = [k * step for k in range(-count, count + 1)]
        fits = [s for s in shifts if run and span[0] + s <= run[0] + NEAR_S and span[1] + s >= run[1] - NEAR_S]
        if len(fits) == 1:
            return fits[0]
    return None


def _alike(span: tuple[float, float], others: Sequence[tuple[float, float]]) -> bool:
    """Whether a span is as long as the others are."""
    usual = float(np.median([end - begin for begin, end in others]))
    return usual > 0 and abs(span[1] - span[0] - usual) < ALIKE * usual


def twins(series: Sequence[Series]) -> tuple[dict[str, str], list[Fault]]:
    """Devices whose readings are another's, to the last: the key of each -> the key of the first; and the faults."""
    seen: dict[int, Series] = {}
    same: dict[str, str] = {}
    faults = []
    for each in series:
        values = each.power_w if each.power_w is not None else each.energy_j
        if values is None or len(np.unique(values[:1000])) < MIN_TWIN:
            continue
        key = hash((np.asarray(each.time_s).tobytes(), np.asarray(values).tobytes()))
        first = seen.setdefault(key, each)
        if first.device.key != each.device.key:
            same[each.device.key] = first.device.key
            done = "another device's very readings: counted, for it drew power too; its range takes in the others'"
            faults.append(Fault("twin", 1, 0.0, f"{done} ({each.device.uuid} is {first.device.uuid})", each.device.key))
    return same, faults
