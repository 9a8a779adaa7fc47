"""What a recording says was used: energy with its range, power, energy a token, and the quality of the readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.units import J_PER_WH
from wattline.meter import interpretation
from wattline.meter.device import Device
from wattline.meter.energy.span import Asked, asked
from wattline.meter.energy.track import (
    NOTHING,
    REACH,
    Energy,
    Span,
    Track,
    length_s,
    merged,
    outer,
    peak_of_sum,
    track,
    within,
)
from wattline.meter.readers.times import iso
from wattline.meter.readings.clean import clean
from wattline.meter.readings.clocks import place, twins
from wattline.meter.readings.corrections import correct
from wattline.meter.readings.faults import GAP
from wattline.meter.readings.order import Found
from wattline.meter.recording import Fault, Recording, Series

HALF = 0.5  # a device that was seen for less than this share of a run is not carried through the rest of it
RATES = {"tokens": "tokens_per_s", "samples": "samples_per_s", "queries": "queries_per_s"}
PER = {"tokens": "joules_per_token", "samples": "joules_per_sample", "queries": "joules_per_query"}
Json = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Meter:
    """A recording made ready: one track a device, estimates apart, and every fault.

    ``holder``: a device's key -> the key of the metered device that it sits in, "" where it counts for itself.
    ``estimates``: series that are no measurement (a stated constant). ``found``: a device's faults with their instants.
    """

    recording: Recording
    tracks: Mapping[str, Track]
    holder: Mapping[str, str]
    estimates: Sequence[Series]
    found: Mapping[str, list[Found]]
    faults: Sequence[Fault]
    twins: Mapping[str, str]
    lost: Sequence[Device] = ()  # devices of which nothing can be counted, switches aside

    def counted(self, switches: bool = False) -> list[Track]:
        """The devices that add up to the total: outermost, and no switches (or only switches)."""
        return [
            one
            for key, one in self.tracks.items()
            if not self.holder[key] and (one.device.kind == "switch") == (switches or self._all_switches())
        ]

    def _all_switches(self) -> bool:
        return all(one.device.kind == "switch" for one in self.tracks.values())

    @property
    def extent(self) -> Span:
        """From the first to the last reading of what is counted."""
        tracks = self.counted()
        return min(p.begin_s for t in tracks for p in t.powers), max(p.end_s for t in tracks for p in t.powers)


def meter(recording: Recording) -> Meter:
    """Corrected, placed on one clock, cleaned and joined by device; raises WattlineError where no reading is good."""
    run = next(((w.begin_s, w.end_s) for w in recording.windows if w.name == "run" and w.end_s is not None), None)
    kept, left, faults = place([correct(one) for one in recording.series], run)
    estimates = [one for one in (*kept, *left) if _constant(one)]
    kept, left = ([one for one in some if not _constant(one)] for some in (kept, left))
    same, more = twins(kept)
    powers: dict[str, list[Any]] = {}
    found: dict[str, list[Found]] = {}
    for one in kept:
        cleaned = clean(one)
        found.setdefault(one.device.key, []).extend(cleaned.found)
        powers.setdefault(one.device.key, []).extend(cleaned.powers)
    lost = [one.device for one in kept if not powers[one.device.key]]
    lost += [one.device for one in left if one.device.kind != "switch"]
    powers = {key: held for key, held in powers.items() if held}
    if not powers:
        said = "; ".join(dict.fromkeys(f.done for each in found.values() for f in each)) or "no readings"
        raise WattlineError(f"{recording.source or 'the recording'} holds no good reading of power or energy ({said})")
    if all(power.end_s <= power.begin_s for held in powers.values() for power in held):
        raise WattlineError(
            f"{recording.source or 'the recording'} holds one reading a device: energy needs two, apart in time"
        )
    tracks = {key: track(held) for key, held in powers.items()}
    holder = outer([one.device for one in tracks.values()])
    everything = (*recording.faults, *faults, *more)
    return Meter(recording, tracks, holder, estimates, found, everything, same, tuple(dict.fromkeys(lost)))


def _constant(series: Series) -> bool:
    """A constant that someone stated, no measurement."""
    return series.spec.modelled and len(series.time_s) < 2


def report(recording: Recording, window: str | None = None, by_node: bool = False) -> Json:
    """Energy, power, energy a token and quality as one JSON object; see ``wattline meter report``."""
    return report_of(meter(recording), window, by_node)


def report_of(made: Meter, window: str | None = None, by_node: bool = False) -> Json:
    """The same of a recording already made ready."""
    tracks = made.counted()
    want = asked(made.recording, window, made.extent)
    spans, edges = _spans(tracks, want, made)
    energies = {one.device.key: energy_in(one, want, spans) for one in tracks}
    total = _sum(energies.values())
    total = total._replace(above_j=total.above_j + _absent(made, energies))
    total = _widened(total, made, energies)
    duration = length_s(spans)
    data: Json = {
        "command": "meter report",
        "source": made.recording.source,
        "window": {"name": want.name, "begin": iso(spans[0][0]), "end": iso(spans[-1][1])},
        **_figures(total, duration, tracks, spans),
        **_per_count(total, duration, made.recording, want),
        "devices": len(tracks),
        "modelled": sorted(one.device.key for one in tracks if one.powers[0].spec.modelled),
    }
    data.update(_apart(made, want, duration, total))
    data["quality"] = quality(made, spans, edges)
    if by_node:
        data["nodes"] = _nodes(made, want, spans, energies)
    data["interpretation"] = interpretation.table(made.recording, made.holder)
    data["notes"] = [*dict.fromkeys(made.recording.notes), *_notes(want, spans, made)]
    return data


def energy_in(one: Track, want: Asked, spans: Sequence[Span]) -> Energy:
    """A device's joules: all of a run that it was seen in for half or more, else what was seen, and at most all."""
    whole = _sum(one.energy(*span) for span in spans)
    if want.whole and _seen_s(one, spans) >= HALF * length_s(spans):
        return whole
    own = _sum(one.energy(*part) for span in spans for part in within(one.spans(), *span))
    return own._replace(above_j=max(own.above_j, whole.high_j - own.value_j))


