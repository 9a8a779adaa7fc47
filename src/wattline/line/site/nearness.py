"""How well the weather of a place is known from the normals of another: by distance and height between them.

The error of the year's mean grows as that of a random walk: its square by so much for each 100 km, and for dew points
for each 100 m of height too. Fitted to the catalog's normals, each predicted from others within 300 km (``left_out``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.core.fact import Array
from wattline.line.site.gazetteer import distances_km


@dataclass(frozen=True)
class NearnessFacts:
    """Standard deviations [K] of the year's mean, at no distance and by 100 km and m: facts ``fit.nearness-NAME``."""

    temperature: float
    temperature_distance: float
    dew_point: float
    dew_point_distance: float
    dew_point_height: float
    height: float


@dataclass(frozen=True)
class LapseFacts:
    """K by which the air is colder for each 1000 m of height: each a fact ``fit.lapse-NAME``."""

    temperature: float
    dew_point: float


@dataclass(frozen=True)
class MeanError:
    """Standard deviations of the year's mean temperature and dew point, K."""

    temperature_c: float = 0.0
    dew_point_c: float = 0.0


@dataclass(frozen=True)
class LeftOut:
    """A place predicted from another's normals: km and metres between them, and how far off in the year's mean."""

    place: str
    other: str
    km: float
    up_m: float
    temperature_c: float
    dew_point_c: float


def mean_error(km: float, up_m: float | None, catalog: Catalog) -> MeanError:
    """How far the year's mean may be off, one standard deviation.

    Parameters
    ----------
    km : to the place whose normals are taken
    up_m : height above it [m]; None where it is not known
    catalog : whose facts are taken

    Returns
    -------
    Errors of temperature and dew point [K].
    """
    known = catalog.values(NearnessFacts, "fit.nearness")
    lapse = catalog.values(LapseFacts, "fit.lapse")
    far, unsure = km / 100, 0.0 if up_m is not None else known.height / 1000
    temperature = (
        known.temperature**2 + known.temperature_distance**2 * far + (lapse.temperature * unsure) ** 2
    ) ** 0.5
    high = known.dew_point_height**2 * abs(up_m or 0.0) / 100
    dew = (known.dew_point**2 + known.dew_point_distance**2 * far + high + (lapse.dew_point * unsure) ** 2) ** 0.5
    return MeanError(temperature, dew)


def places_left_out(catalog: Catalog, most_km: float, most_m: float) -> Iterator[LeftOut]:
    """Each place of the catalog predicted from the nearest other one within a distance and height.

    Parameters
    ----------
    catalog : whose places are taken
    most_km, most_m : beyond which nothing is predicted

    Returns
    -------
    Errors of each place, and how far the other one is.
    """
    records = list(catalog.records("climate").values())
    lapse = catalog.values(LapseFacts, "fit.lapse")
    spots = [(record["latitude"].value, record["longitude"].value) for record in records]
    height = np.array([record["elevation_m"].value for record in records])
    for i, record in enumerate(records):
        km = distances_km(spots, spots[i])
        km[i] = np.inf
        up = height[i] - height
        near = np.where((km <= most_km) & (np.abs(up) <= most_m), km, np.inf)
        j = int(np.argmin(near))
        if np.isfinite(near[j]):
            other = records[j]
            warm = _mean(other, "high_c", "low_c") - lapse.temperature * up[j] / 1000 - _mean(record, "high_c", "low_c")
            damp = _mean(other, "dew_point_c") - lapse.dew_point * up[j] / 1000 - _mean(record, "dew_point_c")
            yield LeftOut(record.name, other.name, float(km[j]), float(up[j]), float(warm), float(damp))


def _mean(record: Record, *names: str) -> float:
    months: list[Array] = [np.array(record.meta[name], float) for name in names]
    return float(np.mean(months))
