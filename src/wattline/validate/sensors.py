"""``validate sensors``: what NVML read and what Wattline makes of it, beside a hardware meter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.meter.energy.corrected import corrected, energy_of, good_j
from wattline.meter.gpu_sensor.correct import Corrected
from wattline.meter.gpu_sensor.model import best_field, generation_of
from wattline.meter.readings.clean import sorted_out
from wattline.meter.readings.faults import stuck_stretches
from wattline.validate.evidence.sensor_logs import Found, Log, Pair, find, overlap

SLIDE_S, STEP_S = 2.0, 1.0  # windows that slide over each recording


@dataclass(frozen=True)
class Window:
    """One field over one window: energies in J, and the stated relative error of the corrected one."""

    name: str
    begin_s: float
    end_s: float
    true_j: float
    raw_j: float
    corrected_j: float
    stated: float

    @property
    def inside(self) -> bool:
        """Whether the stated interval holds the truth."""
        return abs(self.true_j - self.corrected_j) <= self.stated * self.corrected_j

    @property
    def raw_error(self) -> float:
        return self.raw_j / self.true_j - 1.0

    @property
    def error(self) -> float:
        return self.corrected_j / self.true_j - 1.0

    def json(self) -> dict[str, Any]:
        names = ("name", "begin_s", "end_s", "true_j", "raw_j", "corrected_j", "raw_error", "error", "stated", "inside")
        return {n: getattr(self, n) for n in names}


@dataclass(frozen=True, eq=False)
class Checked:
    """One recording: windows by field, the sliding ones apart."""

    pair: Pair
    fields: dict[str, list[Window]]
    sliding: dict[str, list[Window]]
    notes: dict[str, tuple[str, ...]]

    @property
    def best(self) -> str:
        """The field that Wattline would go by."""
        return best_field(self.pair.gpu, self.fields)

    def json(self) -> dict[str, Any]:
        return {
            "recording": self.pair.name,
            "gpu": self.pair.gpu,
            "generation": generation_of(self.pair.gpu) or None,
            "clock_ahead_s": self.pair.ahead_s,
            "best_field": self.best,
            "fields": {
                f: {
                    "windows": [w.json() for w in windows],
                    "sliding": score(self.sliding[f]),
                    "notes": list(self.notes[f]),
                }
                for f, windows in self.fields.items()
            },
        }


@dataclass(frozen=True)
class Stuck:
    """A stretch of a log in which the sensor said one thing."""

    path: str
    field: str
    power_w: float
    seconds: float
    readings: int
    warmed_c: float | None  # how far the temperature moved meanwhile

    def json(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass(frozen=True, eq=False)
class Sensors:
    """Everything that was checked."""

    checked: list[Checked]
    stuck: list[Stuck]
    found: Found

    def json(self) -> dict[str, Any]:
        whole = [w for c in self.checked for windows in c.fields.values() for w in windows]
        sliding = [w for c in self.checked for windows in c.sliding.values() for w in windows]
        return {
            "command": "validate sensors",
            "recordings": [c.json() for c in self.checked],
            "stuck": [s.json() for s in self.stuck],
            "summary": {"windows": score(whole), "sliding": score(sliding)},
            "unusable": [dict(u.__dict__) for u in self.found.unusable],
        }


def validate(folder: Path, gpu: str = "") -> Sensors:
    """Check every recording in the folder and below; ``gpu`` names the card where nothing else does."""
    found = find(folder, gpu)
    return Sensors([check(p) for p in found.pairs], [s for log in found.logs for s in stuck_in(log)], found)


def check(pair: Pair) -> Checked:
    """Every field of a recording over all of it, its load, its halves, and windows that slide."""
    begin, end = overlap(pair)
    spans = [("all", begin, end), ("first half", begin, (begin + end) / 2), ("second half", (begin + end) / 2, end)]
    if pair.load is not None and begin < pair.load[0] < pair.load[1] < end:
        spans.append(("load", *pair.load))
    slide = [(f"{a - begin:.0f} s", float(a), float(a) + SLIDE_S) for a in np.arange(begin, end - SLIDE_S, STEP_S)]
    done = {f: corrected(series) for f, series in pair.fields.items()}
    return Checked(
        pair,
        {f: list(_windows(pair, c, spans)) for f, c in done.items()},
        {f: list(_windows(pair, c, slide)) for f, c in done.items()},
        {f: c.notes for f, c in done.items()},
    )


def _windows(pair: Pair, done: Corrected, spans: list[tuple[str, float, float]]) -> Iterator[Window]:
    true = sorted_out(pair.true).series(pair.true)
    for name, begin, end in spans:
        got = energy_of(done, begin, end)
        true_j = good_j(true, begin, end)
        yield Window(name, begin, end, true_j, got.raw_j, got.energy_j, got.error)


def score(windows: list[Window]) -> dict[str, Any]:
    """How many windows the stated interval holds, how wide it is, and how far raw and corrected energies lie off."""
    if not windows:
        return {"n": 0}
    return {
        "n": len(windows),
        "inside": sum(w.inside for w in windows),
        "widest": max(w.stated for w in windows),
        "median_stated": float(np.median([w.stated for w in windows])),
        "median_abs_error": float(np.median([abs(w.error) for w in windows])),
        "median_abs_raw_error": float(np.median([abs(w.raw_error) for w in windows])),
        "worst_raw_error": max((w.raw_error for w in windows), key=abs),
        "worst_error": max((w.error for w in windows), key=abs),
    }


def stuck_in(log: Log) -> Iterator[Stuck]:
    """Stretches in which a field of a log held one value."""
    for field, watts in log.power_w.items():
        good = np.isfinite(watts) & np.isfinite(log.time_s)
        time, warm = log.time_s[good], None if log.temperature_c is None else log.temperature_c[good]
        for held in stuck_stretches(time, watts[good]):
            part = None if warm is None else warm[(time >= held.begin_s) & (time <= held.end_s)]
            moved = None if part is None or not np.isfinite(part).any() else float(np.nanmax(part) - np.nanmin(part))
            yield Stuck(str(log.path), field, held.power_w, held.seconds, held.readings, moved)
