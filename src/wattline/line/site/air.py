"""Moist air as arrays: ASHRAE Handbook of Fundamentals (2017), chapter 1, ideal gas, over water and over ice.

Temperatures in degrees Celsius, pressures in Pa, humidity ratios in kg of water per kg of dry air.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array

CP_AIR = 1006.0  # J/kgK, dry air
CP_VAPOUR = 1860.0  # J/kgK
CP_WATER = 4186.0  # J/kgK
CP_MOIST = 1021.0  # J per K and kg of dry air with 8 g of moisture
WATER_KG_M3 = 998.0  # at 21 °C
LITRES_PER_KG = 1.0 / (WATER_KG_M3 / 1000.0)
H_FG = 2.501e6  # J/kg, evaporation at 0 °C, the zero of the enthalpies below
H_EVAP = 2.45e6  # J/kg, evaporation at 20 °C, where plants evaporate
R_AIR = 287.042  # J/kgK
KELVIN = 273.15
MASS_RATIO = 0.621945  # molar mass of water over that of dry air

# Hyland and Wexler (1983), ln(p) in Pa: T^-1, 1, T, T², T³, T⁴, ln T
_ICE = (-5.6745359e3, 6.3925247, -9.677843e-3, 6.2215701e-7, 2.0747825e-9, -9.484024e-13, 4.1635019)
_WATER = (-5.8002206e3, 1.3914993, -4.8640239e-2, 4.1764768e-5, -1.4452093e-8, 0.0, 6.5459673)


def _ln_saturation(t_k: Array, c: tuple[float, ...]) -> Array:
    poly = c[1] + t_k * (c[2] + t_k * (c[3] + t_k * (c[4] + t_k * c[5])))
    return np.asarray(c[0] / t_k + poly + c[6] * np.log(t_k))


def saturation_pa(t_c: ArrayLike) -> Array:
    """Saturation pressure of water vapour, over ice below 0 °C."""
    t_k = np.asarray(t_c, float) + KELVIN
    return np.asarray(np.exp(np.where(t_k < KELVIN, _ln_saturation(t_k, _ICE), _ln_saturation(t_k, _WATER))))


def quick_saturation_pa(t_c: Array) -> Array:
    """Saturation pressure by Buck (1981), over water: within 0.1% from -20 to 50 °C, in the array's own precision."""
    return np.asarray(611.21 * np.exp(17.502 * t_c / (240.97 + t_c)))


def ratio_of(vapour_pa: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """Humidity ratio from the pressure of the vapour.

    Parameters
    ----------
    vapour_pa : numeric, pressure of the vapour [Pa]
    pressure_pa : numeric, pressure of the air [Pa]

    Returns kg of water per kg of dry air.
    """
    vapour = np.asarray(vapour_pa)
    return np.asarray(MASS_RATIO * vapour / (np.asarray(pressure_pa) - vapour))


def humidity_ratio(t_c: ArrayLike, relative: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """Humidity ratio from temperature and relative humidity.

    Parameters
    ----------
    t_c : numeric, dry-bulb temperature [C]
    relative : numeric, relative humidity, 0 to 1
    pressure_pa : numeric, pressure of the air [Pa]

    Returns kg of water per kg of dry air.
    """
    return ratio_of(np.asarray(relative) * saturation_pa(t_c), pressure_pa)


def vapour_pa(ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """Pressure of the vapour from the humidity ratio.

    Parameters
    ----------
    ratio : kg of water a kg of dry air
    pressure_pa : of the air [Pa]

    Returns Pa, of the shape that both broadcast to.
    """
    w = np.asarray(ratio, float)
    return np.asarray(np.asarray(pressure_pa) * w / (MASS_RATIO + w))


def relative_humidity(t_c: ArrayLike, ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """Relative humidity.

    Parameters
    ----------
    t_c : numeric, dry-bulb temperature [C]
    ratio : numeric, humidity ratio [kg/kg]
    pressure_pa : numeric, pressure of the air [Pa]

    Returns 0 to 1.
    """
    return np.asarray(vapour_pa(ratio, pressure_pa) / saturation_pa(t_c))


def dew_point_c(ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """Dew (or frost) point, by Newton's method on the saturation curve.

    Parameters
    ----------
    ratio : numeric, humidity ratio [kg/kg]
    pressure_pa : numeric, pressure of the air [Pa]

    Returns degrees Celsius.
    """
    target = np.log(np.maximum(vapour_pa(ratio, pressure_pa), 1e-3))
    t = dew_guess_c(ratio, pressure_pa)
    for _ in range(30):
        at, above = np.log(saturation_pa(t)), np.log(saturation_pa(t + 1e-4))
        step = (at - target) / ((above - at) / 1e-4)
        t = t - step
        if np.all(np.abs(step) < 1e-9):
            break
    return np.asarray(t)


def dew_guess_c(ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """Dew point to about half a kelvin: Magnus' formula turned round.

    Parameters
    ----------
    ratio : numeric, humidity ratio [kg/kg]
    pressure_pa : numeric, pressure of the air [Pa]

    Returns
    -------
    Degrees C, of the shape that the arguments broadcast to.
    """
    x = np.log(np.maximum(vapour_pa(ratio, pressure_pa), 1e-3) / 611.2) / 17.6
    return np.asarray(243.0 * x / (1.0 - x))


def enthalpy(t_c: ArrayLike, ratio: ArrayLike) -> Array:
    """Enthalpy of moist air, from dry air and liquid water at 0 °C.

    Parameters
    ----------
    t_c : numeric, dry-bulb temperature [C]
    ratio : numeric, humidity ratio [kg/kg]

    Returns J per kg of dry air.
    """
    t, w = np.asarray(t_c), np.asarray(ratio)
    return np.asarray(CP_AIR * t + w * (H_FG + CP_VAPOUR * t))


def density(t_c: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """Density of air, its moisture left out.

    Parameters
    ----------
    t_c : numeric, dry-bulb temperature [C]
    pressure_pa : numeric, pressure of the air [Pa]

    Returns kg of dry air per m³.
    """
    return np.asarray(np.asarray(pressure_pa) / (R_AIR * (np.asarray(t_c) + KELVIN)))


def wet_bulb_c(t_c: ArrayLike, ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """Thermodynamic wet bulb, over water at all temperatures: the root of the adiabatic saturation, by Newton.

    Parameters
    ----------
    t_c : numeric, dry-bulb temperature [C]
    ratio : numeric, humidity ratio [kg/kg]
    pressure_pa : numeric, pressure of the air [Pa]

    Returns degrees Celsius.
    """
    t, w, p = np.broadcast_arrays(*(np.asarray(x, float) for x in (t_c, ratio, pressure_pa)))

    def too_wet(at: Array) -> Array:
        saturated = ratio_of(np.exp(_ln_saturation(at + KELVIN, _WATER)), p)
        left = (H_FG - 2326.0 * at) * saturated - CP_AIR * (t - at)
        return np.asarray(left - w * (H_FG + CP_VAPOUR * t - CP_WATER * at))

    wet = t - 0.3 * (t - dew_guess_c(w, p))
    for _ in range(25):
        now = too_wet(wet)
        step = now * 1e-3 / (too_wet(wet + 1e-3) - now)
        wet = wet - step
        if np.all(np.abs(step) < 1e-8):
            break
    return np.asarray(np.minimum(wet, t))


def standard_pressure_pa(elevation_m: ArrayLike) -> Array:
    """Pressure of the standard atmosphere (US 1976, ISO 2533) at this height."""
    return np.asarray(101325.0 * (1.0 - 2.25577e-5 * np.asarray(elevation_m, float)) ** 5.2559)
