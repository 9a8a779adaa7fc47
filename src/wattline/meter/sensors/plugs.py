"""Plugs and relays on the mains that answer over HTTP: Shelly of both generations, and Tasmota.

``WATTLINE_PLUGS="http://10.0.0.5 node7=http://10.0.0.6"``: addresses, each with the machine that it feeds, this one
where none is named. Documented answers: Shelly Gen1 ``/status`` (meters: W, and Wmin in all), Gen2
``/rpc/Shelly.GetStatus`` (switch:N or pm1:N: apower W, aenergy.total Wh), Tasmota ``/cm?cmnd=Status 8``
(StatusSNS.ENERGY: Power W, Total kWh). Needs httpx.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from wattline.core.units import J_PER_KWH, J_PER_WH
from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.local import hostname
from wattline.meter.sensors.polled import Answer, PolledDevice, Poller
from wattline.meter.sensors.web import Web, WebError

SOURCE = "plug"
VARIABLE = "WATTLINE_PLUGS"
PERIOD_S = 1.0
SPEC = Spec(SOURCE, PERIOD_S, PERIOD_S, note="at the wall; its error is not published")
PER_WATT_MINUTE = 60.0
Channels = dict[str, Reading]


def shelly1_answer(data: Mapping[str, Any]) -> Channels:
    """Shelly Gen1: the meters, or emeters of three phases."""
    out = {}
    for kind, per in (("meters", PER_WATT_MINUTE), ("emeters", J_PER_WH)):
        for place, meter in enumerate(data.get(kind) or []):
            if isinstance(meter, Mapping) and meter.get("is_valid", True) and _is_number(meter.get("power")):
                total = meter.get("total")
                out[f"{kind[:-1]}:{place}"] = Reading(
                    float(meter["power"]), float(total) * per if _is_number(total) else None
                )
    return out


def shelly2_answer(data: Mapping[str, Any]) -> Channels:
    """Shelly Gen2 and newer: each switch or power meter with its active power."""
    out = {}
    for name, part in data.items():
        if re.match(r"(switch|pm1|cover):\d+$", name) and isinstance(part, Mapping) and _is_number(part.get("apower")):
            total = (part.get("aenergy") or {}).get("total")
            out[name] = Reading(float(part["apower"]), float(total) * J_PER_WH if _is_number(total) else None)
    return out


def tasmota_answer(data: Mapping[str, Any]) -> Channels:
    """Tasmota: one power, or a list of them of several relays, whose total counts all."""
    energy = (data.get("StatusSNS") or {}).get("ENERGY")
    if not isinstance(energy, Mapping):
        return {}
    power, total = energy.get("Power"), energy.get("Total")
    if isinstance(power, list):
        power = sum(map(float, power)) if all(map(_is_number, power)) else None
    # the total is told to a watt-hour, too coarse for windows of seconds: watts stand where there are any
    if _is_number(power):
        return {"energy": Reading(float(power))}
    return {"energy": Reading(None, float(total) * J_PER_KWH)} if _is_number(total) else {}


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


WAYS: tuple[tuple[str, str, dict[str, str], Callable[[Mapping[str, Any]], Channels]], ...] = (
    ("Shelly Gen2", "/rpc/Shelly.GetStatus", {}, shelly2_answer),
    ("Tasmota", "/cm", {"cmnd": "Status 8"}, tasmota_answer),
    ("Shelly Gen1", "/status", {}, shelly1_answer),
)


def find(environ: Mapping[str, str] | None = None, host: str = "") -> tuple[list[Sensor], list[Finding]]:
    """The plugs of the variable that answer, and why the others do not.

    Parameters
    ----------
    environ : variables; those of this process where None
    host : name of the machine that hangs on the plugs

    Returns
    -------
    Sensors, and what was seen of the source.
    """
    environ = os.environ if environ is None else environ
    sensors: list[Sensor] = []
    findings: list[Finding] = []
    for entry in environ.get(VARIABLE, "").split():
        feeds, _, url = entry.partition("=") if "=" in entry.partition("://")[0] else ("", "", entry)
        try:
            sensors += _plug(url, feeds or host or hostname(), local=not feeds)
        except WebError as error:
            findings.append(Finding(SOURCE, url, False, str(error), error.mend))
    return sensors, findings


def _plug(url: str, host: str, local: bool) -> list[Sensor]:
    web, wrong = Web(url), WebError("answers as no Shelly and no Tasmota does", "check the address")
    for maker, path, params, parse in WAYS:
        try:
            first = parse(web.json(path, params))
        except WebError as error:
            wrong = error if "cannot be reached" in str(error) or "no answer" in str(error) else wrong
            continue
        if first:
            return _sensors(web, host, local, (maker, path, params, parse), first)
    web.close()
    raise wrong


def _sensors(web: Web, host: str, local: bool, way: Any, first: Channels) -> list[Sensor]:
    """A sensor for each channel; one alone is the machine's, several are its supplies, which add up."""
    maker, path, params, parse = way
    place = str(web.url.host)
    devices = {
        name: Device(host, f"plug:{place}/{name}", "node" if len(first) == 1 else "other", f"{maker} {place} {name}")
        for name in first
    }

    def again() -> Answer:
        try:
            channels = parse(web.json(path, params))
        except WebError as error:
            raise SensorGone(str(error)) from None
        return {device.key: channels.get(name, "no longer reported") for name, device in devices.items()}

    poller = Poller(again, PERIOD_S, {devices[name].key: reading for name, reading in first.items()}, done=web.close)
    also = frozenset({"node"} if local and len(first) == 1 else ())
    return [PolledDevice(device, SPEC, poller, also) for device in devices.values()]
