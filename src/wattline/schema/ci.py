"""The JSON of ``ci``: a command's energy held against a budget and a baseline."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, MeasuredJson, StrictJson, item


class CiInputs(StrictJson):
    """What was checked."""

    command: list[str] = item("The command with its arguments.")
    budget_j: float | None = item("Energy that a run may take; null where none was given.")
    tolerance_share: float = item("Share by which it may take more than the baseline.")


class CiResults(StrictJson):
    """The check."""

    verdict: str = item("The result in a sentence.")
    status: int = item("The exit status: 0 within, 3 above the budget or significantly more than the baseline.")
    energy_j: MeasuredJson = item("Mean energy of a run, within the sensors' error.")
    runs_j: list[float] = item("Energy of each run.")
    basis: Literal["measured", "modelled"] = item("Whether sensors measured all of it.")
    budget_j: float | None = item("The budget; null where none was given.")
    over_budget: bool | None = item("Whether the mean is above it.")
    baseline_j: float | None = item("Mean energy of a run of the baseline; null where none was given.")
    more_share: MeasuredJson | None = item("Share more than the baseline, 19 times in 20 within the ends.")
    significant: bool | None = item("Whether that is more than chance.")
    p_value: float | None = item("Chance of a difference as large where there is none.")
    smallest_share: float | None = item("Change that would be called significant four times in five.")
    regression: bool | None = item("Whether it takes significantly more, beyond the tolerance.")


class CiJson(EnvelopeJson[CiInputs, CiResults]):
    """A command's energy held against a budget and a baseline."""

    command: Literal["ci"]
