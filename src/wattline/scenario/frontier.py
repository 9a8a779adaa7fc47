"""A scenario's job of kind ``frontier``: the set-up of least energy under traffic that is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wattline.catalog.draws import Draws
from wattline.line.work.inputs import read_model
from wattline.predict.answer import Answer
from wattline.predict.service.inputs import known_architecture
from wattline.predict.setup import Setup
from wattline.predict.where import Where
from wattline.scenario.file import TAKES
from wattline.scenario.service import job_traffic
from wattline.search.evaluate import Question
from wattline.search.frontier import Execution, check_target, search_frontier
from wattline.search.setup import SEARCHED, read_space

if TYPE_CHECKING:
    from wattline.scenario.file import FrontierJob


def frontier_job(job: FrontierJob, folder: Path, where: Where, draws: Draws) -> Answer:
    """The answer of the best set-up; a note says which it is, and what it saves.

    Parameters
    ----------
    job : the job, as the scenario's file has it
    folder : where its files lie
    where : where it runs
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns the answer of the best set-up, with its note. Raises WattlineError on bad input, and where no set-up meets
    the targets.
    """
    catalog = draws.catalog
    target = check_target(job.slo_ttft, job.slo_tpot, job.slo_share)
    space = read_space({name: _written(value) for name, value in job.given(SEARCHED).items()}, job.pools, catalog)
    setup = Setup.read(job.against, job.given(TAKES["frontier"]))
    traffic = job_traffic(job, folder, draws.seed, catalog)
    model = folder / job.config if job.config else str(job.model)
    architecture = known_architecture(read_model(model, catalog), catalog)
    question = Question(architecture, traffic, target, job.slo_share, setup, where, catalog)
    result = search_frontier(question, space, Execution(), draws)
    saved = "" if result.saved is None else f", {result.saved.p50:.0%} less energy than {result.default_label}"
    note = f"least energy: {result.best.setup.label()}{saved}"
    answer = result.served.full_answer
    return replace(answer, notes=(*answer.notes, note))


def _written(value: object) -> str:
    """A list as the command takes it."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
