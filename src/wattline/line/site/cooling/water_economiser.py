"""Chilled water made by the outside where it is cool enough: by a tower, by a dry cooler, or by a sea or lake.

The economiser cools the returning water before the chillers do. It runs in the hours in which that saves power.
"""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.site import air
from wattline.line.site.cooling import plant
from wattline.line.site.cooling.parts import (
    FREE,
    MECHANICAL,
    PART,
    WATER_KG_M3,
    Cooled,
    Heat,
    Outside,
    Params,
    chilled_water_c,
    chiller,
    dry_cooler_fans,
    hall_fans,
    pump,
    staged,
    supply_c,
    tower_water_c,
)
from wattline.line.site.cooling.plant import CONDENSER_C, EVAPORATOR_C, Chilled, choose


def tower_economiser(heat: Heat, out: Outside, p: Params) -> Cooled:
    """Water economiser with water-cooled chillers, both on the same cooling towers."""
    fans, pumps, heat, water = _hall(heat, out, p)
    full, _ = pump(heat, p["water_rise_c"], p["economiser_pump_pa"], p)
    coldest = water - p["economiser_approach_c"]  # no need for colder
    cold = tower_water_c(out, p, np.minimum(coldest, p["tower_coldest_c"]))
    free = _free_share(cold + p["economiser_approach_c"], water, p)
    left = heat.share(1.0 - free)
    condenser = np.maximum(cold, p["tower_coldest_c"]) + p["tower_range_c"] + CONDENSER_C
    carnot, error = p["chiller_carnot_water"], p["cop_error_water"]
    power = chiller(Heat(left.now, heat.design), water - EVAPORATOR_C, condenser, carnot, error, p)
    helped = plant.on_tower(left.now, heat.now + full + power, power, cold, heat.design, out, p)
    return _cheaper(fans, pumps, free, full, helped, plant.water_cooled(heat, water, out, p))


def dry_economiser(heat: Heat, out: Outside, p: Params) -> Cooled:
    """Air-cooled chillers with dry coolers that make chilled water in the cold; no water is used up."""
    fans, pumps, heat, water = _hall(heat, out, p)
    made = dry_chilled_water(heat, water, out, p)
    return _cheaper(fans, pumps, made[0], np.zeros_like(made[0]), made[1], plant.air_cooled(heat, water, out, p))


def dry_chilled_water(heat: Heat, water: Array, out: Outside, p: Params) -> tuple[Array, Chilled]:
    """The share of the heat that dry coolers take, and what they and the chillers for the rest take."""
    free = _free_share(out.t_c + p["dry_approach_c"], water, p)
    blown = dry_cooler_fans(heat.now * free, water, out.t_c, heat.design, p) * (free > 0)
    left = Heat(heat.now * (1.0 - free), heat.design)
    chilled = plant.air_cooled(left, water, out, p)
    return free, plant.dry(left.now, heat.now, chilled.compressors, 0.0, blown)


def water_body(heat: Heat, out: Outside, p: Params) -> Cooled:
    """Sea or lake water through a heat exchanger; chillers on the same water in its warm season. None is used up."""
    fans, pumps, heat, water = _hall(heat, out, p)
    flow = heat.design / (air.CP_WATER * WATER_KG_M3 * p["sea_rise_c"])
    intake = flow * p["sea_pump_pa"] / p["pump_efficiency"] * staged(heat.part, p["fan_standing"])
    free = _free_share(out.sea_c + p["sea_approach_c"], water, p)
    condenser = np.maximum(out.sea_c, p["tower_coldest_c"]) + p["sea_rise_c"] + CONDENSER_C
    carnot, error = p["chiller_carnot_water"], p["cop_error_water"]
    left = Heat(heat.now * (1.0 - free), heat.design)
    power = chiller(left, water - EVAPORATOR_C, condenser, carnot, error, p)
    return plant.dry(left.now, heat.now, power, intake).to(fans, pumps, _mode(free))


def _hall(heat: Heat, out: Outside, p: Params) -> tuple[Array, Array, Heat, Array]:
    supply = supply_c(p, "supply_place_free")
    fans, heat = hall_fans(heat, supply, out.pressure_pa, p["fan_pa"], p)
    pumps, heat = pump(heat, p["water_rise_c"], p["pump_pa"], p)
    return fans, pumps, heat, chilled_water_c(supply, p)


def _free_share(made_c: Array, water: Array, p: Params) -> Array:
    """How much of the chilled water's rise the outside takes, when it makes water of this temperature."""
    return np.asarray(np.clip((water + p["water_rise_c"] - made_c) / p["water_rise_c"], 0.0, 1.0))


def _mode(free: Array) -> Array:
    return np.where(free >= 1.0, FREE, np.where(free > 0.0, PART, MECHANICAL)).astype(np.int8)


def _cheaper(fans: Array, pumps: Array, free: Array, extra: Array, helped: Chilled, alone: Chilled) -> Cooled:
    """With the economiser and its ``extra`` pumps where that takes less power than the chillers alone."""
    better = (helped.power + extra < alone.power) & (free > 0)
    chosen = choose(better, helped, alone)
    return chosen.to(fans, pumps + np.where(better, extra, 0.0), _mode(np.where(better, free, 0.0)))
