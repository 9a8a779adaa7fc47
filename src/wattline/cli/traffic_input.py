"""The traffic of ``wattline serve`` and ``frontier``: a trace, or requests made at a rate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli.groups import OptionGroup
from wattline.core.errors import WattlineError

if TYPE_CHECKING:
    from wattline.catalog import Catalog
    from wattline.line.work.traffic.trace import Traffic

Opt = typer.Option
Trace = Annotated[Path | None, Opt(help="Trace of requests (Azure, BurstGPT, Mooncake, CSV or Parquet).")]
Rate = Annotated[str, Opt(help='Mean rate of requests, such as "20/s"; with --trace the trace is scaled to it.')]
Duration = Annotated[str, Opt(help="Time over which requests come [default: 1 h, or the whole trace].")]
Shape = Annotated[str, Opt(help="How --rate varies over time: flat, day or week [default: flat].")]
Cv = Annotated[
    float | None, Opt(help="Burstiness: coefficient of variation of the gaps; 1 is Poisson, more is bursty.")
]
Lengths = Annotated[str, Opt(help="Lengths of requests: chat, code or long-chat [default: chat].")]
Cells = Annotated[
    float, Opt(help="Number of identical services that share --rate: one is simulated, the result multiplied.")
]
Input = Annotated[str, Opt("--input", help="Number of tokens in every prompt, instead of --lengths.")]
Output = Annotated[str, Opt("--output", help="Number of tokens in every answer, instead of --lengths.")]


Values = dict[str, Any]
TrafficOptions = Annotated[
    Values,
    OptionGroup(
        {
            "trace": (Trace, None),
            "rate": (Rate, ""),
            "duration": (Duration, ""),
            "shape": (Shape, ""),
            "cv": (Cv, None),
            "lengths": (Lengths, ""),
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
    from wattline.predict.service.traffic import TrafficFields, make_traffic

    tokens = traffic["input_tokens"], traffic["output_tokens"]
    if any(tokens) and not all(tokens):
        raise WattlineError("traffic: give --input and --output, both")
    if all(tokens) and traffic["lengths"]:
        raise WattlineError("traffic: give either --lengths, or --input and --output")
    names = ("trace", "rate", "duration", "shape", "cv", "lengths")
    given = {name: traffic[name] for name in names if traffic[name] not in ("", None)}
    if all(tokens):
        given["lengths"] = tokens
    return make_traffic(TrafficFields(**given, cells=cells), seed, catalog)
