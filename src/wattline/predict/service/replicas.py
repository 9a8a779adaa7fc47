"""The fewest replicas that are enough: the search by doubling and halving, and the same for a simulated service."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.units import HOUR_S
from wattline.line.work.model import Model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.result import Target
from wattline.predict.service.simulation import simulate_service
from wattline.predict.setup import Setup

BUSIEST_S = HOUR_S  # the stretch of traffic that the fewest replicas are sought for
MAX_COUNT = 4096


def fewest(first: int = 1, stride: int = 1, most: int = MAX_COUNT) -> Generator[int, bool, int | None]:
    """The fewest of something that is enough, found by trying: yields a count, and is sent whether that is enough.

    Counts are taken in strides that double until one is enough and one is not; then what lies between is halved. More
    of the thing are taken never to be worse.

    Parameters
    ----------
    first : the count that is tried first
    stride : the first stride from it, up or down
    most : the largest count to try

    Returns the fewest count that is enough, None where ``most`` are too few.
    """
    low, high, count = 0, 0, min(first, most)
    while low < most:
        enough = yield count
        if enough:
            high = count
        else:
            low = max(low, count)
        if high and high - low <= 1:
            return high
        count, stride = min(_next(low, high, stride), most), 2 * stride
    return None


def _next(low: int, high: int, stride: int) -> int:
    """The count to try, when ``low`` are too few and ``high`` enough, 0 where that is not known."""
    if not high:
        return low + stride
    return (low + high) // 2 if low else max(high - stride, 1)


def with_replicas(
    model: str | Path | Model, traffic: Traffic, setup: Setup, target: Target, share: float, draws: Draws
) -> Setup:
    """The set-up with its replicas counted: where it says "fewest", those that meet the target in the busiest hour.

    Parameters
    ----------
    model : by name, or as it was read
    traffic : the requests
    setup : of a replica
    target : the latencies to meet
    share : of the requests that must keep them, above 0 to 1
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the set-up. Raises WattlineError where no number of replicas meets the target.
    """
    if isinstance(setup.replicas, int):
        return setup
    count = fewest_replicas(model, busiest(traffic, BUSIEST_S), setup, target, share, draws)
    scale_from = None if setup.scale_from is None else min(setup.scale_from, count)
    return replace(setup, replicas=count, scale_from=scale_from)


def fewest_replicas(
    model: str | Path | Model, traffic: Traffic, setup: Setup, target: Target, share: float, draws: Draws
) -> int:
    """The fewest replicas that answer enough of the requests in time.

    Parameters
    ----------
    model : a catalog name, the path of a ``config.json``, or a Model
    traffic : the requests
    setup : how the model is served, replicas aside
    target : the latencies to keep
    share : of the requests that must keep them, above 0 to 1
    draws : whose catalog is taken, at central values

    Returns
    -------
    Number of replicas.

    Raises WattlineError where there is no target, or no number of replicas keeps it.
    """
    if target.ttft_s is None and target.tpot_s is None:
        raise WattlineError('replicas: "fewest" needs a target: give slo_ttft or slo_tpot')
    if not 0 < share <= 1:
        raise WattlineError(f"slo_share: {share:g} is not a share of the requests, above 0 to 1")
    plain = replace(setup, scale_from=None, scale_target=None, start_up=None)
    best, kept = -1.0, False
    tries = fewest()
    count = next(tries)
    while True:
        served = simulate_service(model, traffic, plain.of(count), draws.central()).served
        reached = float(target.met(served).sum()) / len(traffic)
        if reached < share and not kept and (count >= MAX_COUNT or (reached <= best and best > 0)):
            raise WattlineError(
                f"replicas: with {count} of them {max(reached, best):.1%} of the requests keep the target, and more do "
                "not help; give a looser slo_ttft or slo_tpot, more gpus a replica, or a number of replicas"
            )
        kept, best = kept or reached >= share, reached
        try:
            count = tries.send(reached >= share)
        except StopIteration as end:
            return int(end.value)


def busiest(traffic: Traffic, window_s: float) -> Traffic:
    """The stretch of so many seconds in which most requests come; all of a shorter traffic.

    Parameters
    ----------
    traffic : the requests
    window_s : s

    Returns
    -------
    The requests of that stretch.
    """
    if traffic.duration_s <= window_s:
        return traffic
    arrival = traffic.arrival_s
    begins = np.arange(0.0, traffic.duration_s - window_s + 1.0, window_s / 4)
    first, last = np.searchsorted(arrival, begins), np.searchsorted(arrival, begins + window_s)
    best = int(np.argmax(last - first))
    chosen = np.arange(first[best], last[best])
    return traffic.take(chosen, arrival[chosen] - begins[best], window_s)
