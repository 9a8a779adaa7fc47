"""A job on a site whose overhead is worked out hour by hour from weather, from the first hour of the year on.

Every draw has a site of its own and its own durations: losses are summed over the very hours in which its phases run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.units import HOUR_S, TYPICAL_YEAR_H
from wattline.line.site import hall
from wattline.line.site.cooling.kinds import find_kind
from wattline.line.site.outdoors import MAX_UNMET_H, check_climate, first_hour, read_where, region_of
from wattline.line.site.outside_air import outside
from wattline.line.site.power_chain import column
from wattline.line.site.weather import Weather
from wattline.line.site.year import CHUNK, SITE_PARTS, HallDesign, build, hours, rows, year
from wattline.predict.grid_hours import GridHours
from wattline.predict.where import COOLING, Where


@dataclass(frozen=True, eq=False)
class HourlySite:
    """A site by the hour: its setup, its weather, and the load that it runs at, a share of design a draw."""

    setup: HallDesign
    weather: Weather
    load: Array
    region: str
    hall: str

    def inputs(self) -> dict[str, str | float]:
        return {"site": self.hall, "place": self.weather.name, "cooling": self.setup.kind.name}

    def means(self) -> tuple[dict[str, Array], Array]:
        """The year's mean of each part per IT power, and PUE; shape ``(draws,)`` or ``()``."""
        site = year(self.setup, self.weather, self.load)
        losses = {name: _scalar_or_draws(part / site.it_mean) for name, part in site.parts.items()}
        return losses, _scalar_or_draws(site.pue)


def hourly_site(where: Where, draws: Draws) -> HourlySite:
    """Read a place or a weather file, a kind of cooling and a kind of hall (``site``, of the catalog's ``plant``).

    Parameters
    ----------
    where : with place or weather, cooling and hall
    draws : from the ranges of the facts

    Returns
    -------
    Weather, hall and cooling, ready to be run by the hour.

    Raises NotFound for a name that is not known, WattlineError where the climate is too hot for the cooling.
    """
    kind = find_kind(where.cooling or COOLING)
    outdoors, spot = read_where(where.place, where.weather, draws.catalog)
    check_climate(kind, spot)
    name = hall.hall_of(where.site, None, draws.catalog)
    setup = build(kind, name, None, "N+1", outdoors, draws)
    load = column(np.asarray(hall.usual_load(name, draws)))
    site = HourlySite(setup, outdoors, load, region_of(outdoors, spot, draws.catalog) or "world", name)
    if not kind.compressor:
        unmet = float(np.median(year(setup, outdoors, load, 5).unmet_hours)) * 5
        if unmet > MAX_UNMET_H:
            raise WattlineError(
                f"cooling {kind.name} cannot hold {outdoors.name}: {unmet:,.0f} hours a year are too warm or damp; "
                "take air-economiser or another kind with compressors"
            )
    return site


@dataclass(frozen=True, eq=False)
class HourlyDelivery:
    """What phases on an hourly site took: joules by part, the load at the grid, its peak, litres at the site.

    ``weighed``: means of the grid's signals by the hour, weighed by the load.
    """

    parts: Mapping[str, Array]
    load: Load
    peak_w: Array
    water_l: Array
    weighed: Mapping[str, Array] = field(default_factory=dict)


def deliver(
    site: HourlySite,
    power_w: Sequence[Array],
    duration_s: Sequence[Array],
    steps: int,
    grid: GridHours | None = None,
    begin_utc: np.datetime64 | None = None,
) -> HourlyDelivery:
    """Phases of constant IT power, one after the other; entries scalar or ``(draws,)``.

    They begin with the year's first hour, or at ``begin_utc``, in the weather of the same hour of the year; where
    ``grid`` has signals by the hour, when those say.

    Parameters
    ----------
    site : the site with its weather
    power_w : of each phase at the servers, scalar or ``(n_draws,)`` [W]
    duration_s : of each phase, scalar or ``(n_draws,)`` [s]
    steps : of the load at the grid
    grid : signals of the grid by the hour, where there are any
    begin_utc : when the first phase begins; the year's first hour where None

    Returns energy by part, water, peak and the load at the grid.
    """
    flat = np.broadcast_arrays(np.zeros(_draws(site)), *[np.asarray(x, float) for x in (*power_w, *duration_s)])[1:]
    powers, lengths = np.stack(flat[: len(power_w)]), np.stack(flat[len(power_w) :])
    begins = np.cumsum(lengths, axis=0) - lengths
    longest = float(lengths.sum(axis=0).max())
    edges = np.linspace(0.0, longest, steps + 1)
    shape = powers.shape[1]
    parts = {name: np.zeros(shape) for name in SITE_PARTS}
    water, peak, energy = np.zeros(shape), np.zeros(shape), np.zeros((shape, steps))
    moment = begin_utc if grid is None else grid.begin
    offset_h = 0 if moment is None else _hour_of_year(site, moment)
    carried = {} if grid is None else _by_hour(grid, longest)
    sums = {name: np.zeros(shape) for name in carried}
    for block, ratios in _ratios(site, longest, offset_h):
        own = ratios["total"]
        running = np.maximum.accumulate(own, axis=1)
        for power, begin, length in zip(powers[:, block], begins[:, block], lengths[:, block], strict=True):
            end = begin + length
            for name in SITE_PARTS:
                parts[name][block] += power * _between(ratios[name], begin, end)
            water[block] += power * _between(ratios["water"], begin, end)
            for name, values in carried.items():
                sums[name][block] += power * _between(own * values, begin, end)
            inside = np.clip(edges[None, :], begin[:, None], end[:, None])
            energy[block] += power[:, None] * np.diff(_until(own, inside), axis=1)
            last = np.minimum(np.ceil(end / HOUR_S).astype(int), own.shape[1]) - 1
            most = running[np.arange(len(last)) if len(running) > 1 else 0, np.maximum(last, 0)]
            peak[block] = np.maximum(peak[block], np.where(length > 0, power * most, 0.0))
    scalar = all(np.ndim(x) == 0 for x in (*power_w, *duration_s)) and shape == 1
    start = first_hour(site.weather) if moment is None else moment.astype("datetime64[s]").astype(datetime)
    load = Load(
        "grid", start, longest / steps, (energy / (longest / steps))[0] if scalar else energy / (longest / steps)
    )
    plain = _scalar_or_draws if scalar else np.asarray
    used = np.atleast_1d(load.energy_j)
    weighed = {name: plain(total / np.where(used > 0, used, 1.0)) for name, total in sums.items()}
    shown = {name: plain(x) for name, x in parts.items() if np.any(x > 0)}
    return HourlyDelivery(shown, load, plain(peak), plain(water), weighed)


