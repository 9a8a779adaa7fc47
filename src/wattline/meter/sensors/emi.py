"""Windows' Energy Meter Interface: counters of what a board meters, such as RAPL's on Intel, in picowatt-hours.

Microsoft, emi.h (Windows 10 on; several channels from version 1809 on). Held against bytes laid out as that header
says; the part that asks Windows for them was not run on Windows.
"""

from __future__ import annotations

import ctypes
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wattline import catalog
from wattline.core.units import J_PER_WH
from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.counter import Counter
from wattline.meter.sensors.local import hostname

SOURCE = "emi"
VERSION, METADATA_SIZE, METADATA, MEASUREMENT = 0x224000, 0x224004, 0x224008, 0x22400C
INTERFACE = "{45BD8344-7ED6-49CF-A440-C276C933B053}"
NAME_BYTES = 32  # sixteen wide characters
PICO = 1e-12
SPEC = Spec(SOURCE, note="as the board's firmware meters; its error is not published")
Ask = Callable[[int, int], bytes]  # a control code and the most bytes of its answer


def channel_names(version: int, metadata: bytes) -> list[str]:
    """The channels of a meter, in the order of its measurements; raises ValueError where the bytes are none.

    Parameters
    ----------
    version : of the interface, 1 or 2
    metadata : bytes that the driver gives

    Returns
    -------
    Names.
    """
    if version == 1:
        (unit,) = struct.unpack_from("<I", metadata)
        _, size = struct.unpack_from("<HH", metadata, 4 + 2 * NAME_BYTES)
        return [_name(unit, metadata, 8 + 2 * NAME_BYTES, size)]
    _, count = struct.unpack_from("<HH", metadata, 2 * NAME_BYTES)
    at, names = 4 + 2 * NAME_BYTES, []
    for _ in range(count):
        unit, size = struct.unpack_from("<IH", metadata, at)
        names.append(_name(unit, metadata, at + 6, size))
        at += 6 + size
    return names


def _name(unit: int, data: bytes, at: int, size: int) -> str:
    if unit != 0 or at + size > len(data):
        raise ValueError("no picowatt-hours, or cut")
    return data[at : at + size].decode("utf-16-le", "replace").rstrip("\0")


def channel_joules(measurement: bytes, count: int) -> list[float]:
    """The counters of a measurement [J].

    Parameters
    ----------
    measurement : bytes that the driver gives
    count : channels of the meter

    Returns
    -------
    J, one of each channel.

    Raises ValueError where bytes are missing.
    """
    if len(measurement) < 16 * count:
        raise ValueError("cut")
    return [struct.unpack_from("<Q", measurement, 16 * place)[0] * PICO * J_PER_WH for place in range(count)]


@dataclass
class EmiMeter:
    """A meter of several channels, asked through ``ask``."""

    ask: Ask
    names: list[str]

    @classmethod
    def open(cls, ask: Ask) -> EmiMeter:
        """What a meter tells of itself; raises ValueError, struct.error, OSError."""
        (version,) = struct.unpack_from("<H", ask(VERSION, 2))
        (size,) = struct.unpack_from("<I", ask(METADATA_SIZE, 4))
        return cls(ask, channel_names(version, ask(METADATA, size)))

    def joules(self, place: int) -> float:
        """One channel's counter [J]. Raises SensorGone where the meter gives no measurement."""
        try:
            return channel_joules(self.ask(MEASUREMENT, 16 * len(self.names)), len(self.names))[place]
        except (ValueError, struct.error, OSError) as error:
            raise SensorGone(f"the meter gives no measurement: {error}") from None


@dataclass
class EmiChannel:
    """One channel as a sensor."""

    device: Device
    meter: EmiMeter
    place: int
    spec: Spec = SPEC
    counts: bool = True
    _counter: Counter = field(default_factory=lambda: Counter(most_w=catalog.fact("constant.meter-max-cpu").value))

    def read(self) -> Reading:
        return Reading(None, self._counter.take(self.meter.joules(self.place), time.monotonic()))

    def close(self) -> None:
        return


def sensors_of(meter: EmiMeter, number: int, host: str) -> list[Sensor]:
    """A meter's channels: RAPL's packages with their cores inside and memory beside, others as they are called.

    Parameters
    ----------
    meter : of Windows' energy meter interface
    number : of the meter, from 0
    host : name of the machine

    Returns
    -------
    A sensor for each channel.
    """
    packages = {name.rpartition("_")[0]: name for name in meter.names if name.endswith("_PKG")}
    sensors: list[Sensor] = []
    for place, name in enumerate(meter.names):
        family, _, part = name.rpartition("_")
        outer = packages.get(family, "") if part in ("PP0", "PP1") else ""
        kind = "dram" if part == "DRAM" else "cpu" if part in ("PKG", "PP0", "PP1") else "other"
        inside = f"{host}/emi:{number}/{outer}" if outer else ""
        sensors.append(EmiChannel(Device(host, f"emi:{number}/{name}", kind, name, inside), meter, place))
    return sensors


def find(host: str = "", meters: list[Ask] | None = None) -> tuple[list[Sensor], list[Finding]]:
    """The meters of a Windows machine; nothing on other systems.

    Parameters
    ----------
    host : name of the machine
    meters : what reads each meter; the system's where None

    Returns
    -------
    Sensors, and what was seen of the source.
    """
    if meters is None and sys.platform != "win32":
        return [], []
    sensors: list[Sensor] = []
    findings: list[Finding] = []
    for number, ask in enumerate(_meters() if meters is None else meters):
        try:
            sensors += sensors_of(EmiMeter.open(ask), number, host or hostname())
        except (ValueError, struct.error, OSError) as error:
            findings.append(Finding(SOURCE, f"energy meter {number}", False, str(error), "run as administrator"))
    if not sensors and not findings:
        findings.append(Finding(SOURCE, "energy meters", False, "this machine's firmware offers none to Windows"))
    return sensors, findings


def _meters() -> list[Ask]:
    """What asks each meter that Windows knows of."""
    library: Any = ctypes
    manager = library.WinDLL("cfgmgr32")
    identity = (ctypes.c_byte * 16)()
    library.WinDLL("ole32").CLSIDFromString(ctypes.c_wchar_p(INTERFACE), identity)
    size = ctypes.c_ulong()
    manager.CM_Get_Device_Interface_List_SizeW(ctypes.byref(size), identity, None, 0)
    buffer = ctypes.create_unicode_buffer(max(size.value, 1))
    manager.CM_Get_Device_Interface_ListW(identity, None, buffer, size, 0)
    paths = [path for path in "".join(buffer[: size.value]).split("\0") if path]
    return [_asking(library.WinDLL("kernel32", use_last_error=True), path) for path in paths]


def _asking(kernel: Any, path: str) -> Ask:
    read, share, existing = 0x80000000, 3, 3
    kernel.CreateFileW.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.CreateFileW(path, read, share, None, existing, 0, None))

    def ask(code: int, most: int) -> bytes:
        buffer, got = ctypes.create_string_buffer(most), ctypes.c_ulong()
        if not kernel.DeviceIoControl(handle, code, None, 0, buffer, most, ctypes.byref(got), None):
            raise OSError("Windows refuses to give its measurement")
        return buffer.raw[: got.value]

    return ask
