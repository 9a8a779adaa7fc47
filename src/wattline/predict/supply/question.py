"""Reads a question of ``supply`` from what its face was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.load import Load
from wattline.core.quantity import parse
from wattline.line.grid.hourly import read_fill
from wattline.line.grid.supply.parts import Shift
from wattline.line.grid.supply.technology import VARIES
from wattline.predict.supply.cases import SupplyQuestion, names_of
from wattline.predict.supply.hours import (
    SupplyHours,
    chosen,
    grid_of,
    read_factors,
    read_made_years,
    read_region,
    read_years,
    scale,
)
from wattline.predict.supply.place import PlaceWeather, hours_of_file, make_hours, place_weather, usual_year
from wattline.predict.supply.reliability import read_reliability
from wattline.predict.supply.request import USUAL, USUAL_TARGET, Charges, in_time, read_sources, read_target
from wattline.predict.supply.site_load import SiteLoad, site_load
from wattline.predict.where import Where

DAY, MAX_WINDOW_H = "24 h", 168.0


@dataclass(frozen=True, eq=False)
class SupplyOptions:
    """What the face of ``supply`` was given beside the load and ``Where``, as it was written."""

    target: str | Sequence[str] = USUAL_TARGET
    technologies: str | Sequence[str] = USUAL
    years: str | int | None = None
    capacity_factors: str | Path | None = None
    grid: str | Path | None = None
    fill_gaps: float | str | None = None
    export: float | str | None = None
    import_limit: float | str | None = None
    within: float | str | None = None
    flexible: float | str | None = None
    flexible_window: float | str | None = None
    charges: Mapping[str, Any] | None = None

    @property
    def fill_h(self) -> float:
        """Longest gap of a file that is filled [h]."""
        return read_fill(self.fill_gaps)


def read_question(
    it: float | str | None,
    load: str | Path | Load | None,
    load_mw: float | str | None,
    options: SupplyOptions,
    where: Where,
    draws: Draws,
) -> SupplyQuestion:
    """A question of supply, read and checked.

    Parameters
    ----------
    it, load, load_mw : the load, see ``site_load``
    options : target, technologies, hours, charges
    where : place, weather, region, prices
    draws : of the facts

    Returns
    -------
    Load, hours, technologies, target and charges.

    Raises WattlineError for anything that cannot be.
    """
    reliability, words = read_reliability(options.target)
    target = read_target(words)
    listed = read_sources(options.technologies, draws.catalog)
    within = None if options.within is None else parse(options.within, "year", "within")
    sources, late = in_time(listed, within, draws.catalog)
    if not sources:
        raise WattlineError(f"supply: nothing of {', '.join(late)} is there within {within:g} years")
    site = site_load(it, load, load_mw, where, draws)
    export = None if options.export is None else parse(options.export, "", "export", zero=True)
    limit = None if options.import_limit is None else parse(options.import_limit, "MW", "import-limit", zero=True)
    missing = [source for source in listed if source.name in late]
    later = [] if within is None else in_time(missing, within + 1, draws.catalog)[0]
    hours, rest, weather = _hours(options, [names_of(sources), names_of(later)], site, draws, where.weather)
    if late:
        hours = replace(hours, notes=(*hours.notes, f"not there within {within:g} years: {', '.join(late)}"))
    return SupplyQuestion(
        site, hours, rest, weather, tuple(sources), target, Charges.read(options.charges or {}), export, limit, where,
        draws, _shift(options), reliability, tuple(later), tuple(late), options.fill_h,
    )  # fmt: skip


def _shift(options: SupplyOptions) -> Shift | None:
    """The load that may move. Raises WattlineError for a share above 1, or a window without a share."""
    if options.flexible is None:
        if options.flexible_window is not None:
            raise WattlineError("supply: --flexible-window needs --flexible, the share of the load that may move")
        return None
    share = parse(options.flexible, "", "flexible", zero=True)
    hours = parse(DAY if options.flexible_window is None else options.flexible_window, "hour", "flexible-window")
    if share > 1 or hours > MAX_WINDOW_H:
        raise WattlineError(f"flexible: {share:g} of the load within {hours:g} h; give at most 100% within 168 h")
    return Shift(share, hours) if share else None


def _hours(
    options: SupplyOptions, names: list[list[str]], site: SiteLoad, draws: Draws, file: Path | None
) -> tuple[SupplyHours, SupplyHours | None, PlaceWeather | None]:
    """The hours to plan on, those of other years, and how made ones behave; of the later of two lists of technologies
    where there are some."""
    region = site.region.name
    needed, later = ([name for name in part if name in VARIES] for part in names)
    if options.capacity_factors is not None:
        try:
            hours = read_factors(options.capacity_factors, [*needed, *later], region, options.fill_h)
        except WattlineError:  # what is wrong is of one that may be there later, or is raised again
            hours = read_factors(options.capacity_factors, needed, region, options.fill_h)
        hours = scale(hours, _means(site, draws.catalog))
        if options.grid is not None:
            hours = _with_grid(hours, options.grid, region, options.fill_h)
        return *chosen(hours, _years(options)), None
    if file is not None and (read := hours_of_file(file, draws.catalog, options.fill_h)) is not None:
        if options.grid is not None:
            raise WattlineError("supply: hours of a typical year and --grid FILE are of other times; leave one out")
        if options.years is not None:
            raise WattlineError(
                "years: a weather file is one typical year; give --capacity-factors FILE, or leave it out"
            )
        return read, None, None
    return _made(options, needed, site, draws)


def _years(options: SupplyOptions) -> tuple[int, int] | None:
    return None if options.years is None else read_years(options.years)


def _made(
    options: SupplyOptions, needed: list[str], site: SiteLoad, draws: Draws
) -> tuple[SupplyHours, SupplyHours | None, PlaceWeather | None]:
    if "offshore-wind" in needed:
        raise WattlineError("supply: offshore-wind needs its hours; give --capacity-factors FILE with a column for it")
    weather = place_weather(site.region.name, site.climate, draws.catalog)
    if options.grid is not None:
        series = read_region(options.grid, site.region.name, options.fill_h)
        values, notes = grid_of(series, site.region.name, options.grid, needed=True)
        given = SupplyHours(series.utc, series.step_h, {}, values)
        hours, _ = chosen(given, _years(options))
        if hours.step_h != 1.0:
            raise WattlineError("supply: made wind and sun come by the hour; give the grid by the hour, or factors too")
        made = make_hours(weather, hours.utc, draws.seed)
        return replace(made, grid=hours.grid, notes=(*series.notes, *notes)), None, weather
    hours = make_hours(weather, usual_year(read_made_years(options.years)), draws.seed)
    return hours, None, weather


def _means(site: SiteLoad, catalog: Catalog) -> dict[str, float]:
    record = place_weather(site.region.name, site.climate, catalog).record
    wind, sun = record["wind_mean_cf"].value, record["sun_mean_cf"].value
    ratio, highest = (catalog.fact(f"constant.offshore-wind-{name}").value for name in ("ratio", "highest"))
    return {"wind": wind, "solar": sun, "offshore-wind": min(ratio * wind, highest)}


def _with_grid(hours: SupplyHours, path: str | Path, region: str, fill_h: float) -> SupplyHours:
    """The hours with the grid of another file, over the time that both hold."""
    series = read_region(path, region, fill_h)
    if series.step_h != hours.step_h:
        raise WattlineError(f"supply: steps of {series.step_h:g} h in {path}, {hours.step_h:g} h in the factors' file")
    _, own, other = np.intersect1d(hours.utc, series.utc, return_indices=True)
    if own.size < 2 or (np.diff(own) != 1).any():
        raise WattlineError(f"supply: {path} and the factors' file share no stretch of time")
    given, notes = grid_of(series, region, path, needed=True)
    notes = (*hours.notes, *notes)
    if own.size < len(hours.utc):
        notes += (f"{own.size:,} of {len(hours.utc):,} steps are in the grid's file too; the plan is of those",)
    return replace(hours.of(own), grid={name: values[other] for name, values in given.items()}, notes=notes)
