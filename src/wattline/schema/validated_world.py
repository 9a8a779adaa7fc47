"""The JSON of ``validate world``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item, perhaps


class ValidateWorldInputs(StrictJson):
    """What was validated."""

    leave_out: Literal["country", "company", "source", "edition", "year"] | None = item(
        "What is predicted from the rest; null for outlooks of earlier years."
    )


class ForecastScore(StrictJson):
    """Scores of forecasts beside what came, of the logarithm of TWh; null where there is nothing to score."""

    n: int = item("Number of figures.")
    coverage_percent: float | None = item("Share of them from p5 to p95.")
    crps: float | None = item("Continuous ranked probability score.")
    crps_with_naive: float | None = perhaps("The same of those that have a naive forecast.")
    naive_crps: float | None = item("Score of the naive forecast with a spread.")
    naive_error: float | None = item("Score of the naive forecast as one number.")
    bias_percent: float | None = item("Median of forecast over figure, less 1.")
    median_error_percent: float | None = item("Median size of the error, either way.")


class NamedScore(ForecastScore):
    """Scores of a group."""

    name: str = item("The group.")


class UnseenScore(NamedScore):
    """Scores of a place or company of which no figure is given, and its newest figure."""

    year: int = item("Year of its newest figure.")
    publisher: str = item("Whose figure.")
    twh: float = item("The figure [TWh].")
    range: RangeJson = item("What is predicted of it [TWh].")
    covered: bool = item("Whether p5 to p95 holds it.")


class OriginScore(StrictJson):
    """An outlook of an earlier year."""

    origin: int = item("The year.")
    figures: int = item("Number of figures that were published by its end.")
    series: list[str] = item("Their places and companies.")
    publishers: list[str] = item("Their publishers.")
    score: ForecastScore = item("Scores of all later figures.")
    ahead: ForecastScore = item("Scores of those two and more years ahead.")
    independent_figures: float = item(
        "How many independent figures these are worth, as those of a place or publisher err together."
    )
    right_percent: RangeJson = item("How many of them ranges would hold that are right [%].")


class IdentityRow(StrictJson):
    """A sum that published figures must satisfy."""

    name: str = item("What it is.")
    value: float = item("What follows.")
    published: float = item("The published figure.")
    unit: Literal["TWh", "GW"] = item("Unit of both.")
    off_percent: float = item("How far they differ.")
    tolerance_percent: float = item("How far they may.")
    holds: bool = item("Whether it holds.")


class SensitivityRow(StrictJson):
    """A published case of the American electricity of 2030."""

    name: str = item("The case.")
    change_percent: float = item("Ours.")
    published_percent: float = item("As published.")


class ChipCountRow(StrictJson):
    """AI chips of a year by one source."""

    source: Literal["epoch", "revenue", "wafers"] = item("What they are counted by.")
    quantity: Literal["chips_gw", "ai_twh"] = item(
        "TDP of the chips that shipped [GW], or the electricity of those that stand with their sites' overhead [TWh]."
    )
    year: int = item("The year.")
    range: RangeJson = item("The count; the range is that of the source's facts alone.")


class ScorecardRow(StrictJson):
    """A published forecast of a year that has passed."""

    forecaster: str = item("Whose.")
    published: int = item("When.")
    region: str = item("Of which place.")
    year: int = item("For which year.")
    twh: float = item("The forecast [TWh].")
    came_twh: float = item("What came, as the newest study counts it [TWh].")
    ours_twh: float = item("Our outlook of the same year [TWh].")


class ForecastScorecard(StrictJson):
    """Published forecasts of the past."""

    n: int = item("How many.")
    median_factor: float = item("How far they were off in the middle, as a factor.")
    our_median_factor: float = item("The same of ours.")
    above_share: float = item("Share of them that were too high.")
    rows: list[ScorecardRow] = item("Each.")


class ForecastRow(StrictJson):
    """A figure beside its forecast."""

    series: str = item("The place or company.")
    year: int = item("Its year.")
    published: int = item("Year of its edition.")
    publisher: str = item("Its publisher.")
    origin: int = item("The newest year that the forecast knew.")
    twh: float = item("The figure [TWh].")
    range: RangeJson = item("The forecast [TWh].")
    covered: bool = item("Whether p5 to p95 holds it.")
    crps: float = item("Its score.")
    naive_crps: float | None = item("Score of the naive forecast; null where no earlier figure is known.")
    naive_twh: float | None = item("The naive forecast [TWh]; null where no earlier figure is known.")


class ValidateWorldResults(StrictJson):
    """Forecasts beside what came."""

    score: ForecastScore = item("All.")
    ahead: ForecastScore = item("Two and more years ahead.")
    unseen: ForecastScore | None = item("Countries or companies of which no figure is given; null elsewhere.")
    unseen_series: list[UnseenScore] = item("Each of those countries or companies; empty elsewhere.")
    origins: list[OriginScore] = item("By year of the outlook.")
    series: list[NamedScore] = item("By place or company.")
    left: list[NamedScore] = item("By what was left out.")
    identities: list[IdentityRow] = item("Sums that published figures must satisfy.")
    sensitivities: list[SensitivityRow] = item("Published cases.")
    chips: list[ChipCountRow] = item("AI chips by each source; empty where something is left out.")
    scorecard: ForecastScorecard | None = item("Published forecasts of the past; null where something is left out.")
    rows: list[ForecastRow] = item("Each figure.")


class ValidateWorldJson(EnvelopeJson[ValidateWorldInputs, ValidateWorldResults]):
    """The world's outlook beside what was published."""

    command: Literal["validate world"]
