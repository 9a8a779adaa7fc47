"""NVIDIA GPUs: what NVML offers by generation, what it refuses, GPUs lost and found, MIG, processes."""

from __future__ import annotations

import ctypes

import pytest

pynvml = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed: pip install 'wattline[nvidia]'")
from fake_nvml import Gpu, Nvml, sample  # noqa: E402
from wattline.meter.sensor import SensorGone  # noqa: E402
from wattline.meter.sensors import nvml  # noqa: E402

NO = -pynvml.NVML_ERROR_NOT_SUPPORTED
DENIED = -pynvml.NVML_ERROR_NO_PERMISSION
AMPERE = pynvml.NVML_DEVICE_ARCH_AMPERE


def single_sensor(gpu: Gpu) -> tuple[nvml.Nvml, Nvml]:
    library = Nvml(gpu)
    (sensor,), findings = nvml.find(library, "host")
    assert findings == []
    assert isinstance(sensor, nvml.Nvml)
    return sensor, library


def gone(sensor: nvml.Nvml) -> str:
    with pytest.raises(SensorGone) as caught:
        sensor.read()
    return str(caught.value)


def test_a_hopper_counts_and_gives_instants() -> None:
    sensor, _ = single_sensor(Gpu())
    assert sensor.read() == (410.0, 1000.0)
    assert (sensor.device.kind, sensor.device.uuid, sensor.device.key) == ("gpu", "GPU-1", "host/GPU-1")
    assert sensor.spec.window_s == 0.0
    assert sensor.also == {"pci:0000:1b:00.0"}
    assert not sensor.spec.modelled


@pytest.mark.parametrize(
    ("gpu", "power_w", "window_s", "counts"),
    [
        # a driver without the fields: power usage, the mean of a second on Ampere but GA100 and newer
        (Gpu(instant_mw=NO, average_mw=NO), 400.0, 1.0, True),
        (Gpu(instant_mw=NO, average_mw=NO, architecture=AMPERE, capability=(8, 0)), 400.0, 0.0, True),
        (Gpu(instant_mw=NO, average_mw=NO, architecture=AMPERE, capability=(8, 6)), 400.0, 1.0, True),
        (Gpu(instant_mw=NO, average_mw=NO, architecture=pynvml.NVML_DEVICE_ARCH_VOLTA), 400.0, 0.0, True),
        # no counter (before Volta, some GeForce): the mean misses nothing between two readings
        (Gpu(energy_mj=NO), 390.0, 1.0, False),
        (Gpu(energy_mj=NO, average_mw=NO, instant_mw=NO, architecture=4), 400.0, 0.0, False),
        (Gpu(energy_mj=NO, average_mw=NO, power_mw=NO), 410.0, 0.0, False),
        # a counter alone
        (Gpu(instant_mw=NO, average_mw=NO, power_mw=NO), None, 0.0, True),
        (Gpu(instant_mw=NO, average_mw=NO, architecture=pynvml.NVML_DEVICE_ARCH_UNKNOWN), 400.0, 0.0, True),
        (Gpu(name=b"Tesla V100-SXM2-16GB"), 410.0, 0.0, True),
    ],
)
def test_what_each_generation_offers(gpu: Gpu, power_w: float | None, window_s: float, counts: bool) -> None:
    sensor, _ = single_sensor(gpu)
    reading = sensor.read()
    assert reading.power_w == power_w
    assert (reading.energy_j == 1000.0) is counts
    assert (sensor.spec.window_s, sensor.counts) == (window_s, counts)
    assert isinstance(sensor.device.name, str)


@pytest.mark.parametrize(
    ("code", "message", "mend"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "library", "driver"),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "not loaded", "modprobe"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "may not open", "/dev/nvidia"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "two versions", "reboot"),
        (pynvml.NVML_ERROR_UNKNOWN, "Unknown Error", "nvidia-smi"),
    ],
)
def test_a_driver_that_does_not_start(code: int, message: str, mend: str) -> None:
    sensors, (finding,) = nvml.find(Nvml(init=code))
    assert sensors == []
    assert not finding.usable
    assert message in finding.why
    assert mend in finding.mend


def test_the_real_library_is_not_here() -> None:
    try:
        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        pass
    else:
        pytest.skip("this machine has NVIDIA's driver")
    sensors, (finding,) = nvml.find()
    assert sensors == []
    assert "NVML library" in finding.why
    assert "install the NVIDIA driver" in finding.mend


def test_the_real_gpus() -> None:
    sensors, findings = nvml.find()
    if not sensors:
        pytest.skip(f"no NVIDIA GPU: {findings[0].why}")
    for sensor in sensors:
        reading = sensor.read()
        assert reading.power_w is not None or reading.energy_j is not None
        sensor.close()


def test_a_driver_without_gpus() -> None:
    sensors, (finding,) = nvml.find(Nvml())
    assert sensors == []
    assert "sees no GPU" in finding.why


