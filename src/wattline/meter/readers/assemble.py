"""Channels of any source -> a recording: units and totals settled, one device once, what lies inside what, all told.

Every reader of columns, metrics or lines ends here, so that no two of them disagree on the same data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.containment import PlacedPart, Unclear, chosen, holders
from wattline.meter.device import Device
from wattline.meter.interpretation import NONE, Choices, Interpretation
from wattline.meter.readers.channel import EACH, Channel, rise_w
from wattline.meter.readers.ordering import in_order
from wattline.meter.readers.pairing import MEANS, over, pair_channels, sums_of_others, too_coarse, twins, without_means
from wattline.meter.readers.settle import SettledChannel, same_rate, settle
from wattline.meter.readers.units import UNIT_MISSING
from wattline.meter.recording import Fault, Recording, Series, Window

FAR = 0.1  # watts and joules of one device that differ by more than this are told
STATISTICS = frozenset({
    "average", "avg", "mean", "instant", "instantaneous", "current", "now", "last", "draw", "metrics", "inst", "raw",
    "filtered", "smoothed", "smooth", "ema", "rolling", "latest",
})  # fmt: skip


@dataclass(frozen=True)
class Extras:
    """What a source tells beside its readings."""

    windows: Sequence[Window] = ()
    counts: Mapping[str, float] | None = None
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()
    rows: Sequence[Interpretation] = ()  # columns of time and of devices, and what was left out before


def assemble(channels: Sequence[Channel], choices: Choices, source: str, extras: Extras = Extras()) -> Recording:
    """The recording of these channels.

    Parameters
    ----------
    channels: every column or series that may be power or energy.
    choices: what the user says in place of what is read out of names.
    source: the file, for messages.
    extras: windows, counts, faults, notes and rows of the interpretation that the reader has already.

    Returns
    -------
    Its series by device, with windows, faults and the interpretation.

    Raises
    ------
    WattlineError: nothing is power or energy; or two readings are possible and differ.
    """
    if choices.device:
        raise WattlineError(f"{source} itself says which devices there are: leave out --device")
    choices.check([name for entry in channels for name in entry.names] + [row.name for row in extras.rows])
    taken, left = _taken(channels, choices)
    if not taken:
        raise WattlineError(f"{source} holds no column or series of power or energy that is read{_why(left)}")
    taken, faults = in_order(taken)
    settled = _settled(taken, choices, source)
    settled, more = _single_quantity(settled, source)
    settled, means = without_means(settled)
    more = [*more, *means]
    settled, notes = pair_channels(settled, choices, source)
    devices = _placed(settled, choices, source)
    settled, again = twins(settled, {key: device.inside for key, device in devices.items()})
    notes = [*notes, *again]
    series, far = _series(settled, devices)
    rows = [*extras.rows, *dict.fromkeys(_row(entry, devices, choices) for entry in settled), *left, *more]
    return Recording(
        tuple(series), tuple(extras.windows), dict(extras.counts or {}), (*extras.faults, *faults),
        tuple(dict.fromkeys([*extras.notes, *notes, *far, *_left_note([*left, *more])])), source, tuple(rows),
    )  # fmt: skip


def _taken(channels: Sequence[Channel], choices: Choices) -> tuple[list[Channel], list[Interpretation]]:
    """The channels that are read, and why the others are not."""
    taken, left = [], []
    reporting = {
        entry.device.key for entry in channels if np.isfinite(entry.values).any()
    }  # a device that failed is kept
    wanted = {name for name, what in choices.columns.items() if what not in ("time", "device")}
    for entry in channels:
        why = ""
        if wanted and choices.quantity(entry.names) is None:
            why = "not named by --columns"
        elif not entry.units and choices.unit(entry.names) is None:
            why = UNIT_MISSING
        elif not np.isfinite(entry.values).any() and not (entry.trusted and entry.device.key not in reporting):
            why = "holds no number"
        if why:
            left.append(Interpretation(entry.name, entry.device.key, note=why))
        else:
            taken.append(entry)
    if not taken:  # a source whose devices all fail is reported with its faults, not refused
        taken = [entry for entry in channels if entry.units and not (wanted and choices.quantity(entry.names) is None)]
    return taken, [row for row in left if row.name not in {entry.name for entry in taken}]


def _why(left: Sequence[Interpretation]) -> str:
    if not left:
        return ""
    return f" ({shorten('; '.join(f'{row.name}: {row.note}' for row in left), 200)})"


def _left_note(rows: Sequence[Interpretation]) -> list[str]:
    """One line that names the columns of power or energy that are not counted."""
    if not rows:
        return []
    shown = "; ".join(f"{row.name} ({row.note})" for row in rows[:6])
    return [f"left out: {shown}" + (f"; and {len(rows) - 6} more" if len(rows) > 6 else "")]


def _settled(taken: Sequence[Channel], choices: Choices, source: str) -> list[SettledChannel]:
    """Watts first, so that joules of the same device can be held against them."""
    power = [settle(entry, choices, math.nan, source) for entry in taken if _is_power(entry, choices)]
    watts: dict[str, float] = {}
    for entry in power:
        watts.setdefault(entry.channel.device.key, entry.mean_w)
    alone = next(iter(watts.values())) if len(watts) == 1 else math.nan
    energy = [entry for entry in taken if not _is_power(entry, choices)]
    lone = alone if len({entry.device.key for entry in energy}) == 1 else math.nan
    joules = [settle(entry, choices, watts.get(entry.device.key, lone), source) for entry in energy]
    order = {id(entry): i for i, entry in enumerate(taken)}
    named = {entry.name: i for i, entry in enumerate(taken)}
    return sorted(power + joules, key=lambda entry: order.get(id(entry.channel), named.get(entry.channel.name, 0)))


def _is_power(entry: Channel, choices: Choices) -> bool:
    quantity = choices.quantity(entry.names)
    return quantity == "power" if quantity in ("power", "energy", "interval") else entry.quantity != "energy"


def _single_quantity(
    settled: Sequence[SettledChannel], source: str
) -> tuple[list[SettledChannel], list[Interpretation]]:
    """Of one device's channels of one quantity the best; modes of one counter added up, shapes of one joined."""
    groups: dict[tuple[str, bool, int], list[SettledChannel]] = {}
    for entry in settled:
        key = (entry.channel.device.key, entry.power_w is not None, entry.channel.stretch)
        groups.setdefault(key, []).append(entry)
    out, left = [], []
    for same in groups.values():
        same = sorted(same, key=lambda entry: (entry.channel.rank, bool(MEANS & set(entry.channel.words))))
        best = same[0]
        for other in same[1:]:
            if other.power_w is None and MEANS & set(other.channel.words) - set(best.channel.words):
                note = "a mean, beside what was counted"
                left.append(Interpretation(other.channel.name, other.channel.device.key, note=note))
                continue
            if not same_rate([best.mean_w, other.mean_w]) and best.channel.rank == other.channel.rank:
                odd = set(best.channel.words) ^ set(other.channel.words)
                if not odd <= STATISTICS:
                    raise WattlineError(
                        f"{source}: {best.channel.name} ({best.mean_w:.4g} W) and {other.channel.name} "
                        f"({other.mean_w:.4g} W) would be the same device: name the one to read with --columns"
                    )
            note = f"{best.channel.name} tells the same"
            left.append(Interpretation(other.channel.name, other.channel.device.key, note=note))
        out.append(best)
    order = {entry.channel.name: i for i, entry in enumerate(settled)}
    return sorted(out, key=lambda entry: order[entry.channel.name]), left


