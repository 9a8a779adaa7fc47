"""What a channel's numbers mean: its unit, and whether joules run on or stand for each interval.

Two readings that are both possible and differ by more than a few per cent are refused, with the option that decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.interpretation import Choices
from wattline.meter.readers.channel import (
    EACH,
    READING,
    TOTAL,
    Channel,
    count_hint,
    each_w,
    looks_like_intervals,
    mean_w,
    rise_w,
    running_total,
)
from wattline.meter.readers.units import Unit, possible_units
from wattline.meter.readings.plausible import max_w

DIFFER = 0.05  # two readings of one column that differ by more than this need a word from the user
SMALLEST_W = 0.5  # what people meter draws more than this: a smaller mean says nothing for milli against mega
MEGA = 1e6
ALIKE = 3.0  # joules of intervals differ by less than this factor
AGREE = 0.3  # joules are taken for what comes this near to the watts beside them


@dataclass(frozen=True, eq=False)
class SettledChannel:
    """A channel in W or J: ``power_w`` readings, or ``energy_j`` as a running total; and what was decided."""

    channel: Channel
    time_s: Array
    power_w: Array | None
    energy_j: Array | None
    unit: str
    counts: str
    note: str = ""

    @property
    def mean_w(self) -> float:
        if self.power_w is not None:
            return mean_w(self.time_s, self.power_w)
        return rise_w(self.time_s, self.energy_j) if self.energy_j is not None else float("nan")


def settle(channel: Channel, choices: Choices, beside_w: float, source: str) -> SettledChannel:
    """One channel made clear.

    Parameters
    ----------
    channel: with the units that it may have.
    choices: what the user says.
    beside_w: mean watts of the same device by its own watts, NaN where it has none.
    source: the file, for messages.

    Returns
    -------
    Its watts or joules with their instants, and what it was taken for.

    Raises
    ------
    WattlineError: two readings are possible and differ; names the option that decides.
    """
    choice = choices.unit(channel.names)
    units = channel.units
    if choice is not None:
        units = tuple(
            unit for unit in possible_units(choice, "xX") if not channel.units or unit.quantity == channel.quantity
        )
        if not units:
            raise WattlineError(f"--unit {shorten(choice)!r} is no unit of {channel.quantity or 'power or energy'}")
    quantity = choices.quantity(channel.names)
    counts = {"interval": EACH, "energy": TOTAL, "power": READING}.get(quantity or "", channel.counts)
    if units[0].quantity == "power":
        unit = _unit(channel, units, choice is not None, False, source)
        watts = channel.values * unit.scale
        return SettledChannel(_sited(channel, unit, choice), channel.time_s, watts, None, unit.name, READING)
    unit = _unit(channel, units, choice is not None, counts == EACH, source)
    joules = channel.values * unit.scale
    counts, note = (counts, "") if counts else _deciding(channel, joules, beside_w, source)
    time, total = running_total(channel.time_s, joules) if counts == EACH else (channel.time_s, joules)
    return SettledChannel(_sited(channel, unit, choice), time, None, total, unit.name, counts, note)


def _unit(channel: Channel, units: tuple[Unit, ...], choice: bool, each: bool, source: str) -> Unit:
    """The unit whose watts such a device can draw; WattlineError where none or several can be."""
    if choice or (channel.trusted and len(units) == 1):
        return units[0]
    limit = max_w(channel.device)
    usual = {unit: usual_w(channel.time_s, channel.values * unit.scale, unit.quantity, each) for unit in units}
    fit = [unit for unit in units if not usual[unit] > limit]
    if len(units) == 1 and (fit or units[0].scale >= MEGA):  # a unit of power stations, written out: a site
        return units[0]
    small = SMALLEST_W if channel.name.upper() == channel.name else SMALLEST_W / 500
    sure = [unit for unit in fit if not usual[unit] < small or usual[unit] == 0]
    if sure:
        return sure[0]
    shown = " or ".join(f"{usual[unit]:.3g} W in {unit.name}" for unit in units)
    raise WattlineError(
        f"{source}: {channel.name} would be {shown}, where a device of its kind ({channel.device.kind}) draws "
        f"{limit:g} W at most; say its unit: --unit {channel.name}=W (or mW, kW, MW)"
    )


def usual_w(time_s: Array, values: Array, quantity: str, each: bool) -> float:
    """The median watts of readings, or of a counter's steps: a leap does not move it; NaN where there are none.

    Parameters
    ----------
    time_s : instants, s, ``(n,)``
    values : W or J, ``(n,)``
    quantity : "power" or "energy"
    each : joules are of the interval before each row, and no running total

    Returns
    -------
    W.
    """
    good = np.isfinite(values) & np.isfinite(time_s)
    time, numbers = time_s[good], values[good]
    if quantity == "energy":
        length = np.diff(time)
        numbers = (numbers[1:] if each else np.diff(numbers))[length > 0] / length[length > 0]
        numbers = numbers[numbers > 0] if (numbers > 0).any() else np.zeros(min(1, len(numbers)))
    numbers = numbers[numbers >= 0]
    return float(np.median(numbers)) if len(numbers) else float("nan")


def _sited(channel: Channel, unit: Unit, choice: str | None) -> Channel:
    """A device of megawatts by a unit that says so is a site."""
    device = channel.device
    watts = mean_w(channel.time_s, channel.values * unit.scale)
    if unit.quantity == "power" and watts > max_w(device) and (choice is not None or unit.scale >= MEGA):
        return replace(channel, device=replace(device, kind="other", name=f"site {device.name}".strip()))
    return channel


def _deciding(channel: Channel, joules: Array, beside_w: float, source: str) -> tuple[str, str]:
    """Running total or each interval: by the name, by the watts beside, by how the numbers fall."""
    if hint := count_hint(channel.words):
        return hint, "by its name"
    running, each = rise_w(channel.time_s, joules), each_w(channel.time_s, joules)
    if beside_w > 0:
        near = [abs(np.log(max(watts, 1e-12) / beside_w)) for watts in (running, each)]
        if min(near) < AGREE:
            return (TOTAL, EACH)[int(near[1] < near[0])], "as the watts beside it say"
    falls = looks_like_intervals(joules, channel.words)
    there = joules[np.isfinite(joules)]
    if falls is False and channel.lengths and len(there) and 0 < there.max() < ALIKE * there.min():
        falls = None  # rows of one size, each with a length of its own, may be of an interval each
    if falls is None:
        likely = [watts for watts in (running, each) if np.isfinite(watts) and watts <= max_w(channel.device)]
        if len(likely) == 2 and abs(likely[0] - likely[1]) > DIFFER * max(likely) and not beside_w > 0:
            rows = int(np.isfinite(joules).sum())
            raise WattlineError(
                f"{source}: {channel.name} has {rows} rows that may be a running total ({running:.3g} W) or the "
                f"energy of each interval ({each:.3g} W): say --columns {channel.name}=energy or "
                f"{channel.name}=interval"
            )
        falls = False
    return (EACH, "it falls as often as it rises") if falls else (TOTAL, "")


def same_rate(first: Sequence[float]) -> bool:
    """Whether mean powers are the same within a few per cent."""
    there = [watts for watts in first if np.isfinite(watts)]
    return len(there) == len(first) > 1 and max(there) - min(there) <= DIFFER * max(there)
