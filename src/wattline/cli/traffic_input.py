"""The traffic of ``wattline serve`` and ``frontier``: a trace, or requests made at a rate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli.groups import OptionGroup
from wattline.core.errors import WattlineError
from wattline.core.units import HOUR_S

if TYPE_CHECKING:
    from wattline.catalog import Catalog
    from wattline.line.work.traffic.lengths import Lengths
    from wattline.line.work.traffic.trace import Traffic

Opt = typer.Option
Trace = Annotated[Path | None, Opt(help="Trace of requests (Azure, BurstGPT, Mooncake, CSV or Parquet).")]
Rate = Annotated[str, Opt(help='Mean rate of requests, such as "20/s"; with --trace the trace is scaled to it.')]
Duration = Annotated[str, Opt(help="Time over which requests come [default: 1 h, or the whole trace].")]
Shape = Annotated[str, Opt(help="How --rate varies over time: flat, day or week.")]
Cells = Annotated[
    float, Opt(help="Number of identical services that share --rate: one is simulated, the result multiplied.")
]
Input = Annotated[str, Opt("--input", help="Number of tokens in every prompt [default: lengths of chats].")]
Output = Annotated[str, Opt("--output", help="Number of tokens in every answer [default: lengths of chats].")]


Values = dict[str, Any]
TrafficOptions = Annotated[
    Values,
    OptionGroup(
        {
            "trace": (Trace, None),
            "rate": (Rate, ""),
            "duration": (Duration, ""),
            "shape": (Shape, "flat"),
            "input_tokens": (Input, ""),
            "output_tokens": (Output, ""),
        }
    ),
]


def read_or_make(traffic: Mapping[str, Any], seed: int, catalog: Catalog, cells: float = 1.0) -> Traffic:
    """The traffic of one cell.

    Parameters
    ----------
    traffic : the options by name, as ``TrafficOptions`` gives them
    seed : of what is made
    catalog : where known lengths and shapes are looked up
    cells : identical services that share the rate

    Returns
    -------
    Arrivals and lengths of the requests.

    Raises WattlineError for options that exclude each other.
    """
    from wattline.catalog.draws import check_seed
    from wattline.core.quantity import parse

    check_seed(seed)
    if not cells >= 1:
        raise WattlineError(f"cells: {cells:g} must be 1 or more")
    rate, duration, shape = (traffic[name] for name in ("rate", "duration", "shape"))
    given, made = traffic["input_tokens"], traffic["output_tokens"]
    per_s = parse(rate, "request/s", "rate") / cells if rate else None
    span_s = parse(duration, "s", "duration") if duration else None
    if traffic["trace"] is not None:
        if given or made:
            raise WattlineError("traffic: --input and --output are of requests made by --rate; a --trace has its own")
        if shape != "flat":
            raise WattlineError("traffic: --shape is of requests made by --rate; a --trace has its own")
        return _read(traffic["trace"], per_s, span_s)
    if per_s is None:
        raise WattlineError('traffic: give --trace FILE or --rate "20/s"')
    return _made(per_s, span_s or HOUR_S, _lengths(given, made, catalog), shape, seed, catalog)


def _made(per_s: float, span_s: float, lengths: Lengths, shape: str, seed: int, catalog: Catalog) -> Traffic:
    from wattline.line.work.traffic.generator import poisson
    from wattline.line.work.traffic.known import known_shape
    from wattline.predict.service.inputs import MAX_REQUESTS

    if per_s * span_s > MAX_REQUESTS:
        raise WattlineError(
            f"traffic: rate and duration come to more than {MAX_REQUESTS:,} requests; take a shorter --duration, or "
            "more --cells"
        )
    return poisson(per_s, lengths, seed, duration_s=span_s, shape=known_shape(shape, catalog))


def _lengths(given: str, made: str, catalog: Catalog) -> Lengths:
    from wattline.core.quantity import parse
    from wattline.line.work.traffic.known import known_lengths
    from wattline.line.work.traffic.lengths import fixed_lengths

    if not (given or made):
        return known_lengths("chat", catalog)
    if not (given and made):
        raise WattlineError("traffic: give --input and --output, both")
    return fixed_lengths(*(round(parse(text, "token", "tokens")) for text in (given, made)))


def _read(trace: Path, per_s: float | None, span_s: float | None) -> Traffic:
    import numpy as np

    from wattline.line.work.traffic.reader import read_traffic
    from wattline.line.work.traffic.trace import scale

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
