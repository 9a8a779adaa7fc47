"""AMD GPUs through AMD SMI (``amdsmi``, which comes with ROCm): the energy accumulator and the socket's power."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import Any

from wattline import catalog
from wattline.core.errors import shorten
from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.counter import Counter
from wattline.meter.sensors.local import hostname

SOURCE = "amdsmi"
PACKAGE = "Python package amdsmi"
LIBRARY = "libamd_smi.so"
MEND = "pip install amdsmi of the version of your ROCm (it ships in /opt/rocm/share/amd_smi)"
POWERS = ("current_socket_power", "socket_power", "average_socket_power")  # by generation; the others say N/A
NONE = 0xFFFF  # what the library says where it has no value


class Amd:
    """One AMD GPU."""

    def __init__(
        self, library: Any, handle: Any, device: Device, spec: Spec, pci: str, powers: bool, counts: bool
    ) -> None:
        self.device, self.spec, self.library, self.powers, self.counts = device, spec, library, powers, counts
        self.also = frozenset({f"pci:{pci}"} if pci else ())
        self._handle = handle
        self._counter = Counter(most_w=catalog.fact("constant.meter-max-gpu").value)

    def read(self) -> Reading:
        """Watts and joules now. Raises SensorGone where the library gives neither."""
        if self._handle is None:
            raise SensorGone("closed")
        try:
            power_w = _power_w(self.library, self._handle) if self.powers else None
            energy_j = _energy_j(self.library, self._handle) if self.counts else None
        except Exception as error:
            # the library's own errors, and a struct of another ROCm that does not fit
            raise SensorGone(f"{self.device.name}: {_error_words(error)}") from None
        if energy_j is not None:
            energy_j = self._counter.take(energy_j, time.monotonic())
        if power_w is None and energy_j is None:
            raise SensorGone(f"{self.device.name}: AMD SMI gives no power now")
        return Reading(power_w, energy_j)

    def close(self) -> None:
        """The library stays open: it counts no users, and others of this process may be among them."""
        self._handle = None


def find(library: Any = None, host: str = "", rocm: Path | None = None) -> tuple[list[Sensor], list[Finding]]:
    """Every AMD GPU that gives power or energy.

    Parameters
    ----------
    library : has amdsmi's functions; amdsmi itself where None
    host : name of this machine; asked of the system where empty
    rocm : where ROCm is installed; by the environment where None

    Returns sensors, and why any other cannot be read.
    """
    if library is None:
        library, missing = _library(rocm or Path(os.environ.get("ROCM_PATH", "/opt/rocm")))
        if missing:
            return [], [missing]
    try:
        library.amdsmi_init()
        handles = list(library.amdsmi_get_processor_handles())
    except Exception as error:
        mend = "sudo modprobe amdgpu; add this user to the groups render and video"
        return [], [Finding(SOURCE, "AMD GPUs", False, _error_words(error), mend)]
    if not handles:
        return [], [Finding(SOURCE, "AMD GPUs", False, "the driver is there but sees no GPU", "`amd-smi list`")]
    sensors: list[Sensor] = []
    findings: list[Finding] = []
    for index, handle in enumerate(handles):
        sensor, finding = _look(library, handle, index, host or hostname())
        sensors += [sensor] if sensor else []
        findings += [finding] if finding else []
    return sensors, findings


def _library(rocm: Path) -> tuple[Any, Finding | None]:
    """The package, from Python's path or ROCm's folder, where ROCm's library is there for it to load."""
    shipped = str(rocm / "share" / "amd_smi")
    added = importlib.util.find_spec("amdsmi") is None and Path(shipped, "amdsmi").is_dir()
    if added:
        sys.path.append(shipped)
    try:
        spec = importlib.util.find_spec("amdsmi")
        if spec is None:
            return None, Finding(SOURCE, "AMD GPUs", False, f"{PACKAGE} is missing", MEND)
        # without the library the package prints to standard output and breaks: it is not imported then
        if not _loads(rocm, Path(spec.origin or "").parent):
            why = "libamd_smi.so not found: no ROCm here"
            return None, Finding(SOURCE, "AMD GPUs", False, why, "install ROCm (amd-smi-lib), or set ROCM_PATH")
        return importlib.import_module("amdsmi"), None
    except Exception as error:
        # a library of another version breaks the package in ways of its own
        why = f"amdsmi does not fit the ROCm here: {type(error).__name__}: {shorten(str(error), 120)}"
        return None, Finding(SOURCE, "AMD GPUs", False, why, MEND)
    finally:
        if added:
            sys.path.remove(shipped)


