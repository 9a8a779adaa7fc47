"""The JSON of the validations: ``validate training``, ``steps``, ``inference``, ``kernels`` and the others."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item, perhaps


class ScoreJson(StrictJson):
    """How far predictions lie from what was measured; null where it cannot be told."""

    n: int = item("How many were compared.")
    mean_error_percent: float | None = item("Mean of the absolute relative errors.")
    median_error_percent: float | None = item("Their median.")
    p90_error_percent: float | None = item("Their 90th percentile.")
    bias_percent: float | None = item("Mean of the signed relative errors.")
    median_bias_percent: float | None = item("Their median.")
    coverage_percent: float | None = item("How often p5 to p95 of the prediction holds what was measured.")


class SourceInputs(StrictJson):
    """What was compared with."""

    source: str = item("The file or folder.")


class LeftOutInputs(SourceInputs):
    """What was compared with, and what fits had not seen."""

    left_out: str | None = item("What the fit of each row had not seen; null for the fit as shipped.")


class InferenceInputs(LeftOutInputs):
    """What was compared with, what fits had not seen, and by what scores are grouped."""

    by: str | None = item("By what scores are grouped.")


class NoInputs(StrictJson):
    """Nothing is asked."""


class UnusableFileJson(StrictJson):
    """A file, or a part of one, that was not used."""

    file: str = item("The file.")
    why: str = item("Why it was not used.")


class UnusableRowJson(StrictJson):
    """A row that was not used."""

    line: int = item("Its line.")
    row: str = item("What it is of.")
    why: str = item("Why it was not used.")


class ChipHoursRowJson(StrictJson):
    """Chip-hours of a published run."""

    row: str = item("The run.")
    group: str = item("What the fits had seen of it.")
    published_chip_hours: float | None = item("As published.")
    predicted_chip_hours: RangeJson | None = item("As predicted.")
    error_percent: float | None = item("Relative error of the median prediction.")
    covered: bool | None = item("Whether p5 to p95 holds the published.")
    why: str | None = item("Why it is not usable.")


class EnergyRowJson(StrictJson):
    """Energy of a published run, from its own chip-hours."""

    row: str = item("The run.")
    group: str = item("What the fits had seen of it.")
    published_energy_wh: float | None = item("As published.")
    predicted_energy_wh: RangeJson | None = item("As predicted.")
    error_percent: float | None = item("Relative error of the median prediction.")
    covered: bool | None = item("Whether p5 to p95 holds the published.")
    why: str | None = item("Why it is not usable.")


class TrainingScoresJson(StrictJson):
    """Scores of both measures."""

    chip_hours: ScoreJson = item("Of chip-hours, from model, tokens and hardware.")
    energy: ScoreJson = item("Of energy, from the row's chip-hours.")


class TrainingRowsJson(StrictJson):
    """Rows of both measures."""

    chip_hours: list[ChipHoursRowJson] = item("Chip-hours.")
    energy: list[EnergyRowJson] = item("Energy.")


class TrainingValidationResults(StrictJson):
    """Published training runs beside the predicted ones."""

    scores: TrainingScoresJson = item("Of all rows.")
    groups: dict[str, TrainingScoresJson] = item("By what the fits had seen of a run.")
    rows: TrainingRowsJson = item("The rows.")


class ValidateTrainingJson(EnvelopeJson[SourceInputs, TrainingValidationResults]):
    """Chip-hours and energy of published training runs beside the predicted ones."""

    command: Literal["validate training"]


class StepRowJson(StrictJson):
    """A published training step beside the predicted one."""

    step: str = item("The step.")
    chip: str = item("Type of chip.")
    chips: int = item("Number of chips.")
    precision: str = item("Number format.")
    layout: str = item("How it is laid out.")
    published_s: float = item("Its time as published.")
    predicted_s: float = item("Its time as predicted.")
    range_s: RangeJson | None = perhaps("The same with its range, where results of a benchmark were given.")
    predicted_chip_w: float = item("Predicted power of a chip.")
    error_percent: float = item("Relative error of the predicted time.")
    covered: bool | None = perhaps("Whether the published time lies in p5 to p95 of the predicted.")


class NotUsableJson(StrictJson):
    """Rows of a file that could not be compared."""

    why: str = item("Why.")
    lines: int = item("How many.")


class StepsInputs(StrictJson):
    """What was compared; nothing where the catalog's steps were."""

    source: str | None = perhaps("The file of results.")
    by: str | None = perhaps("What scores are grouped by.")
    left_out: str | None = perhaps("What each prediction's fit had not seen.")


class StepsValidationResults(StrictJson):
    """Published training steps beside the predicted ones."""

    scores: ScoreJson = item("Of all steps.")
    groups: dict[str, ScoreJson] = item("By kind of software; by chip, model, round or submitter of results.")
    rows: list[StepRowJson] = item("The steps.")
    not_usable: list[NotUsableJson] | None = perhaps("Rows of a file that could not be compared.")


