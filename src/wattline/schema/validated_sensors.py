"""The JSON of ``validate sensors`` and ``validate site``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item
from wattline.schema.validations import LeftOutInputs, UnusableFileJson


class SensorWindowJson(StrictJson):
    """A window of a recording beside a hardware meter."""

    name: str = item("Which.")
    begin_s: float = item("Its beginning, seconds since 1970.")
    end_s: float = item("Its end.")
    true_j: float = item("Joules of the meter.")
    raw_j: float = item("Joules of the sensor as read.")
    corrected_j: float = item("Joules of the sensor as corrected.")
    in_range: bool = item("Whether the error stated holds the meter's.")
    raw_error_percent: float = item("Error of the sensor as read.")
    corrected_error_percent: float = item("Error of the sensor as corrected.")
    stated_error_percent: float = item("Error stated.")


class SensorScoreJson(StrictJson):
    """Errors of windows; null where there are none."""

    n: int = item("Windows.")
    windows_in_range: int = item("Of them those whose stated error holds the meter's.")
    worse: int = item("Of them those that the correction moved farther off, by 0.5% of the energy or more.")
    widest_stated_error_percent: float | None = item("The widest error stated.")
    median_stated_error_percent: float | None = item("The median error stated.")
    median_corrected_error_percent: float | None = item("Median error of the sensor as corrected.")
    median_raw_error_percent: float | None = item("Median error of the sensor as read.")
    worst_raw_error_percent: float | None = item("Largest error of the sensor as read.")
    worst_corrected_error_percent: float | None = item("Largest error of the sensor as corrected.")


class SensorFieldJson(StrictJson):
    """A field of the sensor's log."""

    windows: list[SensorWindowJson] = item("All of it, its load and its halves.")
    sliding: SensorScoreJson = item("Windows of two seconds that slide over it.")
    notes: list[str] = item("What was done to its readings.")


class CheckedRecordingJson(StrictJson):
    """A recording that has a hardware meter beside it."""

    recording: str = item("Its folder.")
    gpu: str = item("The card.")
    generation: str | None = item("Its generation; null where it is not known.")
    clock_ahead_s: float = item("By how much the log's clock is ahead of the meter's.")
    best_field: str = item("The field that Wattline goes by.")
    fields: dict[str, SensorFieldJson] = item("By field.")


class StuckSensorJson(StrictJson):
    """A stretch in which a sensor said one thing."""

    path: str = item("The log.")
    field: str = item("The field.")
    power_w: float = item("What it said.")
    readings: int = item("How often.")
    warmed_c: float | None = item("How far the temperature moved meanwhile.")
    stuck_s: float = item("For how long.")


class SensorCardJson(StrictJson):
    """A card's windows, by the field that Wattline goes by."""

    gpu: str = item("The card.")
    generation: str | None = item("Its generation; null where it is not known.")
    windows: SensorScoreJson = item("All of each recording, its load and its halves.")
    sliding: SensorScoreJson = item("Windows of two seconds.")


class SensorSummaryJson(StrictJson):
    """All recordings together."""

    windows: SensorScoreJson = item("All of each, its load and its halves.")
    sliding: SensorScoreJson = item("Windows of two seconds.")


class SensorsValidationResults(StrictJson):
    """GPUs' own sensors beside a hardware meter."""

    logs: int = item("Logs read.")
    recordings: list[CheckedRecordingJson] = item("Those with a meter beside them.")
    cards: list[SensorCardJson] = item("Each card's errors as read and as corrected.")
    stuck: list[StuckSensorJson] = item("Sensors that were stuck.")
    summary: SensorSummaryJson = item("All recordings together.")
    unusable: list[UnusableFileJson] = item("What was not used.")


class ValidateSensorsJson(EnvelopeJson[LeftOutInputs, SensorsValidationResults]):
    """Energy by a GPU's own sensor, as read and as corrected, beside a hardware meter."""

    command: Literal["validate sensors"]


class SiteScoreJson(StrictJson):
    """How far predictions of sites lie from what was published, in the measure's own unit."""

    n: int = item("Figures compared.")
    mean_absolute_error: float | None = item("Mean of the absolute errors.")
    mean_error: float | None = item("Mean of the signed errors.")
    coverage_percent: float | None = item("How often p5 to p95 holds the published.")


class SiteFigureJson(StrictJson):
    """A published figure beside the predicted one."""

    line: int = item("Its line.")
    operator: str = item("Who runs the site.")
    site: str = item("The site.")
    year: int = item("The year.")
    measure: Literal["pue", "wue"] = item("PUE, or water per IT energy in L/kWh.")
    campus: str = item("The catalog's name of the site.")
    published: float = item("As published.")
    predicted: RangeJson = item("As predicted.")
    error: float = item("Median prediction less published.")
    covered: bool = item("Whether p5 to p95 holds the published.")


class ExcludedFigureJson(StrictJson):
    """A figure that was not compared."""

    line: int = item("Its line.")
    operator: str = item("Who runs the site.")
    site: str = item("The site.")
    year: int = item("The year.")
    pue: float | None = item("PUE as published.")
    wue_l_per_kwh: float | None = item("Water per IT energy as published.")
    why: str = item("Why it was not compared.")


class SiteValidationResults(StrictJson):
    """Published PUE and WUE beside the predicted."""

    scores: dict[Literal["pue", "wue"], SiteScoreJson] = item("By measure.")
    groups: dict[Literal["pue", "wue"], dict[str, SiteScoreJson]] = item("By measure, by operator.")
    rows: list[SiteFigureJson] = item("The figures.")
    excluded: list[ExcludedFigureJson] = item("Figures that were not compared.")


class ValidateSiteJson(EnvelopeJson[LeftOutInputs, SiteValidationResults]):
    """Published PUE and WUE of data centres beside those predicted."""

    command: Literal["validate site"]
