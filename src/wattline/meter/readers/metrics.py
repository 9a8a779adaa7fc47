"""Samples of named metrics with labels -> a recording: series of one device joined, modes added, places by their names.

What a metric is and whose, ``meter/exporters.py`` knows, for these files and for the live sensor alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.exporters import PASSING, Identity, host_of, identify, names_unit, without_port
from wattline.meter.interpretation import Choices, Interpretation
from wattline.meter.readers import specs
from wattline.meter.readers.assemble import Extras, assemble
from wattline.meter.readers.channel import READING, TOTAL, Channel, looks_like_intervals
from wattline.meter.readers.units import SHORT, Unit
from wattline.meter.recording import Recording
from wattline.meter.sensor import Spec

Labels = tuple[tuple[str, str], ...]
Samples = dict[tuple[str, Labels], tuple[list[float], list[float]]]
FEW, GAUGE = 10, 0.05  # samples, and the share of falls, by which joules are no counter
UNLIKE = 0.05  # series of one device, by their labels, whose values differ by more than this are of several


@dataclass(frozen=True, eq=False)
class MetricSeries:
    """One series: whose, what its metric and labels are, and its samples in W or J; shape ``(n,)``."""

    identity: Identity
    name: str
    labels: Mapping[str, str]
    time_s: Array
    values: Array


def recording_of_samples(
    samples: Samples, source: str, choices: Choices = Choices(), *, counters: bool = True
) -> Recording:
    """A series for each device's power, and one for its counter.

    Parameters
    ----------
    samples : times and values by metric and labels
    source : names the recording in errors
    choices : what the user says of its columns or series
    counters : whether joules run on in every metric, as in Prometheus; else those that fall again and again are of
        each interval

    Returns the recording. Raises WattlineError where no metric is power or energy.
    """
    every, skipped = [], []
    for (name, labels), (times, values) in samples.items():
        tags = dict(labels)
        identity = identify(name, tags)
        if identity is None:
            skipped.append(name)
            continue
        array = np.asarray(values, float) * identity.scale
        every.append(MetricSeries(identity, name, tags, np.asarray(times, float), array))
    if not every:
        listed = f" (it has {', '.join(sorted(set(skipped))[:4])})" if skipped else ""
        raise WattlineError(f"{source} holds no metric of watts or joules{listed}")
    every = _chosen(every, choices)
    notes = [] if all(series.name for series in every) else ["a metric without a name was taken as watts"]
    channels, more = channels_of(every)
    if counters:
        _check_counters(channels, choices, source)
    else:
        channels = [
            replace(entry, counts="") if entry.counts == TOTAL and looks_like_intervals(entry.values, ()) else entry
            for entry in channels
        ]
    used = {series.name for channel in channels for series in every if channel.aliases[:1] == (series.name,)}
    others = {series.name: series for series in every if series.name not in used and series.name}
    rows = [Interpretation(name, series.identity.device.key, note="the same devices by another metric")
            for name, series in others.items()]  # fmt: skip
    return assemble(channels, replace(choices, device=()), source, Extras(notes=[*notes, *more], rows=rows))


def _check_counters(channels: Sequence[Channel], choices: Choices, source: str) -> None:
    """Refuse joules that fall again and again: a gauge of the energy since the last reading, and no counter."""
    for entry in channels:
        there = entry.values[np.isfinite(entry.values)]
        steps = (np.diff(there) < 0) & (there[1:] > 0.5 * there[:-1])  # a counter that begins anew begins near nothing
        falls = float(steps.mean()) if entry.counts == TOTAL and len(there) > FEW else 0.0
        if falls > GAUGE and choices.quantity(entry.names) != "interval":
            raise WattlineError(
                f"{source}: {shorten(entry.name, 80)} falls in {falls:.0%} of its samples, as no counter does: where "
                f"each is the energy since the one before it say --columns {shorten(entry.aliases[0], 60)}=interval"
            )


def _chosen(every: Sequence[MetricSeries], choices: Choices) -> list[MetricSeries]:
    """Devices told apart by the labels that the user names, where any are named."""
    if not choices.device:
        return list(every)
    keep = [label for label in choices.device if label not in ("none", "order")]
    if keep and not any(label in series.labels for series in every for label in keep):
        there = ", ".join(dict.fromkeys(label for series in every for label in series.labels))
        raise WattlineError(f"--device {', '.join(keep)}: no series has such a label (there are {shorten(there, 120)})")
    out = []
    for series in every:
        uuid = ",".join(f"{label}={series.labels[label]}" for label in keep if series.labels.get(label)) or "all"
        device = replace(series.identity.device, uuid=uuid)
        out.append(replace(series, identity=replace(series.identity, device=device)))
    return out


def channels_of(every: Sequence[MetricSeries]) -> tuple[list[Channel], list[str]]:
    """One channel a device and quantity, from all series of it.

    Parameters
    ----------
    every: the series, of any number of machines and exporters.

    Returns
    -------
    The channels, and remarks on what was joined.
    """
    groups: dict[tuple[str, str], list[MetricSeries]] = {}
    for series in _on_single_host(every):
        groups.setdefault((series.identity.device.key, series.identity.quantity), []).append(series)
    channels: list[Channel] = []
    notes: list[str] = []
    for same in groups.values():
        for part in _split(same):
            channels.append(_channel(part))
        if len(same) > 1 and len({_passing(series) for series in same}) > 1:
            notes.append("series of one device that differ in who used or scraped it were joined in time")
    return channels, list(dict.fromkeys(notes))


def _on_single_host(every: Sequence[MetricSeries]) -> list[MetricSeries]:
    """Hosts by one name each: a scraped address by the name that another series gives it, a GPU's UUID by its first."""
    names = {}
    for series in every:
        address, host = without_port(series.labels.get("instance", "")), host_of(series.labels)
        if address and host != address:
            names[address] = host
    boards: dict[str, str] = {}
    out = []
    for series in every:
        device = series.identity.device
        host = names.get(device.host, device.host)
        if device.uuid.startswith(("GPU-", "MIG-")):
            host = boards.setdefault(device.uuid, host)
        out.append(replace(series, identity=replace(series.identity, device=replace(device, host=host))))
    return out


