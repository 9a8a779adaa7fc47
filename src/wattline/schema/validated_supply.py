"""The JSON of ``validate supply``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item
from wattline.schema.validations import ScoreJson


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
    published: float = item("Total cost, share, cost of a MWh or headroom, as published.")
    total: float = item("Cost of a MWh times the demand; its policy's share; the zone's price; our headroom.")
    error: float = item("Their ratio, less 1.")


class SupplyValidationInputs(StrictJson):
    """Where the references are, and what made hours had not seen."""

    source: str = item("The folder.")
    left_out: Literal["year", "region"] | None = item("What the fit of made hours left out; null for the optima.")


class MadeFigureJson(StrictJson):
    """A figure of a true year beside that of made ones."""

    true: float = item("Of the true hours.")
    made_value: RangeJson = item("Of the made years.")


class MadeYearJson(StrictJson):
    """A year of a region, which the fit had not seen."""

    region: str = item("The region.")
    year: int = item("The year.")
    left_out: str = item("The year or region that was left out.")
    compared_figures: dict[str, MadeFigureJson] = item(
        "Means, correlations, droughts [h], and plans sized on the hours, by name."
    )


class MadeScoreJson(StrictJson):
    """How a figure of made years compares with that of true ones."""

    figure: str = item("Its name.")
    n: int = item("Years compared.")
    true: float = item("Mean of the true figures.")
    made_value: float = item("Mean of the made years' medians.")
    mean_absolute_difference: float = item("Mean of what lies between the two.")
    coverage_percent: float = item("Share of years whose true figure lies inside p5 to p95 of the made ones.")


class SupplyValidationResults(StrictJson):
    """Reference problems and published results."""

    cost: ScoreJson = item("Errors of the cost.")
    capacity: ScoreJson = item("Errors of the capacities.")
    total_cost: ScoreJson = item("Errors of published totals.")
    optima: list[ReferenceOptimumJson] = item("The reference problems.")
    arithmetic: list[PublishedTotalJson] = item("The published results.")
    made_hours: list[MadeYearJson] = item("Made hours beside true ones; empty without --leave-out.")
    made_scores: list[MadeScoreJson] = item("The same by figure.")


class ValidateSupplyJson(EnvelopeJson[SupplyValidationInputs, SupplyValidationResults]):
    """Optima of reference problems beside ours."""

    command: Literal["validate supply"]
