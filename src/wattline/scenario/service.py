"""A scenario's job of kind ``serve``: traffic that is read or made, and served request by request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.answer import Answer
from wattline.predict.senses import Senses
from wattline.predict.service.replicas import with_replicas
from wattline.predict.service.result import read_target
from wattline.predict.service.seen import with_senses
from wattline.predict.service.simulate import serve_answer
from wattline.predict.service.traffic import TrafficFields, make_traffic
from wattline.predict.setup import Setup
from wattline.predict.where import Where
from wattline.scenario.file import TAKES

if TYPE_CHECKING:
    from wattline.scenario.file import ServeJob, TrafficJob

MADE_OF = ("rate", "duration", "shape", "cv", "lengths")


def serve_job(job: ServeJob, folder: Path, where: Where, draws: Draws) -> Answer:
    """The job's answer, with what was simulated of one cell among its results.

    Parameters
    ----------
    job : the job, as the scenario's file has it
    folder : where its files lie
    where : where it runs
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns the answer. Raises WattlineError on bad input, and where no number of replicas meets the targets.
    """
    model = folder / job.config if job.config else str(job.model)
    traffic = job_traffic(job, folder, draws.seed, draws.catalog, job.cells)
    senses = Senses(job.pictures, job.picture_size, job.audio)
    traffic = with_senses(traffic, senses, job.picture_share, draws.seed)
    target = read_target(job.slo_ttft, job.slo_tpot)
    setup = Setup.read(None, job.given(TAKES["serve"]))
    counted = with_replicas(model, traffic, setup, target, job.slo_share, draws)
    return serve_answer(model, traffic, counted, where, target, draws, job.cells).full_answer


def job_traffic(job: TrafficJob, folder: Path, seed: int, catalog: Catalog, cells: float = 1.0) -> Traffic:
    """The traffic of one of so many ``cells``: of the job's trace, or drawn from its rate, shape and lengths.

    Parameters
    ----------
    job : with its trace, or its rate, duration, shape and lengths
    folder : where its trace lies
    seed : of what is drawn
    catalog : where known traffic is looked up
    cells : number of services alike that share the rate

    Returns the requests of one cell. Raises WattlineError on bad input, and where a cell has none or too many.
    """
    if job.trace is None and job.rate is None:
        raise WattlineError("rate is missing: give rate, or trace, a file of requests")
    tokens = job.input, job.output
    if (job.input is None) != (job.output is None):
        raise WattlineError("input and output: give both, or neither and take lengths of a known traffic")
    if job.input is not None and job.lengths is not None:
        raise WattlineError("lengths: give either lengths, or input and output")
    given = {name: value for name, value in job.given(MADE_OF).items() if value is not None}
    if job.trace is not None:
        given["trace"] = folder / job.trace
    if job.input is not None:
        given["lengths"] = tokens
    made = make_traffic(TrafficFields(**given, cells=cells), seed, catalog)
    if not len(made):
        raise WattlineError("rate: no request comes to a cell in the duration; give fewer cells or a longer one")
    return made
