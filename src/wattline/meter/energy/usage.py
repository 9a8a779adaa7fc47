"""What a recording says was used: energy with its range, power, energy a token, and the quality of the readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wattline.core.range import MeasuredValue
from wattline.core.result import Json, Result, envelope
from wattline.core.units import J_PER_WH
from wattline.meter.clock import iso
from wattline.meter.energy import read_as
from wattline.meter.energy.meter import Meter, absent_j, counted_spans, energy_in, meter, missing_nodes, sum_of, widen
from wattline.meter.energy.span import Stretches, stretches_of
from wattline.meter.energy.track import Span, Track, length_s, peak_of_sum, within
from wattline.meter.readings.power import Energy
from wattline.meter.recording import Fault, Recording, Series

EDGE_S = 1e-3  # windows that end together may differ by so much
RATES = {"tokens": "tokens_per_s", "samples": "samples_per_s", "queries": "queries_per_s"}
PER = {"tokens": "joules_per_token", "samples": "joules_per_sample", "queries": "joules_per_query"}


@dataclass(frozen=True, eq=False, repr=False)
class UsageReport(Result):
    """What a recording says was used: energy with its range, power, energy a token, and the quality of the readings.

    ``data``: everything, as plain data; ``total``: energy, and energy for each token, sample or query.
    """

    inputs: Json
    data: Json
    total: Mapping[str, MeasuredValue]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def figures(self) -> Mapping[str, MeasuredValue]:
        return self.total

    def json(self) -> Json:
        return envelope("meter report", self.inputs, self.data, notes=self.notes, warnings=self.warnings)


def report(recording: Recording, window: str | None = None, by_node: bool = False) -> UsageReport:
    """Energy, power, energy a token and the quality of the readings; see ``wattline meter report``.

    Parameters
    ----------
    recording : what was recorded
    window : run, all, a window's name, or FROM..TO
    by_node : figures of each node and device too

    Returns the report. Raises WattlineError where the recording holds nothing good, or nothing in the window.
    """
    return report_of(meter(recording), window, by_node)


def report_of(made: Meter, window: str | None = None, by_node: bool = False) -> UsageReport:
    """The same of a recording already made ready.

    Parameters
    ----------
    made : devices of a recording with their tracks
    window : name of a window; the whole recording where None
    by_node : also the sum of each machine

    Returns
    -------
    The report: energy, power and faults of all devices.
    """
    tracks = made.counted()
    wanted = stretches_of(made.recording, window, made.extent)
    spans, edges = counted_spans(tracks, wanted, made)
    energies = {track.device.key: energy_in(track, wanted, spans) for track in tracks}
    total = sum_of(energies.values())
    total = total._replace(above_j=total.above_j + absent_j(made, energies))
    total = widen(total, made, energies)
    duration = length_s(spans)
    counts = _counts(duration, made.recording, wanted)
    floor_j = sum(energy.low_j for energy in energies.values())  # no device takes less than nothing
    measured = {"energy_wh": _measured(total, J_PER_WH, floor_j)}
    measured |= {PER[what]: _measured(total, count, floor_j) for what, count in counts.items()}
    data: Json = {
        "window": {"name": wanted.name, "begin": iso(spans[0][0]), "end": iso(spans[-1][1])},
        **{name: value.json() for name, value in measured.items()},
        "duration_s": duration,
        "mean_w": total.value_j / duration,
        "peak_w": max(peak_of_sum(tracks, *span) for span in spans),
        "counts": counts,
        "devices": len(tracks),
        "modelled_devices": sorted(track.device.key for track in tracks if track.spec.modelled),
        **_apart(made, wanted, duration, total),
        "quality": quality(made, spans, edges),
        "nodes": _nodes(made, wanted, spans, energies) if by_node else [],
        "unfinished": list(dict.fromkeys(window.name for window in made.recording.windows if window.end_s is None)),
        "interpretation": read_as.rows_read_as(made.recording, made.holder),
    }
    inputs = {"recording": made.recording.source, "window": window, "by": "node" if by_node else None}
    notes = tuple(dict.fromkeys(made.recording.notes))
    return UsageReport(inputs, data, measured, notes, tuple(_warnings(wanted, spans, made)))


def _measured(energy: Energy, per: float, floor_j: float = 0.0) -> MeasuredValue:
    """Joules for each so many, with what their error leaves: ``J_PER_WH`` gives Wh, a count joules for one of it.

    ``floor_j``: the least that its devices leave together [J], where the error of the sum leaves nothing at all.
    """
    low_j = energy.low_j if energy.low_j > 0 else min(floor_j, energy.value_j)
    return MeasuredValue(energy.value_j / per, low_j / per, energy.high_j / per)


def _counts(duration: float, recording: Recording, wanted: Stretches) -> dict[str, float]:
    """Tokens, samples and queries: of the run whose count the log tells, or of the windows that counted."""
    whole = wanted.name == "run" or not any(w.name == "run" for w in recording.windows)
    counts = {}
    for what in PER:
        count = recording.counts.get(what, recording.counts.get(RATES[what], 0.0) * duration) if whole else 0.0
        count += counted_in(recording, wanted, what)
        if count > 0:
            counts[what] = count
    return counts


def counted_in(recording: Recording, wanted: Stretches, what: str) -> float:
    """What was counted in windows that lie in the one asked for; in all nothing, for its energy is more than theirs.

    Parameters
    ----------
    recording : what was recorded
    wanted : the stretches that are asked for
    what : what was counted, such as ``tokens``

    Returns the count.
    """
    if wanted.name == "all":
        return 0.0
    return sum(
        window.counts.get(what, 0.0)
        for window in recording.windows
        if window.end_s is not None
        and any(begin - EDGE_S <= window.begin_s and window.end_s <= end + EDGE_S for begin, end in wanted.spans)
    )


def _apart(made: Meter, wanted: Stretches, duration: float, total: Energy) -> Json:
    """What is told beside the total: switches, devices inside others, the submitter's own total."""
    switches = [
        _device(made, track, wanted, wanted.spans)
        for track in made.counted(switches=True)
        if track not in made.counted()
    ]
    for series in made.estimates:
        value = float(series.power_w[0]) if series.power_w is not None and len(series.power_w) else np.nan
        if np.isfinite(value):
            switches.append(_stated_device(series, value, duration))
    stated = made.recording.counts.get("stated_total_kwh") if wanted.name == "run" else None
    inside = [track for key, track in made.tracks.items() if made.holder[key]]
    return {
        "switches": switches,
        "inside": [_device(made, track, wanted, wanted.spans) for track in inside],
        "stated_wh": stated * 1e3 if stated else None,
        "stated_difference_percent": 100 * (total.value_j / J_PER_WH / (stated * 1e3) - 1) if stated else None,
    }