def _seen_s(one: Track, spans: Sequence[Span], reach: float = REACH) -> float:
    """Seconds of the stretches in which a device was seen."""
    return length_s([part for span in spans for part in within(one.spans(reach), *span)])


def _spans(tracks: Sequence[Track], want: Asked, made: Meter) -> tuple[list[Span], list[Fault]]:
    """The stretches that are counted, and what is missing at their edges; WattlineError where none was recorded."""
    seen = merged([span for one in tracks for span in one.spans()])
    covered = [part for span in want.spans for part in within(seen, *span)]
    if not covered:
        begin, end = made.extent
        raise WattlineError(
            f"window {want.name} ({iso(want.spans[0][0])} to {iso(want.spans[-1][1])}) holds no reading; "
            f"the recording runs from {iso(begin)} to {iso(end)}"
        )
    missing = length_s(want.spans) - length_s(covered)
    faults = []
    if not want.whole and missing > 0:
        done = "nothing recorded anything: left out of the window"
        faults.append(Fault("gap", max(1, len(covered) - len(want.spans)), missing, done))
    spans = list(want.spans) if want.whole else covered
    for one in tracks:
        absent = length_s(spans) - _seen_s(one, spans, GAP)
        if absent <= 1e-6 * length_s(spans):
            continue
        carried = want.whole and _seen_s(one, spans) >= HALF * length_s(spans)
        done = "held at its nearest reading where it was not read; the range grows by what power could have been"
        done = done if carried else "not read for part of the window: what was read is counted; the range has the rest"
        faults.append(Fault("gap", 1, absent, done, one.device.key))
    return spans, faults


def _sum(energies: Any) -> Energy:
    total = NOTHING
    for one in energies:
        total = total.plus(one)
    return total


