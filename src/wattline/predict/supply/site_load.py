"""The load that a supply serves: IT power through the site's overhead, hour by hour, on the hours of the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.quantity import parse
from wattline.core.units import HOUR_S, TYPICAL_YEAR_H
from wattline.line.grid import region as grid
from wattline.line.grid.supply.made import Times
from wattline.line.site import annual, profile
from wattline.line.site.outdoors import read_where, region_of
from wattline.line.site.profile import own_hours, year_of
from wattline.predict.cite import cite_given
from wattline.predict.load_file import read_load_file
from wattline.predict.site import read_design, work
from wattline.predict.where import Where

DAYS_BEFORE = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])
FACILITY, LOAD = ("site", "grid"), "load"
HIGHEST = "the design's IT power is the load's highest hour; --it says another"


@dataclass(frozen=True, eq=False)
class SiteLoad:
    """What a site takes from its supply, as one year of hours in its standard time, and what it was worked out from.

    Attributes
    ----------
    power_mw : ``(8760,)`` [MW]
    it_w : IT power of the design; None where the load was given whole
    pue : of the year; None where the load was given whole
    region : its grid
    climate : its place, of the catalog's ``climate``; None where none is named
    utc_offset_h : hours by which its standard time is ahead of UTC
    how : the load in words
    drawn_mw : ``(n_draws, 8760)`` where the load has draws of its own
    it_mw : what its servers take, ``(8760,)`` [MW]; None where the load was given whole
    """

    power_mw: Array
    it_w: float | None
    pue: float | None
    region: Record
    climate: Record | None
    utc_offset_h: float
    how: str
    notes: tuple[str, ...] = ()
    drawn_mw: Array | None = None
    it_mw: Array | None = None

    def on(self, utc: Times, step_h: float, draw: int | None = None) -> Array:
        """The load in these steps [MW], ``(n_steps,)``; a leap day is like the day before it.

        Parameters
        ----------
        utc : begin of each step
        step_h : their length [h]
        draw : takes the load's own draw where it has some

        Returns
        -------
        That load.
        """
        drawn = self.drawn_mw
        power = self.power_mw if drawn is None or draw is None else drawn[draw % len(drawn)]
        return np.asarray(power[self._hours(utc, step_h)])

    def it_mwh(self, utc: Times, step_h: float) -> float:
        """What its servers take in these steps [MWh]; 0 where the load was given whole.

        Parameters
        ----------
        utc : begin of each step
        step_h : their length [h]

        Returns
        -------
        Energy.
        """
        return 0.0 if self.it_mw is None else float(self.it_mw[self._hours(utc, step_h)].sum()) * step_h

    def _hours(self, utc: Times, step_h: float) -> Array:
        """The hour of the year of each step."""
        middle = np.timedelta64(round((self.utc_offset_h + step_h / 2) * HOUR_S), "s")
        local = utc + middle
        month = local.astype("datetime64[M]")
        day = (local.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
        in_year = month.astype(int) % 12
        day = np.where(in_year == 1, np.minimum(day, 27), day)
        hour = (local - local.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
        return np.asarray((DAYS_BEFORE[in_year] + day) * 24 + hour)


def site_load(
    it: float | str | None, load: str | Path | Load | None, load_mw: float | str | None, where: Where, draws: Draws
) -> SiteLoad:
    """The load of a site.

    Parameters
    ----------
    it : IT power of its design
    load : IT power over time, or a saved load at the site or the grid, which is taken whole
    load_mw : what the site takes, in place of both
    where : place, weather, kind of site, PUE, region
    draws : facts that it rests on

    Returns
    -------
    The load of a year by the hour [MW], with what it was made of.

    Raises WattlineError where nothing or too much is given.
    """
    climate, offset, region = _place(where, draws)
    if isinstance(load, str | Path) and Load.is_saved(load):
        load = Load.read_parquet(Path(load))
    if load_mw is not None:
        if load is not None or it is not None:
            raise WattlineError("supply: --load-mw is all that the site takes; leave out --it and --load")
        watts = parse(load_mw, "MW", "load-mw", zero=True) * 1e6
        flat = np.full(TYPICAL_YEAR_H, watts / 1e6)
        return SiteLoad(flat, None, None, region, climate, offset, "flat, as given")
    if isinstance(load, Load) and load.point in FACILITY:
        return _with_scale(_given(load, region, climate, offset), load, draws)
    if it is None and isinstance(load, Load):
        made = site_load(_highest_w(load, offset), load, None, where, draws)
        return replace(made, notes=(*made.notes, HIGHEST))
    if it is None:
        raise WattlineError(
            "supply: give the IT power of the site, --it 100MW, or the power of the whole site, --load-mw 120"
        )
    made = _of_design(parse(it, "W", "it", zero=True), load, where, draws, (region, climate, offset))
    return _with_scale(made, load, draws) if isinstance(load, Load) else made


def _of_design(
    it_w: float, load: Any, where: Where, draws: Draws, spot: tuple[Record, Record | None, float]
) -> SiteLoad:
    """The load of a site of this IT power."""
    region, climate, offset = spot
    if it_w == 0:
        return SiteLoad(np.zeros(TYPICAL_YEAR_H), 0.0, 1.0, region, climate, offset, "no load")
    if where.hourly:
        design = read_design(it_w, where, draws.catalog, load=load)
        answer = work(design, draws.central())
        power = np.broadcast_to(answer.central.total, (1, TYPICAL_YEAR_H))[0] * it_w / 1e6
        drawn = None  # central values alone are worked out once
        if draws.n:
            drawn = _drawn_mw(np.asarray(work(design, draws).result.total * (it_w / 1e6), float), draws)
        return SiteLoad(
            np.asarray(power), it_w, float(np.median(answer.result.pue)), answer.design.region, climate,
            answer.design.weather.utc_offset_h, f"{answer.design.load.name} IT, {answer.design.kind.title}",
            answer.notes, drawn, it_mw=answer.design.load.share * it_w / 1e6,
        )  # fmt: skip
    return _by_kind(it_w, load, where, draws, spot)


def _with_scale(made: SiteLoad, load: Load, draws: Draws) -> SiteLoad:
    """The site with what the draws of a saved load take, beside those of its overhead."""
    if not (load.scale and draws.n) or (load.power_w.ndim > 1 and not load.labels):
        return made
    own = made.power_mw[None, :] if made.drawn_mw is None else made.drawn_mw
    place = np.arange(draws.n)
    drawn = own[place % len(own)] * np.asarray(load.scale)[place % len(load.scale)][:, None]
    return replace(made, drawn_mw=drawn, how=f"{made.how}, with its {len(load.scale)} draws")


def _highest_w(load: Load, offset: float) -> float:
    """The highest hour of a load at the servers or chips [W]."""
    power = load.power_w.sum(axis=0) if load.labels else load.power_w
    return float(own_hours(load, power.reshape(-1, power.shape[-1]).mean(axis=0), offset, []).max())


def _by_kind(it_w: float, load: Any, where: Where, draws: Draws, spot: tuple[Record, Record | None, float]) -> SiteLoad:
    """Through the annual overhead of a kind of site, or a given PUE."""
    kind = annual.load_site(where.site, draws.catalog)
    central = draws.central()
    losses = annual.losses_per_it(kind, central, where.pue)
    draws.cite(*central.used.values())
    if where.pue is not None:
        cite_given(draws, "pue", where.pue, "", "power usage effectiveness")
    pue = float(annual.pue(losses))
    region, climate, offset = spot
    if load is None:
        shape = profile.flat(1.0)
    else:
        shape = (
            profile.from_load(load, it_w, utc_offset_h=offset)
            if isinstance(load, Load)
            else read_load_file(load, it_w, offset)
        )
    how = f"{shape.name} IT, {'PUE given' if where.pue is not None else kind.title}"
    it_mw = shape.share * it_w / 1e6
    each = annual.pue(annual.losses_per_it(kind, draws, where.pue))
    drawn = _drawn_mw(np.atleast_1d(each)[:, None] * it_mw, draws)
    return SiteLoad(it_mw * pue, it_w, pue, region, climate, offset, how, shape.notes, drawn, it_mw=it_mw)


def _drawn_mw(power_mw: Array, draws: Draws) -> Array | None:
    """The load at each draw; None where nothing is drawn, or the site's overhead is the same in all."""
    if not draws.n or len(power_mw) == 1:
        return None
    return np.ascontiguousarray(np.broadcast_to(power_mw, (len(power_mw), TYPICAL_YEAR_H)))


