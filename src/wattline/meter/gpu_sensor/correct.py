"""What a GPU's power readings say of the power that made them, and how far the truth may lie from it.

``correct`` undoes what the sensor does to time (windows, lag, beats of part-time sensing) and expects the card's gain;
``own_error`` states an error that holds the truth 19 times in 20. A load that repeats in exactly the
sensor's period cannot be told from a steady one by a sensor that sees part of the time: no error here covers that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantiles import median
from wattline.meter.gpu_sensor.error import SensorView, error_parts, join
from wattline.meter.gpu_sensor.gain import Gain, gain_for
from wattline.meter.gpu_sensor.model import NOTHING_APART, SensorModel, field_of, is_nvml, model_for
from wattline.meter.gpu_sensor.time import even_beats, find_relax, means, near, sensor_updates, unaverage_long, unrelax
from wattline.meter.recording import Series

RELAX_MEAN_S = 0.05  # a lag is undone on means over so long, or its slope is noise
PART_TIME = 0.6  # a sensor that sees less of the time than this may beat with its load
UNKNOWN_SHARE = 0.25  # of the time that a sensor of which nothing is known may see: the least that was measured
EXACT = Gain(0.0, 0.0, np.zeros((2, 2)), 0)


@dataclass(frozen=True, eq=False)
class CorrectedSeries:
    """A series brought to the truth as near as the model goes.

    ``series``: the corrected power, or counter, at corrected times; ``raw``: the readings in order; ``seen``: what
    the error rests on; ``notes``: what was done.
    """

    series: Series
    raw: Series
    model: SensorModel | None
    gain: Gain
    seen: SensorView
    notes: tuple[str, ...] = ()


def correct(
    good: Series,
    name: str = "",
    field: str = "",
    stuck_s: Sequence[tuple[float, float]] = (),
    apart: frozenset[str] = NOTHING_APART,
    interval_s: float = 0.0,
) -> CorrectedSeries:
    """The series as the model of its sensor corrects it. One that is not NVML's comes back as it was, with its spec's
    own error.

    Parameters
    ----------
    good : readings in order of time, all of them good, of one quantity alone; a counter only rises
    name : the card; the device's own where empty
    field : draw, average, instant or counter; by the series' spec where empty
    stuck_s : begins and ends of the stretches in which the sensor repeated one value [s]
    apart : models of cards, or generations, of which nothing is to be known
    interval_s : the usual time between two readings; worked out where 0 [s]

    Returns the corrected series, and how it was seen. Raises WattlineError for fewer than two readings.
    """
    if len(good.time_s) < 2:
        raise WattlineError(f"{good.device.key}: fewer than two readings; an energy needs two")
    if not (field or is_nvml(good.spec)):
        step = _interval(good.time_s)
        window = max(good.spec.window_s, good.spec.period_s, step)
        return CorrectedSeries(good, good, None, EXACT, SensorView(step, 1.0, window, flat=good.spec.error))
    model = model_for(name or good.device.name, field or field_of(good), apart)
    gain = gain_for(name or good.device.name, apart)
    if good.power_w is None:
        return _counter(good, model, gain, interval_s or _interval(good.time_s))
    done = _power(good, model, gain)
    return replace(done, seen=replace(done.seen, stuck=tuple(stuck_s)))


def own_error(done: CorrectedSeries, whole_j: float) -> float:
    """The sensor's own relative error over all its readings, 19 times in 20, without gaps and stuck stretches, which
    are faults to be counted as such.

    Parameters
    ----------
    done : corrected power with the error of each stretch
    whole_j : corrected energy from the first to the last reading, J

    Returns
    -------
    A share of ``whole_j``.
    """
    begin, end = float(done.raw.time_s[0]), float(done.raw.time_s[-1])
    parts = error_parts(done.seen, done.series, begin, end, whole_j, done.gain)
    return join({cause: part for cause, part in parts.items() if cause not in ("gaps", "stuck")})


def _interval(time_s: Array) -> float:
    return median(np.diff(time_s))


def _counter(raw: Series, model: SensorModel, gain: Gain, interval: float) -> CorrectedSeries:
    assert raw.energy_j is not None
    since = raw.time_s - raw.time_s[0]
    true = (raw.energy_j - gain.offset_w * since) / (1.0 + gain.gain)
    late = model.period_s / 2 + model.lag_s
    series = replace(raw, time_s=raw.time_s - late, energy_j=true)
    return CorrectedSeries(series, raw, model, gain, SensorView(interval, model.seen, max(model.period_s, interval)))


def _power(raw: Series, model: SensorModel, gain: Gain) -> CorrectedSeries:
    assert raw.power_w is not None
    interval = _interval(raw.time_s)
    at, reading = sensor_updates(raw.time_s, raw.power_w, model.period_s)
    notes: list[str] = []
    if len(at) < 3:  # held throughout
        at, reading = raw.time_s, raw.power_w
    step = max(model.period_s, interval)
    seen = SensorView(step, min(1.0, model.window_s / step), step)
    relaxed = _unrelaxed(raw, model, seen) if model.relax_high_s > 0 else None
    if relaxed is not None:
        time, power, seen, notes = relaxed
    elif not model.metered:
        time, power, seen, notes = _as_read(raw, at, reading, model, seen)
    elif model.overlaps and interval < model.window_s:
        time, power = unaverage_long(at - model.lag_s, reading, model.window_s, model.period_s)
        kept = near(time, raw.time_s, model.window_s + 3 * interval)
        time, power = time[kept], power[kept]
        seen = replace(seen, share=1.0, reach_s=max(step, 2 * model.period_s))
        notes.append(f"means over {model.window_s:g} s undone")
    else:
        time, power = _bounds_of_means(raw, at, reading, model)
        if seen.share < PART_TIME:
            power, beats = even_beats(power)
            seen = seen.with_beats(time, _bounds_of_means(raw, at, reading, model)[1], beats)
            notes.append(
                f"sees {100 * model.window_s / model.period_s:.0f}% of the time: a load that repeats every "
                f"{model.period_s:g} s, or in a whole part of it, looks steady, and no error here covers that"
            )
            notes += [f"readings beat with the load every {b * _interval(time):.2f} s: evened out" for _, _, b in beats]
    series = replace(raw, time_s=time, power_w=gain.power_w(power))
    return CorrectedSeries(series, raw, model, gain, seen, tuple(notes))


def _as_read(
    raw: Series, at: Array, reading: Array, model: SensorModel, seen: SensorView
) -> tuple[Array, Array, SensorView, list[str]]:
    """The readings as they stand, with the doubt of what such a sensor may do: no card of its kind was metered.

    As means of the time before them they are late, which moves energy over an edge one way and is counted once, as
    ``late_s``; where in the time between two readings an edge lies is ``reach_s``.
    """
    assert raw.power_w is not None
    share = seen.share if model.generation else UNKNOWN_SHARE
    late_s = model.mean_late_s
    if model.nameless:  # its readings may approach the power slowly, of which nothing else here knows
        seen = replace(seen, reach_s=max(seen.interval_s, model.window_high_s))
    seen = replace(seen, share=share)
    seen = replace(seen, late_s=late_s + model.relax_high_s, ahead_s=late_s, level_at=raw.time_s, level_w=raw.power_w)
    if share < PART_TIME:
        time, power = _bounds_of_means(raw, at, reading, model)
        even, beats = even_beats(power)
        seen = seen.with_beats(time, power, beats, evened=False)
        seen = replace(seen, level_at=time, level_w=even) if beats else seen
    who = f"no card of its generation ({model.generation})" if model.generation else "card not known, or none of it"
    return raw.time_s, raw.power_w, seen, [f"{who} was recorded beside a meter: what its sensor does to time stands"]


def _bounds_of_means(raw: Series, at: Array, reading: Array, model: SensorModel) -> tuple[Array, Array]:
    """Readings at the middle of the time that each stands for, one a period while the sensor holds its value."""
    assert raw.power_w is not None
    if len(at) == len(raw.time_s):
        return at - model.window_s / 2 - model.lag_s, reading
    grid = np.arange(raw.time_s[0], raw.time_s[-1], model.period_s)
    phase = median((at - raw.time_s[0]) % model.period_s)
    looked = grid + (phase + model.period_s / 2) % model.period_s
    looked = looked[(looked <= raw.time_s[-1]) & near(looked, raw.time_s, 2 * model.period_s)]
    value = raw.power_w[np.searchsorted(raw.time_s, looked, side="right") - 1]
    middle = looked - model.period_s / 2 - model.window_s / 2 - model.lag_s
    return middle, value


def _unrelaxed(raw: Series, model: SensorModel, seen: SensorView) -> tuple[Array, Array, SensorView, list[str]] | None:
    """A first-order lag undone on means of at least a twentieth of a second, where steps in the readings show it."""
    assert raw.power_w is not None
    at, reading = means(raw.time_s - model.period_s / 2 - model.lag_s, raw.power_w, RELAX_MEAN_S)
    relax = find_relax(at, reading, model.relax_low_s, model.relax_high_s)
    if relax is None:
        return None
    seen = replace(seen, relax_error_s=0.15 * max(relax, 0.2), relax_at=at, relax_w=reading, share=1.0)
    note = f"slow approach undone, time constant {relax:.2f} s by the steps in the readings"
    return at, unrelax(at, reading, relax), seen, [note]
