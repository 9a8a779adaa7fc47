"""``budget``: a group of devices held under a number of watts by their limits, by priority, and set back at the end.

The limits together never exceed the budget, so that whatever the devices do they stay below it, but for the moment in
which a device follows a limit that was lowered. Several machines share one budget through a folder that all see: each
writes what it has set, under a lock, and takes no more than the others leave.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wattline.control.allotment import Governor, Member
from wattline.control.discover import find_settables
from wattline.control.hold import ForeignChange, Hold
from wattline.control.settable import DeviceLost, Settable
from wattline.control.shared_budget import SharedBudget
from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import parse
from wattline.core.reading import parse_toml, read_text
from wattline.core.result import Json, Result, envelope
from wattline.meter.live.active import find_sensors, parse_seconds
from wattline.meter.sensor import Sensor, SensorGone

MAX_BYTES = 100_000
KEYS = {"watts", "every", "reserve", "device"}
DEVICE_KEYS = {"name", "priority", "floor"}


@dataclass(frozen=True)
class BudgetGroup:
    """A budget as its file says: watts for all, of which ``reserve_w`` are for what is not set, read ``every_s``."""

    watts: float
    every_s: float
    reserve_w: float
    devices: tuple[Json, ...]


def read_group(path: Path | str) -> BudgetGroup:
    """The group of a TOML file. Raises WattlineError where the file cannot be read, or a key or quantity in it is not
    understood."""
    try:
        values = parse_toml(read_text(Path(path), MAX_BYTES, "budget"))
    except ValueError as error:
        raise WattlineError(f"budget {path}: not valid TOML: {shorten(str(error), 120)}") from None
    devices = values.get("device", [])
    if not isinstance(devices, list) or not all(isinstance(each, dict) for each in devices):
        raise WattlineError(f"budget {path}: write each device as a table [[device]]")
    for where, unknown in (("", set(values) - KEYS), *(("device ", set(each) - DEVICE_KEYS) for each in devices)):
        if unknown:
            raise WattlineError(f"budget {path}: {where}key {sorted(unknown)[0]!r} is not known")
    if "watts" not in values or not devices:
        raise WattlineError(f'budget {path}: give watts, such as watts = "1.5 kW", and at least one [[device]]')
    return BudgetGroup(
        parse(values["watts"], "W", "watts"),
        parse_seconds(str(values.get("every", "1s")), "every"),
        parse(values.get("reserve", 0), "W", "reserve", zero=True),
        tuple(devices),
    )


@dataclass
class WatchedMember:
    """What was seen of one device."""

    member: Member
    sensor: Sensor | None
    sum_w: float = 0.0
    readings: int = 0
    lowest_cap_w: float = float("inf")

    def read(self) -> float | None:
        """Watts now; None where they cannot be told."""
        try:
            power = None if self.sensor is None else self.sensor.read().power_w
        except SensorGone:
            return None
        if power is not None:
            self.sum_w, self.readings = self.sum_w + power, self.readings + 1
        return power


@dataclass(eq=False, repr=False)
class BudgetResult(Result):
    """How a budget was kept."""

    group: BudgetGroup
    path: str
    watches: list[WatchedMember]
    rounds: int = 0
    highest_w: float | None = None
    rounds_above: int = 0
    restored: bool = True
    warnings: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        return {}

    def results(self) -> Json:
        """Everything as plain data."""
        rows = [
            {
                "name": watch.member.name,
                "priority": watch.member.priority,
                "floor_w": watch.member.floor_w,
                "ceiling_w": watch.member.ceiling_w,
                "lowest_cap_w": watch.lowest_cap_w,
                "mean_w": watch.sum_w / watch.readings if watch.readings else None,
            }
            for watch in self.watches
        ]
        return {
            "budget_w": self.group.watts, "reserve_w": self.group.reserve_w, "rounds": self.rounds,
            "highest_w": self.highest_w, "rounds_above": self.rounds_above, "members": rows, "restored": self.restored,
        }  # fmt: skip

    def json(self) -> Json:
        inputs = {"file": self.path, "every_s": self.group.every_s}
        return envelope("budget", inputs, self.results(), warnings=self.warnings)


def budget(
    path: Path | str,
    lasting: str | float | None = None,
    shared: Path | str | None = None,
    stop: Callable[[float], bool] | None = None,
) -> BudgetResult:
    """Hold a group of devices under a number of watts until the time is up, and set back what stood.

    Parameters
    ----------
    path : TOML file of the group
    lasting : how long; None until ``stop`` says so or Ctrl-C
    shared : folder that several machines share, where the budget is one for all of them
    stop : waits so many seconds and says whether to end; None sleeps

    Returns the account. Raises WattlineError where the file is not understood, the floors exceed the budget, or a
    device cannot be set.
    """
    group = read_group(path)
    settables = [_of(each, path) for each in group.devices]
    until = None if lasting is None else time.monotonic() + parse_seconds(str(lasting), "lasting")
    with Hold(settables, f"budget {Path(path).name}") as hold:
        members = [_member(device, settable, hold) for device, settable in zip(group.devices, settables, strict=True)]
        room = SharedBudget.open(shared, members, group.watts - group.reserve_w)
        watches = _watches(members)
        result = BudgetResult(group, str(path), watches)
        try:
            _keep(hold, Governor(members, room.take(0.0)), room, result, until, stop or _sleep)
        except (DeviceLost, ForeignChange) as error:
            result.warnings.append(str(error))
        except KeyboardInterrupt:
            pass
        finally:
            left = hold.restore()
            room.close()
    result.restored = not left
    result.warnings += left
    return result


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _of(device: Json, path: Path | str) -> Settable:
    name = device.get("name")
    if not isinstance(name, str) or not name:
        raise WattlineError(f"budget {path}: a device has no name: part of its name or UUID")
    try:
        matched = find_settables([name])
    except WattlineError as error:
        raise WattlineError(f"budget {path}: {error}") from None
    if len(matched) > 1:
        raise WattlineError(f"budget {path}: {name!r} is {len(matched)} devices; give more of the name, or the UUID")
    return matched[0]


def _member(device: Json, settable: Settable, hold: Hold) -> Member:
    limits = hold.limits[settable.device.key]
    floor = max(parse(device["floor"], "W", "floor") if "floor" in device else limits.low, limits.low)
    if floor > limits.ceiling:
        raise WattlineError(f"budget: floor {floor:g} W of {device['name']} is above its {limits.ceiling:g} W")
    priority = device.get("priority", 0)
    if not isinstance(priority, int):
        raise WattlineError(f"budget: priority {priority!r} of {device['name']} is no whole number")
    name = settable.device.name or settable.device.uuid
    return Member(settable.device.key, name, priority, floor, limits.ceiling)


def _watches(members: Sequence[Member]) -> list[WatchedMember]:
    sensors = {sensor.device.key: sensor for sensor in find_sensors()}
    return [WatchedMember(member, sensors.get(member.key)) for member in members]


def _keep(
    hold: Hold,
    governor: Governor,
    room: SharedBudget,
    result: BudgetResult,
    until: float | None,
    stop: Callable[[float], bool],
) -> None:
    caps = governor.begin()
    while True:
        # what is lowered first: together they are never above the budget
        for member in sorted(governor.members, key=lambda each: caps[each.key] - governor.caps.get(each.key, 0.0)):
            hold.set(member.key, caps[member.key])
        for watch in result.watches:
            watch.lowest_cap_w = min(watch.lowest_cap_w, caps[watch.member.key])
        left = result.group.every_s if until is None else min(result.group.every_s, until - time.monotonic())
        if left <= 0 or stop(left):
            return
        drawn = {watch.member.key: watch.read() for watch in result.watches}
        result.rounds += 1
        known = [power for power in drawn.values() if power is not None]
        if len(known) == len(drawn):
            total = sum(known)
            result.highest_w = total if result.highest_w is None else max(result.highest_w, total)
            result.rounds_above += total > result.group.watts - result.group.reserve_w
        caps = governor.round(drawn, room.take(sum(caps.values())))
