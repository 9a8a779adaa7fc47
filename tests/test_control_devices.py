"""Limits are set through the kernel (AMD GPUs, processors) and through NVIDIA's library, each with its errors."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wattline.control.nvml import NvmlKnob, find_nvml
from wattline.control.settable import DeviceLost, KnobLimits, SettingError
from wattline.control.sysfs import find_amd, find_rapl


def kernel_tree(root: Path, **values: int | str) -> Path:
    root.mkdir(parents=True)
    for name, value in values.items():
        (root / name).write_text(str(value))
    return root


def test_an_amd_gpu_is_set_through_the_kernel(tmp_path: Path) -> None:
    kernel_tree(tmp_path / "card0/device", vendor="0x1002", unique_id="f00")
    watts = {"power1_cap": 300, "power1_cap_max": 320, "power1_cap_min": 50, "power1_cap_default": 310}
    folder = kernel_tree(tmp_path / "card0/device/hwmon/hwmon3", **{name: w * 10**6 for name, w in watts.items()})
    (limit,), _ = find_amd(tmp_path, "here")
    assert limit.limits() == KnobLimits(300, 310, 50, 320)
    assert limit.limits().ceiling == 300
    limit.check()
    limit.set(200)
    assert (folder / "power1_cap").read_text() == "200000000"


def test_a_processor_is_set_by_its_long_term_limit(tmp_path: Path) -> None:
    folder = kernel_tree(
        tmp_path / "intel-rapl:0", name="package-0",
        constraint_0_power_limit_uw=200_000_000, constraint_0_max_power_uw=225_000_000,
    )  # fmt: skip
    kernel_tree(tmp_path / "intel-rapl:0:0", name="core", constraint_0_power_limit_uw=0)
    (limit,), _ = find_rapl(tmp_path, "here")
    assert limit.limits() == KnobLimits(200, 225, 90, 225)
    limit.set(150)
    assert (folder / "constraint_0_power_limit_uw").read_text() == "150000000"
    (folder / "constraint_0_power_limit_uw").unlink()
    with pytest.raises(DeviceLost):
        limit.set(150)


class Library:
    """The functions of NVIDIA's library that set limits; ``code``: the error of every setting."""

    def __init__(self, code: int = 0, reasons: int = 0) -> None:
        self.pynvml = pytest.importorskip("pynvml")
        self.code, self.reasons, self.limit, self.locked = code, reasons, 600_000, None

    def __getattr__(self, name: str) -> Any:
        answers = {
            "nvmlInit": None, "nvmlShutdown": None, "nvmlDeviceGetCount": 1, "nvmlDeviceGetUUID": "GPU-1",
            "nvmlDeviceGetName": "NVIDIA H100 80GB HBM3", "nvmlDeviceGetPowerManagementLimit": self.limit,
            "nvmlDeviceGetHandleByIndex": SimpleNamespace(), "nvmlDeviceGetHandleByUUID": SimpleNamespace(),
            "nvmlDeviceGetPowerManagementLimitConstraints": [200_000, 700_000], "nvmlDeviceGetMaxClockInfo": 1980,
            "nvmlDeviceGetPowerManagementDefaultLimit": 700_000, "nvmlDeviceGetSupportedMemoryClocks": [2619, 1593],
            "nvmlDeviceGetSupportedGraphicsClocks": list(range(1980, 330, -15)),
            "nvmlDeviceGetCurrentClocksThrottleReasons": self.reasons,
        }  # fmt: skip
        return lambda *_: answers[name]

    def nvmlDeviceSetPowerManagementLimit(self, handle: Any, limit: int) -> None:
        if self.code:
            raise self.pynvml.NVMLError(self.code)
        self.limit = limit

    def nvmlDeviceSetGpuLockedClocks(self, handle: Any, low: int, high: int) -> None:
        self.locked = high

    def nvmlDeviceResetGpuLockedClocks(self, handle: Any) -> None:
        self.locked = None


def nvidia(knob: str = "power", **how: int) -> tuple[NvmlKnob, Library]:
    library = Library(**how)
    (result,), _ = find_nvml(knob, library, "here")
    return result, library


def test_an_nvidia_gpu_is_set_by_its_power_limit() -> None:
    gpu, library = nvidia()
    assert gpu.limits() == KnobLimits(600, 700, 200, 700)
    gpu.check()
    gpu.set(350)
    assert library.limit == 350_000


def test_an_nvidia_gpu_is_set_by_its_clock_which_is_taken_away_again() -> None:
    gpu, library = nvidia("clock")
    assert gpu.limits() == KnobLimits(None, 1980, 345, 1980, 15)
    gpu.set(1400)
    assert library.locked == 1400
    gpu.set(None)
    assert library.locked is None


def test_clocks_that_are_locked_already_are_left_alone() -> None:
    gpu, _ = nvidia("clock", reasons=0x2)
    with pytest.raises(SettingError, match="cannot read back"):
        gpu.check()


@pytest.mark.parametrize(
    ("code", "kind", "words"), [(4, SettingError, "sudo"), (3, SettingError, "no such"), (15, DeviceLost, "NVML")]
)
def test_the_library_s_errors_have_their_mends(code: int, kind: type[Exception], words: str) -> None:
    gpu, _ = nvidia(code=code)
    with pytest.raises(kind, match=words):
        gpu.set(350)
