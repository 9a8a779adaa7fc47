"""A stand-in for NVIDIA's library behind ``pynvml``: the same functions, structures and error codes, no GPU needed.

Only what stands below the Python package is made up: errors are nvidia-ml-py's own classes where it is installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

pynvml = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed: pip install 'wattline[nvidia]'")


NO_USE = -pynvml.NVML_ERROR_NOT_SUPPORTED


@dataclass
class Gpu:
    """One GPU as NVML tells of it; a value that is an int below zero stands for NVML's error of that code."""

    uuid: str = "GPU-1"
    name: str | bytes = "NVIDIA H100 80GB HBM3"
    power_mw: int = 400_000
    average_mw: int = 390_000
    instant_mw: int = 410_000
    energy_mj: int = 1_000_000
    capability: tuple[int, int] = (9, 0)
    architecture: int = pynvml.NVML_DEVICE_ARCH_HOPPER
    bus: str = "00000000:1B:00.0"
    mig: Sequence[str] = ()
    mig_on: bool = False
    lost: int = 0  # error code of every call while it is lost
    use: int = NO_USE  # percent
    samples: list[Any] = field(default_factory=list)
    samples_error: int = 0


class Nvml:
    """``pynvml`` with these GPUs."""

    NVMLError = pynvml.NVMLError
    NVML_FI_DEV_POWER_AVERAGE = pynvml.NVML_FI_DEV_POWER_AVERAGE
    NVML_FI_DEV_POWER_INSTANT = pynvml.NVML_FI_DEV_POWER_INSTANT

    def __init__(self, *gpus: Gpu, init: int = 0) -> None:
        self.gpus, self.init, self.users = list(gpus), init, 0

    def _check(self, code: int) -> None:
        if code:
            raise pynvml.NVMLError(code)

    def _of(self, handle: Any) -> Gpu:
        self._check(pynvml.NVML_ERROR_UNINITIALIZED if self.users <= 0 else 0)
        self._check(handle.lost if isinstance(handle, Gpu) else 0)
        return handle  # type: ignore[no-any-return]

    def _value(self, value: int) -> int:
        self._check(-value if value < 0 else 0)
        return value

    def nvmlInit(self) -> None:
        self._check(self.init)
        self.users += 1

    def nvmlShutdown(self) -> None:
        self._check(pynvml.NVML_ERROR_UNINITIALIZED if self.users <= 0 else 0)
        self.users -= 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any:
        return self._of(self.gpus[index])

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> Any:
        self._check(pynvml.NVML_ERROR_UNINITIALIZED if self.users <= 0 else 0)
        for gpu in self.gpus:
            if gpu.uuid == uuid:
                return self._of(gpu)
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)

    def nvmlDeviceGetUUID(self, handle: Any) -> str:
        return handle if isinstance(handle, str) else self._of(handle).uuid

    def nvmlDeviceGetName(self, handle: Any) -> str | bytes:
        return "NVIDIA H100 80GB HBM3 MIG 1g.10gb" if isinstance(handle, str) else self._of(handle).name

    def nvmlDeviceGetPciInfo(self, handle: Any) -> Any:
        return SimpleNamespace(busId=self._of(handle).bus)

    def nvmlDeviceGetCudaComputeCapability(self, handle: Any) -> tuple[int, int]:
        return self._of(handle).capability

    def nvmlDeviceGetArchitecture(self, handle: Any) -> int:
        return self._of(handle).architecture

    def nvmlDeviceGetPowerUsage(self, handle: Any) -> int:
        return self._value(self._of(handle).power_mw)

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: Any) -> int:
        return self._value(self._of(handle).energy_mj)

    def nvmlDeviceGetFieldValues(self, handle: Any, fields: Sequence[int]) -> list[Any]:
        gpu, values = self._of(handle), []
        for wanted in fields:
            milliwatts = gpu.instant_mw if wanted == self.NVML_FI_DEV_POWER_INSTANT else gpu.average_mw
            value = pynvml.c_nvmlFieldValue_t()
            value.fieldId, value.nvmlReturn = wanted, max(-milliwatts, 0)
            value.value.uiVal = max(milliwatts, 0)
            values.append(value)
        return values

    def nvmlDeviceGetUtilizationRates(self, handle: Any) -> Any:
        return SimpleNamespace(gpu=self._value(self._of(handle).use))

    def nvmlDeviceGetMigMode(self, handle: Any) -> list[int]:
        gpu = self._of(handle)
        self._check(0 if gpu.mig or gpu.mig_on else pynvml.NVML_ERROR_NOT_SUPPORTED)
        return [1, 1]

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Any) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, index: int) -> Any:
        if index >= len(handle.mig):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return handle.mig[index]

    def nvmlDeviceGetProcessUtilization(self, handle: Any, since: int) -> list[Any]:
        gpu = self._of(handle)
        self._check(gpu.samples_error)
        if not gpu.samples:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return gpu.samples


def sample(pid: int, time_us: int, compute: int, memory: int = 0) -> Any:
    """One of NVML's samples of a process's use, in percent."""
    result = pynvml.c_nvmlProcessUtilizationSample_t()
    result.pid, result.timeStamp, result.smUtil, result.memUtil = pid, time_us, compute, memory
    return result
