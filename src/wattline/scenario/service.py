"""A scenario's job of kind ``serve``: traffic with a day's shape, made and served request by request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.quantity import parse
from wattline.line.work.traffic.arrivals import gamma_process, with_shape
from wattline.line.work.traffic.generator import make
from wattline.line.work.traffic.known import known_lengths, known_shape
from wattline.line.work.traffic.lengths import fixed_lengths
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.answer import Answer
from wattline.predict.senses import Senses
from wattline.predict.service.inputs import MAX_REQUESTS
from wattline.predict.service.replicas import with_replicas
from wattline.predict.service.result import read_target
from wattline.predict.service.seen import with_senses
from wattline.predict.service.simulate import serve_answer
from wattline.predict.setup import Setup
from wattline.predict.where import Where
from wattline.scenario.file import TAKES

if TYPE_CHECKING:
    from wattline.scenario.file import ServeJob, TrafficJob


def serve_job(job: ServeJob, model: str | Path, where: Where, draws: Draws) -> Answer:
    """The job's answer, with what was simulated of one cell among its results.

    Parameters
    ----------
    job : the job, as the scenario's file has it
    model : its model, by name or the path of a description
    where : where it runs
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns the answer. Raises WattlineError on bad input, and where no number of replicas meets the targets.
    """
    traffic = make_traffic(job, draws.seed, draws.catalog, job.cells)
    senses = Senses(job.pictures, job.picture_size, job.audio)
    traffic = with_senses(traffic, senses, job.picture_share, draws.seed)
    target = read_target(job.slo_ttft, job.slo_tpot)
    setup = Setup.read(None, job.given(TAKES["serve"]))
    counted = with_replicas(model, traffic, setup, target, job.slo_share, draws)
    return serve_answer(model, traffic, counted, where, target, draws, job.cells).full_answer


def make_traffic(job: TrafficJob, seed: int, catalog: Catalog, cells: float = 1.0) -> Traffic:
    """The traffic of one of so many ``cells``, drawn from the job's rate, shape and lengths.

    Parameters
    ----------
    job : with its rate, duration, shape and lengths
    seed : of what is drawn
    catalog : where known traffic is looked up
    cells : number of services alike that share the rate

    Returns the requests of one cell. Raises WattlineError on bad input, and where a cell has none or too many.
    """
    rate = parse(str(job.rate), "request/s", "rate") / cells
    span_s = parse(job.duration, "s", "duration")
    if rate * span_s > MAX_REQUESTS:
        raise WattlineError(f"rate: a cell has more than {MAX_REQUESTS:,}; give more cells or a shorter duration")
    if (job.input is None) != (job.output is None):
        raise WattlineError("input and output: give both, or neither and take lengths of a known traffic")
    if job.input is not None and job.output is not None:
        sizes = (round(parse(value, "token", "tokens")) for value in (job.input, job.output))
        lengths: Any = fixed_lengths(*sizes)
    else:
        lengths = known_lengths(job.lengths, catalog)
    shape = known_shape(job.shape, catalog)
    process = gamma_process(rate, job.cv)
    made = make(process if shape is None else with_shape(process, shape), lengths, seed, duration_s=span_s)
    if not len(made):
        raise WattlineError("rate: no request comes to a cell in the duration; give fewer cells or a longer one")
    return made
