"""A hall, air and heat as tests of cooling work them out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.core.fact import Array
from wattline.line.site.cooling.parts import Heat, Outside

PRESSURE = 101_325.0


# fans and pumps of one half and one fifth, no standing power, a COP of a half of Carnot's, towers of 5 K and 4 K
HALL: dict[str, float] = {
    "air_rise_c": 10.0, "fan_efficiency": 0.5, "fan_pa": 400.0, "fan_standing": 0.0, "pump_efficiency": 0.2,
    "pump_pa": 1e5, "water_rise_c": 6.0, "coil_effectiveness": 0.5, "supply_low_c": 18.0, "supply_high_c": 28.0,
    "supply_place": 0.7, "supply_place_free": 0.2, "chiller_least_lift_c": 10.0, "chiller_unit_load": 0.8,
    "part_load_standing": 0.2, "part_load_linear": 0.45, "part_load_quadratic": 0.375, "tower_range_c": 5.0,
    "tower_approach_c": 4.0, "liquid_gas_ratio": 1.25, "tower_fan_pa": 150.0, "tower_fan_efficiency": 0.6,
    "windage": 1e-4, "cycles": 5.0, "tower_pump_pa": 2e5, "dry_approach_c": 8.0, "dry_fan_w_per_w": 0.02,
    "tower_coldest_c": 15.0, "exchanger_approach_c": 2.0, "chiller_carnot_water": 0.5, "cop_error_water": 0.1,
    "chiller_carnot_air": 0.4, "cop_error_air": 0.0, "condenser_air_c": 12.0, "dx_evaporator_c": 10.0,
    "chiller_carnot_dx": 0.3, "cop_error_dx": 0.0, "tower_over_hall": 1.2, "economiser_approach_c": 1.0,
    "economiser_pump_pa": 5e4, "sea_rise_c": 5.0, "sea_pump_pa": 1e5, "sea_approach_c": 2.0, "liquid_share": 0.75,
    "liquid_supply_c": 40.0, "liquid_rise_c": 10.0, "liquid_pump_pa": 1e5, "media_effectiveness": 0.8,
    "media_pump_w_per_w": 0.001, "media_cycles": 3.0, "cooler_rise_c": 5.0,
}  # fmt: skip


def hall(**own: float) -> dict[str, Array]:
    return {name: np.asarray(value) for name, value in (HALL | own).items()}


def heat(now: float = 0.5, design: float = 1.0) -> Heat:
    return Heat(np.asarray(now), np.asarray(design))


def sky(t_c: float = 30.0, wet_c: float = 20.0, ratio: float = 0.01, sea_c: float = 12.0) -> Outside:
    return Outside(*(np.asarray(x) for x in (t_c, wet_c, ratio, PRESSURE, sea_c)))


def of(made: Any, *names: str) -> list[float]:
    return [float(getattr(made, name)) for name in names]
