"""Metrics of exporters by name and labels: what they measure, in what unit, of which device and at which place in it.

Files of Prometheus and the live sensor read the same rules here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from wattline.core.units import DAY_S, HOUR_S, J_PER_WH
from wattline.meter.device import Device
from wattline.meter.places import NOT_DRAWN, TOTALS, index_of, is_per_unit, kind_of, place_words, role_of, words_of

Labels = Mapping[str, str]
HOSTS = ("Hostname", "hostname", "node_name", "nodename", "node", "host", "exported_instance", "instance")
TITLES = ("modelName", "productname", "card_model", "card_series", "card_vendor", "model", "name")
IDS = ("UUID", "uuid", "gpu_uuid", "GPU_UUID")
PARTS = ("gpu", "device", "minor_number", "index", "package", "socket_id", "zone", "chip", "sensor", "rail", "id",
         "outlet", "card", "gpu_id", "name")  # fmt: skip
# labels of who uses or scrapes a device: series that differ in these alone are one device, joined in time
PASSING = re.compile(
    r"^(?:exported_)?(?:pod|pod_name|pod_namespace|container|container_name|container_id|container_namespace|namespace|"
    r"job|instance|endpoint|service|prometheus|prometheus_replica|replica|metrics_path|scrape_job|err_code|err_msg|"
    r"hpc_job|user|workload|app|component|app_kubernetes_io_.*|helm_sh_.*|DCGM_FI_DRIVER_VERSION|driver.*|.*version|"
    r"window|range|interval|quantile|source|vbios.*|pci_bus_id|__.*)$",
    re.IGNORECASE,
)
NO_METRICS = NOT_DRAWN | {"supply", "info", "ratio", "self", "mgmt"}
INPUTS = frozenset({"VDD_IN", "POM_5V_IN", "VIN"})
ACPI_METER = re.compile(r"(?i)ACPI000D|power_?meter")  # the chip by which Linux shows a machine's own meter
SCALES = {"milli": 1e-3, "micro": 1e-6, "nano": 1e-9, "kilo": 1e3, "mega": 1e6}
# units at the end of a name; exporters write small letters, and m is milli
TAILS = {"mw": 1e-3, "mj": 1e-3, "uj": 1e-6, "µj": 1e-6, "uw": 1e-6, "kw": 1e3, "kj": 1e3, "MW": 1e6, "MJ": 1e6}
OF_HISTOGRAM = ("_count", "_bucket", "_created")  # series that Prometheus keeps beside a histogram
ZONES = {"package": "package", "pkg": "package", "core": "core", "cores": "core", "uncore": "uncore", "dram": "dram",
         "psys": "psys", "platform": "psys", "gpu": "board", "other": "", "pp0": "core", "pp1": "graphics"}  # fmt: skip
# what a power distribution unit's MIB counts in units that its names do not tell: hundredths of kW, tenths of kWh
SNMP = {"rPDU2DeviceStatusPower": ("power", 10.0), "rPDU2PhaseStatusPower": ("power", 10.0),
        "rPDU2DeviceStatusEnergy": ("energy", 3.6e5), "rPDU2OutletMeteredStatusEnergy": ("energy", 3.6e5)}  # fmt: skip
SHARED = {"vm": 1, "pod": 1, "container": 2, "process": 3}  # levels of what hardware's energy is shared out to


@dataclass(frozen=True)
class Identity:
    """Whose reading a series is, and what its numbers are.

    ``quantity``: power or energy; ``scale``: what turns its unit into W or J. ``words``, ``role``, ``index``,
    ``level``: its place, as ``meter/containment.py`` has it. ``mode``: series that differ in it alone add up. ``rank``:
    the smaller is taken of series of one device and quantity at one instant. ``free``: its place is read out of free
    words, so that its sum is to be checked.
    """

    device: Device
    quantity: str
    scale: float
    words: tuple[str, ...]
    role: str
    index: str = ""
    level: int = 0
    mode: str = ""
    rank: int = 0
    modelled: bool = False
    free: bool = False


def quantity(name: str) -> tuple[str, float]:
    """What a metric counts ("power", "energy" or "") and what turns its unit into W or J."""
    if name == "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION":
        return "energy", 1e-3
    if name in SNMP:
        return SNMP[name]
    words = words_of(name)
    if is_per_unit(name):
        return "", 0.0
    if NO_METRICS & set(words) and not (name.startswith("DCGM_FI_DEV_POWER_USAGE") or _of_supply(words)):
        return "", 0.0
    name, whole = name.removesuffix("_total"), name.lower()
    lower = name.lower()
    if lower.endswith(OF_HISTOGRAM):
        return "", 0.0
    scale = next((scale for word, scale in SCALES.items() if word in lower), 1.0)
    tail = name.rpartition("_")[2]
    scale = TAILS.get(tail, TAILS.get(tail.lower(), scale))
    if "joule" in lower or re.search(r"_[muµk]?[jJ]$|watt_?seconds?$", lower):
        return "energy", scale
    if ("watt" in lower and "hour" in lower) or lower.endswith(("_wh", "_kwh")):
        return "energy", (1e3 if lower.endswith("_kwh") else scale) * J_PER_WH
    if "watt" in lower or re.search(r"power(_usage|_draw|_consumption|_average|_input)?$|_power_[umk]?w$", whole):
        return "power", scale
    return "", 0.0


def _of_supply(words: tuple[str, ...]) -> bool:
    """A server's supplies are measured; the battery of node_exporter's ``power_supply`` is not the machine."""
    return "supply" in words and words[:1] != ("node",) and not {"capacity", "limit", "max"} & set(words)


def identify(name: str, labels: Labels) -> Identity | None:
    """Whose reading a series is; None where it is neither power nor energy that a device draws.

    Parameters
    ----------
    name : of the metric
    labels : of the series, by name

    Returns
    -------
    Device, quantity and unit.
    """
    name = name.removeprefix("all_smi_")  # the exporter's own name, no sum of all
    what, scale = quantity(name) if name else ("power", 1.0)
    if not what:
        return None
    host = host_of(labels)
    for known in (_kepler, _rapl, _scaphandre, _ipmi):
        if (identity := known(name, labels, host, what, scale)) is not None:
            return identity
    return _board(name, labels, host, what, scale) or _other(name, labels, host, what, scale)


def host_of(labels: Labels) -> str:
    """The machine by the usual labels, without an exporter's port."""
    return without_port(next((labels[name] for name in HOSTS if labels.get(name)), ""))