def _placed(settled: Sequence[SettledChannel], choices: Choices, source: str) -> dict[str, Device]:
    """Each device with the one that holds it, by the rules of containment and by what the user says."""
    parts: dict[str, PlacedPart] = {}
    means, sums = _means(settled), sums_of_others(settled)
    for entry in settled:
        channel = entry.channel
        if id(entry) in sums and channel.role in ("", "named node"):
            channel = replace(channel, role="total", place=("total",))
        watts = math.nan if channel.trusted else means[id(entry)]
        if channel.device.key not in parts:
            parts[channel.device.key] = PlacedPart(
                channel.device.key, channel.device.host, channel.place, channel.role, channel.index, watts,
                channel.level, channel.name, channel.group, channel.board,
            )  # fmt: skip
    choice = _given(settled, choices, source)
    try:
        inside = {} if choices.inside.get("") == NONE else _holders(parts, choice)
    except Unclear as unclear:
        inner = next(iter(parts.values())).name
        raise WattlineError(
            f"{source}: {unclear}; say what lies inside what: --inside INNER=OUTER or --inside none "
            f"(all are added), or leave one out with --columns (columns: {shorten(inner, 40)}, …)"
        ) from None
    placed = chosen({key: inside.get(key, "") for key in parts}, choice)
    devices = {entry.channel.device.key: entry.channel.device for entry in reversed(settled)}
    out = {
        key: replace(device, inside=placed[key] if key in choice else device.inside or placed.get(key, ""))
        for key, device in devices.items()
    }
    alone = {key for key in out if choices.inside.get("") == NONE or (key in choice and not choice[key])}
    # a device that is told to be inside itself counts for itself, whatever its kind
    return {key: replace(device, inside=key) if key in alone else device for key, device in out.items()}


