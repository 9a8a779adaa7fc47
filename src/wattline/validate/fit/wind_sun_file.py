"""``catalog/wind_sun.toml``, made again from regions' generation by the hour and the fleets that the catalog states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from wattline.catalog import Catalog, Record
from wattline.core.fact import Array
from wattline.core.units import Z95
from wattline.line.grid.supply.made import WindSun
from wattline.line.site.places import nearest_climate
from wattline.predict.supply.place import DEGREES_PER_HOUR, ELSEWHERE, sun_by_climate
from wattline.validate.evidence.generation import FLEETS, RegionFactors, read_generation
from wattline.validate.fit.wind_sun import fit_region

WIND_RANGE, SUN_RANGE = (0.8, 1.3), (0.85, 1.25)  # of a new plant's mean over the fleet's
TRIANGLE = 6**0.5  # half the width of a triangular distribution, over its deviation
TAIL = 0.95  # the percentile at which the spread of years is right
ELSEWHERE_WIND = (0.5, 1.6)  # of the mean of the regions: fleets of the world lie from 0.2 to 0.45
ELSEWHERE_SUN = (0.55, 1.7)  # of what the climate gives: fleets that were left out lie from 0.75 to 1.35
WIND_NOTE = "mean of a region's fleet; a new plant at a good site lies above, a curtailed one below; years differ"
WORLD_SUN_NOTE = "of the regions that were fitted; the climate of a place gives its own, and fleets lie wide about it"
SHARE_NOTE = "mean of the regions that were fitted; dirt, outages, curtailment, fixed modules and what is not counted"
PLACE_NOTE, ELSEWHERE_NOTE = "about the middle of its plants", "a middling latitude; a place has its own"
SUN_NOTE = "mean of a region's fleet, its curtailment in it; a new plant with trackers lies above; years differ"
WORLD_NOTE = "of the regions that were fitted; good and poor sites of the world lie wide apart"
NUMBERS = {
    "wind_long_memory_h": "long_h", "wind_short_memory_h": "short_h", "wind_noise_share": "noise",
    "wind_day_share": "day_share", "wind_day_memory_h": "day_memory_h", "sun_memory": "sun_memory",
    "sun_slow_share": "sun_slow_share",
}  # fmt: skip
TABLES = {
    "wind_levels": 3, "wind_spread": 2, "wind_mean": 2, "wind_sun_links": 3, "sun_levels": 2, "sun_spread": 2,
    "sun_mean": 3,
}  # fmt: skip
HEAD = """\
# How wind and sun behave in a region, hour by hour: what made hours are drawn from where no file is given. Made by
# `wattline calibrate wind-sun FILE`; only places and fleets are written by hand. Tables are by month (rows) and hour of
# the day in UTC, from 00:00 on: sun_mean in capacity factors, wind_mean in deviations of a normal series, which is read
# through wind_levels, its capacity factors at 33 even steps of the normal deviate, from -3.2 to 3.2. sun_levels: a
# day's departure from its month, in sun_spread. wind_sun_links: what a day's wind takes of the sun of three days before
# to three after. Fleets [GW] are those at the begin of each year from fleet_from on, from memory of operators' reports
# (New England's sun: from its highest hours).

[_sources]
"""


def year_spreads(regions: Sequence[RegionFactors]) -> dict[str, float]:
    """How far the mean of a year that was not seen lies from that of a region's years, by all regions' years together:
    one region's two or three say too little. The size of the fleets, which is assumed, is a part of it.

    Parameters
    ----------
    regions : capacity factors by the hour

    Returns
    -------
    By the catalog's names of means: the deviation of the logarithm, widened for how few the years are as Student's
    distribution is beside the normal one; 0 where no region has two years.
    """
    series = {"wind_mean_cf": [(each.year, each.wind) for each in regions]}
    series["sun_mean_cf"] = [(each.year, each.sun) for each in regions]
    return {name: _year_spread(own) for name, own in series.items()}


def _year_spread(series: Sequence[tuple[Array, Array]]) -> float:
    levels = [np.log([values[year == own].mean() for own in np.unique(year)]) for year, values in series]
    free = sum(each.size - 1 for each in levels)
    if not free:
        return 0.0
    within = sum(float(((each - each.mean()) ** 2).sum()) for each in levels) / free
    years = float(np.mean([each.size for each in levels]))
    return float(np.sqrt(within * (1 + 1 / years)) * stdtrit(free, TAIL) / Z95)


def mean_ranges(behaviour: WindSun, wind: float, years: Mapping[str, float]) -> dict[str, tuple[float, float, float]]:
    """Mean capacity factors with their range by the catalog's names: of plants about the fleet, and of years.

    Parameters
    ----------
    behaviour : whose sun is taken
    wind : mean capacity factor of wind
    years : deviation of a year's logarithm, as ``year_spreads`` has it

    Returns
    -------
    Value, low and high of each.
    """
    sun = float(behaviour.sun_mean.mean())
    ranges = {"wind_mean_cf": (wind, WIND_RANGE), "sun_mean_cf": (sun, SUN_RANGE)}
    return {name: _about(value, _with_years(ends, years[name])) for name, (value, ends) in ranges.items()}


def _with_years(ends: tuple[float, float], deviation: float) -> tuple[float, float]:
    low, high = (float(np.hypot(np.log(end), TRIANGLE * deviation)) for end in ends)
    return float(np.exp(-low)), float(np.exp(high))


def elsewhere_ranges(ranges: dict[str, tuple[float, float, float]]) -> dict[str, tuple[float, float, float]]:
    """The ranges of means where no region was fitted, wider than a region's."""
    spreads = {"wind_mean_cf": ELSEWHERE_WIND, "sun_mean_cf": ELSEWHERE_SUN}
    return {name: _about(ranges[name][0], ends) for name, ends in spreads.items()}


