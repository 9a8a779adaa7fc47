"""Recordings with noise, before and after a change."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.recording import Recording, Series, Window
from wattline.meter.sensor import Spec

START_S = 1.76e9


def noisy_w(
    rng: np.random.Generator, mean_w: float, noise: float = 0.03, memory: float = 0.5, seconds: int = 240
) -> Array:
    """Watts each second, that scatter by ``noise`` and remember each other."""
    steps = rng.normal(0.0, noise * np.sqrt(1 - memory**2), seconds)
    around = np.zeros(seconds)
    around[0] = rng.normal(0.0, noise)
    for i in range(1, seconds):
        around[i] = memory * around[i - 1] + steps[i]
    return np.asarray(mean_w * (1 + around))


def recording_of(
    watts: Array, windows: tuple[Window, ...] = (), counts: dict[str, float] | None = None, source: str = "nvml"
) -> Recording:
    device = Device("gpu", "node", "0")
    series = Series(device, Spec(source, error=0.05), START_S + np.arange(len(watts)), power_w=np.asarray(watts))
    return Recording([series], windows, counts or {}, source="made")
