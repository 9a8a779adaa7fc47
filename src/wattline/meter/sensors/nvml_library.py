"""What NVIDIA's library says: its errors with their mends, its texts, and its samples of each process's use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wattline.core.errors import shorten
from wattline.meter.sensor import SensorGone

# NVML's return codes that have a mend of their own
NOT_OPEN, NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND, NO_DRIVER, NO_LIBRARY, MISMATCH = 1, 3, 4, 6, 9, 12, 18
MENDS = {
    NO_LIBRARY: (
        "NVML library (libnvidia-ml.so.1) not found: no NVIDIA driver here",
        "install the NVIDIA driver; in a container, start it with the NVIDIA Container Toolkit (--gpus all)",
    ),
    NO_DRIVER: ("the NVIDIA driver is not loaded", "sudo modprobe nvidia; `nvidia-smi` and `dmesg` show what fails"),
    NO_PERMISSION: (
        "this user may not open the GPUs",
        "give it read and write on /dev/nvidiactl and /dev/nvidia*, or run as root",
    ),
    MISMATCH: ("NVIDIA's driver and library are of two versions (an update?)", "reboot, or reload the driver"),
}


@dataclass(frozen=True)
class ProcessUse:
    """One process on a GPU in one of NVML's samples: shares of its time, 0 to 1; ``time_us`` since the epoch."""

    pid: int
    time_us: int
    compute: float
    memory: float
    encoder: float
    decoder: float


def process_use(library: Any, handle: Any, since_us: int = 0) -> list[ProcessUse]:
    """NVML's samples of each process's use; empty where none ran.

    Parameters
    ----------
    library : has pynvml's functions
    handle : of the GPU
    since_us : newer than which they are [µs]

    Returns samples. Raises SensorGone where NVML does not tell (MIG, some virtual GPUs, no permission).
    """
    try:
        samples = library.nvmlDeviceGetProcessUtilization(handle, since_us)
    except Exception as error:
        if code_of(error) == NOT_FOUND:
            return []
        raise SensorGone(f"use by process: {error_words(error)}") from None
    return [
        ProcessUse(int(s.pid), int(s.timeStamp), *(int(u) / 100 for u in (s.smUtil, s.memUtil, s.encUtil, s.decUtil)))
        for s in samples
        if s.pid and s.timeStamp > since_us
    ]


def text_of(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def code_of(error: BaseException) -> int:
    """NVML's return code; -1 of other errors."""
    value = getattr(error, "value", None)
    return value if isinstance(value, int) else -1


def error_words(error: BaseException) -> str:
    return f"NVML: {shorten(str(error) or type(error).__name__, 120)}"


def quietly(call: Callable[[], object]) -> None:
    try:
        call()
    except Exception:
        # shutting down what is already down harms nobody
        return
