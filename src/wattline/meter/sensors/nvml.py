"""NVIDIA GPUs through NVML: the energy counter (Volta and newer) and power, each GPU by its UUID.

What a power reading covers depends on the chip (NVML API reference; Yang, Adamek, Armour, arXiv:2312.02741): on Ampere
(but GA100, compute capability 8.0) and newer ``nvmlDeviceGetPowerUsage`` is the mean of one second, else an instant.
A MIG instance has no power of its own: it is a part of its GPU, and energy is shared among instances by attribution.
"""

from __future__ import annotations

import time
from typing import Any

from wattline import catalog
from wattline.catalog import CatalogLike, open_catalog
from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.counter import Counter
from wattline.meter.sensors.local import hostname
from wattline.meter.sensors.model import gpu as gpu_model
from wattline.meter.sensors.nvml_library import (
    MENDS,
    NO_PERMISSION,
    NOT_OPEN,
    NOT_SUPPORTED,
    ProcessUse,
    code_of,
    error_words,
    process_use,
    quietly,
    text_of,
)

SOURCE = "nvml"
AMPERE = 7  # NVML_DEVICE_ARCH_AMPERE; generations count up
GA100 = (8, 0)
BETWEEN_TRIES_S = 1.0  # a lost GPU is looked for again no more often


class Nvml:
    """One GPU. ``power`` says which reading: instant, average, usage, or empty where there is none."""

    def __init__(self, library: Any, handle: Any, device: Device, spec: Spec, power: str, counts: bool) -> None:
        self.device, self.spec, self.library, self.power, self.counts = device, spec, library, power, counts
        self.also = frozenset({f"pci:{_pci(library, handle)}"})
        self._handle, self._tried_s, self._open = handle, 0.0, True
        self._counter = Counter(most_w=catalog.fact("constant.meter-max-gpu").value)

    def read(self) -> Reading:
        """Watts and joules now. Raises SensorGone where a GPU is lost or reset, until NVML finds it again."""
        handle = self._live_handle()
        try:
            power_w = _power_w(self.library, handle, self.power) if self.power else None
            energy_j = self.library.nvmlDeviceGetTotalEnergyConsumption(handle) * 1e-3 if self.counts else None
        except Exception as error:
            # NVMLError, or whatever a broken driver makes the library raise
            self._handle, self._tried_s = None, time.monotonic()
            raise SensorGone(f"{self.device.name}: {error_words(error)}") from None
        if energy_j is not None:
            energy_j = self._counter.take(energy_j, time.monotonic())
        if power_w is None and energy_j is None:
            raise SensorGone(f"{self.device.name}: NVML gives no power now")
        return Reading(power_w, energy_j)

    def _live_handle(self) -> Any:
        if not self._open:
            raise SensorGone("closed")
        if self._handle is None:
            now_s = time.monotonic()
            if now_s - self._tried_s < BETWEEN_TRIES_S:
                raise SensorGone(f"{self.device.name}: lost; looked for again each second")
            self._tried_s = now_s
            try:
                self._handle = self.library.nvmlDeviceGetHandleByUUID(self.device.uuid)
            except Exception as error:
                # any failure means the same: not back yet
                if code_of(error) == NOT_OPEN:
                    quietly(self.library.nvmlInit)  # other code of this process shut it down
                raise SensorGone(f"{self.device.name}: {error_words(error)}") from None
        return self._handle

    def processes(self, since_us: int = 0) -> list[ProcessUse]:
        """What ran on this GPU since a time of the last sample: see `process_use`."""
        return process_use(self.library, self._live_handle(), since_us)

    def close(self) -> None:
        """NVML counts its users: each sensor holds it open once."""
        if self._open:
            self._open = False
            quietly(self.library.nvmlShutdown)


