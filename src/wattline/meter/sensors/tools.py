"""Tools of makers that print power once when they are asked: Apple, Jetson, Intel Gaudi and Intel GPUs.

``powermetrics`` (Apple silicon, root), ``tegrastats`` (Jetson), ``hl-smi`` (Gaudi) and ``xpu-smi`` (Intel data-centre
GPUs). A question takes up to a second, so a thread asks. Options and answers are from memory of their
formats: none was run here.
"""

from __future__ import annotations

import csv
import json
import os
import plistlib
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.parsers.expat import ExpatError

from wattline.core.errors import shorten
from wattline.meter.device import Device
from wattline.meter.readers.powermetrics import POWER, watts_of_sample
from wattline.meter.readers.tegrastats import INPUTS, RAIL
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.local import hostname
from wattline.meter.sensors.polled import Answer, PolledDevice, Poller

TIMEOUT_S = 10.0
PERIOD_S = 1.0
Parsed = list[tuple[Device, Reading, frozenset[str]]]  # a device, its reading, and other names that it is known by


@dataclass(frozen=True)
class Tool:
    """One maker's tool: how it is asked, and what its answer says."""

    source: str
    command: tuple[str, ...]
    parse: Callable[[str, str], Parsed]  # of its output and the host
    note: str
    mend: str
    lines: int = 0  # of a tool that goes on printing: read so many and end it


def powermetrics_answer(output: str, host: str) -> Parsed:
    """Apple's chip, from one sample as text or as a property list; memory and all outside of the chip left out. Raises
    SensorGone where it printed no power.

    Parameters
    ----------
    output : that the tool printed
    host : name of the machine

    Returns
    -------
    Devices with their watts.
    """
    watts: dict[str, float] = {}
    if "<plist" in output:
        text = output[output.index("<?xml") if "<?xml" in output else output.index("<plist") :].partition("\0")[0]
        try:
            data = plistlib.loads(text.strip().encode(), fmt=plistlib.FMT_XML)
            watts = watts_of_sample(data, float(data["elapsed_ns"]) / 1e9)
        except (plistlib.InvalidFileException, ExpatError, ValueError, KeyError, TypeError):
            raise SensorGone("powermetrics printed no property list that can be read") from None
    for line in output.splitlines():
        if match := POWER.match(line):
            watts[match[1]] = float(match[2]) * (1e-3 if match[3] == "mW" else 1.0)
    total = watts.get("Combined Power", watts.get("Package Power"))
    if total is None:
        parts = [watts[name] for name in ("CPU Power", "GPU Power", "ANE Power") if name in watts]
        if not parts:
            raise SensorGone("powermetrics printed no power")
        total = sum(parts)
    device = Device(host, "powermetrics:soc", "cpu", "Apple chip: processor, graphics, neural engine")
    return [(device, Reading(total), frozenset({"cpu"}))]


def tegrastats_answer(output: str, host: str) -> Parsed:
    """A Jetson module's input, with its rails inside; the rails alone where the board tells no input.

    Parameters
    ----------
    output : that the tool printed
    host : name of the machine

    Returns
    -------
    Devices with their watts.

    Raises SensorGone where it printed no power.
    """
    rails = {match[1]: float(match[2]) / 1e3 for match in RAIL.finditer(output)}
    if not rails:
        raise SensorGone("tegrastats printed no rail with its power")
    whole = next((name for name in INPUTS if name in rails), "")
    node = Device(host, f"jetson:{whole}", "node", f"Jetson ({whole})")
    answer: Parsed = [(node, Reading(rails[whole]), frozenset({"node"}))] if whole else []
    for name, watts in rails.items():
        if name != whole:
            kind = "gpu" if "GPU" in name and "CPU" not in name else "cpu" if "CPU" in name else "other"
            device = Device(host, f"jetson:{name}", kind, f"Jetson rail {name}", node.key if whole else "")
            answer.append((device, Reading(watts), frozenset()))
    return answer


def hl_smi_answer(output: str, host: str) -> Parsed:
    """Gaudi accelerators: lines of ``name, uuid, bus, power``, such as ``HL-225, 01P0-…, 0000:19:00.0, 97 W``. Raises
    SensorGone where it printed no power.

    Parameters
    ----------
    output : that the tool printed
    host : name of the machine

    Returns
    -------
    Devices with their watts.
    """
    answer: Parsed = []
    for row in csv.reader(output.splitlines(), skipinitialspace=True):
        match = re.match(r"\s*([\d.]+)\s*W?\s*$", row[3]) if len(row) == 4 else None
        if match:
            name, uuid, bus = (cell.strip() for cell in row[:3])
            device = Device(host, uuid or f"pci:{bus}", "gpu", f"Gaudi {name}")
            answer.append((device, Reading(float(match[1])), frozenset({f"pci:{bus.lower()}"})))
    if not answer:
        raise SensorGone(f"hl-smi printed no power: {shorten(output, 80) or 'nothing'}")
    return answer