def _place(where: Where, draws: Draws) -> tuple[Record | None, float, Record]:
    """The place, the offset of its standard time, and its grid."""
    if not where.hourly:
        return None, 0.0, grid.load_region(where.region, draws.catalog)
    outdoors, climate = read_where(where.place, where.weather, draws.catalog)
    name = where.region or region_of(outdoors, climate, draws.catalog)
    return climate, outdoors.utc_offset_h, grid.load_region(name, draws.catalog)


def _given(load: Load, region: Record, climate: Record | None, offset: float) -> SiteLoad:
    """A load at the site or the grid, with its overhead in it, as it is."""
    how, notes = f"a load at the {load.point}, as given", list[str]()
    if LOAD in load.labels:  # a supply's own: its other series are what serves it
        power = load.power_w[load.labels.index(LOAD)]
    else:
        power = load.power_w.sum(axis=0) if load.labels else load.power_w
    rows = power.reshape(-1, power.shape[-1])
    year = _year_mw(load, rows.mean(axis=0), offset, notes)
    drawn = np.stack([_year_mw(load, row, offset, []) for row in rows]) if len(rows) > 1 else None
    if drawn is not None:
        how += f", with its {len(drawn)} draws"
    return SiteLoad(year, None, None, region, climate, offset, how, tuple(notes), drawn)


def _year_mw(load: Load, power: Array, offset: float, notes: list[str]) -> Array:
    return year_of(own_hours(load, power, offset, notes), notes) / 1e6