def without_port(host: str) -> str:
    """``node1:9400`` is node1; an address of IPv6 keeps its colons."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and ":" not in name else host


def zone_uuid(role: str, path: str) -> str:
    """RAPL's own name of a powercap zone, so that exporters and this machine's tree tell one device.

    Parameters
    ----------
    role : such as "package-0" or "dram"
    path : of the zone below /sys/class/powercap

    Returns
    -------
    A uuid.
    """
    match = re.search(r"rapl:(\d+)(:\d+)?/?$", path)
    return "" if match is None else f"rapl:package-{match[1]}" + ("" if role == "package" else f"/{role}")


def _zoned(host: str, zone: str, number: str, path: str, prefix: str) -> tuple[Device, str, tuple[str, ...]]:
    """A RAPL zone's device, role and words."""
    base = zone.rstrip("-0123456789")
    role = ZONES.get(base, "package" if base.startswith("package") else "")
    number = number or index_of(zone)
    if role == "psys":
        return Device(host, "rapl:psys", "node", "platform (psys)"), "psys", ("psys",)
    uuid = zone_uuid(role, path)
    if not uuid and number:
        uuid = f"rapl:package-{number}" if role == "package" else f"rapl:{role or base}-{number}"
    return Device(host, uuid or f"{prefix}{zone}", kind_of(role, (base,)), f"{zone} zone"), role, (base,)