def _absent(made: Meter, energies: Mapping[str, Energy]) -> float:
    """Joules that devices left out of the sum may have taken: as much as the others of their kind each did."""
    more = 0.0
    for kind in {device.kind for device in made.lost}:
        same = [e.value_j for key, e in energies.items() if made.tracks[key].device.kind == kind]
        more += sum(device.kind == kind for device in made.lost) * (float(np.mean(same)) if same else 0.0)
    nodes = [e.value_j for key, e in energies.items() if made.tracks[key].device.kind == "node"]
    return more + _missing_nodes(made) * (float(np.mean(nodes)) if nodes else 0.0)


def _missing_nodes(made: Meter) -> int:
    """Nodes that the log tells of and that no file does; none where only some of the files were asked for."""
    devices = [*(one.device for one in made.tracks.values()), *made.lost]
    there = sum(device.kind == "node" for device in devices)
    stated = round(made.recording.counts.get("stated_nodes", 0.0))
    return max(0, stated - there) if there > 1 else 0


def _widened(total: Energy, made: Meter, energies: Mapping[str, Energy]) -> Energy:
    """A device known only by another's readings may have taken what any other of its kind did."""
    below, above = total.below_j, total.above_j
    for key in made.twins:
        if key not in energies:
            continue
        kind = made.tracks[key].device.kind
        others = [e.value_j for k, e in energies.items() if made.tracks[k].device.kind == kind and k not in made.twins]
        below += max(0.0, energies[key].value_j - min(others, default=0.0))
        above += max(0.0, max(others, default=0.0) - energies[key].value_j)
    return Energy(total.value_j, below, above)


def _figures(total: Energy, duration: float, tracks: Sequence[Track], spans: Sequence[Span]) -> Json:
    return {
        "energy_wh": total.value_j / J_PER_WH,
        "energy_low_wh": total.low_j / J_PER_WH,
        "energy_high_wh": total.high_j / J_PER_WH,
        "uncertainty": {
            "below": min(1.0, total.below_j / total.value_j) if total.value_j > 0 else None,
            "above": total.above_j / total.value_j if total.value_j > 0 else None,
        },
        "duration_s": duration,
        "mean_w": total.value_j / duration,
        "peak_w": max(peak_of_sum(tracks, *span) for span in spans),
    }


def _per_count(total: Energy, duration: float, recording: Recording, want: Asked) -> Json:
    """Joules a token, sample or query, of the run whose count the log tells."""
    whole = want.name == "run" or not any(w.name == "run" for w in recording.windows)
    out: Json = {}
    counts = {}
    for what, key in PER.items():
        count = recording.counts.get(what, recording.counts.get(RATES[what], 0.0) * duration)
        if count > 0 and whole:
            counts[what] = count
            out[key] = total.value_j / count
    return {**out, "counts": counts} if counts else {}


def _apart(made: Meter, want: Asked, duration: float, total: Energy) -> Json:
    """What is told beside the total: switches, devices inside others, the submitter's own total."""
    out: Json = {}
    switches = [
        _device(made, one, want, want.spans) for one in made.counted(switches=True) if one not in made.counted()
    ]
    for one in made.estimates:
        value = float(one.power_w[0]) if one.power_w is not None and len(one.power_w) else np.nan
        if np.isfinite(value):
            switches.append({
                "device": one.device.uuid, "kind": one.device.kind, "modelled": True, "mean_w": value,
                "energy_wh": value * duration / J_PER_WH, "dated": iso(float(one.time_s[0])), "note": one.spec.note,
            })  # fmt: skip
    if switches:
        out["switches"] = switches
    stated = made.recording.counts.get("stated_total_kwh")
    if stated and want.name == "run":
        out["stated_energy_wh"] = stated * 1e3
        out["stated_difference"] = total.value_j / J_PER_WH / (stated * 1e3) - 1
    inside = [one for key, one in made.tracks.items() if made.holder[key]]
    if inside:
        out["inside"] = [_device(made, one, want, want.spans) for one in inside]
    return out


