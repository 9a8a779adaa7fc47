"""The JSON of ``flex``: room on a grid, jobs that wait, swings of power."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, StrictJson, item


class SeriesSpan(StrictJson):
    """The time of a series."""

    from_utc: str = item("Begin of its first step, UTC.")
    steps: int = item("Number of steps.")
    step_h: float = item("Hours of a step.")


class HeadroomInputs(StrictJson):
    """The demand, as it was read."""

    demand: str = item("The file.")
    columns: list[str] = item("The grids, by column.")
    unit: str = item("Unit of the file's numbers.")


class GridRoom(StrictJson):
    """A constant new load that a grid takes, and what it gives up."""

    name: str = item("The grid.")
    added_w: float = item("Power of the new load.")
    curtailed_share: float = item("Curtailed energy over the new load's energy.")
    curtailed_h_per_year: float = item("Hours of a year in which something is curtailed.")
    events_per_year: float = item("Stretches of such hours in a year.")
    mean_event_h: float = item("Mean length of a stretch.")
    longest_event_h: float = item("Length of the longest.")
    mean_depth: float = item("Share of the new load curtailed, on average over these hours.")
    half_stays_share: float = item("Share of these hours in which half of the new load or more goes on.")
    load_factor: float = item("Mean demand over the highest, without the new load.")
    peak_w: float = item("Highest demand without the new load.")


class HeadroomCase(StrictJson):
    """All grids with one allowance."""

    share: float | None = item("Share of the new load's energy that may be curtailed; null where hours are given.")
    hours: float | None = item("Hours of a year in which it may be curtailed; null where a share is given.")
    added_w: float = item("Sum of the new loads.")
    grids: list[GridRoom] = item("Each grid.")


class HeadroomResults(SeriesSpan):
    """Room on grids, by allowance."""

    cases: list[HeadroomCase] = item("For each allowance.")


class FlexHeadroomJson(EnvelopeJson[HeadroomInputs, HeadroomResults]):
    """How much new load grids take that yields in the highest hours."""

    command: Literal["flex headroom"]


class ShiftInputs(StrictJson):
    """A daily job and the signal, as they were read."""

    signal: str = item("The file.")
    column: str = item("Its column.")
    kind: Literal["average", "marginal", "price"] = item("What the signal is.")
    length_h: float = item("Hours that the job runs.")
    before_h: float = item("Hours by which it may begin earlier.")
    after_h: float = item("Hours by which it may end later.")
    at_h: float = item("Hour of the day, UTC, at which it was meant to begin.")
    pause_h: float | None = item("Hours of work that a pause costs; null where it never pauses.")


class ShiftWindow(StrictJson):
    """Savings within one window; means of the signal over the work, in its own unit."""

    before_h: float = item("Hours by which the job may begin earlier.")
    after_h: float = item("Hours by which it may end later.")
    jobs: int = item("Jobs whose window lies within the series.")
    mean_as_meant: float = item("As meant.")
    mean_known: float = item("Moved by what was known before the window.")
    mean_foresight: float = item("Moved with perfect foresight.")
    saving_known: float = item("Share saved by what was known.")
    saving_foresight: float = item("Share saved with perfect foresight.")


class ShiftResults(SeriesSpan):
    """Savings as the window widens."""

    windows: list[ShiftWindow] = item("From none to the whole window.")


class FlexShiftJson(EnvelopeJson[ShiftInputs, ShiftResults]):
    """What a daily job saves that may run at another hour."""

    command: Literal["flex shift"]


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
