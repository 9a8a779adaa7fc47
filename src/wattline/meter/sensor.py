"""The contract of a sensor: what it measures, how well, and one reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from wattline.meter.device import Device


class SensorGone(Exception):
    """The sensor gives no reading now: it went away, or may not be read. The text says why."""


class Reading(NamedTuple):
    """One reading; what the sensor does not give is None, and never zero."""

    power_w: float | None
    energy_j: float | None = None  # cumulative, from any origin


@dataclass(frozen=True)
class Spec:
    """How a sensor measures.

    ``source``: nvml, rapl, amdsmi, hwmon, ipmi, redfish, prometheus, model, or a file's format. ``window_s``: a power
    reading is the mean over this many seconds before it (0: instant). ``period_s``: how often the hardware renews it
    (0: not known). ``wrap_j``: where the counter starts anew. ``error``: relative half-width that holds the truth 19
    times in 20, of a steady load. ``modelled``: worked out from utilisation, not measured.
    """

    source: str
    window_s: float = 0.0
    period_s: float = 0.0
    wrap_j: float = np.inf
    error: float = 0.05
    modelled: bool = False
    note: str = ""


class Sensor(Protocol):
    """Anything that can be read for watts or joules of one device."""

    @property
    def device(self) -> Device: ...

    @property
    def spec(self) -> Spec: ...

    def read(self) -> Reading:
        """One reading; raises SensorGone where there is none. Never blocks for long, never raises anything else."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Finding:
    """What looking for one source of readings found, for ``wattline sensors``."""

    source: str
    what: str  # device or path looked at
    usable: bool
    why: str = ""  # why it is missing or cannot be read
    mend: str = ""  # what the user can do about it