def _device(made: Meter, one: Track, want: Asked, spans: Sequence[Span]) -> Json:
    """One device's figures."""
    used = energy_in(one, want, spans)
    seen = [part for span in spans for part in within(one.spans(), *span)]
    spec = one.powers[0].spec
    return {
        "device": one.device.uuid,
        "key": one.device.key,
        "name": one.device.name,
        "kind": one.device.kind,
        "energy_wh": used.value_j / J_PER_WH,
        "energy_low_wh": used.low_j / J_PER_WH,
        "energy_high_wh": used.high_j / J_PER_WH,
        "mean_w": used.value_j / length_s(spans),
        "peak_w": max((one.peak_w(*part) for part in seen), default=None),
        "seen_s": length_s(seen),
        "source": spec.source,
        "modelled": spec.modelled,
        "faults": dict(Counter({f.kind: len(f.at_s) for f in made.found.get(one.device.key, ())})),
    }


def _nodes(made: Meter, want: Asked, spans: Sequence[Span], energies: Mapping[str, Energy]) -> list[Json]:
    """Each node: what is counted of it, and its devices."""
    groups: dict[str, list[Track]] = {}
    for one in made.tracks.values():
        groups.setdefault(one.device.host or one.device.key, []).append(one)
    out = []
    for host, tracks in groups.items():
        counted = [one for one in tracks if one.device.key in energies]
        if not counted:
            continue
        used = _sum(energies[one.device.key] for one in counted)
        out.append({
            "node": host,
            "energy_wh": used.value_j / J_PER_WH,
            "energy_low_wh": used.low_j / J_PER_WH,
            "energy_high_wh": used.high_j / J_PER_WH,
            "mean_w": used.value_j / length_s(spans),
            "peak_w": max(peak_of_sum(counted, *span) for span in spans),
            "devices": [_device(made, one, want, spans) for one in tracks],
        })  # fmt: skip
    return out


def quality(made: Meter, spans: Sequence[Span], edges: Sequence[Fault]) -> list[Json]:
    """Every kind of fault: how many in the recording and in the window, how long, what was done, in which devices."""
    rows: dict[str, Json] = {}

    def add(kind: str, count: int, inside: int, seconds: float, done: str, device: str) -> None:
        row = rows.setdefault(
            kind, {"kind": kind, "count": 0, "in_window": 0, "seconds": 0.0, "done": [], "devices": {}}
        )
        row["count"] += count
        row["in_window"] += inside
        row["seconds"] += seconds
        if done and done not in row["done"]:
            row["done"].append(done)
        if device:
            row["devices"][device] = row["devices"].get(device, 0) + count

    for key, each in made.found.items():
        for one in each:
            at = one.at_s[:, None]
            inside = ((at + one.lasting_s[:, None] >= [s[0] for s in spans]) & (at <= [s[1] for s in spans])).any(
                axis=1
            )
            add(one.kind, len(one.at_s), int(inside.sum()), float(one.lasting_s.sum()), one.done, key)
    for fault in (*made.faults, *edges):
        add(fault.kind, fault.count, fault.count, fault.seconds, fault.done, fault.device)
    for row in rows.values():
        row["done"] = "; ".join(row["done"][:4]) + (
            f"; and {len(row['done']) - 4} more" if len(row["done"]) > 4 else ""
        )
    return sorted(rows.values(), key=lambda row: row["kind"])


def _notes(want: Asked, spans: Sequence[Span], made: Meter) -> list[str]:
    notes = []
    stuck = sum(f.kind == "stuck" for each in made.found.values() for f in each)
    if stuck:
        notes.append("a stuck sensor says nothing of what was used: see quality")
    if made.lost:
        names = ", ".join(device.key for device in made.lost[:4])
        notes.append(f"not in the sum, for it gave nothing to count: {names}{' …' if len(made.lost) > 4 else ''}")
    if missing := _missing_nodes(made):
        said = "energy, also a token, lacks them; its range has them"
        notes.append(f"the log tells of {missing} more nodes than have readings: {said}")
    if any(one.powers[0].spec.modelled for one in made.counted()):
        notes.append("part of the energy is modelled, not measured")
    return notes
