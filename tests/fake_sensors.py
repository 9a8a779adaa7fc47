"""Sensors that do as a test tells them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from wattline.meter.clock import mono_us
from wattline.meter.device import Device
from wattline.meter.sensor import Reading, SensorGone, Spec


def steady(seconds: float) -> Reading:
    """100 W, with its counter."""
    return Reading(100.0, 100.0 * seconds)


@dataclass
class FakeSensor:
    """Says ``what(seconds)``; gone while ``gone``; tells each reading to ``pipe`` (8 bytes: µs, monotonic)."""

    device: Device = field(default_factory=lambda: Device("here", "gpu-0", "gpu", "gpu 0"))
    spec: Spec = field(default_factory=lambda: Spec("nvml"))
    what: Callable[[float], Reading] = steady
    gone: str = ""
    pipe: int = -1
    takes_s: float = 0.0
    reads: int = 0
    closed: bool = False

    def read(self) -> Reading:
        self.reads += 1
        if self.takes_s:
            time.sleep(self.takes_s)
        if self.gone:
            raise SensorGone(self.gone)
        if self.pipe >= 0:
            os.write(self.pipe, mono_us().to_bytes(8, "little"))
        return self.what(time.monotonic())

    def close(self) -> None:
        self.closed = True


def fakes(count: int, **more: object) -> list[FakeSensor]:
    devices = [Device("here", f"gpu-{i}", "gpu", f"gpu {i}") for i in range(count)]
    return [FakeSensor(device, **more) for device in devices]  # type: ignore[arg-type]
