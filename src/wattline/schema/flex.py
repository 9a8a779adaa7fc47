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


class YieldEvents(StrictJson):
    """Stretches in which a new load yields, by their length."""

    hours: float = item("Up to this length, above the one before.")
    and_more: bool = item("Whether longer ones count here too.")
    per_year: float = item("Stretches a year.")


class DurationCurve(StrictJson):
    """Demand that is exceeded in a share of the hours, the highest first."""

    share: list[float] = item("Share of the hours.")
    demand_w: list[float] = item("Demand without the new load.")
    with_load_w: list[float] = item("With the new load, which yields.")
    unyielding_w: list[float] = item("With the new load, if it did not yield.")


class YieldPicture(StrictJson):
    """When the new load of one grid yields."""

    name: str = item("The grid.")
    share: float = item("Curtailed energy over the new load's energy.")
    added_w: float = item("Power of the new load.")
    yields_h: list[list[float]] = item("Hours a year in which it yields: 12 months of 24 hours, UTC.")
    events: list[YieldEvents] = item("Stretches by their length.")
    duration_curve: DurationCurve = item("The highest hours.")


class HeadroomResults(SeriesSpan):
    """Room on grids, by allowance."""

    cases: list[HeadroomCase] = item("For each allowance.")
    pictures: list[YieldPicture] = item("When the new load yields, of the first grids and one allowance.")


class FlexHeadroomJson(EnvelopeJson[HeadroomInputs, HeadroomResults]):
    """How much new load grids take that yields in the highest hours."""

    command: Literal["flex headroom"]


SignalKind = Literal["average", "marginal", "price"]


class ShiftInputs(StrictJson):
    """A daily job and the signal, as they were read."""

    signal: str = item("The file.")
    column: str = item("Its column, or the zone that it is of.")
    kind: SignalKind = item("What the signal is.")
    length_h: float = item("Hours that the job runs.")
    before_h: float = item("Hours by which it may begin earlier.")
    after_h: float = item("Hours by which it may end later.")
    at_h: float = item("Hour of the day, UTC, at which it was meant to begin.")
    pause_h: float | None = item("Hours of work that a pause costs; null where it never pauses.")
    beside_kind: SignalKind | None = item("What the other signal is; null without one.")
    power_w: float | None = item("Power of the job; null where no data go with it.")
    data_bytes: float | None = item("Data that go with it to another site; null where none do.")
    latency_s: float | None = item("Longest round trip from its users that it bears; null where it waits for nobody.")
    round_trips_s: list[float] = item("Round trip to each other site that was given.")


class ShiftMeans(StrictJson):
    """Means of a signal over the work, in its own unit, and savings."""

    mean_as_meant: float = item("As meant.")
    mean_known: float = item("Moved by what was known before the window.")
    mean_foresight: float = item("Moved with perfect foresight.")
    saving_known: float | None = item("Share saved by what was known; null where the work as meant costs nothing.")
    saving_foresight: float | None = item("Share saved with perfect foresight.")


class ShiftWindow(ShiftMeans):
    """Savings within one window."""

    before_h: float = item("Hours by which the job may begin earlier.")
    after_h: float = item("Hours by which it may end later.")
    jobs: int = item("Jobs whose window lies within the series.")
    away_known_share: float = item("Share of the jobs that went to another site by what was known.")
    away_foresight_share: float = item("Share of them with perfect foresight.")
    beside: ShiftMeans | None = perhaps("The same moves, counted by the other signal.")


class ShiftWay(ShiftMeans):
    """The widest window, moved by one signal and counted by one."""

    moved_by: SignalKind = item("The signal that led the moves.")
    counted_by: SignalKind = item("The signal by which they are counted.")


class ShiftHours(StrictJson):
    """The widest window by the hour of the day, UTC: 24 figures each."""

    mean: list[float | None] = item("Mean of the signal at the job's site; null where it has no such hour.")
    as_meant_share: list[float] = item("Share of the work as meant.")
    known_share: list[float] = item("Share of the work moved by what was known.")
    foresight_share: list[float] = item("Share of the work moved with perfect foresight.")


class ShiftResults(SeriesSpan):
    """Savings as the window widens."""

    sites: list[str] = item("The sites, the job's own first.")
    unit: str = item("Unit of the signal; empty where its file does not say it.")
    windows: list[ShiftWindow] = item("From none to the whole window.")
    hours: ShiftHours = item("When the work is done.")
    ways: list[ShiftWay] = item("Moved by either signal and counted by both; empty without another.")


class FlexShiftJson(EnvelopeJson[ShiftInputs, ShiftResults]):
    """What a daily job saves that may run at another hour."""

    command: Literal["flex shift"]


class BalanceJson(StrictJson):
    """A grid's demand, and what a plan takes of it."""

    region: str | None = item("Region whose demand it is; null where a file gives the demand.")
    grid_energy_wh: RangeJson = item("Energy that the grid's users take in a year.")
    grid_peak_w: RangeJson = item("Demand in the highest hour.")
    demand_share: RangeJson = item("The plan's energy over the grid's.")
    peak_share: RangeJson = item("The plan's highest power, with the losses on its way, over the highest demand.")
    growth_share: RangeJson | None = item(
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
