"""KnobLimits in small files of the kernel: AMD GPUs (hwmon's ``power1_cap``) and processors (RAPL's powercap tree).

Linux, Documentation/gpu/amdgpu/thermal and Documentation/power/powercap: microwatts, written by root alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from wattline.control.settable import DeviceLost, KnobLimits, SettingError
from wattline.meter.device import Device
from wattline.meter.sensor import Finding
from wattline.meter.sensors.local import first_text, hostname, number

DRM, POWERCAP = Path("/sys/class/drm"), Path("/sys/class/powercap")
AMD, RAPL = "amd", "rapl"
AMD_VENDOR = "0x1002"
LOWEST_SHARE = 0.4  # of RAPL's highest limit, where the kernel tells no lowest
FILES = {  # limit, highest, lowest, default
    AMD: ("power1_cap", "power1_cap_max", "power1_cap_min", "power1_cap_default"),
    RAPL: ("constraint_0_power_limit_uw", "constraint_0_max_power_uw", "constraint_0_min_power_uw", ""),
}


@dataclass
class SysfsLimit:
    """One power limit in a folder of the kernel."""

    device: Device
    backend: str
    folder: Path
    knob: str = "power"

    @property
    def address(self) -> str:
        return str(self.folder)

    def limits(self) -> KnobLimits:
        """The limit that stands, the maker's own, and how far it may go [W]. Raises DeviceLost where the kernel's files
        cannot be read."""
        current, high, low, default = (number(self.folder / name) if name else None for name in FILES[self.backend])
        if current is None:
            raise DeviceLost(f"{self.device.name}: {self.folder / FILES[self.backend][0]} cannot be read")
        top = high or default or current
        return KnobLimits(
            current * 1e-6,
            (default or max(top, current)) * 1e-6,
            (low or (LOWEST_SHARE * top if self.backend == RAPL else 0.0)) * 1e-6,
            max(top, current) * 1e-6,
        )

    def check(self) -> None:
        """Try whether this user may set the limit. Raises SettingError where the kernel's file may not be written."""
        path = self.folder / FILES[self.backend][0]
        if not os.access(path, os.W_OK):
            raise SettingError(f"{self.device.name}: {path} may be written by root alone; run with sudo")

    def set(self, value: float | None) -> None:
        """Set the limit [W]. Raises SettingError for None, and where the kernel does not take it; DeviceLost where its
        file is gone."""
        path = self.folder / FILES[self.backend][0]
        if value is None:
            raise SettingError(f"{self.device.name}: a power limit cannot be taken away, only set")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
            try:
                os.write(handle, str(round(value * 1e6)).encode())
            finally:
                os.close(handle)
        except PermissionError:
            raise SettingError(f"{path} may be written by root alone; run with sudo") from None
        except FileNotFoundError:
            raise DeviceLost(f"{self.device.name}: {path} is gone") from None
        except OSError as error:
            raise SettingError(f"{path} takes no {value:g} W: {error.strerror}") from None

    def close(self) -> None:
        return


def find_amd(root: Path = DRM, host: str = "") -> tuple[list[SysfsLimit], list[Finding]]:
    """AMD GPUs with a power limit in the kernel's tree.

    Parameters
    ----------
    root : where the kernel lists graphics cards
    host : name of this machine; asked of the system where empty

    Returns the limits, and where there is none why.
    """
    limits = []
    for card in sorted(root.glob("card[0-9]*/device")):
        if first_text(card / "vendor") != AMD_VENDOR:
            continue
        for folder in sorted(card.glob("hwmon/hwmon*")):
            if (folder / "power1_cap").exists():
                uuid = first_text(card / "unique_id") or f"pci:{card.resolve().name}"
                name = first_text(card / "product_name") or f"AMD GPU {card.parent.name}"
                limits.append(SysfsLimit(Device(host or hostname(), uuid, "gpu", name), AMD, folder))
    return limits, [] if limits else [Finding(AMD, "AMD GPUs", False, f"no power1_cap below {root}")]


def find_rapl(root: Path = POWERCAP, host: str = "") -> tuple[list[SysfsLimit], list[Finding]]:
    """Processor packages whose long-term power limit the kernel can set.

    Parameters
    ----------
    root : where the kernel lists power zones
    host : name of this machine; asked of the system where empty

    Returns the limits, and where there is none why.
    """
    host, limits = host or hostname(), []
    for folder in sorted(root.glob("intel-rapl:[0-9]*")):
        name = first_text(folder / "name")
        if folder.name.count(":") != 1 or not name.startswith("package"):
            continue
        if (folder / "constraint_0_power_limit_uw").exists():
            limits.append(SysfsLimit(Device(host, f"rapl:{name}", "cpu", f"processor {name}"), RAPL, folder))
    missing = Finding(RAPL, "processors", False, f"no package with a power limit below {root}")
    return limits, [] if limits else [missing]


def open_sysfs(backend: str, address: str, device: Device) -> SysfsLimit:
    """The limit at a folder again, as a watchdog opens it.

    Parameters
    ----------
    backend : ``amd`` or ``rapl``
    address : the folder
    device : its names, as the journal has them

    Returns the limit; whether its files are still there shows when it is read.
    """
    return SysfsLimit(device, backend, Path(address))
