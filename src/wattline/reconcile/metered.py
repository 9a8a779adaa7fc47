"""A recording's window as a job is seen by its meters: chips, machines, switches, each with its power over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import NotFound, WattlineError
from wattline.core.fact import Array, Fact, Source
from wattline.core.plurals import count_words
from wattline.core.units import J_PER_KWH, Z95, Z975
from wattline.meter.energy.series import (
    SeriesEnergy,
    binned_w,
    counted_once,
    curve,
    outer,
    placed_recording,
    total,
    within,
)
from wattline.meter.energy.span import Stretches
from wattline.meter.energy.usage import counted_in
from wattline.meter.export.window import NamedSpan, find_span
from wattline.meter.recording import Recording, Series

MAX_BINS, MAX_FINE = 100, 20_000
# what a device of this kind is to a bill; a wall meter of any kind sees whole machines
ROLES = {"gpu": "chips", "mig": "chips", "cpu": "cpus", "dram": "cpus", "switch": "switches"}
MACHINES = "machines"
MIN_COVERED = 0.995
MIN_SHARE = 0.01  # of a value: an error that reaches down to nothing stops here, for a lognormal has no zero


@dataclass(frozen=True, eq=False)
class MeteredPart:
    """What meters saw of one kind of device: joules in the window, mean watts a bin, and by how many devices."""

    energy: SeriesEnergy
    power_w: Array
    series: tuple[Series, ...]

    @property
    def devices(self) -> int:
        return len(self.series)

    @property
    def modelled(self) -> bool:
        return any(series.spec.modelled for series in self.series)

    def fact(self, role: str, source: str) -> Fact:
        """The energy as a fact: its meter's error is its range.

        Parameters
        ----------
        role : of the devices, in the plural
        source : of the recording, such as its file

        Returns
        -------
        A fact in kWh.
        """
        value = self.energy.energy_j / J_PER_KWH
        below, above = (_side(value, end / J_PER_KWH) for end in (self.energy.low_j, self.energy.high_j))
        sensors = ", ".join(sorted({series.spec.source for series in self.series}))
        return Fact(
            f"measured.{role}", value, value * below, value * above, "kWh",
            Source(f"{sensors} of {count_words(role, self.devices)}", where=source),
            "lognormal" if below < above else "fixed",
            basis="estimated" if self.modelled else "measured", name=f"measured energy of the {role}",
        )  # fmt: skip


def _side(value: float, end: float) -> float:
    """An end of what holds the truth 19 times in 20, as the 5th or 95th percentile: what to multiply the value by."""
    return float(max(end / value, MIN_SHARE) ** (Z95 / Z975)) if value > 0 else 1.0


def drawn_j(part: MeteredPart, role: str, source: str, draws: Draws) -> Array:
    """Joules of a part within its meter's error; another measurement's of the same role is drawn apart.

    Parameters
    ----------
    part : what a meter saw
    role : of the part, such as ``chips``
    source : of the recording
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns joules, shape ``(n_draws,)``.
    """
    fact, count = part.fact(role, source), 1
    while draws.used.get(fact.key, fact) != fact:
        count += 1
        fact = replace(fact, key=f"measured.{role}-{count}")
    return np.asarray(draws(fact) * J_PER_KWH)


@dataclass(frozen=True, eq=False)
class MeteredWindow:
    """A window of a recording: parts by role (``chips``, ``cpus``, ``machines``, ``switches``), over common bins.

    ``inside`` are the chips in metered machines: their energy is in the machines' too.
    """

    source: str
    span: NamedSpan
    edges_s: Array
    parts: Mapping[str, MeteredPart]
    inside: MeteredPart | None
    chip: str | None
    counts: Mapping[str, float]
    peak_ratio: float
    notes: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Seconds of the window that readings cover."""
        return float(self.edges_s[-1] - self.edges_s[0])

    @property
    def energy(self) -> SeriesEnergy:
        """Everything that meters saw, each device once."""
        bare = [self.parts[role].energy for role in ("cpus", MACHINES, "switches") if role in self.parts]
        chips = self.parts.get("chips")
        return total([*bare, *([chips.energy] if chips and self.inside is None else [])])

    @property
    def done(self) -> tuple[str, float] | None:
        """What the recording says was done in this window: tokens or queries, and how many, or at what rate."""
        for what, names in (("tokens", ("tokens",)), ("queries", ("queries", "requests"))):
            for name in names:
                if self.counts.get(name, 0) > 0:
                    return what, float(self.counts[name])
                if self.counts.get(f"{name}_per_s", 0) > 0:
                    return what, float(self.counts[f"{name}_per_s"]) * self.duration_s
        return None


