"""``Answer``: what a question to the line gives back: the bill, the load, every intermediate, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws, what_matters
from wattline.core.bill import PARTS, STATIONS, WHOLES, Bill
from wattline.core.errors import NotFound
from wattline.core.fact import Array, Fact
from wattline.core.load import Load
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.core.units import J_PER_WH
from wattline.line.world.equivalents import Equivalent, equivalents


@dataclass(frozen=True, eq=False)
class Reason:
    """One step of the working: a name, the formula, what came out, in what unit, and where on the line."""

    name: str
    formula: str
    value: Array
    unit: str
    station: str

    def json(self) -> dict[str, Any]:
        head = {"name": self.name, "formula": self.formula, "value": plain_value(self.value)}
        return head | {"unit": self.unit, "station": self.station}


def plain_value(value: Array) -> float | dict[str, float]:
    """A range for draws, a number for what is exact."""
    return float(value) if np.ndim(value) == 0 else Range.of(value).json()


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Result):
    """The answer to one job.

    ``bill`` and ``load`` (at the grid) carry all draws; ``quantities`` holds the named results with their unit in the
    name (``mfu``, ``chip_hours``, ``ttft_s``); ``reasons`` every step of the working. All draws of ``load`` share one
    window of time, as long as the longest of them; ``range("mean_w")`` is the mean power over each draw's own duration.
    ``basis`` tells for each part of a measured bill whether it was measured, derived from what was, or estimated.
    ``warnings`` are what the user should mind, ``notes`` what is said beside; ``more`` are further results, plain data.
    """

    command: str
    title: str
    inputs: Mapping[str, Any]
    bill: Bill
    load: Load
    peak_w: Array
    duration_s: Array
    quantities: Mapping[str, Array]
    reasons: tuple[Reason, ...]
    draws: Draws
    name: str = ""
    warnings: tuple[str, ...] = field(default=())
    basis: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=())
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def energy_j(self) -> Array:
        return self.bill.energy_j

    @cached_property
    def matters(self) -> list[tuple[Fact, float]]:
        """The facts that move the energy most, with their rank correlation."""
        return what_matters(self.draws, self.energy_j)

    @cached_property
    def equivalents(self) -> list[Equivalent]:
        return equivalents(self.energy_j, self.bill.follows["co2e_kg"], self.draws)

    def range(self, name: str) -> Range:
        """The range of any result: ``energy_wh``, ``duration_s``, a quantity, or what followed (``cost_usd``). Raises
        NotFound for a name that the answer has not."""
        figures = self.figures()
        if name not in figures:
            raise NotFound("result", name, figures, f"known: {', '.join(figures)}")
        return Range.of(figures[name])

    def figures(self) -> dict[str, Array]:
        """Every result of which there are draws, by name."""
        head = {
            "duration_s": self.duration_s,
            "energy_wh": self.energy_j / J_PER_WH,
            "mean_w": self.energy_j / self.duration_s,
            "peak_w": self.peak_w,
        }
        return head | dict(self.bill.follows) | dict(self.quantities)

    def saved_load(self) -> Load:
        """The mean over the draws."""
        load = self.load
        mean = Load(load.point, load.start, load.step_s, np.atleast_2d(load.power_w).mean(axis=0))
        return mean.with_draws(self.energy_j)

    def results(self) -> Json:
        """Everything that the answer says, as plain data."""
        bill = self.bill.json()
        return {
            "title": self.title,
            **{name: Range.of(value).json() for name, value in self.figures().items()},
            "energy_mean_wh": bill["energy_mean_wh"],
            **({"signals": bill["signals"]} if "signals" in bill else {}),
            "stations": stations_json(self.bill, self.duration_s),
            "parts": {
                name: part | ({"basis": self.basis[name]} if name in self.basis else {})
                for name, part in bill["parts"].items()
            },
            "equivalents": [e.json() for e in self.equivalents],
            "matters": matters_json(self.matters),
            "steps": [reason.json() for reason in self.reasons],
            **self.more,
        }

    def job(self) -> Json:
        """The answer as one of a run's jobs, whose draws and facts stand in the run."""
        head = {"name": self.name, "command": self.command, "inputs": dict(self.inputs)}
        return head | {"results": self.results()}

    def json(self) -> Json:
        return envelope(
            self.command, self.inputs, self.results(), draws=self.draws, notes=self.notes, warnings=self.warnings
        )


def stations_json(bill: Bill, duration_s: Array | None = None) -> dict[str, Any]:
    """Energy, and mean power where the duration is one, that passed each station that any part is known of.

    Parameters
    ----------
    bill : energy by part [J]
    duration_s : of the job, scalar or ``(n_draws,)`` [s]; None where it has none

    Returns
    -------
    Ranges by station, as plain data.
    """
    first = min(STATIONS.index(PARTS[part][0]) for part in bill.parts)
    # of what a whole holds, how much passed the stations nearer the chip is not known
    first = max([first, *(STATIONS.index(PARTS[part][0]) for part in bill.parts if part in WHOLES)])
    stations = {}
    for station in STATIONS[first:]:
        energy = bill.at(station)
        stations[station] = {"energy_wh": Range.of(energy / J_PER_WH).json()}
        if duration_s is not None:
            stations[station]["mean_w"] = Range.of(energy / duration_s).json()
    return stations


def matters_json(matters: list[tuple[Fact, float]]) -> list[dict[str, Any]]:
    """The facts that matter as plain data, with their range."""
    rows = []
    for fact, correlation in matters:
        row: dict[str, Any] = {"fact": fact.key, "name": fact.name, "rank_correlation": correlation}
        rows.append(row | {k: getattr(fact, k) for k in ("value", "low", "high", "unit")})
    return rows


class Working:
    """Collects the reasons as a question is worked through."""

    def __init__(self) -> None:
        self.reasons: list[Reason] = []

    def note(self, station: str, name: str, formula: str, value: Any, unit: str) -> Array:
        """Write one step down and hand its value on.

        Parameters
        ----------
        station : of the line to which it belongs
        name : of the step, for people
        formula : how it was worked out, in words
        value : a number or ``(n_draws,)``
        unit : of the value

        Returns the value, as an array.
        """
        array = np.asarray(value, float)
        self.reasons.append(Reason(name, formula, array, unit, station))
        return array