class ValidateStepsJson(EnvelopeJson[StepsInputs, StepsValidationResults]):
    """Time of published training steps, each with its own layout, beside the predicted one."""

    command: Literal["validate steps"]


class PublishedRowJson(StrictJson):
    """A published figure beside the predicted one."""

    line: int = item("Its line.")
    row: str = item("What it is of.")
    measure: str = item("What was published.")
    group: str = item("The kind of row that it is scored with.")
    unit: str = item("Unit of both.")
    published: float = item("As published.")
    predicted: RangeJson = item("As predicted.")
    error_percent: float = item("Relative error of the median prediction.")
    covered: bool = item("Whether p5 to p95 holds the published.")


class PublishedValidationResults(StrictJson):
    """Published figures beside the predicted ones."""

    scores: ScoreJson = item("Of all rows.")
    groups: dict[str, ScoreJson] = item("By kind of row.")
    rows: list[PublishedRowJson] = item("The rows.")
    unusable: list[UnusableRowJson] = item("Rows that were not predicted.")


class ValidatePublishedJson(EnvelopeJson[SourceInputs, PublishedValidationResults]):
    """Figures that projects publish of their training and serving beside the predicted ones."""

    command: Literal["validate published"]


class InferenceScoresJson(StrictJson):
    """Scores of the four measures."""

    energy_per_token: ScoreJson = item("Of joules a token.")
    power: ScoreJson = item("Of watts.")
    itl: ScoreJson = item("Of the median time between tokens.")
    throughput: ScoreJson = item("Of tokens a second.")


class InferenceRowJson(StrictJson):
    """A measured configuration beside the predicted one."""

    model: str = item("The model.")
    chip: str = item("Type of chip.")
    generation: str = item("Its generation.")
    gpus: int = item("Number of chips.")
    task: str = item("What was asked.")
    batch: float = item("Requests at once.")
    measured_j_per_output_token: float = item("Energy for each token of the answers, as measured.")
    predicted_j_per_output_token: RangeJson = item("The same, as predicted.")
    measured_power_w: float = item("Power of all chips, as measured.")
    predicted_power_w: RangeJson = item("The same, as predicted.")
    measured_itl_s: float = item("Median time between tokens, as measured.")
    predicted_itl_s: RangeJson = item("The same, as predicted.")
    measured_output_tokens_per_s: float = item("Tokens of the answers a second, as measured.")
    predicted_output_tokens_per_s: RangeJson = item("The same, as predicted.")


class InferenceValidationResults(StrictJson):
    """Measured LLM serving beside the predicted."""

    scores: InferenceScoresJson | None = item("Of all rows; null where there are none.")
    groups: dict[str, InferenceScoresJson] = item("By group, with `--by`.")
    rows: list[InferenceRowJson] = item("The configurations.")
    unusable: list[UnusableRowJson] = item("Rows that cannot be predicted.")


class ValidateInferenceJson(EnvelopeJson[InferenceInputs, InferenceValidationResults]):
    """J/token, watts, inter-token latency and tokens/s of measured LLM serving beside the predicted ones."""

    command: Literal["validate inference"]


class KernelScoresJson(StrictJson):
    """Scores of a kernel."""

    time: ScoreJson = item("Of its time.")
    power: ScoreJson = item("Of its power; `n` is 0 where none was measured.")


class KernelsValidationResults(StrictJson):
    """Measured kernels beside the predicted ones."""

    n: int = item("Kernels predicted.")
    chips: dict[str, dict[str, KernelScoresJson]] = item("By chip, by kernel.")
    unusable: list[UnusableFileJson] = item("What was not used.")


class ValidateKernelsJson(EnvelopeJson[SourceInputs, KernelsValidationResults]):
    """Time and watts of measured kernels beside the predicted ones."""

    command: Literal["validate kernels"]


class ServiceRowJson(StrictJson):
    """A measured service beside the simulated one, by measure."""

    row: str = item("The service.")
    measured: dict[str, float | None] = item("As measured.")
    predicted: dict[str, float | None] = item("As simulated.")


class SkippedJson(StrictJson):
    """Rows that were not compared."""

    count: int = item("How many.")
    line_numbers: list[int] = item("Their lines in the file.")


class ServingValidationResults(StrictJson):
    """Measured services beside the simulator's."""

    scores: dict[str, ScoreJson] = item("By measure, with its unit in the name.")
    groups: dict[str, dict[str, ScoreJson]] = item("By system, by measure.")
    rows: list[ServiceRowJson] = item("The services.")
    skipped: dict[str, SkippedJson] = item("What was not compared, by reason.")


class ValidateServingJson(EnvelopeJson[LeftOutInputs, ServingValidationResults]):
    """Inter-token latency and J/token, or TTFT and TPOT, of measured services beside the simulator's."""

    command: Literal["validate serving"]
