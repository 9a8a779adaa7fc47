"""What contains what, for every reader of files and for live sensors alike.

A machine holds its supplies, its boards, its processors and memory; a package its cores, uncore and graphics, with DRAM
beside it; psys all of them; a board its instances and its own rails; hardware what is shared out among pods and
processes; a column named total its parts, which it equals or exceeds. A sum takes the outermost alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wattline.meter.places import FEEDS, MACHINES, PLURALS, begin_of, is_of, scope_of

RANKS = {"wall": 0, "mains": 0, "plug": 0, "smartplug": 0, "dcmi": 1, "ipmi": 1, "bmc": 1, "idrac": 1, "ilo": 1,
         "redfish": 1, "platform": 3, "psys": 4}  # others 2  # fmt: skip
COMPONENTS = ("board", "slice", "package", "cpu", "core", "uncore", "graphics", "dram", "psys", "igpu")
ALTERNATING, DIRECT = frozenset({"ac", "pac"}), frozenset({"dc", "pdc"})
OUTPUTS = frozenset({"out", "output", "pout"})
HOLDS = 0.9  # an outer reading that is below this share of what it should hold does not hold it
EQUALS = 0.97  # the same of a column that is named a total: it is the sum of its parts, or more
# how a rack's power is handed on, from its inlet to what is plugged in
FED = (frozenset({"device", "inlet"}), frozenset({"phase", "phases"}),
       frozenset({"branch", "circuit", "breaker", "bank"}), frozenset({"outlet", "outlets"}))  # fmt: skip
POWERCAP = re.compile(r"rapl[^a-z0-9]?\d+[^a-z0-9]\d+$")  # a zone in a package, by numbers alone


class Unclear(Exception):
    """Two readings of what contains what are possible and differ; the text names the parts."""


@dataclass(frozen=True)
class PlacedPart:
    """A metered thing: its key and host, its place by name, and its mean watts where they are known (else NaN).

    ``level``: 0 for hardware, more for what is shared out of it (1 pods, 2 containers, 3 processes).
    """

    key: str
    host: str
    words: tuple[str, ...]
    role: str = ""
    index: str = ""
    mean_w: float = math.nan
    level: int = 0
    title: str = ""
    group: str = ""  # the host of the table that this one's host is named in: its totals hold this too
    board: str = field(default="", compare=False)  # key of the board that a slice is of

    @property
    def name(self) -> str:
        return self.title or self.key


def holders(parts: Sequence[PlacedPart]) -> dict[str, str]:
    """The key of each part -> the key of the part that holds its energy too, "" where it counts for itself.

    Parameters
    ----------
    parts: everything that one recording or server tells, of any number of hosts.

    Returns one entry a part. Raises Unclear where an outer part reads less than what its name says that it holds.
    """
    inside: dict[str, str] = {}
    for host in dict.fromkeys(part.host for part in parts):
        own = [part for part in parts if part.host == host]
        _shared_out(own, inside)
        hardware = [part for part in own if not part.level]
        _boards(hardware, inside)
        _nameless_zones(hardware)
        _packages(hardware, inside)
        _outlets(hardware, inside)
        _currents(hardware, inside)
        _machine(hardware, inside)
        _totals(hardware, inside)
    for group in dict.fromkeys(part.group for part in parts if part.group):
        members = [part for part in parts if part.group == group and not part.level]
        if any(part.host != members[0].host for part in members):
            _totals(members, inside)
            _feeds(members, group, inside)
    return {part.key: inside.get(part.key, "") for part in parts}


def _feeds(members: Sequence[PlacedPart], group: str, inside: dict[str, str]) -> None:
    """The feeds of a table's rack or hall over the hosts that it names."""
    feeds = [part for part in members if part.host == group and part.role == "supply" and FEEDS & set(part.words)]
    _fed(feeds, [part for part in members if part.host != group and part.key not in inside], inside)


def _fed(feeds: Sequence[PlacedPart], fed: Sequence[PlacedPart], inside: dict[str, str]) -> None:
    """What is plugged into feeds lies in them; unclear where together they read less."""
    if feeds and fed:
        _check(replace(feeds[0], mean_w=sum(part.mean_w for part in feeds)), fed, HOLDS)
        inside.update((part.key, feeds[0].key) for part in fed)


def _shared_out(own: Sequence[PlacedPart], inside: dict[str, str]) -> None:
    """Pods, containers and processes lie inside the hardware that they share; without any, the outermost count."""
    levels = sorted({part.level for part in own})
    if not levels or levels[-1] == 0:
        return
    outer = [part for part in own if part.level == levels[0]]
    for user in dict.fromkeys(
        part.index for part in outer if levels[0] and part.index
    ):  # the zones of one pod, as a machine's
        zones = [part for part in outer if part.index == user]
        _packages(zones, inside)
        _machine(zones, inside)
    for part in own:
        if part.level > levels[0]:
            inside[part.key] = _like(part, outer).key


