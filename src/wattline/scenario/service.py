"""A scenario's job of kind ``serve``: traffic with a day's shape, made and served request by request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.quantity import parse
from wattline.line.engine.simulator.scaling import Scaling
from wattline.line.work.traffic.arrivals import gamma_process, shaped
from wattline.line.work.traffic.generator import make
from wattline.line.work.traffic.known import known_lengths, known_shape
from wattline.line.work.traffic.lengths import fixed_lengths
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.answer import Answer
from wattline.predict.service.inputs import MOST_REQUESTS
from wattline.predict.service.simulate import serve

if TYPE_CHECKING:
    from wattline.scenario.file import ServeJob

FEWEST = "fewest"
BUSIEST_S = 3600.0  # the stretch of traffic that the fewest replicas are sought for
MOST_REPLICAS = 4096


def serve_answer(job: ServeJob, model: str | Path, where: Mapping[str, Any], draws: Draws) -> Answer:
    """The job's answer, with what was simulated of one cell among its results."""
    traffic = _traffic(job, draws.seed, draws.catalog)
    setup: dict[str, Any] = {
        key: getattr(job, key)
        for key in ("gpus", "router", "max_num_seqs", "max_num_batched_tokens", "prefill_replicas", "prefill_gpus",
                    "transfer_bandwidth", "power_cap", "engine", "slo_ttft", "slo_tpot")
    }  # fmt: skip
    setup |= {"precision": where["precision"]}
    count = job.replicas
    if count == FEWEST:
        count = fewest_replicas(model, busiest(traffic, BUSIEST_S), job.chip, job.slo_share, draws.catalog, **setup)
    assert isinstance(count, int)
    scaling = None
    if job.scale_target is not None:
        start_s = None if job.start_up is None else parse(job.start_up, "s", "start_up")
        scaling = Scaling(min(job.scale_from, count), job.scale_target, start_s, off=job.scaled_down == "off")
    found = serve(model, traffic, job.chip, replicas=count, cells=job.cells, scaling=scaling, **{**setup, **where})
    return found.told


def _traffic(job: ServeJob, seed: int, catalog: Catalog) -> Traffic:
    rate = parse(job.requests, "request/s", "requests") / job.cells
    span_s = parse(job.duration, "s", "duration")
    if rate * span_s > MOST_REQUESTS:
        raise WattlineError(f"requests: a cell has more than {MOST_REQUESTS:,}; give more cells or a shorter duration")
    if (job.input is None) != (job.output is None):
        raise WattlineError("input and output: give both, or neither and take lengths of a known traffic")
    if job.input is not None and job.output is not None:
        sizes = (round(parse(value, "token", "tokens")) for value in (job.input, job.output))
        lengths: Any = fixed_lengths(*sizes)
    else:
        lengths = known_lengths(job.lengths, catalog)
    shape = known_shape(job.shape, catalog)
    process = gamma_process(rate, job.cv)
    made = make(process if shape is None else shaped(process, shape), lengths, seed, duration_s=span_s)
    if not len(made):
        raise WattlineError("requests: none comes to a cell in the duration; give fewer cells or a longer one")
    return made


def busiest(traffic: Traffic, window_s: float) -> Traffic:
    """The stretch of so many seconds in which most requests come; all of a shorter traffic."""
    if traffic.duration_s <= window_s:
        return traffic
    arrival = traffic.arrival_s
    begins = np.arange(0.0, traffic.duration_s - window_s + 1.0, window_s / 4)
    first, last = np.searchsorted(arrival, begins), np.searchsorted(arrival, begins + window_s)
    best = int(np.argmax(last - first))
    chosen = np.arange(first[best], last[best])
    return traffic.take(chosen, arrival[chosen] - begins[best], window_s)


def fewest_replicas(
    model: str | Path, traffic: Traffic, chip: str, slo_share: float, catalog: Catalog, **setup: Any
) -> int:
    """The fewest replicas that give ``slo_share`` of the requests an answer in time; by bisection, as more of them
    never make an answer later but by chance. Raises WattlineError where there is no target, or none keeps it."""
    if setup.get("slo_ttft") is None and setup.get("slo_tpot") is None:
        raise WattlineError('replicas: "fewest" needs a target: give slo_ttft or slo_tpot')
    if not 0 < slo_share <= 1:
        raise WattlineError(f"slo_share: {slo_share:g} is not a share of the requests, above 0 to 1")

    def share(count: int) -> float:
        found = serve(model, traffic, chip, replicas=count, draws=Draws(0, catalog=catalog), **setup)
        return float(found.target.met(found.served).sum()) / len(traffic)

    low, high, best = 0, 1, -1.0
    while (reached := share(high)) < slo_share:
        if high >= MOST_REPLICAS or (reached <= best and best > 0):
            raise WattlineError(
                f"replicas: with {high} of them {max(reached, best):.1%} of the requests keep the target, and more do "
                "not help; give a looser slo_ttft or slo_tpot, or more gpus a replica"
            )
        low, high, best = high, 2 * high, reached
    while high - low > 1:
        middle = (low + high) // 2
        if share(middle) >= slo_share:
            high = middle
        else:
            low = middle
    return high
