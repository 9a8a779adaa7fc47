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
from wattline.line.world.equivalents import equivalents
from wattline.predict.answer import Answer, matters_json, stations_json
from wattline.predict.average_service import serve_average
from wattline.predict.delivery import Outdoors
from wattline.predict.train import train
from wattline.scenario.file import Job, Scenario, ServeJob, TrainJob, read_scenario

DEFAULT_DRAWS = 2000
STEP_S = 3600.0
MOST_STEPS = 8784


@dataclass(frozen=True, eq=False, repr=False)
class Run(Result):
    """A scenario worked through: an answer for each job, and their sum."""

    scenario: Scenario
    text: str
    answers: tuple[Answer, ...]
    draws: Draws
    path: Path = field(default=Path("."))

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
        step_s = max(STEP_S, longest / MOST_STEPS) if longest > STEP_S else longest
        steps = max(1, int(np.ceil(longest / step_s - 1e-9)))
        rows = np.zeros((len(self.answers), steps))
        for row, answer in zip(rows, self.answers, strict=True):
            mean = np.atleast_2d(answer.load.power_w).mean(axis=0)
            one = Load("grid", answer.load.start, answer.load.step_s, mean).resample(step_s)
            row[: one.power_w.shape[-1]] = one.power_w
        first = self.answers[0].load
        return Load("grid", first.start, step_s, rows, tuple(answer.name for answer in self.answers))

    def figures(self) -> dict[str, Array]:
        """Of all jobs together."""
        energy = self.bill.energy_j
        head = {"energy_wh": energy / 3600, "duration_s": self.duration_s, "mean_w": energy / self.duration_s}
        return head | dict(self.bill.follows)

    def saved_load(self) -> Load:
        return self.load

    def results(self) -> Json:
        """The jobs, and all of them together, as plain data."""
        bill = self.bill.json()
        same = equivalents(self.bill.energy_j, self.bill.follows["co2e_kg"], self.draws)
        return {
            "title": self.scenario.title or self.path.stem,
            "story": self.scenario.story.strip(),
            "jobs": [answer.job() for answer in self.answers],
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
) -> Run:
    """Work a scenario file through. ``draws`` and ``seed`` go before the file's own.

    ``facts``: a catalog, or the user's own file or files of facts.
    """
    path = Path(path)
    scenario, text = read_scenario(path)
    count = _first_given(draws, scenario.draws, DEFAULT_DRAWS)
    draw = Draws(count, _first_given(seed, scenario.seed, 0), open_catalog(facts))
    answers = []
    for job in scenario.job:
        progress(job.name)
        draw.job = job.name
        try:
            answers.append(replace(_answer(job, path, draw), name=job.name))
        except WattlineError as error:
            raise WattlineError(f"scenario {path}: job {job.name!r}: {error}") from None
    return Run(scenario, text, tuple(answers), draw, path)


def _first_given(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def _answer(job: Job, path: Path, draws: Draws) -> Answer:
    model: str | Path = path.parent / job.config if job.config else str(job.model)
    where = {
        "site": job.site,
        "region": job.region,
        "pue": job.pue,
        "outdoors": Outdoors(job.place, path.parent / job.weather if job.weather else None, job.cooling),
        "precision": job.precision,
        "draws": draws,
    }
    if isinstance(job, TrainJob):
        keys = ("mfu", "hours", "watts", "sequence", "batch_tokens", "tuned")
        given = {key: getattr(job, key) for key in keys}
        return train(model, job.tokens, job.chip, job.chips, **given, **where)  # type: ignore[arg-type]
    if isinstance(job, ServeJob):
        from wattline.scenario.service import serve_answer  # Numba, an extra

        return serve_answer(job, model, where, draws)
    given = {key: getattr(job, key) for key in ("days", "gpus", "batch", "active")}
    lengths = {"input_tokens": job.input, "output_tokens": job.output}
    return serve_average(model, job.requests, job.chip, **lengths, **given, **where)  # type: ignore[arg-type]
