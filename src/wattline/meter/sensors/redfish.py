"""Chassis power as BMCs tell it over Redfish (DMTF DSP0266): EnvironmentMetrics, Power, or PowerSubsystem.

Where: ``WATTLINE_REDFISH_URL`` (several with commas), ``WATTLINE_REDFISH_USER``, ``WATTLINE_REDFISH_PASSWORD``;
``WATTLINE_REDFISH_CA`` a file of certificates, or ``WATTLINE_REDFISH_INSECURE=1`` for a BMC that signed its own. A BMC
takes tenths of a second to seconds, so a thread asks it every few seconds.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from wattline import catalog
from wattline.core.address import without_secrets
from wattline.core.errors import shorten
from wattline.core.units import J_PER_KWH
from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.local import LOCAL, hostname, system_uuid
from wattline.meter.sensors.polled import Answer, PolledDevice, Poller
from wattline.meter.sensors.web import Web, WebError

SOURCE = "redfish"
PREFIX = "WATTLINE_REDFISH_"
PERIOD_S = 2.0
LOOKING_S = 10.0  # a walk through one BMC's chassis stops here
MAX_CHASSIS = 64
RACKS = ("Rack", "Row", "Zone", "Pod")
PARTS = ("Card", "Cartridge", "Component", "Module", "Drawer", "Other", "Expansion", "StorageEnclosure", "PowerStrip")
# the PowerControl that is the whole says so by name; "CPU Sub-system Power" is not it
TOTAL = re.compile(r"(?<!sub)(?<!sub[- ])(system|server|chassis|total|node|input)", re.IGNORECASE)
Json = dict[str, Any]
ODD = (AttributeError, TypeError, KeyError, IndexError, ValueError)  # what an answer of another shape raises


@dataclass(frozen=True)
class WattsPlace:
    """Where a chassis' watts stand: the resource, and which of its readings."""

    path: str
    way: str  # environment, power, supplies
    entry: int = 0


def find(environ: Mapping[str, str] | None = None, host: str = "") -> tuple[list[Sensor], list[Finding]]:
    """Every chassis with a power reading, of every BMC named.

    Parameters
    ----------
    environ : variables; those of this process where None
    host : name of the machine

    Returns
    -------
    Sensors, and what was seen of the source.
    """
    environ = os.environ if environ is None else environ
    urls = [url.strip() for url in environ.get(PREFIX + "URL", "").split(",") if url.strip()]
    if not urls:
        mend = f"set {PREFIX}URL=https://BMC, {PREFIX}USER and {PREFIX}PASSWORD"
        return [], [Finding(SOURCE, "BMC", False, "no address given", mend)]
    with ThreadPoolExecutor(max_workers=min(len(urls), 16), thread_name_prefix="wattline-look") as pool:
        answers = list(pool.map(lambda url: _with_findings(url, environ, host), urls))
    return [s for sensors, _ in answers for s in sensors], [f for _, remarks in answers for f in remarks]


def _with_findings(url: str, environ: Mapping[str, str], host: str) -> tuple[list[Sensor], list[Finding]]:
    """One BMC's chassis, or what is wrong with it: never raises."""
    try:
        return _service(url, environ, host)
    except WebError as error:
        return [], [Finding(SOURCE, without_secrets(url), False, str(error), error.mend)]
    except Exception as error:
        # what a BMC answers may have any shape
        why = f"not understood: {type(error).__name__}: {shorten(str(error), 120)}"
        return [], [Finding(SOURCE, without_secrets(url), False, why)]


