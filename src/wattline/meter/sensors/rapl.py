"""Processors and their memory by RAPL, through Linux's powercap tree (Intel, and AMD from Zen on).

A zone counts microjoules and starts anew at ``max_energy_range_uj``. Cores and uncore lie inside their package, memory
(dram) beside it, psys above them all. Since Linux 5.10 the counters may be read by root alone (CVE-2020-8694).
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wattline import catalog
from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.counter import Counter, slept_s
from wattline.meter.sensors.local import NumberFile, first_text, hostname, number

SOURCE = "rapl"
ROOT = Path("/sys/class/powercap")
CPUINFO = Path("/proc/cpuinfo")
ZONE = re.compile(r"^(intel-rapl|amd-rapl|intel-rapl-mmio)(:\d+)+$")
MEND = (
    "sudo chmod a+r /sys/class/powercap/*/energy_uj until the next start; for good, a udev rule: "
    'SUBSYSTEM=="powercap", ACTION=="add", RUN+="/bin/chmod a+r /sys%p/energy_uj"'
)
STILL_S = 0.01  # RAPL renews every millisecond: a counter at zero for longer is dead
PSYS_S = 0.1  # over which psys is held against the packages that it should hold
Clock = Callable[[], float]


class Rapl:
    """One zone of the tree, read by its counter."""

    def __init__(
        self, device: Device, spec: Spec, path: Path, clock: Clock = time.monotonic, asleep: Clock = slept_s
    ) -> None:
        self.device, self.spec, self.path = device, spec, path
        self.also = frozenset({f"rapl:{device.uuid}"})
        self._file = NumberFile(path / "energy_uj")
        self._counter = Counter(spec.wrap_j, catalog.fact("constant.meter-max-cpu").value)
        self._clock, self._asleep = clock, asleep

    def read(self) -> Reading:
        """The counter in joules; an unreadable or impossible value is SensorGone, never zero."""
        raw_j = self._file.read() * 1e-6
        return Reading(None, self._counter.take(raw_j, self._clock(), self._asleep()))

    def close(self) -> None:
        self._file.close()


def find(
    root: Path = ROOT, host: str = "", clock: Clock = time.monotonic, asleep: Clock = slept_s, cpuinfo: Path = CPUINFO
) -> tuple[list[Sensor], list[Finding]]:
    """The zones that can be read, and what is wrong with the others.

    Parameters
    ----------
    root : where the kernel lists power zones
    host : name of this machine; asked of the system where empty
    clock : gives seconds that never jump
    asleep : gives seconds that the machine has slept
    cpuinfo : where the kernel tells of processors

    Returns sensors, and why any other cannot be read.
    """
    zones = _zones(root)
    if not zones:
        return [], [_no_tree(root)]
    host, cpu = host or hostname(), _cpu(cpuinfo)
    sensors: list[Rapl] = []
    findings: list[Finding] = []
    taken: dict[str, Path] = {}
    for path in zones:
        uuid = _uuid(path, root)
        if uuid in taken:
            why = f"the same counter as {taken[uuid].name}: taken once"
            findings.append(Finding(SOURCE, f"{path.name} ({first_text(path / 'name')})", False, why))
            continue
        taken[uuid] = path
        sensor = Rapl(_device(host, uuid, cpu), _spec(path, uuid, cpu), path, clock, asleep)
        wrong = _wrong(sensor)
        if wrong is None:
            sensors.append(sensor)
        else:
            sensor.close()
            findings.append(wrong)
    kept, remarks = _psys(sensors)
    return list(kept), _merged(findings) + remarks


def _zones(root: Path) -> list[Path]:
    """The zones, outer before inner, and the MMIO copy of the same counters last."""
    try:
        zones = [path for path in root.iterdir() if ZONE.match(path.name) and (path / "name").exists()]
    except OSError:
        return []
    return sorted(
        zones, key=lambda path: ("mmio" in path.name, [int(part) for part in re.findall(r":(\d+)", path.name)])
    )


def _uuid(path: Path, root: Path) -> str:
    """``rapl:package-0``, ``rapl:package-0/dram``, ``rapl:psys``: the zone's name, after its parent's."""
    name = first_text(path / "name")
    parent = root / path.name.rpartition(":")[0]
    outer = first_text(parent / "name") if path.name.count(":") > 1 else ""
    return f"rapl:{outer}/{name}" if outer else f"rapl:{name}"


def _device(host: str, uuid: str, cpu: str) -> Device:
    zone = uuid.removeprefix("rapl:")
    outer, _, inner = zone.rpartition("/")
    if (inner or zone).startswith("psys"):
        return Device(host, uuid, "node", "platform (psys)")
    if inner == "dram":
        return Device(host, uuid, "dram", f"memory of {outer}" if outer else "memory")
    return Device(host, uuid, "cpu", f"{cpu}, {zone}".strip(", "), f"{host}/rapl:{outer}" if outer else "")


def _spec(path: Path, uuid: str, cpu: str) -> Spec:
    most_uj = number(path / "max_energy_range_uj")
    amd = "AMD" in cpu
    which = "dram" if uuid.endswith("dram") else "amd" if amd else "intel"
    error = catalog.fact(f"fit.sensor-rapl-error-{which}").value
    notes = ["worked out by the chip from its activity" if amd else "measured in the chip; regulators' losses left out"]
    if not most_uj:
        notes.append("max_energy_range_uj is missing: a wrap counts as a reset")
    return Spec(SOURCE, 0.0, 0.001, most_uj * 1e-6 if most_uj else math.inf, error, note="; ".join(notes))


def _wrong(sensor: Rapl) -> Finding | None:
    """Why this zone cannot be used; None where it can."""
    energy = sensor.path / "energy_uj"
    what = f"{sensor.path.name} ({sensor.device.uuid.removeprefix('rapl:')})"
    try:
        if sensor._file.read() == 0:
            time.sleep(STILL_S)
            if sensor._file.read() == 0:
                why = "its counter stays at zero: the machine (a virtual one?) does not fill it"
                return Finding(SOURCE, what, False, why, "measure on the host of this virtual machine")
    except SensorGone as gone:
        if energy.exists() and not _readable(energy):
            return Finding(SOURCE, what, False, "energy_uj may be read by root alone", MEND)
        return Finding(SOURCE, what, False, str(gone))
    return None


def _readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def _psys(sensors: Sequence[Rapl]) -> tuple[list[Rapl], list[Finding]]:
    """Packages and memory put inside psys, where there is one and it reads more than what it should hold."""
    outer = [sensor for sensor in sensors if sensor.device.kind == "node"]
    rest = [sensor for sensor in sensors if sensor.device.kind != "node"]
    if not outer:
        return rest, []
    packages = [sensor for sensor in rest if not sensor.device.inside and sensor.device.kind == "cpu"]
    why = ""
    if len(outer) > 1:
        why = "several psys zones, and which packages each holds is not given: left out"
    elif packages and not _holds(outer[0], packages):
        why = "psys reads less than the packages that it should hold: left out"
    if why:
        for sensor in outer:
            sensor.close()
        return rest, [Finding(SOURCE, sensor.path.name + " (psys)", False, why) for sensor in outer]
    for sensor in rest:
        if not sensor.device.inside:
            sensor.device = replace(sensor.device, inside=outer[0].device.key)
    return outer + rest, []


def _holds(psys: Rapl, packages: Sequence[Rapl]) -> bool:
    """Whether psys rises at least as fast as the packages together, within a tenth."""
    try:
        before = [sensor._file.read() for sensor in (psys, *packages)]
        time.sleep(PSYS_S)
        after = [sensor._file.read() for sensor in (psys, *packages)]
    except SensorGone:
        return False
    rises = [b - a for a, b in zip(before, after, strict=True)]
    # a wrap in between tells nothing: psys is believed
    return min(rises) < 0 or rises[0] >= 0.9 * sum(rises[1:])


def _merged(findings: Sequence[Finding]) -> list[Finding]:
    """Zones with the same trouble as one finding."""
    alike: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        alike.setdefault((finding.why, finding.mend), []).append(finding.what)
    return [Finding(SOURCE, ", ".join(what), False, why, mend) for (why, mend), what in alike.items()]


def _no_tree(root: Path) -> Finding:
    if not root.is_dir():
        why = "no powercap tree: a virtual machine, a container that hides it, or no Linux"
        return Finding(
            SOURCE, str(root), False, why, "measure on the host; on bare metal: sudo modprobe intel_rapl_msr"
        )
    why = "the powercap tree holds no RAPL zone"
    return Finding(SOURCE, str(root), False, why, "sudo modprobe intel_rapl_msr (for AMD too); not in virtual machines")


def _cpu(cpuinfo: Path) -> str:
    """The processor's name, as the kernel tells it."""
    match = re.search(r"^model name\s*:\s*(.+)$", first_text(cpuinfo), re.MULTILINE)
    return " ".join(match[1].split()) if match else ""