def _like(part: PlacedPart, outer: Sequence[PlacedPart]) -> PlacedPart:
    """The outer part of the same place, else the first."""
    return next((other for other in outer if other.role == part.role), outer[0])


def _boards(own: Sequence[PlacedPart], inside: dict[str, str]) -> None:
    keys = {part.key for part in own}
    boards = [part for part in own if part.role == "board"]
    for part in own:
        if part.role == "slice" and part.board in keys:
            inside[part.key] = part.board
        elif part.role == "boardpart":
            mine = [other for other in boards if other.index == part.index] or (boards if len(boards) == 1 else [])
            if mine:
                inside[part.key] = mine[0].key


def _packages(own: Sequence[PlacedPart], inside: dict[str, str]) -> None:
    """Cores, uncore and graphics in their package; a processor that is not called package holds its cores alone."""
    packages = [part for part in own if part.role in ("package", "cpu")]
    contents: dict[str, list[PlacedPart]] = {}
    for part in own:
        if part.role not in ("core", "uncore", "graphics", "igpu"):
            continue
        fit = [other for other in packages if part.role != "igpu" or other.role == "package"]
        same = [other for other in fit if other.index == part.index] or fit
        if same and not (part.role == "igpu" and same[0].mean_w < HOLDS * part.mean_w):
            contents.setdefault(same[0].key, []).append(part)
    for role in ("package", "dram", "board", "cpu"):  # of all sockets or cards, beside each of them
        every = [part for part in own if part.role == role and not re.search(r"\d", part.key.rpartition("/")[2])]
        every = [part for part in every if role in ("package", "dram") or PLURALS & set(part.words)]
        each = [part for part in own if part.role == role and part.index and part not in every]
        if len(every) == 1 and each:
            contents.setdefault(every[0].key, []).extend(each)
    by_key = {part.key: part for part in own}
    for key, inner in contents.items():
        _check(by_key[key], inner, HOLDS)
        inside.update((part.key, key) for part in inner)


def _nameless_zones(own: Sequence[PlacedPart]) -> None:
    """Unclear where a zone of RAPL is told by its number alone: cores lie in the package, memory beside it."""
    zone = next((part for part in own if part.role == "package" and POWERCAP.search(part.key)), None)
    if zone is not None:
        raise Unclear(f"{zone.name} may be cores, which lie in the package, or memory, which lies beside it")


def _outlets(own: Sequence[PlacedPart], inside: dict[str, str]) -> None:
    """Outlets in the branches and phases that feed them, where these read as much."""
    coarse: list[PlacedPart] = []
    finest = {part.key: max((i for i, words in enumerate(FED) if words & set(part.words)), default=-1) for part in own}
    for tier in range(len(FED)):
        fine = [part for part in own if finest[part.key] == tier]
        enough = sum(part.mean_w for part in coarse) >= HOLDS * sum(part.mean_w for part in fine)
        if coarse and fine and enough:
            inside.update((part.key, coarse[0].key) for part in fine)
        coarse = coarse or fine


def _currents(own: Sequence[PlacedPart], inside: dict[str, str]) -> None:
    """What is drawn as direct current, in the alternating current of the same name."""
    for part in own:
        name = (set(part.words) - DIRECT, part.index)
        if DIRECT & set(part.words):
            mains = [other for other in own if ALTERNATING & set(other.words)]
            same = [other for other in mains if (set(other.words) - ALTERNATING, other.index) == name]
            if same:
                _check(same[0], [part], HOLDS)
                inside.setdefault(part.key, same[0].key)


