"""The contract of a device that can be set: its limits, setting one of them, and whether this user may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wattline.core.errors import WattlineError
from wattline.meter.device import Device

KNOBS = {"power": "W", "clock": "MHz"}


class SettingError(WattlineError):
    """The device may not be set: rights are missing, or it takes no limit. The text has the mend."""


class DeviceLost(WattlineError):
    """The device does not answer now; it may come back."""


@dataclass(frozen=True)
class KnobLimits:
    """The limits of one knob, in its unit (W or MHz).

    ``current``: the limit that stands, None where none is set. ``default``: what the maker sets. ``low``, ``high``:
    what the device takes. ``step``: distance of two settings that it tells apart.
    """

    current: float | None
    default: float
    low: float
    high: float
    step: float = 1.0

    @property
    def ceiling(self) -> float:
        """What is never exceeded: the limit that stands, the maker's, and the device's own highest."""
        stands = self.default if self.current is None else self.current
        return min(stands, self.default, self.high)


class Settable(Protocol):
    """One knob of one device. ``backend`` and ``address`` open it again in another process."""

    @property
    def device(self) -> Device: ...

    @property
    def backend(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def knob(self) -> str: ...

    def limits(self) -> KnobLimits:
        """Its limits now; raises DeviceLost."""
        ...

    def check(self) -> None:
        """Raises SettingError where this user may not set it; changes nothing."""
        ...

    def set(self, value: float | None) -> None:
        """Set the limit; None takes it away where none stood. Raises SettingError or DeviceLost."""
        ...

    def close(self) -> None: ...


def round_to_step(value: float, limits: KnobLimits) -> float:
    """The setting that the device tells apart nearest to a value, and not above it.

    Parameters
    ----------
    value : wanted [W or MHz]
    limits : of the device

    Returns
    -------
    From its lowest limit to its ceiling.
    """
    steps = int((min(value, limits.ceiling) - limits.low) / limits.step + 1e-9)
    return max(limits.low + max(steps, 0) * limits.step, limits.low)


def same_setting(first: float | None, second: float | None, step: float) -> bool:
    """Whether two settings are one, within the step of the device.

    Parameters
    ----------
    first, second : settings in the knob's unit [W or MHz]; None where no limit stands
    step : of the device, in the same unit

    Returns
    -------
    True where both are None, or both are numbers at most a step apart.
    """
    if first is None or second is None:
        return first is second
    return abs(first - second) <= step
