"""Images or video under traffic: requests that wait in one queue for the replicas that make them.

A replica that comes free takes all that wait, up to its batch. Waits are simulated at several loads in times of a full
batch, and read off by each draw's own load.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number, parse
from wattline.line.work.diffusion.model import DiffusionModel
from wattline.predict.answer import Answer
from wattline.predict.media.answer import media_answer, run_media
from wattline.predict.media.closed import served_maker_answer, served_maker_of
from wattline.predict.media.question import MediaDemand, MediaQuestion
from wattline.predict.media.request import WORDS, MediaRequest, read_media, read_whole
from wattline.predict.terms import Terms

MAX_REPLICAS, MAX_RATE = 1000, 1e5
USUAL_LOAD, FULL = 0.8, 0.99  # load to which replicas are counted where none are given, and above which none keep up
LOADS = np.array([0.05, 0.2, 0.35, 0.5, 0.6, 0.7, 0.78, 0.85, 0.9, 0.94, 0.97, FULL])
ARRIVALS, WARM = 6000, 0.2  # of a simulation, and the share of them that fills the queue first
TAIL = 95.0


@dataclass(frozen=True, eq=False)
class MediaService:
    """A request under traffic, and what an answer says of its queue."""

    request: MediaRequest
    quantities: Mapping[str, Array]
    notes: tuple[str, ...]


def read_demand(rate: float | str | None, replicas: int | str | None, active: object) -> MediaDemand | None:
    """Requests that come, and the replicas that answer them; None where no rate is given.

    Parameters
    ----------
    rate : such as ``"0.2/s"`` or ``"5000/day"`` [1/s]
    replicas : of the model; None for the fewest that are at work less than ``USUAL_LOAD``
    active : share of the time at work, where given, which traffic decides

    Returns the demand. Raises WattlineError for what is no rate, or no number of replicas.
    """
    if rate is None:
        if replicas is not None:
            raise WattlineError("replicas: give --rate with them, such as '0.2/s'")
        return None
    if active is not None:
        raise WattlineError("active: the traffic decides it; leave out --active or --rate")
    per_s = parse(rate, "request/s", "rate")
    if not 0 < per_s <= MAX_RATE:
        raise WattlineError(f"rate: {number(per_s)} requests/s is out of range; give one such as '0.2/s'")
    count = None if replicas is None else int(read_whole(replicas, "replicas", 1, MAX_REPLICAS))
    return MediaDemand(per_s, count)


def under_traffic(request: MediaRequest, demand: MediaDemand | None, draws: Draws) -> MediaService:
    """A request whose chips are at work as its traffic has it, with its queue.

    Parameters
    ----------
    request : as it was read
    demand : requests that come, and replicas; None for none
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the service. Raises WattlineError where the replicas cannot keep up.
    """
    if demand is None:
        return MediaService(request, {}, ())
    latency_s = run_media(request, draws).latency_s
    usual_s = float(np.median(latency_s))
    replicas, load = _replicas(demand, request, usual_s)
    single = replace(request, job=replace(request.job, batch=np.asarray(1.0)))
    alone = float(np.median(run_media(single, draws).latency_s)) / usual_s
    means, tails = _curves(replicas, int(request.batch), alone)
    own = np.minimum(load * latency_s / usual_s, FULL)
    quantities = {
        "utilisation": np.asarray(own),
        "queue_s": np.asarray(np.interp(own, LOADS, means) * latency_s),
        "latency_p95_s": np.asarray(np.interp(own, LOADS, tails) * latency_s),
    }
    over = float(np.mean(load * latency_s / usual_s > FULL))
    notes = (f"in {over:.0%} of the draws {replicas} replicas do not keep up",) if over >= 0.01 else ()
    known = MediaDemand(demand.rate_per_s, replicas)
    return MediaService(replace(request, active=np.asarray(load), demand=known), quantities, notes)


def _replicas(demand: MediaDemand, request: MediaRequest, latency_s: float) -> tuple[int, float]:
    """Replicas, and the share of the time that each is at work."""
    needed = demand.rate_per_s * latency_s / request.batch
    replicas = demand.replicas or max(int(np.ceil(needed / USUAL_LOAD)), 1)
    if replicas > MAX_REPLICAS:
        raise WattlineError(f"rate: it takes {replicas:,} replicas, more than {MAX_REPLICAS:,}; give a lower rate")
    if needed / replicas > FULL:
        words = WORDS[request.model.makes][1]
        raise WattlineError(
            f"replicas: {replicas} make {number(replicas * request.batch / latency_s)} {words}/s, fewer than "
            f"{number(demand.rate_per_s)} that come; {int(needed / FULL) + 1} or more keep up"
        )
    return replicas, max(needed / replicas, 1e-3)


def _curves(replicas: int, batch: int, alone: float) -> tuple[Array, Array]:
    """Mean wait, and the 95th percentile of wait and work, in times of a full batch, at ``LOADS``."""
    sizes = np.arange(batch + 1)
    work = np.interp(sizes, [0, 1, batch], [0.0, alone, 1.0]) if batch > 1 else np.array([0.0, 1.0])
    count = max(ARRIVALS, 20 * replicas * batch)
    gaps = np.random.default_rng(0).exponential(size=count)
    pairs = [_queue(np.cumsum(gaps) / (load * replicas * batch), work, replicas) for load in LOADS]
    return np.array([mean for mean, _ in pairs]), np.array([tail for _, tail in pairs])


def _queue(arrivals: Array, work: Array, replicas: int) -> tuple[float, float]:
    """Mean wait and the tail of wait and work of requests that come at these times."""
    free = [0.0] * replicas
    begun, done = np.empty(len(arrivals)), np.empty(len(arrivals))
    at, batch = 0, len(work) - 1
    while at < len(arrivals):
        start = max(heapq.heappop(free), float(arrivals[at]))
        end = at + 1 if batch == 1 else max(min(int(np.searchsorted(arrivals, start, "right")), at + batch), at + 1)
        begun[at:end], done[at:end] = start, start + work[end - at]
        heapq.heappush(free, start + float(work[end - at]))
        at = end
    kept = slice(int(WARM * len(arrivals)), None)
    return float(np.mean((begun - arrivals)[kept])), float(np.percentile((done - arrivals)[kept], TAIL))


def answer_media(model: str | Path | DiffusionModel, makes: str, question: MediaQuestion, terms: Terms) -> Answer:
    """The answer of ``image`` and ``video``: of a model, or of a maker that never published one.

    Parameters
    ----------
    model : by name, or as it was read
    makes : ``image`` or ``video``
    question : size, steps, how many are made together, and the traffic
    terms : set-up, place and draws

    Returns the answer. Raises WattlineError on bad input.
    """
    demand = read_demand(question.rate, question.replicas, question.active)
    if (maker := served_maker_of(model, makes, terms.draws)) is not None:
        if demand is not None:
            raise WattlineError(f"rate: the time that {maker.name} takes was never published; take an open model")
        return served_maker_answer(maker, terms.setup, question, terms.where, terms.draws)
    request = read_media(model, makes, terms.setup, question, terms.draws)
    service = under_traffic(request, demand, terms.draws)
    return media_answer(service.request, terms.where, terms.draws, service.quantities, service.notes)
