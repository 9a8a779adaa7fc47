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
from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item, perhaps
from wattline.schema.beside import BesideJson, StudyResults
from wattline.schema.encoding import EmbedInputs, EmbedResults, TranscribeInputs, TranscribeResults
from wattline.schema.inputs import PromptInputs, ServeAverageInputs, ServeInputs, TrainInputs
from wattline.schema.media import ImageInputs, ImageResults, VideoInputs, VideoResults
from wattline.schema.session import SessionInputs, SessionResults
from wattline.schema.site import SiteInputs, SiteYearJson


class TrainJobJson(StrictJson):
    """A job of kind `train`."""

    name: str = item("The job's name.")
    command: Literal["train"]
    inputs: TrainInputs = item("As of `train`.")
    results: TrainResults = item("As of `train`.")


class ImageJobJson(StrictJson):
    """A job of kind `image`."""

    name: str = item("The job's name.")
    command: Literal["image"]
    inputs: ImageInputs = item("As of `image`.")
    results: ImageResults = item("As of `image`.")


class VideoJobJson(StrictJson):
    """A job of kind `video`."""

    name: str = item("The job's name.")
    command: Literal["video"]
    inputs: VideoInputs = item("As of `video`.")
    results: VideoResults = item("As of `video`.")


class SessionJobJson(StrictJson):
    """A job of kind `session`."""

    name: str = item("The job's name.")
    command: Literal["session"]
    inputs: SessionInputs = item("As of `session`.")
    results: SessionResults = item("As of `session`.")


class EmbedJobJson(StrictJson):
    """A job of kind `embed`."""

    name: str = item("The job's name.")
    command: Literal["embed"]
    inputs: EmbedInputs = item("As of `embed`.")
    results: EmbedResults = item("As of `embed`.")


class TranscribeJobJson(StrictJson):
    """A job of kind `transcribe`."""

    name: str = item("The job's name.")
    command: Literal["transcribe"]
    inputs: TranscribeInputs = item("As of `transcribe`.")
    results: TranscribeResults = item("As of `transcribe`.")


class PromptJobJson(StrictJson):
    """A job of kind `prompt`."""

    name: str = item("The job's name.")
    command: Literal["prompt"]
    inputs: PromptInputs = item("As of `prompt`.")
    results: PromptResults = item("As of `prompt`.")


class ServeAverageJobJson(StrictJson):
    """A job of kind `serve-average`."""

    name: str = item("The job's name.")
    command: Literal["serve-average"]
    inputs: ServeAverageInputs = item("As of `serve-average`.")
    results: ServeAverageResults = item("As of `serve-average`.")


class ServeJobJson(StrictJson):
    """A job of kind `serve`, or the best set-up of one of kind `frontier`."""

    name: str = item("The job's name.")
    command: Literal["serve"]
    inputs: ServeInputs = item("As of `serve`.")
    results: ServeResults = item("As of `serve`.")


class SiteJobResults(AnswerJson, SiteYearJson):
    """A site's year as a job among others: what matters for its energy, and not for its PUE."""

    water_site_l: RangeJson = item("Water at the site.")
    water_stations_l: RangeJson = item("Water at power stations.")


class SiteJobJson(StrictJson):
    """A job of kind `site`."""

    name: str = item("The job's name.")
    command: Literal["site"]
    inputs: SiteInputs = item("As of `site`.")
    results: SiteJobResults = item("The bill of the year, and as of `site`.")


Jobs = (
    TrainJobJson
    | PromptJobJson
    | ImageJobJson
    | VideoJobJson
    | SessionJobJson
    | EmbedJobJson
    | TranscribeJobJson
    | ServeAverageJobJson
    | ServeJobJson
    | SiteJobJson
)
JobJson = Annotated[Jobs, Field(discriminator="command")]


class StatementJson(StrictJson):
    """A figure that was said of a job, beside what was computed."""

    job: str = item("The job's name.")
    result: str = item("The result that it is of.")
    label: str = item("The same in words.")
    stated: float = item("What was said, in `unit`.")
    unit: str = item("Its unit.")
    computed: RangeJson = item("What was computed, in `unit`.")
    probability: float = item("Share of the draws that lie within 25% of what was said.")
    verdict: Literal["agrees", "disagrees", "undecided"] = item("Whether they agree.")
    why: str = item("Why.")


class RunInputs(StrictJson):
    """A scenario file."""

    path: str = item("The file.")
    scenario: str = item("Its text as read.")


class RunResults(BillJson):
    """The jobs of a scenario, and all of them together from their common start."""

    story: str = item("The story of the scenario.")
    jobs: list[JobJson] = item("The jobs; their facts, notes and warnings are the run's.")
    statements: list[StatementJson] = item("What was said of jobs, and whether what was computed agrees.")
    beside: list[BesideJson] | None = perhaps("Jobs without a bill, of kind `flex` or `supply`.")


class RunJson(EnvelopeJson[RunInputs, RunResults | StudyResults]):
    """Every job of a scenario file, and their sum. Notes and warnings begin with their job's name."""

    command: Literal["run"]
