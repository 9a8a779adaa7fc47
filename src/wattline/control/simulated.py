"""Simulated chips as devices that can be set: tests and the docs use them in place of hardware."""

from __future__ import annotations

import os
from pathlib import Path

from wattline.control.settable import DeviceLost, KnobLimits, SettingError
from wattline.meter.device import Device
from wattline.meter.sensor import SensorGone
from wattline.meter.sensors.simulated_chip import SimulatedChip, read_chip, simulated_chips

BACKEND = "simulated"


class SimulatedLimit:
    """The power limit of a simulated chip."""

    def __init__(self, chip: SimulatedChip) -> None:
        self.chip, self.backend, self.knob = chip, BACKEND, "power"

    @property
    def device(self) -> Device:
        return self.chip.device

    @property
    def address(self) -> str:
        return str(self.chip.folder.absolute())

    def limits(self) -> KnobLimits:
        """The limit that stands, and how far it may go [W]. Raises DeviceLost where the chip's folder is gone."""
        curve = self.chip.curve
        try:
            return KnobLimits(self.chip.limit_w(), curve.default_w, curve.low_w, curve.default_w)
        except SensorGone as gone:
            raise DeviceLost(str(gone)) from None

    def check(self) -> None:
        """Try whether this user may set the limit. Raises SettingError where a file says that limits may not be set."""
        if (self.chip.folder / "refused").exists():
            raise SettingError(f"{self.device.name}: limits may be set by root alone; run with sudo")

    def set(self, value: float | None) -> None:
        """Set the limit [W]. Raises SettingError where it is out of bounds, or may not be set; DeviceLost where the
        chip's folder is gone."""
        limits = self.limits()
        if value is None or not limits.low <= value <= limits.high:
            raise SettingError(f"{self.device.name}: {value} W is not within {limits.low:g} to {limits.high:g} W")
        self.check()
        # in one call, as a driver takes it: whoever reads sees the one limit or the other
        beside = self.chip.folder / f".limit_w.{os.getpid()}"
        beside.write_text(f"{value:.6g}", encoding="ascii")
        os.replace(beside, self.chip.folder / "limit_w")

    def close(self) -> None:
        return


def open_simulated(address: str) -> SimulatedLimit:
    """The chip of a folder."""
    return SimulatedLimit(read_chip(Path(address)))


def find_simulated() -> list[SimulatedLimit]:
    """The simulated chips that the environment names."""
    return [SimulatedLimit(chip) for chip in simulated_chips()]
