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
    CoolingResult,
    Heat,
    Outside,
    Params,
    chilled_water_c,
    chiller,
    dry_cooler_fans,
    hall_fans,
    pump,
    staging,
    supply_c,
    tower_water_c,
)
from wattline.line.site.cooling.plant import ChillerResult, either


def tower_economiser(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Water economiser with water-cooled chillers, both on the same cooling towers.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns
    -------
    Electricity and water per design IT power by hour, of the shape that ``heat`` and ``out`` broadcast to.
    """
    fans, pumps, heat, water = _hall(heat, out, hall)
    full, _ = pump(heat, hall["water_rise_c"], hall["economiser_pump_pa"], hall)
    coldest = water - hall["economiser_approach_c"]  # no need for colder
    cold = tower_water_c(out, hall, np.minimum(coldest, hall["tower_coldest_c"]))
    free = _free_share(cold + hall["economiser_approach_c"], water, hall)
    left = heat.share(1.0 - free)
    condenser = np.maximum(cold, hall["tower_coldest_c"]) + hall["tower_range_c"] + hall["exchanger_approach_c"]
    carnot, error = hall["chiller_carnot_water"], hall["cop_error_water"]
    power = chiller(Heat(left.now, heat.design), water - hall["exchanger_approach_c"], condenser, carnot, error, hall)
    helped = plant.on_tower(left.now, heat.now + full + power, power, cold, heat.design, out, hall)
    return _cheaper(fans, pumps, free, full, helped, plant.water_cooled(heat, water, out, hall))


def dry_economiser(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Air-cooled chillers with dry coolers that make chilled water in the cold; no water is used up.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns
    -------
    Electricity and water per design IT power by hour, of the shape that ``heat`` and ``out`` broadcast to.
    """
    fans, pumps, heat, water = _hall(heat, out, hall)
    made = dry_chilled_water(heat, water, out, hall)
    return _cheaper(fans, pumps, made[0], np.zeros_like(made[0]), made[1], plant.air_cooled(heat, water, out, hall))


def dry_chilled_water(heat: Heat, water: Array, out: Outside, hall: Params) -> tuple[Array, ChillerResult]:
    """The share of the heat that dry coolers take, and what they and the chillers for the rest take.

    Parameters
    ----------
    heat : of the hall, per design IT power
    water : temperature of the chilled water [°C]
    out : air outside, shape ``(n_hours,)``
    hall : parameters by name

    Returns the share, 0 to 1, and power per design IT power, shape ``(n_draws, n_hours)``.
    """
    free = _free_share(out.t_c + hall["dry_approach_c"], water, hall)
    blown = dry_cooler_fans(heat.now * free, water, out.t_c, heat.design, hall) * (free > 0)
    left = Heat(heat.now * (1.0 - free), heat.design)
    chilled = plant.air_cooled(left, water, out, hall)
    return free, plant.dry(left.now, heat.now, chilled.compressors, 0.0, blown)


def water_body(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Sea or lake water through a heat exchanger; chillers on the same water in its warm season. None is used up.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns powers, heat and water by hour, per design IT power.
    """
    fans, pumps, heat, water = _hall(heat, out, hall)
    flow = heat.design / (air.CP_WATER * air.WATER_KG_M3 * hall["sea_rise_c"])
    intake = flow * hall["sea_pump_pa"] / hall["pump_efficiency"] * staging(heat.part, hall["fan_standing"])
    free = _free_share(out.sea_c + hall["sea_approach_c"], water, hall)
    condenser = np.maximum(out.sea_c, hall["tower_coldest_c"]) + hall["sea_rise_c"] + hall["exchanger_approach_c"]
    carnot, error = hall["chiller_carnot_water"], hall["cop_error_water"]
    left = Heat(heat.now * (1.0 - free), heat.design)
    power = chiller(left, water - hall["exchanger_approach_c"], condenser, carnot, error, hall)
    return plant.dry(left.now, heat.now, power, intake).to(fans, pumps, _mode(free))


def _hall(heat: Heat, out: Outside, hall: Params) -> tuple[Array, Array, Heat, Array]:
    supply = supply_c(hall, "supply_place_free")
    fans, heat = hall_fans(heat, supply, out.pressure_pa, hall["fan_pa"], hall)
    pumps, heat = pump(heat, hall["water_rise_c"], hall["pump_pa"], hall)
    return fans, pumps, heat, chilled_water_c(supply, hall)


def _free_share(made_c: Array, water: Array, hall: Params) -> Array:
    """How much of the chilled water's rise the outside takes, when it makes water of this temperature."""
    return np.asarray(np.clip((water + hall["water_rise_c"] - made_c) / hall["water_rise_c"], 0.0, 1.0))


def _mode(free: Array) -> Array:
    return np.where(free >= 1.0, FREE, np.where(free > 0.0, PART, MECHANICAL)).astype(np.int8)


def _cheaper(
    fans: Array, pumps: Array, free: Array, extra: Array, helped: ChillerResult, alone: ChillerResult
) -> CoolingResult:
    """With the economiser and its ``extra`` pumps where that takes less power than the chillers alone."""
    better = (helped.power + extra < alone.power) & (free > 0)
    chosen = either(better, helped, alone)
    return chosen.to(fans, pumps + np.where(better, extra, 0.0), _mode(np.where(better, free, 0.0)))
