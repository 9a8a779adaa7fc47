"""``wattline world``: the outlook of data centres' electricity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options
from wattline.core.errors import WattlineError

Opt = typer.Option
REGION = "Place or company: a country, world, a group such as eu27, an American grid, or all; repeat for more."
SERIES = "CSV of a series' own figures (year, twh), to predict its other years from."
STOCK = "CSV of shipments (year, servers_million, chips_gw), through the same model."
RATE = 'Mean rate of requests, such as "2.5B/day", set beside the last year.'
ENERGY = 'Energy of one request at the grid, such as "0.3 Wh" [default: that of a chat, with its range].'
ANSWER = "JSON that train, serve, site or run wrote, to show as a share of its region's outlook."
AS_OF = "Make the outlook as of this year, from what was published by its end."
WHAT_IF = 'Driver that is set or moved, such as "ai_idle=30%" or "shipments=-15%"; repeat for more.'
SCENARIO = "Published case laid over the outlook, such as iea-lift-off or lbnl-low-life, or a TOML file of your own."
EXPORT = "Files that --out gets besides: table (low, middle, high by year), csv or pypsa (power by the hour)."


def world(
    region: Annotated[list[str] | None, Opt(help=REGION)] = None,
    years: Annotated[str | None, Opt(help='One year, or the first and the last [default: "2015-2035"].')] = None,
    to: Annotated[int | None, Opt(help="Last year, instead of --years: from 2015, or a series' first year.")] = None,
    scenario: Annotated[str | None, Opt(help=SCENARIO)] = None,
    what_if: Annotated[list[str] | None, Opt(help=WHAT_IF)] = None,
    as_of: Annotated[int, Opt(help=AS_OF)] = 2026,
    series: Annotated[Path | None, Opt(metavar="FILE", help=SERIES)] = None,
    stock: Annotated[Path | None, Opt(metavar="FILE", help=STOCK)] = None,
    answer: Annotated[Path | None, Opt(metavar="FILE", help=ANSWER)] = None,
    rate: Annotated[str | None, Opt(help=RATE)] = None,
    request_energy: Annotated[str | None, Opt(help=ENERGY)] = None,
    export: Annotated[str | None, Opt(help=EXPORT)] = None,
    draws: options.Draws = 20_000,
    seed: options.Seed = 0,
    on: options.On = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
) -> None:
    """Electricity and capacity of data centres by place and year, with ranges that were tested in the past."""
    from wattline.cli.printing import check_out, print_answer, print_written
    from wattline.predict.outlook.export import EXPORTS, write_export
    from wattline.predict.outlook.own import check_own_file
    from wattline.predict.outlook.remote import DrawsOn
    from wattline.predict.outlook.world import world as predict

    if sum(file is not None for file in (series, stock, answer)) > 1:
        raise WattlineError("give --series, --stock or --answer, one of them")
    if answer is not None and answer.suffix != ".json":
        raise WattlineError(
            f"--answer {answer}: give the JSON that train, serve, site or run wrote, such as out/run.json"
        )
    if series is not None and region:
        raise WattlineError("--series names its own places; leave out --region")
    for option, file in (("--series", series), ("--stock", stock)):
        if file is not None:
            check_own_file(file, option)
    if years is not None and to is not None:
        raise WattlineError("give --years or --to, one of the two")
    if export is not None and export not in EXPORTS:
        raise WattlineError(f"--export {export!r} is none of {', '.join(EXPORTS)}")
    if export is not None and out is None:
        raise WattlineError("--export writes files: give the folder by --out DIR")
    check_out(out)
    span = years or (f"{min(2015, to)}-{to}" if to is not None else "2015-2035")
    made = predict(
        region or ["world"], span, scenario=scenario, what_if=what_if or (), as_of=as_of, own=series or stock or answer,
        draws=draws if on is None else DrawsOn(draws, on), seed=seed,
    )  # fmt: skip
    if request_energy is not None and rate is None:
        raise WattlineError("--request-energy is of the requests that --rate gives; give both")
    if rate is not None:
        made = made.of_requests(rate, request_energy)
    paths = [] if out is None else made.write(out)
    if export is not None and out is not None:
        paths += write_export(made.made, export, out)
    print_answer(made.json(), as_json)
    print_written(paths, as_json)
