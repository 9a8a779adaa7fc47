"""hwmon: chips whose power is that of one device, laid out as the kernel lays them; the others asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattline.meter.sensor import SensorGone
from wattline.meter.sensors import hwmon


def chip(root: Path, index: int, name: str, device: str = "", **files: object) -> Path:
    path = root / f"hwmon{index}"
    path.mkdir(parents=True)
    (path / "name").write_text(f"{name}\n")
    for file, value in files.items():
        (path / file).write_text(f"{value}\n")
    if device:
        target = root.parent / "devices" / device
        target.mkdir(parents=True, exist_ok=True)
        (path / "device").symlink_to(target)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "hwmon"


def test_chips_that_are_known(root: Path) -> None:
    chip(root, 0, "amdgpu", "0000:03:00.0", power1_average=35_000_000, power1_label="PPT", power1_cap=10**8)
    chip(root, 1, "amd_energy", **{f"energy{n}_input": 7_000_000 for n in (1, 2)}, energy1_label="Ecore000",
         energy2_label="Esocket0")  # fmt: skip
    chip(root, 2, "power_meter", "ACPI000D:00", power1_average=412_000_000, power1_average_interval=1000)
    chip(root, 3, "xe", "0000:04:00.0", energy1_input=9_000_000, energy1_label="card", energy2_input=1_000_000,
         energy2_label="vram", power1_max=300_000_000)  # fmt: skip
    chip(root, 10, "coretemp", temp1_input=45000)
    sensors, findings = hwmon.find(root, "host", {})
    read = {sensor.device.uuid: (sensor.device.kind, *sensor.read()) for sensor in sensors}
    assert read == {
        "hwmon:amdgpu@0000:03:00.0/PPT": ("gpu", 35.0, None),
        "hwmon:amd_energy/Esocket0": ("cpu", None, 7.0),
        "hwmon:power_meter@acpi000d:00": ("node", 412.0, None),
        "hwmon:xe@0000:04:00.0/card": ("gpu", None, 9.0),
    }
    also = {sensor.device.uuid: sensor.also for sensor in sensors if isinstance(sensor, hwmon.Hwmon)}
    assert also["hwmon:amdgpu@0000:03:00.0/PPT"] == {"pci:0000:03:00.0"}
    assert also["hwmon:amd_energy/Esocket0"] == {"rapl:rapl:package-0"}
    assert next(s for s in sensors if s.device.kind == "node").spec.window_s == 1.0
    # what a core and a card's memory take lies inside what is taken already
    assert sorted(finding.what for finding in findings) == ["amd_energy/Ecore000", "xe/vram"]


def test_a_chip_that_is_not_known_is_asked_about(root: Path) -> None:
    chip(root, 0, "ina3221", power1_input=5_000_000, power1_label="VDD_IN", power2_input=1, power2_label="VDD_CPU")
    sensors, findings = hwmon.find(root, "host", {})
    assert sensors == []
    assert [f.what for f in findings] == ["ina3221/VDD_IN", "ina3221/VDD_CPU"]
    assert "WATTLINE_HWMON='ina3221/VDD_IN=node'" in findings[0].mend
    reported = {"WATTLINE_HWMON": "ina3221/VDD_IN=node, ina3221/VDD_CPU=nonsense"}
    (sensor,), findings = hwmon.find(root, "host", reported)
    assert (sensor.device.kind, sensor.read().power_w) == ("node", 5.0)
    assert "is not chip/label=kind" in findings[0].why


def test_the_parts_of_a_grace_superchip(root: Path) -> None:
    parts = ("Module Power Socket 0", "Grace Power Socket 0", "CPU Power Socket 0", "SysIO Power Socket 0")
    for index, part in enumerate(parts):
        chip(root, index, "power_meter", f"ACPI000D:0{index}", power1_average=10**6, power1_oem_info=part)
    sensors, findings = hwmon.find(root, "host", {})
    # "Grace" holds CPU and SysIO; the module holds the GPU, which NVML measures
    assert [(s.device.kind, s.device.name) for s in sensors] == [("cpu", "power_meter Grace Power Socket 0")]
    assert len(findings) == 3


def test_an_apu_tells_processor_and_graphics_in_one(root: Path) -> None:
    chip(root, 0, "amdgpu", "0000:05:00.0", power1_input=15_000_000, power1_label="PPT")
    sensors, (finding,) = hwmon.find(root, "host", {})
    assert sensors == []  # RAPL has the processor: a sum would count it again
    assert "APU" in finding.why


def test_power_now_before_its_average_and_energy_with_power(root: Path) -> None:
    chip(root, 0, "amdgpu", power1_average=1_000_000, power1_input=2_000_000, power1_cap=1)
    chip(root, 1, "i915", power1_input=3_000_000, energy1_input=4_000_000)
    sensors, _ = hwmon.find(root, "host", {})
    assert [sensor.read() for sensor in sensors] == [(2.0, None), (3.0, 4.0)]


@pytest.mark.parametrize("bad", ["", "garbage", "-5000000"])
def test_a_reading_that_fails_is_gone(root: Path, bad: str) -> None:
    path = chip(root, 0, "amdgpu", power1_input=2_000_000, power1_cap=1) / "power1_input"
    (sensor,), _ = hwmon.find(root, "host", {})
    path.write_text(bad)
    with pytest.raises(SensorGone):
        sensor.read()
    path.write_text("3000000")
    assert sensor.read().power_w == 3.0
    path.unlink()
    sensor.close()
    with pytest.raises(SensorGone, match="No such file"):
        sensor.read()


def test_no_tree_and_chips_without_power(root: Path) -> None:
    assert "no hwmon tree" in hwmon.find(root, environ={})[1][0].why
    chip(root, 0, "coretemp", temp1_input=45000)
    assert "no chip here gives power" in hwmon.find(root, environ={})[1][0].why
    (root / "hwmon1").write_text("no folder")
    assert hwmon.find(root, environ={})[0] == []
