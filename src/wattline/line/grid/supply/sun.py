"""Sun at a place: where it stands, what a clear sky lets through, and what a plant of tracked modules makes of it.

Every formula is a published one: position after Spencer (1971), clear sky after Haurwitz (1945), diffuse share after
Erbs, Klein and Duffie (1982), light on the modules after Hay and Davies (1980), modules and inverter after PVWatts 5
(NREL, 2014), their temperature after Ross (1976).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import HOUR_S

SOLAR_CONSTANT = 1361.0  # W/m2
STANDARD_W_PER_M2, STANDARD_C = 1000.0, 25.0
MIN_COSINE = 0.0175  # one degree above the horizon
MAX_TILT = np.radians(60.0)  # of a tracker, to each side


@dataclass(frozen=True)
class SunPlant:
    """A plant of modules on one-axis trackers that run north to south.

    Parameters
    ----------
    losses : share lost to dirt, shade, mismatch, wires and outages
    dc_ac_ratio : power of the modules over that of the inverters
    inverter : efficiency of the inverters
    per_kelvin : change of the modules' output a kelvin, as a share
    ross_k_m2_per_w : kelvin by which light warms the modules above the air, for each W/m2
    albedo : share of the light that the ground sends back
    """

    losses: float
    dc_ac_ratio: float
    inverter: float
    per_kelvin: float
    ross_k_m2_per_w: float
    albedo: float


@dataclass(frozen=True, eq=False)
class SunPosition:
    """Where the sun stands in each step: cosine of the zenith, its parts to the east and the south, the light outside
    the atmosphere on a plane across the beam [W/m2]."""

    up: Array
    east: Array
    south: Array
    outside_w_per_m2: Array


def position(utc: np.ndarray[Any, np.dtype[np.datetime64]], latitude: float, longitude: float) -> SunPosition:
    """Where the sun stands at these moments.

    Parameters
    ----------
    utc : moments, ``(n_steps,)``; of a step its middle
    latitude, longitude : degrees, north and east positive

    Returns
    -------
    The sun's direction (up, east, south) and the light outside the air, ``(n_steps,)``.
    """
    day = utc.astype("datetime64[D]")
    hour = (utc - day).astype("timedelta64[s]").astype(float) / HOUR_S
    of_year = (day - utc.astype("datetime64[Y]")).astype(int) + hour / 24.0
    angle = 2 * np.pi * of_year / 365.25
    declination = (
        0.006918 - 0.399912 * np.cos(angle) + 0.070257 * np.sin(angle) - 0.006758 * np.cos(2 * angle)
        + 0.000907 * np.sin(2 * angle) - 0.002697 * np.cos(3 * angle) + 0.00148 * np.sin(3 * angle)
    )  # fmt: skip
    minutes = 229.18 * (
        0.000075 + 0.001868 * np.cos(angle) - 0.032077 * np.sin(angle) - 0.014615 * np.cos(2 * angle)
        - 0.040849 * np.sin(2 * angle)
    )  # fmt: skip
    turned = np.radians(15.0 * (hour + minutes / 60.0 + longitude / 15.0 - 12.0))
    north = np.radians(latitude)
    up = np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(turned)
    east = -np.cos(declination) * np.sin(turned)
    south = np.sin(north) * np.cos(declination) * np.cos(turned) - np.cos(north) * np.sin(declination)
    outside = SOLAR_CONSTANT * (
        1.00011 + 0.034221 * np.cos(angle) + 0.00128 * np.sin(angle) + 0.000719 * np.cos(2 * angle)
    )
    return SunPosition(up, east, south, outside)


def clear_sky(sun: SunPosition) -> Array:
    """Light on level ground under a clear sky [W/m2], after Haurwitz; ``sun``: where the sun stands."""
    up = np.maximum(sun.up, MIN_COSINE)
    return np.asarray(np.where(sun.up > MIN_COSINE, 1098.0 * up * np.exp(-0.059 / up), 0.0))


def diffuse(level_w_per_m2: Array, sun: SunPosition) -> Array:
    """The diffuse part of the light on level ground [W/m2], after Erbs, Klein and Duffie.

    Parameters
    ----------
    level_w_per_m2 : light on level ground
    sun : where the sun stands

    Returns
    -------
    W/m2, of the shape of ``level_w_per_m2``.
    """
    clearness = np.clip(level_w_per_m2 / np.maximum(sun.outside_w_per_m2 * np.maximum(sun.up, MIN_COSINE), 1.0), 0, 1)
    middle = 0.9511 - 0.1604 * clearness + 4.388 * clearness**2 - 16.638 * clearness**3 + 12.336 * clearness**4
    share = np.where(clearness <= 0.22, 1.0 - 0.09 * clearness, np.where(clearness <= 0.8, middle, 0.165))
    return np.asarray(share * level_w_per_m2)


def plant_output(
    plant: SunPlant, sun: SunPosition, level_w_per_m2: Array, diffuse_w_per_m2: Array, air_c: Array | float
) -> Array:
    """Capacity factor of a plant, over the power of its inverters, 0 to 1.

    Parameters
    ----------
    plant : the plant
    sun : where the sun stands in each step
    level_w_per_m2, diffuse_w_per_m2 : light on level ground, and its diffuse part
    air_c : temperature of the air

    Returns
    -------
    Shape ``(n_steps,)``.
    """
    up = np.maximum(sun.up, MIN_COSINE)
    beam = np.where(sun.up > MIN_COSINE, np.maximum(level_w_per_m2 - diffuse_w_per_m2, 0.0) / up, 0.0)
    beam = np.minimum(beam, sun.outside_w_per_m2)
    tilt = np.clip(np.arctan2(sun.east, up), -MAX_TILT, MAX_TILT)
    facing = np.maximum(np.cos(tilt) * up + np.sin(tilt) * sun.east, 0.0)
    direct = beam / np.maximum(sun.outside_w_per_m2, 1.0)
    sky = diffuse_w_per_m2 * (direct * facing / up + (1 - direct) * (1 + np.cos(tilt)) / 2)
    on_module = beam * facing + sky + level_w_per_m2 * plant.albedo * (1 - np.cos(tilt)) / 2
    module_c = air_c + plant.ross_k_m2_per_w * on_module
    dc = on_module / STANDARD_W_PER_M2 * (1 + plant.per_kelvin * (module_c - STANDARD_C)) * (1 - plant.losses)
    return np.asarray(np.clip(dc * plant.dc_ac_ratio * plant.inverter, 0.0, 1.0))