def _hour_of_year(site: HourlySite, begin: np.datetime64) -> int:
    """The hour of the weather's year, in standard time, in which the job begins; of a leap day the day before it."""
    moment = begin.astype("datetime64[s]").astype(datetime) + timedelta(hours=site.weather.utc_offset_h)
    first = datetime(moment.year, 1, 1)
    hours = int((moment - first).total_seconds() // HOUR_S)
    leap = (datetime(moment.year, 12, 31) - first).days == 365
    return (hours - 24 if leap and hours >= (31 + 28) * 24 else hours) % TYPICAL_YEAR_H


def _by_hour(grid: GridHours, longest_s: float) -> dict[str, Array]:
    """Means of each signal in each hour of the job, as many as ``_ratios`` gives."""
    count = int(min(TYPICAL_YEAR_H, np.ceil(longest_s / HOUR_S) + 1))
    edges = np.minimum(np.arange(count + 1) * HOUR_S, max(longest_s, 1.0))
    inside = np.diff(edges) > 0
    made = {}
    for name, signal in grid.signals.items():
        means = signal.means(grid.begin_s(signal) + np.concatenate([[0.0], edges[1:][inside]]))
        made[name] = np.concatenate([means, np.full(count - len(means), means[-1])])
    return made


def _draws(site: HourlySite) -> int:
    return max(int(x.shape[0]) for x in (*site.setup.hall.values(), site.load))


def _ratios(site: HourlySite, longest_s: float, offset_h: int = 0) -> Iterator[tuple[slice, dict[str, Array]]]:
    """For some draws at a time: each part, water and the total per IT power, hour by hour as far as the job runs."""
    count = _draws(site)
    most = int(min(TYPICAL_YEAR_H, np.ceil(longest_s / HOUR_S) + 1))
    for start in range(0, count, CHUNK):
        block = slice(start, min(start + CHUNK, count))
        setup = rows(site.setup, block)
        it = site.load[block] if len(site.load) > 1 else site.load
        out = outside(site.weather, setup.shift_c, damp_c=setup.damp_c)
        series = (out.t_c, out.wet_c, out.ratio, out.pressure_pa, out.sea_c)
        cut = type(out)(*(np.roll(x, -offset_h, axis=1)[:, :most] for x in series))
        by_hour = hours(setup, it, cut)
        shape = (block.stop - block.start, most)
        ratios = {name: np.broadcast_to(part / it, shape) for name, part in by_hour.parts.items()}
        ratios |= {
            "total": np.broadcast_to(by_hour.total / it, shape),
            "water": np.broadcast_to(by_hour.water / it, shape),
        }
        yield block, ratios


def _until(ratio: Array, time_s: Array) -> Array:
    """Seconds since the year began, weighed by each hour's ratio; years follow on. ``time_s``: ``(draws, n)``."""
    cumulated = np.concatenate([np.zeros((len(ratio), 1)), np.cumsum(ratio, axis=1)], axis=1) * HOUR_S
    span = ratio.shape[1] * HOUR_S
    whole, rest = np.divmod(time_s, span)
    index = np.minimum((rest / HOUR_S).astype(int), ratio.shape[1] - 1)
    row = np.arange(len(ratio))[:, None]
    return np.asarray(whole * cumulated[:, -1:] + cumulated[row, index] + ratio[row, index] * (rest - index * HOUR_S))


def _between(ratio: Array, begin: Array, end: Array) -> Array:
    return np.asarray(np.diff(_until(ratio, np.stack([begin, end], axis=1)), axis=1)[:, 0])


def _scalar_or_draws(values: Array) -> Array:
    return np.asarray(values[0] if values.size == 1 else values)