def _machine(own: Sequence[PlacedPart], inside: dict[str, str]) -> None:
    """The machine's own reading over its supplies, over psys, over the components."""
    whole = [part for part in own if part.role in ("dcmi", "machine")]
    supplies = [part for part in own if part.role == "supply"]
    inlets = [part for part in supplies if not (FEEDS | OUTPUTS) & set(part.words) and part.key not in inside]
    _fed([part for part in supplies if FEEDS & set(part.words)], inlets, inside)
    inputs = [part for part in supplies if not OUTPUTS & set(part.words) and part.key not in inside]
    for part in supplies:
        if inputs and part not in inputs and part.key not in inside:
            inside[part.key] = next((other for other in inputs if other.index == part.index), inputs[0]).key
    ranked = sorted(whole, key=_rank)
    if not ranked:
        _named_node(own, inside)
    top = [part for part in ranked if _rank(part) == _rank(ranked[0])] if ranked else []
    _mains(top, own)
    beneath = [part for part in ranked if part not in top]
    outer = top or inputs or supplies
    psys = [part for part in own if part.role == "psys"]
    if outer:
        for part in (*beneath, *psys, *(supplies if top else ())):
            if part not in outer:
                inside.setdefault(part.key, outer[0].key)
    for part in own:
        if part.role in ("package", "cpu", "core", "uncore", "graphics", "dram") and psys and len(psys) == 1:
            inside.setdefault(part.key, psys[0].key)
    if outer:
        loose = [part for part in own if part not in outer and part.key not in inside and _may_lie(part, outer[0])]
        if top:
            # rails of one card lie inside each other in ways that their names do not tell
            known = [part for part in loose if part.role != "boardpart" and not OUTPUTS & set(part.words)]
            known = [part for part in known if math.isfinite(part.mean_w)]
            _check(top[0], known, HOLDS, len(top))
        inside.update((part.key, outer[0].key) for part in loose)


def _may_lie(part: PlacedPart, outer: PlacedPart) -> bool:
    """Whether a part may lie in another: of totals those of its fans or boards alone, where they read no more."""
    return part.role != "total" or bool(scope_of(part.words) and part.mean_w <= outer.mean_w)


def _mains(top: Sequence[PlacedPart], own: Sequence[PlacedPart]) -> None:
    """Unclear where the legs of the mains together read less than the circuits that they feed."""
    if not top or not all("mains" in part.words for part in top):
        return
    fed = [part for part in own if part not in top and part.role == "supply" and math.isfinite(part.mean_w)]
    _check(replace(top[0], mean_w=sum(part.mean_w for part in top)), fed, HOLDS)


def _named_node(own: Sequence[PlacedPart], inside: dict[str, str]) -> None:
    """A node by a name of its own (``admin_node``) holds components that it can hold, and no other names."""
    named = [part for part in own if part.role == "named node"]
    parts = [part for part in own if part.role in COMPONENTS and part.key not in inside]
    known = sum(part.mean_w for part in parts)
    if len(named) == 1 and parts and (math.isnan(known) or named[0].mean_w >= HOLDS * known):
        inside.update((part.key, named[0].key) for part in parts)


def _rank(part: PlacedPart) -> int:
    return min((RANKS.get(word, 2) for word in part.words if word in MACHINES | RANKS.keys()), default=2)


def _totals(own: Sequence[PlacedPart], inside: dict[str, str]) -> None:
    """A column named total over the parts that its other words name: it equals their sum, or exceeds it."""
    totals = [part for part in own if part.role == "total"]
    scopes = {part.key: scope_of(part.words) for part in totals}
    machines = [part for part in own if part.role in ("dcmi", "machine")]
    for part in sorted(totals, key=lambda other: -len(scopes[other.key])):
        scope, begins = scopes[part.key], begin_of(part.title)
        mine = [other for other in own if begins and begin_of(other.title) == begins]
        mine = mine if len(mine) > 1 else list(own)
        loose = [
            other for other in mine
            if other is not part and other.key not in inside and is_of(scope, other.words, other.role)
            and not (other.role == "total" and len(scopes[other.key]) <= len(scope))
        ]  # fmt: skip
        over = next((other for other in machines if other in loose and other.mean_w > part.mean_w), None)
        if over is not None:  # all of its chips, and the machine by its own meter
            inside[part.key] = over.key
        elif loose:
            _check(part, loose, EQUALS)
            inside.update((other.key, part.key) for other in loose)


def _check(outer: PlacedPart, inner: Sequence[PlacedPart], share: float, several: int = 1) -> None:
    """Unclear where the outer part reads less than its parts together."""
    parts_w = sum(part.mean_w for part in inner)
    if several == 1 and inner and math.isfinite(parts_w) and outer.mean_w < share * parts_w:
        names = ", ".join(part.name for part in inner[:4]) + (" …" if len(inner) > 4 else "")
        raise Unclear(
            f"{outer.name} ({outer.mean_w:.4g} W) reads less than {names} ({parts_w:.4g} W), which by its name it holds"
        )


def chosen(inside: Mapping[str, str], choices: Mapping[str, str]) -> dict[str, str]:
    """The holders with what the user says in their place; no part ends up inside itself.

    Parameters
    ----------
    inside : holder of each part, both by uuid
    choices : what the user says: holder of each part, empty for none

    Returns the holder of each part, by uuid.
    """
    out = {**inside, **choices}
    for key in out:
        seen, at = {key}, out[key]
        while at:
            if at in seen:
                out[key] = ""
                break
            seen.add(at)
            at = out.get(at, "")
    return out
