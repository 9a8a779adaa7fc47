"""The JSON of ``run``: every kind of job, and all of them together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wattline.schema.answer import (
    AnswerJson,
    BillJson,
    PromptResults,
    ServeAverageResults,
    ServeResults,
    TrainResults,
)
from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, said
from wattline.schema.inputs import ReplicaInputs, ServeAverageInputs, ServeInputs, TrainInputs
from wattline.schema.site import SiteInputs, SiteYearJson


class TrainJobJson(StrictJson):
    """A job of kind `train`."""

    name: str = said("The job's name.")
    command: Literal["train"]
    inputs: TrainInputs = said("As of `train`.")
    results: TrainResults = said("As of `train`.")


class PromptJobJson(StrictJson):
    """A job of kind `prompt`."""

    name: str = said("The job's name.")
    command: Literal["prompt"]
    inputs: ReplicaInputs = said("As of `prompt`.")
    results: PromptResults = said("As of `prompt`.")


class ServeAverageJobJson(StrictJson):
    """A job of kind `serve-average`."""

    name: str = said("The job's name.")
    command: Literal["serve-average"]
    inputs: ServeAverageInputs = said("As of `serve-average`.")
    results: ServeAverageResults = said("As of `serve-average`.")


class ServeJobJson(StrictJson):
    """A job of kind `serve`, or the best set-up of one of kind `frontier`."""

    name: str = said("The job's name.")
    command: Literal["serve"]
    inputs: ServeInputs = said("As of `serve`.")
    results: ServeResults = said("As of `serve`.")


class SiteJobResults(AnswerJson, SiteYearJson):
    """A site's year as a job among others: what matters for its energy, and not for its PUE."""

    water_site_l: RangeJson = said("Water at the site.")
    water_stations_l: RangeJson = said("Water at power stations.")


class SiteJobJson(StrictJson):
    """A job of kind `site`."""

    name: str = said("The job's name.")
    command: Literal["site"]
    inputs: SiteInputs = said("As of `site`.")
    results: SiteJobResults = said("The bill of the year, and as of `site`.")


Jobs = TrainJobJson | PromptJobJson | ServeAverageJobJson | ServeJobJson | SiteJobJson
JobJson = Annotated[Jobs, Field(discriminator="command")]


class RunInputs(StrictJson):
    """A scenario file."""

    path: str = said("The file.")
    scenario: str = said("Its text as read.")


class RunResults(BillJson):
    """The jobs of a scenario, and all of them together from their common start."""

    story: str = said("The story of the scenario.")
    jobs: list[JobJson] = said("The jobs; their facts, notes and warnings are the run's.")


class RunJson(EnvelopeJson[RunInputs, RunResults]):
    """Every job of a scenario file, and their sum. Notes and warnings begin with their job's name."""

    command: Literal["run"]