def _kepler(name: str, labels: Labels, host: str, what: str, scale: float) -> Identity | None:
    """Kepler: zones of nodes, in modes that add up, and what it shares out to pods, containers and processes."""
    match = re.match(r"kepler_(node|process|container|pod|vm)_(?:(.+?)_)?(?:joules_total|joules|watts)$", name)
    if match is None:
        return None
    what_of, part = match[1], match[2] or ("platform" if match[1] == "node" else "package")
    mode = labels.get("mode", "")
    if part in ("cpu_active", "cpu_idle"):
        part, mode = "cpu", f"{part[4:]} of {labels.get('zone', '')}"
    zone = labels.get("zone", "") if part == "cpu" else part
    modelled = "model" in labels.get("source", "").lower() or what_of != "node"
    words: tuple[str, ...]
    rank = 1 if "active" in mode or mode.startswith("idle of") else 0
    if part in ("platform", "platform_total"):
        device, role, words = Device(host, "kepler:platform", "node", "platform"), "machine", ("platform",)
    elif part == "gpu" and (unique := next((labels[key] for key in IDS if labels.get(key)), "")):
        device, role, words = Device(host, unique, "gpu"), "board", ("gpu",)
    elif part.startswith("other"):
        device, role, words = Device(host, "kepler:other", "other", "other components"), "", ("other",)
    else:
        number = labels.get("package", "") if part != "cpu" else ""
        device, role, words = _zoned(host, zone or "package", number, labels.get("path", ""), "kepler:")
    index = index_of(device.uuid)
    if what_of == "node":
        return Identity(device, what, scale, words, role, index, 0, mode, rank, modelled)
    who = [labels[key] for key in ("pod_name", "container_name", "container_id", "vm_name", "vm_id", "pid", "comm")
           if labels.get(key)]  # fmt: skip
    shared = Device(host, f"{what_of}:{'/'.join(who)}:{device.uuid}", device.kind, " ".join(who[:2]))
    return Identity(shared, what, scale, words, role, "/".join(who), SHARED[what_of], mode, rank, True)


def _rapl(name: str, labels: Labels, host: str, what: str, scale: float) -> Identity | None:
    """node_exporter's zones of RAPL."""
    match = re.match(r"node_rapl_(.+?)_joules_total$", name)
    if match is None:
        return None
    device, role, words = _zoned(host, match[1], labels.get("index", ""), labels.get("path", ""), "rapl:")
    return Identity(device, what, scale, words, role, labels.get("index", ""))


def _scaphandre(name: str, labels: Labels, host: str, what: str, scale: float) -> Identity | None:
    """Scaphandre: the host over its sockets, domains and processes; what it sees is RAPL's, boards are not in it."""
    match = re.match(r"scaph_(host|socket|domain|process)_(?:power|energy)", name)
    if match is None:
        return None
    place, socket = match[1], labels.get("socket_id", "")
    if place == "host":
        return Identity(Device(host, "scaphandre:host", "cpu", "host (RAPL)"), what, scale, ("psys",), "psys")
    if place == "process":
        who = "/".join(filter(None, (labels.get("pid", ""), labels.get("exe", ""), labels.get("container_id", ""))))
        return Identity(Device(host, f"process:{who}", "cpu", who), what, scale, ("process",), "", "", 3, "", 0, True)
    zone = labels.get("domain_name", "package") if place == "domain" else "package"
    device, role, words = _zoned(host, zone, socket, "", "scaphandre:")
    return Identity(device, what, scale, words, role, socket)


def _ipmi(name: str, labels: Labels, host: str, what: str, scale: float) -> Identity | None:
    """A server's BMC: DCMI for the machine, sensors by their names; also by Redfish."""
    if name.startswith("ipmi_dcmi_power"):
        return Identity(Device(host, "ipmi:node", "node", "machine (DCMI)"), what, scale, ("dcmi",), "dcmi")
    if not re.match(r"(?:ipmi|redfish|idrac|ilo|bmc)_", name):
        return None
    sensor = next((labels[key] for key in ("name", "sensor", "power_supply", "powersupply", "psu", "member_id", "id")
                   if labels.get(key)), "")  # fmt: skip
    words = (*words_of(sensor), *(word for word in words_of(name) if word in ("powersupply", "supply", "psu")))
    role = role_of(words)
    if role == "total" and not role_of(word for word in words if word not in TOTALS):  # Total_Power: the machine's
        role = "machine"
    whole = set(place_words(sensor)) <= {"meter"} or "control" in words_of(name)  # Pwr Consumption, Power Meter
    role = role or ("machine" if whole else "")
    if sensor.isdigit():  # members of each list of a BMC are numbered from nought
        sensor = f"{role or 'part'} {sensor}"
    device = Device(host, f"ipmi:{sensor}" if sensor else "ipmi:node", kind_of(role, words), sensor or "machine (BMC)")
    rank = 1 if {"out", "output", "avg", "average"} & set(words_of(name)) else 0
    return Identity(device, what, scale, words, role, index_of(sensor), 0, "", rank, free=True)


