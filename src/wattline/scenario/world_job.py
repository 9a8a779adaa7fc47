"""A scenario's job of kind ``world``: the outlook, whose answer stands beside the bills of other jobs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.world.scenarios import published_cases
from wattline.predict.answer import Answer
from wattline.predict.outlook.jobs import yearly_job
from wattline.predict.outlook.world import NOW, WorldOutlook, world
from wattline.scenario.job import Job

MIN_DRAWS = 1000  # below it the ends of a range would be those of a few draws


class WorldJob(Job):
    """The outlook of data centres' electricity, as of the command ``world``. Its answer stands beside the bills of the
    other jobs, adds nothing to them, and shows each of them as a share of its region's outlook."""

    kind: Literal["world"]
    region: str | list[str] = Field("world", description="Place or company, or a list of them.")
    years: str | int = Field("2015-2035", description='One year, or the first and the last, such as "2022-2030".')
    scenario: str | None = Field(None, description="Published case laid over it, or a TOML file beside this file.")
    what_if: str | list[str] = Field([], description='Drivers that are set or moved, such as "ai_idle=30%".')
    as_of: int = Field(NOW, description="Make the outlook as of this year, from what was published by its end.")
    series: str | None = Field(None, description="File of a series' own figures, beside this file.")
    stock: str | None = Field(None, description="File of shipments, beside this file.")


def world_answer(job: WorldJob, folder: Path, draws: Draws) -> WorldOutlook:
    """The answer of a job, of the run's number of draws and seed.

    Parameters
    ----------
    job : as it was read
    folder : where its files lie
    draws : of the run; the outlook takes 1,000 at least

    Returns
    -------
    The answer, as of the command.

    Raises WattlineError for what it does not take.
    """
    if job.stated:
        raise WattlineError("stated: an outlook has no bill to hold it against")
    if job.series is not None and job.stock is not None:
        raise WattlineError("give series or stock, one of the two")
    if job.series is not None and job.region != "world":
        raise WattlineError("series names its own places; leave out region")
    own = job.series or job.stock
    scenario = job.scenario
    if scenario is not None and scenario not in published_cases() and scenario.endswith(".toml"):
        scenario = str(folder / scenario)
    changes = [job.what_if] if isinstance(job.what_if, str) else job.what_if
    return world(
        job.region, str(job.years), scenario=scenario, what_if=changes, as_of=job.as_of,
        own=None if own is None else folder / own, draws=max(draws.n, MIN_DRAWS), seed=draws.seed,
    )  # fmt: skip


def with_jobs(outlook: WorldOutlook, answers: Sequence[Answer]) -> WorldOutlook:
    """The outlook with each of a run's jobs as a share of its region's.

    Parameters
    ----------
    outlook : as the job has it
    answers : the run's jobs that have a bill

    Returns
    -------
    The same outlook, with those shares.
    """
    return outlook.beside(
        yearly_job(answer.name, answer.inputs.get("region"), answer.bill.energy_j, answer.duration_s)
        for answer in answers
    )
