"""The JSON of ``flex swings``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, StrictJson, item


class StepPhaseJson(StrictJson):
    """A phase of a training step."""

    name: str = item("Its name.")
    duration_s: float = item("How long it lasts.")
    chip_w: float = item("Power of a chip.")


class SwingLimitsJson(StrictJson):
    """A utility's limits; null where there is none."""

    band_hz: tuple[float, float] = item("The band whose share is limited.")
    band_share: float | None = item("Share of the swings' energy in the band.")
    ramp_up_w_per_s: float | None = item("Rise.")
    ramp_down_w_per_s: float | None = item("Fall.")
    range_w: float | None = item("Highest less lowest power.")


class SwingsInputs(StrictJson):
    """Training, as it was read."""

    phases: list[StepPhaseJson] = item("Phases of a training step.")
    chips: int = item("Number of chips.")
    straggle_s: float = item("Deviation of the chips' lag.")
    limits: SwingLimitsJson = item("The utility's limits.")


class SwingsMeasure(StrictJson):
    """Swings after a measure, and what it takes."""

    measure: str = item("The measure.")
    mean_w: float = item("Mean power.")
    lowest_w: float = item("Lowest power.")
    highest_w: float = item("Highest power.")
    ramp_up_w_per_s: float = item("Largest rise.")
    ramp_down_w_per_s: float = item("Largest fall.")
    ramp_p99_w_per_s: float = item("99th percentile of rises and falls.")
    storage_j: float = item("Energy of a store that would level what is left.")
    frequency_hz: float = item("Frequency of the highest line of the spectrum.")
    amplitude_w: float = item("Its amplitude.")
    band_share: float = item("Share of the swings' energy in the band.")
    highest_shown_hz: float = item("Faster swings are not shown.")
    extra_share: float = item("Energy that the measure takes, over the load's.")
    store_j: float = item("Energy of the store; 0 without one.")
    store_w: float = item("Power of the store; 0 without one.")
    broken: list[str] = item("Limits that are broken.")


class SwingsResults(StrictJson):
    """Swings of synchronous training."""

    period_s: float = item("Seconds of a training step.")
    measures: list[SwingsMeasure] = item("As it is, and after each measure.")


class FlexSwingsJson(EnvelopeJson[SwingsInputs, SwingsResults]):
    """The swings of synchronous training, and the energy to hold them."""

    command: Literal["flex swings"]
