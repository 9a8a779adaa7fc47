"""The JSON of ``tune``: the setting of least energy, its saving as predicted and as measured, and what was tried."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, MeasuredJson, StrictJson, item
from wattline.schema.saving import SavingResults


class TuneInputs(StrictJson):
    """What was wanted, as it was read."""

    metric: Literal["energy", "cost", "energy*time"] = item("What is made small for a unit of work.")
    slowdown_share: float | None = item("Share by which a unit of work may take longer; null for any.")
    knob: str = item("What is set: power, clock, or a setting of the program.")
    devices: list[str] = item("Devices that are set.")
    window_s: float = item("Time of a window.")
    run_s: float | None = item("Time that the whole run was said to last; null where it was not.")
    command: str | None = item("Program that was run; null for a loop in Python.")


class TunedSettingJson(StrictJson):
    """A setting that was tried."""

    name: str = item("The setting, in words.")
    setting: float | None = item("The setting, in `unit`; null where it is no number.")
    count: int = item("Windows at it.")
    joules_per_work: float = item("Energy for each unit of work in them.")
    work_per_s: float = item("Units of work each second.")
    saving_share: MeasuredJson = item("Share of the energy that it is expected to save, by all that was measured.")


class TuneResults(StrictJson):
    """The best setting, and how it was come by."""

    verdict: str = item("The result in a sentence.")
    knob: str = item("What was set.")
    unit: str = item("Unit of the settings; empty where they have none.")
    setting_before: float | None = item("The setting that stood before; null where it is no number.")
    setting_best: float | None = item("The setting that was kept to the end of the run; null where it is no number.")
    predicted_share: MeasuredJson = item("Share of the energy that the search expected to save.")
    predicted_slowdown_share: MeasuredJson = item("Share by which it expected a unit of work to take longer.")
    slowdown_share: MeasuredJson | None = item("The same as measured; null where nothing was proved.")
    saving: SavingResults | None = item("The saving by fresh windows; null where they did not come to an end.")
    look_windows: int = item("Windows in which settings were looked for.")
    prove_windows: int = item("Windows that prove the saving.")
    lost_wh: float = item("Energy that these took beyond what the same work takes at the best setting.")
    settings: list[TunedSettingJson] = item("What was tried.")
    restored: bool | None = item("Whether what stood before is set back; null while the search runs.")
    journal: str = item("The file that has every reading and window.")


class TuneJson(EnvelopeJson[TuneInputs, TuneResults]):
    """What a search for the setting of least energy came to."""

    command: Literal["tune"]
