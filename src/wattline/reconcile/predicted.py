"""What of a scenario's prediction can be held against meters: a job by name, or all of them added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from wattline.core.errors import NotFound, WattlineError
from wattline.core.fact import Array
from wattline.core.plurals import count_words
from wattline.predict.answer import Answer
from wattline.scenario.run import ScenarioRun


@dataclass(frozen=True, eq=False)
class Prediction:
    """What of a prediction can be held against meters; ``work`` and ``chips`` are None where jobs are added up."""

    title: str
    parts: Mapping[str, Array]
    duration_s: Array
    chip: str | None = None
    chips: Array | None = None
    work: tuple[str, float] | None = None
    mfu: Array | None = None
    pue: Array | None = None

    def during(self, seconds: float) -> Prediction:
        """So many seconds of it at its mean power; how much work that is, is not known."""
        share = seconds / np.asarray(self.duration_s)
        parts = {name: np.asarray(joules * share) for name, joules in self.parts.items()}
        return replace(self, parts=parts, duration_s=np.full_like(share, seconds), work=None, mfu=None)


def pick(worked: ScenarioRun, job: str | None) -> tuple[Prediction, str]:
    """The job by name, the only one, or all of a scenario added up; and its name. Raises NotFound for a name that the
    scenario has not, WattlineError for a site's year.

    Parameters
    ----------
    worked : a scenario with its answers
    job : its name; None for the only one, or all

    Returns
    -------
    The prediction, and the job's name ("" for all).
    """
    names = [answer.name for answer in worked.answers]
    sites = [answer.name for answer in worked.answers if answer.command == "site" and job in (None, answer.name)]
    if sites:
        raise WattlineError(f"job {sites[0]!r} is a site's year, which no recording of chips can be held against")
    if job is None and len(names) > 1:
        title = f"{worked.scenario.title or worked.path.stem}: {count_words('jobs', len(names))} together"
        return Prediction(title, worked.bill.parts, worked.duration_s), ""
    if job is not None and job not in names:
        raise NotFound("job", job, names, f"the scenario's jobs: {', '.join(names)}")
    answer = next(answer for answer in worked.answers if job in (None, answer.name))
    return _predicted(answer), answer.name


def _predicted(answer: Answer) -> Prediction:
    if answer.command == "train":
        work, chips = ("tokens", float(answer.inputs["tokens"])), np.asarray(float(answer.inputs["chips"]))
    elif answer.command == "prompt":
        work, chips = ("queries", 1.0), np.asarray(float(answer.inputs["gpus"]))
    else:
        work = ("queries", float(answer.quantities["requests"]))
        chips = answer.quantities["accelerators"]
    chip, mfu = str(answer.inputs["chip"]), answer.quantities.get("mfu")
    return Prediction(
        answer.title, answer.bill.parts, answer.duration_s, chip, chips, work, mfu, answer.quantities.get("pue")
    )
