"""Where a site stands: its year of weather by place or file, the grid there, and what that climate allows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from wattline.catalog import Catalog, Record
from wattline.core.errors import WattlineError
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import CoolingKind
from wattline.line.site.places import FAR_KM, find_place, nearest_climate
from wattline.line.site.weather import Weather
from wattline.line.site.weather_repair import read_weather

MAX_UNMET_H = 88  # 1% of a year: ASHRAE's design conditions let so many hours go


def read_where(place: str | None, weather: str | Path | None, catalog: Catalog) -> tuple[Weather, Record | None]:
    """The year of weather, and the place where it is one of the catalog's.

    Parameters
    ----------
    place : a place of the catalog's ``climate`` by name, or ``"latitude, longitude"`` near one
    weather : a weather file, whose year stands before the one made from the place's normals
    catalog : where places are looked up

    Returns
    -------
    8,760 hours, and the record or None.

    Raises WattlineError where neither is given, or a place or file is unknown.
    """
    if place is None and weather is None:
        raise WattlineError('give --place NAME, such as "Ashburn, Virginia", or --weather FILE.epw')
    where = find_place(place, catalog) if place is not None else None
    if weather is not None:
        return read_weather(weather), where
    assert where is not None
    return made_year(where, catalog), where


def region_of(outdoors: Weather, where: Record | None, catalog: Catalog) -> str | None:
    """The grid of a place; of the catalog's nearest one where a weather file tells its degrees; else none.

    Parameters
    ----------
    outdoors : the weather, with the degrees of its place where they are known
    where : the place's record in the catalog; None for a weather file
    catalog : whose facts are taken

    Returns
    -------
    Name of a record of kind ``region``, or None.
    """
    if where is None and outdoors.latitude is not None and outdoors.longitude is not None:
        record, distance = nearest_climate(outdoors.latitude, outdoors.longitude, catalog)
        where = record if distance <= FAR_KM else None
    return str(where.meta["region"]) if where is not None else None


def check_climate(kind: CoolingKind, where: Record | None) -> None:
    """Sea or lake water only where there is some.

    Parameters
    ----------
    kind : kind of cooling
    where : the place's record in the catalog; None for a weather file

    Raises WattlineError where there is none.
    """
    if kind.name == "sea-water" and where is not None and not where.meta.get("water"):
        raise WattlineError(
            f"cooling sea-water: {where.title} has no sea or large lake near it; take water-economiser or another kind"
        )


def first_hour(weather: Weather) -> datetime:
    """The start of the year, in the place's standard time.

    Parameters
    ----------
    weather : a year of hours, 8,760 of each quantity

    Returns
    -------
    A time with its zone.
    """
    return datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=weather.utc_offset_h)))