def xpu_smi_answer(output: str, host: str) -> Parsed:
    """Intel GPUs: the CSV of ``dump`` with the metric of power, a line each.

    Parameters
    ----------
    output : that the tool printed
    host : name of the machine

    Returns
    -------
    Devices with their watts.

    Raises SensorGone where it printed no power.
    """
    rows = list(csv.reader(output.splitlines(), skipinitialspace=True))
    head = next((row for row in rows if row and row[0] == "Timestamp"), None)
    column = next((i for i, name in enumerate(head or ()) if "Power (W)" in name), None)
    if head is None or column is None or "DeviceId" not in head:
        raise SensorGone(f"xpu-smi printed no power: {shorten(output, 80) or 'nothing'}")
    number, answer = head.index("DeviceId"), {}
    for row in rows[rows.index(head) + 1 :]:
        if len(row) == len(head) and re.fullmatch(r"[\d.]+", row[column].strip()):
            card = row[number].strip()
            device = Device(host, f"xpu-smi:{card}", "gpu", f"Intel GPU {card}")
            answer[card] = (device, Reading(float(row[column])), frozenset({f"xpu:{card}"}))
    if not answer:
        raise SensorGone("xpu-smi printed no line with a power")
    return list(answer.values())


TOOLS = {
    "powermetrics": Tool(
        "powermetrics", ("powermetrics", "--samplers", "cpu_power", "-n", "1", "-i", "500", "-f", "plist"),
        powermetrics_answer, "the chip's own estimate, half a second each", "run as root: sudo wattline …",
    ),
    "tegrastats": Tool(
        "tegrastats", ("tegrastats", "--interval", "200"), tegrastats_answer, "INA3221 of the module",
        "run as root for the rails of some modules", lines=1,
    ),
    "hl-smi": Tool(
        "hl-smi", ("hl-smi", "-Q", "name,uuid,bus_id,power.draw", "-f", "csv,noheader"), hl_smi_answer,
        "power draw of the board", "load the habanalabs driver; in a container, --runtime=habana",
    ),
    "xpu-smi": Tool(
        "xpu-smi", ("xpu-smi", "dump", "-d", "-1", "-m", "1", "-i", "1", "-n", "1"), xpu_smi_answer,
        "GPU power by Level Zero", "run as root, or add this user to the group render",
    ),
}  # fmt: skip


def find(name: str, host: str = "") -> tuple[list[Sensor], list[Finding]]:
    """The devices of one tool, where it is installed and answers.

    Parameters
    ----------
    name : of the tool
    host : name of the machine

    Returns
    -------
    Sensors, and what was seen of the source.
    """
    tool, host = TOOLS[name], host or hostname()
    path = shutil.which(tool.command[0])
    if path is None:
        return [], []
    command = (path, *tool.command[1:])
    try:
        first = tool.parse(ask(command, tool.lines), host)
    except SensorGone as gone:
        return [], [Finding(tool.source, tool.command[0], False, str(gone), tool.mend)]
    known = _addresses(path, host) if name == "xpu-smi" else {}

    def again() -> Answer:
        return {device.key: reading for device, reading, _ in tool.parse(ask(command, tool.lines), host)}

    poller = Poller(again, PERIOD_S, {device.key: reading for device, reading, _ in first})
    spec = Spec(tool.source, PERIOD_S, PERIOD_S, note=f"{tool.note}; its error is not published")
    return [
        PolledDevice(device, spec, poller, also | known.get(device.key, frozenset())) for device, _, also in first
    ], []


def ask(command: Sequence[str], lines: int = 0) -> str:
    """What a tool prints, or its first lines.

    Parameters
    ----------
    command : the tool with its arguments
    lines : that are read before the tool is ended; all where 0

    Returns
    -------
    Text.

    Raises SensorGone where it fails.
    """
    try:
        if lines:
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
                assert process.stdout is not None
                output = "".join(process.stdout.readline() for _ in range(lines))
                process.terminate()
            return output
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, env=environment)
    except subprocess.TimeoutExpired:
        raise SensorGone(f"timed out after {TIMEOUT_S:g} s") from None
    except OSError as error:
        raise SensorGone(str(error.strerror or error)) from None
    if done.returncode:
        raise SensorGone(shorten(done.stderr or done.stdout, 160) or f"exit status {done.returncode}")
    return done.stdout


def _addresses(path: str, host: str) -> dict[str, frozenset[str]]:
    """The PCI address of each Intel GPU, by which the kernel's own readings of it are known too."""
    try:
        cards = json.loads(ask((path, "discovery", "-j")))["device_list"]
        keys = [Device(host, f"xpu-smi:{card['device_id']}", "gpu").key for card in cards]
        return {
            key: frozenset({f"pci:{card['pci_bdf_address'].lower()}"}) for key, card in zip(keys, cards, strict=True)
        }
    except (SensorGone, ValueError, KeyError, TypeError, AttributeError):
        return {}