def _service(url: str, environ: Mapping[str, str], host: str) -> tuple[list[Sensor], list[Finding]]:
    """The chassis of one BMC."""
    web = Web(
        url,
        user=environ.get(PREFIX + "USER", ""),
        password=environ.get(PREFIX + "PASSWORD", ""),
        ca=environ.get(PREFIX + "CA", ""),
        insecure=environ.get(PREFIX + "INSECURE", "") not in ("", "0"),
        names=PREFIX,
    )
    until_s = time.monotonic() + LOOKING_S
    chassis = _chassis(web, until_s)
    named = environ.get(PREFIX + "HOST", "")
    places: dict[str, WattsPlace] = {}
    devices: dict[str, Device] = {}
    answer: dict[str, Reading | str] = {}
    for path, record in chassis.items():
        place = _place(web, record, until_s)
        if place is None:
            continue
        device = _device(record, named or _host(web, record, url, host), chassis)
        places[device.key], devices[path] = place, device
        answer |= _ask(web, {device.key: place})
    if not places:
        why = f"its {len(chassis)} chassis give no power" if chassis else "it lists no chassis"
        web.close()
        return [], [Finding(SOURCE, without_secrets(url), False, why, "a newer firmware may; or try ipmi")]
    poller = Poller(lambda: _ask(web, places), PERIOD_S, answer, web.close)
    window_s, width = (catalog.fact(f"fit.sensor-bmc-{part}").value for part in ("window-s", "error"))
    return [
        PolledDevice(
            _inside(device, path, chassis, devices),
            Spec(SOURCE, window_s, PERIOD_S, error=width, note=f"{places[device.key].way} of {without_secrets(url)}"),
            poller,
            _whole(device, devices),
        )
        for path, device in devices.items()
    ], []


def _ask(web: Web, places: Mapping[str, WattsPlace]) -> Answer:
    """All chassis once; one that fails says why, and the others still answer."""
    answer: dict[str, Reading | str] = {}
    for key, place in places.items():
        try:
            answer[key] = _reading(web, place)
        except (SensorGone, WebError) as error:
            answer[key] = str(error)
        except ODD as error:
            answer[key] = f"not understood: {type(error).__name__}"
    return answer


def _chassis(web: Web, until_s: float) -> dict[str, Json]:
    """Every chassis' own resource, by its path."""
    root = web.json("/redfish/v1/")
    collection = _link(root, "Chassis")
    if not collection:
        return {}
    members = web.json(collection).get("Members") or []
    chassis: dict[str, Json] = {}
    for member in members[:MAX_CHASSIS]:
        path = member.get("@odata.id") if isinstance(member, dict) else None
        if path and time.monotonic() < until_s:
            with contextlib.suppress(WebError):  # one chassis that fails hides no other
                chassis[str(path).rstrip("/")] = web.json(str(path))
    return chassis


def _place(web: Web, chassis: Json, until_s: float) -> WattsPlace | None:
    """The best of a chassis' readings: its environment, its power control, its supplies; None where it has none."""
    for name, way in (("EnvironmentMetrics", "environment"), ("Power", "power"), ("PowerSubsystem", "supplies")):
        link = _link(chassis, name)
        if not link or time.monotonic() > until_s:
            continue
        try:
            record = web.json(link)
            if way == "environment" and (_value(record, "PowerWatts") is not None or _joules(record) is not None):
                return WattsPlace(link, way)
            if way == "power" and (entry := _control(record)) is not None:
                return WattsPlace(link, way, entry)
            if way == "supplies" and (supplies := _link(record, "PowerSupplies")):
                place = WattsPlace(supplies, way)
                _reading(web, place)
                return place
        except (WebError, SensorGone, *ODD):
            # a link that leads nowhere, or to another shape: the next kind of resource may do
            continue
    return None


def _reading(web: Web, place: WattsPlace) -> Reading:
    """Watts, and joules where they are counted, from the resource now."""
    if place.way == "supplies":
        return Reading(_supplies_w(web, place.path))
    record = web.json(place.path)
    energy_j = None
    if place.way == "environment":
        power_w, energy_j = _value(record, "PowerWatts"), _joules(record)
    else:
        controls = record.get("PowerControl") or []
        power_w = _number(controls[place.entry].get("PowerConsumedWatts")) if place.entry < len(controls) else None
    if power_w is None and energy_j is None:
        raise SensorGone("the BMC gives no power now")
    if power_w is not None and power_w < 0:
        raise SensorGone(f"the BMC reads {power_w:g} W")
    return Reading(power_w, energy_j)


