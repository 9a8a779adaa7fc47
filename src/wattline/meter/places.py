"""The place of a device by the words of its name: board, package, cores, supply, total; for all readers."""

from __future__ import annotations

import re
from collections.abc import Iterable

# the words by which a name tells its place; the first row that has one of the words wins
ROLES: tuple[tuple[str, frozenset[str]], ...] = (
    ("dcmi", frozenset({"dcmi"})),
    ("supply", frozenset({"psu", "ps", "supply", "powersupply", "psus", "supplies"})),
    ("psys", frozenset({"psys"})),
    ("total", frozenset({"total", "sum", "all", "combined", "overall", "aggregate", "rack", "pdu", "module", "tot",
                         "facility", "building", "campus", "datacenter"})),
    ("boardpart", frozenset({"vram", "hbm", "mvddc", "nvvdd", "fbvdd", "slot", "src"})),
    ("slice", frozenset({"mig"})),
    ("igpu", frozenset({"igpu", "integrated"})),
    ("uncore", frozenset({"uncore", "agent"})),
    ("board", frozenset({"gpu", "gpus", "card", "accelerator", "xpu", "hpu", "npu", "tpu", "dgpu", "nvidia",
                         "radeon"})),
    ("machine", frozenset({"wall", "mains", "system", "sys", "machine", "node", "host", "server", "chassis",
                           "platform", "vddin", "boardin"})),
    ("graphics", frozenset({"gt", "gfx", "igd", "graphics"})),
    ("core", frozenset({"core", "cores", "cor", "ia"})),
    ("dram", frozenset({"dram", "ram", "memory", "mem", "dimm", "dimms"})),
    ("package", frozenset({"package", "pkg", "pck", "packages", "socket", "skt", "rapl"})),
    ("cpu", frozenset({"cpu", "cpus", "processor", "processors"})),
)  # fmt: skip
# words of a name that tells no drawn power: limits, ratings, spreads, what is planned or given back
NOT_DRAWN = frozenset({
    "limit", "limits", "cap", "capped", "capping", "max", "min", "maximum", "minimum", "rated", "rating", "state",
    "factor", "setpoint", "tdp", "threshold", "budget", "capacity", "default", "enforced", "percent", "percentage",
    "pct", "util", "utilization", "utilisation", "reactive", "apparent", "aprt", "target", "design", "headroom", "std",
    "stddev", "stdev", "nominal", "available", "requested", "baseline", "allocated", "reserved", "median", "percentile",
    "quantile", "variance", "forecast", "predicted", "cost", "price", "violation", "pl", "var", "temp",
    "temperature", "peak", "efficiency", "export", "exported", "returned", "injected", "attributable", "attributed",
    "nom", "nompower",
})  # fmt: skip
FEEDS = frozenset({"pdu", "rack", "feed", "ups"})
PLAIN = frozenset({"meter", "plug", "input", "whole", "level", "board", "main", "reading", "sensor"})
WHOLE_METERS = frozenset({"plug", "smartplug", "ipmi", "bmc", "idrac", "ilo", "redfish"})  # what sees a machine whole
PARTS_OF_BOARD = frozenset({
    "core", "cores", "memory", "mem", "soc", "vram", "hbm", "chip", "pin", "pcie", "nvvdd", "fbvdd", "rail", "slot",
})  # fmt: skip
# words of a name that tell its quantity and no device
QUANTITIES = frozenset({
    "power", "energy", "draw", "usage", "cumulative", "cum", "consumption", "consumed", "average", "avg", "mean",
    "instant", "instantaneous", "current", "active", "act", "value", "reading", "in", "of", "pwr", "measured",
    "counter", "interval", "delta", "each", "per", "step", "epoch", "lifetime", "real", "electric", "electrical",
    "accumulated", "diff", "last", "now", "latest", "inst", "raw", "filtered",
    "smoothed", "smooth", "ema", "rolling", "w", "j", "wh", "kw", "kwh", "mw", "mj", "kj", "uw", "uj", "mwh",
    "µw", "µj", "nw", "gw", "gj", "ws", "kws", "s", "h", "metrics", "wattage",
})  # fmt: skip
UNIT_WORDS = re.compile(r"^(?:nano|micro|milli|kilo|mega|giga)?(?:watts?|joules?|watthours?|hours?|seconds?)$")
ACRONYM = r"(?<=[A-Z])(?=[A-Z][a-z]{2,})"  # RAMWatt is RAM and watt
# what is told of each joule or watt: gCO2/kWh, tokens_per_joule, perf_per_watt; and watts of an area
RATIO = re.compile(
    r"(?i)(?:(?<![a-z])per[_\s.-]*|(?<![a-z])(?:g|kg|t|k?gco2\w*|co2\w*|[kmgt]?flops?|tokens?|tok|samples?|images?|"
    r"requests?|perf|eur|usd|gbp|cents?|ct|[€$£])\s*/\s*)(?:(?:[kmgµun]?wh?|[kmgµun]?j|"
    r"(?:kilo|mega|milli)?(?:watts?|joules?)(?:[_\s-]*hours?)?)(?![a-z])|m[23²³]|sq_?m|sq_?ft)"
)
PROCESSORS = ("package", "cpu")
PLURALS = frozenset({"gpus", "cards", "cpus", "processors"})
SINGULAR = {"gpus": "gpu", "cards": "card", "cpus": "cpu", "processors": "processor", "sockets": "socket",
            "packages": "package", "boards": "board", "accelerators": "accelerator", "nodes": "node", "hosts": "host",
            "servers": "server", "fans": "fan", "dimms": "dimm", "disks": "disk", "drives": "drive", "racks": "rack",
            "supplies": "supply", "psus": "psu", "switches": "switch"}  # fmt: skip