def find(library: Any = None, host: str = "", facts: CatalogLike = None) -> tuple[list[Sensor], list[Finding]]:
    """Every GPU that NVML gives power or energy of, or else use, from which a model works.

    Parameters
    ----------
    library : has pynvml's functions; pynvml itself where None
    host : name of this machine; asked of the system where empty
    facts : a catalog, or your own facts before its own, for the model

    Returns sensors, and why any other cannot be read.
    """
    if library is None:
        try:
            import pynvml

            library = pynvml
        except Exception as error:
            why = "Python package nvidia-ml-py is missing" if isinstance(error, ImportError) else error_words(error)
            return [], [Finding(SOURCE, "NVIDIA GPUs", False, why, "pip install 'wattline[nvidia]'")]
    try:
        library.nvmlInit()
    except Exception as error:
        why, mend = MENDS.get(code_of(error), (error_words(error), "`nvidia-smi` shows more"))
        return [], [Finding(SOURCE, "NVIDIA GPUs", False, why, mend)]
    sensors: list[Sensor] = []
    findings: list[Finding] = []
    try:
        count = int(library.nvmlDeviceGetCount())
        for index in range(count):
            sensor, more = _look(library, index, host or hostname(), facts)
            sensors += [sensor] if sensor else []
            findings += more
        if not count:
            findings.append(
                Finding(SOURCE, "NVIDIA GPUs", False, "the driver is there but sees no GPU", "`nvidia-smi`")
            )
    except Exception as error:
        # finding never raises: what was found so far stays
        findings.append(Finding(SOURCE, "NVIDIA GPUs", False, error_words(error), "`nvidia-smi` shows more"))
    quietly(library.nvmlShutdown)
    return sensors, findings


def _look(library: Any, index: int, host: str, facts: CatalogLike) -> tuple[Sensor | None, list[Finding]]:
    """GPU number ``index`` as a sensor, and what there is to say of it and of its MIG instances."""
    what = f"GPU {index}"
    try:
        handle = library.nvmlDeviceGetHandleByIndex(index)
        device = Device(
            host, text_of(library.nvmlDeviceGetUUID(handle)), "gpu", text_of(library.nvmlDeviceGetName(handle))
        )
    except Exception as error:
        why, mend = MENDS.get(code_of(error), (error_words(error), "`nvidia-smi` and `dmesg` (Xid) show more"))
        return None, [Finding(SOURCE, what, False, why, mend)]
    what = f"{what} ({device.name})"
    instances = [_instance(device, mig) for mig in mig_devices(library, handle, device)]
    power, counts, why = _offers(library, handle)
    if not power and not counts:
        denied = "permission" in why.lower()
        mend = MENDS[NO_PERMISSION][1] if denied else "virtual GPUs and old boards have none: measure on their host"
        missing = Finding(SOURCE, what, False, f"NVML gives neither power nor energy: {why}", mend)
        return _modelled(library, handle, device, facts), [missing, *instances]
    library.nvmlInit()  # held open for this sensor, until it is closed
    try:
        return Nvml(library, handle, device, _spec(library, handle, power, counts), power, counts), instances
    except Exception as error:
        quietly(library.nvmlShutdown)
        return None, [Finding(SOURCE, what, False, error_words(error)), *instances]


def _modelled(library: Any, handle: Any, device: Device, facts: CatalogLike) -> Sensor | None:
    """A model of a GPU without power readings, where NVML tells at least its use."""

    def use() -> float:
        return float(library.nvmlDeviceGetUtilizationRates(handle).gpu) / 100

    try:
        use()
    except Exception:
        # neither power nor use: nothing to work from
        return None
    sensor = gpu_model(device, use, lambda: quietly(library.nvmlShutdown), open_catalog(facts))
    if sensor is not None:
        library.nvmlInit()  # held open for this sensor, until it is closed
    return sensor


