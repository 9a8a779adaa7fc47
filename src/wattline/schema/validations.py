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
    measured_j_per_output_token: float = said("Energy for each token of the answers, as measured.")
    predicted_j_per_output_token: RangeJson = said("The same, as predicted.")
    measured_power_w: float = said("Power of all chips, as measured.")
    predicted_power_w: RangeJson = said("The same, as predicted.")
    measured_itl_s: float = said("Median time between tokens, as measured.")
    predicted_itl_s: RangeJson = said("The same, as predicted.")
    measured_output_tokens_per_s: float = said("Tokens of the answers a second, as measured.")
    predicted_output_tokens_per_s: RangeJson = said("The same, as predicted.")


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
