"""Options that ``wattline image`` and ``wattline video`` share; how theirs and other answers are shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli import options
from wattline.cli.groups import OptionGroup

if TYPE_CHECKING:
    from wattline.predict.answer import Answer


REPLICAS = Annotated[
    str | None,
    typer.Option("--replicas", help="Number of replicas of the model [default: those that are 80% at work]."),
]
REPLICAS_OF_A_CHIP = Annotated[
    str | None,
    typer.Option(
        "--replicas",
        help="Number of replicas, of a chip each [default: the fewest that keep --slo-latency, or 80% at work].",
    ),
]
SLO_LATENCY = Annotated[
    str | None,
    typer.Option("--slo-latency", help='Longest latency (wait and work) of 95% of the requests, such as "100 ms".'),
]
BATCH_WAIT = Annotated[
    str | None,
    typer.Option("--batch-wait", help='Longest wait for a batch to fill, such as "5 ms" [default: none].'),
]


def media_options(item: str, own: Mapping[str, tuple[Any, Any]] | None = None) -> OptionGroup:
    """Options that say what is made and how the numbers are drawn.

    Parameters
    ----------
    item : what the command makes one of, such as ``image``
    own : options of this command alone, by name: the annotation and the default of each

    Returns
    -------
    The options in the order in which help lists them.
    """
    batch = Annotated[str, typer.Option("--batch", help=f"Number of {item}s generated at once.")]
    rate = Annotated[
        str | None, typer.Option("--rate", help=f'Rate of requests for {item}s, such as "0.2/s" or "5000/day".')
    ]
    return OptionGroup(
        {
            "size": (options.MediaSize, None),
            **(own or {}),
            "steps": (options.MediaSteps, None),
            "guidance": (options.Guidance, None),
            "batch": (batch, "1"),
            "split": (options.MediaSplit, None),
            "active": (options.Active, None),
            "rate": (rate, None),
            "replicas": (REPLICAS, None),
        }
    )


def traffic_options(item: str, own: Mapping[str, tuple[Any, Any]] | None = None) -> OptionGroup:
    """Options of an encoder's service under traffic.

    Parameters
    ----------
    item : what comes, such as ``recordings``
    own : options of this command alone, by name: the annotation and the default of each

    Returns
    -------
    The options in the order in which help lists them.
    """
    rate = Annotated[
        str | None,
        typer.Option("--rate", help=f'Rate at which {item} come, such as "50/s" or "2M/day" [default: a job].'),
    ]
    return OptionGroup(
        {
            "rate": (rate, None),
            **(own or {}),
            "replicas": (REPLICAS_OF_A_CHIP, None),
            "slo_latency": (SLO_LATENCY, None),
            "batch_wait": (BATCH_WAIT, None),
        }
    )


DRAWN = OptionGroup({"draws": (options.Draws, 2000), "seed": (options.Seed, 0), "facts": (options.Facts, None)})
SHOWN = OptionGroup(
    {"out": (options.Out, None), "as_json": (options.AsJson, False), "explain": (options.Explain, False)}
)
DrawOptions = Annotated[options.Values, DRAWN]
ShowOptions = Annotated[options.Values, SHOWN]


def show_answer(answer: Answer, out: Path | None, as_json: bool, explain: bool) -> None:
    """Write the answer's folder where one is wanted, and print the answer.

    Parameters
    ----------
    answer : what was worked out
    out : folder of the JSON, the page and the load; None for none
    as_json : whether JSON is printed
    explain : whether every step of the calculation is printed
    """
    from wattline.cli.printing import print_result

    if out is not None:
        answer.write(out)
    print_result(answer, as_json, explain)
