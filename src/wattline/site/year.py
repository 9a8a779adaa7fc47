"""A site's year: each part of its power at each hour, its water, and where the heat went.

One path serves one configuration and a thousand draws: parameters are columns, hours are rows, and draws are worked
through in chunks small enough for a processor's cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.fact import Array
from wattline.site import air
from wattline.site.cooling.kinds import Kind
from wattline.site.cooling.parts import MECHANICAL, Cooled, Heat, Outside
from wattline.site.power_chain import Ups, chain, transformer_loss
from wattline.site.weather import Weather

# parts of a site's power beside its servers, in the order of the line
SITE_PARTS = (
    "transformer", "ups", "distribution", "rack_supply", "cooling", "pumps", "heat_rejection", "fans", "generators",
    "lighting",
)  # fmt: skip
LITRES_PER_KG = 1.0 / 0.998


@dataclass(frozen=True, eq=False)
class Setup:
    """What a site is: its cooling, UPS and redundancy, its parameters ``(draws, 1)``, and the error of its weather.

    ``humidified``: closed halls put back the moisture that their coils take out. ``shift_c``: K by which the year is
    warmer than the weather's, ``(draws, 1)``.
    """

    kind: Kind
    hall: Mapping[str, Array]
    ups: Ups
    redundancy: str = "N+1"
    humidified: bool = False
    shift_c: Array | float = 0.0


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
    mode: Array
    unmet_c: Array

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


def outside(weather: Weather, shift_c: Array | float = 0.0) -> Outside:
    """The weather as a plant meets it, rows of hours; warmer by ``shift_c`` at the same relative humidity, about."""
    t, wet, w = (x[None, :] for x in (weather.temperature_c, weather.wet_bulb_c, weather.humidity_ratio))
    pressure, sea = weather.pressure_pa[None, :], weather.water_body_c[None, :]
    if not np.any(shift_c):
        return Outside(t, wet, w, pressure, sea)
    return Outside(t + shift_c, wet + shift_c, w * np.exp(0.062 * np.asarray(shift_c)), pressure, sea + shift_c)


def hours(setup: Setup, it: Array, out: Outside) -> Hours:
    """Every hour of a site whose servers take ``it`` of their design power, shape ``(1 or draws, 1 or hours)``."""
    p = setup.hall
    now = chain(it, setup.ups, setup.redundancy, p)
    full = chain(np.ones((1, 1)), setup.ups, setup.redundancy, p)
    heat = Heat(now.hall_heat, full.hall_heat, np.asarray(it / now.hall_heat))
    cooled = setup.kind.cool(heat, out, p)
    parts = dict(now.parts) | {
        "cooling": cooled.compressors,
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
        evaporated=np.asarray(evaporated * LITRES_PER_KG),
        drift=np.asarray(cooled.drift * LITRES_PER_KG),
        blowdown=np.asarray(cooled.blowdown * LITRES_PER_KG),
        heat_out=np.asarray(cooled.sensible + cooled.latent + parts["transformer"] + parts["generators"]),
        mode=cooled.mode,
        unmet_c=cooled.unmet,
    )


def _humidifier(setup: Setup, heat: Heat, cooled: Cooled) -> Array:
    """kg/s that a humidifier puts back for what the coils took out; it leaves as liquid, and its heat cancels out."""
    closed = np.where(cooled.mode == MECHANICAL, 1.0, 0.0) if setup.kind.open_air else 1.0
    return np.asarray(heat.now * (1.0 - setup.hall["sensible_heat_ratio"]) / air.H_EVAP * closed)
