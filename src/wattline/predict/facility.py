"""The site and the grid of a job, as the catalog has them for its ``Where``: losses, PUE and region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import TYPICAL_YEAR_H
from wattline.line.grid import region as grid
from wattline.line.site import annual
from wattline.predict.answer import Working
from wattline.predict.cite import cite_given
from wattline.predict.grid_hours import GridHours, read_grid_hours
from wattline.predict.hourly import HourlySite, hourly_site
from wattline.predict.where import Where


@dataclass(frozen=True, eq=False)
class Facility:
    """The site of a job and its grid: kind of site, what each part takes per IT energy, PUE and region.

    ``hourly`` is there where the overhead follows from weather; ``losses`` and ``pue`` are then means of the year.
    ``hours`` are carbon and price where those are by the hour.
    """

    where: Where
    site: Record
    region: Record
    losses: Mapping[str, Array]
    pue: Array
    hourly: HourlySite | None = None
    hours: GridHours | None = None

    def inputs(self) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        shown: dict[str, Any] = {"site": self.site.name, "region": self.region.name}
        if self.hourly is not None:
            shown |= self.hourly.inputs()
        return shown | self.where.inputs()


def find_facility(where: Where, draws: Draws, working: Working) -> Facility:
    """The site and grid of a job.

    Parameters
    ----------
    where : names of region and site, a PUE, or a place or weather
    draws : from which the losses are drawn
    working : takes the step that gives the PUE

    Returns
    -------
    PUE, losses and carbon, drawn.

    Raises WattlineError for a name that the catalog does not have, and for a kind of cooling that the climate defeats.
    """
    if where.hourly:
        return _by_weather(where, draws, working)
    kind, region = annual.load_site(where.site, draws.catalog), grid.load_region(where.region, draws.catalog)
    if where.pue is not None:
        cite_given(draws, "pue", where.pue, "", "power usage effectiveness")
    losses = annual.losses_per_it(kind, draws, where.pue)
    total = annual.pue(losses)
    how = "given" if where.pue else "1 + UPS + distribution + cooling + fans + lighting"
    working.note("site", f"PUE of a {kind.title} site", how, total, "")
    return Facility(where, kind, region, losses, total, hours=read_grid_hours(where, region, draws.catalog))


def _by_weather(where: Where, draws: Draws, working: Working) -> Facility:
    hourly = hourly_site(where, draws)
    losses, total = hourly.means()
    how = f"1 + parts, mean of {TYPICAL_YEAR_H:,} hours of weather, {hourly.setup.kind.title}"
    working.note("site", f"PUE in a year in {hourly.weather.name}", how, total, "")
    region = grid.load_region(where.region or hourly.region, draws.catalog)
    hours = read_grid_hours(where, region, draws.catalog)
    return Facility(where, draws.catalog.find("plant", hourly.hall), region, losses, total, hourly, hours)


def at_time(facility: Facility, begin: datetime) -> Facility:
    """The same facility for a job whose time is known, such as one that was measured.

    Parameters
    ----------
    facility : of the job
    begin : when it began, UTC

    Returns
    -------
    With the hours from then on, where carbon and price are known by the hour.

    Raises
    ------
    WattlineError where a start was given too: what was measured has its own time.
    """
    if facility.hours is None:
        return facility
    if facility.where.start is not None:
        raise WattlineError("start: what was measured has its own time; leave it out")
    return replace(facility, hours=facility.hours.at(begin))
