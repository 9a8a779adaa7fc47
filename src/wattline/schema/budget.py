"""The JSON of ``budget``: how a group of devices was held under a number of watts."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, StrictJson, item


class BudgetInputs(StrictJson):
    """The group, as it was read."""

    file: str = item("TOML file of the group.")
    every_s: float = item("Time between two readings.")


class BudgetMemberJson(StrictJson):
    """A device of the group."""

    name: str = item("The device.")
    priority: int = item("A higher one is served first.")
    floor_w: float = item("Its limit is never lower.")
    ceiling_w: float = item("Its limit is never higher: what stood before.")
    lowest_cap_w: float = item("Lowest limit that was set.")
    mean_w: float | None = item("Mean power read; null where no sensor tells it.")


class BudgetResults(StrictJson):
    """How the budget was kept."""

    budget_w: float = item("Budget of all.")
    reserve_w: float = item("Of it, what is kept for what cannot be set.")
    rounds: int = item("Readings of all devices.")
    highest_w: float | None = item("Highest sum of the powers read; null where one is not known.")
    rounds_above: int = item("Readings whose sum was above the budget.")
    members: list[BudgetMemberJson] = item("The devices.")
    restored: bool = item("Whether what stood before is set back.")


class BudgetJson(EnvelopeJson[BudgetInputs, BudgetResults]):
    """How a group of devices was held under a number of watts."""

    command: Literal["budget"]
