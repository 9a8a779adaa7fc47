"""Every sensor that this machine can read, each device once, by the best source of it; and what is missing, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from wattline.catalog import CatalogLike, open_catalog
from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.meter.device import Device
from wattline.meter.places import IN_MACHINE, sees_machine
from wattline.meter.sensor import Finding, Sensor, SensorGone
from wattline.meter.sensors.local import same_host

Sighting = tuple[list[Sensor], list[Finding]]
Finder = Callable[[], Sighting]


def _nvml(facts: CatalogLike) -> Sighting:
    from wattline.meter.sensors.nvml import find

    return find(facts=facts)


def _amdsmi(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.amd import find

    return find()


def _rapl(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.rapl import find

    return find()


def _hwmon(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.hwmon import find

    return find()


def _ipmi(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.ipmi import find

    return find()


def _redfish(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.redfish import find

    return find()


def _prometheus(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.prometheus import find

    return find()


def _plug(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.plugs import find

    return find()


def _snmp(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.snmp import find

    return find()


def _ina3221(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.ina3221 import find

    return find()


def _emi(_: CatalogLike) -> Sighting:
    from wattline.meter.sensors.emi import find

    return find()


def _tool(name: str) -> Callable[[CatalogLike], Sighting]:
    """One of the makers' tools that are asked for a reading."""

    def look_with(_: CatalogLike) -> Sighting:
        from wattline.meter.sensors.tools import find

        return find(name)

    return look_with


def _model(facts: CatalogLike, kinds: Sequence[str] | None = None) -> Sighting:
    from wattline.meter.sensors.model import KINDS, find

    return find(KINDS if kinds is None else kinds, facts=facts)


# in the order in which they are believed, where two are of one kind; each is imported when it is asked
SOURCES: dict[str, Callable[[CatalogLike], Sighting]] = {
    "nvml": _nvml,
    "amdsmi": _amdsmi,
    "rapl": _rapl,
    "hwmon": _hwmon,
    "ipmi": _ipmi,
    "redfish": _redfish,
    "emi": _emi,
    "ina3221": _ina3221,
    "hl-smi": _tool("hl-smi"),
    "xpu-smi": _tool("xpu-smi"),
    "tegrastats": _tool("tegrastats"),
    "powermetrics": _tool("powermetrics"),
    "plug": _plug,
    "snmp": _snmp,
    "prometheus": _prometheus,
    "model": _model,
}


def find(sources: Sequence[str] | None = None) -> list[Sensor]:
    """The sensors to read, each device once; close each when done."""
    return look(sources)[0]


def look(
    sources: Sequence[str] | None = None, finders: dict[str, Finder] | None = None, facts: CatalogLike = None
) -> Sighting:
    """The sensors to read, and what is missing, unreadable or left for a better source.

    Parameters
    ----------
    sources : some of ``SOURCES`` (default: all; the model then only of kinds that nothing measures)
    finders : by source, what stands in for its own
    facts : a catalog, or your own files of facts, for what is modelled and not measured

    Returns
    -------
    Sensors, the parts of others named as such, and findings on what is not read.

    Raises WattlineError for a source that is not known, or a file of facts that cannot be read.
    """
    known = open_catalog(facts)
    wanted = _known(sources)
    measured = [name for name in wanted if name != "model"]
    finders = finders or {}
    # a source may wait for a network or a driver: all are asked at once
    with ThreadPoolExecutor(max_workers=max(len(measured), 1), thread_name_prefix="wattline-look") as pool:
        answers = list(pool.map(lambda name: _safely(name, finders.get(name, partial(SOURCES[name], known))), measured))
    sensors, findings = best_sensors([sensor for sighted, _ in answers for sensor in sighted])
    findings = [finding for _, sighted in answers for finding in sighted] + findings
    if "model" in wanted:
        kinds = _unmeasured(sensors) if sources is None or len(wanted) > 1 else None
        modelled, more = _safely("model", finders.get("model", lambda: _model(known, kinds)))
        sensors, findings = sensors + modelled, findings + more
    return nest(sensors), findings


