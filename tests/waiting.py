"""Waiting for what threads and servers do, without a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable

from wattline.meter.sensor import Sensor, SensorGone


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until the condition holds; far longer than it takes, so that only a defect ends it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def gone(sensor: Sensor) -> str:
    """Why the sensor gives no reading now; empty where it gives one."""
    try:
        sensor.read()
    except SensorGone as error:
        return str(error)
    return ""
