"""The JSON of a scenario's jobs without a bill: flexibility, supply and the outlook, which stand beside the sum."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wattline.schema.base import StrictJson, item
from wattline.schema.flex import (
    FlexBalanceInputs,
    FlexBalanceResults,
    HeadroomInputs,
    HeadroomResults,
    ShiftInputs,
    ShiftResults,
)
from wattline.schema.flex_response import FlexResponseInputs, FlexResponseResults
from wattline.schema.flex_sites import FlexSitesInputs, FlexSitesResults
from wattline.schema.flex_swings import SwingsInputs, SwingsResults
from wattline.schema.supply import SupplyInputs, SupplyResults
from wattline.schema.world import WorldInputs, WorldResults


class BesideJob(StrictJson):
    """A job whose answer stands beside the bills of the others."""

    name: str = item("The job's name.")
    notes: list[str] = item("What is said beside its results.")
    warnings: list[str] = item("What the user should mind.")


class BalanceJobJson(BesideJob):
    """A job of kind `flex` that asks for `balance`."""

    command: Literal["flex balance"]
    inputs: FlexBalanceInputs = item("As of `flex balance`.")
    results: FlexBalanceResults = item("As of `flex balance`.")


class HeadroomJobJson(BesideJob):
    """A job of kind `flex` that asks for `headroom`."""

    command: Literal["flex headroom"]
    inputs: HeadroomInputs = item("As of `flex headroom`.")
    results: HeadroomResults = item("As of `flex headroom`.")


class ResponseJobJson(BesideJob):
    """A job of kind `flex` that asks for `response`."""

    command: Literal["flex response"]
    inputs: FlexResponseInputs = item("As of `flex response`.")
    results: FlexResponseResults = item("As of `flex response`.")


class ShiftJobJson(BesideJob):
    """A job of kind `flex` that asks for `shift`."""

    command: Literal["flex shift"]
    inputs: ShiftInputs = item("As of `flex shift`.")
    results: ShiftResults = item("As of `flex shift`.")


class SitesJobJson(BesideJob):
    """A job of kind `flex` that asks for `sites`."""

    command: Literal["flex sites"]
    inputs: FlexSitesInputs = item("As of `flex sites`.")
    results: FlexSitesResults = item("As of `flex sites`.")


class SwingsJobJson(BesideJob):
    """A job of kind `flex` that asks for `swings`."""

    command: Literal["flex swings"]
    inputs: SwingsInputs = item("As of `flex swings`.")
    results: SwingsResults = item("As of `flex swings`.")


class SupplyJobJson(BesideJob):
    """A job of kind `supply`."""

    command: Literal["supply"]
    inputs: SupplyInputs = item("As of `supply`.")
    results: SupplyResults = item("As of `supply`.")


class WorldJobJson(BesideJob):
    """A job of kind `world`."""

    command: Literal["world"]
    inputs: WorldInputs = item("As of `world`.")
    results: WorldResults = item("As of `world`; `jobs` are the run's that have a bill.")


BesideJobs = (
    BalanceJobJson
    | HeadroomJobJson
    | ResponseJobJson
    | ShiftJobJson
    | SitesJobJson
    | SwingsJobJson
    | SupplyJobJson
    | WorldJobJson
)
BesideJson = Annotated[BesideJobs, Field(discriminator="command")]


class StudyResults(StrictJson):
    """A scenario whose jobs have no bill."""

    title: str = item("The question in words.")
    story: str = item("The story of the scenario.")
    beside: list[BesideJson] = item("The jobs; their facts are the run's.")
