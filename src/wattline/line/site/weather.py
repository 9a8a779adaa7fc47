"""``Weather``: a year of outside air at a place, hour by hour, and how it was read, repaired or made."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import TYPICAL_YEAR_H
from wattline.line.site import air
from wattline.line.site.hours_of_year import NO_GAP, HourGap
from wattline.line.site.nearness import MeanError


@dataclass(frozen=True, eq=False)
class Weather:
    """Outside air through a year of 8,760 hours in local standard time, from the first hour of January.

    ``temperature_c``, ``humidity_ratio`` (kg/kg) and ``pressure_pa``: shape ``(8760,)``, means of each hour.
    ``made`` says that the year was generated from climate normals; ``notes`` tells every repair; ``error`` is that of
    a made year's means where the normals are another place's; ``gap`` is the longest that was filled.
    """

    name: str
    temperature_c: Array
    humidity_ratio: Array
    pressure_pa: Array
    latitude: float | None = None
    longitude: float | None = None
    elevation_m: float = 0.0
    utc_offset_h: float = 0.0
    source: str = ""
    made: bool = False
    notes: tuple[str, ...] = field(default=())
    error: MeanError = field(default=MeanError())
    gap: HourGap = field(default=NO_GAP)

    def __post_init__(self) -> None:
        for name in ("temperature_c", "humidity_ratio", "pressure_pa"):
            value = np.array(getattr(self, name), float)
            if value.shape != (TYPICAL_YEAR_H,) or not np.isfinite(value).all():
                raise WattlineError(
                    f"weather {self.name}: {name} needs {TYPICAL_YEAR_H:,} finite hours, it has {value.shape}"
                )
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    @cached_property
    def wet_bulb_c(self) -> Array:
        return air.wet_bulb_c(self.temperature_c, self.humidity_ratio, self.pressure_pa)

    @cached_property
    def dew_point_c(self) -> Array:
        return air.dew_point_c(self.humidity_ratio, self.pressure_pa)

    @cached_property
    def relative_humidity(self) -> Array:
        return np.minimum(air.relative_humidity(self.temperature_c, self.humidity_ratio, self.pressure_pa), 1.0)

    @cached_property
    def water_body_c(self) -> Array:
        """Sea or lake at the depth of an intake: the air's year, half its swing, a month and a half late.

        Never below 2 °C. An estimate for places without a series of their own.
        """
        hours = np.arange(TYPICAL_YEAR_H) * (2 * np.pi / TYPICAL_YEAR_H)
        mean = self.temperature_c.mean()
        first = np.exp(-1j * hours) @ self.temperature_c * (2 / TYPICAL_YEAR_H)
        late = 2 * np.pi * 45 / 365
        swing = 0.5 * np.real(first * np.exp(1j * (hours - late)))
        return np.asarray(np.maximum(mean + swing, 2.0))

    def shifted(self, by_c: float = 0.0, dew_by_c: float = 0.0) -> Weather:
        """The same year hotter by ``by_c``, with a dew point higher by ``dew_by_c`` (at most saturated).

        Parameters
        ----------
        by_c : added to the temperature [K]
        dew_by_c : added to the dew point [K]

        Returns the weather.
        """
        t = self.temperature_c + by_c
        w = self.humidity_ratio
        if dew_by_c:
            w = air.ratio_of(air.saturation_pa(self.dew_point_c + dew_by_c), self.pressure_pa)
        w = np.minimum(w, air.humidity_ratio(t, 1.0, self.pressure_pa))
        from dataclasses import replace

        return replace(self, temperature_c=t, humidity_ratio=w, name=f"{self.name}, shifted")

    def json(self) -> dict[str, object]:
        """The year in a few numbers, with what was repaired."""
        p1, p99 = np.percentile(self.temperature_c, (1, 99.6))
        return {
            "name": self.name,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "elevation_m": self.elevation_m,
            "utc_offset_h": self.utc_offset_h,
            "made": self.made,
            "source": self.source,
            "mean_c": float(self.temperature_c.mean()),
            "mean_spread_c": self.error.temperature_c,
            "dew_point_spread_c": self.error.dew_point_c,
            "p1_c": float(p1),
            "p99_6_c": float(p99),
            "wet_bulb_p99_6_c": float(np.percentile(self.wet_bulb_c, 99.6)),
            "dew_point_mean_c": float(self.dew_point_c.mean()),
            "notes": list(self.notes),
        }
