"""The JSON of ``compare``: a prediction beside a measurement."""

from __future__ import annotations

from typing import Literal

from wattline.schema.answer import BillResults
from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item, perhaps

Figure = Literal["energy_wh", "duration_s", "mean_w", "w_per_chip", "joules_per_token", "joules_per_query", "mfu"]


class CompareInputs(StrictJson):
    """What was compared, as it was read."""

    scenario: str = item("The scenario file.")
    job: str | None = item("The job of it; null where all are added up.")
    recording: str = item("The recording.")
    window: str = item("The window of it.")


class MeasurementJson(StrictJson):
    """What was metered."""

    source: str = item("The recording.")
    window: str = item("The window of it.")
    devices: dict[Literal["chips", "cpus", "machines", "switches"], int] = item("How many of each kind.")


class ComparedJson(StrictJson):
    """A figure measured beside the same predicted, both in the unit of its name."""

    measured: RangeJson = item("Measured, within the meters' error.")
    predicted: RangeJson = item("Predicted.")
    ratio: float | None = item("Measured over predicted, of their medians.")
    in_range: bool | None = item("Whether the measured lies in p5 to p95 of the predicted; null without a range.")
    percentile: float | None = item("Where among the predictions the measured lies, 0 to 100.")


class CauseJson(StrictJson):
    """A cause of the difference."""

    name: str = item("The cause.")
    ratio: float = item("Measured over predicted, geometric mean over the draws; the causes' multiply to the whole's.")
    adds_mean_wh: float = item("Energy that it adds to the prediction, in the mean; the causes' add up to the whole's.")
    adds_wh: RangeJson = item("The same over the draws.")


class ComparedPartJson(StrictJson):
    """Parts of the bill that were metered together; null where they were not."""

    name: str = item("What people call them.")
    parts: list[str] = item("The parts of the bill.")
    measured_wh: RangeJson | None = item("Energy measured.")
    predicted_wh: RangeJson = item("Energy predicted.")
    measured_mean_wh: float | None = item("Mean of the energy measured.")
    predicted_mean_wh: float = item("Mean of the energy predicted.")


class ComparedPueJson(StrictJson):
    """PUE measured beside predicted."""

    measured: RangeJson | None = item("Null: no meter of the site was read.")
    predicted: RangeJson | None = item("Predicted; null where jobs are added up.")


class CompareResults(StrictJson):
    """Measured beside predicted, by cause and part by part."""

    title: str = item("What was predicted.")
    measurement: MeasurementJson = item("What was metered.")
    compared: dict[Figure, ComparedJson] = item("Figures at what the meters saw, where both are known.")
    causes: list[CauseJson] = item("Why they differ.")
    together: CauseJson = item("All causes together.")
    parts: list[ComparedPartJson] = item("Part by part.")
    pue: ComparedPueJson = item("PUE.")
    bill: BillResults | None = perhaps("The bill of what was measured, to the grid, where a place was given.")


class CompareJson(EnvelopeJson[CompareInputs, CompareResults]):
    """A job's prediction beside its measurement: part by part, and by cause."""

    command: Literal["compare"]
