"""The one place where good readings are corrected for how their sensor errs, before they are summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.gpu_sensor.model import MENDED, field_of, is_nvml, model_for
from wattline.meter.readings.counter import Rise
from wattline.meter.readings.faults import Readings
from wattline.meter.readings.power import energy, straight
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

if TYPE_CHECKING:
    from wattline.meter.gpu_sensor.correct import CorrectedSeries
    from wattline.meter.gpu_sensor.gain import Gain

Span = tuple[float, float]


class CorrectedWatts(NamedTuple):
    """Good readings of watts as they should have been, the sensor's own error in ``spec``, and what was done."""

    readings: Readings
    spec: Spec
    notes: tuple[str, ...] = ()


class CorrectedCounter(NamedTuple):
    """A counter as it should have risen, the watts read beside it, the sensor's own error, and what was done."""

    rise: Rise
    readings: Readings | None
    spec: Spec
    notes: tuple[str, ...] = ()


def correct_watts(
    device: Device, spec: Spec, readings: Readings, stuck_s: Sequence[Span], error: bool = True
) -> CorrectedWatts:
    """Each good reading in place of what it should have said at its time; a stuck value stands as it is told. Readings
    that are not of NVML, or too few, come back as they were.

    Parameters
    ----------
    device : the device
    spec : how its sensor measures
    readings : the good ones
    stuck_s : begins and ends of the stretches in which one value was repeated [s]
    error : whether the sensor's own error is worked out too; without it the spec's stands

    Returns the readings, and how they measure.
    """
    done = _correct(Series(device, spec, readings.time_s, readings.power_w), stuck_s)
    if done is None:
        return CorrectedWatts(readings, spec)
    time, power = done.series.time_s, done.series.power_w
    assert power is not None
    notes = done.notes
    if error:
        line = straight(device, spec, time, power)
        whole_j = energy(line, float(readings.time_s[0]), float(readings.time_s[-1])).value_j
        spec, notes = _with_error(spec, done, whole_j)
    if done.seen.late_s > 0:  # what the sensor does to time stands: its gain alone
        watts = np.where(readings.stuck, readings.power_w, _at_gain(done.gain, readings.power_w))
        spec = replace(spec, window_s=2 * done.seen.late_s)
        return CorrectedWatts(replace(readings, power_w=watts), spec, notes)
    watts = np.where(readings.stuck, readings.power_w, np.interp(readings.time_s, time, power))
    return CorrectedWatts(replace(readings, power_w=watts), replace(spec, window_s=0.0), notes)


def watts_stand(series: Series) -> bool:
    """Whether good readings of watts stand as they were read: the sensor's correction leaves each of them alone.

    Parameters
    ----------
    series : readings of watts by one sensor, W

    Returns
    -------
    True of a sensor that is not corrected, and of a card whose kind no meter has seen, at no known gain.
    """
    if not is_nvml(series.spec):
        return True
    from wattline.meter.gpu_sensor.gain import gain_for

    model, gain = model_for(series.device.name, field_of(replace(series, energy_j=None))), gain_for(series.device.name)
    return not model.undone and gain.offset_w == 0 and gain.gain == 0


def counter_gain(device: Device, spec: Spec) -> tuple[float, float]:
    """Watts that a counter counts too many, and what is left of each joule beyond them: (0, 1) of one that is not
    corrected. Joules since any reading are ``(counted - watts * seconds) * share``.

    Parameters
    ----------
    device : whose counter it is
    spec : of the sensor

    Returns
    -------
    W, and a share of each joule, from 0 on.
    """
    if not is_nvml(spec):
        return 0.0, 1.0
    from wattline.meter.gpu_sensor.gain import gain_for

    gain = gain_for(device.name)
    return gain.offset_w, 1.0 / (1.0 + gain.gain)


def correct_counter(
    device: Device, spec: Spec, rise: Rise, readings: Readings | None, interval_s: float, error: bool = True
) -> CorrectedCounter:
    """A counter, which misses nothing between readings: its gain alone is corrected, at its mean power.

    Parameters
    ----------
    device : the device
    spec : how its sensor measures
    rise : the counter, without wraps and resets
    readings : of watts beside it, where there are any
    interval_s : the usual time between two of its readings [s]
    error : whether the sensor's own error is worked out too; without it the spec's stands

    Returns the counter, the readings, and how they measure.
    """
    done = _correct(Series(device, spec, rise.time_s, None, rise.energy_j), (), interval_s)
    if done is None:
        return CorrectedCounter(rise, readings, spec)
    begin, end = float(rise.time_s[0]), float(rise.time_s[-1])
    counter, notes = done.series.energy_j, done.notes
    assert counter is not None
    if error:
        # nothing is added beyond its ends, which lie earlier than those of the readings by the time that it is late
        until_j = float(np.interp(begin, done.series.time_s, counter))
        spec, notes = _with_error(spec, done, float(counter[-1]) - until_j)
    mean_w = float(rise.energy_j[-1]) / (end - begin)
    ratio = max(0.0, float(done.gain.power_w(np.asarray(mean_w))) / mean_w) if mean_w > 0 else 1.0
    rise = Rise(rise.time_s, rise.energy_j * ratio, rise.doubt_j * ratio)
    if readings is not None:
        readings = replace(readings, power_w=_at_gain(done.gain, readings.power_w))
    return CorrectedCounter(rise, readings, spec, notes)


def _at_gain(gain: Gain, power_w: Array) -> Array:
    """Readings at the sensor's gain; one of fewer watts than the sensor adds was of nothing, never of less."""
    return np.where(power_w > 0, np.maximum(gain.power_w(power_w), 0.0), power_w)


def _correct(good: Series, stuck_s: Sequence[Span], interval_s: float = 0.0) -> CorrectedSeries | None:
    """None where no correction is known, or where there is too little to correct: the faults say so."""
    if not is_nvml(good.spec):
        return None
    from wattline.meter.gpu_sensor.correct import correct

    try:
        return correct(good, stuck_s=stuck_s, interval_s=interval_s)
    except WattlineError:
        return None


def _with_error(spec: Spec, done: CorrectedSeries, whole_j: float) -> tuple[Spec, tuple[str, ...]]:
    from wattline.meter.gpu_sensor.correct import own_error

    note = "; ".join(filter(None, [spec.note, MENDED, *done.notes]))
    return replace(spec, error=own_error(done, whole_j), note=note), done.notes
