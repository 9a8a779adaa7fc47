"""``wattline site``: a data centre hour by hour through a year."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wattline.cli import options
from wattline.cli.groups import expand
from wattline.core.errors import WattlineError

Opt = typer.Option


It = Annotated[str, Opt("--it", help='IT power that the site is designed for, such as "100MW".')]
LoadFile = Annotated[
    Path | None,
    Opt(
        metavar="FILE",
        help="IT power by the hour: CSV or Parquet whose column names its unit (power_mw, share), or a saved load.",
    ),
]
Utilisation = Annotated[str | None, Opt(help="IT power as a share of --it, where no --load is given [default: 1].")]
Ups = Annotated[str | None, Opt(help="Kind of UPS: double-conversion, eco, line-interactive, rack-battery or none.")]
Redundancy = Annotated[str, Opt(help="Redundancy of the plant: N, N+1, N+2, 2N or 2N+1.")]
Humidified = Annotated[
    bool, Opt("--humidified", help="Closed halls put back the moisture that cooling coils take out.")
]
FacilityWater = Annotated[
    str | None, Opt(help='Temperature of the facility water of liquid cooling, such as "40C" [default: 27C to 42C].')
]
ServerFans = Annotated[
    str | None, Opt(help="Share of the power of air-cooled servers that their fans take [default: 0.02 to 0.12].")
]
Compare = Annotated[bool, Opt("--compare", help="Show all kinds of cooling side by side for the place.")]
Places = Annotated[Path | None, Opt(metavar="FILE", help="Show the places of this file, one a line, side by side.")]


@expand
def site(
    it: It = "",
    load: LoadFile = None,
    utilisation: Utilisation = None,
    ups: Ups = None,
    redundancy: Redundancy = "N+1",
    humidified: Humidified = False,
    facility_water: FacilityWater = None,
    server_fans: ServerFans = None,
    compare: Compare = False,
    places: Places = None,
    *,
    where: options.WhereOptions,
    draws: options.Draws = 1000,
    seed: options.Seed = 0,
    out: options.Out = None,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """PUE, parts, peak and water of a data centre by hour and year, from physics and weather."""
    if not it:
        raise WattlineError("missing --it; give the IT power of the design, such as --it 100MW")
    plant: dict[str, Any] = {
        "load": load, "utilisation": utilisation, "ups": ups, "redundancy": redundancy, "humidified": humidified,
        "facility_water": facility_water, "server_fans": server_fans,
    }  # fmt: skip
    if compare or places is not None:
        if out is not None:
            raise WattlineError("--out writes one site; leave out --compare and --places")
        if explain:
            raise WattlineError("--explain shows the facts of one site; leave out --compare and --places")
        _side_by_side(it, where, plant, compare, places, (draws, seed, facts), as_json)
        return
    from wattline.cli.printing import check_out, print_result, working
    from wattline.predict.site import site as work

    check_out(out)
    with working("working through the year"):
        answer = work(it, draws=draws, seed=seed, facts=facts, **plant, **where)
    print_result(answer, as_json, explain, out)


def _side_by_side(
    it: str,
    where: dict[str, Any],
    plant: dict[str, Any],
    compare: bool,
    places: Path | None,
    drawn: tuple[int, int, list[Path] | None],
    as_json: bool,
) -> None:
    from wattline.catalog.draws import read_draws
    from wattline.cli.printing import print_result, working
    from wattline.predict.sites import compare_kinds, compare_places

    if compare and places is not None:
        raise WattlineError("give --compare or --places FILE, one of them")
    draws = read_draws(*drawn)
    with working("working") as update:

        def progress(name: str) -> None:
            update(f"working: {name}")

        if compare:
            data = compare_kinds(it, where, plant, draws, progress)
        else:
            assert places is not None
            if "place" in where or "weather" in where:
                raise WattlineError("--places FILE names the places; leave out --place and --weather")
            data = compare_places(it, places, where, plant, draws, progress)
    print_result(data, as_json)
