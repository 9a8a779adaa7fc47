"""Chillers with what rejects their heat: for a hall in whole, or for what an economiser leaves."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.line.site import air
from wattline.line.site.cooling.parts import (
    MECHANICAL,
    CoolingResult,
    Heat,
    Outside,
    Params,
    chiller,
    tower,
    tower_pump,
    tower_water_c,
)


@dataclass(frozen=True, eq=False)
class ChillerResult:
    """Power and water of a chiller plant, and the heat that it gives off, per design IT power."""

    compressors: Array
    pumps: Array
    towers: Array
    sensible: Array
    latent: Array
    evaporated: Array
    drift: Array
    blowdown: Array
    chilled: Array

    @property
    def power(self) -> Array:
        return np.asarray(self.compressors + self.pumps + self.towers)

    def to(self, fans: Array, pumps: Array, mode: Array | int = MECHANICAL) -> CoolingResult:
        """As the cooling of a hall whose own fans and pumps take this much beside it.

        Parameters
        ----------
        fans, pumps : power of the hall's own, per design IT power
        mode : how it is cooled, by hour

        Returns powers, heat and water by hour, per design IT power.
        """
        return CoolingResult(
            fans, pumps + self.pumps, self.compressors, self.towers, self.sensible, self.latent,
            np.broadcast_to(np.asarray(mode, np.int8), np.shape(self.sensible)),
            self.evaporated, self.drift, self.blowdown, chilled=self.chilled,
        )  # fmt: skip


def either(first: NDArray[np.bool_], this: ChillerResult, other: ChillerResult) -> ChillerResult:
    """Hour by hour the one where ``first``, else the other.

    Parameters
    ----------
    first : where ``this`` is taken, by hour
    this, other : powers, heat and water of two ways to cool

    Returns powers, heat and water by hour.
    """
    names = [f.name for f in fields(ChillerResult)]
    return ChillerResult(**{name: np.where(first, getattr(this, name), getattr(other, name)) for name in names})


def water_cooled(heat: Heat, water_c: Array, out: Outside, hall: Params) -> ChillerResult:
    """Chillers on a tower; ``water_c`` is the chilled water's supply. Without heat all of it stands.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    water_c : supply of chilled water [°C]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns powers, heat and water by hour, per design IT power.
    """
    cold = tower_water_c(out, hall, hall["tower_coldest_c"])
    condenser = cold + hall["tower_range_c"] + hall["exchanger_approach_c"]
    power = chiller(
        heat,
        water_c - hall["exchanger_approach_c"],
        condenser,
        hall["chiller_carnot_water"],
        hall["cop_error_water"],
        hall,
    )
    return on_tower(heat.now, heat.now + power, power, cold, heat.design, out, hall)


def on_tower(
    chilled: Array, heat: Array, compressors: Array, cold_c: Array, design: Array, out: Outside, hall: Params
) -> ChillerResult:
    """What a tower with its pumps takes for ``heat``, the compressors' in it, who took ``chilled`` from the hall.

    Parameters
    ----------
    chilled : heat that compressors took from the hall
    heat : all that the tower takes, the compressors' in it
    compressors : their power
    cold_c : water back from the tower [°C]
    design : heat of the hall at design
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns powers, heat and water by hour, per design IT power.
    """
    sized = design * hall["tower_over_hall"]
    pumps = tower_pump(heat, sized, hall)
    rejected = tower(heat + pumps, sized, cold_c, out, hall)
    return ChillerResult(
        compressors, pumps, rejected.fans, rejected.sensible, rejected.latent,
        rejected.evaporated, rejected.drift, rejected.blowdown, chilled,
    )  # fmt: skip


def air_cooled(heat: Heat, water_c: Array, out: Outside, hall: Params) -> ChillerResult:
    """Chillers with their condensers in the outside air; the condensers' fans are in the COP.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    water_c : supply of chilled water [°C]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns powers, heat and water by hour, per design IT power.
    """
    condenser = out.t_c + hall["condenser_air_c"]
    power = chiller(
        heat, water_c - hall["exchanger_approach_c"], condenser, hall["chiller_carnot_air"], hall["cop_error_air"], hall
    )
    return dry(heat.now, heat.now, power)


def direct_expansion(heat: Heat, out: Outside, hall: Params) -> ChillerResult:
    """Compressors at the air handlers, condensers in the outside air; the condensers' fans are in the COP.

    Parameters
    ----------
    heat : what the hall gives off, per design IT power [W/W]
    out : outside air by hour, shape ``(draws, hours)`` or what broadcasts to it
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns powers, heat and water by hour, per design IT power.
    """
    condenser = out.t_c + hall["condenser_air_c"]
    power = chiller(heat, hall["dx_evaporator_c"], condenser, hall["chiller_carnot_dx"], hall["cop_error_dx"], hall)
    return dry(heat.now, heat.now, power)


def dry(
    chilled: Array, heat: Array, compressors: Array, pumps: Array | float = 0.0, fans: Array | float = 0.0
) -> ChillerResult:
    """Heat that leaves dry, with the power that it took; compressors took ``chilled`` of it.

    Parameters
    ----------
    chilled : heat that compressors took from the hall
    heat : all that leaves
    compressors, pumps, fans : their power

    Returns powers, heat and water by hour, per design IT power.
    """
    none = np.zeros(np.broadcast_shapes(np.shape(heat), np.shape(compressors)))
    sensible = heat + compressors + pumps + fans
    return ChillerResult(compressors, none + pumps, none + fans, sensible, none, none, none, none, none + chilled)


def evaporation_kg_s(latent: Array) -> Array:
    """kg/s of water that carries this heat away."""
    return np.asarray(latent / air.H_EVAP)
