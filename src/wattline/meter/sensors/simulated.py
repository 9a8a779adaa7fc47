"""Devices that are not there, to try the meter out where no sensor is: ``WATTLINE_SIMULATED=8 wattline measure …``.

Their readings come from a formula, are called simulated in every journal and report, and count as modelled. The
variable is ``COUNT`` or ``COUNT:WATTS``. Power swings slowly about WATTS; the counter is its integral, so that the two
agree.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, field

from wattline.core.errors import WattlineError, shorten
from wattline.meter.device import Device
from wattline.meter.journal.process import hostname
from wattline.meter.sensor import Reading, Spec

VARIABLE = "WATTLINE_SIMULATED"
SPEC = Spec("simulated", modelled=True, error=0.05, note="a formula, not a measurement")
SWING, PERIOD_S = 0.2, 20.0


@dataclass
class SimulatedSensor:
    """Watts that swing about a mean, and the joules that come of them."""

    device: Device
    mean_w: float
    phase: float
    spec: Spec = field(default=SPEC)

    def read(self) -> Reading:
        angle = 2 * math.pi * (time.monotonic() % (1000 * PERIOD_S)) / PERIOD_S
        turns = self.mean_w * SWING
        power_w = self.mean_w + turns * math.sin(angle + self.phase)
        energy_j = self.mean_w * time.monotonic() - turns * PERIOD_S / (2 * math.pi) * math.cos(angle + self.phase)
        return Reading(power_w, energy_j)

    def close(self) -> None:
        pass


def simulated_sensors(names: str) -> list[SimulatedSensor]:
    """Sensors for ``COUNT`` or ``COUNT:WATTS``. Raises WattlineError for another form."""
    count, _, watts = names.partition(":")
    try:
        number, mean_w = int(count), float(watts or 300.0)
        if not (0 < number <= 1024 and 0 < mean_w < math.inf):
            raise ValueError
    except ValueError:
        raise WattlineError(f"{VARIABLE}={shorten(names)!r} is not COUNT or COUNT:WATTS, e.g. 8:300") from None
    return [
        SimulatedSensor(Device(hostname(), f"simulated:{i}", "other", f"simulated {i}"), mean_w, float(i))
        for i in range(number)
    ]


def simulated_request() -> str:
    return os.environ.get(VARIABLE, "")
