"""The JSON of ``flex swings`` and ``meter swings``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, StrictJson, item
from wattline.schema.meter import WindowJson


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


class CheckpointPhase(StepPhaseJson):
    """A phase after each so many training steps."""

    steps: int = item("Training steps from one to the next.")


class SwingsInputs(StrictJson):
    """Training, as it was read."""

    phases: list[StepPhaseJson] = item("Phases of a training step.")
    chips: int = item("Number of chips.")
    straggle_s: float = item("Deviation of the chips' lag.")
    checkpoint: CheckpointPhase | None = item("A phase between training steps; null without one.")
    limits: SwingLimitsJson = item("The utility's limits.")


class GridModeJson(StrictJson):
    """A band of frequencies at which a grid swings itself."""

    name: str = item("What swings.")
    low_hz: float = item("From this frequency on.")
    high_hz: float = item("Up to this frequency.")
    share: float | None = item("Share of the swings' energy in it; null where the sampling shows nothing of it.")
    shown_share: float = item("Share of the band that the sampling can show.")


class SpectrumLines(StrictJson):
    """The highest lines of a spectrum."""

    frequency_hz: list[float] = item("Their frequencies.")
    amplitude_w: list[float] = item("Their amplitudes.")


class PowerShape(StrictJson):
    """Power as it passes, over some periods of the highest line."""

    step_s: float = item("Seconds of a step.")
    power_w: list[float] = item("Mean power through each step.")


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
    modes: list[GridModeJson] = item("What lies where grids swing themselves.")
    lines: SpectrumLines = item("The spectrum.")
    shape: PowerShape = item("The power.")


class StartStop(StrictJson):
    """What it takes to start and stop a job no faster than a ramp limit."""

    swing_w: float = item("Mean power above that of the idle chips.")
    ramp_s: float = item("Seconds of the rise, and of the fall.")
    extra_j: float = item("Energy of both, beside the job.")


class SwingsResults(StrictJson):
    """Swings of synchronous training."""

    period_s: float = item("Seconds of a training step.")
    measures: list[SwingsMeasure] = item("As it is, and after each measure.")
    start_stop: StartStop | None = item("Start and stop; null without a ramp limit and an idle power.")


class FlexSwingsJson(EnvelopeJson[SwingsInputs, SwingsResults]):
    """The swings of synchronous training, and the energy to hold them."""

    command: Literal["flex swings"]


class MeterSwingsInputs(StrictJson):
    """A recording, as it was read."""

    recording: str = item("The recording.")
    window: str | None = item("The window that was named; null for the run, or all.")
    limits: SwingLimitsJson = item("The utility's limits.")


class SamplingJson(StrictJson):
    """What the sensors' own time does to swings."""

    step_s: float = item("Seconds of a step at which devices are added up.")
    slowest_s: float = item("Seconds between readings, or between a sensor's new values, of the slowest.")
    averaged_over_s: float = item("Seconds before it of which a reading is the mean; 0 where it is of an instant.")
    highest_shown_hz: float = item("Faster swings are not shown, or stand as slower ones.")
    halved_at_hz: float | None = item("Swings of this frequency are shown half as large; null without averaging.")


class MeterSwingsResults(StrictJson):
    """Swings of a recorded load."""

    window: WindowJson = item("The stretch of time.")
    devices: int = item("Devices that are added up.")
    sampling: SamplingJson = item("What the sampling can show.")
    measures: list[SwingsMeasure] = item("As it was read, and after each measure.")
    start_stop: StartStop | None = item("Start and stop; null without a ramp limit and an idle power.")


class MeterSwingsJson(EnvelopeJson[MeterSwingsInputs, MeterSwingsResults]):
    """Swings of a recorded load, with what its sampling cannot show."""

    command: Literal["meter swings"]