def test_a_virtual_gpu_without_power_and_one_that_may_not_be_read() -> None:
    library = Nvml(
        Gpu(uuid="GPU-v", power_mw=NO, average_mw=NO, instant_mw=NO, energy_mj=NO),
        Gpu(uuid="GPU-d", power_mw=DENIED, average_mw=DENIED, instant_mw=DENIED, energy_mj=DENIED),
        Gpu(uuid="GPU-x", lost=pynvml.NVML_ERROR_GPU_IS_LOST),
        Gpu(uuid="GPU-ok"),
    )
    sensors, findings = nvml.find(library)
    assert [sensor.device.uuid for sensor in sensors] == ["GPU-ok"]
    assert "neither power nor energy" in findings[0].why
    assert "their host" in findings[0].mend
    assert "/dev/nvidia" in findings[1].mend
    assert "lost" in findings[2].why
    assert library.users == 1


def test_a_virtual_gpu_that_tells_its_use_is_modelled_and_called_so() -> None:
    none = {"power_mw": NO, "average_mw": NO, "instant_mw": NO, "energy_mj": NO}
    gpu = Gpu(use=0, **none)  # type: ignore[arg-type]
    library = Nvml(gpu, Gpu(uuid="GPU-2", name="GRID of another maker", use=50, **none))  # type: ignore[arg-type]
    (sensor,), findings = nvml.find(library)
    assert [finding.usable for finding in findings] == [False, False]
    assert sensor.spec.modelled
    assert sensor.spec.source == "model"
    idle_w = sensor.read().power_w
    gpu.use = 100
    full_w = sensor.read().power_w
    assert idle_w is not None
    assert full_w is not None
    assert 40 < idle_w < 150
    assert idle_w < full_w <= 700
    assert full_w * (1 + sensor.spec.error) >= 700 - 1e-6  # its range reaches the TDP
    gpu.lost = pynvml.NVML_ERROR_GPU_IS_LOST
    with pytest.raises(SensorGone):
        sensor.read()
    sensor.close()
    assert library.users == 0


def test_a_gpu_lost_and_found(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [10.0]
    monkeypatch.setattr(nvml.time, "monotonic", lambda: now_s[0])
    gpu = Gpu()
    sensor, _ = single_sensor(gpu)
    sensor.read()
    gpu.lost = pynvml.NVML_ERROR_GPU_IS_LOST
    assert "lost" in gone(sensor)
    gpu.lost = 0
    assert "each second" in gone(sensor)  # not looked for again so soon
    now_s[0] += 1.5
    gpu.energy_mj += 600_000
    assert sensor.read().energy_j == 1600.0


def test_a_driver_loaded_again_counts_from_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [10.0]
    monkeypatch.setattr(nvml.time, "monotonic", lambda: now_s[0])
    gpu = Gpu(energy_mj=5_000_000)
    sensor, _ = single_sensor(gpu)
    assert sensor.read().energy_j == 5000.0
    now_s[0], gpu.energy_mj = 20.0, 1000
    assert "started anew" in gone(sensor)
    now_s[0], gpu.energy_mj = 21.0, 401_000
    assert sensor.read().energy_j == pytest.approx(5400.0)


def test_other_code_of_this_process_shuts_the_library_down(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [10.0]
    monkeypatch.setattr(nvml.time, "monotonic", lambda: now_s[0])
    sensor, library = single_sensor(Gpu())
    library.users = 0
    assert "Uninitialized" in gone(sensor)
    now_s[0] += 2
    gone(sensor)
    now_s[0] += 2
    assert sensor.read().power_w == 410.0


def test_any_other_error_of_a_broken_driver_is_gone() -> None:
    gpu = Gpu()
    sensor, library = single_sensor(gpu)
    library.nvmlDeviceGetTotalEnergyConsumption = lambda handle: 1 / 0  # type: ignore[method-assign]
    assert "division" in gone(sensor)


def test_mig_instances_lie_inside_their_gpu() -> None:
    library = Nvml(Gpu(mig=("MIG-a", "MIG-b")))
    (sensor,), findings = nvml.find(library, "host")
    assert sensor.read().power_w == 410.0
    assert [finding.usable for finding in findings] == [False, False]
    assert "no power of its own" in findings[0].why
    library.nvmlInit()
    devices = nvml.mig_devices(library, library.gpus[0], sensor.device)
    assert [(d.kind, d.uuid, d.inside) for d in devices] == [("mig", u, "host/GPU-1") for u in ("MIG-a", "MIG-b")]
    assert nvml.mig_devices(library, Gpu(), sensor.device) == []


def test_what_ran_on_a_gpu() -> None:
    gpu = Gpu()
    sensor, _ = single_sensor(gpu)
    assert sensor.processes() == []
    gpu.samples = [sample(0, 0, 0), sample(7, 1_000, 60, 20), sample(9, 2_000, 40), sample(9, 500, 40)]
    used = sensor.processes(since_us=600)
    assert [(use.pid, use.time_us, use.compute, use.memory) for use in used] == [(7, 1000, 0.6, 0.2), (9, 2000, 0.4, 0)]
    gpu.samples_error = pynvml.NVML_ERROR_NOT_SUPPORTED
    with pytest.raises(SensorGone, match="by process"):
        sensor.processes()


def test_each_sensor_holds_the_library_open_until_it_is_closed() -> None:
    library = Nvml(Gpu(uuid="GPU-1"), Gpu(uuid="GPU-2"))
    sensors, _ = nvml.find(library)
    assert library.users == 2
    for sensor in sensors:
        sensor.close()
        sensor.close()
    assert library.users == 0
    with pytest.raises(SensorGone, match="closed"):
        sensors[0].read()
