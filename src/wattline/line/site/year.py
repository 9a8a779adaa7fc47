"""A site's year: each part of its power at each hour, its water, and where the heat went.

One path serves one configuration and a thousand draws: parameters are columns, hours are rows, and draws are worked
through in chunks small enough for a processor's cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from wattline.catalog.draws import Draws
from wattline.core.fact import Array, normal_quantile
from wattline.core.units import J_PER_KWH
from wattline.line.site import air, hall
from wattline.line.site.cooling.kinds import CoolingKind
from wattline.line.site.cooling.parts import MECHANICAL, CoolingResult, Heat, Outside
from wattline.line.site.nearness import MeanError
from wattline.line.site.outside_air import outside
from wattline.line.site.power_chain import Ups, chain, column, load_ups, transformer_loss
from wattline.line.site.weather import Weather

# parts of a site's power beside its servers, in the order of the line
SITE_PARTS = (
    "rack_supply", "ups", "distribution", "transformer", "compressors", "pumps", "heat_rejection", "fans", "generators",
    "lighting",
)  # fmt: skip
WATER_PARTS = ("evaporated", "drift", "blowdown")
NEARNESS = ("fit.nearness-temperature-distance", "fit.nearness-dew-point-distance")
CHUNK = 12  # draws worked through together: their arrays of hours stay in a processor's cache
THREADS = 2
UNMET_K = 0.05  # above the highest set-point counts as too warm


@dataclass(frozen=True, eq=False)
class HallDesign:
    """What a site is: its cooling, UPS and redundancy, its parameters ``(draws, 1)``, and the error of its weather.

    ``humidified``: closed halls put back the moisture that their coils take out. ``shift_c``: K by which the year is
    warmer than the weather's, ``damp_c`` K by which its dew point is higher besides, ``(draws, 1)``.
    """

    kind: CoolingKind
    hall: Mapping[str, Array]
    ups: Ups
    redundancy: str = "N+1"
    humidified: bool = False
    shift_c: Array | float = 0.0
    damp_c: Array | float = 0.0


@dataclass(frozen=True, eq=False)
class Hours:
    """Power by part and water at each hour, per design IT power; shapes broadcast to ``(draws, hours)``.

    Power in W per W, water in litres per second and W. ``heat_out`` is what leaves as heat or vapour, by states of
    air and water; ``unmet_c`` how far the supply is above its set-point where no compressor helps.
    """

    it: Array
    parts: Mapping[str, Array]
    evaporated: Array
    drift: Array
    blowdown: Array
    heat_out: Array
    mode: NDArray[np.int8]
    unmet_c: Array
    chilled: Array

    @property
    def total(self) -> Array:
        """Power at the utility meter."""
        total = self.it
        for part in self.parts.values():
            total = total + part
        return np.asarray(total)

    @property
    def water(self) -> Array:
        """All water taken in."""
        return np.asarray(self.evaporated + self.drift + self.blowdown)


@dataclass(frozen=True, eq=False)
class Year:
    """A year of a site in numbers a draw, per design IT power; shape ``(draws,)``, ``(1,)`` for central values.

    ``it``: as given, rows of hours. ``parts``: mean W per W; ``water``: litres per second and W
    by kind; ``delivered``: mean at the utility meter;
    ``peak`` there; ``total``: each hour of each draw there, 32 bits, ``(draws, hours)``. ``modes``: mean share of the
    hours in each mode, ``(4,)``. ``unmet_hours``: hours too warm for the set-point.
    """

    it: Array
    it_mean: Array
    parts: Mapping[str, Array]
    water: Mapping[str, Array]
    delivered: Array
    peak: Array
    heat_out: Array
    unmet_hours: Array
    modes: Array
    total: np.ndarray[tuple[int, ...], np.dtype[np.float32]]

    @property
    def pue(self) -> Array:
        return np.asarray(self.delivered / self.it_mean)

    @property
    def wue_l_per_kwh(self) -> Array:
        return np.asarray(sum(self.water.values()) / self.it_mean * J_PER_KWH)

    def pue_by_hour(self, percentiles: tuple[float, ...] = (5, 50, 95)) -> Array:
        """PUE at each hour, a row for each percentile of the draws."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = self.total / self.it.astype(np.float32)
        if len(ratio) == 1:
            return np.repeat(ratio, len(percentiles), axis=0).astype(float)
        return np.percentile(ratio, percentiles, axis=0, overwrite_input=True).astype(float)


