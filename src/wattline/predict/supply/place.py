"""Wind and sun at the place of a supply: from a file, or made from the catalog's regions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.units import HOUR_S, TYPICAL_YEAR_H
from wattline.line.grid.supply.between import even_deviates, mixed_region
from wattline.line.grid.supply.light import read_light
from wattline.line.grid.supply.made import Times, WindSun, made_hours
from wattline.line.grid.supply.sun import SunPlant, clear_sky, diffuse, plant_output, position
from wattline.line.grid.supply.wind import WindPlant, at_hub, farm_output
from wattline.line.site.hours_of_year import refuse_gap
from wattline.line.site.weather_repair import read_weather
from wattline.predict.supply.hours import SupplyHours

ELSEWHERE = "elsewhere"
USUAL_LATITUDE, MAX_SEASONS = 36.0, 1.3  # of the fitted regions: seasons of the days' spread grow with it
MIN_SPREAD = 0.08
NORTH_MONTHS = 6
DEGREES_PER_HOUR = 15.0
MADE_YEAR = 2023


@dataclass(frozen=True)
class PlaceSun:
    """What of the sun outside the atmosphere reaches level ground by the air's dryness: the share in wet air, and what
    the root of each kelvin between the day's highest temperature and the dew point adds."""

    wet_share: float
    share_per_root_kelvin: float


@dataclass(frozen=True, eq=False)
class PlaceWeather:
    """How wind and sun behave at a place, and whose record says so; ``kinds``: how they do, moved here, in each region
    that was fitted, where the place's own was not."""

    record: Record
    behaviour: WindSun
    place: str
    kinds: tuple[WindSun, ...] = ()

    def at(self, draw: int) -> PlaceWeather:
        """The place at a draw: one that was not fitted is like none of the regions that were, and of their family."""
        if not self.kinds:
            return self
        return replace(self, behaviour=mixed_region(self.kinds, even_deviates(draw, len(self.kinds))))

    @property
    def fitted(self) -> bool:
        """Whether the place's own region was fitted."""
        return self.record.name != ELSEWHERE


def place_weather(region: str | None, climate: Record | None, catalog: Catalog) -> PlaceWeather:
    """How wind and sun behave at a place: as in its region where that was fitted; else wind as in the mean of those,
    and sun by its latitude and the dryness of its air.

    Parameters
    ----------
    region : the grid of the place
    climate : the place, of the catalog's ``climate``; None where none is named
    catalog : where they are looked up

    Returns
    -------
    Behaviour of wind and sun by month and hour, and what it is taken from.
    """
    known = catalog.records("wind_sun")
    name = region if region is not None and region in known else ELSEWHERE
    record = catalog.find("wind_sun", name)
    behaviour = WindSun.of(record)
    title = climate.title if climate is not None else record.title
    if name != ELSEWHERE or climate is None:
        return PlaceWeather(record, behaviour, title)
    regions = [known[each] for each in known if each != ELSEWHERE]
    kinds = [WindSun.of(each).moved(round(each["longitude"].value / DEGREES_PER_HOUR)) for each in regions]
    share = record["sun_fleet_share"].value
    here, *others = (at_place(each, climate, catalog, share) for each in (behaviour, *kinds))
    return PlaceWeather(record, here, title, tuple(others))


def at_place(behaviour: WindSun, climate: Record, catalog: Catalog, share: float) -> WindSun:
    """What is known of no region in particular, at a place: by its longitude, hemisphere, and the climate of its sun.

    Parameters
    ----------
    behaviour : at longitude 0, north
    climate : the place
    catalog : whose plant of modules is taken
    share : what a fleet delivers of what single plants in good order would

    Returns
    -------
    Behaviour there.
    """
    latitude, longitude = climate["latitude"].value, climate["longitude"].value
    behaviour = behaviour.moved(-round(longitude / DEGREES_PER_HOUR))
    if latitude < 0:
        tables = {n: np.roll(getattr(behaviour, n), NORTH_MONTHS, axis=0) for n in ("wind_mean", "wind_spread")}
        behaviour = replace(behaviour, **tables)
    usual = behaviour.sun_spread.mean()
    seasons = min(abs(latitude) / USUAL_LATITUDE, MAX_SEASONS)
    spread = np.maximum(usual + seasons * (behaviour.sun_spread - usual), MIN_SPREAD)
    return replace(behaviour, sun_mean=share * sun_by_climate(climate, catalog), sun_spread=spread)


