"""``wattline flex``: what a load is worth that yields, waits or holds still."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import flex_response, flex_sites, options
from wattline.cli.contents import Contents
from wattline.cli.groups import expand
from wattline.cli.swing_options import LimitOptions, limit_texts
from wattline.cli.unused import refuse

Opt = typer.Option
FlexOut = Annotated[Path | None, Opt("--out", metavar="DIR", help="Write the JSON and a page into this folder.")]
flex_app = typer.Typer(
    cls=Contents,
    help="Flexible load: room on a grid, jobs that wait or move, swings of power.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
)


@flex_app.callback()
def _flex() -> None:
    """Flexible load: room on a grid, jobs that wait or move, swings of power."""


@flex_app.command("headroom")
def headroom(
    demand: Annotated[Path, typer.Argument(help="Demand by the hour: CSV or Parquet, times in UTC, a column a grid.")],
    share: Annotated[
        list[str] | None, Opt(help="Share of the new load's energy that may be curtailed [default: 0.25, 0.5, 1, 5%].")
    ] = None,
    hours: Annotated[
        float | None, Opt(help="Hours of a year in which it may be curtailed, instead of --share.")
    ] = None,
    column: Annotated[list[str] | None, Opt(help="Grid to take; repeat for more [default: all].")] = None,
    unit: Annotated[str | None, Opt(help="Unit of the demand [default: that of its header, else MW].")] = None,
    fill_gaps: Annotated[
        str | None, Opt(help='Longest gap of a file that is filled in a straight line, "3 h" [default: none].')
    ] = None,
    out: FlexOut = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """How much new load a grid can serve without new plants, if that load is curtailed in the hours of highest
    demand."""
    from wattline.cli.printing import print_result
    from wattline.core.errors import WattlineError
    from wattline.predict.flex.headroom import SHARES, flex_headroom

    if share and hours is not None:
        raise WattlineError("flex headroom: give --share or --hours, one of the two")
    fill = fill_gaps or 0.0
    made = flex_headroom(demand, shares=share or SHARES, hours=hours, columns=column or (), unit=unit, fill_gaps=fill)
    print_result(made, as_json, explain, out)


@flex_app.command("shift")
def shift(
    context: typer.Context,
    signal: Annotated[
        Path,
        typer.Argument(
            metavar="FILE[@COLUMN]",
            help="Carbon intensity or price by the hour at the job's site; or its region: a typical year of its mix.",
        ),
    ],
    length: Annotated[str, Opt(help="How long the daily job runs.")] = "1 h",
    before: Annotated[str, Opt(help="How much earlier it may begin.")] = "0 h",
    after: Annotated[str, Opt(help="How much later it may end.")] = "8 h",
    at: Annotated[float, Opt(min=0, max=24, help="Hour of the day, in UTC, at which it was meant to begin.")] = 0.0,
    pause: Annotated[
        str | None, Opt(help='Work that a pause and resume costs, such as "10 min" [default: it never pauses].')
    ] = None,
    kind: Annotated[
        str,
        Opt("--kind", "--signal-kind", help="What the signal is: average or marginal carbon intensity, or price."),
    ] = "average",
    to: Annotated[
        list[str] | None,
        Opt(
            "--destination",
            metavar="FILE[@COLUMN]",
            help="Signal at another site where it may run, or that site's region.",
        ),
    ] = None,
    power: Annotated[str | None, Opt(help="Power of the job, where it may go elsewhere with data.")] = None,
    data: Annotated[str | None, Opt(help='Data that go with it, such as "500 GB".')] = None,
    latency: Annotated[str | None, Opt(help='Longest acceptable round trip from its users, "50 ms".')] = None,
    round_trip: Annotated[list[str] | None, Opt(help='Round trip to each destination in turn, "80 ms".')] = None,
    beside: Annotated[
        list[str] | None,
        Opt(metavar="FILE[@COLUMN]", help="Another signal at each site, in which the savings are shown too."),
    ] = None,
    beside_kind: Annotated[str, Opt(help="What that signal is: average, marginal or price.")] = "marginal",
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    out: FlexOut = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """What a daily job saves when it may run at another hour, or at another site."""
    from wattline.cli.printing import check_out, print_result
    from wattline.predict.flex.shift import DailyJob, flex_shift

    check_out(out)
    if not beside:
        refuse(context, ("beside_kind",), "--beside")
    job = DailyJob(length, before, after, at, pause, power, data, latency, tuple(round_trip or ()))
    made = flex_shift(signal, job, kind=kind, sites=to or (), beside=beside or (), beside_kind=beside_kind, facts=facts)
    print_result(made, as_json, explain, out)


@flex_app.command("balance")
@expand
def balance(
    context: typer.Context,
    it: Annotated[str, Opt("--it", help='IT power that the site is designed for, such as "100MW".')] = "",
    utilisation: Annotated[str, Opt(help="Mean IT power as a share of --it.")] = "1",
    demand: Annotated[
        Path | None, Opt(metavar="FILE", help="The grid's demand by the hour, instead of the region's facts.")
    ] = None,
    column: Annotated[str | None, Opt(help="The grid in that file; needed where there are several.")] = None,
    unit: Annotated[str | None, Opt(help="Unit of that file's numbers [default: that of its header, else MW].")] = None,
    fill_gaps: Annotated[
        str | None, Opt(help='Longest gap of a file that is filled in a straight line, "3 h" [default: none].')
    ] = None,
    *,
    where: options.WhereOptions,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    out: FlexOut = None,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """A data centre's share of its grid's demand, peak hour and yearly growth."""
    from wattline.cli.printing import check_out, print_result
    from wattline.core.errors import WattlineError
    from wattline.predict.flex.balance import flex_balance
    from wattline.predict.flex.demand import DemandFile

    if not it:
        raise WattlineError("missing --it; give the IT power of the design, such as --it 100MW")
    check_out(out)
    if demand is None:
        refuse(context, ("column", "unit", "fill_gaps"), "--demand")
    file = None if demand is None else DemandFile(demand, column, unit, fill_gaps or 0.0)
    made = flex_balance(it, utilisation=utilisation, demand=file, draws=draws, seed=seed, facts=facts, **where)
    print_result(made, as_json, explain, out)


flex_app.command("response")(flex_response.response)
flex_app.command("sites")(flex_sites.sites)


@flex_app.command("swings")
@expand
def swings(
    context: typer.Context,
    phase: Annotated[
        list[str], Opt(metavar="NAME:SECONDS:WATTS", help='Phase of a training step, such as "compute:1.4s:700W".')
    ],
    chips: Annotated[int, Opt(min=1, help="Number of chips.")],
    *,
    straggle: Annotated[str, Opt(help="Deviation of the chips' lag behind each other.")] = "0 s",
    checkpoint: Annotated[
        str | None, Opt(metavar="NAME:SECONDS:WATTS", help='Phase between steps, such as "checkpoint:20s:250W".')
    ] = None,
    every: Annotated[int, Opt(min=1, help="Training steps from checkpoint to checkpoint.")] = 100,
    floor: Annotated[str | None, Opt(help='Lowest power of a chip, kept up by dummy work, such as "500 W".')] = None,
    ramp: Annotated[str | None, Opt(help='Limit rises and falls by dummy work, such as "10 MW/s".')] = None,
    store: Annotated[str | None, Opt(help='Level the power with a store over this time, such as "10 s".')] = None,
    shelf: Annotated[str | None, Opt(help='Level it with a store of this energy at each chip, such as "65 J".')] = None,
    idle: Annotated[
        str | None, Opt(help="Power of a chip without a job: with --ramp, what start and stop take is shown.")
    ] = None,
    limits: LimitOptions,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    out: FlexOut = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Power swings of synchronous training, and the energy it takes to limit them."""
    from wattline.cli.printing import check_out, print_result
    from wattline.predict.flex.measures import Measures
    from wattline.predict.flex.swings import flex_swings

    check_out(out)
    if checkpoint is None:
        refuse(context, ("every",), "--checkpoint")
    made = flex_swings(
        phase, chips, straggle=straggle, checkpoint=checkpoint, every=every,
        measures=Measures(floor, ramp, store, shelf, idle), limits=limit_texts(limits), facts=facts,
    )  # fmt: skip
    print_result(made, as_json, explain, out)