def hours(setup: HallDesign, it: Array, out: Outside) -> Hours:
    """Every hour of a site whose servers take ``it`` of their design power, shape ``(1 or draws, 1 or hours)``.

    Parameters
    ----------
    setup : the hall as it was built
    it : share of the design's IT power, 0 to 1, ``(1 or draws, 1 or hours)``
    out : the weather as the plant meets it

    Returns
    -------
    Power and water by part and hour, as shares of the design's IT power.
    """
    p = setup.hall
    now = chain(it, setup.ups, setup.redundancy, p)
    full = chain(np.ones((1, 1)), setup.ups, setup.redundancy, p)
    heat = Heat(now.hall_heat, full.hall_heat, np.asarray(it / now.hall_heat))
    cooled = setup.kind.cool(heat, out, p)
    parts = dict(now.parts) | {
        "compressors": cooled.compressors,
        "pumps": cooled.pumps,
        "heat_rejection": cooled.towers,
        "fans": cooled.fans,
    }
    before = it + sum(parts.values())
    parts["transformer"] = transformer_loss(before, p)
    evaporated = cooled.evaporated + (_humidifier(setup, heat, cooled) if setup.humidified else 0.0)
    return Hours(
        it=it,
        parts={name: parts[name] for name in SITE_PARTS},
        evaporated=np.asarray(evaporated * air.LITRES_PER_KG),
        drift=np.asarray(cooled.drift * air.LITRES_PER_KG),
        blowdown=np.asarray(cooled.blowdown * air.LITRES_PER_KG),
        heat_out=np.asarray(cooled.sensible + cooled.latent + parts["transformer"] + parts["generators"]),
        mode=cooled.mode,
        unmet_c=cooled.unmet,
        chilled=cooled.chilled,
    )


def _humidifier(setup: HallDesign, heat: Heat, cooled: CoolingResult) -> Array:
    """kg/s that a humidifier puts back for what the coils took out; it leaves as liquid, and its heat cancels out."""
    closed = np.where(cooled.mode == MECHANICAL, 1.0, 0.0) if setup.kind.open_air else 1.0
    return np.asarray(heat.now * (1.0 - setup.hall["sensible_heat_ratio"]) / air.H_EVAP * closed)


def year(setup: HallDesign, weather: Weather, it: Array, every: int = 1) -> Year:
    """The year of a site whose servers take ``it`` of their design power, for every draw.

    ``it``: by hour, shape ``(8760,)``, or flat by draw, shape ``(draws, 1)``. ``every``: take one hour of so many (5
    meets every hour of the day), for means where a year's hours are more than is needed; with a flat load.

    Parameters
    ----------
    setup : the hall as it was built
    weather : a year of hours, 8,760 of each quantity
    it : share of the design's IT power, 0 to 1: by hour, ``(8760,)``, or flat by draw, ``(draws, 1)``
    every : every so many hours alone are worked out

    Returns
    -------
    Sums of the year by part, shape ``(n_draws,)``, and hours where they are kept.
    """
    row = np.atleast_2d(np.asarray(it, float))
    draws = max(
        x.shape[0] for x in (*setup.hall.values(), np.atleast_2d(setup.shift_c), np.atleast_2d(setup.damp_c), row)
    )
    if row.shape[0] == 1 and np.ptp(row) == 0:
        row = row[:, :1]  # a flat load's power chain is worked out once
    blocks = [slice(i, min(i + CHUNK, draws)) for i in range(0, draws, CHUNK)]
    total = np.empty((draws, weather.temperature_c[::every].size), np.float32)
    outside(weather)  # wet bulb and sea are worked out once, before threads share them

    def work(block: slice) -> dict[str, Array]:
        part = rows(setup, block)
        hourly = hours(part, row[block] if len(row) > 1 else row, outside(weather, part.shift_c, every, part.damp_c))
        return _summary(hourly, total, block)

    if len(blocks) == 1:
        sums = [work(blocks[0])]
    else:
        with ThreadPoolExecutor(THREADS) as pool:
            sums = list(pool.map(work, blocks))
    joined = {name: np.concatenate([s[name] for s in sums]) for name in sums[0]}
    return Year(
        it=row,
        it_mean=np.broadcast_to(row.mean(axis=1), (draws,)),
        parts={name: joined[name] for name in SITE_PARTS},
        water={name: joined[name] for name in WATER_PARTS},
        delivered=joined["delivered"],
        peak=joined["peak"],
        heat_out=joined["heat_out"],
        unmet_hours=joined["unmet"],
        modes=np.stack([joined[f"mode{i}"] for i in range(4)]).mean(axis=1),
        total=total,
    )