def _passing(series: MetricSeries) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, v) for k, v in series.labels.items() if PASSING.match(k)))


def _split(same: Sequence[MetricSeries]) -> list[list[MetricSeries]]:
    """Series that by their labels are one device, parted where they say different things at the same instants."""
    best = min(series.identity.rank for series in same)
    first = next(series for series in same if series.identity.rank == best)
    mode = first.identity.mode  # active and idle may be two metrics
    mine = [
        series for series in same
        if series.name == first.name or (mode and series.identity.mode and series.identity.rank == best)
    ]  # fmt: skip
    plain = [series for series in mine if not series.identity.mode]
    mine = plain or mine
    if not first.identity.free or len(mine) < 2 or not _differ(mine):
        return [mine]
    parts: dict[tuple[tuple[str, str], ...], list[MetricSeries]] = {}
    for series in mine:
        tags = ",".join(f"{k}={v}" for k, v in _passing(series))
        device = replace(series.identity.device, uuid=f"{series.identity.device.uuid} {tags}".strip())
        parted = replace(series, identity=replace(series.identity, device=device))
        parts.setdefault(_passing(series), []).append(parted)
    return list(parts.values())


def _differ(mine: Sequence[MetricSeries]) -> bool:
    """Whether two of the series tell unlike numbers of the same instants."""
    first = mine[0]
    for other in mine[1:]:
        _, at, where = np.intersect1d(first.time_s, other.time_s, return_indices=True)
        if len(at) < 2:
            continue
        here, there = first.values[at], other.values[where]
        if np.nanmedian(np.abs(here - there)) > UNLIKE * np.nanmedian(np.maximum(np.abs(here), np.abs(there))):
            return True
    return False


def _channel(mine: Sequence[MetricSeries]) -> Channel:
    """One device's series joined in time; modes of its counter added up."""
    modes: dict[str, list[MetricSeries]] = {}
    for series in mine:
        modes.setdefault(series.identity.mode, []).append(series)
    joined = [_joined(own) for own in modes.values()]
    time_s, values = joined[0]
    if len(joined) > 1:
        time_s = np.unique(np.concatenate([time for time, _ in joined]))
        values = np.zeros(len(time_s))
        for time, part in joined:
            there = np.full(len(time_s), np.nan)
            there[np.searchsorted(time_s, time)] = part
            values = values + there
    first = mine[0]
    identity = first.identity
    device = _titled(identity.device, mine)
    power = identity.quantity == "power"
    unit: Unit = SHORT["W" if power else "J"]
    units = (unit,) if not power or names_unit(first.name) else tuple(SHORT[name] for name in ("W", "mW", "uW"))
    return Channel(
        promql(first.name, first.labels), device, time_s, values, units, _spec(first), READING if power else TOTAL,
        identity.words, identity.words, identity.role, identity.index, identity.level, rank=identity.rank,
        trusted=not identity.free, clock="UTC", aliases=(first.name,) if first.name else (),
    )  # fmt: skip


def _titled(device: Device, mine: Sequence[MetricSeries]) -> Device:
    return replace(
        device, name=device.name or next((o.identity.device.name for o in mine if o.identity.device.name), "")
    )


def _joined(own: Sequence[MetricSeries]) -> tuple[Array, Array]:
    """Samples of several series in order of time, each instant once: the first series that has a number there."""
    if len(own) == 1:
        return own[0].time_s, own[0].values
    own = sorted(own, key=lambda series: series.identity.rank)
    time_s = np.concatenate([series.time_s for series in own])
    values = np.concatenate([series.values for series in own])
    order = np.lexsort((~np.isfinite(values), time_s))
    order = order[np.argsort(time_s[order], kind="stable")]
    time_s, values = time_s[order], values[order]
    first = np.concatenate([[True], np.diff(time_s) > 0]) if len(time_s) else np.empty(0, bool)
    return time_s[first], values[first]


def promql(name: str, labels: Mapping[str, str]) -> str:
    """A series as PromQL writes it, with the labels that tell the device.

    Parameters
    ----------
    name : of the metric
    labels : by name

    Returns
    -------
    Such as ``power{gpu="0"}``.
    """
    tags = [f'{key}="{value}"' for key, value in sorted(labels.items()) if value and not PASSING.match(key)]
    return name + ("{" + ", ".join(tags[:6]) + "}" if tags else "") or "query"


def _spec(series: MetricSeries) -> Spec:
    lower = series.name.lower()
    if "dcgm" in lower or "nvidia" in lower:
        return specs.nvml(series.name, source="dcgm")
    if series.identity.modelled:
        return specs.model_spec("prometheus", series.name)
    return specs.unknown_sensor("prometheus", series.name)
