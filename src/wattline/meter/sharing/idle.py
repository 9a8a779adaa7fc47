"""The idle power of a device, and how it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattline import catalog
from wattline.core.errors import NotFound, WattlineError
from wattline.meter.energy.track import Track
from wattline.meter.sharing.split import Workload

QUIET_S = 5.0  # so long must nothing have run for the idle power to be read from the recording
LOWEST = 0.01  # else: the power that this share of the time does not exceed,
WELL_BELOW = 0.5  # where that lies so far below the power at work that it can be idle


@dataclass(frozen=True, eq=False)
class Idle:
    """A device's idle power and how it is known."""

    power_w: float
    basis: str  # given, measured, catalog, lowest; unknown: nothing tells, and none is taken off


def find_idle(track: Track, claims: Sequence[Workload]) -> Idle:
    """Idle power of a device: read while none of the claims ran, else the catalog's of the card, else the lowest read
    where it lies well below the rest. Where nothing tells, 0: what ran then bears all that was taken while it ran.

    Parameters
    ----------
    track : the device's power over time
    claims : stretches in which work ran on it

    Returns
    -------
    W with its source.
    """
    at, power = track.levels()
    begin = np.sort([c.begin_s for c in claims if c.weight > 0])
    end = np.sort([c.end_s for c in claims if c.weight > 0])
    quiet = np.searchsorted(begin, at, side="right") == np.searchsorted(end, at, side="right")
    step = float(np.median(np.diff(at))) if len(at) > 1 else 0.0
    if quiet.sum() * step >= QUIET_S:
        return Idle(float(np.median(power[quiet])), "measured")
    try:
        return Idle(catalog.default().find("chip", track.device.name)["idle_w"].value, "catalog")
    except (NotFound, WattlineError):
        low, high = np.quantile(power, [LOWEST, 1 - LOWEST])
        return Idle(float(low), "lowest") if low < WELL_BELOW * high else Idle(0.0, "unknown")
