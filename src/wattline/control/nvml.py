"""NVIDIA GPUs: the power limit, or the highest clock, through NVML (``nvidia-ml-py``).

NVML API reference, device commands: a limit lies within the constraints of the board, is forgotten when the driver is
unloaded, and may be set by root alone. Clocks that are locked cannot be read back: where any are, they are left alone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from wattline.control.settable import DeviceLost, KnobLimits, SettingError
from wattline.meter.device import Device
from wattline.meter.sensor import Finding
from wattline.meter.sensors.local import hostname
from wattline.meter.sensors.nvml_library import (
    MENDS,
    NO_PERMISSION,
    NOT_SUPPORTED,
    code_of,
    error_words,
    quietly,
    text_of,
)

BACKEND = "nvml"
INVALID = 2  # NVML_ERROR_INVALID_ARGUMENT
LOCKED = 0x2  # of the reasons that hold clocks: a setting of the user
STEP = {"power": 1.0, "clock": 15.0}


class NvmlKnob:
    """The power limit or the highest clock of one GPU."""

    def __init__(self, library: Any, device: Device, knob: str) -> None:
        self.device, self.knob, self.backend = device, knob, BACKEND
        self._library = library
        self._open = True
        library.nvmlInit()

    @property
    def address(self) -> str:
        return self.device.uuid

    def limits(self) -> KnobLimits:
        """The limit that stands, the maker's own, and how far it may go [W or MHz]. Raises DeviceLost where the driver
        does not answer, SettingError where it allows no such question."""
        library = self._library
        try:
            handle = library.nvmlDeviceGetHandleByUUID(self.device.uuid)
            if self.knob == "clock":
                return _clocks(library, handle)
            low, high = library.nvmlDeviceGetPowerManagementLimitConstraints(handle)
            current = library.nvmlDeviceGetPowerManagementLimit(handle)
            default = library.nvmlDeviceGetPowerManagementDefaultLimit(handle)
        except Exception as error:
            raise _failure(self.device, error) from None
        return KnobLimits(current * 1e-3, default * 1e-3, low * 1e-3, high * 1e-3, STEP["power"])

    def check(self) -> None:
        """Raises SettingError without the rights, and where clocks are locked already, which NVML cannot tell the
        values of; the limit that stands is set once more to try."""
        if self.knob == "power":
            self.set(self.limits().current)
        elif self._clocks_are_set():
            raise SettingError(
                f"{self.device.name}: its clocks are locked by a setting that NVML cannot read back; "
                "`nvidia-smi -rgc` takes it away, or tune the power limit"
            )

    def _clocks_are_set(self) -> bool:
        try:
            handle = self._library.nvmlDeviceGetHandleByUUID(self.device.uuid)
            return bool(int(self._library.nvmlDeviceGetCurrentClocksThrottleReasons(handle)) & LOCKED)
        except Exception:
            # older boards tell no reasons; they know no locked clocks either
            return False

    def set(self, value: float | None) -> None:
        """Set the limit [W or MHz]; None takes a lock of clocks away. Raises SettingError where this user may not, and
        for None as a power limit; DeviceLost where the driver does not answer."""
        library = self._library
        try:
            handle = library.nvmlDeviceGetHandleByUUID(self.device.uuid)
            if self.knob == "power":
                if value is None:
                    raise SettingError(f"{self.device.name}: a power limit cannot be taken away, only set")
                library.nvmlDeviceSetPowerManagementLimit(handle, round(value * 1e3))
            elif value is None:
                library.nvmlDeviceResetGpuLockedClocks(handle)
            else:
                library.nvmlDeviceSetGpuLockedClocks(handle, 0, round(value))
        except SettingError:
            raise
        except Exception as error:
            raise _failure(self.device, error) from None

    def activity(self) -> float:
        """Clock times utilisation now [GHz]; 0 where the board tells neither."""
        try:
            handle = self._library.nvmlDeviceGetHandleByUUID(self.device.uuid)
            clock_mhz = float(self._library.nvmlDeviceGetClockInfo(handle, 1))  # 1: the streaming processors' clock
            return clock_mhz * 1e-3 * float(self._library.nvmlDeviceGetUtilizationRates(handle).gpu) / 100
        except Exception:
            # a lost GPU works on nothing
            return 0.0

    def close(self) -> None:
        if self._open:
            self._open = False
            quietly(self._library.nvmlShutdown)


def _clocks(library: Any, handle: Any) -> KnobLimits:
    high = float(library.nvmlDeviceGetMaxClockInfo(handle, 0))  # 0: the graphics clock
    memory = max(library.nvmlDeviceGetSupportedMemoryClocks(handle))
    supported = sorted(float(clock) for clock in library.nvmlDeviceGetSupportedGraphicsClocks(handle, memory))
    step = min((b - a for a, b in pairwise(supported)), default=STEP["clock"])
    return KnobLimits(None, high, supported[0], high, max(step, 1.0))


def _failure(device: Device, error: Exception) -> Exception:
    """The library's error in words of ours: what may not be done, or what is lost."""
    code = code_of(error)
    name = device.name or device.uuid
    if code == NO_PERMISSION:
        return SettingError(
            f"{name}: limits may be set by root alone; run with sudo, in a container with --cap-add SYS_ADMIN"
        )
    if code == NOT_SUPPORTED:
        return SettingError(f"{name}: this board or driver takes no such limit")
    if code == INVALID:
        return SettingError(f"{name}: the driver refuses this limit as out of its range")
    return DeviceLost(f"{name}: {error_words(error)}")


