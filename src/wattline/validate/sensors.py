"""``validate sensors``: what NVML read and what Wattline makes of it, beside a hardware meter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.result import Json, Result, envelope
from wattline.meter.energy.corrected import corrected_series, energy_of, good_j
from wattline.meter.gpu_sensor.correct import CorrectedSeries
from wattline.meter.gpu_sensor.model import NOTHING_APART, best_field, generation_of, words_of
from wattline.meter.readings.clean import sorted_out
from wattline.meter.readings.faults import stuck_stretches
from wattline.validate.evidence.sensor_logs import Log, Pair, SensorLogs, find, overlap

LEAVE_OUT = ("card", "generation")
WORSE = 0.005  # of the energy: a correction that is off by so much more than the reading made it worse
SLIDE_S, STEP_S = 2.0, 1.0  # windows that slide over each recording


@dataclass(frozen=True)
class SensorWindow:
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
    def worse(self) -> bool:
        """Whether the correction lies farther off than the reading did."""
        return abs(self.error) > abs(self.raw_error) + WORSE

    @property
    def raw_error(self) -> float:
        return self.raw_j / self.true_j - 1.0

    @property
    def error(self) -> float:
        return self.corrected_j / self.true_j - 1.0

    def json(self) -> dict[str, Any]:
        names = ("name", "begin_s", "end_s", "true_j", "raw_j", "corrected_j")
        errors = {"raw_error": self.raw_error, "corrected_error": self.error, "stated_error": self.stated}
        return (
            {n: getattr(self, n) for n in names}
            | {"in_range": self.inside}
            | {f"{n}_percent": 100 * value for n, value in errors.items()}
        )


@dataclass(frozen=True, eq=False)
class CheckedRecording:
    """One recording: windows by field, the sliding ones apart."""

    pair: Pair
    fields: dict[str, list[SensorWindow]]
    sliding: dict[str, list[SensorWindow]]
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
class StuckSensor:
    """A stretch of a log in which the sensor said one thing."""

    path: str
    field: str
    power_w: float
    seconds: float
    readings: int
    warmed_c: float | None  # how far the temperature moved meanwhile

    def json(self) -> dict[str, Any]:
        names = ("path", "field", "power_w", "readings", "warmed_c")
        return {n: getattr(self, n) for n in names} | {"stuck_s": self.seconds}


@dataclass(frozen=True, eq=False, repr=False)
class SensorsValidation(Result):
    """Everything that was checked; ``source`` names the folder."""

    checked: list[CheckedRecording]
    stuck: list[StuckSensor]
    seen: SensorLogs
    source: str
    left_out: str | None = None

    def json(self) -> Json:
        whole = [w for c in self.checked for windows in c.fields.values() for w in windows]
        sliding = [w for c in self.checked for windows in c.sliding.values() for w in windows]
        results = {
            "logs": len(self.seen.logs),
            "recordings": [c.json() for c in self.checked],
            "cards": self._cards(),
            "stuck": [s.json() for s in self.stuck],
            "summary": {"windows": score(whole), "sliding": score(sliding)},
            "unusable": [{"file": u.file, "why": u.why} for u in self.seen.unusable],
        }
        return envelope("validate sensors", {"source": self.source, "left_out": self.left_out}, results)

    def _cards(self) -> list[dict[str, Any]]:
        """Of each card how far off its readings lie, as read and as corrected, by the field that Wattline goes by."""
        cards: dict[str, list[CheckedRecording]] = {}
        for checked in self.checked:
            cards.setdefault(checked.pair.gpu, []).append(checked)
        return [
            {
                "gpu": gpu,
                "generation": generation_of(gpu) or None,
                "windows": score([w for c in own for w in c.fields[c.best]]),
                "sliding": score([w for c in own for w in c.sliding[c.best]]),
            }
            for gpu, own in cards.items()
        ]


def validate(folder: Path, gpu: str = "", left_out: str | None = None) -> SensorsValidation:
    """Check every recording in the folder and below.

    Parameters
    ----------
    folder: recordings of cards, with a hardware meter beside them or without.
    gpu: name of the card where nothing else says it.
    left_out: "card" or "generation": of each recording's, nothing is known but what others tell.

    Returns
    -------
    Every recording checked, beside what could not be.

    Raises
    ------
    WattlineError where ``left_out`` is neither of the two, or there is no such folder.
    """
    if left_out not in (None, *LEAVE_OUT):
        raise WattlineError(f"--leave-out {left_out!r} is not known; give {' or '.join(LEAVE_OUT)}")
    logs = find(folder, gpu)
    stuck = [s for log in logs.logs for s in stuck_in(log)]
    checked = [check(pair, _apart(pair.gpu, left_out)) for pair in logs.pairs]
    return SensorsValidation(checked, stuck, logs, str(folder), left_out)


def _apart(gpu: str, left_out: str | None) -> frozenset[str]:
    """What is left out for a card: itself by all its names, or its generation."""
    if left_out is None:
        return NOTHING_APART
    return frozenset(words_of(gpu) if left_out == "card" else [generation_of(gpu)])


def check(pair: Pair, apart: frozenset[str] = NOTHING_APART) -> CheckedRecording:
    """Every field of a recording over all of it, its load, its halves, and windows that slide; ``apart``: models of
    cards, or generations, of which nothing is to be known.

    Parameters
    ----------
    pair : a sensor's readings and a hardware meter's of the same time
    apart : models of cards, or generations, of which nothing is to be known

    Returns
    -------
    The recording with each window's joules by both.
    """
    begin, end = overlap(pair)
    spans = [("all", begin, end), ("first half", begin, (begin + end) / 2), ("second half", (begin + end) / 2, end)]
    if pair.load is not None and begin < pair.load[0] < pair.load[1] < end:
        spans.append(("load", *pair.load))
    slide = [(f"{a - begin:.0f} s", float(a), float(a) + SLIDE_S) for a in np.arange(begin, end - SLIDE_S, STEP_S)]
    done = {f: corrected_series(series, apart=apart) for f, series in pair.fields.items()}
    return CheckedRecording(
        pair,
        {f: list(_windows(pair, c, spans)) for f, c in done.items()},
        {f: list(_windows(pair, c, slide)) for f, c in done.items()},
        {f: c.notes for f, c in done.items()},
    )


def _windows(pair: Pair, done: CorrectedSeries, spans: list[tuple[str, float, float]]) -> Iterator[SensorWindow]:
    true = sorted_out(pair.true).series(pair.true)
    for name, begin, end in spans:
        got = energy_of(done, begin, end)
        true_j = good_j(true, begin, end)
        yield SensorWindow(name, begin, end, true_j, got.raw_j, got.energy_j, got.error)


def score(windows: list[SensorWindow]) -> dict[str, Any]:
    """How many windows the stated interval holds, how wide it is, and how far raw and corrected energies lie off."""
    named: dict[str, float | None] = dict.fromkeys(
        ("widest_stated", "median_stated", "median_corrected", "median_raw", "worst_raw", "worst_corrected")
    )
    if windows:
        named = {
            "widest_stated": max(w.stated for w in windows),
            "median_stated": float(np.median([w.stated for w in windows])),
            "median_corrected": float(np.median([abs(w.error) for w in windows])),
            "median_raw": float(np.median([abs(w.raw_error) for w in windows])),
            "worst_raw": max((w.raw_error for w in windows), key=abs),
            "worst_corrected": max((w.error for w in windows), key=abs),
        }
    shares = {f"{name}_error_percent": None if x is None else 100 * x for name, x in named.items()}
    counts = {"windows_in_range": sum(w.inside for w in windows), "worse": sum(w.worse for w in windows)}
    return {"n": len(windows), **counts, **shares}


def stuck_in(log: Log) -> Iterator[StuckSensor]:
    """Stretches in which a field of a log held one value."""
    for field, watts in log.power_w.items():
        good = np.isfinite(watts) & np.isfinite(log.time_s)
        time, warm = log.time_s[good], None if log.temperature_c is None else log.temperature_c[good]
        for stretch in stuck_stretches(time, watts[good]):
            part = None if warm is None else warm[(time >= stretch.begin_s) & (time <= stretch.end_s)]
            moved = None if part is None or not np.isfinite(part).any() else float(np.nanmax(part) - np.nanmin(part))
            yield StuckSensor(str(log.path), field, stretch.power_w, stretch.seconds, stretch.readings, moved)