ANYTHING = frozenset({"device", "devices", "channel", "channels", "component", "components", "everything"})
BEGIN = re.compile(r"(?i)[a-z]+[_-]?\d+(?=[^0-9a-z])")
TOTALS = dict(ROLES)["total"]
MACHINES = dict(ROLES)["machine"]
KINDS = {"dcmi": "node", "supply": "node", "psys": "node", "machine": "node", "board": "gpu", "boardpart": "gpu",
         "slice": "mig", "package": "cpu", "cpu": "cpu", "core": "cpu", "uncore": "cpu", "graphics": "cpu",
         "igpu": "gpu", "dram": "dram"}  # fmt: skip


def begin_of(name: str) -> str:
    """The number that a name begins with: n1 of ``n1_total_w``, as of all that is told of one of several machines.

    Parameters
    ----------
    name : of a column

    Returns it; empty where the name begins otherwise.
    """
    match = BEGIN.match(name)
    return match[0].lower() if match else ""


def scope_of(words: Iterable[str]) -> set[str]:
    """The words of a total that say of what: fans, one host; none where it is of all.

    Parameters
    ----------
    words : of its name

    Returns them, each of several as each is called: ``gpu`` of all gpus.
    """
    return {SINGULAR.get(word, word) for word in set(words) - TOTALS - MACHINES - QUANTITIES - ANYTHING}