def _loads(rocm: Path, package: Path) -> bool:
    """Whether ROCm's library is in one of the places where the package looks."""
    for place in (str(rocm / "lib" / LIBRARY), LIBRARY, str(package / LIBRARY)):
        try:
            ctypes.CDLL(place)
        except OSError:
            continue
        return True
    return False


def _look(library: Any, handle: Any, index: int, host: str) -> tuple[Amd | None, Finding | None]:
    what = f"GPU {index}"
    try:
        asic = library.amdsmi_get_gpu_asic_info(handle)
        name = str(asic.get("market_name") or "AMD GPU")
        uuid = str(library.amdsmi_get_gpu_device_uuid(handle))
        pci = str(_or_none(library, "amdsmi_get_gpu_device_bdf", handle) or "").lower()
    except Exception as error:
        return None, Finding(SOURCE, what, False, _error_words(error), "`amd-smi list` shows more")
    power_w, power_why = _tried(_power_w, library, handle)
    energy_j, energy_why = _tried(_energy_j, library, handle)
    what = f"{what} ({name})"
    if power_w is None and energy_j is None:
        why = power_why or energy_why or "AMD SMI gives neither power nor energy"
        return None, Finding(SOURCE, what, False, why, "virtual GPUs have none: measure on their host")
    if not power_w and not energy_j:
        why = "reads zero: the second die of a board, whose energy is counted with the first"
        return None, Finding(SOURCE, what, False, why)
    powers, counts = power_w is not None, energy_j is not None
    note = " and ".join([*(["energy counter"] if counts else []), *(["power"] if powers else [])])
    spec = Spec(SOURCE, error=catalog.fact("fit.sensor-amdsmi-error").value, note=note)
    return Amd(library, handle, Device(host, uuid, "gpu", name), spec, pci, powers, counts), None


def _tried(read: Any, library: Any, handle: Any) -> tuple[float | None, str]:
    try:
        return read(library, handle), ""
    except Exception as error:
        # one of the two readings may be missing on a chip
        return None, _error_words(error)


def _or_none(library: Any, name: str, handle: Any) -> Any:
    try:
        return getattr(library, name)(handle)
    except Exception:
        # of use only to know a card that another source sees too
        return None


def _power_w(library: Any, handle: Any) -> float | None:
    """Watts, from whichever of the library's fields this generation fills."""
    info = library.amdsmi_get_power_info(handle)
    for field in POWERS:
        value = info.get(field)
        if isinstance(value, (int, float)) and value not in (NONE, 0xFFFFFFFF):
            return float(value)
    return None


def _energy_j(library: Any, handle: Any) -> float | None:
    """Joules since the driver was loaded: counts times microjoules a count (``power`` before ROCm 6.4)."""
    counter = library.amdsmi_get_energy_count(handle)
    count = counter.get("energy_accumulator", counter.get("power"))
    resolution_uj = counter.get("counter_resolution")
    if not isinstance(count, int) or not resolution_uj or count == 2**64 - 1:
        return None
    return count * float(resolution_uj) * 1e-6


def _error_words(error: BaseException) -> str:
    words = getattr(error, "err_info", "") or str(error) or type(error).__name__
    return f"AMD SMI: {shorten(str(words), 120)}"
