"""What cooling systems are made of: fans, pumps, chillers, towers, dry coolers, and the laws that they follow.

Heat and power are per unit of the hall's design IT power (W per W), so that one array serves a site of any size.
Shapes broadcast: parameters ``(draws, 1)``, weather ``(1, hours)``. Each law rises with temperature and moisture and
falls, per unit of load, as the load rises: the physics of a whole site rests on that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.line.site import air

Params = Mapping[str, Array]
MODES = ("free", "free, wetted", "part mechanical", "mechanical")
FREE, WETTED, PART, MECHANICAL = range(4)


@dataclass(frozen=True, eq=False)
class Outside:
    """Outside air as a plant meets it: temperature, wet bulb, humidity ratio, pressure, and the sea or lake."""

    t_c: Array
    wet_c: Array
    ratio: Array
    pressure_pa: Array
    sea_c: Array


@dataclass(frozen=True, eq=False)
class Heat:
    """Heat to take from a hall: now, and at design load, both per design IT power.

    ``servers``: share of it that the servers give off, the rest coming from the power chain and the lights.
    """

    now: Array
    design: Array
    servers: Array = field(default_factory=lambda: np.asarray(1.0))

    @property
    def part(self) -> Array:
        return np.asarray(self.now / self.design)

    def share(self, fraction: Array | float) -> Heat:
        return Heat(np.asarray(self.now * fraction), np.asarray(self.design * fraction))

    def with_(self, power: Array, full: Array) -> Heat:
        """With the heat of what moves the air or the water: its power now, and at full speed.

        Parameters
        ----------
        power : now, per design IT power
        full : at full speed, per design IT power

        Returns the heat in all.
        """
        return Heat(np.asarray(self.now + power), np.asarray(self.design + full))


@dataclass(frozen=True, eq=False)
class CoolingResult:
    """What it took, and where the heat went.

    Power: ``fans`` (hall), ``pumps``, ``compressors``, ``towers`` (fans of heat rejection). Water in kg/s per W:
    ``evaporated``, ``drift``, ``blowdown``. Heat leaving outdoors: ``sensible``, ``latent``. ``unmet``: K by which the
    supply is above its highest set-point, or as much too damp, for systems with no compressor. ``mode``: index into
    ``MODES``. ``chilled``: heat that compressors take.
    """

    fans: Array
    pumps: Array
    compressors: Array
    towers: Array
    sensible: Array
    latent: Array
    mode: NDArray[np.int8]
    evaporated: Array = field(default_factory=lambda: np.asarray(0.0))
    drift: Array = field(default_factory=lambda: np.asarray(0.0))
    blowdown: Array = field(default_factory=lambda: np.asarray(0.0))
    unmet: Array = field(default_factory=lambda: np.asarray(0.0))
    chilled: Array = field(default_factory=lambda: np.asarray(0.0))

    @property
    def power(self) -> Array:
        return np.asarray(self.fans + self.pumps + self.compressors + self.towers)


@dataclass(frozen=True, eq=False)
class HeatRejection:
    """Heat given to the outside by a tower or a dry cooler."""

    fans: Array
    sensible: Array
    latent: Array
    evaporated: Array
    drift: Array
    blowdown: Array


def staging(part: Array, standing: Array) -> Array:
    """Power of fans or pumps at part load over design: units are switched off in step with the load.

    Those that run stay near their design point, so power follows the flow; ``standing`` is what never falls away.

    Parameters
    ----------
    part : flow as a share of design, 0 to 1
    standing : share of the power that never falls away, 0 to 1

    Returns power as a share of design.
    """
    return np.asarray(standing + (1.0 - standing) * part)


def fan_speed_law(speed: Array) -> Array:
    """Power of a fan at a share of its full speed: the cube law."""
    return np.asarray(speed * speed * speed)


def hall_fans(heat: Heat, supply_c: Array, pressure_pa: Array, fan_pa: Array, hall: Params) -> tuple[Array, Heat]:
    """Power of the hall's air handlers, and the heat with theirs.

    The volume of air that takes the heat at its rise of temperature, against the fans' pressure.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    supply_c : temperature of the air that the hall gets [°C]
    pressure_pa : of the outside air [Pa]
    fan_pa : that the fans work against [Pa]
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns power of the fans, per design IT power, and the heat with theirs.
    """
    volume = heat.design / (air.CP_MOIST * hall["air_rise_c"] * air.density(supply_c, pressure_pa))
    full = volume * fan_pa / hall["fan_efficiency"]
    power = np.asarray(full * staging(heat.part, hall["fan_standing"]))
    return power, heat.with_(power, full)


def pump(heat: Heat, rise_c: Array, head_pa: Array, hall: Params) -> tuple[Array, Heat]:
    """Power of the pumps that carry the heat away with water of this rise of temperature, and the heat with theirs.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    rise_c : of the water's temperature [K]
    head_pa : that the pumps work against [Pa]
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns power of the pumps, per design IT power, and the heat with theirs.
    """
    full = heat.design / (air.CP_WATER * air.WATER_KG_M3 * rise_c) * head_pa / hall["pump_efficiency"]
    power = np.asarray(full * staging(heat.part, hall["fan_standing"]))
    return power, heat.with_(power, full)


def supply_c(hall: Params, place: str = "supply_place") -> Array:
    """Temperature of the air that a hall aims at, between its lowest and its highest.

    Parameters
    ----------
    hall : parameters by name
    place : name of the parameter that says where between them, 0 to 1

    Returns °C, of the parameters' shape.
    """
    return np.asarray(hall["supply_low_c"] + (hall["supply_high_c"] - hall["supply_low_c"]) * hall[place])


def chilled_water_c(supply: Array, hall: Params) -> Array:
    """Supply of chilled water that the coils need to bring the return air to the supply's temperature.

    Parameters
    ----------
    supply : temperature of the air at the racks' inlet [°C]
    hall : parameters by name

    Returns °C, of the shape that both broadcast to.
    """
    rise = hall["air_rise_c"]
    return np.asarray(supply + rise - rise / hall["coil_effectiveness"])


def chiller(heat: Heat, evaporator_c: Array, condenser_c: Array, carnot: Array, error: Array, hall: Params) -> Array:
    """Power of compressors: a share of Carnot's COP at the lift, worse when running units are lightly loaded.

    Parameters
    ----------
    heat : what the compressors take, per design IT power [W/W]
    evaporator_c, condenser_c : temperatures of the refrigerant [C]
    carnot, error : share of Carnot's COP at full load, and the COP's error
    hall : parameters by name

    Returns power per design IT power [W/W].
    """
    lift = np.maximum(condenser_c - evaporator_c, hall["chiller_least_lift_c"])
    cop = carnot * (1.0 + error) * (evaporator_c + air.KELVIN) / lift
    return np.asarray(heat.now / cop * part_load_penalty(heat.part, hall))


def part_load_penalty(part: Array, hall: Params) -> Array:
    """Power per heat at part load over that at full load; the last running unit unloads below a tenth of the plant.

    Parameters
    ----------
    part : load of the plant as a share of its design
    hall : parameters by name, the part-load curve of AHRI 550/590 among them

    Returns
    -------
    A factor, of the shape that the arguments broadcast to.
    """
    x = hall["chiller_unit_load"] * np.minimum(1.0, np.maximum(part, 1e-3) * 10.0)
    standing, linear, quadratic = (hall[f"part_load_{term}"] for term in ("standing", "linear", "quadratic"))
    return np.asarray(standing / x + linear + quadratic * x)


def tower(heat: Array, design: Array, cold_c: Array, out: Outside, hall: Params) -> HeatRejection:
    """An open cooling tower: ``heat`` leaves to air that goes out saturated; fans slow where the water may be warmer.
    Without heat it stands.

    Parameters
    ----------
    heat, design : heat of the hour, and at design, per design IT power
    cold_c : water back to the plant, at least the tower's approach above the wet bulb [°C]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns power of the fans, and heat and water that leave, per design IT power.
    """
    running = heat > 0
    flow = (
        running * design / (air.CP_WATER * hall["tower_range_c"]) * staging(heat / design, hall["fan_standing"])
    )  # kg/s
    speed = np.minimum(hall["tower_approach_c"] / (cold_c - out.wet_c), 1.0)
    volume = flow / hall["liquid_gas_ratio"] / air.density(out.t_c, out.pressure_pa)
    fans = volume * hall["tower_fan_pa"] / hall["tower_fan_efficiency"] * fan_speed_law(speed)
    leaving = cold_c + 0.5 * hall["tower_range_c"]
    vapour = air.quick_saturation_pa(leaving)
    gain = air.H_EVAP * (air.MASS_RATIO * vapour / (out.pressure_pa - vapour) - out.ratio)
    latent = np.asarray(heat * gain / (gain + air.CP_MOIST * (leaving - out.t_c)))
    evaporated = np.asarray(latent / air.H_EVAP)
    drift = np.asarray(flow * hall["windage"])
    blowdown = np.asarray(np.maximum(evaporated / (hall["cycles"] - 1.0) - drift, 0.0))
    return HeatRejection(np.asarray(fans), np.asarray(heat - latent + fans), latent, evaporated, drift, blowdown)


def tower_water_c(out: Outside, hall: Params, coldest_c: Array) -> Array:
    """Water that the tower gives back: its approach above the wet bulb, no colder than the controls let through.

    Parameters
    ----------
    out : outside air
    hall : parameters by name
    coldest_c : what the controls let through at the least [C]

    Returns degrees Celsius.
    """
    return np.asarray(np.maximum(out.wet_c + hall["tower_approach_c"], coldest_c))


def tower_pump(heat: Array, design: Array, hall: Params) -> Array:
    """Power of the tower's pumps; none without heat.

    Parameters
    ----------
    heat, design : heat of the hour, and at design, per design IT power
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns power, per design IT power.
    """
    volume = design / (air.CP_WATER * air.WATER_KG_M3 * hall["tower_range_c"])
    full = volume * hall["tower_pump_pa"] / hall["pump_efficiency"]
    return np.asarray((heat > 0) * full * staging(heat / design, hall["fan_standing"]))


def dry_cooler_fans(heat: Array, warm_c: Array, air_c: Array, design: Array, hall: Params) -> Array:
    """Power of a dry cooler's fans: they run as fast as the approach that is left asks for.

    Parameters
    ----------
    heat, design : heat to give off now and at design, per design IT power [W/W]
    warm_c, air_c : the water that comes in, the air outside [C]
    hall : parameters by name

    Returns power per design IT power [W/W].
    """
    left = np.maximum(warm_c - air_c, hall["dry_approach_c"])
    speed = hall["dry_approach_c"] / left
    full = design * hall["dry_fan_w_per_w"] * staging(heat / design, hall["fan_standing"])
    return np.asarray(full * fan_speed_law(speed))
