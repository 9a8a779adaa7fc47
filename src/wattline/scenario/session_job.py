"""Jobs of sessions, as a scenario file states them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from wattline.catalog.draws import Draws
from wattline.line.work.sessions.read import PRESETS
from wattline.predict.answer import Answer
from wattline.predict.session.session import session
from wattline.predict.setup import REPLICA, Setup
from wattline.predict.where import Where
from wattline.scenario.job import ModelJob, Number


class SessionJob(ModelJob):
    """Calls that build on each other; ``model`` may be left out where the session names one."""

    kind: Literal["session"]
    session: str = Field(description="Preset, or a file beside this one: TOML, JSONL or a trace.")
    batch: Number | None = Field(None, description="Number of requests that a replica answers together.")
    active: Number | None = Field(None, description="Share of the time that chips are at work.")
    batch_api: bool = Field(False, description="Whether the work may wait a day.")
    deadline: Number | None = Field(None, description="Hours within which a batch API has the work done.")


def session_answer_of(job: SessionJob, folder: Path, where: Where, draws: Draws) -> Answer:
    """The answer of a job.

    Parameters
    ----------
    job : as the file states it
    folder : of the scenario
    where : where it runs
    draws : of the whole scenario

    Returns
    -------
    The answer.
    """
    model = folder / job.config if job.config else job.model
    given = job.session if job.session in PRESETS else folder / job.session
    setup = Setup.read(None, job.given(REPLICA))
    return session(
        given, model, setup, where=where, draws=draws, **job.given(("batch", "active", "batch_api", "deadline"))
    )
