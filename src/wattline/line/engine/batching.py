"""Requests that wait in one queue for replicas that work in batches, as servers of encoders and of images do.

A replica that comes free takes all that wait, up to the largest batch; where a batch may wait to fill, it begins once
it is full or its oldest request has waited that long. One replica, batches of 1, random arrivals: the queue M/D/1.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array

ARRIVALS, MAX_ARRIVALS, WARM = (
    30_000,
    1_000_000,
    0.2,
)  # of a simulation, and the share of them that fills the queue first
ROUNDS = 40  # full batches of each replica that a simulation holds at least
POOL = 64  # replicas that are simulated at most: more wait no longer at the same load


@dataclass(frozen=True, eq=False)
class BatchedQueue:
    """Each item's begin and end [s], ``(n_items,)``, and how many items each batch held, ``(n_batches,)``."""

    begun_s: Array
    done_s: Array
    sizes: Array


@dataclass(frozen=True, eq=False)
class QueueFigures:
    """Of requests: mean wait, median and 95th percentile of wait and work [s]; and how many batches were of each size,
    from 0 items to the most ``(batch + 1,)``."""

    wait_s: float
    median_s: float
    tail_s: float
    batches: Array


def serve_batches(arrivals_s: Array, work_s: Array, replicas: int, wait_s: float = 0.0) -> BatchedQueue:
    """Items in the order of their arrival through replicas that work in batches.

    Parameters
    ----------
    arrivals_s : when each item comes, ascending ``(n_items,)`` [s]
    work_s : time of a batch by its items, from 0 to the most ``(batch + 1,)`` [s]
    replicas : that take batches
    wait_s : longest wait of a batch's oldest item for more to come [s]

    Returns when each item's batch begins and ends, and the batches' sizes.
    """
    free, most, count = [0.0] * replicas, len(work_s) - 1, len(arrivals_s)
    begun, done = np.empty(count), np.empty(count)
    sizes: list[int] = []
    at = 0
    while at < count:
        ready = float(arrivals_s[at])
        if wait_s > 0 and at + most <= count:
            ready = min(ready + wait_s, float(arrivals_s[at + most - 1]))
        elif wait_s > 0:
            ready += wait_s
        start = max(heapq.heappop(free), ready)
        end = at + 1
        if most > 1:
            end = max(min(int(np.searchsorted(arrivals_s, start, "right")), at + most), end)
        finish = start + float(work_s[end - at])
        begun[at:end], done[at:end] = start, finish
        heapq.heappush(free, finish)
        sizes.append(end - at)
        at = end
    return BatchedQueue(begun, done, np.array(sizes, int))


def poisson_queue(
    rate_per_s: float, work_s: Array, replicas: int, wait_s: float = 0.0, pieces: int = 1
) -> QueueFigures:  # fmt: skip
    """What requests at random times wait, at a rate that the replicas keep up with.

    Parameters
    ----------
    rate_per_s : of requests [1/s]
    work_s : time of a batch by its items, from 0 to the most ``(batch + 1,)`` [s]
    replicas : that take batches
    wait_s : longest wait of a batch's oldest item for more to come [s]
    pieces : items that come together in a request, which ends with the last of them

    Returns waits of the requests, and the batches by size.
    """
    pool = min(replicas, POOL)
    most = len(work_s) - 1
    count = int(min(max(ARRIVALS, ROUNDS * pool * most / pieces), MAX_ARRIVALS / pieces))
    gaps = np.random.default_rng(0).exponential(size=max(count, 1))
    times = np.cumsum(gaps) / (rate_per_s * pool / replicas)
    queue = serve_batches(np.repeat(times, pieces), work_s, pool, wait_s)
    kept = slice(int(WARM * len(times)), None)
    begun, done = (each.reshape(-1, pieces) for each in (queue.begun_s, queue.done_s))
    waits, spans = begun[:, 0] - times, done.max(axis=1) - times
    first = int(WARM * len(queue.sizes))
    batches = np.bincount(queue.sizes[first:], minlength=most + 1)
    return QueueFigures(
        float(np.mean(waits[kept])),
        float(np.median(spans[kept])),
        float(np.percentile(spans[kept], 95.0)),
        np.asarray(batches, float),
    )
