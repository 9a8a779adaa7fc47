"""The JSON of ``flex``: room on a grid, jobs that wait, swings of power."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item, perhaps
from wattline.schema.inputs import PlaceInputs


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


class HeadroomFit(StrictJson):
    """A constant new load, and what it gives up to fit below the seasons' highest demand."""

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


class GridRoom(HeadroomFit):
    """A constant new load that a grid takes, and what it gives up."""

    name: str = item("The grid.")


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


class BalanceJson(StrictJson):
    """A grid's demand, and what a plan takes of it."""

    region: str | None = item("Region whose demand it is; null where a file gives the demand.")
    grid_energy_wh: RangeJson = item("Energy that the grid's users take in a year.")
    grid_peak_w: RangeJson = item("Demand in the highest hour.")
    share_of_demand: RangeJson = item("The plan's energy over the grid's.")
    share_of_peak: RangeJson = item("The plan's highest power, with the losses on its way, over the highest demand.")
    share_of_growth: RangeJson | None = item(
        "The plan's energy over the growth of a year; null where the demand does not grow, or may not."
    )


class FlexBalanceInputs(PlaceInputs):
    """A data centre and its grid, as they were read."""

    it_w: float = item("IT power of the design.")
    utilisation: float = item("Mean IT power over it.")
    demand: str | None = perhaps("File of the grid's demand.")
    column: str | None = perhaps("The grid in that file.")
    unit: str | None = perhaps("Unit of its numbers.")


class FlexBalanceResults(BalanceJson):
    """What a data centre takes of its grid."""

    title: str = item("The data centre and the grid.")
    mean_w: RangeJson = item("Mean power at the meter.")
    peak_w: RangeJson = item("Highest power at the meter.")
    energy_wh: RangeJson = item("Energy of a year at the meter.")
    fit: HeadroomFit | None = perhaps("What it gives up to need no new plant, from the file of demand.")


class FlexBalanceJson(EnvelopeJson[FlexBalanceInputs, FlexBalanceResults]):
    """What a data centre takes of its grid's demand, of its highest hour and of its growth."""

    command: Literal["flex balance"]
