"""Watts and joules of one device that its source names apart, told by what they say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.meter.device import Device
from wattline.meter.interpretation import NONE, Choices, Interpretation
from wattline.meter.readers.channel import Channel
from wattline.meter.readers.settle import SettledChannel, same_rate
from wattline.meter.readings.power import line_j

MEANS = frozenset({"average", "avg", "mean"})
SUM_ROWS, SUM_NEAR, SUM_SHARE = 10, 0.01, 0.95  # rows that tell a sum, how near, and in how many of them
SUM_FOLLOWS = 0.1  # of its own spread that a sum of steady parts may stray from them
UNLIKE = 12  # readings of two devices, no two alike, that are never all the same by chance
COARSE = 0.01  # a counter whose step is a larger share of its rise stands back behind watts that say the same


def pair_channels(
    settled: Sequence[SettledChannel], choices: Choices, source: str
) -> tuple[list[SettledChannel], list[str]]:
    """Watts and joules that two columns name apart, and that are the same device by what they say.

    Parameters
    ----------
    settled : devices of watts or joules, as their columns name them
    choices : what the user says of its columns or series
    source : names the recording in errors

    Returns the devices, and remarks. Raises WattlineError where columns of watts and joules may be the same device and
    none says so.
    """
    by_key: dict[str, list[SettledChannel]] = {}
    for entry in settled:
        by_key.setdefault(entry.channel.device.key, []).append(entry)
    lone = [own[0] for own in by_key.values() if len(own) == 1]
    watts = [entry for entry in lone if entry.power_w is not None]
    joules = [entry for entry in lone if entry.power_w is None]
    moved: dict[int, Device] = {}
    notes = []
    for energy in joules:
        fit = [
            power for power in watts
            if power.channel.device.host == energy.channel.device.host
            and not power.channel.trusted and energy.channel.role in ("", power.channel.role or energy.channel.role)
            and same_rate([over(power, energy), energy.mean_w])
        ]  # fmt: skip
        if len(fit) > 1:  # of several that say the same the one of its own place
            fit = [power for power in fit if power.channel.role == energy.channel.role]
        if len(fit) == 1:
            moved[id(energy)] = fit[0].channel.device
            watts.remove(fit[0])
            notes.append(f"{energy.channel.name} and {fit[0].channel.name} say the same: taken as one device")
    rest = [
        entry for entry in joules if id(entry) not in moved and not entry.channel.role and not entry.channel.trusted
    ]
    unknown = [entry for entry in watts if not entry.channel.role and not entry.channel.trusted]
    if len(rest) == len(unknown) == 1 and choices.inside.get("") != NONE and rest[0].channel.device.kind == "other":
        power, energy = unknown[0], rest[0]
        if power.channel.device.kind == "other" and power.channel.device.host == energy.channel.device.host:
            raise WattlineError(
                f"{source}: {energy.channel.name} ({energy.mean_w:.4g} W) may be the energy of {power.channel.name} "
                f"({power.mean_w:.4g} W), or another device: name the one to read with --columns, or give --inside none"
            )
    return [
        replace(entry, channel=replace(entry.channel, device=moved[id(entry)])) if id(entry) in moved else entry
        for entry in settled
    ], notes


def without_means(settled: Sequence[SettledChannel]) -> tuple[list[SettledChannel], list[Interpretation]]:
    """The channels without those that by name and numbers are the mean of several others."""
    kept, left = [], []
    power = [entry for entry in settled if entry.power_w is not None]
    for entry in settled:
        own = entry.channel
        others = [
            other.mean_w for other in power
            if other.channel.index and other.channel.role == own.role and other.channel.device.host == own.device.host
        ]  # fmt: skip
        mean = MEANS & set(own.words) and not own.index and not own.trusted and len(others) > 1
        if mean and entry.power_w is not None and same_rate([entry.mean_w, float(np.mean(others))]):
            left.append(Interpretation(own.name, own.device.key, note=f"the mean of {len(others)} others"))
        else:
            kept.append(entry)
    return kept, left


def too_coarse(power: SettledChannel, energy: SettledChannel) -> bool:
    """Whether a counter's steps are so large beside its whole rise that the watts read with it tell more.

    Parameters
    ----------
    power, energy : the two channels of one device, W and J over time

    Returns
    -------
    True where watts tell more.
    """
    assert energy.energy_j is not None
    steps = np.diff(energy.energy_j[np.isfinite(energy.energy_j)])
    rises = steps[steps > 0]
    if not len(rises):
        return len(steps) > 0 and over(power, energy) > 0
    step, rise = float(rises.min()), float(rises.sum())
    whole = bool(np.allclose(rises / step, np.round(rises / step), atol=0.02)) and bool((steps == 0).any())
    return whole and step > COARSE * rise and abs(over(power, energy) / energy.mean_w - 1) < 2 * step / rise


def twins(settled: Sequence[SettledChannel], inside: Mapping[str, str]) -> tuple[list[SettledChannel], list[str]]:
    """Devices that their source names apart and whose many unlike readings are the same, told as what they may be.

    A name of its own (UUID, address, column) makes a device of its own, so that both are counted; but no two devices
    draw the same for long, and one that is written twice would count twice.

    Parameters
    ----------
    settled : devices of watts or joules
    inside : key of the device that holds each; only those that count for themselves are told

    Returns the devices, those with a note, and two lines at most: the first group, and how many more.
    """
    groups: dict[tuple[bytes, bytes], list[SettledChannel]] = {}
    for entry in settled:
        energy = np.empty(0) if entry.energy_j is None else np.diff(entry.energy_j)
        values = energy if entry.power_w is None else entry.power_w
        if not inside.get(entry.channel.device.key) and len(np.unique(values[np.isfinite(values)])) >= UNLIKE:
            groups.setdefault((entry.time_s.tobytes(), np.round(values, 9).tobytes()), []).append(entry)
    alike = [same for same in groups.values() if len({entry.channel.device.key for entry in same}) > 1]
    again = {id(entry): f"the same readings as {same[0].channel.name}" for same in alike for entry in same[1:]}
    notes = []
    if alike:
        names = shorten(", ".join(entry.channel.name for entry in alike[0]), 120)
        notes.append(
            f"{names} say the same in all {len(alike[0][0].time_s)} rows, as one device under several names would: "
            "counted as several; name one of them with --columns where they are one"
        )
    if len(alike) > 1:
        notes.append(f"{len(alike) - 1} more groups of devices say the same as each other")
    return [replace(entry, note=again.get(id(entry), entry.note)) for entry in settled], notes


def _nameless(channel: Channel) -> bool:
    """Whether neither its name nor its source tells the place of a channel."""
    return not channel.role and not channel.trusted


def over(power: SettledChannel, energy: SettledChannel) -> float:
    """Mean watts of the readings while the counter ran.

    Parameters
    ----------
    power, energy : the two channels of one device, W and J over time

    Returns
    -------
    W; NaN where no reading falls in that time.
    """
    assert power.power_w is not None
    if not np.isfinite(energy.time_s).any():
        return math.nan
    good = np.isfinite(power.power_w)
    good &= (power.time_s >= np.nanmin(energy.time_s)) & (power.time_s <= np.nanmax(energy.time_s))
    order = np.flatnonzero(good)[np.argsort(power.time_s[good], kind="stable")]
    time, watts = power.time_s[order], power.power_w[order]
    length = float(time[-1] - time[0]) if len(time) > 1 else 0.0
    return float(line_j(watts[:-1], watts[1:], np.diff(time)).sum()) / length if length > 0 else math.nan


def sums_of_others(settled: Sequence[SettledChannel]) -> set[int]:
    """The column of watts, by its ``id``, that is the sum of all the others in every row, whatever it is called.

    Parameters
    ----------
    settled : channels of one source

    Returns it; empty where there is none, or too few rows or columns to say.
    """
    power = [entry for entry in settled if entry.power_w is not None]
    hosts = {entry.channel.device.host for entry in power}
    if len(power) < 3 or len(hosts) > 1 or any(entry.time_s is not power[0].time_s for entry in power):
        return set()
    rows = np.array([entry.power_w for entry in power])
    rows = rows[:, np.isfinite(rows).all(axis=0)]
    if rows.shape[1] < SUM_ROWS or (rows < 0).any():
        return set()
    whole = rows.sum(axis=0)
    out = set()
    for entry, own in zip(power, rows, strict=True):
        rest = 2 * own - whole
        apart = np.abs(rest) <= SUM_NEAR * own + 1e-9
        follows = own.std() > SUM_NEAR * own.mean() or rest.std() < SUM_FOLLOWS * own.std()
        if follows and apart.mean() > SUM_SHARE:
            out.add(id(entry))
    return out if len(out) == 1 else set()
