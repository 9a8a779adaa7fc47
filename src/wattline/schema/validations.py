"""The JSON of the validations: ``validate training``, ``steps``, ``inference``, ``kernels`` and the others."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, said


class ScoreJson(StrictJson):
    """How far predictions lie from what was measured; null where it cannot be told."""

    n: int = said("How many were compared.")
    mean_error_percent: float | None = said("Mean of the absolute relative errors.")
    median_error_percent: float | None = said("Their median.")
    p90_error_percent: float | None = said("Their 90th percentile.")
    bias_percent: float | None = said("Mean of the signed relative errors.")
    median_bias_percent: float | None = said("Their median.")
    coverage_percent: float | None = said("How often p5 to p95 of the prediction holds what was measured.")


class SourceInputs(StrictJson):
    """What was compared with."""

    source: str = said("The file or folder.")


class LeftOutInputs(SourceInputs):
    """What was compared with, and what fits had not seen."""

    left_out: str | None = said("What the fit of each row had not seen; null for the fit as shipped.")


class InferenceInputs(LeftOutInputs):
    """What was compared with, what fits had not seen, and by what scores are grouped."""

    by: str | None = said("By what scores are grouped.")


class NoInputs(StrictJson):
    """Nothing is asked."""


class UnusableFileJson(StrictJson):
    """A file, or a part of one, that was not used."""

    file: str = said("The file.")
    why: str = said("Why it was not used.")


class UnusableRowJson(StrictJson):
    """A row that was not used."""

    line: int = said("Its line.")
    row: str = said("What it is of.")
    why: str = said("Why it was not used.")


class ChipHoursRowJson(StrictJson):
    """Chip-hours of a published run."""

    row: str = said("The run.")
    group: str = said("What the fits had seen of it.")
    published_chip_hours: float | None = said("As published.")
    predicted_chip_hours: RangeJson | None = said("As predicted.")
    error_percent: float | None = said("Relative error of the median prediction.")
    covered: bool | None = said("Whether p5 to p95 holds the published.")
    why: str | None = said("Why it is not usable.")


class EnergyRowJson(StrictJson):
    """Energy of a published run, from its own chip-hours."""

    row: str = said("The run.")
    group: str = said("What the fits had seen of it.")
    published_energy_wh: float | None = said("As published.")
    predicted_energy_wh: RangeJson | None = said("As predicted.")
    error_percent: float | None = said("Relative error of the median prediction.")
    covered: bool | None = said("Whether p5 to p95 holds the published.")
    why: str | None = said("Why it is not usable.")


class TrainingScoresJson(StrictJson):
    """Scores of both measures."""

    chip_hours: ScoreJson = said("Of chip-hours, from model, tokens and hardware.")
    energy: ScoreJson = said("Of energy, from the row's chip-hours.")


class TrainingRowsJson(StrictJson):
    """Rows of both measures."""

    chip_hours: list[ChipHoursRowJson] = said("Chip-hours.")
    energy: list[EnergyRowJson] = said("Energy.")


class TrainingValidationResults(StrictJson):
    """Published training runs beside the predicted ones."""

    scores: TrainingScoresJson = said("Of all rows.")
    groups: dict[str, TrainingScoresJson] = said("By what the fits had seen of a run.")
    rows: TrainingRowsJson = said("The rows.")


class ValidateTrainingJson(EnvelopeJson[SourceInputs, TrainingValidationResults]):
    """Chip-hours and energy of published training runs beside the predicted ones."""

    command: Literal["validate training"]


class StepRowJson(StrictJson):
    """A published training step beside the predicted one."""

    step: str = said("The step.")
    chip: str = said("Type of chip.")
    chips: int = said("Number of chips.")
    precision: str = said("Number format.")
    layout: str = said("How it is laid out.")
    published_s: float = said("Its time as published.")
    predicted_s: float = said("Its time as predicted.")
    predicted_chip_w: float = said("Predicted power of a chip.")
    error_percent: float = said("Relative error of the predicted time.")


class StepsValidationResults(StrictJson):
    """Published training steps beside the predicted ones."""

    scores: ScoreJson = said("Of all steps.")
    groups: dict[str, ScoreJson] = said("By kind of software.")
    rows: list[StepRowJson] = said("The steps.")


class ValidateStepsJson(EnvelopeJson[NoInputs, StepsValidationResults]):
    """Time of published training steps, each with its own layout, beside the predicted one."""

    command: Literal["validate steps"]


class InferenceScoresJson(StrictJson):
    """Scores of the four measures."""

    energy_per_token: ScoreJson = said("Of joules a token.")
    power: ScoreJson = said("Of watts.")
    itl: ScoreJson = said("Of the median time between tokens.")
    throughput: ScoreJson = said("Of tokens a second.")


class InferenceRowJson(StrictJson):
    """A measured configuration beside the predicted one."""

    model: str = said("The model.")
    chip: str = said("Type of chip.")
    generation: str = said("Its generation.")
    gpus: int = said("Number of chips.")
    task: str = said("What was asked.")
    batch: float = said("Requests at once.")
    measured_j_per_output_token: float
    predicted_j_per_output_token: RangeJson
    measured_power_w: float
    predicted_power_w: RangeJson
    measured_itl_s: float
    predicted_itl_s: RangeJson
    measured_output_tokens_per_s: float
    predicted_output_tokens_per_s: RangeJson


class InferenceValidationResults(StrictJson):
    """Measured LLM serving beside the predicted."""

    scores: InferenceScoresJson | None = said("Of all rows; null where there are none.")
    groups: dict[str, InferenceScoresJson] = said("By group, with `--by`.")
    rows: list[InferenceRowJson] = said("The configurations.")
    unusable: list[UnusableRowJson] = said("Rows that cannot be predicted.")


class ValidateInferenceJson(EnvelopeJson[InferenceInputs, InferenceValidationResults]):
    """J/token, watts, inter-token latency and tokens/s of measured LLM serving beside the predicted ones."""

    command: Literal["validate inference"]


class KernelScoresJson(StrictJson):
    """Scores of a kernel."""

    time: ScoreJson = said("Of its time.")
    power: ScoreJson = said("Of its power; `n` is 0 where none was measured.")


class KernelsValidationResults(StrictJson):
    """Measured kernels beside the predicted ones."""

    n: int = said("Kernels predicted.")
    chips: dict[str, dict[str, KernelScoresJson]] = said("By chip, by kernel.")
    unusable: list[UnusableFileJson] = said("What was not used.")


class ValidateKernelsJson(EnvelopeJson[SourceInputs, KernelsValidationResults]):
    """Time and watts of measured kernels beside the predicted ones."""

    command: Literal["validate kernels"]


class ServiceRowJson(StrictJson):
    """A measured service beside the simulated one, by measure."""

    row: str = said("The service.")
    measured: dict[str, float | None] = said("As measured.")
    predicted: dict[str, float | None] = said("As simulated.")


class SkippedJson(StrictJson):
    """Rows that were not compared."""

    rows: int = said("How many.")
    lines: list[int] = said("Their lines.")


class ServingValidationResults(StrictJson):
    """Measured services beside the simulator's."""

    scores: dict[str, ScoreJson] = said("By measure, with its unit in the name.")
    groups: dict[str, dict[str, ScoreJson]] = said("By system, by measure.")
    rows: list[ServiceRowJson] = said("The services.")
    skipped: dict[str, SkippedJson] = said("What was not compared, by reason.")


class ValidateServingJson(EnvelopeJson[LeftOutInputs, ServingValidationResults]):
    """Inter-token latency and J/token, or TTFT and TPOT, of measured services beside the simulator's."""

    command: Literal["validate serving"]


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
    widest_stated_error_percent: float | None
    median_stated_error_percent: float | None
    median_corrected_error_percent: float | None
    median_raw_error_percent: float | None
    worst_raw_error_percent: float | None
    worst_corrected_error_percent: float | None


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


class ValidateSensorsJson(EnvelopeJson[SourceInputs, SensorsValidationResults]):
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
