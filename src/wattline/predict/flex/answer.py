"""An answer of ``flex``, and what its commands have in common."""

from __future__ import annotations

from dataclasses import dataclass

from wattline.catalog.draws import Draws
from wattline.core.fact import Fact
from wattline.core.result import Json, Result, envelope
from wattline.line.grid.hourly import Hourly


@dataclass(frozen=True, eq=False, repr=False)
class FlexAnswer(Result):
    """An answer of ``flex``, as plain data."""

    command: str
    inputs: Json
    results: Json
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    warnings: tuple[str, ...] = ()
    draws: Draws | None = None

    def json(self) -> Json:
        facts = self.facts if self.draws is None else (*self.facts, *self.draws.used.values())
        return envelope(
            self.command, self.inputs, self.results,
            draws=self.draws, facts=facts, notes=self.notes, warnings=self.warnings,
        )  # fmt: skip


def period_json(series: Hourly) -> Json:
    """The time of a series, as an answer shows it."""
    return {"from_utc": str(series.utc[0]), "steps": len(series.utc), "step_h": series.step_h}
