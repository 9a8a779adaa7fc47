"""AMD GPUs: what AMD SMI offers by generation and refuses, and the package where ROCm is absent."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from wattline.meter.sensor import SensorGone
from wattline.meter.sensors import amd

NOT_AVAILABLE = "N/A"
MI300X: dict[str, Any] = {
    "market_name": "AMD Instinct MI300X",
    "uuid": "86ff74a1-0000-1000-80d4-7baa52bb77ee",
    "bdf": "0000:0C:00.0",
    "power": {"current_socket_power": 150, "average_socket_power": NOT_AVAILABLE, "socket_power": 150},
    "energy": {"energy_accumulator": 1_000_000, "counter_resolution": 15.259, "timestamp": 1},
}
MI250X = {
    **MI300X,
    "market_name": "AMD Instinct MI250X",
    "power": {"current_socket_power": NOT_AVAILABLE, "average_socket_power": 90, "power_limit": 560_000_000},
    "energy": {"power": 1_000_000, "counter_resolution": 15.3, "timestamp": 1},  # before ROCm 6.4
}


class AmdSmiLibraryException(Exception):
    """As the package has it: a code and what it means."""

    def __init__(self, code: int, info: str) -> None:
        self.err_code, self.err_info = code, info


class Amdsmi:
    """``amdsmi`` with these GPUs; a value that is an exception is raised."""

    def __init__(self, *gpus: dict[str, Any], init: Exception | None = None) -> None:
        self.gpus, self.init = list(gpus), init

    def _give(self, value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    def amdsmi_init(self) -> None:
        self._give(self.init)

    def amdsmi_get_processor_handles(self) -> list[dict[str, Any]]:
        return self.gpus

    def amdsmi_get_gpu_asic_info(self, gpu: dict[str, Any]) -> dict[str, Any]:
        return {"market_name": self._give(gpu["market_name"])}

    def amdsmi_get_gpu_device_uuid(self, gpu: dict[str, Any]) -> str:
        return str(gpu["uuid"])

    def amdsmi_get_gpu_device_bdf(self, gpu: dict[str, Any]) -> str:
        return str(self._give(gpu["bdf"]))

    def amdsmi_get_power_info(self, gpu: dict[str, Any]) -> dict[str, Any]:
        return dict(self._give(gpu["power"]))

    def amdsmi_get_energy_count(self, gpu: dict[str, Any]) -> dict[str, Any]:
        return dict(self._give(gpu["energy"]))


UNSUPPORTED = AmdSmiLibraryException(2, "AMDSMI_STATUS_NOT_SUPPORTED - Feature not supported")


@pytest.mark.parametrize(
    ("gpu", "power_w", "energy_j"),
    [
        (MI300X, 150.0, 15.259),
        (MI250X, 90.0, 15.3),
        ({**MI300X, "energy": UNSUPPORTED}, 150.0, None),
        ({**MI300X, "power": UNSUPPORTED}, None, 15.259),
        ({**MI300X, "power": {"current_socket_power": 0xFFFF, "average_socket_power": 77}}, 77.0, 15.259),
        ({**MI300X, "bdf": UNSUPPORTED}, 150.0, 15.259),
    ],
)
def test_what_each_generation_offers(gpu: dict[str, Any], power_w: float | None, energy_j: float | None) -> None:
    (sensor,), findings = amd.find(Amdsmi(gpu), "host")
    assert findings == []
    reading = sensor.read()
    assert reading.power_w == power_w
    assert reading.energy_j == (energy_j and pytest.approx(energy_j))
    assert sensor.device.key == f"host/{MI300X['uuid']}"
    assert sensor.device.kind == "gpu"


def test_what_cannot_be_used_says_why() -> None:
    second_die = {**MI250X, "power": {"average_socket_power": 0}, "energy": {"power": 0, "counter_resolution": 15.3}}
    denied = {**MI300X, "market_name": AmdSmiLibraryException(10, "AMDSMI_STATUS_NO_PERM - Permission Denied")}
    virtual = {**MI300X, "power": UNSUPPORTED, "energy": UNSUPPORTED}
    sensors, findings = amd.find(Amdsmi(second_die, denied, virtual, MI300X))
    assert len(sensors) == 1
    assert ["second die" in findings[0].why, "Permission" in findings[1].why, "not supported" in findings[2].why] == [
        True
    ] * 3
    assert not any(finding.usable for finding in findings)


def test_a_driver_that_does_not_start_and_one_without_gpus() -> None:
    sensors, (finding,) = amd.find(Amdsmi(init=AmdSmiLibraryException(34, "AMDSMI_STATUS_DRIVER_NOT_LOADED")))
    assert sensors == []
    assert "DRIVER_NOT_LOADED" in finding.why
    assert "modprobe amdgpu" in finding.mend
    assert "no GPU" in amd.find(Amdsmi())[1][0].why


def test_a_reading_that_fails_is_gone() -> None:
    gpu = dict(MI300X)
    (sensor,), _ = amd.find(Amdsmi(gpu))
    sensor.read()
    gpu["power"] = AmdSmiLibraryException(30, "AMDSMI_STATUS_BUSY - Device busy")
    with pytest.raises(SensorGone, match="busy"):
        sensor.read()
    gpu["power"] = MI300X["power"]
    assert sensor.read().power_w == 150.0
    sensor.close()
    with pytest.raises(SensorGone, match="closed"):
        sensor.read()


def test_the_real_package_without_rocm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if importlib.util.find_spec("amdsmi") is None:
        pytest.skip("amdsmi is not installed")
    if amd._loads(Path("/opt/rocm"), tmp_path):
        pytest.skip("this machine has ROCm")
    sensors, (finding,) = amd.find(rocm=tmp_path)
    assert sensors == []
    assert "libamd_smi.so not found" in finding.why
    assert "ROCm" in finding.mend
    assert capsys.readouterr().out == ""  # the package itself would print


def test_the_package_is_missing_or_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site")])
    monkeypatch.delitem(sys.modules, "amdsmi", raising=False)
    assert "is missing" in amd.find(rocm=tmp_path)[1][0].why
    # ROCm's own folder holds the package, of a version that its library does not fit
    package = tmp_path / "share" / "amd_smi" / "amdsmi"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise AttributeError('undefined symbol: amdsmi_new')")
    monkeypatch.setattr(amd, "_loads", lambda rocm, folder: True)
    importlib.invalidate_caches()
    (finding,) = amd.find(rocm=tmp_path)[1]
    assert "does not fit" in finding.why
    assert "version of your ROCm" in finding.mend
    assert sys.path == [str(tmp_path / "site")]
