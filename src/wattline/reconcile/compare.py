"""``compare``: a job's prediction beside its measurement, part by part and by cause, at what the meters saw."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.bill import PARTS
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import show
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.core.units import J_PER_WH
from wattline.line.chip.device import load_chip
from wattline.meter.recording import Recording
from wattline.reconcile.causes import Cause, MeteredGroup, causes
from wattline.reconcile.metered import MACHINES, MeteredWindow, drawn_j, metered_window
from wattline.reconcile.parts import chips_of
from wattline.reconcile.predicted import Prediction, pick
from wattline.scenario.run import ScenarioRun, run

WHOLE = 0.5  # of the shortest time that a job is predicted to take: a recording of less is one of a part of it
CHIPS = ("chip_active", "prefill", "decode", "chip_idle")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """A prediction and a measurement of the same; ``groups`` are what both know, ``causes`` why they differ.

    ``part``: the measurement is of a part of the job, as long a part of which ``predicted`` is.
    """

    predicted: Prediction
    seen: MeteredWindow
    groups: tuple[MeteredGroup, ...]
    causes: tuple[Cause, ...]
    chips: float | None
    draws: Draws
    scenario: str
    job: str = ""
    warnings: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())
    part: bool = False

    @property
    def predicted_j(self) -> Array:
        return np.asarray(sum(group.predicted_j for group in self.groups))

    @property
    def measured_j(self) -> Array:
        return np.asarray(sum(group.measured_j for group in self.groups))

    @property
    def unmeasured(self) -> dict[str, Array]:
        """Parts that the prediction has and no meter saw."""
        metered = {part for group in self.groups for part in group.parts}
        return {part: joules for part, joules in self.predicted.parts.items() if part not in metered}

    def compared(self) -> dict[str, tuple[Array, Array]]:
        """Measured and predicted by name, where both are known."""
        seconds, work = np.asarray(self.seen.duration_s), self.predicted.work
        energy = (self.measured_j, self.predicted_j)
        power = (energy[0] / seconds, energy[1] / self.predicted.duration_s)
        pairs = {
            "energy_wh": (energy[0] / J_PER_WH, energy[1] / J_PER_WH),
            "duration_s": (seconds, self.predicted.duration_s),
            "mean_w": power,
        }
        if self.predicted.chips is not None and self.chips is not None:
            pairs["w_per_chip"] = (power[0] / self.chips, power[1] / self.predicted.chips)
        if work is not None:
            done = self._done(work)
            name = "joules_per_token" if work[0] == "tokens" else "joules_per_query"
            pairs[name] = (energy[0] / done, energy[1] / work[1])
            if self.predicted.mfu is not None and self.predicted.chips is not None and self.chips is not None:
                speed = done / work[1] * self.predicted.duration_s / seconds * self.predicted.chips / self.chips
                pairs["mfu"] = (np.asarray(np.mean(self.predicted.mfu * speed)), self.predicted.mfu)
        return {name: (np.asarray(m), np.asarray(p)) for name, (m, p) in pairs.items()}

    def _done(self, work: tuple[str, float]) -> float:
        recorded = self.seen.done
        return recorded[1] if recorded is not None and recorded[0] == work[0] else work[1]

    def figures(self) -> dict[str, Array]:
        """What was predicted, at what the meters saw."""
        return {name: predicted for name, (_, predicted) in self.compared().items()}

    def results(self) -> Json:
        """Measured beside predicted, part by part and by cause, as plain data."""
        return {
            "title": self.predicted.title,
            "measurement": {
                "source": self.seen.source,
                "window": self.seen.span.name,
                "devices": {role: part.devices for role, part in self.seen.parts.items()},
            },
            "compared": {name: _beside(m, p) for name, (m, p) in self.compared().items()},
            "causes": [_cause(cause) for cause in self.causes],
            "together": _cause(
                Cause("together", self.measured_j / self.predicted_j, self.measured_j - self.predicted_j)
            ),
            "parts": self._parts(),
            # a measured PUE needs a meter of the whole site beside those of its machines
            "pue": {
                "measured": None,
                "predicted": None if self.predicted.pue is None else Range.of(self.predicted.pue).json(),
            },
        }

    def json(self) -> Json:
        inputs = {"scenario": self.scenario, "job": self.job or None, "recording": self.seen.source}
        return envelope(
            "compare", inputs | {"window": self.seen.span.name}, self.results(), draws=self.draws, notes=self.notes,
            warnings=self.warnings,
        )  # fmt: skip

    def _parts(self) -> list[dict[str, Any]]:
        rows = [
            {
                "name": group.name,
                "parts": list(group.parts),
                "measured_wh": Range.of(group.measured_j / J_PER_WH).json(),
                "predicted_wh": Range.of(group.predicted_j / J_PER_WH).json(),
                "measured_mean_wh": float(np.mean(group.measured_j)) / J_PER_WH,
                "predicted_mean_wh": float(np.mean(group.predicted_j)) / J_PER_WH,
            }
            for group in self.groups
        ]
        for part, joules in self.unmeasured.items():
            if not np.any(joules):
                continue  # nothing was predicted of it either
            rows.append(
                {
                    "name": PARTS[part][1],
                    "parts": [part],
                    "measured_wh": None,
                    "predicted_wh": Range.of(joules / J_PER_WH).json(),
                    "measured_mean_wh": None,
                    "predicted_mean_wh": float(np.mean(joules)) / J_PER_WH,
                }
            )
        return rows


def _beside(measured: Array, predicted: Array) -> dict[str, Any]:
    """A measured figure beside the predicted: both ranges, and where among the predictions the measured lies."""
    middle, range_ = float(np.median(measured)), Range.of(predicted)
    exact = np.ndim(predicted) == 0 or float(np.ptp(predicted)) <= 1e-12 * abs(range_.p50)
    return {
        "measured": Range.of(measured).json(),
        "predicted": range_.json(),
        "ratio": middle / range_.p50 if range_.p50 else None,
        "in_range": None if exact else bool(range_.p5 <= middle <= range_.p95),
        "percentile": None if exact else float(np.mean(predicted < middle) * 100),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    """Ratios by their geometric mean, which multiply; energies by their mean, which add."""
    return {
        "name": cause.name,
        "ratio": float(np.exp(np.mean(np.log(np.maximum(cause.ratio, 1e-300))))),
        "adds_mean_wh": float(np.mean(cause.adds_j)) / J_PER_WH,
        "adds_wh": Range.of(cause.adds_j / J_PER_WH).json(),
    }


def compare(
    scenario: Path | str | ScenarioRun,
    recorded: Recording | MeteredWindow,
    *,
    job: str | None = None,
    window: str | None = None,
    draws: int | None = None,
    seed: int | None = None,
    facts: CatalogLike = None,
) -> Comparison:
    """Hold a scenario, or one job of it, against a measurement's window.

    Parameters
    ----------
    scenario : its file, or a run of it
    recorded : a recording, or a window of one
    job : name of one job; None for the only one, or for all together
    window : of the recording: run, all, a window's name, or FROM..TO
    draws, seed : in place of the file's own
    facts : a catalog, or your own file or files of facts

    Returns the figures beside each other, with the causes of their difference. Raises WattlineError on bad input.
    """
    worked = scenario if isinstance(scenario, ScenarioRun) else run(scenario, draws, seed, facts=facts)
    predicted, name = pick(worked, job)
    seen = recorded if isinstance(recorded, MeteredWindow) else metered_window(recorded, window, worked.draws.catalog)
    part = _part_of(predicted, seen)
    predicted = predicted.during(seen.duration_s) if part else predicted
    groups = _groups(predicted, seen, worked.draws)
    chips = _chips(predicted, seen, worked.draws)
    ratios, warnings = _common(predicted, seen, chips)
    power = "watts per chip" if "chips metered" in ratios else "watts"
    return Comparison(
        predicted=predicted,
        seen=seen,
        groups=tuple(groups),
        causes=tuple(causes(groups, ratios, power)),
        chips=chips,
        draws=worked.draws,
        scenario=str(worked.path),
        job=name,
        warnings=(*part, *seen.notes, *warnings),
        part=bool(part),
    )


def _part_of(predicted: Prediction, seen: MeteredWindow) -> list[str]:
    """What is to be said where a recording is of a part of the job: it lasts far less than the job can, and does not
    tell how much of it was done. Empty where it is of the whole."""
    recorded = seen.done
    if recorded is not None and predicted.work is not None and recorded[0] == predicted.work[0]:
        return []
    least_s = float(np.percentile(predicted.duration_s, 5))
    if seen.duration_s >= WHOLE * least_s:
        return []
    lasted, wanted = show(seen.duration_s, "s"), show(float(np.median(predicted.duration_s)), "s")
    return [
        f"the recording lasts {lasted} of the job's {wanted}, and does not tell how much was done: taken for a part of "
        "the job, and held against as long a part of the prediction"
    ]


def _groups(predicted: Prediction, seen: MeteredWindow, draws: Draws) -> list[MeteredGroup]:
    """What meters saw, as the prediction's parts have it."""
    chips = tuple(part for part in CHIPS if part in predicted.parts)
    pairs: list[tuple[str, tuple[str, ...], Array]] = []
    facts = {role: drawn_j(part, role, seen.source, draws) for role, part in seen.parts.items()}
    if MACHINES in seen.parts and seen.inside is not None:
        scale = facts["chips"] / seen.parts["chips"].energy.energy_j
        within = scale * seen.inside.energy.energy_j
        pairs.append(("chips", chips, facts["chips"]))
        pairs.append(("hosts", ("host",), np.maximum(facts[MACHINES] - within, 0.0)))
    elif MACHINES in seen.parts:
        bare = facts["chips"] if "chips" in seen.parts else 0.0
        pairs.append(("chips and hosts", (*chips, "host"), np.asarray(facts[MACHINES] + bare)))
    elif "chips" in seen.parts:
        pairs.append(("chips", chips, facts["chips"]))
    if "switches" in seen.parts:
        pairs.append(("network", ("network",), facts["switches"]))
    if not any(parts for _, parts, _ in pairs if parts != ("network",)):
        raise WattlineError(
            f"{seen.source or 'the recording'}: neither chips nor whole machines were metered; "
            "there is nothing to hold the prediction against"
        )
    return [
        MeteredGroup(name, parts, np.asarray(sum(predicted.parts[part] for part in parts)), np.asarray(joules))
        for name, parts, joules in pairs
    ]


