"""What a GPU's power readings say of the power that made them, and how far the truth may lie from it.

``correct`` undoes what the sensor does to time (windows, lag, beats of part-time sensing) and expects the card's gain;
``energy`` integrates and states an error that holds the truth 19 times in 20. A load that repeats in exactly the
sensor's period cannot be told from a steady one by a sensor that sees part of the time: no error here covers that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.gpu_sensor.error import Seen, error_parts
from wattline.meter.gpu_sensor.gain import Gain, gain_for
from wattline.meter.gpu_sensor.model import MENDED, Model, counts, field_of, is_nvml, model_for
from wattline.meter.gpu_sensor.stuck import stuck
from wattline.meter.gpu_sensor.time import even_beats, find_relax, means, near, published, unaverage_long, unrelax
from wattline.meter.recording import Series

RELAX_MEAN_S = 0.05  # a lag is undone on means over so long, or its slope is noise
EXACT = Gain(0.0, 0.0, np.zeros((2, 2)), 0)


@dataclass(frozen=True, eq=False)
class Corrected:
    """A series brought to the truth as near as the model goes.

    ``series``: the corrected power, or counter, at corrected times; ``raw``: the readings in order; ``seen``: what
    the error rests on; ``notes``: what was done.
    """

    series: Series
    raw: Series
    model: Model | None
    gain: Gain
    seen: Seen
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Energy:
    """Energy over a window, J; ``error``: relative half-width, 19 times in 20; ``parts``: what it is made of."""

    energy_j: float
    error: float
    raw_j: float
    duration_s: float
    parts: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def low_j(self) -> float:
        return self.energy_j * (1.0 - self.error)

    @property
    def high_j(self) -> float:
        return self.energy_j * (1.0 + self.error)

    def holds(self, true_j: float) -> bool:
        """Whether the stated interval holds this energy."""
        return self.low_j <= true_j <= self.high_j


def correct(series: Series, name: str = "", field: str = "") -> Corrected:
    """The series as the model of its sensor corrects it.

    ``name``: the card [the device's own]; ``field``: draw, average, instant or counter [by the series' spec]. A series
    that is not NVML's comes back as it was, with its spec's own error.
    """
    raw = in_order(series)
    if not (field or is_nvml(series)):
        step = _interval(raw.time_s)
        window = max(series.spec.window_s, series.spec.period_s, step)
        return Corrected(raw, raw, None, EXACT, Seen(step, 1.0, window, flat=series.spec.error))
    model = model_for(name or series.device.name, field or field_of(series))
    gain = gain_for(name or series.device.name)
    if raw.power_w is None:
        return _counter(raw, model, gain)
    held = stuck(raw.time_s, raw.power_w)
    done = _power(raw, model, gain)
    told = [f"stuck at {h.power_w:g} W for {h.seconds:.0f} s: says nothing of the power" for h in held]
    spans = tuple((h.begin_s, h.end_s) for h in held)
    return replace(done, seen=replace(done.seen, stuck=spans), notes=(*done.notes, *told))


def energy(series: Series, begin_s: float, end_s: float, name: str = "", field: str = "") -> Energy:
    """Energy between two instants (s since the epoch) with its error; see ``energy_of`` for many windows."""
    return energy_of(correct(series, name, field), begin_s, end_s)


def mend(series: Series) -> Series:
    """The series row by row, each good reading in place of what it should have said at its time; what is missing or
    nonsense stays as it was written, to be counted. ``Spec.error`` becomes the sensor's own over the whole."""
    if not is_nvml(series) or (series.power_w is None and series.energy_j is None):
        return series
    try:
        done = correct(series)
        whole = energy_of(done, float(done.raw.time_s[0]), float(done.raw.time_s[-1]))
    except WattlineError:
        return series  # too little to correct: the faults say so
    own = float(np.sqrt(sum(v**2 for k, v in whole.parts.items() if k not in ("gaps", "stuck"))))  # those are faults
    note = "; ".join(filter(None, [series.spec.note, MENDED, *done.notes]))
    spec = replace(series.spec, error=own, note=note)
    power, counter = series.power_w, series.energy_j
    if counts(series) and counter is not None:
        # a counter misses nothing between readings: its gain alone is mended
        mean_w = whole.raw_j / float(done.raw.time_s[-1] - done.raw.time_s[0])
        ratio = float(done.gain.power_w(np.asarray(mean_w))) / mean_w if mean_w > 0 else 1.0
        counter, spec = counter * ratio, replace(spec, wrap_j=spec.wrap_j * ratio)
        power = None if power is None else np.where(power > 0, done.gain.power_w(power), power)
    elif power is not None and done.series.power_w is not None:
        good = np.isfinite(power) & (power >= 0) & np.isfinite(series.time_s)
        good &= ~_during(series.time_s, done.seen.stuck)  # a stuck value is told as it stands
        if done.model is not None and done.model.generation:
            power = np.where(good, np.interp(series.time_s, done.series.time_s, done.series.power_w), power)
            spec = replace(spec, window_s=0.0)
    return replace(series, spec=spec, power_w=power, energy_j=counter)


