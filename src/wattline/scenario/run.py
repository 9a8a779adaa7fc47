"""``run``: a scenario's jobs on the whole line, added up, with one set of draws for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import add
from pathlib import Path

import numpy as np

from wattline.catalog import CatalogLike, open_catalog
from wattline.catalog.draws import Draws, what_matters
from wattline.core.bill import Bill
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.core.units import HOUR_S, J_PER_WH
from wattline.line.grid.carbon.given import split_zone
from wattline.line.world.equivalents import equivalents
from wattline.predict.answer import Answer, matters_json, stations_json
from wattline.predict.average_service import average_answer
from wattline.predict.outlook.world import WorldOutlook
from wattline.predict.prompt import prompt_answer
from wattline.predict.request import read_request
from wattline.predict.senses import Senses
from wattline.predict.settings import settings
from wattline.predict.setup import Setup
from wattline.predict.site import read_design, work
from wattline.predict.train import training_answer
from wattline.predict.where import Where
from wattline.scenario.encoding_job import EncodingJob, encoding_answer_of
from wattline.scenario.file import (
    TAKES,
    WHERE,
    FrontierJob,
    PromptJob,
    Scenario,
    ServeAverageJob,
    ServeJob,
    SiteJob,
    read_scenario,
)
from wattline.scenario.flex_job import FlexJob, flex_answer
from wattline.scenario.job import Job, ModelJob
from wattline.scenario.media_job import ImageJob, VideoJob
from wattline.scenario.session_job import SessionJob, session_answer_of
from wattline.scenario.stated import stated_rows
from wattline.scenario.supply_job import SupplyJob, supply_answer
from wattline.scenario.training_job import TrainJob
from wattline.scenario.world_job import WorldJob, with_jobs, world_answer

DEFAULT_DRAWS = 2000
# what of a training job is not of its set-up
GIVEN = (
    *("mfu", "hours", "watts", "sequence", "batch_tokens"),
    *("tuned", "method", "teacher", "rollout_tokens", "rollout_chips", "rollouts", "padding", "document_tokens"),
    *("samples", "size", "frames", "batch_samples", "chip_price"),
)
STEP_S = HOUR_S
MAX_STEPS = 8784


@dataclass(frozen=True, eq=False, repr=False)
class ScenarioRun(Result):
    """A scenario worked through: an answer for each job, and their sum."""

    scenario: Scenario
    text: str
    answers: tuple[Answer, ...]
    draws: Draws
    path: Path = field(default=Path("."))
    statements: tuple[Json, ...] = ()
    beside: tuple[tuple[str, Result], ...] = ()

    @cached_property
    def bill(self) -> Bill:
        """All jobs together."""
        return reduce(add, (answer.bill for answer in self.answers))

    @property
    def duration_s(self) -> Array:
        """From the common start to the end of the longest job."""
        return np.asarray(reduce(np.maximum, (answer.duration_s for answer in self.answers)))

    @cached_property
    def load(self) -> Load:
        """Mean power at the grid by job, in hours (longer steps beyond a year); all jobs start together."""
        longest = max(answer.load.duration_s for answer in self.answers)
        step_s = max(STEP_S, longest / MAX_STEPS) if longest > STEP_S else longest
        steps = max(1, int(np.ceil(longest / step_s - 1e-9)))
        rows = np.zeros((len(self.answers), steps))
        for row, answer in zip(rows, self.answers, strict=True):
            mean = np.atleast_2d(answer.load.power_w).mean(axis=0)
            hourly = Load("grid", answer.load.start, answer.load.step_s, mean).resample(step_s)
            row[: hourly.power_w.shape[-1]] = hourly.power_w
        first = self.answers[0].load
        return Load("grid", first.start, step_s, rows, tuple(answer.name for answer in self.answers))

    def figures(self) -> dict[str, Array]:
        """Of all jobs together."""
        if not self.answers:
            return {}
        energy = self.bill.energy_j
        head = {"energy_wh": energy / J_PER_WH, "duration_s": self.duration_s, "mean_w": energy / self.duration_s}
        return head | dict(self.bill.follows)

    def saved_load(self) -> Load | None:
        return self.load.with_draws(self.bill.energy_j) if self.answers else None

    def results(self) -> Json:
        """The jobs, and all of them together, as plain data; those without a bill stand beside."""
        head = {"title": self.scenario.title or self.path.stem, "story": self.scenario.story.strip()}
        beside = {"beside": [beside_json(name, answer) for name, answer in self.beside]} if self.beside else {}
        if not self.answers:
            return {**head, **beside}
        bill = self.bill.json()
        same = equivalents(self.bill.energy_j, self.bill.follows["co2e_kg"], self.draws)
        return {
            **head,
            **beside,
            "jobs": [answer.job() for answer in self.answers],
            "statements": list(self.statements),
            **{name: value for name, value in bill.items() if name != "parts"},
            "duration_s": Range.of(self.duration_s).json(),
            "mean_w": Range.of(self.bill.energy_j / self.duration_s).json(),
            "stations": stations_json(self.bill, self.duration_s),
            "parts": bill["parts"],
            "equivalents": [e.json() for e in same],
            "matters": matters_json(what_matters(self.draws, self.bill.energy_j)),
        }

    def json(self) -> Json:
        inputs = {"path": str(self.path), "scenario": self.text}
        return envelope(
            "run", inputs, self.results(), draws=self.draws,
            notes=[f"{answer.name}: {note}" for answer in self.answers for note in answer.notes],
            warnings=[f"{answer.name}: {warning}" for answer in self.answers for warning in answer.warnings],
        )  # fmt: skip


def run(
    path: Path | str,
    draws: int | None = None,
    seed: int | None = None,
    progress: Callable[[str], None] = lambda name: None,
    facts: CatalogLike = None,
) -> ScenarioRun:
    """Calculate every job of a scenario file.

    Parameters
    ----------
    path : the scenario (TOML)
    draws, seed : in place of the file's own
    progress : hears the name of each job before it is calculated
    facts : a catalog, or your own file or files of facts

    Returns an answer for each job, and their sum. Raises WattlineError on bad input.
    """
    path = Path(path)
    scenario, text = read_scenario(path)
    here = settings()
    count = _first_given(draws, scenario.draws, DEFAULT_DRAWS)
    draw = Draws(count, _first_given(seed, scenario.seed, 0), open_catalog(facts))
    answers: list[Answer] = []
    statements: list[Json] = []
    beside: list[tuple[str, Result]] = []
    for job in scenario.job:
        progress(job.name)
        draw.job = job.name
        try:
            if isinstance(job, WorldJob):
                outlook = world_answer(job, path.parent, draw)
                draw.cite(*outlook.facts)
                beside.append((job.name, outlook))
                continue
            where = here.fill(_where(job, path.parent))
            if isinstance(job, FlexJob):
                flexible = flex_answer(job, path.parent, where, draw)
                draw.cite(*flexible.facts)
                beside.append((job.name, flexible))
                continue
            if isinstance(job, SupplyJob):
                beside.append((job.name, supply_answer(job, path.parent, where, draw)))
                continue
            answers.append(replace(_answer(job, path.parent, where, draw), name=job.name))
            statements += stated_rows(answers[-1], job.stated)
        except WattlineError as error:
            raise WattlineError(f"scenario {path}: job {job.name!r}: {error}") from None
    beside = [(name, with_jobs(each, answers) if isinstance(each, WorldOutlook) else each) for name, each in beside]
    return ScenarioRun(scenario, text, tuple(answers), draw, path, tuple(statements), tuple(beside))


def beside_json(name: str, answer: Result) -> Json:
    """An answer without a bill as one of a run's jobs, whose facts are the run's.

    Parameters
    ----------
    name : of the job
    answer : to its question

    Returns
    -------
    The job's part of the run's answer.
    """
    data = answer.json()
    return {"name": name, **{key: data[key] for key in ("command", "inputs", "results", "notes", "warnings")}}


def _first_given(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def _where(job: Job, folder: Path) -> Where:
    """Where a job runs; files of weather, carbon and price lie beside the scenario."""
    values = job.given(WHERE)
    if values["weather"] is not None:
        values["weather"] = folder / values["weather"]
    for name in ("carbon", "price"):
        if isinstance(values.get(name), str) and split_zone(folder / values[name])[0].is_file():
            values[name] = str(folder / values[name])
    return Where.read(None, values)


def _answer(job: Job, folder: Path, where: Where, draws: Draws) -> Answer:
    if isinstance(job, SiteJob):
        return _site_answer(job, folder, where, draws)
    assert isinstance(job, ModelJob)
    if isinstance(job, SessionJob):
        return session_answer_of(job, folder, where, draws)
    model: str | Path = folder / job.config if job.config else str(job.model)
    if isinstance(job, TrainJob):
        setup = Setup.read(None, job.given(TAKES["train"]))
        return training_answer(model, job.tokens, setup, job.chips, job.given(GIVEN), where, draws)
    if isinstance(job, ImageJob):
        return _media_answer(job, folder, where, draws)
    if isinstance(job, EncodingJob):
        return encoding_answer_of(job, model, where, draws)
    if isinstance(job, ServeJob):
        from wattline.scenario.service import serve_job  # Numba, an extra

        return serve_job(job, folder, where, draws)
    if isinstance(job, FrontierJob):
        from wattline.scenario.frontier import frontier_job  # Numba, an extra

        return frontier_job(job, folder, where, draws)
    assert isinstance(job, PromptJob | ServeAverageJob)
    setup = Setup.read(None, job.given(TAKES["serve-average"]))
    lengths = (job.input, job.output)
    senses = Senses(job.pictures, job.picture_size, job.audio) if isinstance(job, PromptJob) else None
    request = read_request(model, setup, lengths, batch=job.batch, active=job.active, draws=draws, senses=senses)
    if isinstance(job, PromptJob):
        return prompt_answer(request, where, draws)
    return average_answer(request, str(job.rate), job.days, where, draws)


def _media_answer(job: ImageJob, folder: Path, where: Where, draws: Draws) -> Answer:
    """An image or a video."""
    from wattline.predict.media.question import MediaQuestion
    from wattline.predict.media.traffic import answer_media
    from wattline.predict.terms import Terms

    model: str | Path = folder / job.config if job.config else str(job.model)
    values = job.given(("size", "steps", "guidance", "batch", "split", "active", "rate", "replicas"))
    if isinstance(job, VideoJob):
        values |= job.given(("seconds", "fps", "frames"))
    setup = Setup.read(None, job.given(TAKES[job.kind]))
    return answer_media(model, job.kind, MediaQuestion(**values), Terms(where, setup, draws))


def _site_answer(job: SiteJob, folder: Path, where: Where, draws: Draws) -> Answer:
    plant = job.given(("utilisation", "ups", "redundancy", "humidified", "facility_water", "server_fans"))
    load = None if job.load is None else folder / job.load
    return work(read_design(job.it, where, draws.catalog, load=load, **plant), draws).full_answer
