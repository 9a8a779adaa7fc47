"""``wattline flex sites``: what several sites save whose work moves in time and place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.unused import refuse

Opt = typer.Option


def sites(
    context: typer.Context,
    signals: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE[@COLUMN]...",
            help="Carbon intensity or price by the hour at each site; or its region: a typical year of its mix.",
        ),
    ],
    room: Annotated[list[str], Opt(help='Maximum power of each site, "20 MW"; once for all, or once per site.')],
    arrives: Annotated[
        list[str],
        Opt(help='Power of the work that arrives at each, "12 MW", or a FILE[@COLUMN] of MW; once for all, or each.'),
    ],
    serving: Annotated[str, Opt(help="Share of the work that must run at once.")] = "50%",
    wait: Annotated[str, Opt(help="Longest wait of the other work.")] = "8 h",
    reach: Annotated[
        str | None,
        Opt(help='Longest round trip over which serving may move to another site, "50 ms" [default: it stays].'),
    ] = None,
    between: Annotated[
        list[str] | None, Opt(help='Round trip between each two sites in turn (1-2, 1-3, 2-3), "20 ms".')
    ] = None,
    waiting_data: Annotated[str, Opt(help="Data that go with waiting work to another site.")] = "0 GB/MWh",
    serving_data: Annotated[str, Opt(help="Data that go with serving to another site.")] = "0 GB/MWh",
    kind: Annotated[
        str,
        Opt("--kind", "--signal-kind", help="What the signal is: average or marginal carbon intensity, or price."),
    ] = "average",
    beside: Annotated[
        list[str] | None,
        Opt(metavar="FILE[@COLUMN]", help="Another signal at each site, in which the savings are shown too."),
    ] = None,
    beside_kind: Annotated[str, Opt(help="What that signal is: average, marginal or price.")] = "marginal",
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    out: Annotated[Path | None, Opt("--out", metavar="DIR", help="Write the JSON and a page into this folder.")] = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """What several sites save when their work may wait or run at another site."""
    from wattline.cli.printing import check_out, print_result
    from wattline.predict.flex.sites import SharedWork, flex_sites

    check_out(out)
    if not beside:
        refuse(context, ("beside_kind",), "--beside")
    shared = SharedWork(room, arrives, serving, wait, reach, tuple(between or ()), waiting_data, serving_data)
    made = flex_sites(signals, shared, kind=kind, beside=beside or (), beside_kind=beside_kind, facts=facts)
    print_result(made, as_json, explain, out)
