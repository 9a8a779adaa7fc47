"""The JSON of ``validate supply``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, StrictJson, item
from wattline.schema.validations import ScoreJson, SourceInputs


class ReferenceOptimumJson(StrictJson):
    """A reference problem's optimum beside ours."""

    problem: str = item("Problem, palette and case.")
    cannot: str | None = item("Why it was not solved.")
    published_usd_per_mwh: float = item("Cost, as published.")
    usd_per_mwh: float | None = item("Cost, ours.")
    error: float | None = item("Ours over the published, less 1.")
    capacity_errors: dict[str, float] = item("By capacity, ours less the published, over it (or over 1 MW).")
    gap: float | None = item("Gap of our certificate.")
    solver: str | None = item("What solved it.")


class PublishedTotalJson(StrictJson):
    """A published result whose parts must multiply."""

    case: str = item("Study and case.")
    published: float = item("Total cost, share or cost of a MWh, as published.")
    total: float = item("Cost of a MWh times the demand; the share that its policy names; the zone's price.")
    error: float = item("Their ratio, less 1.")


class SupplyValidationResults(StrictJson):
    """Reference problems and published results."""

    cost: ScoreJson = item("Errors of the cost.")
    capacity: ScoreJson = item("Errors of the capacities.")
    total_cost: ScoreJson = item("Errors of published totals.")
    optima: list[ReferenceOptimumJson] = item("The reference problems.")
    arithmetic: list[PublishedTotalJson] = item("The published results.")


class ValidateSupplyJson(EnvelopeJson[SourceInputs, SupplyValidationResults]):
    """Optima of reference problems beside ours."""

    command: Literal["validate supply"]