def _holders(parts: Mapping[str, PlacedPart], choice: Mapping[str, str]) -> dict[str, str]:
    """Holders by the rules; where these contradict the numbers, of the parts of which the user says nothing."""
    try:
        return holders(list(parts.values()))
    except Unclear:
        return holders([part for key, part in parts.items() if key not in choice])


def _given(settled: Sequence[SettledChannel], choices: Choices, source: str) -> dict[str, str]:
    """Holders by device key, as the user gives them; WattlineError where a holder's name is that of several devices."""
    keys: dict[str, dict[str, None]] = {}
    for entry in settled:
        for name in entry.channel.names:
            keys.setdefault(name.lower(), {})[entry.channel.device.key] = None
    out = {}
    for entry in settled:
        holder = choices.holder(entry.channel.names)
        if holder is None:
            continue
        outer = [] if holder == NONE else list(keys[holder.lower()])
        if len(outer) > 1:
            raise WattlineError(f"{source}: --inside: {len(outer)} devices are called {shorten(holder)}: give one of "
                                f"{shorten(', '.join(outer), 150)}")  # fmt: skip
        out[entry.channel.device.key] = outer[0] if outer else ""
    return out


def _means(settled: Sequence[SettledChannel]) -> dict[int, float]:
    """Mean watts by channel, over the rows that all have in common where they share their times."""
    power = [entry for entry in settled if entry.power_w is not None]
    shared = len(power) > 1 and all(entry.time_s is power[0].time_s for entry in power)
    rows: Array | None = None
    if shared:
        whole = np.all([np.isfinite(entry.power_w) for entry in power if entry.power_w is not None], axis=0)
        rows = whole if whole.sum() >= 3 else None
    out = {}
    for entry in settled:
        if entry.power_w is None:
            out[id(entry)] = rise_w(entry.time_s, entry.energy_j) if entry.energy_j is not None else math.nan
        else:
            watts = entry.power_w if rows is None else entry.power_w[rows]
            good = watts[np.isfinite(watts) & (watts >= 0)]
            out[id(entry)] = float(good.mean()) if len(good) else math.nan
    return out


def _series(settled: Sequence[SettledChannel], devices: Mapping[str, Device]) -> tuple[list[Series], list[str]]:
    """A series for each device; watts and joules of one device on the same times stand in one."""
    groups: dict[tuple[str, int], list[SettledChannel]] = {}
    for entry in settled:
        groups.setdefault((entry.channel.device.key, entry.channel.stretch), []).append(entry)
    out, notes = [], []
    for (key, _), own in groups.items():
        device = devices[key]
        power = next((entry for entry in own if entry.power_w is not None), None)
        energy = next((entry for entry in own if entry.power_w is None), None)
        if power and energy and too_coarse(power, energy):
            notes.append(f"{energy.channel.name} counts in steps too large for its length: the watts are counted")
            energy = None
        if power and energy and not same_rate([over(power, energy), energy.mean_w]):
            near = abs(over(power, energy) / energy.mean_w - 1) if energy.mean_w > 0 else math.inf
            if near > FAR and energy.mean_w > 0:
                notes.append(
                    f"{energy.channel.name} gives {energy.mean_w:.4g} W, {power.channel.name} "
                    f"{over(power, energy):.4g} W: the joules are counted"
                )
        if power and energy and power.time_s is energy.time_s:
            spec = replace(energy.channel.spec, note=_names(own))
            out.append(Series(device, spec, energy.time_s, power.power_w, energy.energy_j, energy.channel.monotonic_s))
            continue
        # joules between the rows of the watts add nothing but doubt
        alone = energy is not None and energy.counts == EACH
        for each in (energy, None if alone else power):
            if each is not None:
                mono = each.channel.monotonic_s if each.time_s is each.channel.time_s else None
                out.append(Series(device, each.channel.spec, each.time_s, each.power_w, each.energy_j, mono))
    return out, notes


def _names(own: Iterable[SettledChannel]) -> str:
    return ", ".join(entry.channel.name for entry in own)


def _row(entry: SettledChannel, devices: Mapping[str, Device], choices: Choices) -> Interpretation:
    """What a channel was taken for."""
    channel = entry.channel
    device = devices[channel.device.key]
    choice = choices and (choices.unit(channel.names) or choices.quantity(channel.names))
    note = "as given by option" if choice else entry.note
    quantity = "power" if entry.power_w is not None else "energy"
    inside = device.inside if device.inside != device.key else ""
    return Interpretation(channel.name, device.key, quantity, entry.unit, entry.counts, channel.clock, inside, note)
