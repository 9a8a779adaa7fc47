"""The JSON of ``compare``: a prediction beside a measurement."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, said

Figure = Literal["energy_wh", "duration_s", "mean_w", "w_per_chip", "joules_per_token", "joules_per_query", "mfu"]


class CompareInputs(StrictJson):
    """What was compared, as it was read."""

    scenario: str = said("The scenario file.")
    job: str | None = said("The job of it; null where all are added up.")
    recording: str = said("The recording.")
    window: str = said("The window of it.")


class MeasurementJson(StrictJson):
    """What was metered."""

    source: str = said("The recording.")
    window: str = said("The window of it.")
    devices: dict[Literal["chips", "cpus", "machines", "switches"], int] = said("How many of each kind.")


class ComparedJson(StrictJson):
    """A figure measured beside the same predicted, both in the unit of its name."""

    measured: RangeJson = said("Measured, within the meters' error.")
    predicted: RangeJson = said("Predicted.")
    ratio: float | None = said("Measured over predicted, of their medians.")
    inside: bool | None = said("Whether the measured lies in p5 to p95 of the predicted; null where that has no range.")
    percentile: float | None = said("Where among the predictions the measured lies, 0 to 100.")


class CauseJson(StrictJson):
    """A cause of the difference."""

    name: str = said("The cause.")
    ratio: float = said("Measured over predicted, geometric mean over the draws; the causes' multiply to the whole's.")
    adds_mean_wh: float = said("Energy that it adds to the prediction, in the mean; the causes' add up to the whole's.")
    adds_wh: RangeJson = said("The same over the draws.")


class ComparedPartJson(StrictJson):
    """Parts of the bill that were metered together; null where they were not."""

    name: str = said("What people call them.")
    parts: list[str] = said("The parts of the bill.")
    measured_wh: RangeJson | None = said("Energy measured.")
    predicted_wh: RangeJson = said("Energy predicted.")
    measured_mean_wh: float | None = said("Mean of the energy measured.")
    predicted_mean_wh: float = said("Mean of the energy predicted.")


class ComparedPueJson(StrictJson):
    """PUE measured beside predicted."""

    measured: RangeJson | None = said("Null: no meter of the site was read.")
    predicted: RangeJson | None = said("Predicted; null where jobs are added up.")


class CompareResults(StrictJson):
    """Measured beside predicted, by cause and part by part."""

    title: str = said("What was predicted.")
    measurement: MeasurementJson = said("What was metered.")
    compared: dict[Figure, ComparedJson] = said("Figures at what the meters saw, where both are known.")
    causes: list[CauseJson] = said("Why they differ.")
    together: CauseJson = said("All causes together.")
    parts: list[ComparedPartJson] = said("Part by part.")
    pue: ComparedPueJson = said("PUE.")


class CompareJson(EnvelopeJson[CompareInputs, CompareResults]):
    """A job's prediction beside its measurement: part by part, and by cause."""

    command: Literal["compare"]
