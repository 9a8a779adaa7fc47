"""A GPU and its power sensor, simulated: a load's true power, and what NVML would read of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

FINE_S = 0.001


@dataclass(frozen=True)
class Sensor:
    """How the simulated sensor measures; ``polls_s``: how often it is read."""

    period_s: float = 0.1
    window_s: float = 0.1
    relax_s: float = 0.0
    gain: float = 0.0
    offset_w: float = 0.0
    polls_s: float = 0.007
    noise_w: float = 0.1


def steps(duration_s: float, idle_w: float, busy_w: float, on: list[tuple[float, float]]) -> tuple[Array, Array]:
    """Times and power of a load that runs in these stretches."""
    time = np.arange(0.0, duration_s, FINE_S)
    running = np.zeros(len(time), bool)
    for begin, end in on:
        running |= (time >= begin) & (time < end)
    return time, np.where(running, busy_w, idle_w)


def square(
    duration_s: float, idle_w: float, busy_w: float, begin: float, end: float, period_s: float
) -> tuple[Array, Array]:
    """Half busy, half idle, again and again from ``begin`` to ``end``."""
    count = int((end - begin) / period_s)
    on = [(begin + i * period_s, begin + (i + 0.5) * period_s) for i in range(count)]
    return steps(duration_s, idle_w, busy_w, on)


def read(
    time: Array,
    power: Array,
    sensor: Sensor,
    rng: np.random.Generator,
    name: str = "",
    field: str = "power.draw",
    start_s: float = 1.7e9,
) -> Series:
    """What polling the sensor gives, its readings rounded to a hundredth of a watt."""
    total = np.concatenate([[0.0], np.cumsum(power) * FINE_S])
    if sensor.relax_s:
        keep = np.exp(-FINE_S / sensor.relax_s)
        from scipy.signal import lfilter

        slow = lfilter([1 - keep], [1, -keep], power, zi=[power[0] * keep])[0]
        total = np.concatenate([[0.0], np.cumsum(slow) * FINE_S])
    renewed = np.arange(rng.random() * sensor.period_s, time[-1], sensor.period_s)
    edges = np.arange(len(total)) * FINE_S
    before = renewed - sensor.window_s
    early = np.minimum(before, 0.0) * power[0]  # steady before the recording
    mean = (np.interp(renewed, edges, total) - np.interp(before, edges, total) - early) / sensor.window_s
    shown_w = np.round(mean * (1 + sensor.gain) + sensor.offset_w + rng.normal(0, sensor.noise_w, len(mean)), 2)
    polls = np.arange(renewed[0] + 1e-4, time[-1], sensor.polls_s)
    kept = shown_w[np.searchsorted(renewed, polls, side="right") - 1]
    return Series(Device("host", "GPU-0", "gpu", name), Spec("nvml", note=field), start_s + polls, kept)


def energy(power: Array, begin: float, end: float) -> float:
    """True energy between two times, J."""
    total = np.concatenate([[0.0], np.cumsum(power) * FINE_S])
    edges = np.arange(len(total)) * FINE_S
    return float(np.interp(end, edges, total) - np.interp(begin, edges, total))