def _stated_device(series: Series, watts: float, duration: float) -> Json:
    """A device of which no reading but a constant was stated, as if it had been read throughout."""
    device, spec = series.device, series.spec
    head = {"device": device.uuid, "key": device.key, "name": device.name, "kind": device.kind}
    return head | {
        "energy_wh": MeasuredValue(*[watts * duration / J_PER_WH] * 3).json(),
        "mean_w": watts,
        "peak_w": None,
        "seen_s": 0.0,
        "source": spec.source,
        "modelled": True,
        "faults": {},
        "dated": iso(float(series.time_s[0])),
        "note": spec.note,
    }


def _device(made: Meter, track: Track, wanted: Stretches, spans: Sequence[Span]) -> Json:
    """One device's figures."""
    used = energy_in(track, wanted, spans)
    seen = [part for span in spans for part in within(track.spans(), *span)]
    spec = track.spec
    return {
        "device": track.device.uuid,
        "key": track.device.key,
        "name": track.device.name,
        "kind": track.device.kind,
        "energy_wh": _measured(used, J_PER_WH).json(),
        "mean_w": used.value_j / length_s(spans),
        "peak_w": max((track.peak_w(*part) for part in seen), default=None),
        "seen_s": length_s(seen),
        "source": spec.source,
        "modelled": spec.modelled,
        "faults": dict(Counter({f.kind: len(f.at_s) for f in made.flaws.get(track.device.key, ())})),
        "dated": None,
        "note": spec.note,
    }


