"""``wattline flex response``: what a site that serves a model can give a grid that calls on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.groups import expand

Opt = typer.Option


@expand
def response(
    model: options.Model = None,
    it: Annotated[str, Opt("--it", help='IT power of the site, such as "20MW".')] = "",
    *,
    setup: options.ReplicaOptions,
    input_tokens: options.InputTokens = "500",
    output_tokens: options.OutputTokens = "300",
    batch: Annotated[str, Opt(help="Number of requests that a replica answers together.")] = "32",
    active: Annotated[str, Opt(help="Share of the time that chips are at work.")] = "0.6",
    slo_ttft: options.SloTtft = None,
    slo_tpot: options.SloTpot = None,
    ups_time: Annotated[
        str | None, Opt(help='Time that the batteries of the UPS carry the site [default: 1 to 15 min]; "0s" for none.')
    ] = None,
    battery: Annotated[str | None, Opt(help='Energy of a battery beside the site, such as "40MWh".')] = None,
    battery_power: Annotated[str | None, Opt(help='Its power, such as "10MW".')] = None,
    pausable: Annotated[str | None, Opt(help="Share of the site's power in training that can stop, 0 to 1.")] = None,
    capacity_price: Annotated[
        str | None, Opt(help='Price of power that yields in the highest hours, "60 USD/kW" a year.')
    ] = None,
    reserve_price: Annotated[
        str | None, Opt(help='Price of power held ready, "8 USD/MWh" for a MW through an hour.')
    ] = None,
    energy_price: Annotated[
        str | None,
        Opt(metavar="FILE[@COLUMN]", help="Hourly price of energy; the site yields in the most expensive hours."),
    ] = None,
    called: Annotated[float, Opt(help="Hours of a year in which it is called.")] = 50.0,
    lasts: Annotated[str, Opt(help="How long a call lasts.")] = "2h",
    config: options.Config = None,
    where: options.WhereOptions,
    draws: options.Draws = 500,
    seed: options.Seed = 0,
    out: Annotated[Path | None, Opt("--out", metavar="DIR", help="Write the JSON and a page into this folder.")] = None,
    facts: options.Facts = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Demand response of a site that serves a model: how much it can give, how fast, for how long, and what that
    is worth."""
    from wattline.cli.printing import check_out, print_result
    from wattline.core.errors import WattlineError
    from wattline.predict.flex.response import Promise, Reserves, ServedLoad, flex_response
    from wattline.predict.flex.worth import Prices

    if not it:
        raise WattlineError("missing --it; give the IT power of the site, such as --it 20MW")
    check_out(out)
    made = flex_response(
        it, options.model_of(model, config), served=ServedLoad(input_tokens, output_tokens, batch, active),
        promise=Promise(slo_ttft, slo_tpot), reserves=Reserves(ups_time, battery, battery_power, pausable),
        prices=Prices(capacity_price, reserve_price, energy_price, called, lasts), draws=draws, seed=seed, facts=facts,
        **setup, **where,
    )  # fmt: skip
    print_result(made, as_json, explain, out)
