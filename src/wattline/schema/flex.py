"""The JSON of ``flex``: room on a grid, jobs that wait, swings of power."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, StrictJson, said


class SeriesSpan(StrictJson):
    """The time of a series."""

    from_utc: str = said("Begin of its first step, UTC.")
    steps: int = said("Number of steps.")
    step_h: float = said("Hours of a step.")


class HeadroomInputs(StrictJson):
    """The demand, as it was read."""

    demand: str = said("The file.")
    columns: list[str] = said("The grids, by column.")
    unit: str = said("Unit of the file's numbers.")


class GridRoom(StrictJson):
    """A constant new load that a grid takes, and what it gives up."""

    name: str = said("The grid.")
    added_w: float = said("Power of the new load.")
    curtailed_share: float = said("Curtailed energy over the new load's energy.")
    curtailed_h_per_year: float = said("Hours of a year in which something is curtailed.")
    events_per_year: float = said("Stretches of such hours in a year.")
    mean_event_h: float = said("Mean length of a stretch.")
    longest_event_h: float = said("Length of the longest.")
    mean_depth: float = said("Share of the new load curtailed, on average over these hours.")
    half_stays_share: float = said("Share of these hours in which half of the new load or more goes on.")
    load_factor: float = said("Mean demand over the highest, without the new load.")
    peak_w: float = said("Highest demand without the new load.")


class HeadroomCase(StrictJson):
    """All grids with one allowance."""

    share: float | None = said("Share of the new load's energy that may be curtailed; null where hours are given.")
    hours: float | None = said("Hours of a year in which it may be curtailed; null where a share is given.")
    added_w: float = said("Sum of the new loads.")
    grids: list[GridRoom] = said("Each grid.")


class HeadroomResults(SeriesSpan):
    """Room on grids, by allowance."""

    cases: list[HeadroomCase] = said("For each allowance.")


class FlexHeadroomJson(EnvelopeJson[HeadroomInputs, HeadroomResults]):
    """How much new load grids take that yields in the highest hours."""

    command: Literal["flex headroom"]


class ShiftInputs(StrictJson):
    """A daily job and the signal, as they were read."""

    signal: str = said("The file.")
    column: str = said("Its column.")
    kind: Literal["average", "marginal", "price"] = said("What the signal is.")
    length_h: float = said("Hours that the job runs.")
    before_h: float = said("Hours by which it may begin earlier.")
    after_h: float = said("Hours by which it may end later.")
    at_h: float = said("Hour of the day, UTC, at which it was meant to begin.")
    pause_h: float | None = said("Hours of work that a pause costs; null where it never pauses.")


class ShiftWindow(StrictJson):
    """Savings within one window; means of the signal over the work, in its own unit."""

    before_h: float = said("Hours by which the job may begin earlier.")
    after_h: float = said("Hours by which it may end later.")
    jobs: int = said("Jobs whose window lies within the series.")
    mean_as_meant: float = said("As meant.")
    mean_known: float = said("Moved by what was known before the window.")
    mean_foresight: float = said("Moved with perfect foresight.")
    saving_known: float = said("Share saved by what was known.")
    saving_foresight: float = said("Share saved with perfect foresight.")


class ShiftResults(SeriesSpan):
    """Savings as the window widens."""

    windows: list[ShiftWindow] = said("From none to the whole window.")


class FlexShiftJson(EnvelopeJson[ShiftInputs, ShiftResults]):
    """What a daily job saves that may run at another hour."""

    command: Literal["flex shift"]


class StepPhaseJson(StrictJson):
    """A phase of a training step."""

    name: str = said("Its name.")
    duration_s: float = said("How long it lasts.")
    chip_w: float = said("Power of a chip.")


class SwingLimitsJson(StrictJson):
    """A utility's limits; null where there is none."""

    band_hz: tuple[float, float] = said("The band whose share is limited.")
    band_share: float | None = said("Share of the swings' energy in the band.")
    ramp_up_w_per_s: float | None = said("Rise.")
    ramp_down_w_per_s: float | None = said("Fall.")
    range_w: float | None = said("Highest less lowest power.")


class SwingsInputs(StrictJson):
    """Training, as it was read."""

    phases: list[StepPhaseJson] = said("Phases of a training step.")
    chips: int = said("Number of chips.")
    straggle_s: float = said("Deviation of the chips' lag.")
    limits: SwingLimitsJson = said("The utility's limits.")


class SwingsMeasure(StrictJson):
    """Swings after a measure, and what it takes."""

    measure: str = said("The measure.")
    mean_w: float = said("Mean power.")
    lowest_w: float = said("Lowest power.")
    highest_w: float = said("Highest power.")
    ramp_up_w_per_s: float = said("Largest rise.")
    ramp_down_w_per_s: float = said("Largest fall.")
    ramp_p99_w_per_s: float = said("99th percentile of rises and falls.")
    storage_j: float = said("Energy of a store that would level what is left.")
    frequency_hz: float = said("Frequency of the highest line of the spectrum.")
    amplitude_w: float = said("Its amplitude.")
    band_share: float = said("Share of the swings' energy in the band.")
    highest_shown_hz: float = said("Faster swings are not shown.")
    extra_share: float = said("Energy that the measure takes, over the load's.")
    store_j: float = said("Energy of the store; 0 without one.")
    store_w: float = said("Power of the store; 0 without one.")
    broken: list[str] = said("Limits that are broken.")


class SwingsResults(StrictJson):
    """Swings of synchronous training."""

    period_s: float = said("Seconds of a training step.")
    measures: list[SwingsMeasure] = said("As it is, and after each measure.")


class FlexSwingsJson(EnvelopeJson[SwingsInputs, SwingsResults]):
    """The swings of synchronous training, and the energy to hold them."""

    command: Literal["flex swings"]
