"""Power distribution units by SNMP: a question for one number, version 2c, over UDP, and nothing more of the protocol.

``WATTLINE_SNMP="rack3=pdu.local/public/1.3.6.1.4.1.318.1.1.26.4.3.1.5.1*10"``: the machine that the outlet feeds (this
one where none is named), the unit's address, its community, the number's name in the unit's MIB, and watts for each
of its steps. RFC 3416 (the messages), RFC 1157, ITU-T X.690 (their bytes).
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.local import hostname
from wattline.meter.sensors.polled import Answer, PolledDevice, Poller

SOURCE = "snmp"
VARIABLE = "WATTLINE_SNMP"
PORT, TIMEOUT_S, TRIES, PERIOD_S = 161, 2.0, 2, 2.0
INTEGER, TEXT, NULL, NAME, SEQUENCE, GET, RESPONSE = 0x02, 0x04, 0x05, 0x06, 0x30, 0xA0, 0xA2
NUMBERS = (0x02, 0x41, 0x42, 0x46)  # Integer32, Counter32, Gauge32, Counter64
MISSING = {0x80: "no such object", 0x81: "no such instance", 0x82: "end of its tree"}
ENTRY = re.compile(r"(?:([^=/\s]+)=)?([^/\s]+)/([^/\s]+)/((?:\.?\d+)(?:\.\d+)+)(?:\*([\d.]+))?$")
MEND = f'write {VARIABLE}="MACHINE=HOST/COMMUNITY/1.3.6…*WATTS"'
SPEC = Spec(SOURCE, PERIOD_S, PERIOD_S, note="at the outlet or the feed; its error is not published")


@dataclass(frozen=True)
class Outlet:
    """A number of a unit that is power."""

    feeds: str
    address: str
    community: str
    name: str
    watts: float


def encode(tag: int, body: bytes) -> bytes:
    """A value in bytes: its tag, its length, itself.

    Parameters
    ----------
    tag : of the value's type
    body : of the value

    Returns
    -------
    Bytes by the basic encoding rules.
    """
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def integer(value: int) -> bytes:
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def object_name(dotted: str) -> bytes:
    """``1.3.6.1`` in bytes; its first two numbers share one."""
    numbers = [int(part) for part in dotted.strip(".").split(".")]
    body = bytearray([40 * numbers[0] + numbers[1]])
    for number in numbers[2:]:
        parts = [number & 0x7F]
        while number := number >> 7:
            parts.append(0x80 | (number & 0x7F))
        body += bytes(reversed(parts))
    return encode(NAME, bytes(body))


def question(community: str, dotted: str, number: int) -> bytes:
    """A GET of one object.

    Parameters
    ----------
    community : the word that lets one read
    dotted : object identifier
    number : of the request

    Returns
    -------
    Bytes of the datagram.
    """
    wanted = encode(SEQUENCE, encode(SEQUENCE, object_name(dotted) + encode(NULL, b"")))
    message = encode(GET, integer(number) + integer(0) + integer(0) + wanted)
    return encode(SEQUENCE, integer(1) + encode(TEXT, community.encode()) + message)


def parts(data: bytes) -> list[tuple[int, bytes]]:
    """The values that follow one another in bytes. Raises ValueError where they are cut."""
    out, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("cut")
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            raise ValueError("cut")
        out.append((tag, data[at : at + size]))
        at += size
    return out


def answer_value(data: bytes, number: int) -> float | None:
    """The number of an answer; None where it is the answer to another question.

    Parameters
    ----------
    data : bytes of the datagram
    number : of the request

    Returns
    -------
    In the object's own unit.

    Raises SensorGone, ValueError.
    """
    _, _, (tag, message) = parts(parts(data)[0][1])
    (_, id_), (_, status), _, (_, bindings) = parts(message)
    if tag != RESPONSE or int.from_bytes(id_, "big", signed=True) != number:
        return None
    if any(status):
        raise SensorGone(f"the unit answers with error {int.from_bytes(status, 'big')}")
    _, (kind, value) = parts(parts(bindings)[0][1])
    if kind in MISSING:
        raise SensorGone(f"the unit has {MISSING[kind]} of this name")
    if kind not in NUMBERS:
        raise SensorGone("the unit answers with no number")
    return float(int.from_bytes(value, "big", signed=kind == INTEGER))


def ask(outlet: Outlet) -> Reading:
    """Watts now. Raises SensorGone where the unit does not answer, or not with watts."""
    host, _, port = outlet.address.partition(":")
    number = int.from_bytes(os.urandom(3), "big")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(TIMEOUT_S)
            line.connect((host, int(port or PORT)))
            for _ in range(TRIES):
                line.send(question(outlet.community, outlet.name, number))
                try:
                    value = answer_value(line.recv(65535), number)
                except TimeoutError:
                    continue
                if value is not None:
                    return Reading(value * outlet.watts)
    except (ValueError, IndexError):
        raise SensorGone("the unit's answer cannot be read") from None
    except OSError as error:
        raise SensorGone(f"{outlet.address}: {error.strerror or error}") from None
    raise SensorGone(f"{outlet.address} does not answer: check its address, community and that SNMP is on")


def find(environ: Mapping[str, str] | None = None, host: str = "") -> tuple[list[Sensor], list[Finding]]:
    """The outlets of the variable that answer, and why the others do not.

    Parameters
    ----------
    environ : variables; those of this process where None
    host : name of the machine that hangs on the outlets

    Returns
    -------
    Sensors, and what was seen of the source.
    """
    environ = os.environ if environ is None else environ
    sensors: list[Sensor] = []
    findings: list[Finding] = []
    for entry in environ.get(VARIABLE, "").split():
        match = ENTRY.match(entry)
        if match is None:
            findings.append(Finding(SOURCE, entry.partition("/")[0], False, "cannot be read", MEND))
            continue
        outlet = Outlet(match[1] or "", match[2], match[3], match[4], float(match[5] or 1.0))
        try:
            sensors.append(_sensor(outlet, ask(outlet), outlet.feeds or host or hostname()))
        except SensorGone as gone:
            findings.append(Finding(SOURCE, outlet.address, False, str(gone), MEND))
    return sensors, findings


def _sensor(outlet: Outlet, first: Reading, host: str) -> Sensor:
    device = Device(host, f"snmp:{outlet.address}/{outlet.name}", "node", f"outlet of {outlet.address}")

    def again() -> Answer:
        return {device.key: ask(outlet)}

    poller = Poller(again, PERIOD_S, {device.key: first})
    return PolledDevice(device, SPEC, poller, frozenset() if outlet.feeds else frozenset({"node"}))
