"""Heat taken by liquid: cold plates on warm water, or oil; dry coolers outside, wetted in heat or helped by chillers.

What the liquid misses stays in the hall's air, on chilled water from air-cooled chillers with dry coolers.
"""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.site.cooling import plant
from wattline.line.site.cooling.parts import (
    FREE,
    MECHANICAL,
    PART,
    WETTED,
    CoolingResult,
    Heat,
    Outside,
    Params,
    dry_cooler_fans,
    pump,
)
from wattline.line.site.cooling.water_economiser import dry_economiser


def direct_to_chip(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Cold plates on warm water, dry coolers, chillers for the hottest hours; no water is used up.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns
    -------
    Electricity and water per design IT power by hour, of the shape that ``heat`` and ``out`` broadcast to.
    """
    return _liquid(heat, out, hall, hall["liquid_share"], hall["liquid_supply_c"], wetted=False)


def direct_to_chip_adiabatic(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Cold plates on warm water, dry coolers with wetted pads in heat, chillers for what they cannot.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns powers, heat and water by hour, per design IT power.
    """
    return _liquid(heat, out, hall, hall["liquid_share"], hall["liquid_supply_c"], wetted=True)


def immersion(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Servers in tanks of oil, dry coolers, chillers for the hottest hours; no water is used up.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns
    -------
    Electricity and water per design IT power by hour, of the shape that ``heat`` and ``out`` broadcast to.
    """
    return _liquid(heat, out, hall, hall["immersion_share"], hall["immersion_supply_c"], wetted=False)


def _liquid(heat: Heat, out: Outside, hall: Params, share: Array, water_c: Array, wetted: bool) -> CoolingResult:
    taken = share * heat.servers
    inside = dry_economiser(heat.share(1.0 - taken), out, hall)
    loop = heat.share(taken)
    pumps, loop = pump(loop, hall["liquid_rise_c"], hall["liquid_pump_pa"], hall)
    wanted = water_c - hall["dry_approach_c"]  # air that the coolers need
    air_c, effectiveness = out.t_c, hall["media_effectiveness"] if wetted else np.zeros_like(water_c)
    air_c = np.minimum(out.t_c, np.maximum(wanted, out.t_c - effectiveness * (out.t_c - out.wet_c)))
    latent = loop.now / hall["cooler_rise_c"] * (out.t_c - air_c)
    over = np.clip((air_c - wanted) / hall["liquid_rise_c"], 0.0, 1.0)  # share that is left for a chiller
    fans = dry_cooler_fans(loop.now, water_c, air_c, loop.design, hall)
    trim = plant.air_cooled(Heat(loop.now * over, loop.design), water_c, out, hall)
    pads = hall["media_pump_w_per_w"] * loop.design if wetted else np.zeros_like(fans)
    evaporated = plant.evaporation_kg_s(latent)
    mode = np.where(over >= 1.0, MECHANICAL, np.where(over > 0, PART, np.where(air_c < out.t_c, WETTED, FREE)))
    return CoolingResult(
        fans=inside.fans,
        pumps=inside.pumps + pumps + pads,
        compressors=inside.compressors + trim.compressors,
        towers=inside.towers + fans,
        sensible=inside.sensible + loop.now + fans + pads + trim.compressors - latent,
        latent=inside.latent + latent,
        mode=mode.astype(np.int8),
        evaporated=evaporated,
        drift=np.zeros_like(fans),
        blowdown=evaporated / (hall["media_cycles"] - 1.0),
        chilled=inside.chilled + trim.chilled,
    )
