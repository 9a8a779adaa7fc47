"""``site``: a data centre hour by hour through a year, with ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from wattline.catalog import Catalog, CatalogLike, Record
from wattline.catalog.draws import Draws, what_matters
from wattline.core.bill import Bill
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.quantity import parse
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.core.units import HOUR_S, J_PER_KWH
from wattline.line.grid import region as grid
from wattline.line.site import profile, sizing
from wattline.line.site.cooling.kinds import Kind, find_kind
from wattline.line.site.cooling.parts import MODES
from wattline.line.site.outdoors import MAX_UNMET_H, check_climate, first_hour, read_where, region_of
from wattline.line.site.power_chain import check_redundancy
from wattline.line.site.weather import HOURS, Weather
from wattline.line.site.year import SITE_PARTS, Hours, Setup, Year, build, hours, outside, year
from wattline.predict.answer import matters_json
from wattline.predict.prices import follow
from wattline.predict.site_year import air_hours, weekly
from wattline.predict.terms import read_terms
from wattline.predict.where import COOLING, Where, WhereFields

DRAWS = 1000
WEATHER_YEAR_S = HOURS * HOUR_S
MIN_W, MAX_W = 1e3, 1e11
MONTHS = np.repeat(np.arange(12), np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) * 24)


@dataclass(frozen=True, eq=False)
class SiteDesign:
    """A site to be worked out: read and checked."""

    it_w: float
    load: profile.Profile
    weather: Weather
    kind: Kind
    hall: str
    ups: str | None
    redundancy: str
    region: Record
    humidified: bool = False
    where: Where = field(default_factory=Where)

    def inputs(self) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        return {
            "it_w": self.it_w,
            "load": self.load.name,
            "utilisation": float(self.load.share.mean()),
            "place": self.weather.name,
            "cooling": self.kind.name,
            "hall": self.hall,
            "ups": self.ups or "the hall's",
            "redundancy": self.redundancy,
            "humidified": self.humidified,
            "region": self.region.name,
            **self.where.inputs(),
        }


@dataclass(frozen=True, eq=False, repr=False)
class SiteAnswer(Result):
    """A site's year: ``result`` a draw, ``central`` each hour at central values, ``bill`` of the year by part."""

    design: SiteDesign
    result: Year
    central: Hours
    setup: Setup
    draws: Draws
    warnings: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def bill(self) -> Bill:
        """The year's energy by part, and what follows from its delivery."""
        scale = self.design.it_w * WEATHER_YEAR_S
        parts = {name: _one(mean * scale) for name, mean in self.result.parts.items() if np.any(mean > 0)}
        it_j = _one(self.result.it_mean * scale)
        delivered = _one(self.result.delivered * scale)
        region, draws = self.design.region, self.draws
        bought = follow(region, self.design.where, delivered, draws)
        stations = grid.water_l(region, delivered, draws)
        site = _one(np.asarray(sum(self.result.water.values())) * scale)
        follows = {
            **bought,
            "water_site_l": site,
            "water_stations_l": stations,
            "water_l": site + stations,
        }
        return Bill({"servers": it_j, **parts}, delivered, follows)

    @cached_property
    def load(self) -> Load:
        """Watts by part at each hour, at central values; labels name the parts, servers first."""
        it_w = self.design.it_w
        series = {"servers": self.central.it, **self.central.parts}
        power = np.stack([np.broadcast_to(x, (1, HOURS))[0] * it_w for x in series.values()])
        return Load("site", first_hour(self.design.weather), 3600.0, power, tuple(series))

    @cached_property
    def pue_hours(self) -> Array:
        """PUE at each hour: rows p5, p50, p95 of the draws; not a number where the servers take nothing."""
        return self.result.pue_by_hour()

    @cached_property
    def sizing(self) -> dict[str, Any]:
        return sizing.size(sizing.central(self.setup), self.design.weather, self.design.it_w)

    def figures(self) -> dict[str, Array]:
        """Every result of which there are draws, by name."""
        bill, result, it_w = self.bill, self.result, self.design.it_w
        return {
            "pue": _one(result.pue),
            "wue_l_per_kwh": _one(result.wue_l_per_kwh),
            "water_stations_l_per_kwh": bill.follows["water_stations_l"] / bill.parts["servers"] * J_PER_KWH,
            "peak_w": _one(result.peak * it_w),
            "mean_w": _one(result.delivered * it_w),
            "energy_wh": bill.energy_j / 3600,
            **bill.follows,
        }

    def saved_load(self) -> Load:
        return self.load

    def results(self) -> Json:
        """The year as plain data."""
        bill, result, design = self.bill.json(), self.result, self.design
        modes = {name: float(share * HOURS) for name, share in zip(MODES, result.modes, strict=True)}
        return {
            "title": f"{design.kind.title}, {design.weather.name}",
            "weather": design.weather.json(),
            **{name: Range.of(values).json() for name, values in self.figures().items()},
            "energy_mean_wh": bill["energy_mean_wh"],
            "water_parts_l": {name: _range(x * design.it_w * WEATHER_YEAR_S) for name, x in result.water.items()},
            "parts": bill["parts"],
            "hours_by_mode": modes,
            "hours_too_warm": _range(result.unmet_hours),
            "pue_by_hour": self._hourly(),
            "pue_by_month": self._monthly(),
            "power_by_week_w": weekly(self.load),
            "air": air_hours(design.weather, self.central),
            "sizing": self.sizing,
            "matters": matters_json(what_matters(self.draws, _one(result.pue))),
        }

    def json(self) -> Json:
        return envelope(
            "site", self.design.inputs(), self.results(), draws=self.draws, notes=self.notes, warnings=self.warnings
        )

    def _hourly(self) -> dict[str, list[float | None]]:
        names = ("p5", "p50", "p95")
        return {
            name: [round(float(x), 4) if np.isfinite(x) else None for x in row]
            for name, row in zip(names, self.pue_hours, strict=True)
        }

    def _monthly(self) -> list[float]:
        power = np.broadcast_to(self.central.total, (1, HOURS))[0]
        it = np.broadcast_to(self.central.it, (1, HOURS))[0]
        return [float(power[m == MONTHS].sum() / max(it[m == MONTHS].sum(), 1e-12)) for m in range(12)]


