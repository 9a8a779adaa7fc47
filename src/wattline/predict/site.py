"""``site``: a data centre hour by hour through a year, with ranges."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np

from wattline.catalog import Catalog, CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError, shorten
from wattline.core.load import Load
from wattline.core.quantity import parse
from wattline.line.grid import region as grid
from wattline.line.site import profile, sizing
from wattline.line.site.cooling.kinds import KINDS, CoolingKind, find_kind
from wattline.line.site.hall import hall_of
from wattline.line.site.outdoors import MAX_UNMET_H, check_climate, read_where, region_of
from wattline.line.site.outside_air import outside
from wattline.line.site.power_chain import check_redundancy
from wattline.line.site.year import build, hours, year
from wattline.predict.load_file import read_load_file
from wattline.predict.site_answer import SiteAnswer, SiteDesign
from wattline.predict.terms import read_terms
from wattline.predict.where import COOLING, Where, WhereFields

DRAWS = 1000
MIN_W, MAX_W = 1e3, 1e11
COLDEST_C, WARMEST_C = 5.0, 65.0  # facility water of liquid cooling
MAX_FANS = 0.3


def site(
    it: float | str,
    where: str | Where | None = None,
    *,
    load: str | Path | Load | None = None,
    utilisation: float | str | None = None,
    ups: str | None = None,
    redundancy: str = "N+1",
    humidified: bool = False,
    facility_water: float | str | None = None,
    server_fans: float | str | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[WhereFields],
) -> SiteAnswer:
    """The year of a data centre, hour by hour.

    Parameters
    ----------
    it : IT power that the site is designed for, W, or such as ``"100MW"``
    where : a region's name, or a Where; it needs a place or weather
    load : IT power over time: a Load, or the path of one (Parquet) or of a CSV of one value an hour
    utilisation : IT power as a share of ``it``, 0 to 1, where no load is given
    ups : kind of UPS, in place of the hall's
    redundancy : of the plant: N, N+1, N+2, 2N or 2N+1
    humidified : closed halls put back the moisture that coils take
    facility_water : temperature of the facility water of liquid cooling, degrees C
    server_fans : share of the power of air-cooled servers that their own fans take
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Where`` (place, weather, cooling, region, site: the kind of hall)

    Returns the year with its bill, load and PUE by hour. Raises WattlineError on bad input.

    Example
    -------
    >>> wl.site("100MW", place="Ashburn, Virginia", cooling="water-economiser").range("pue")
    """
    terms = read_terms(None, where, fields, (), draws, seed, facts)
    design = read_design(
        it,
        terms.where,
        terms.draws.catalog,
        load=load,
        utilisation=utilisation,
        ups=ups,
        redundancy=redundancy,
        humidified=humidified,
        facility_water=facility_water,
        server_fans=server_fans,
    )
    return work(design, terms.draws)


class PlantFields(TypedDict, total=False):
    """What a site's plant is, as keywords: the parameters of ``site`` of these names."""

    ups: str | None
    redundancy: str
    humidified: bool
    facility_water: float | str | None
    server_fans: float | str | None


def read_design(
    it: float | str,
    where: Where,
    catalog: Catalog,
    *,
    load: str | Path | Load | None = None,
    utilisation: float | str | None = None,
    **plant: Unpack[PlantFields],
) -> SiteDesign:
    """Read and check a site without working anything out.

    Parameters
    ----------
    it : design IT power, such as ``100MW``
    where : place or weather, cooling, kind of hall, region
    catalog : where names are looked up
    load : IT power by the hour, as a file or a load
    utilisation : mean IT power as a share of ``it``

    Returns the design. Raises WattlineError for a value out of range, or values that do not go together; NotFound for a
    name that is not known.
    """
    ups, redundancy, humidified = plant.get("ups"), plant.get("redundancy", "N+1"), plant.get("humidified", False)
    it_w = parse(it, "W", "it")
    if not MIN_W <= it_w <= MAX_W:
        raise WattlineError(f"it: {it_w:g} W is out of range; take 1 kW to 100 GW, such as 100MW")
    if where.pue is not None:
        raise WattlineError("pue: a site works its own PUE out; leave it out")
    kind = find_kind(where.cooling or COOLING)
    name = hall_of(where.site, it_w, catalog)
    if humidified and not kind.compressor:
        raise WattlineError(f"humidified: {kind.name} has no coils that take moisture out; leave it out")
    if ups is not None:
        ups = catalog.find("ups", ups).name
    outdoors, spot = read_where(where.place, where.weather, catalog)
    check_climate(kind, spot)
    region = grid.load_region(where.region or region_of(outdoors, spot, catalog), catalog)
    share = _profile(load, it_w, utilisation, outdoors.utc_offset_h)
    return SiteDesign(
        it_w, share, outdoors, kind, name, ups, check_redundancy(redundancy), region,
        humidified, where, _given(kind, plant.get("facility_water"), plant.get("server_fans")),
    )  # fmt: skip


