"""The part of a benchmark's run that was measured: not a service in full swing, but requests that began together.

ML.ENERGY (github.com/ml-energy/benchmark, ``mlenergy/llm/benchmark.py`` and ``configs/vllm``) sends all N requests at
once to a server that runs up to B. Energy and throughput count from when B have begun until N - B have ended and none
waits; inter-token latencies count over the whole run, with the time in which the last B run out. Where N is not far
above B, sequences are younger, prompts fewer than in full swing, and half of the latencies come from emptier steps.

Lengths of answers are taken as gamma distributed; each place of the batch is a renewal process (Cox 1962, Renewal
Theory, chapter 4). Times here are in mean lengths of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import gamma

from wattline import catalog
from wattline.core.fact import Array

STEP, LONGEST = 0.01, 6.0  # of the grid of times; beyond its end a run is in full swing


@dataclass(frozen=True, eq=False)
class RunWindow:
    """Of each run: ``age``, mean position of a running sequence; ``position``, of the tokens of the whole run;
    ``new``, prompts that begin in a mean length and place; ``quantile``, of the window's latencies at which the run's
    median lies; ``running``, share of the batch that still runs at the median, below 1 where the window has less than
    half of the tokens."""

    age: Array
    position: Array
    new: Array
    quantile: Array
    running: Array


def requests(task: str, batch: float) -> float:
    """How many a run has in all: those of the task's set, repeated until they are enough beyond the batch; without
    end where the task is not one of the benchmark's.

    Parameters
    ----------
    task : of the benchmark
    batch : requests at once

    Returns
    -------
    Number of requests.
    """
    own = _known("benchmark-requests", task)
    return own * max(np.ceil(_known("benchmark-repeats", task) * batch / own), 1.0) if own else np.inf


def spread(task: str) -> float:
    """Standard deviation over mean of the lengths of answers."""
    return _known("answer-spread", task) or _known("answer-spread", "other")


def _known(what: str, task: str) -> float:
    """The task's fact; 0 where there is none."""
    record = catalog.default().records("fit").get(f"{what}-{task}")
    return float(record["value"].value) if record else 0.0


def windows(tasks: Sequence[str], batches: Sequence[float]) -> RunWindow:
    """The window of each run, ``batches`` at most running at once.

    Parameters
    ----------
    tasks : of the runs
    batches : requests that run at once at most, one a run

    Returns
    -------
    Arrays with a place for each run.
    """
    curves = [
        _window(spread(task), max(requests(task, size) / size - 1.0, 0.01))
        for task, size in zip(tasks, batches, strict=True)
    ]
    return RunWindow(*(np.array(values) for values in zip(*curves, strict=True)))


@dataclass(frozen=True, eq=False)
class _Renewal:
    """Of one place of the batch that begins anew at time 0, on the grid: lives that ended, mean position so far."""

    time: Array
    survival: Array
    rate: Array
    ended: Array
    age: Array


@lru_cache
def _renewal(dispersion: float) -> _Renewal:
    time = np.arange(0.0, LONGEST + STEP / 2, STEP)
    shape = 1.0 / dispersion**2
    ends = np.diff(gamma.cdf(np.append(time, LONGEST + STEP), shape, scale=1 / shape))
    rate = np.zeros_like(time)
    for i in range(len(time)):
        rate[i] = ends[i] + ends[:i] @ rate[:i][::-1]
    survival = gamma.sf(time, shape, scale=1 / shape)
    old = survival * time
    now = old + np.convolve(rate, old)[: len(time)]
    mean = np.cumsum(now) / np.arange(1, len(time) + 1)
    return _Renewal(time, survival, rate, np.cumsum(rate), mean)


@lru_cache(maxsize=1024)
def _window(dispersion: float, turns: float) -> tuple[float, float, float, float, float]:
    """For ``turns`` requests that wait behind each of the first."""
    late = (1 + dispersion**2) / 2
    known = _renewal(dispersion)
    if turns >= known.ended[-1]:
        length = turns + 1.0 - late
        age = late + (known.age[-1] - late) * LONGEST / length if np.isfinite(turns) else late
    else:
        length = float(np.interp(turns, known.ended, known.time))
        age = float(np.interp(length, known.time, known.age))
    within = length / (1.0 + turns) if np.isfinite(turns) else 1.0
    new = turns / length if np.isfinite(turns) else 1.0
    if within > 0.5:
        return age, late, new, 1.0 - 0.5 / within, 1.0
    return age, late, new, 0.5, min(_left(known, length, 0.5 * (1.0 + turns)), 1.0)  # above 1 by the grid alone


def _left(known: _Renewal, length: float, tokens: float) -> float:
    """The share of places that still run when so many tokens are yet to come, once none waits."""
    n = round(length / STEP)
    left = np.array(
        [known.survival[min(n + s, len(known.time) - 1)] + known.rate[: n + 1][::-1] @ known.survival[s : s + n + 1]
         for s in range(len(known.time) - n)]
    )  # fmt: skip
    coming = np.cumsum(left[::-1])[::-1] * STEP
    return float(np.interp(-tokens, -coming, left))
