"""What makers of meters call watts and joules in their messages, with the unit that their manuals give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from wattline.core.units import MINUTE_S

MARKS = ('"ENERGY"', '"apower"', '"act_power"', "_act_power", '"meters"', '"emeters"', '"PowerConsumedWatts"',
         '"PowerWatts"', '"EnergykWh"', '"linkquality"', "zigbee2mqtt/", "_act_energy", '"aenergy"')  # fmt: skip
PHASE = re.compile(r"(?:([abc])_)?(?:total_)?act_(power|energy)")
MAX_DEPTH = 6


class MessagePart(NamedTuple):
    """One number of a message: its name there, its meter, role and unit; and the meter whose number holds it."""

    name: str
    uuid: str
    unit: str
    number: float
    role: str = ""
    inside: str = ""


def message_parts(topic: str, data: Mapping[str, Any], place: str = "", depth: int = 0) -> Iterator[MessagePart]:
    """The watts and running totals of a message.

    Parameters
    ----------
    topic : the name of the device that sent it, where it is known
    data : the message, objects in objects
    place, depth : of this object in the whole message

    Returns each, in turn.
    """
    label = "/".join(filter(None, (topic, place))) or "meter"
    yield from _tasmota(topic or "meter", data)
    yield from _shelly(topic, label, data)
    yield from _redfish(topic, data)
    if depth == 0 and "ENERGY" not in data and _is_zigbee(topic, data):
        yield from _pair(label, data, "power", "W", "energy", "kWh")
    for name, inner in data.items():
        if isinstance(inner, Mapping) and depth < MAX_DEPTH and name not in ("ENERGY", "PowerWatts", "EnergykWh"):
            holder = name in ("params", "result", "StatusSNS", "payload", "StatusPTO")
            yield from message_parts(topic, inner, place if holder else name, depth + 1)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _pair(
    uuid: str, data: Mapping[str, Any], power: str, watts: str, energy: str, joules: str, scale: float = 1.0
) -> Iterator[MessagePart]:
    """The power and the counter of one meter."""
    if (number := _number(data.get(power))) is not None:
        yield MessagePart(power, uuid, watts, number)
    if (number := _number(data.get(energy))) is not None:
        yield MessagePart(energy, uuid, joules, number * scale)


def _is_zigbee(topic: str, data: Mapping[str, Any]) -> bool:
    """Whether a message is of a plug behind Zigbee2MQTT, which tells W and kWh."""
    beside = {"voltage", "current", "energy", "linkquality", "state"} & data.keys()
    return "power" in data and len(beside) > 1 and "unixtime" not in data and bool(topic or "linkquality" in data)


def _tasmota(topic: str, data: Mapping[str, Any]) -> Iterator[MessagePart]:
    """``ENERGY``: watts and kilowatt-hours, a list of them where it has several channels."""
    energy = data.get("ENERGY")
    if not isinstance(energy, Mapping):
        return
    for name, unit in (("Power", "W"), ("Total", "kWh")):
        values = energy.get(name)
        if isinstance(values, Sequence) and not isinstance(values, str):
            for i, value in enumerate(values, 1):
                if (number := _number(value)) is not None:
                    yield MessagePart(f"ENERGY.{name}.{i}", f"{topic}/{i}", unit, number)
        elif (number := _number(values)) is not None:
            yield MessagePart(f"ENERGY.{name}", topic, unit, number)


def _shelly(topic: str, label: str, data: Mapping[str, Any]) -> Iterator[MessagePart]:
    """``apower`` and ``aenergy`` of a switch; phases and their total; relays and phases of the first generation."""
    total = data.get("aenergy")
    if "apower" in data or isinstance(total, Mapping):
        counted = total.get("total") if isinstance(total, Mapping) else None
        yield from _pair(label, {"apower": data.get("apower"), "aenergy": counted}, "apower", "W", "aenergy", "Wh")
    label = label.replace("emdata", "em").replace("em1data", "em1")
    whole = "total_act_power" in data or "total_act" in data
    for name, value in data.items():
        match, number = PHASE.fullmatch(name), _number(value)
        if match and number is not None and not (whole and name == "total_act_energy"):
            unit = "W" if match[2] == "power" else "Wh"
            sum_of_phases = name == "total_act_power" or not match[1]
            uuid = label if sum_of_phases else f"{label}/{match[1]}"
            yield MessagePart(name, uuid, unit, number, inside=label if match[1] and whole else "")
        elif name == "total_act" and number is not None:
            yield MessagePart(name, label, "Wh", number)
    for kind, minutes in (("meters", MINUTE_S), ("emeters", 0.0)):
        listed = data.get(kind)
        for i, item in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(item, Mapping) and item.get("is_valid") is not False:
                uuid = "/".join(filter(None, (topic, f"{kind[:-1]} {i}")))
                # a relay counts watt-minutes, a phase watt-hours
                yield from _pair(uuid, item, "power", "W", "total", "J" if minutes else "Wh", minutes or 1.0)


def _redfish(topic: str, data: Mapping[str, Any]) -> Iterator[MessagePart]:
    """The machine's power by its controller, over its supplies; the metrics of its chassis."""
    path = str(data.get("@odata.id") or "")
    match = re.search(r"/(?:Chassis|Systems)/([^/]+)", path)
    host = topic or (match[1] if match else "") or "machine"
    controls = data.get("PowerControl")
    for i, item in enumerate(controls if isinstance(controls, list) else ()):
        number = _number(item.get("PowerConsumedWatts")) if isinstance(item, Mapping) else None
        if number is not None:
            # the first is the machine; further ones are parts of it (its processors, its accelerators)
            uuid, role = (f"{host}/{item.get('Name') or i}", "") if i else (host, "machine")
            yield MessagePart("PowerConsumedWatts", uuid, "W", number, role, host if i else "")
    supplies = data.get("PowerSupplies")
    for i, item in enumerate(supplies if isinstance(supplies, list) else ()):
        number = _number(item.get("PowerInputWatts")) if isinstance(item, Mapping) else None
        if number is not None:
            yield MessagePart("PowerInputWatts", f"{host}/supply {i}", "W", number, "supply")
    for name, unit in (("PowerWatts", "W"), ("EnergykWh", "kWh"), ("EnergyJoules", "J")):
        sensor = data.get(name)
        if isinstance(sensor, Mapping) and (number := _number(sensor.get("Reading"))) is not None:
            yield MessagePart(name, host, unit, number, "machine")
