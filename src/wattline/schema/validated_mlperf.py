"""The JSON of ``validate mlperf`` and ``validate encoding``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item
from wattline.schema.validations import LeftOutInputs, ScoreJson, UnusableRowJson


class MlperfInputs(LeftOutInputs):
    """What was compared with, what fits had not seen, and by what scores are grouped."""

    by: str = item("By what scores are grouped.")


class MlperfScoresJson(StrictJson):
    """Scores of both measures."""

    throughput: ScoreJson = item("Of tokens a second.")
    wall_power: ScoreJson = item("Of the wall's watts, of systems that were metered.")


class MlperfRowJson(StrictJson):
    """A result beside the predicted one."""

    line: int = item("Its line.")
    round: str = item("The round of the benchmark.")
    model: str = item("The model.")
    scenario: str = item("Offline, Server or Interactive.")
    chip: str = item("Type of chip.")
    chips: int = item("Number of chips.")
    precision: str = item("Number format of the weights.")
    engine: str = item("Serving software.")
    layout: str | None = item("The layout that serves most; null where the model fits none.")
    batch: float | None = item("Requests that a replica runs at once in it.")
    measured_output_tokens_per_s: float = item("Tokens of the answers a second, as submitted.")
    predicted_output_tokens_per_s: RangeJson | None = item("The same, as predicted.")
    measured_wall_w: float | None = item("Power of the system at the wall, as submitted.")
    predicted_wall_w: RangeJson | None = item("The same, as predicted.")
    error_percent: float | None = item("Relative error of the predicted tokens a second.")


class WorkRowJson(StrictJson):
    """A result of BERT, Whisper or Stable Diffusion XL beside the predicted one."""

    line: int = item("Its line.")
    round: str = item("The round of the benchmark.")
    model: str = item("The model.")
    scenario: Literal["Offline", "Server"] = item("The scenario.")
    chip: str = item("Type of chip.")
    chips: int = item("Number of chips.")
    precision: str = item("Number format that runs.")
    measured_per_s: float = item("Samples of BERT, tokens of Whisper or images a second, as submitted.")
    predicted_per_s: RangeJson = item("The same, as predicted.")
    measured_wall_w: float | None = item("Power of the system at the wall, as submitted.")
    predicted_wall_w: RangeJson = item("The same, as predicted.")
    error_percent: float = item("Relative error of the predicted rate.")


class WorksJson(StrictJson):
    """Results of BERT, Whisper and Stable Diffusion XL."""

    scores: dict[str, MlperfScoresJson] = item("By model; `throughput` is of samples, tokens or images a second.")
    rows: list[WorkRowJson] = item("The results.")


class MlperfValidationResults(StrictJson):
    """Results of MLPerf Inference beside the predicted."""

    scores: MlperfScoresJson = item("Of all rows.")
    groups: dict[str, MlperfScoresJson] = item("By group.")
    rows: list[MlperfRowJson] = item("The results.")
    works: WorksJson = item("Results that are no language model's; none where something is left out.")
    unusable: list[UnusableRowJson] = item("Rows that are not compared.")


class ValidateMlperfJson(EnvelopeJson[MlperfInputs, MlperfValidationResults]):
    """Tokens a second and wall watts of MLPerf Inference's language models beside the predicted ones."""

    command: Literal["validate mlperf"]


class EncodingValidationResults(WorksJson):
    """Results of BERT, Whisper and Stable Diffusion XL beside the predicted."""

    groups: dict[str, MlperfScoresJson] = item("By model and chip.")
    unusable: list[UnusableRowJson] = item("Rows that are not compared.")


class ValidateEncodingJson(EnvelopeJson[LeftOutInputs, EncodingValidationResults]):
    """Rates and wall watts of MLPerf's encoders, speech and images beside the predicted ones."""

    command: Literal["validate encoding"]