def sun_by_climate(climate: Record, catalog: Catalog) -> Array:
    """Mean capacity factor of a solar plant in good order by month and hour in UTC, ``(12, 24)``.

    Parameters
    ----------
    climate : the place, with the monthly means of its days' highest and lowest temperature and of their dew point
    catalog : whose plant of modules is taken

    Returns
    -------
    0 to 1.
    """
    plant, air = catalog.values(SunPlant, "constant.sun-plant"), catalog.values(PlaceSun, "constant.place-sun")
    utc = np.datetime64(f"{MADE_YEAR}-01-01T00:30:00", "s") + np.arange(TYPICAL_YEAR_H) * np.timedelta64(3600, "s")
    sun = position(utc, climate["latitude"].value, climate["longitude"].value)
    clear, outside = clear_sky(sun), sun.outside_w_per_m2 * np.maximum(sun.up, 0.0)
    month = utc.astype("datetime64[M]").astype(int) % 12
    hour = (utc - utc.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    high, low, dew = (np.array(climate.meta[name], float) for name in ("high_c", "low_c", "dew_point_c"))
    tables = np.zeros((12, 24))
    for m in range(12):
        own = month == m
        through = air.wet_share + air.share_per_root_kelvin * np.sqrt(max(high[m] - dew[m], 0.0))
        light = through * outside[own].sum()
        level = clear * np.clip(light / max(clear[own].sum(), 1.0), 0.15, 0.95)
        output = plant_output(plant, sun, level, diffuse(level, sun), (high[m] + low[m]) / 2)
        tables[m] = [output[own & (hour == h)].mean() for h in range(24)]
    return tables


def usual_year(years: int = 1) -> Times:
    """The begin of each hour of so many years in a row, UTC."""
    return np.datetime64(f"{MADE_YEAR}-01-01", "s") + np.arange(TYPICAL_YEAR_H * years) * np.timedelta64(3600, "s")


def make_hours(place: PlaceWeather, utc: Times, seed: int) -> SupplyHours:
    """Made hours of wind and sun, from chance of their own by place and seed.

    Parameters
    ----------
    place : how wind and sun behave there
    utc : begin of each hour
    seed : of what is left to chance

    Returns
    -------
    Capacity factors of wind and solar, shape ``(n_hours,)``.
    """
    digest = hashlib.sha256(f"{place.place}:{seed}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    wind, sun = made_hours(utc, place.behaviour, rng)
    return SupplyHours(utc, 1.0, {"wind": wind, "solar": sun}, made=True, source=f"made, as in {place.record.title}")


def hours_of_file(path: Path | str, catalog: Catalog, fill_h: float = 0.0) -> SupplyHours | None:
    """Capacity factors from the sun and wind of a weather file; None where it has none.

    Parameters
    ----------
    path : EPW, TMY3, Open-Meteo, PVGIS or CSV, with light on level ground and wind
    catalog : whose plants are taken
    fill_h : longest gap of any of its columns that is filled [h]

    Returns
    -------
    Shape ``(n_hours,)`` of each technology, or None.

    Raises WattlineError where the file does not say where it is, or lacks an hour, which is named.
    """
    weather = read_weather(path)
    refuse_gap(weather.gap, f"weather {shorten(str(path), 120)}", fill_h)
    light = read_light(path, fill_h)
    if light is None:
        return None
    if weather.latitude is None or weather.longitude is None:
        raise WattlineError(
            f"weather {path}: the sun needs latitude and longitude; give an EPW, TMY3, Open-Meteo or PVGIS file"
        )
    offset = np.timedelta64(round(weather.utc_offset_h * HOUR_S), "s")
    utc = usual_year() - offset
    sun = position(utc + np.timedelta64(1800, "s"), weather.latitude, weather.longitude)
    level = light.level_w_per_m2
    spread = diffuse(level, sun) if light.diffuse_w_per_m2 is None else np.minimum(light.diffuse_w_per_m2, level)
    modules, turbines = catalog.values(SunPlant, "constant.sun-plant"), catalog.values(WindPlant, "constant.wind-plant")
    solar = plant_output(modules, sun, level, spread, weather.temperature_c)
    wind = farm_output(at_hub(light.wind_m_per_s, light.height_m, turbines), turbines)
    note = (
        f"wind at {light.height_m:g} m is taken to a hub of {turbines.hub_m:g} m by a power law of {turbines.shear:g}"
    )
    notes = [note]
    if light.filled_h:
        notes.append(f"{light.filled_h:,} gaps of sun and wind are filled in a straight line")
    if weather.gap.missing:
        notes.append(f"{weather.gap.missing:,} missing hours filled from those beside them")
    return SupplyHours(utc, 1.0, {"wind": wind, "solar": solar}, source=f"from {Path(path).name}", notes=tuple(notes))


def scaled_to(values: Array, mean: float) -> Array:
    """A series of capacity factors with another mean; none goes above 1, and zero stays.

    Parameters
    ----------
    values : ``(n_steps,)``
    mean : wanted

    Returns
    -------
    Shape ``(n_steps,)``, 0 to 1.
    """
    have = float(values.mean())
    if have <= 0 or mean <= 0:
        return values
    scale = mean / have
    for _ in range(4):
        scaled = np.minimum(values * scale, 1.0)
        scale *= mean / max(float(scaled.mean()), 1e-9)
    return np.asarray(np.minimum(values * scale, 1.0))