def _one(values: Array) -> Array:
    """Draws, or a number where there is one alone."""
    return values[0] if values.size == 1 else values


def _range(values: Array) -> dict[str, float]:
    return Range.of(_one(np.asarray(values))).json()


def site(
    it: float | str,
    where: str | Where | None = None,
    *,
    load: str | Path | Load | None = None,
    utilisation: float | str | None = None,
    ups: str | None = None,
    redundancy: str = "N+1",
    humidified: bool = False,
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
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Where`` (place, weather, cooling, region, site: the kind of hall)

    Returns the year with its bill, load and PUE by hour. Raises WattlineError on bad input.

    Example
    -------
    >>> wl.site("100MW", place="Ashburn, Virginia", cooling="water-economiser").json()["pue"]
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
    )
    return work(design, terms.draws)


def read_design(
    it: float | str,
    where: Where,
    catalog: Catalog,
    *,
    load: str | Path | Load | None = None,
    utilisation: float | str | None = None,
    ups: str | None = None,
    redundancy: str = "N+1",
    humidified: bool = False,
) -> SiteDesign:
    """Read and check a site without working anything out; the parameters are those of ``site``."""
    it_w = parse(it, "W", "it")
    if not MIN_W <= it_w <= MAX_W:
        raise WattlineError(f"it: {it_w:g} W is out of range; take 1 kW to 100 GW, such as 100MW")
    if where.pue is not None:
        raise WattlineError("pue: a site works its own PUE out; leave it out")
    kind = find_kind(where.cooling or COOLING)
    name = catalog.find("plant", where.site or kind.plant).name
    if ups is not None:
        ups = catalog.find("ups", ups).name
    outdoors, spot = read_where(where.place, where.weather, catalog)
    check_climate(kind, spot)
    region = grid.load_region(where.region or region_of(outdoors, spot, catalog), catalog)
    return SiteDesign(
        it_w, _profile(load, it_w, utilisation), outdoors, kind, name, ups, check_redundancy(redundancy), region,
        humidified, where,
    )  # fmt: skip


def _profile(load: str | Path | Load | None, it_w: float, utilisation: float | str | None) -> profile.Profile:
    if load is not None and utilisation is not None:
        raise WattlineError("utilisation: a load has its own; give --load or --utilisation, one of them")
    if isinstance(load, Load):
        return profile.from_load(load, it_w)
    if load is not None:
        return profile.read_profile(load, it_w)
    return profile.flat(1.0 if utilisation is None else parse(utilisation, "", "utilisation"))


def work(design: SiteDesign, draws: Draws, holds: bool = True) -> SiteAnswer:
    """The year of a site. ``holds``: raise where the climate is too hot for a kind without compressors."""
    setup = build(design.kind, design.hall, design.ups, design.redundancy, design.weather, draws, design.humidified)
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


def names_of_parts() -> tuple[str, ...]:
    """The parts of a site's power, servers first."""
    return ("servers", *SITE_PARTS)
