"""Outside air through the hall, cooled by evaporation where it is hot, helped out by chillers, or by nothing.

Outside air is mixed with return air up to the lowest set-point, taken as it is between the set-points, and wetted
above the highest one as far as the media and the limit on moisture let it. What is left, and moisture above its
limit, is a chiller's; where taking the heat out of return air asks less of it, the hall is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.line.site import air
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
    chilled_water_c,
    hall_fans,
    pump,
    supply_c,
)
from wattline.line.site.cooling.plant import ChillerResult

NO_LIMIT = 1.0  # kg/kg: more moisture than air can hold
WETTING_K = air.H_EVAP / air.CP_MOIST  # K that a kg of water cools a kg of air


@dataclass(frozen=True, eq=False)
class Air:
    """The hall's air: the supply after wetting, what is left for a chiller, and what the exhaust carries outdoors."""

    wetted_c: Array
    supply_c: Array
    evaporated: Array
    left: Array
    closed: NDArray[np.bool_]
    sensible: Array
    latent: Array


def economiser(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Air economiser with adiabatic cooling; water-cooled chillers and towers help out.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns powers, heat and water by hour, per design IT power.
    """
    return _helped(heat, out, hall, plant.water_cooled)


def economiser_air_chiller(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Air economiser, humidified in winter but not wetted in heat; air-cooled chillers help out.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns powers, heat and water by hour, per design IT power.
    """
    return _helped(heat, out, _unwetted(hall), plant.air_cooled)


def economiser_water_chiller(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Air economiser, humidified in winter but not wetted in heat; water-cooled chillers and towers help out.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns powers, heat and water by hour, per design IT power.
    """
    return _helped(heat, out, _unwetted(hall), plant.water_cooled)


def _unwetted(hall: Params) -> Params:
    """A hall without media against the heat: chillers begin where it aims."""
    return {
        **hall,
        "media_effectiveness": np.zeros_like(hall["media_effectiveness"]),
        "supply_high_c": supply_c(hall),
        "supply_place": np.ones_like(hall["supply_place"]),
    }


def evaporative(heat: Heat, out: Outside, hall: Params) -> CoolingResult:
    """Outside air and wetted media alone: no compressor; ``unmet``: K too warm, or as much too damp.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns
    -------
    Electricity and water per design IT power by hour, of the shape that ``heat`` and ``out`` broadcast to.
    """
    top = hall["supply_high_c"]
    fans, warmed = hall_fans(
        heat, np.clip(out.t_c, hall["supply_low_c"], top), out.pressure_pa, hall["fan_open_pa"], hall
    )
    flow = through(heat, warmed, out, hall, limited=False)
    pumps = hall["media_pump_w_per_w"] * heat.design + np.zeros_like(fans)
    none = np.zeros_like(fans)
    dampest = air.ratio_of(air.quick_saturation_pa(hall["dew_high_c"]), out.pressure_pa)
    damp = out.ratio + flow.evaporated * hall["air_rise_c"] * air.CP_MOIST / heat.now - dampest
    unmet = np.maximum(np.maximum(flow.supply_c - top, damp * WETTING_K), 0.0)
    mode = np.where(out.t_c > supply_c(hall), WETTED, FREE).astype(np.int8) + np.zeros(fans.shape, np.int8)
    return CoolingResult(
        fans, pumps, none, none, flow.sensible + pumps, flow.latent, mode,
        flow.evaporated, none, flow.evaporated / (hall["media_cycles"] - 1.0), unmet,
    )  # fmt: skip


def _helped(
    heat: Heat, out: Outside, hall: Params, chillers: Callable[[Heat, Array, Outside, Params], ChillerResult]
) -> CoolingResult:
    top = hall["supply_high_c"]
    fans, warmed = hall_fans(
        heat, np.clip(out.t_c, hall["supply_low_c"], top), out.pressure_pa, hall["fan_open_pa"], hall
    )
    flow = through(heat, warmed, out, hall)
    left = Heat(flow.left, warmed.design)
    full_pump, _ = pump(left, hall["water_rise_c"], hall["pump_pa"], hall)
    running = flow.left > 0
    pumps = full_pump * running
    helped = chillers(Heat(flow.left + pumps, warmed.design), chilled_water_c(top, hall), out, hall)
    wetting = hall["media_pump_w_per_w"] * heat.design
    mode = np.where(flow.closed, MECHANICAL, np.where(running, PART, np.where(flow.wetted_c < out.t_c, WETTED, FREE)))
    return CoolingResult(
        fans, pumps + wetting + helped.pumps, helped.compressors, helped.towers,
        flow.sensible + wetting + helped.sensible, flow.latent + helped.latent, mode.astype(np.int8),
        flow.evaporated + helped.evaporated, helped.drift,
        flow.evaporated / (hall["media_cycles"] - 1.0) + helped.blowdown, chilled=helped.chilled,
    )  # fmt: skip


def through(heat: Heat, warmed: Heat, out: Outside, hall: Params, limited: bool = True) -> Air:
    """The air that takes ``heat`` (``warmed`` with the fans') from a hall; ``limited``: a chiller takes the rest.

    Parameters
    ----------
    heat : of the hall, per design IT power
    warmed : the same with what the fans add
    out : air outside, shape ``(n_hours,)``
    hall : parameters by name
    limited : whether a chiller takes what the air cannot

    Returns the air, arrays of shape ``(n_draws, n_hours)``.
    """
    low, top, aim = hall["supply_low_c"], hall["supply_high_c"], supply_c(hall)
    total = heat.now / hall["air_rise_c"]  # W/K that the hall's air carries
    rise = warmed.now / total
    most = _most_moisture(out, hall) if limited else np.asarray(NO_LIMIT)
    wet = out.t_c - hall["media_effectiveness"] * (out.t_c - out.wet_c)
    damp = out.t_c - np.maximum(most - out.ratio, 0.0) * WETTING_K
    hot = out.t_c > aim
    wetted = np.where(hot, np.maximum(np.maximum(wet, damp), aim), out.t_c)
    supply = np.maximum(np.minimum(wetted, top), low) if limited else np.maximum(wetted, low)
    least = air.ratio_of(air.quick_saturation_pa(hall["dew_low_c"]), out.pressure_pa)
    dry_k = np.where(hot, 0.0, np.maximum(least - out.ratio, 0.0)) * WETTING_K  # K that humidifying cools
    back = supply + rise
    fresh = total * np.where(hot, 1.0, np.minimum(rise / np.maximum(back - out.t_c + dry_k, rise), 1.0))
    chilled, drying = _drying(fresh, most, out, hall) if limited else (np.zeros(np.shape(fresh)),) * 2
    warm = total * np.maximum(wetted - top, 0.0) if limited else 0.0
    back = back - np.maximum(chilled - warm, 0.0) / fresh  # what dries the air cools it too
    left = np.maximum(chilled, warm) + drying
    closed = (left >= warmed.now) & limited
    opened = ~closed
    latent = (total * (out.t_c - wetted) + fresh * dry_k) * opened
    return Air(
        wetted_c=wetted,
        supply_c=supply,
        evaporated=latent / air.H_EVAP,
        left=np.where(closed, warmed.now, left),
        closed=closed,
        sensible=fresh * (back - out.t_c) * opened,
        latent=latent - drying * opened,
    )


def _drying(fresh: Array, most: Array, out: Outside, hall: Params) -> tuple[Array, Array]:
    """Heat that a cold coil takes to dry the fresh air to its limit: the air's own, and the moisture's.

    Some of the air passes a coil whose surface is ``coil_below_k`` below the limit's dew point, the rest passes by.
    """
    too_much = np.maximum(out.ratio - most, 0.0)
    dew = np.minimum(hall["dew_high_c"], supply_c(hall) - hall["humid_below_k"])
    surface = dew - hall["coil_below_k"]
    cold = air.ratio_of(air.quick_saturation_pa(surface), out.pressure_pa)
    past = too_much / np.maximum(out.ratio - cold, most - cold)
    return fresh * past * np.maximum(out.t_c - surface, 0.0), fresh * too_much * WETTING_K


def _most_moisture(out: Outside, hall: Params) -> Array:
    """The most moisture of the supply: its highest dew point, and its highest relative humidity where it aims."""
    vapour = np.minimum(
        air.quick_saturation_pa(hall["dew_high_c"]), hall["humidity_high"] * air.quick_saturation_pa(supply_c(hall))
    )
    return air.ratio_of(vapour, out.pressure_pa)
