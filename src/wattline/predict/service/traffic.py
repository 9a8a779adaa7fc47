"""Requests of a service: a trace read, or requests made at a rate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog, CatalogLike, open_catalog
from wattline.catalog.draws import check_seed
from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import parse
from wattline.core.units import HOUR_S
from wattline.line.work.traffic.generator import gamma, poisson
from wattline.line.work.traffic.known import known_lengths, known_shape
from wattline.line.work.traffic.lengths import Lengths, fixed_lengths
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.trace import Traffic, scale
from wattline.predict.service.inputs import MAX_REQUESTS


@dataclass(frozen=True)
class TrafficFields:
    """What requests are read or made of, with the defaults of Python, the command line and scenario files.

    ``trace``: a file of requests. ``rate``: mean requests/s. ``duration``: None is an hour, or the whole trace.
    ``shape``: how the rate varies: flat, day or week. ``cv``: deviation over mean of the gaps, 1 a Poisson process.
    ``lengths``: a known kind, or tokens of every prompt and answer. ``cells``: services alike that share the rate.
    """

    trace: Path | str | None = None
    rate: float | str | None = None
    duration: float | str | None = None
    shape: str = "flat"
    cv: float = 1.0
    lengths: str | tuple[int | str, int | str] = "chat"
    cells: float = 1.0


def traffic(
    trace: Path | str | None = None,
    *,
    rate: float | str | None = None,
    duration: float | str | None = None,
    shape: str = TrafficFields.shape,
    lengths: str | tuple[int | str, int | str] = TrafficFields.lengths,
    cells: float = TrafficFields.cells,
    seed: int = 0,
    facts: CatalogLike = None,
) -> Traffic:
    """Requests for ``serve`` and ``frontier``: those of a trace, or made at a mean rate as a Poisson process.

    Parameters
    ----------
    trace
        File of requests (Azure, BurstGPT, Mooncake, CSV or Parquet); ``read_traffic`` has more ways to read one.
    rate
        Mean rate, requests/s, or such as ``"20/s"`` or ``"1M/day"``; a trace is scaled to it.
    duration
        Time over which requests come, s, or such as ``"5 min"``; one hour, or the whole trace, where not given.
    shape
        How the rate varies over time: flat, day or week.
    lengths
        Of prompts and answers: chat, code or long-chat, or two numbers of tokens: every prompt's, every answer's.
    cells
        Identical services that share the rate: the requests are those of one.
    seed
        Of what is made.
    facts
        A catalog, or your own file or files of facts.

    Returns
    -------
    Traffic
        Arrivals [s] and tokens of the requests.

    Raises
    ------
    WattlineError
        Where neither a trace nor a rate is given, for inputs that exclude each other, and for more requests than a
        simulation takes.

    Example
    -------
    >>> requests = wl.traffic(rate="20/s", duration="10 min", lengths=(500, 300))
    >>> wl.serve("llama-3.1-8b", requests, "h100-sxm", gpus=1, slo_ttft="1 s", replicas="fewest")
    """
    fields = TrafficFields(trace, rate, duration, shape, lengths=lengths, cells=cells)
    return make_traffic(fields, seed, open_catalog(facts))


def check_traffic(requests: object) -> None:
    """Raise WattlineError for what is no traffic, such as the rate that an average takes."""
    if not isinstance(requests, Traffic):
        raise WattlineError(
            f"traffic: {shorten(str(requests), 60)!r} is no traffic; make it by wl.traffic(rate=…), read it by "
            "wl.read_traffic(FILE), or take wl.serve_average for a mean rate"
        )


def make_traffic(fields: TrafficFields, seed: int, catalog: Catalog) -> Traffic:
    """The requests of one of so many services alike: read, or made.

    Parameters
    ----------
    fields : what they are read or made of
    seed : of what is made
    catalog : where known lengths and shapes are looked up

    Returns
    -------
    Arrivals [s] and tokens of the requests.

    Raises WattlineError where neither a trace nor a rate is given, for inputs that exclude each other, and for more
    requests than a simulation takes.
    """
    check_seed(seed)
    if not fields.cells >= 1:
        raise WattlineError(f"cells: {fields.cells:g} must be 1 or more")
    per_s = None if fields.rate is None else parse(fields.rate, "request/s", "rate") / fields.cells
    span_s = None if fields.duration is None else parse(fields.duration, "s", "duration")
    if fields.trace is not None:
        for name, option in (("lengths", "--input and --output"), ("shape", "--shape"), ("cv", "--cv")):
            if getattr(fields, name) != getattr(TrafficFields, name):
                verb = "are" if name == "lengths" else "is"
                raise WattlineError(f"traffic: {option} {verb} of requests made by --rate; a --trace has its own")
        return _read(Path(fields.trace), per_s, span_s)
    if per_s is None:
        raise WattlineError('traffic: give --trace FILE or --rate "20/s"')
    return _made(fields, per_s, span_s or HOUR_S, seed, catalog)


def _made(fields: TrafficFields, per_s: float, span_s: float, seed: int, catalog: Catalog) -> Traffic:
    if per_s * span_s > MAX_REQUESTS:
        raise WattlineError(
            f"traffic: rate and duration come to more than {MAX_REQUESTS:,} requests; take a shorter --duration, or "
            "more --cells"
        )
    lengths, shape = _lengths(fields.lengths, catalog), known_shape(fields.shape, catalog)
    if fields.cv == 1:
        return poisson(per_s, lengths, seed, duration_s=span_s, shape=shape)
    return gamma(per_s, fields.cv, lengths, seed, duration_s=span_s, shape=shape)


def _lengths(lengths: str | tuple[int | str, int | str], catalog: Catalog) -> Lengths:
    if isinstance(lengths, str):
        return known_lengths(lengths, catalog)
    given, made = lengths
    return fixed_lengths(*(round(parse(words, "token", "tokens")) for words in (given, made)))


def _read(trace: Path, per_s: float | None, span_s: float | None) -> Traffic:
    requests = read_traffic(trace)
    if not len(requests):
        raise WattlineError(f"{trace}: no request in it can be served")
    if per_s is not None:
        if not requests.rate_per_s > 0:
            raise WattlineError(f"{trace}: its requests come at one instant, so that it has no rate to scale")
        requests = scale(requests, rate=per_s / requests.rate_per_s)
    if span_s is not None and span_s < requests.duration_s:
        count = int(np.searchsorted(requests.arrival_s, span_s))
        if not count:
            raise WattlineError(f"{trace}: no request comes in its first {span_s:g} s; take a longer --duration")
        requests = requests.take(np.arange(count), requests.arrival_s[:count], span_s)
    return requests