def rows(setup: HallDesign, block: slice) -> HallDesign:
    """The setup of some of the draws.

    Parameters
    ----------
    setup : the hall as it was built
    block : which of the draws

    Returns the same hall with these draws alone.
    """

    def some(x: Array) -> Array:
        return x[block] if x.ndim == 2 and x.shape[0] > 1 else x

    ups = Ups(*(some(x) for x in (setup.ups.standing, setup.ups.linear, setup.ups.quadratic)))
    hall = {name: some(x) for name, x in setup.hall.items()}
    return replace(
        setup, hall=hall, ups=ups, shift_c=some(np.asarray(setup.shift_c)), damp_c=some(np.asarray(setup.damp_c))
    )


def _summary(hourly: Hours, total: Array, block: slice) -> dict[str, Array]:
    """Means over the hours of some of the draws; their hourly total goes into ``total``."""
    rows, count = total[block].shape
    power = np.broadcast_to(hourly.total, (rows, count))
    total[block] = power
    sums = {name: _mean(part, rows) for name, part in hourly.parts.items()}
    sums |= {name: _mean(getattr(hourly, name), rows) for name in WATER_PARTS}
    sums |= {"delivered": power.mean(axis=1), "peak": power.max(axis=1), "heat_out": _mean(hourly.heat_out, rows)}
    sums["unmet"] = _mean(np.broadcast_to(hourly.unmet_c > UNMET_K, (rows, count)), rows) * count
    mode = np.broadcast_to(hourly.mode, (rows, count))
    return sums | {f"mode{i}": (mode == i).mean(axis=1) for i in range(4)}


def _mean(values: Array, rows: int) -> Array:
    return np.asarray(np.broadcast_to(np.asarray(values).mean(axis=-1, keepdims=False).reshape(-1), (rows,)), float)


def build(
    kind: CoolingKind,
    name: str,
    ups: str | None,
    redundancy: str,
    weather: Weather,
    draws: Draws,
    humidified: bool = False,
    given: Mapping[str, float] = MappingProxyType({}),
) -> HallDesign:
    """A site of a kind of hall, its parameters drawn; a made year is as uncertain as its normals.

    Parameters
    ----------
    kind : kind of cooling
    name : kind of hall, a record of the catalog's ``plant``
    ups : kind of UPS, a record of the catalog's ``ups``; None for the hall's own
    redundancy : scheme of redundancy, a key of ``REDUNDANCY``
    weather : the year that it stands in
    draws : draws of its parameters
    humidified : whether closed halls put back the moisture that their coils take out
    given : parameters of the hall that are known, by name, in place of those drawn

    Returns
    -------
    The hall with parameters of shape ``(n_draws, 1)``.
    """
    known = {parameter: column(np.asarray(value, float)) for parameter, value in given.items()}
    parameters: Mapping[str, Array] = hall.parameters(name, draws) | known
    made = weather.made and draws.n > 0
    shift: Array | float = column(draws("constant.year-warmth")) if made else 0.0
    damp: Array | float = 0.0
    if made and weather.error != MeanError():
        shift = shift + column(weather.error.temperature_c * normal_quantile(draws.percentiles("nearness temperature")))
        damp = column(weather.error.dew_point_c * normal_quantile(draws.percentiles("nearness dew point")))
        draws.cite(*(draws.catalog.fact(key) for key in NEARNESS))
    chosen: Ups = load_ups(ups, parameters, draws)
    return HallDesign(kind, parameters, chosen, redundancy, humidified, shift, damp)