def _board(name: str, labels: Labels, host: str, what: str, scale: float) -> Identity | None:
    """A GPU by its UUID; an instance of it carries the board's watts, so that it is the board once more."""
    unique = next((labels[key] for key in IDS if labels.get(key)), "")
    if re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", unique):  # some exporters leave out NVML's prefix
        unique = f"GPU-{unique}"
    lower = name.lower()
    gpu = unique or re.search(r"dcgm|gpu|nvidia|nvml|xpum|habana|amdsmi|rocm", lower)
    if not gpu:
        return None
    title = labels.get("modelName") or labels.get("name") or labels.get("card_model") or ""
    if not unique:
        own = name.removeprefix("amd_")  # AMD's exporter numbers a GPU in a label by the metric's own name
        tags = [labels[key] for key in (*PARTS[:4], "card", "gpu_id", "dev_file", "id", own) if labels.get(key)]
        tags = tags or [",".join(f"{k}={v}" for k, v in _telling(labels) if k not in TITLES)]
        unique = f"gpu-{tags[0]}" if tags[0] else "gpu"
    rank = 1 + ("instant" in lower) if "instant" in lower or _window(labels) > 0 else 0
    rank += round(_window(labels))
    return Identity(Device(host, unique, "gpu", title), what, scale, ("gpu",), "board", index_of(unique), 0, "", rank)


def _other(name: str, labels: Labels, host: str, what: str, scale: float) -> Identity:
    """Any other series: its name's words tell its kind, its labels the device."""
    tags = [f"{key}={labels[key]}" for key in PARTS if labels.get(key)]
    rest = [f"{k}={v}" for k, v in _telling(labels)]
    words = place_words(name)
    role = role_of(word for word in words if word != "node") or ("machine" if _of_node(name) else "")
    # a Jetson's input, over all its rails; a machine's own meter
    if INPUTS & {value.upper() for value in labels.values()} or ACPI_METER.search(labels.get("chip", "")):
        role, words = "machine", ("vddin",)
    kind = kind_of(role, words)
    unique = ",".join(tags or rest) or name or "power"
    unique = f"{kind}:{unique}" if kind != "other" and (tags or rest) else unique
    return Identity(
        Device(host, unique, kind, labels.get("name", "")), what, scale, words, role, index_of(unique), free=True
    )


def _telling(labels: Labels) -> list[tuple[str, str]]:
    """Labels that tell devices of a host apart, whatever they are called."""
    return [(k, v) for k, v in sorted(labels.items()) if k not in HOSTS and not PASSING.match(k) and v]


def names_unit(name: str) -> bool:
    """Whether a metric names its unit; one that does not (``amd_gpu_power``) may be in W, mW or µW."""
    known = name.startswith("DCGM_") or not name
    return known or re.search(r"watt|joule|_wh$|_kwh$|_[mu]?[wj]$", name.lower()) is not None


def _of_node(name: str) -> bool:
    return re.search(r"node_power|platform|chassis|server_power|host_power|system_power", name.lower()) is not None


def _window(labels: Labels) -> float:
    """Seconds that a recording rule averages over, by its label; the shortest is the reading."""
    match = re.match(r"^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$", labels.get("window", labels.get("range", "")))
    return 0.0 if match is None else float(match[1]) * {"ms": 1e-3, "m": 60, "h": HOUR_S, "d": DAY_S}.get(match[2], 1)
