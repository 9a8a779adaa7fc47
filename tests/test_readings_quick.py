"""Readings that need no mending take a shorter way, and means of the sensor are undone in few sums: to the same end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import solveh_banded

from wattline.meter.device import Device
from wattline.meter.gpu_sensor import time as sensor_time
from wattline.meter.gpu_sensor.time import unaverage
from wattline.meter.readings import counter, faults, order
from wattline.meter.readings.clean import CleanPower, clean
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

WATTS = st.sampled_from([0.0, 0.5, 60.0, 99.0, 100.0, 350.0, 700.0])
ODD_WATTS = st.sampled_from([-1.0, -5.0, np.nan, 1e6, 1e15, 3e5, 30_000.0])
STEPS = st.sampled_from([0.1, 0.1, 0.1, 0.11, 0.2])
ODD_STEPS = st.sampled_from([0.0, -0.3, 0.26, 5.0, 700.0, 4e6, np.nan])


@st.composite
def series(draw: Any) -> Series:
    """Some readings, often all good, sometimes with one or two that are not."""
    count = draw(st.integers(1, 40))
    power = np.array(draw(st.lists(WATTS, min_size=count, max_size=count)))
    steps = np.array(draw(st.lists(STEPS, min_size=count, max_size=count)))
    for values, odd in ((power, ODD_WATTS), (steps, ODD_STEPS)):
        for at in draw(st.lists(st.integers(0, count - 1), max_size=draw(st.sampled_from([0, 0, 1, 2])))):
            values[at] = draw(odd)
    time = draw(st.sampled_from([1.8e9, 1e9, 500.0])) + np.cumsum(steps)
    joules = np.cumsum(np.nan_to_num(power) * np.nan_to_num(steps))
    wrap_j = draw(st.sampled_from([np.inf, 262_143.0, 500.0, 60.0]))
    joules = joules % wrap_j if np.isfinite(wrap_j) else joules
    kept = draw(st.sampled_from(["watts", "counter", "both"]))
    device = Device("h", "GPU-0", draw(st.sampled_from(["gpu", "node"])), "NVIDIA H100 80GB HBM3")
    spec = Spec(draw(st.sampled_from(["nvml", "rapl"])), period_s=0.1, wrap_j=wrap_j)
    return Series(device, spec, time, None if kept == "counter" else power, None if kept == "watts" else joules)


def summary(cleaned: CleanPower) -> str:
    flaws = sorted((flaw.kind, flaw.at_s.tolist(), flaw.lasting_s.tolist(), flaw.done) for flaw in cleaned.flaws)
    lines = [
        [p.spec, p.interval_s, p.counted, p.before, p.after]
        + [a.tolist() for a in (p.time_s, p.left_w, p.right_w, p.below_w, p.above_w, p.peak_time_s, p.peak_w)]
        for p in cleaned.powers
    ]
    return repr((lines, flaws, cleaned.notes))


@given(series())
def test_the_shorter_way_ends_where_the_longer_does(readings: Series) -> None:
    short = summary(clean(readings))
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(order, "_runs_forward", lambda *_: False)
        patch.setattr(counter, "_risen", lambda *_: None)
        patch.setattr(faults, "_all_power", lambda *_: False)
        assert short == summary(clean(readings))


def pair_by_pair(at_s: np.ndarray, mean_w: np.ndarray, window_s: float, step_s: float) -> np.ndarray:
    """Power by the normal equations of the same least squares, written out mean by mean."""
    width = round(window_s / step_s)
    first = at_s[0] - width * step_s
    count = int(np.ceil((at_s[-1] - first) / step_s - 1e-6))
    trust = 1 / (sensor_time.READING_W**2 + (sensor_time.JITTER_S * np.gradient(mean_w, at_s)) ** 2)
    rows = np.zeros((len(at_s), count))
    for row, end in zip(rows, (at_s - first) / step_s, strict=True):
        whole, part = int(np.floor(end)), end - np.floor(end)
        row[max(whole - width, 0) : whole] = 1 / width
        if whole >= width:
            row[whole - width] *= 1 - part
        if whole < count:
            row[whole] = part / width
    square = rows.T @ (trust[:, None] * rows)
    bands = np.zeros((width + 2, count))
    for k in range(min(width + 1, count)):
        bands[k, : count - k] = np.diagonal(square, -k)
    smooth = 1 / sensor_time.STEP_W**2
    bands[0, :-1] += smooth
    bands[0, 1:] += smooth
    bands[1, :-1] -= smooth
    bands[0] += 1e-9
    return np.asarray(solveh_banded(bands, rows.T @ (trust * mean_w), lower=True))


@pytest.mark.parametrize("width", [2, 3, 10])
@pytest.mark.parametrize("regular", [True, False])
def test_means_are_undone_as_by_the_equations_written_out(width: int, regular: bool) -> None:
    rng = np.random.default_rng(width)
    at = 1000 + np.cumsum(np.full(120, 0.1) if regular else rng.uniform(0.02, 0.31, 120))
    mean = rng.uniform(60, 700, 120)
    power = unaverage(at, mean, 0.1 * width, 0.1)[1]
    assert power == pytest.approx(pair_by_pair(at, mean, 0.1 * width, 0.1), rel=1e-6, abs=1e-4)