def is_of(scope: set[str], words: Iterable[str], role: str) -> bool:
    """Whether what a total is of by its words is this: by name (gpu, fan), or as cards and boards are GPUs.

    Parameters
    ----------
    scope : words of the total, as ``scope_of`` gives them
    words, role : of what may be a part of it

    Returns whether it may be.
    """
    if scope <= {SINGULAR.get(word, word) for word in words}:
        return True
    place = role_of(scope)
    return (place in PROCESSORS and role in PROCESSORS) or (place in ("board", "dram", "supply") and place == role)


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, lower case, without digits: ``GPU0 Core`` is gpu, core."""
    name = re.sub(r"(?i)(?<![a-z])pp0(?![0-9])", "cores", re.sub(r"(?i)(?<![a-z])pp1(?![0-9])", "gt", name))
    parted = re.sub(f"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z]{{2,}}\\b)|{ACRONYM}", " ", name)
    return tuple(word for word in re.split(r"[^a-zµ]+", parted.lower()) if word)


def is_per_unit(name: str) -> bool:
    """Whether a name tells what comes of each joule or watt (``tokens_per_joule``, ``gCO2/kWh``), and is neither."""
    parted = re.sub(r"(?<=[a-z0-9])(?=Per[A-Z])", " ", name)
    return RATIO.search(parted) is not None


def label_of(name: str) -> str:
    """What is left of a name without quantity and unit: ``gpu0_power_w`` is gpu0, ``apower`` a."""
    bare = re.sub(r"[\[(][^\])]*[\])]", " ", name)
    bare = re.sub(r"(?i)vdd_in(?![a-z])", "vddin", re.sub(r"(?i)5v_in(?![a-z])", "boardin", bare))
    bare = re.sub(r"(?<![A-Za-z])[kmuµMG](?=Wh(?![a-z]))", "", bare)
    parted = re.sub(f"(?<=[a-z0-9])(?=[A-Z][a-z])|{ACRONYM}", "_", bare)
    words = [word for word in re.split(r"[^a-z0-9µ]+", parted.lower().replace("μ", "µ")) if word]
    left = [re.sub(r"(?:power|energy|watts?|joules?)$", "", word) for word in words
            if word not in QUANTITIES and not UNIT_WORDS.match(word)]  # fmt: skip
    return "_".join(word for word in left if word)


def place_words(name: str) -> tuple[str, ...]:
    """The words of a name that tell the place of a device, without quantity and unit."""
    return words_of(label_of(name))


def index_of(name: str) -> str:
    """The first number in a name, which tells one of several apart."""
    match = re.search(r"\d+", name)
    return match[0] if match else ""


def role_of(words: Iterable[str]) -> str:
    """The place that a name's words tell; empty where they tell none."""
    there = set(words)
    if {"graphics", "package"} <= there:  # what AMD calls its board
        return "board"
    if "mains" in there and not there & (TOTALS - FEEDS):  # what all circuits are fed from, whatever else it is called
        return "machine"
    if there & FEEDS and not there & (TOTALS - FEEDS):
        return "" if there & {"outlet", "outlets", "socket", "port"} else "supply"
    role = next((role for role, known in ROLES if there & known), "")
    if (
        not role and there & WHOLE_METERS and not there - WHOLE_METERS - PLAIN
    ):  # the BMC, or a plug, and no part by name
        return "machine"
    if not role:  # a card's plug; the input of a board of its own, over all that is on it
        role = "boardpart" if "pin" in there else "machine" if there == {"board"} else ""
    if role == "machine" and there - MACHINES - PLAIN:
        return "named node"
    if role == "board" and there & PARTS_OF_BOARD and not there & {"total", "board", "package"}:
        return "boardpart"
    return role


def kind_of(role: str, words: Iterable[str]) -> str:
    """The kind of device of a place; a total is of the kind that its other words name.

    Parameters
    ----------
    role : of a reading's place, such as "cpu" or "total"
    words : the other words of its name

    Returns
    -------
    Such as "gpu", "package" or "node".
    """
    if role == "total":
        rest = role_of(word for word in words if word not in TOTALS)
        return "rack" if FEEDS & set(words) else KINDS.get(rest, "other")
    if role in ("supply", "machine") and FEEDS & set(words):
        return "rack"
    if "switch" in set(words) or "nvswitch" in set(words):
        return "switch"
    return KINDS.get(role, "other")


# kinds of devices that a machine's own meter sees too; RAPL's psys sees the processors' side alone
IN_MACHINE = ("gpu", "mig", "cpu", "dram")


def sees_machine(kind: str, uuid: str) -> bool:
    """Whether a device is a machine as a whole: its supplies, its BMC; not the platform that RAPL counts.

    Parameters
    ----------
    kind : of the device, such as "node" or "gpu"
    uuid : of the device, by its source

    Returns
    -------
    True for a machine as a whole.
    """
    return kind == "node" and "psys" not in uuid
