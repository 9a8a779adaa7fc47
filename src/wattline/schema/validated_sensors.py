"""The JSON of ``validate sensors`` and ``validate site``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, said
from wattline.schema.validations import LeftOutInputs, SourceInputs, UnusableFileJson


class SensorWindowJson(StrictJson):
    """A window of a recording beside a hardware meter."""

    name: str = said("Which.")
    begin_s: float = said("Its beginning, seconds since 1970.")
    end_s: float = said("Its end.")
    true_j: float = said("Joules of the meter.")
    raw_j: float = said("Joules of the sensor as read.")
    corrected_j: float = said("Joules of the sensor as corrected.")
    inside: bool = said("Whether the error stated holds the meter's.")
    raw_error_percent: float = said("Error of the sensor as read.")
    corrected_error_percent: float = said("Error of the sensor as corrected.")
    stated_error_percent: float = said("Error stated.")


class SensorScoreJson(StrictJson):
    """Errors of windows; null where there are none."""

    n: int = said("Windows.")
    inside: int = said("Of them those whose stated error holds the meter's.")
    worse: int = said("Of them those that the correction moved farther off, by 0.5% of the energy or more.")
    widest_stated_error_percent: float | None = said("The widest error stated.")
    median_stated_error_percent: float | None = said("The median error stated.")
    median_corrected_error_percent: float | None = said("Median error of the sensor as corrected.")
    median_raw_error_percent: float | None = said("Median error of the sensor as read.")
    worst_raw_error_percent: float | None = said("Largest error of the sensor as read.")
    worst_corrected_error_percent: float | None = said("Largest error of the sensor as corrected.")


class SensorFieldJson(StrictJson):
    """A field of the sensor's log."""

    windows: list[SensorWindowJson] = said("All of it, its load and its halves.")
    sliding: SensorScoreJson = said("Windows of two seconds that slide over it.")
    notes: list[str] = said("What was done to its readings.")


class CheckedRecordingJson(StrictJson):
    """A recording that has a hardware meter beside it."""

    recording: str = said("Its folder.")
    gpu: str = said("The card.")
    generation: str | None = said("Its generation; null where it is not known.")
    clock_ahead_s: float = said("By how much the log's clock is ahead of the meter's.")
    best_field: str = said("The field that Wattline goes by.")
    fields: dict[str, SensorFieldJson] = said("By field.")


class StuckSensorJson(StrictJson):
    """A stretch in which a sensor said one thing."""

    path: str = said("The log.")
    field: str = said("The field.")
    power_w: float = said("What it said.")
    readings: int = said("How often.")
    warmed_c: float | None = said("How far the temperature moved meanwhile.")
    stuck_s: float = said("For how long.")


class SensorSummaryJson(StrictJson):
    """All recordings together."""

    windows: SensorScoreJson = said("All of each, its load and its halves.")
    sliding: SensorScoreJson = said("Windows of two seconds.")


class SensorsValidationResults(StrictJson):
    """GPUs' own sensors beside a hardware meter."""

    logs: int = said("Logs read.")
    recordings: list[CheckedRecordingJson] = said("Those with a meter beside them.")
    stuck: list[StuckSensorJson] = said("Sensors that were stuck.")
    summary: SensorSummaryJson = said("All recordings together.")
    unusable: list[UnusableFileJson] = said("What was not used.")


class ValidateSensorsJson(EnvelopeJson[LeftOutInputs, SensorsValidationResults]):
    """Energy by a GPU's own sensor, as read and as corrected, beside a hardware meter."""

    command: Literal["validate sensors"]


class SiteScoreJson(StrictJson):
    """How far predictions of sites lie from what was published, in the measure's own unit."""

    n: int = said("Figures compared.")
    mean_absolute_error: float | None = said("Mean of the absolute errors.")
    mean_error: float | None = said("Mean of the signed errors.")
    coverage_percent: float | None = said("How often p5 to p95 holds the published.")


class SiteFigureJson(StrictJson):
    """A published figure beside the predicted one."""

    line: int = said("Its line.")
    operator: str = said("Who runs the site.")
    site: str = said("The site.")
    year: int = said("The year.")
    measure: Literal["pue", "wue"] = said("PUE, or water per IT energy in L/kWh.")
    campus: str = said("The catalog's name of the site.")
    published: float = said("As published.")
    predicted: RangeJson = said("As predicted.")
    error: float = said("Median prediction less published.")
    covered: bool = said("Whether p5 to p95 holds the published.")


class ExcludedFigureJson(StrictJson):
    """A figure that was not compared."""

    line: int = said("Its line.")
    operator: str = said("Who runs the site.")
    site: str = said("The site.")
    year: int = said("The year.")
    pue: float | None = said("PUE as published.")
    wue_l_per_kwh: float | None = said("Water per IT energy as published.")
    why: str = said("Why it was not compared.")


class SiteValidationResults(StrictJson):
    """Published PUE and WUE beside the predicted."""

    scores: dict[Literal["pue", "wue"], SiteScoreJson] = said("By measure.")
    groups: dict[Literal["pue", "wue"], dict[str, SiteScoreJson]] = said("By measure, by operator.")
    rows: list[SiteFigureJson] = said("The figures.")
    excluded: list[ExcludedFigureJson] = said("Figures that were not compared.")


class ValidateSiteJson(EnvelopeJson[SourceInputs, SiteValidationResults]):
    """Published PUE and WUE of data centres beside those predicted."""

    command: Literal["validate site"]