def metered_window(recording: Recording, window: str | None, catalog: Catalog) -> MeteredWindow:
    """What meters saw in a window.

    Parameters
    ----------
    recording : what was recorded
    window : its name, or FROM..TO
    catalog : whose facts are taken

    Returns energy and power by part. Raises WattlineError where they saw nothing, or where several windows are called
    so.
    """
    recording = placed_recording(recording)
    span = find_span(recording, window)
    seen = [series for series in recording.series if np.isfinite(within(series, span.begin_s, span.end_s).energy_j)]
    notes = [
        f"{series.device.kind} {series.device.key}: no reading within the window; left out"
        for series in recording.series
        if not any(series is each for each in seen)
    ]
    if not seen:
        raise WattlineError(f"{recording.source or 'the recording'}: no energy was read in the window {span.name!r}")
    chips, inside, others = _sorted_out(seen)
    every = [*chips, *others]
    edges = _edges(every, span)
    roles: dict[str, list[Series]] = {}
    for series in every:
        roles.setdefault(ROLES.get(series.device.kind, MACHINES), []).append(series)
    parts = {role: _part(members, edges) for role, members in roles.items()}
    whole = [*others, *([] if inside else chips)]
    covered = float(edges[-1] - edges[0]) / span.duration_s
    if covered < MIN_COVERED:
        notes.append(f"readings cover {covered:.1%} of the window {span.name!r}; the rest is not in the energy")
    return MeteredWindow(
        source=recording.source,
        span=span,
        edges_s=edges,
        parts=parts,
        inside=_part(inside, edges) if inside else None,
        chip=_chip_name(chips, catalog),
        counts=_counts(recording, span, covered >= MIN_COVERED),
        peak_ratio=_peak_ratio(whole, edges),
        notes=(*recording.notes, *notes),
    )


def _counts(recording: Recording, span: NamedSpan, whole: bool) -> dict[str, float]:
    """What was worked on in a window, by the windows inside it that counted; the whole recording's is its run's.

    Where readings cover a part of it (``whole`` is False), that part has done a share that no one knows.
    """
    ours = span.name in ("run", "all")
    counts = {name: value for name, value in recording.counts.items() if ours and (whole or name.endswith("_per_s"))}
    wanted = Stretches(span.name, [(span.begin_s, span.end_s)], True)
    for what in ("tokens", "queries"):
        if whole and (more := counted_in(recording, wanted, what)):
            counts[what] = counts.get(what, 0.0) + more
    return counts


def _sorted_out(seen: Sequence[Series]) -> tuple[list[Series], list[Series], list[Series]]:
    """Chips; those of them in metered machines; and what else counts, each device once."""
    outer_of = outer([s.device for s in seen])
    kinds = {s.device.key: s.device.kind for s in seen}
    chips = counted_once(s for s in seen if ROLES.get(s.device.kind) == "chips")
    inside = [s for s in chips if outer_of[s.device.key] and ROLES.get(kinds[outer_of[s.device.key]]) is None]
    others = counted_once(s for s in seen if ROLES.get(s.device.kind) != "chips")
    return chips, inside, others


def _edges(series: Iterable[Series], span: NamedSpan) -> Array:
    """Bins over what readings cover of the window, none shorter than the slowest sensor's period."""
    lines = [curve(each).time_s for each in series]
    begin = max(span.begin_s, min(float(t[0]) for t in lines))
    end = min(span.end_s, max(float(t[-1]) for t in lines))
    period = max(float(np.median(np.diff(t))) for t in lines)
    bins = int(np.clip((end - begin) / max(period, 1e-9), 1, MAX_BINS))
    return np.linspace(begin, end, bins + 1)


def _part(series: Sequence[Series], edges_s: Array) -> MeteredPart:
    energy = total([within(each, float(edges_s[0]), float(edges_s[-1])) for each in series])
    power = np.asarray(sum(binned_w(each, edges_s) for each in series))
    return MeteredPart(energy, power, tuple(series))


def _peak_ratio(series: Sequence[Series], edges_s: Array) -> float:
    """The highest sum of readings beside the highest bin."""
    period = max(float(np.median(np.diff(curve(each).time_s))) for each in series)
    fine = int(np.clip((edges_s[-1] - edges_s[0]) / max(period, 1e-9), 1, MAX_FINE))
    steps = np.linspace(edges_s[0], edges_s[-1], fine + 1)
    high = float(np.max(np.asarray(sum(binned_w(each, steps) for each in series))))
    low = float(np.max(np.asarray(sum(binned_w(each, edges_s) for each in series))))
    return max(high / low, 1.0) if low > 0 else 1.0


def _chip_name(chips: Sequence[Series], catalog: Catalog) -> str | None:
    """The catalog's name of the chips, where their own names tell one and the same."""
    names = set()
    for series in chips:
        try:
            names.add(catalog.find("chip", series.device.name).name)
        except NotFound:
            return None
    return names.pop() if len(names) == 1 else None
