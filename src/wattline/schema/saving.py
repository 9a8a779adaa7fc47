"""The JSON of ``saving``: what a change saved, with its significance."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, MeasuredJson, StrictJson, item


class SavingInputs(StrictJson):
    """What was compared, as it was read."""

    before: str = item("The recording before the change.")
    after: str = item("The recording after it.")
    window_before: str = item("The window of the first.")
    window_after: str = item("The window of the second.")
    predicted_share: float | None = item("Share that was expected to be saved; null where none was given.")
    temperature: str | None = item("File of the air's temperatures; null where none was given.")
    same_load: bool = item("Whether both are compared at the same work a second.")


class AirAdjustmentJson(StrictJson):
    """The air before and after, taken out of the saving."""

    air_before_c: float = item("Its mean before.")
    air_after_c: float = item("Its mean after.")
    effect_share: MeasuredJson = item("Energy of a unit of work that a degree more takes more.")


class LoadAdjustmentJson(StrictJson):
    """The load before and after, taken out of the saving."""

    load_before_per_s: float = item("Work a second before.")
    load_after_per_s: float = item("Work a second after.")
    effect_share: MeasuredJson = item("Energy of a unit of work that 1% more load takes more.")


class SavingSideJson(StrictJson):
    """One of the two recordings."""

    energy_wh: MeasuredJson = item("Energy of all devices.")
    duration_s: float = item("Time that was recorded.")
    mean_w: float = item("Mean power.")
    work: float | None = item("Work done, in the unit that `per` names; null where it is not known.")
    joules_per_work: float | None = item("Energy for each unit of work; null where it is not known.")
    blocks: int = item("Blocks of time, or windows, whose scatter the interval comes from.")


class SavingResults(StrictJson):
    """The saving, its interval and its significance, and both recordings."""

    verdict: str = item("The result in a sentence.")
    saving_share: MeasuredJson = item("Share of the energy before that is saved, 19 times in 20 within the ends.")
    saved_wh: MeasuredJson = item("Energy that the work after would have taken more at the rate before.")
    significant: bool = item("Whether no saving lies outside the interval.")
    p_value: float = item("Chance of a difference as large where there is none.")
    smallest_share: float = item("Saving that would be found significant four times in five.")
    method: Literal["IPMVP option A", "IPMVP option B"] = item(
        "A: the work is stated; B: energy and work are recorded."
    )
    per: str = item("What the energy is held against: a unit of work, or a second.")
    predicted_share: float | None = item("Share that was expected; null where none was given.")
    predicted_inside: bool | None = item("Whether that lies in the interval.")
    temperature_adjustment: AirAdjustmentJson | None = item("Null where it was not asked for.")
    load_adjustment: LoadAdjustmentJson | None = item("Null where it was not asked for.")
    before: SavingSideJson = item("Before the change.")
    after: SavingSideJson = item("After it.")


class SavingJson(EnvelopeJson[SavingInputs, SavingResults]):
    """What a change saved, from a recording before it and one after."""

    command: Literal["saving"]
