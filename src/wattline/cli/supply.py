"""``wattline supply``: what should power a site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wattline.cli import options
from wattline.cli.groups import expand

Opt = typer.Option


@expand
def supply(
    it: Annotated[str | None, Opt(help='IT power of the site, such as "100MW"; its overhead is worked out.')] = None,
    load: Annotated[
        Path | None,
        Opt(
            metavar="FILE",
            help="IT power by the hour: CSV or Parquet whose column names its unit (power_mw, share), or a saved load.",
        ),
    ] = None,
    load_mw: Annotated[str | None, Opt(help="Power that the whole site takes, instead of --it.")] = None,
    target: Annotated[
        str,
        Opt(help="Target: cfe=95% hourly, annual=100%, carbon=50g, cost, unserved=3h, outages, n-1; commas between."),
    ] = "cfe=95%",
    with_: Annotated[
        str,
        Opt("--with", "--technologies", metavar="LIST", help="Technologies that may be built; solar=200MW limits one."),
    ] = "wind,solar,battery,grid",
    years: Annotated[
        str | None, Opt(help="Years of the file to size on, such as 2021-2022 [default: all]; of made hours how many.")
    ] = None,
    capacity_factors: Annotated[
        Path | None, Opt(metavar="FILE", help="Hourly capacity factors of wind and solar, UTC: CSV or Parquet.")
    ] = None,
    grid: Annotated[
        Path | None, Opt(metavar="FILE", help="Hourly price, carbon-free share and carbon of the grid, UTC.")
    ] = None,
    fill_gaps: Annotated[
        str | None, Opt(help='Longest gap of a file that is filled in a straight line, "3 h" [default: none].')
    ] = None,
    export: Annotated[
        str | None, Opt(help="Share of the year's load that may be sold to the grid [default: none].")
    ] = None,
    import_limit: Annotated[str | None, Opt(help="Power of the grid connection [default: the highest load].")] = None,
    within: Annotated[
        str | None, Opt(help='Time from order to power, such as "4 years"; slower plants drop out.')
    ] = None,
    flexible: Annotated[
        str | None, Opt(help="Share of the load that may move, up or down, in each hour [default: none].")
    ] = None,
    flexible_window: Annotated[
        str | None, Opt(help="Hours within which moved load is made up [default: 24 h].")
    ] = None,
    network_tariff: Annotated[str | None, Opt(help='Network charge for energy from the grid, "10 USD/MWh".')] = None,
    demand_charge: Annotated[str | None, Opt(help='Charge for the highest import, a month: "15 USD/kW".')] = None,
    investment_credit: Annotated[str | None, Opt(help="Tax credit: share of the capital cost of clean plants.")] = None,
    production_credit: Annotated[str | None, Opt(help='Tax credit for wind and solar energy: "28 USD/MWh".')] = None,
    on: options.On = None,
    frontier: Annotated[bool, Opt("--frontier", help="Show cost against the hourly carbon-free share.")] = False,
    *,
    where: options.WhereOptions,
    draws: Annotated[int, Opt(help="Number of draws of costs, weather and overhead, each a certified plan.")] = 20,
    seed: options.Seed = 0,
    out: options.Out = None,
    costs: Annotated[
        list[Path] | None, Opt(metavar="FILE", help="Your own costs: facts (TOML), or a CSV of technologies.")
    ] = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """What should power a site, hour by hour: capacities, cost, and how sure that is."""
    from wattline.cli.printing import check_out, print_result, working
    from wattline.predict.supply.plan import supply as work

    check_out(out)
    given: dict[str, Any] = {
        "load": load, "load_mw": load_mw, "target": target, "technologies": with_, "years": years,
        "capacity_factors": capacity_factors, "grid": grid, "fill_gaps": fill_gaps, "export": export,
        "import_limit": import_limit,
        "within": within, "flexible": flexible,
        "flexible_window": flexible_window, "network_tariff": network_tariff, "demand_charge": demand_charge,
        "investment_credit": investment_credit, "production_credit": production_credit, "frontier": frontier, "on": on,
    }  # fmt: skip
    with working("planning") as update:
        answer = work(it, draws=draws, seed=seed, costs=costs, progress=update, **given, **where)
    print_result(answer, as_json, explain, out)