def _known(sources: Sequence[str] | None) -> list[str]:
    if sources is None:
        return list(SOURCES)
    for name in sources:
        if name not in SOURCES:
            near = nearest_names(name, SOURCES)
            shown = f"; nearest: {', '.join(near)}" if near else ""
            raise WattlineError(f"source {shorten(name)!r} is none of {', '.join(SOURCES)}{shown}")
    return list(dict.fromkeys(sources))


def _safely(name: str, finder: Finder) -> Sighting:
    """What one source finds; a defect in it is told and harms no other."""
    try:
        return finder()
    except Exception as error:
        return [], [Finding(name, "", False, f"looking failed: {type(error).__name__}: {shorten(str(error), 160)}")]


def best_sensors(sensors: Sequence[Sensor]) -> Sighting:
    """Each device once: a counter before power, measured before modelled, then by the order of sources."""
    order = {name: place for place, name in enumerate(SOURCES)}
    ranked = sorted(
        sensors, key=lambda s: (s.spec.modelled, not counts(s), order.get(s.spec.source, len(order)), s.device.key)
    )
    taken: list[Sensor] = []
    findings: list[Finding] = []
    for sensor in ranked:
        same = next((other for other in taken if _same(sensor, other)), None)
        if same is None:
            taken.append(sensor)
            continue
        why = f"the same device is taken from {same.spec.source}, {_better(same, sensor)}"
        findings.append(Finding(sensor.spec.source, sensor.device.name or sensor.device.uuid, True, why))
        sensor.close()
    place = {id(sensor): index for index, sensor in enumerate(sensors)}
    return sorted(taken, key=lambda sensor: place[id(sensor)]), findings


def counts(sensor: Sensor) -> bool:
    """Whether the sensor counts joules."""
    known = getattr(sensor, "counts", None)
    if known is not None:
        return bool(known)
    try:
        return sensor.read().energy_j is not None
    except SensorGone:
        return False


def nest(sensors: Sequence[Sensor]) -> list[Sensor]:
    """Devices put inside the machine that is measured as a whole, so that a sum counts them once.

    RAPL's psys holds packages and memory, and itself lies inside a machine measured at its supplies; whether it holds
    other devices is not told, so none is put inside of it.
    """
    whole = [s.device for s in sensors if sees_machine(s.device.kind, s.device.uuid) and not s.spec.modelled]
    for sensor in sensors:
        device = sensor.device
        outer = next((node for node in whole if same_host(node.host, device.host)), None)
        part = device.kind in (*IN_MACHINE, "other") or sensor.spec.source == "rapl"
        if outer is not None and part and not device.inside:
            _put(sensor, replace(device, inside=outer.key))
    return list(sensors)


def _put(sensor: Any, device: Device) -> None:
    sensor.device = device


def _same(a: Sensor, b: Sensor) -> bool:
    """Whether two sensors measure one device: its UUID, or a name that both sources give it, on one host."""
    if not same_host(a.device.host, b.device.host):
        # a GPU's UUID is its own on any host: exporters name hosts as they please
        return a.device.uuid == b.device.uuid and a.device.uuid.startswith("GPU-")
    return bool(_names(a) & _names(b))


def _names(sensor: Sensor) -> frozenset[str]:
    return frozenset(getattr(sensor, "also", ())) - {"pci:"} | {sensor.device.uuid}


def _better(taken: Sensor, left: Sensor) -> str:
    if left.spec.modelled and not taken.spec.modelled:
        return "which measures"
    if counts(taken) and not counts(left):
        return "which counts joules"
    return "which comes first"


def _unmeasured(sensors: Sequence[Sensor]) -> list[str]:
    """The kinds of this machine that a model may stand in for."""
    from wattline.meter.sensors.local import hostname
    from wattline.meter.sensors.model import KINDS

    here = {s.device.kind for s in sensors if same_host(s.device.host, hostname()) and not s.spec.modelled}
    return [kind for kind in KINDS if kind not in here]
