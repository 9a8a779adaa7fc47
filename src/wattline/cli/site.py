"""``wattline site``: a data centre hour by hour through a year."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wattline.cli import options
from wattline.core.errors import WattlineError

Opt = typer.Option


def site(
    it: Annotated[str, Opt("--it", help='IT power that the site is designed for, e.g. "100MW".')] = "",
    place: Annotated[str | None, Opt(help='Place by name or "latitude, longitude" (wattline facts climate.).')] = None,
    weather: Annotated[Path | None, Opt(help="Weather of a year: EPW, TMY3, Open-Meteo JSON or CSV.")] = None,
    cooling: Annotated[str, Opt(help="Kind of cooling; --compare lists them all.")] = "air-economiser",
    load: Annotated[
        Path | None, Opt(metavar="FILE", help="IT power over time: a CSV of one value an hour, or a load (Parquet).")
    ] = None,
    utilisation: Annotated[
        str | None, Opt(help="IT power as a share of --it, where no --load is given [default: 1].")
    ] = None,
    hall: Annotated[str | None, Opt(help="Kind of hall: large, midsize, small, google, … (facts plant.).")] = None,
    ups: Annotated[str | None, Opt(help="UPS: double-conversion, eco, line-interactive, rack-battery, none.")] = None,
    redundancy: Annotated[str, Opt(help="N, N+1, N+2, 2N or 2N+1.")] = "N+1",
    region: Annotated[str | None, Opt(help="Grid for cost, CO2e and stations' water [default: the place's].")] = None,
    humidified: Annotated[bool, Opt("--humidified", help="Closed halls put back what moisture coils take.")] = False,
    compare: Annotated[bool, Opt("--compare", help="All kinds of cooling side by side for the place.")] = False,
    places: Annotated[Path | None, Opt(help="A file of places, one a line, set side by side.")] = None,
    draws: Annotated[int, Opt("--draws", help="Draws from the facts' ranges.")] = 1000,
    seed: Annotated[int, Opt(help="Seed of the draws.")] = 0,
    out: options.Out = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """PUE, parts, peak and water of a data centre by hour and year, from physics and weather."""
    if not it:
        raise WattlineError("missing --it; give the IT power of the design, such as --it 100MW")
    given: dict[str, Any] = {
        "load": load,
        "utilisation": utilisation,
        "hall_of": hall,
        "ups": ups,
        "redundancy": redundancy,
        "region": region,
        "humidified": humidified,
    }
    if compare or places is not None:
        if out is not None:
            raise WattlineError("--out writes one site; leave out --compare and --places")
        _side_by_side(it, place, weather, cooling, given, compare, places, draws, seed, as_json)
        return
    _one(it, place, weather, cooling, given, draws, seed, out, as_json, explain)


def _one(
    it: str,
    place: str | None,
    weather: Path | None,
    cooling: str,
    given: dict[str, Any],
    draws: int,
    seed: int,
    out: Path | None,
    as_json: bool,
    explain: bool,
) -> None:
    from rich.console import Console

    from wattline.cli.printing import check_out, print_result
    from wattline.predict.site import site as work

    check_out(out)
    with Console(stderr=True).status("working through the year", spinner="dots"):
        answer = work(it, place=place, weather=weather, cooling=cooling, **given, draws=draws, seed=seed)
    print_result(answer, as_json, explain, out)


def _side_by_side(
    it: str,
    place: str | None,
    weather: Path | None,
    cooling: str,
    given: dict[str, Any],
    compare: bool,
    places: Path | None,
    draws: int,
    seed: int,
    as_json: bool,
) -> None:
    from rich.console import Console

    from wattline.cli.printing import print_result
    from wattline.predict.sites import compare_kinds, compare_places

    if compare and places is not None:
        raise WattlineError("give --compare or --places FILE, one of them")
    with Console(stderr=True).status("working", spinner="dots") as status:

        def progress(name: str) -> None:
            status.update(f"working: {name}")

        if compare:
            found = compare_kinds(it, place, weather, given, draws, seed, progress)
        else:
            assert places is not None
            if place is not None or weather is not None:
                raise WattlineError("--places FILE names the places; leave out --place and --weather")
            found = compare_places(it, places, cooling, given, draws, seed, progress)
    print_result(found, as_json)