def open_nvml(address: str, knob: str, device: Device, library: Any = None) -> NvmlKnob:
    """A GPU's knob by its UUID, as a watchdog opens it.

    Parameters
    ----------
    address : the GPU's UUID
    knob : ``power`` or ``clock``
    device : its names, as the journal has them
    library : pynvml, or what stands in for it; imported where None

    Returns the knob. Raises DeviceLost where the driver does not answer.
    """
    try:
        return NvmlKnob(library or _pynvml(), device, knob)
    except Exception as error:
        raise DeviceLost(f"{device.name}: {error_words(error)}") from None


def _pynvml() -> Any:
    import pynvml

    return pynvml


def find_nvml(knob: str = "power", library: Any = None, host: str = "") -> tuple[list[NvmlKnob], list[Finding]]:
    """The GPUs of this machine that have this knob.

    Parameters
    ----------
    knob : ``power`` or ``clock``
    library : pynvml, or what stands in for it; imported where None
    host : name of this machine; asked of the system where empty

    Returns the GPUs' knobs, and why any other cannot be set.
    """
    try:
        library = library or _pynvml()
        library.nvmlInit()
    except ImportError:
        mend = "pip install 'wattline[nvidia]'"
        return [], [Finding(BACKEND, "NVIDIA GPUs", False, "Python package nvidia-ml-py is missing", mend)]
    except Exception as error:
        why, mend = MENDS.get(code_of(error), (error_words(error), "`nvidia-smi` shows more"))
        return [], [Finding(BACKEND, "NVIDIA GPUs", False, why, mend)]
    knobs: list[NvmlKnob] = []
    findings: list[Finding] = []
    for index in range(int(library.nvmlDeviceGetCount())):
        try:
            handle = library.nvmlDeviceGetHandleByIndex(index)
            uuid, name = text_of(library.nvmlDeviceGetUUID(handle)), text_of(library.nvmlDeviceGetName(handle))
            made = NvmlKnob(library, Device(host or hostname(), uuid, "gpu", name), knob)
            made.limits()
            knobs.append(made)
        except Exception as error:
            why = str(error) if isinstance(error, SettingError | DeviceLost) else error_words(error)
            findings.append(Finding(BACKEND, f"GPU {index}", False, why))
    quietly(library.nvmlShutdown)
    return knobs, findings