def _nodes(made: Meter, wanted: Stretches, spans: Sequence[Span], energies: Mapping[str, Energy]) -> list[Json]:
    """Each node: what is counted of it, and its devices."""
    groups: dict[str, list[Track]] = {}
    for track in made.tracks.values():
        groups.setdefault(track.device.host or track.device.key, []).append(track)
    out = []
    for host, tracks in groups.items():
        counted = [track for track in tracks if track.device.key in energies]
        if not counted:
            continue
        used = sum_of(energies[track.device.key] for track in counted)
        out.append({
            "node": host,
            "energy_wh": _measured(used, J_PER_WH, sum(energies[t.device.key].low_j for t in counted)).json(),
            "mean_w": used.value_j / length_s(spans),
            "peak_w": max(peak_of_sum(counted, *span) for span in spans),
            "devices": [_device(made, track, wanted, spans) for track in tracks],
        })  # fmt: skip
    return out


def quality(made: Meter, spans: Sequence[Span], edges: Sequence[Fault]) -> list[Json]:
    """Every kind of fault: how many in the recording and in the window, how long, what was done, in which devices.

    Parameters
    ----------
    made : devices of a recording with their tracks and faults
    spans : stretches that the window covers, s
    edges : faults of the window's ends

    Returns
    -------
    A row for each kind of fault.
    """
    rows: dict[str, Json] = {}

    def add(kind: str, count: int, inside: int, seconds: float, done: str, device: str) -> None:
        row = rows.setdefault(
            kind, {"kind": kind, "count": 0, "in_window": 0, "lasting_s": 0.0, "done": [], "devices": {}}
        )
        row["count"] += count
        row["in_window"] += inside
        row["lasting_s"] += seconds
        if done and done not in row["done"]:
            row["done"].append(done)
        if device:
            row["devices"][device] = row["devices"].get(device, 0) + count

    for key, each in made.flaws.items():
        for flaw in each:
            at = flaw.at_s[:, None]
            inside = ((at + flaw.lasting_s[:, None] >= [s[0] for s in spans]) & (at <= [s[1] for s in spans])).any(
                axis=1
            )
            add(flaw.kind, len(flaw.at_s), int(inside.sum()), float(flaw.lasting_s.sum()), flaw.done, key)
    for fault in (*made.faults, *edges):
        add(fault.kind, fault.count, fault.count, fault.seconds, fault.done, fault.device)
    for row in rows.values():
        row["done"] = "; ".join(row["done"][:4]) + (
            f"; and {len(row['done']) - 4} more" if len(row["done"]) > 4 else ""
        )
    return sorted(rows.values(), key=lambda row: row["kind"])


def _warnings(wanted: Stretches, spans: Sequence[Span], made: Meter) -> list[str]:
    notes = []
    stuck = sum(f.kind == "stuck" for each in made.flaws.values() for f in each)
    if stuck:
        notes.append("a stuck sensor says nothing of what was used: see quality")
    if made.lost:
        names = ", ".join(device.key for device in made.lost[:4])
        notes.append(f"not in the sum, for it gave nothing to count: {names}{' …' if len(made.lost) > 4 else ''}")
    if missing := missing_nodes(made):
        words = "energy, also a token, lacks them; its range has them"
        notes.append(f"the log tells of {missing} more nodes than have readings: {words}")
    modelled = [track.spec.modelled for track in made.counted()]
    if any(modelled):
        notes.append(f"{'the energy' if all(modelled) else 'part of the energy'} is modelled, not measured")
    return notes
