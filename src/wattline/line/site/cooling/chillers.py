"""Halls without an economiser: water-cooled chillers, air-cooled chillers, direct expansion."""

from __future__ import annotations

import numpy as np

from wattline.line.site.cooling import plant
from wattline.line.site.cooling.parts import Cooled, Heat, Outside, Params, chilled_water_c, hall_fans, pump, supply_c


def water_chiller(heat: Heat, out: Outside, p: Params) -> Cooled:
    """Chilled water from water-cooled chillers on cooling towers."""
    supply = supply_c(p)
    fans, heat = hall_fans(heat, supply, out.pressure_pa, p["fan_pa"], p)
    pumps, heat = pump(heat, p["water_rise_c"], p["pump_pa"], p)
    return plant.water_cooled(heat, chilled_water_c(supply, p), out, p).to(fans, pumps)


def air_chiller(heat: Heat, out: Outside, p: Params) -> Cooled:
    """Chilled water from air-cooled chillers; no water is used up."""
    supply = supply_c(p)
    fans, heat = hall_fans(heat, supply, out.pressure_pa, p["fan_pa"], p)
    pumps, heat = pump(heat, p["water_rise_c"], p["pump_pa"], p)
    return plant.air_cooled(heat, chilled_water_c(supply, p), out, p).to(fans, pumps)


def dx(heat: Heat, out: Outside, p: Params) -> Cooled:
    """Computer-room units with direct expansion; no water is used up."""
    fans, heat = hall_fans(heat, supply_c(p), out.pressure_pa, p["fan_pa"], p)
    return plant.direct_expansion(heat, out, p).to(fans, np.zeros_like(fans))
