"""Traffic made: an arrival process and lengths in, ``Traffic`` out, whole or in parts that stand in memory one by one.

One seed gives the same traffic whole and in parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.work.traffic.arrivals import (
    Process,
    RateShape,
    gamma_process,
    markov_process,
    poisson_process,
    with_shape,
)
from wattline.line.work.traffic.lengths import Lengths
from wattline.line.work.traffic.parts import join
from wattline.line.work.traffic.trace import Traffic

MAX_REQUESTS = 300_000_000  # requests that one traffic may hold: about 7 GB


def stream(
    process: Process,
    lengths: Lengths,
    rng: int | np.random.Generator,
    *,
    duration_s: float | None = None,
    count: int | None = None,
) -> Iterator[Traffic]:
    """The traffic in parts of about 260,000 requests, in order: all that come in ``duration_s``, or the first
    ``count``.

    Every part has the whole window, as far as it is known.

    Parameters
    ----------
    process : that draws gaps between requests
    lengths : from which tokens of prompt and answer are drawn
    rng : random numbers, or their seed
    duration_s : length of the window, s; or give ``count``
    count : number of requests; or give ``duration_s``

    Returns
    -------
    Those parts, made when they are asked for.

    Raises WattlineError unless one of the two is given.
    """
    if (duration_s is None) == (count is None):
        raise WattlineError("traffic: give the seconds or the number of requests, one of the two")
    if duration_s is not None and not 0 < duration_s < np.inf:
        raise WattlineError(f"traffic: a window of {duration_s!r} s; give more than zero")
    if count is not None and count < 1:
        raise WattlineError(f"traffic: {count!r} requests; give 1 or more")
    return _parts(process, lengths, np.random.default_rng(rng), duration_s, count)


def _parts(
    process: Process, lengths: Lengths, rng: np.random.Generator, duration_s: float | None, count: int | None
) -> Iterator[Traffic]:
    when, what = rng.spawn(2)
    made = 0
    for times in process(when):
        part, last = _cut(times, duration_s, None if count is None else count - made)
        made += part.size
        if part.size or last:
            window = duration_s if duration_s is not None else _upto(part, made)
            yield Traffic(part, *lengths(part.size, what), duration_s=window)
        if last:
            return


def _cut(times: Array, duration_s: float | None, left: int | None) -> tuple[Array, bool]:
    if duration_s is not None:
        stop = int(np.searchsorted(times, duration_s))
        return times[:stop], stop < times.size
    assert left is not None
    return times[:left], left <= times.size


def _upto(part: Array, made: int) -> float:
    """A window whose rate is that of the requests so far."""
    return float(part[-1] * (made + 1) / made) if part.size else 0.0


def make(
    process: Process,
    lengths: Lengths,
    rng: int | np.random.Generator,
    *,
    duration_s: float | None = None,
    count: int | None = None,
) -> Traffic:
    """The traffic of a process as a whole; the arguments are those of ``stream``.

    Parameters
    ----------
    process : that draws gaps between requests
    lengths : from which tokens of prompt and answer are drawn
    rng : random numbers, or their seed
    duration_s : length of the window, s; or give ``count``
    count : number of requests; or give ``duration_s``

    Returns
    -------
    All requests, in order of arrival.

    Raises
    ------
    WattlineError where there would be more requests than are held at once.
    """
    parts: list[Traffic] = []
    so_far = 0
    for part in stream(process, lengths, rng, duration_s=duration_s, count=count):
        parts.append(part)
        so_far += len(part)
        if so_far > MAX_REQUESTS:
            raise WattlineError(f"traffic: more than {MAX_REQUESTS:,} requests; make a share of them, or stream them")
    return join(parts)


def poisson(
    rate_per_s: float,
    lengths: Lengths,
    rng: int | np.random.Generator,
    *,
    duration_s: float | None = None,
    count: int | None = None,
    shape: RateShape | None = None,
) -> Traffic:
    """Requests that come independently, at ``rate_per_s`` in the mean of the ``shape``'s period.

    Parameters
    ----------
    rate_per_s : mean rate, requests/s
    lengths : from which tokens of prompt and answer are drawn
    rng : random numbers, or their seed
    duration_s : length of the window, s; or give ``count``
    count : number of requests; or give ``duration_s``
    shape : how the rate varies over time; None for a flat one

    Returns
    -------
    All requests, in order of arrival.
    """
    return make(_with(poisson_process(rate_per_s), shape), lengths, rng, duration_s=duration_s, count=count)


def gamma(
    rate_per_s: float,
    cv: float,
    lengths: Lengths,
    rng: int | np.random.Generator,
    *,
    duration_s: float | None = None,
    count: int | None = None,
    shape: RateShape | None = None,
) -> Traffic:
    """Requests in bursts: Gamma gaps whose deviation over mean is ``cv``.

    Parameters
    ----------
    rate_per_s : mean rate [1/s]
    cv : deviation of the gaps over their mean
    lengths : of prompts and answers
    rng : random numbers, or their seed
    duration_s : how long requests come [s]; None where ``count`` says how many
    count : of requests; None where ``duration_s`` says how long
    shape : how the rate changes over time; None for a steady one

    Returns the traffic. Raises WattlineError for a rate, ``cv`` or number out of bounds.
    """
    return make(_with(gamma_process(rate_per_s, cv), shape), lengths, rng, duration_s=duration_s, count=count)


def markov(
    rates_per_s: Sequence[float],
    dwell_s: Sequence[float],
    lengths: Lengths,
    rng: int | np.random.Generator,
    *,
    duration_s: float | None = None,
    count: int | None = None,
    shape: RateShape | None = None,
) -> Traffic:
    """Requests whose rate jumps between states, each of ``dwell_s`` in the mean.

    Parameters
    ----------
    rates_per_s : rate of each state [1/s]
    dwell_s : mean time in each state [s]
    lengths : of prompts and answers
    rng : random numbers, or their seed
    duration_s : how long requests come [s]; None where ``count`` says how many
    count : of requests; None where ``duration_s`` says how long
    shape : how the rate changes over time; None for a steady one

    Returns the traffic. Raises WattlineError for rates, times or a number out of bounds.
    """
    return make(_with(markov_process(rates_per_s, dwell_s), shape), lengths, rng, duration_s=duration_s, count=count)


def _with(process: Process, shape: RateShape | None) -> Process:
    return process if shape is None else with_shape(process, shape)