def _given(kind: CoolingKind, facility_water: float | str | None, server_fans: float | str | None) -> dict[str, float]:
    """Parameters of the hall that the user knows, by name. Raises WattlineError for those that the cooling has not."""
    given = {}
    if facility_water is not None:
        if kind.liquid is None:
            liquids = ", ".join(name for name, other in KINDS.items() if other.liquid)
            raise WattlineError(f"facility-water: {kind.name} has none; it goes with --cooling {liquids}")
        given[kind.liquid[0]] = _celsius(facility_water)
    if server_fans is not None:
        share = parse(server_fans, "", "server-fans", zero=True)
        if not 0 <= share <= MAX_FANS:
            raise WattlineError(f"server-fans: {share:g} is not a share of the servers' power, 0 to {MAX_FANS:g}")
        given["server_fan_share"] = share
    return given


def _celsius(value: float | str) -> float:
    """A temperature of water, such as 40, "40C" or "40 °C"."""
    words = re.fullmatch(r"\s*([-+]?\d+(?:\.\d+)?)\s*(?:°?\s*C|degC|celsius)?\s*", str(value), re.IGNORECASE)
    if words is None or not COLDEST_C <= float(words[1]) <= WARMEST_C:
        raise WattlineError(
            f"facility-water: {shorten(str(value))} is not {COLDEST_C:g} to {WARMEST_C:g} °C, as 40C is"
        )
    return float(words[1])


def _profile(
    load: str | Path | Load | None, it_w: float, utilisation: float | str | None, utc_offset_h: float
) -> profile.Profile:
    if load is not None and utilisation is not None:
        raise WattlineError("utilisation: a load has its own; give --load or --utilisation, one of them")
    if isinstance(load, Load):
        return profile.from_load(load, it_w, utc_offset_h=utc_offset_h)
    if load is not None:
        if not isinstance(load, str | PathLike):
            raise WattlineError(f"load: {shorten(str(load), 60)} is no file and no Load; a share is utilisation")
        return read_load_file(load, it_w, utc_offset_h)
    return profile.flat(1.0 if utilisation is None else parse(utilisation, "", "utilisation"))


def work(design: SiteDesign, draws: Draws, holds: bool = True) -> SiteAnswer:
    """The year of a site.

    Parameters
    ----------
    design : as it was read
    draws : of the facts; what rests on them has shape ``(n_draws,)``
    holds : whether to raise where the climate is too hot for a kind without compressors

    Returns the answer. Raises WattlineError where the cooling cannot hold its set-points.
    """
    setup = build(
        design.kind, design.hall, design.ups, design.redundancy, design.weather, draws, design.humidified, design.given
    )
    result = year(setup, design.weather, design.load.share)
    central = hours(sizing.central(setup), design.load.share[None, :], outside(design.weather))
    too_warm = float(np.median(result.unmet_hours))
    if holds and too_warm > MAX_UNMET_H:
        top = float(np.median(setup.hall["supply_high_c"]))
        raise WattlineError(
            f"cooling {design.kind.name} cannot hold {top:.0f} °C in {design.weather.name}: {too_warm:,.0f} hours a "
            "year are too warm and damp for it; take air-economiser, water-economiser or another kind with compressors"
        )
    warnings = []
    if 0 < too_warm <= MAX_UNMET_H:
        warnings.append(f"{too_warm:,.0f} hours are too warm or damp for the set-points: nothing cools but the air")
    notes = (*design.weather.notes, *design.load.notes)
    return SiteAnswer(design, result, central, setup, draws, tuple(warnings), notes)
