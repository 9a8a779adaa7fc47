"""Power and energy that Linux's hwmon drivers tell: graphics boards, ACPI power meters, processors' energy, rails.

``powerN_input`` and ``powerN_average`` are microwatts, ``energyN_input`` microjoules (kernel, hwmon/sysfs-interface).
Only chips whose reading is known to cover one device are taken; for others the user says what they cover, with
``WATTLINE_HWMON="ina3221/VDD_IN=node,chip/label=kind"``.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wattline import catalog
from wattline.meter.device import KINDS, Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.counter import Counter
from wattline.meter.sensors.local import NumberFile, first_text, hostname, number

SOURCE = "hwmon"
ROOT = Path("/sys/class/hwmon")
VARIABLE = "WATTLINE_HWMON"
UNKNOWN = "what this reading covers is not known"
CHANNEL = re.compile(r"^(power|energy)(\d+)_(input|average)$")
# chip -> patterns of the labels that cover one device, each with the kind of that device
KNOWN = {
    "amdgpu": ((r".*", "gpu"),),  # PPT: the board's or the socket's power
    "nouveau": ((r".*", "gpu"),),
    "i915": ((r"|card|pkg", "gpu"),),
    "xe": ((r"|card|pkg", "gpu"),),
    "amd_energy": ((r"Esocket\d+", "cpu"),),  # its cores lie inside
    "fam15h_power": ((r".*", "cpu"),),
    # ACPI 4.0: the machine; on NVIDIA Grace one for each part, of which "Grace" is the processor with its memory
    "power_meter": ((r"", "node"), (r"Grace Power Socket \d+", "cpu")),
    "corsairpsu": ((r"power total", "node"),),
}


@dataclass(frozen=True)
class HwmonChannel:
    """One number of a chip: which files hold it."""

    label: str
    power: Path | None = None
    energy: Path | None = None
    window_s: float = 0.0


class Hwmon:
    """One channel as a sensor."""

    def __init__(self, device: Device, spec: Spec, channel: HwmonChannel, also: frozenset[str] = frozenset()) -> None:
        self.device, self.spec, self.also = device, spec, also
        self.counts = channel.energy is not None
        self._power = NumberFile(channel.power) if channel.power else None
        self._energy = NumberFile(channel.energy) if channel.energy else None
        most = "constant.meter-max-gpu" if device.kind == "gpu" else "constant.meter-max-cpu"
        self._counter = Counter(most_w=catalog.fact(most).value)

    def read(self) -> Reading:
        """Watts or joules now. Raises SensorGone where the driver gives none."""
        power_w = energy_j = None
        if self._energy is not None:
            energy_j = self._counter.take(self._energy.read() * 1e-6, time.monotonic())
        if self._power is not None:
            power_w = self._power.read() * 1e-6
            if power_w < 0:
                raise SensorGone(f"{self._power.path} holds negative watts")
        return Reading(power_w, energy_j)

    def close(self) -> None:
        for file in (self._power, self._energy):
            if file is not None:
                file.close()


def find(
    root: Path = ROOT, host: str = "", environ: Mapping[str, str] | None = None
) -> tuple[list[Sensor], list[Finding]]:
    """The channels that cover a known device, and those of which that is not known.

    Parameters
    ----------
    root : where the kernel lists its monitors
    host : name of this machine; asked of the system where empty
    environ : variables; those of this process where None

    Returns sensors, and why any other cannot be read.
    """
    stated, findings = _stated((os.environ if environ is None else environ).get(VARIABLE, ""))
    try:
        chips = sorted(root.iterdir(), key=lambda path: int(re.sub(r"\D", "", path.name) or 0))
    except OSError:
        why = "no hwmon tree: a container or virtual machine, or no Linux"
        return [], [*findings, Finding(SOURCE, str(root), False, why, "measure on the host")]
    sensors: list[Sensor] = []
    host = host or hostname()
    channels = 0
    for chip in chips:
        name = first_text(chip / "name") or chip.name
        for channel in _channels(chip):
            channels += 1
            what = f"{name}/{channel.label}" if channel.label else name
            shared = name == "amdgpu" and not (chip / "power1_cap").exists()  # the driver gives an APU no cap
            kind = stated.get(what) or ("" if shared else _kind(name, channel.label))
            if not kind:
                why = "an APU: processor and graphics in one reading" if shared else UNKNOWN
                findings.append(Finding(SOURCE, what, False, why, f"say it: {VARIABLE}='{what}=node' (or {_kinds()})"))
                continue
            sensor = _sensor(chip, name, channel, kind, host)
            try:
                sensor.read()
            except SensorGone as gone:
                sensor.close()
                findings.append(Finding(SOURCE, what, False, str(gone), "sudo, or a udev rule, if it is permission"))
            else:
                sensors.append(sensor)
    if not channels:
        findings.append(Finding(SOURCE, str(root), False, "no chip here gives power or energy"))
    return sensors, findings


def _channels(chip: Path) -> list[HwmonChannel]:
    """A chip's channels by number: power now before its average; a graphics board's energy with its power."""
    try:
        names = sorted(path.name for path in chip.iterdir())
    except OSError:
        return []
    channels: dict[str, HwmonChannel] = {}
    for name in names:
        match = CHANNEL.match(name)
        if not match:
            continue
        what, index, _ = match.groups()
        label = first_text(chip / f"{what}{index}_label") or first_text(chip / f"{what}{index}_oem_info")
        known = channels.get(label or index, HwmonChannel(label))
        if what == "energy":
            channels[label or index] = HwmonChannel(label, known.power, chip / name, known.window_s)
        elif known.power is None or name.endswith("_input"):
            ms = number(chip / f"power{index}_average_interval") if name.endswith("_average") else None
            channels[label or index] = HwmonChannel(label, chip / name, known.energy, (ms or 0.0) * 1e-3)
    return list(channels.values())


def _kind(name: str, label: str) -> str:
    return next((kind for pattern, kind in KNOWN.get(name, ()) if re.fullmatch(pattern, label)), "")


def _sensor(chip: Path, name: str, channel: HwmonChannel, kind: str, host: str) -> Hwmon:
    address = _address(chip)
    socket = re.search(r"socket(\d+)", channel.label)
    uuid = f"hwmon:{name}" + (f"@{address}" if address else "") + (f"/{channel.label}" if channel.label else "")
    also = frozenset({f"pci:{address}"} if kind == "gpu" else {f"rapl:rapl:package-{socket[1]}"} if socket else ())
    if kind == "node":
        also = frozenset({"node"})
    spec = Spec(SOURCE, channel.window_s, error=catalog.fact("fit.sensor-hwmon-error").value, note=f"driver {name}")
    return Hwmon(Device(host, uuid, kind, f"{name} {channel.label}".strip()), spec, channel, also)


def _address(chip: Path) -> str:
    """Where the chip sits (a PCI address, a bus and number), which does not change with the order of drivers."""
    try:
        return (chip / "device").resolve(strict=True).name.lower()
    except OSError:
        return ""


def _stated(text: str) -> tuple[dict[str, str], list[Finding]]:
    """``chip/label=kind,…`` as the user gave it."""
    names: dict[str, str] = {}
    findings = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        what, _, kind = part.rpartition("=")
        if what and kind in KINDS:
            names[what] = kind
        else:
            findings.append(
                Finding(SOURCE, f"{VARIABLE}: {part}", False, "is not chip/label=kind", f"kinds: {_kinds()}")
            )
    return names, findings


def _kinds() -> str:
    return ", ".join(KINDS)
