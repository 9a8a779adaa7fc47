"""Halls without an economiser: water-cooled chillers, air-cooled chillers, direct expansion."""

from __future__ import annotations

import numpy as np

from wattline.line.site.cooling import plant
from wattline.line.site.cooling.parts import (
    CoolingResult,
    Heat,
    Outside,
    Params,
    chilled_water_c,
    hall_fans,
    pump,
    supply_c,
)


def water_chiller(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Chilled water from water-cooled chillers on cooling towers.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns
    -------
    Electricity and water per design IT power by hour, of the shape that ``heat`` and ``out`` broadcast to.
    """
    supply = supply_c(hall)
    fans, heat = hall_fans(heat, supply, out.pressure_pa, hall["fan_pa"], hall)
    pumps, heat = pump(heat, hall["water_rise_c"], hall["pump_pa"], hall)
    return plant.water_cooled(heat, chilled_water_c(supply, hall), out, hall).to(fans, pumps)


def air_chiller(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Chilled water from air-cooled chillers; no water is used up.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns
    -------
    Electricity and water per design IT power by hour, of the shape that ``heat`` and ``out`` broadcast to.
    """
    supply = supply_c(hall)
    fans, heat = hall_fans(heat, supply, out.pressure_pa, hall["fan_pa"], hall)
    pumps, heat = pump(heat, hall["water_rise_c"], hall["pump_pa"], hall)
    return plant.air_cooled(heat, chilled_water_c(supply, hall), out, hall).to(fans, pumps)


def dx(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Computer-room units with direct expansion; no water is used up.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns
    -------
    Electricity and water per design IT power by hour, of the shape that ``heat`` and ``out`` broadcast to.
    """
    fans, heat = hall_fans(heat, supply_c(hall), out.pressure_pa, hall["fan_pa"], hall)
    return plant.direct_expansion(heat, out, hall).to(fans, np.zeros_like(fans))