def _supplies_w(web: Web, path: str) -> float:
    """Input watts of all power supplies; one without a reading that is at work makes the sum unknown."""
    total_w, count = 0.0, 0
    for member in web.json(path).get("Members") or []:
        supply = web.json(member["@odata.id"])
        if (supply.get("Status") or {}).get("State") in ("Absent", "Disabled", "StandbyOffline"):
            continue
        metrics = _link(supply, "Metrics")
        watts = _value(web.json(metrics), "InputPowerWatts") if metrics else None
        if watts is None:
            raise SensorGone(f"power supply {supply.get('Id', '?')} gives no input watts")
        total_w, count = total_w + watts, count + 1
    if not count:
        raise SensorGone("no power supply reports its input watts")
    return total_w


def _control(record: Json) -> int | None:
    """Which PowerControl is the whole chassis: one that names it, else the first with watts."""
    controls = record.get("PowerControl") or []
    given = [i for i, control in enumerate(controls) if _number(control.get("PowerConsumedWatts")) is not None]
    named = [i for i in given if TOTAL.search(str(controls[i].get("Name", "")))]
    chosen = named or given
    return chosen[0] if chosen else None


def _joules(record: Json) -> float | None:
    """The energy counter. Kilowatt-hours stand in only where there are no watts: they are too coarse for windows."""
    joules = _value(record, "EnergyJoules")
    if joules is not None:
        return joules
    kwh = _value(record, "EnergykWh")
    return kwh * J_PER_KWH if kwh is not None and _value(record, "PowerWatts") is None else None


def _device(record: Json, host: str, chassis: Mapping[str, Json]) -> Device:
    name = str(record.get("Name") or record.get("Id") or "chassis")
    uuid = str(record.get("UUID") or record.get("SerialNumber") or "") or f"redfish:{record.get('Id', name)}"
    kind = str(record.get("ChassisType") or "")
    if kind in RACKS:
        return Device(host, uuid, "rack", name)
    container = chassis.get(_container(record), {})
    if kind in PARTS or (not kind and container and container.get("ChassisType") not in RACKS):
        return Device(host, uuid, "gpu" if "gpu" in name.lower() else "other", name)
    return Device(host, uuid, "node", name)


def _inside(device: Device, path: str, chassis: Mapping[str, Json], devices: Mapping[str, Device]) -> Device:
    """The device inside that of the nearest chassis around it that is metered."""
    seen = {path}
    while (path := _container(chassis.get(path, {}))) and path not in seen:
        seen.add(path)
        if path in devices:
            return replace(device, inside=devices[path].key)
    return device


def _whole(device: Device, devices: Mapping[str, Device]) -> frozenset[str]:
    """Known as its host's whole machine, where it is the only one of that host."""
    nodes = [other for other in devices.values() if other.kind == "node" and other.host == device.host]
    return frozenset({"node"} if device.kind == "node" and len(nodes) == 1 else ())


def _container(record: Json) -> str:
    return _link(record.get("Links") or {}, "ContainedBy").rstrip("/")


def _host(web: Web, record: Json, url: str, host: str) -> str:
    """The machine's own name, as its system tells it; else the BMC's address."""
    for system in (record.get("Links") or {}).get("ComputerSystems") or []:
        try:
            system_record = web.json(str(system.get("@odata.id")))
        except WebError:
            continue
        if system_uuid() and str(system_record.get("UUID", "")).lower() == system_uuid():
            return host or hostname()
        if system_record.get("HostName"):
            return str(system_record["HostName"])
    return (host or hostname()) if web.host in LOCAL else web.host


def _link(record: Json, name: str) -> str:
    value = record.get(name)
    return str(value.get("@odata.id") or "") if isinstance(value, dict) else ""


def _value(record: Json, name: str) -> float | None:
    """A sensor excerpt's reading."""
    value = record.get(name)
    return _number(value.get("Reading") if isinstance(value, dict) else value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
