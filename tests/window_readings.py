"""Readings of a machine's meter, and what a window of them holds, for tests by hand."""

from __future__ import annotations

import numpy as np

from wattline.meter.device import Device
from wattline.meter.energy.window import WindowEnergy, window_energy
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec

METER = Device("n1", "bmc", "node", "chassis")
EXACT = Spec("ipmi", error=0.0)


def readings(time: list[float], watts: list[float], device: Device = METER, spec: Spec = EXACT) -> Series:
    return Series(device, spec, np.array(time, float), np.array(watts, float))


def counter(time: list[float], joules: list[float], device: Device = METER, spec: Spec = EXACT) -> Series:
    return Series(device, spec, np.array(time, float), None, np.array(joules, float))


def window(begin_s: float, end_s: float, *series: Series) -> WindowEnergy:
    return window_energy(Recording(series), begin_s, end_s)
