"""Power worked out from utilisation, where nothing measures it: processors from load and TDP, memory by its size.

A model, never shown as measured; its range is that of the facts it rests on (``wattline facts fit.model-``). Power
rises with the share of time that threads work, from idle to full load; how hard they work is not seen.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wattline.catalog import Catalog, CatalogLike, Record, open_catalog
from wattline.core.errors import NotFound, WattlineError
from wattline.core.fact import Fact
from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.local import first_text, hostname, number

SOURCE = "model"
KINDS = ("cpu", "dram")
WIDEST = 0.9  # relative half-width of a range that stays above zero
MIN_S = 0.5  # between two looks at the processor's times, which are counted in hundredths of a second
PROC, EDAC = Path("/proc"), Path("/sys/devices/system/edac/mc")


@dataclass(frozen=True)
class PowerRange:
    """A power with its range, in watts."""

    low_w: float
    value_w: float
    high_w: float

    @property
    def shown_w(self) -> float:
        """The value, or more where a range as wide as its upper side would else reach below zero."""
        return max(self.value_w, self.high_w / (1 + WIDEST))

    @property
    def error(self) -> float:
        """Relative half-width about ``shown_w`` that holds the range on both sides."""
        return max(self.high_w / self.shown_w - 1, 1 - self.low_w / self.shown_w)


class CpuModel:
    """All processors of this machine: idle to full power, by the share of time that their threads work."""

    def __init__(
        self, device: Device, idle: PowerRange, full: PowerRange, stat: Path, note: str, clock: Callable[[], float]
    ) -> None:
        self.device, self.also = device, frozenset({"cpu"})
        self.spec = Spec(SOURCE, MIN_S, MIN_S, error=max(idle.error, full.error), modelled=True, note=note)
        self.idle, self.full = idle, full
        self._stat, self._clock = stat, clock
        self._last, self._last_s = _ticks(stat), clock()
        self._share: float | None = None  # of time that threads worked, between the last two looks

    def read(self) -> Reading:
        """Watts since the look at the times before; readings too near to it repeat the last one."""
        now_s = self._clock()
        if now_s - self._last_s >= MIN_S:
            self._look(now_s)
        share = _minute(self._stat) if self._share is None else self._share
        return Reading(self.idle.shown_w + share * (self.full.shown_w - self.idle.shown_w))

    def _look(self, now_s: float) -> None:
        now, last = _ticks(self._stat), self._last
        if now is None:
            raise SensorGone(f"{self._stat}: no line of the processor's time")
        busy, total = (now[0] - last[0], now[1] - last[1]) if last else (-1, -1)
        if busy < 0 or total < 0:
            self._last, self._last_s = now, now_s
            raise SensorGone("the processor's times started anew")
        if total > 0:
            self._share, self._last, self._last_s = min(busy / total, 1.0), now, now_s

    def close(self) -> None:
        return


class GpuModel:
    """A GPU that tells its use but no power (a virtual one, as a rule): idle to full, by the share of time in use."""

    def __init__(
        self,
        device: Device,
        idle: PowerRange,
        full: PowerRange,
        use: Callable[[], float],
        done: Callable[[], None],
        note: str,
    ) -> None:
        self.device, self.idle, self.full, self._use, self._done = device, idle, full, use, done
        self._open = True
        self.spec = Spec(SOURCE, error=max(idle.error, full.error), modelled=True, note=note)

    def read(self) -> Reading:
        """Watts by the use now. Raises SensorGone where that cannot be told."""
        try:
            share = min(max(self._use(), 0.0), 1.0)
        except Exception as error:
            # whatever the driver's library raises
            raise SensorGone(f"{self.device.name}: {error}") from None
        return Reading(self.idle.shown_w + share * (self.full.shown_w - self.idle.shown_w))

    def close(self) -> None:
        if self._open:
            self._open = False
            self._done()


def gpu(device: Device, use: Callable[[], float], done: Callable[[], None], facts: Catalog) -> GpuModel | None:
    """A model of this GPU from the catalog's chip of its name; None where the catalog has none.

    Parameters
    ----------
    device : the device
    use : gives the GPU's use now, 0 to 1
    done : closes it
    facts : where the chip is looked up

    Returns the model.
    """
    try:
        chip = facts.find("chip", device.name)
        tdp_w, idle = chip["tdp_w"].value, chip["idle_w"]
    except WattlineError:
        return None
    share = facts.fact("fit.model-gpu-full-share")
    full = PowerRange(*(idle.value + part * (tdp_w - idle.value) for part in (share.low, share.value, share.high)))
    note = f"from use; {chip.key}: {idle.value:g} to {tdp_w:g} W"
    return GpuModel(device, PowerRange(idle.low, idle.value, idle.high), full, use, done, note)


class DramModel:
    """All memory of this machine, by its modules where they are told, else by its size: a steady power."""

    def __init__(self, device: Device, power: PowerRange, note: str) -> None:
        self.device, self.also = device, frozenset({"dram"})
        self.spec = Spec(SOURCE, error=power.error, modelled=True, note=note)
        self._power_w = power.shown_w

    def read(self) -> Reading:
        return Reading(self._power_w)

    def close(self) -> None:
        return


def find(
    kinds: Sequence[str] = KINDS,
    host: str = "",
    proc: Path = PROC,
    edac: Path = EDAC,
    clock: Callable[[], float] = time.monotonic,
    facts: CatalogLike = None,
) -> tuple[list[Sensor], list[Finding]]:
    """A model of each of ``kinds`` that nothing measures, of the catalog's figures or your own ``facts``.

    Parameters
    ----------
    kinds : ``cpu`` and ``dram``
    host : name of this machine; asked of the system where empty
    proc, edac : where the kernel tells of use, and of memory
    clock : gives seconds that never jump
    facts : a catalog, or your own facts before its own

    Returns sensors, and why any other cannot be read.
    """
    host, known = host or hostname(), open_catalog(facts)
    sensors: list[Sensor] = []
    findings: list[Finding] = []
    makers: dict[str, Callable[[], Sensor | None]] = {
        "cpu": lambda: _cpu(host, proc, clock, known),
        "dram": lambda: _dram(host, proc, edac, known),
    }
    for kind in kinds:
        sensor = makers[kind]()
        if sensor is None:
            why = f"this system reports nothing of its {kind}: no {proc}"
            findings.append(Finding(SOURCE, kind, False, why, "measure it from outside: redfish, ipmi or prometheus"))
        else:
            sensors.append(sensor)
    return sensors, findings


def _cpu(host: str, proc: Path, clock: Callable[[], float], facts: Catalog) -> CpuModel | None:
    stat, info = proc / "stat", first_text(proc / "cpuinfo")
    if _ticks(stat) is None:
        return None
    threads = _threads(stat)
    name = _name(info)
    idle, full, basis = _power(name, threads, facts)
    device = Device(host, "model:cpu", "cpu", f"{name or 'processor'}, {threads} threads")
    return CpuModel(device, idle, full, stat, f"from load; {basis}", clock)


def _power(name: str, threads: int, facts: Catalog) -> tuple[PowerRange, PowerRange, str]:
    """Idle and full power of ``threads`` hardware threads of the named processor, and what that rests on."""
    shares = [facts.fact(f"fit.model-cpu-{share}-share") for share in ("idle", "full")]
    known = _record(name, facts)
    if known is None:
        per_thread = facts.fact("fit.model-cpu-thread-w")
        tdp = PowerRange(*(threads * part for part in (per_thread.low, per_thread.value, per_thread.high)))
        basis = f"TDP taken as {per_thread.value:g} W a thread"
    else:
        fact = known["tdp_w"]
        portion = threads / known["threads"].value  # a virtual machine has a part of a socket, a server several
        tdp = PowerRange(*(portion * part for part in (fact.low, fact.value, fact.high)))
        basis = f"TDP {fact.value:g} W a socket ({known.key}), {portion:.3g} sockets"
    idle, full = (_times(share, tdp) for share in shares)
    return idle, full, basis


def _times(share: Fact, power: PowerRange) -> PowerRange:
    """The product with its range: relative widths of independent factors add in squares."""
    value = share.value * power.value_w
    below = ((1 - share.low / share.value) ** 2 + (1 - power.low_w / power.value_w) ** 2) ** 0.5
    above = ((share.high / share.value - 1) ** 2 + (power.high_w / power.value_w - 1) ** 2) ** 0.5
    return PowerRange(value * max(1 - below, 0.0), value, value * (1 + above))


def _record(name: str, facts: Catalog) -> Record | None:
    """The catalog's processor whose name the kernel's begins with."""
    words = re.sub(r"\((R|TM|r|tm)\)", " ", name.partition("@")[0]).split()
    words = [word for word in words if word not in ("AMD", "Intel", "CPU", "Processor")]
    for count in range(len(words), 1, -1):
        try:
            return facts.find("cpu", " ".join(words[:count]))
        except NotFound:
            continue
    return None


def _dram(host: str, proc: Path, edac: Path, facts: Catalog) -> DramModel | None:
    match = re.search(r"^MemTotal:\s*(\d+) kB", first_text(proc / "meminfo"), re.MULTILINE)
    if match is None:
        return None
    size_gb = int(match[1]) * 1024 / 1e9
    modules = _modules(edac)
    fact = facts.fact("fit.model-dram-dimm-w" if modules else "fit.model-dram-gb-w")
    count = modules or size_gb
    power = PowerRange(*(count * part for part in (fact.low, fact.value, fact.high)))
    each = f"{modules} modules of {fact.value:g} W" if modules else f"{size_gb:.1f} GB of {fact.value:g} W each"
    basis = f"{each}; {power.low_w:.2g} to {power.high_w:.2g} W, shown near its middle"
    return DramModel(Device(host, "model:dram", "dram", f"memory, {size_gb:.1f} GB"), power, basis)


def _modules(edac: Path) -> int:
    """Memory modules in their slots, as the kernel's error detection tells them; 0 where it does not."""
    try:
        modules = [*edac.glob("mc*/dimm*/size"), *edac.glob("mc*/rank*/size")]
    except OSError:
        return 0
    dimms = [path for path in modules if path.parent.name.startswith("dimm") and number(path)]
    return len(dimms)


def _ticks(stat: Path) -> tuple[int, int] | None:
    """Busy and all clock ticks of all threads since the start; None where they are not told."""
    match = re.search(r"^cpu\s+([\d ]+)$", first_text(stat), re.MULTILINE)
    if match is None:
        return None
    # user nice system idle iowait irq softirq steal guest guest_nice; guest time is within user time already
    ticks = [int(part) for part in match[1].split()][:8]
    return sum(ticks) - sum(ticks[3:5]), sum(ticks)


def _minute(stat: Path) -> float:
    """The share of the last minute, by the load: for a reading before there is anything to compare."""
    match = re.match(r"[\d.]+", first_text(stat.with_name("loadavg")))
    if match is None:
        raise SensorGone("the load is known from the second reading on")
    return min(float(match[0]) / _threads(stat), 1.0)


def _threads(stat: Path) -> int:
    return len(re.findall(r"^cpu\d+ ", first_text(stat), re.MULTILINE)) or os.cpu_count() or 1


def _name(info: str) -> str:
    match = re.search(r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", info, re.MULTILINE)
    return " ".join(match[1].split()) if match else ""