def _about(value: float, ends: tuple[float, float]) -> tuple[float, float, float]:
    return value, value * ends[0], value * ends[1]


def fleet_share(regions: Sequence[tuple[WindSun, Record]], catalog: Catalog) -> float:
    """What fleets deliver of what single solar plants in good order at their place would.

    Parameters
    ----------
    regions : behaviours, and the records that say where they are
    catalog : with the climates of places

    Returns
    -------
    The mean of the regions.
    """
    shares = []
    for behaviour, record in regions:
        place, _ = nearest_climate(record["latitude"].value, record["longitude"].value, catalog)
        shares.append(float(behaviour.sun_mean.mean() / sun_by_climate(place, catalog).mean()))
    return float(np.mean(shares))


def mean_behaviour(regions: Sequence[tuple[WindSun, float]]) -> WindSun:
    """The mean of regions, each moved to the time of its sun.

    Parameters
    ----------
    regions : behaviours, and the longitude of each [deg]

    Returns
    -------
    Behaviour of a place at longitude 0.
    """
    local = [behaviour.moved(round(longitude / DEGREES_PER_HOUR)) for behaviour, longitude in regions]
    return WindSun(
        **{field.name: np.mean([getattr(each, field.name) for each in local], axis=0) for field in fields(WindSun)}
    )


def wind_sun_file(regions: Sequence[RegionFactors], catalog: Catalog, source: str) -> str:
    """The text of ``catalog/wind_sun.toml``.

    Parameters
    ----------
    regions : capacity factors by the hour
    catalog : whose places stay
    source : lines of the table of sources

    Returns
    -------
    The text of a TOML file.
    """
    fits = [fit_region(each.utc, each.wind, each.sun) for each in regions]
    years = year_spreads(regions)
    blocks = [HEAD + source + '\n[_default]\nsource = "eia930"\n']
    for each, fit in zip(regions, fits, strict=True):
        blocks.append(_region(each.record, fit, mean_ranges(fit, float(each.wind.mean()), years)))
    mean = mean_behaviour([(fit, each.record["longitude"].value) for fit, each in zip(fits, regions, strict=True)])
    wind = float(np.mean([each.wind.mean() for each in regions]))
    ranges = elsewhere_ranges(mean_ranges(mean, wind, years))
    share = fleet_share([(fit, each.record) for fit, each in zip(fits, regions, strict=True)], catalog)
    ranges["sun_fleet_share"] = _about(share, ELSEWHERE_SUN)
    blocks.append(_region(catalog.find("wind_sun", ELSEWHERE), mean, ranges))
    return "\n".join(blocks)


def calibrate_wind_sun(path: Path, catalog: Catalog) -> str:
    """``catalog/wind_sun.toml`` from a file of generation.

    Parameters
    ----------
    path : as ``read_generation`` takes it
    catalog : whose places and fleets are taken

    Returns
    -------
    The text of a TOML file.
    """
    regions = read_generation(path, catalog)
    first, last = (int(regions[0].year[i]) for i in (0, -1))
    source = (
        'eia930 = { title = "EIA-930 hourly generation by balancing authority (public domain)", '
        f'year = {last + 1}, where = "{first} to {last}, fitted here; fleets assumed, linear in the year" }}\n'
    )
    return wind_sun_file(regions, catalog, source)


def _region(record: Record, fit: WindSun, ranges: dict[str, tuple[float, float, float]]) -> str:
    lines = [f"[{record.name}]", f'name = "{record.title}"']
    at = ELSEWHERE_NOTE if record.name == ELSEWHERE else PLACE_NOTE
    lines += [
        f'{name} = {{ value = {record[name].value:g}, basis = "derived", note = "{at}" }}'
        for name in ("latitude", "longitude")
    ]
    if "eia930_region" in record.meta:
        lines.append(f'eia930_region = "{record.meta["eia930_region"]}"')
    if "fleet_from" in record.meta:
        lines.append(f'fleet_from = "{record.meta["fleet_from"]}"')
        lines += [f"{name} = {record.meta[name]}" for name in FLEETS.values()]
    for name, (value, low, high) in ranges.items():
        estimated = record.name == ELSEWHERE
        notes = {"wind_mean_cf": WIND_NOTE, "sun_mean_cf": SUN_NOTE}
        if estimated:
            notes = {"wind_mean_cf": WORLD_NOTE, "sun_mean_cf": WORLD_SUN_NOTE, "sun_fleet_share": SHARE_NOTE}
        basis = "estimated" if estimated else "derived"
        numbers = f"value = {value:.3f}, low = {low:.3f}, high = {high:.3f}"
        lines.append(f'{name} = {{ {numbers}, basis = "{basis}", note = "{notes[name]}" }}')
    for name, attribute in NUMBERS.items():
        lines.append(f'{name} = {{ value = {round(float(getattr(fit, attribute)), 6):.4g}, basis = "derived" }}')
    for name, digits in TABLES.items():
        lines.append(f"{name} = {_table(getattr(fit, 'links' if name == 'wind_sun_links' else name), digits)}")
    return "\n".join(lines) + "\n"


def _table(values: Array, digits: int) -> str:
    if values.ndim == 2:
        return "[\n" + "".join(f"  {_table(row, digits)},\n" for row in values) + "]"
    return "[" + ", ".join(f"{round(float(value), digits) + 0.0:g}" for value in values) + "]"