def mig_devices(library: Any, handle: Any, gpu: Device) -> list[Device]:
    """The MIG instances of a GPU, each inside of it; empty where MIG is off or unknown.

    Parameters
    ----------
    library : pynvml
    handle : of the GPU, by NVML
    gpu : the device of the whole card

    Returns
    -------
    Devices.
    """
    try:
        if library.nvmlDeviceGetMigMode(handle)[0] != 1:
            return []
        most = int(library.nvmlDeviceGetMaxMigDeviceCount(handle))
    except Exception:
        # older drivers and boards without MIG raise here: there are no instances then
        return []
    devices = []
    for index in range(most):
        try:
            mig = library.nvmlDeviceGetMigDeviceHandleByIndex(handle, index)
            uuid, name = text_of(library.nvmlDeviceGetUUID(mig)), text_of(library.nvmlDeviceGetName(mig))
        except Exception:
            # NOT_FOUND: no instance at this place
            continue
        devices.append(Device(gpu.host, uuid, "mig", name, gpu.key))
    return devices


def _instance(gpu: Device, mig: Device) -> Finding:
    why = f"a MIG instance has no power of its own; {gpu.uuid} measures the whole GPU"
    return Finding(SOURCE, f"{mig.name} ({mig.uuid})", False, why, "its share of the GPU's energy comes by attribution")


def _offers(library: Any, handle: Any) -> tuple[str, bool, str]:
    """Which power reading and whether the energy counter work, and why not where none does."""
    why, counts = "", True
    try:
        library.nvmlDeviceGetTotalEnergyConsumption(handle)
    except Exception as error:
        counts, why = False, error_words(error)
    # beside a counter an instant tells most; alone, the mean of a second misses nothing of what passed
    order = ("instant", "average", "usage") if counts else ("average", "usage", "instant")
    for power in order:
        try:
            if _power_w(library, handle, power) is not None:
                return power, counts, ""
        except Exception as error:
            why = error_words(error)
    return "", counts, why


def _power_w(library: Any, handle: Any, power: str) -> float | None:
    """Watts by one of NVML's readings; None where the field has no value now."""
    if power == "usage":
        return float(library.nvmlDeviceGetPowerUsage(handle)) * 1e-3
    field = library.NVML_FI_DEV_POWER_INSTANT if power == "instant" else library.NVML_FI_DEV_POWER_AVERAGE
    value = library.nvmlDeviceGetFieldValues(handle, [field])[0]
    if value.nvmlReturn != 0:
        if value.nvmlReturn in (NOT_SUPPORTED, NO_PERMISSION):
            return None
        raise library.NVMLError(value.nvmlReturn)
    return float(value.value.uiVal) * 1e-3


def _spec(library: Any, handle: Any, power: str, counts: bool) -> Spec:
    mean = power in ("average", "usage") and _averages(library, handle)
    reads = {"instant": "instant power", "average": "average power", "usage": "power usage", "": ""}[power]
    return Spec(
        SOURCE,
        window_s=catalog.fact("fit.sensor-nvml-average-s").value if mean else 0.0,
        period_s=catalog.fact("fit.sensor-nvml-period-s").value,
        error=catalog.fact("fit.sensor-nvml-error").value,
        note=" and ".join([*(["energy counter"] if counts else []), *([reads] if reads else [])]),
    )


def _averages(library: Any, handle: Any) -> bool:
    """Whether this chip's power usage is the mean of a second: Ampere but GA100, and newer."""
    try:
        if tuple(library.nvmlDeviceGetCudaComputeCapability(handle)) == GA100:
            return False
        return AMPERE <= int(library.nvmlDeviceGetArchitecture(handle)) < 0xFFFF
    except Exception:
        # a driver too old to tell the generation is of the time before averages
        return False


def _pci(library: Any, handle: Any) -> str:
    """The card's PCI address as the kernel writes it, e.g. 0000:03:00.0; empty where it is not told."""
    try:
        address = text_of(library.nvmlDeviceGetPciInfo(handle).busId).lower()
    except Exception:
        # only used to know a card that another source sees too
        return ""
    domain, _, rest = address.partition(":")
    return f"{domain[-4:]}:{rest}"
