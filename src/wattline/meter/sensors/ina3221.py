"""The rails of a Jetson module by the kernel: ``ina3221`` in hwmon, millivolts times milliamperes.

Linux, Documentation/hwmon/ina3221: ``inN_input`` and ``currN_input`` of a channel, whose name stands in ``inN_label``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wattline.meter.device import Device
from wattline.meter.readers.tegrastats import INPUTS
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.local import first_text, hostname, number

SOURCE = "ina3221"
ROOT = Path("/sys/class/hwmon")
CHANNELS = (1, 2, 3)
SPEC = Spec(SOURCE, note="shunts of the module; their error is not published")


@dataclass
class Rail:
    """One channel of one chip."""

    device: Device
    folder: Path
    channel: int
    also: frozenset[str] = frozenset()
    spec: Spec = SPEC

    def read(self) -> Reading:
        """Watts now. Raises SensorGone where either file cannot be read."""
        millivolts, milliamperes = (number(self.folder / f"{kind}{self.channel}_input") for kind in ("in", "curr"))
        if millivolts is None or milliamperes is None:
            raise SensorGone(f"{self.folder}: channel {self.channel} gives no voltage or no current")
        return Reading(millivolts * milliamperes * 1e-6)

    def close(self) -> None:
        return


def find(root: Path = ROOT, host: str = "") -> tuple[list[Sensor], list[Finding]]:
    """The rails by their names, inside of the module's input where there is one.

    Parameters
    ----------
    root : of the sysfs tree
    host : name of the machine

    Returns
    -------
    Sensors, and what was seen of the source.
    """
    host = host or hostname()
    rails: list[tuple[str, Path, int]] = []
    for folder in sorted(root.glob("hwmon*")):
        if first_text(folder / "name") != "ina3221":
            continue
        for channel in CHANNELS:
            label = first_text(folder / f"in{channel}_label")
            if label and (folder / f"curr{channel}_input").exists() and "NC" not in label.split():
                rails.append((label, folder, channel))
    whole = next((label for label, _, _ in rails if label in INPUTS), "")
    node = Device(host, f"jetson:{whole}", "node", f"Jetson ({whole})")
    sensors: list[Sensor] = []
    for label, folder, channel in rails:
        if label == whole:
            sensors.append(Rail(node, folder, channel, frozenset({"node"})))
            continue
        kind = "gpu" if "GPU" in label and "CPU" not in label else "cpu" if "CPU" in label else "other"
        device = Device(host, f"jetson:{label}", kind, f"Jetson rail {label}", node.key if whole else "")
        sensors.append(Rail(device, folder, channel))
    return sensors, []