def _during(time_s: Array, spans: Sequence[tuple[float, float]]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    inside = np.zeros(len(time_s), bool)
    for begin, end in spans:
        inside |= (time_s >= begin) & (time_s <= end)
    return inside


def energy_of(corrected: Corrected, begin_s: float, end_s: float) -> Energy:
    """Energy of a corrected series between two instants; raises WattlineError where there are no readings for it."""
    series, raw = corrected.series, corrected.raw
    if not end_s > begin_s:
        raise WattlineError(f"window: its end ({end_s:.3f} s) must be later than its begin ({begin_s:.3f} s)")
    slack = corrected.seen.reach_s + 3 * corrected.seen.interval_s
    if begin_s < raw.time_s[0] - slack or end_s > raw.time_s[-1] + slack:
        raise WattlineError(
            f"window: {begin_s:.3f} to {end_s:.3f} s is not within the readings of "
            f"{series.device.key}, {raw.time_s[0]:.3f} to {raw.time_s[-1]:.3f} s"
        )
    energy_j = integral(series, begin_s, end_s)
    parts = error_parts(corrected.seen, series, begin_s, end_s, energy_j, corrected.gain)
    error = float(np.sqrt(sum(part**2 for part in parts.values())))
    raw_j = integral(raw, begin_s, end_s)
    return Energy(energy_j, error, raw_j, end_s - begin_s, parts, corrected.notes)


def integral(series: Series, begin_s: float, end_s: float) -> float:
    """Energy of readings as they stand, J: the counter's rise, or straight lines between powers, the last ones held."""
    at = series.time_s
    if series.power_w is None:
        assert series.energy_j is not None
        return float(np.interp(end_s, at, series.energy_j) - np.interp(begin_s, at, series.energy_j))
    inside = at[(at > begin_s) & (at < end_s)]
    knots = np.concatenate([[begin_s], inside, [end_s]])
    power = np.interp(knots, at, series.power_w)
    return float(np.sum((power[1:] + power[:-1]) / 2 * np.diff(knots)))


def in_order(series: Series) -> Series:
    """Usable readings in order of time, each instant once; a counter that falls wraps, or starts anew from there."""
    by_counter = counts(series) or series.power_w is None
    values = series.energy_j if by_counter else series.power_w
    if values is None:
        raise WattlineError(f"{series.device.key}: a series without power and without energy tells nothing")
    good = np.isfinite(values) & np.isfinite(series.time_s) & (values >= 0)
    time, kept = series.time_s[good], np.asarray(values[good], float)
    time, first = np.unique(time, return_index=True)
    kept = kept[first]
    if len(time) < 2:
        raise WattlineError(f"{series.device.key}: fewer than two readings; an energy needs two")
    if not by_counter:
        return replace(series, time_s=time, power_w=kept, energy_j=None, monotonic_s=None)
    rise = np.diff(kept)
    wrap = series.spec.wrap_j
    rise = np.where(rise < 0, rise + wrap if np.isfinite(wrap) else kept[1:], rise)
    total = np.concatenate([[0.0], np.cumsum(rise)])
    return replace(series, time_s=time, power_w=None, energy_j=total, monotonic_s=None)


def _interval(time_s: Array) -> float:
    return float(np.median(np.diff(time_s)))


def _counter(raw: Series, model: Model, gain: Gain) -> Corrected:
    assert raw.energy_j is not None
    since = raw.time_s - raw.time_s[0]
    true = (raw.energy_j - gain.offset_w * since) / (1.0 + gain.gain)
    interval = _interval(raw.time_s)
    late = model.period_s / 2 + model.lag_s
    series = replace(raw, time_s=raw.time_s - late, energy_j=true)
    return Corrected(series, raw, model, gain, Seen(interval, model.seen, max(model.period_s, interval)))


def _power(raw: Series, model: Model, gain: Gain) -> Corrected:
    assert raw.power_w is not None
    interval = _interval(raw.time_s)
    at, reading = published(raw.time_s, raw.power_w, model.period_s)
    notes: list[str] = [] if model.generation else ["card not known: window and lag of its sensor not corrected"]
    if len(at) < 3:  # held throughout
        at, reading = raw.time_s, raw.power_w
    step = max(model.period_s, interval)
    seen = Seen(step, min(1.0, model.window_s / step), step)
    if not model.generation:
        seen = replace(seen, reach_s=max(step, model.window_high_s), share=1.0)
        time, power = at, reading
    elif model.relax_high_s > 0:
        time, power, seen, notes = _unrelaxed(raw, model, seen)
    elif model.overlaps and interval < model.window_s:
        time, power = unaverage_long(at - model.lag_s, reading, model.window_s, model.period_s)
        kept = near(time, raw.time_s, model.window_s + 3 * interval)
        time, power = time[kept], power[kept]
        seen = replace(seen, share=1.0, reach_s=max(step, 2 * model.period_s))
        notes.append(f"means over {model.window_s:g} s undone")
    else:
        time, power = _held(raw, at, reading, model)
        if seen.share < 0.6:
            power, beats = even_beats(power)
            seen = seen.with_beats(time, _held(raw, at, reading, model)[1], beats)
            notes.append(
                f"sees {100 * model.window_s / model.period_s:.0f}% of the time: a load that repeats every "
                f"{model.period_s:g} s, or in a whole part of it, looks steady, and no error here covers that"
            )
            notes += [f"readings beat with the load every {b * _interval(time):.2f} s: evened out" for _, _, b in beats]
    series = replace(raw, time_s=time, power_w=gain.power_w(power))
    return Corrected(series, raw, model, gain, seen, tuple(notes))


def _held(raw: Series, at: Array, reading: Array, model: Model) -> tuple[Array, Array]:
    """Readings at the middle of the time that each stands for, one a period while the sensor holds its value."""
    assert raw.power_w is not None
    if len(at) == len(raw.time_s):
        return at - model.window_s / 2 - model.lag_s, reading
    grid = np.arange(raw.time_s[0], raw.time_s[-1], model.period_s)
    phase = float(np.median((at - raw.time_s[0]) % model.period_s))
    looked = grid + (phase + model.period_s / 2) % model.period_s
    looked = looked[(looked <= raw.time_s[-1]) & near(looked, raw.time_s, 2 * model.period_s)]
    value = raw.power_w[np.searchsorted(raw.time_s, looked, side="right") - 1]
    middle = looked - model.period_s / 2 - model.window_s / 2 - model.lag_s
    return middle, value


def _unrelaxed(raw: Series, model: Model, seen: Seen) -> tuple[Array, Array, Seen, list[str]]:
    """A first-order lag undone on means of at least a twentieth of a second."""
    assert raw.power_w is not None
    at, reading = means(raw.time_s - model.period_s / 2 - model.lag_s, raw.power_w, RELAX_MEAN_S)
    found = find_relax(at, reading, model.relax_low_s, model.relax_high_s)
    relax = model.relax_s if found is None else found
    spread = (model.relax_high_s - model.relax_low_s) / 4 if found is None else 0.15 * max(relax, 0.2)
    told = "as published" if found is None else "by the steps in the readings"
    seen = replace(seen, relax_error_s=spread, relax_at=at, relax_w=reading, share=1.0)
    return at, unrelax(at, reading, relax), seen, [f"slow approach undone, time constant {relax:.2f} s {told}"]