def _chips(predicted: Prediction, seen: MeteredWindow, draws: Draws) -> float | None:
    """Chips that were metered; machines hold as many as the scenario's chip has in its usual server."""
    if predicted.chip is None:
        return None
    count = chips_of(seen, load_chip(predicted.chip, draws.central()))
    return None if count is None else float(count)


def _common(predicted: Prediction, seen: MeteredWindow, chips: float | None) -> tuple[dict[str, Array], list[str]]:
    """Ratios of work, time per work and chips; and what could not be told."""
    warnings = []
    ratios: dict[str, Array] = {}
    time = np.asarray(seen.duration_s / predicted.duration_s)
    recorded = seen.done
    if predicted.work is not None and recorded is not None and recorded[0] == predicted.work[0]:
        what = predicted.work[0]
        ratios[f"{what} done"] = np.asarray(recorded[1] / predicted.work[1])
        ratios[f"time per {'token' if what == 'tokens' else 'query'}"] = time / ratios[f"{what} done"]
    else:
        ratios["time"] = time
        if predicted.work is not None:
            work_name = predicted.work[0]
            warnings.append(
                f"the recording does not say how many {work_name} were done; taken to be what the job asks for"
            )
    if chips is not None and predicted.chips is not None:
        ratios["chips metered"] = np.asarray(chips / predicted.chips)
    if seen.chip is not None and predicted.chip is not None and seen.chip != predicted.chip:
        warnings.append(f"the chips metered are {seen.chip}, the scenario's are {predicted.chip}")
    if MACHINES in seen.parts and "chips" in seen.parts and seen.inside is None:
        warnings.append("chips of hosts without a meter were metered too; they are in the sum without their hosts")
    if "cpus" in seen.parts:
        warnings.append(
            "CPUs and memory were metered apart; they are not the whole of the hosts, and are left out here"
        )
    return ratios, warnings
