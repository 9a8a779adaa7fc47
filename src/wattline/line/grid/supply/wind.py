"""Wind at a place: from the speed at a mast to what a fleet of turbines delivers.

Speed grows with height by a power law; a turbine takes what its rotor lets it (Betz's share, as built) up to its rated
power and stops in a storm; a fleet sees no single speed, but a spread that grows with it (Staffell and Pfenninger,
Energy 114, 2016).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array

AIR_KG_PER_M3 = 1.225  # of the standard atmosphere at sea level, at which turbines are rated
SPREAD_M_PER_S, SPREAD_SHARE = 0.6, 0.2  # Staffell and Pfenninger's spread of speeds over a farm
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)


@dataclass(frozen=True)
class WindPlant:
    """A farm of turbines.

    Parameters
    ----------
    hub_m : height of the hub
    shear : exponent of the power law by which speed grows with height
    specific_w_per_m2 : rated power over the area of the rotor
    power_coefficient : share of the wind's power that the rotor takes below rated power
    losses : share lost to wakes, outages and wires
    cut_in_m_per_s, cut_out_m_per_s : speeds at the hub between which a turbine delivers
    """

    hub_m: float
    shear: float
    specific_w_per_m2: float
    power_coefficient: float
    losses: float
    cut_in_m_per_s: float
    cut_out_m_per_s: float


def at_hub(speed_m_per_s: Array, height_m: float, plant: WindPlant) -> Array:
    """Speed at the hub.

    Parameters
    ----------
    speed_m_per_s : speed at ``height_m`` above the ground
    height_m : where it was measured
    plant : whose hub it is

    Returns
    -------
    M/s, of the shape of ``speed_m_per_s``.
    """
    return np.asarray(speed_m_per_s * (plant.hub_m / height_m) ** plant.shear)


def power_curve(speed_m_per_s: Array, plant: WindPlant) -> Array:
    """What a turbine delivers at a steady speed at its hub, over its rated power, 0 to 1.

    Parameters
    ----------
    speed_m_per_s : at the hub [m/s], any shape
    plant : rotor, rated power, and the speeds between which it runs

    Returns the share of rated power, of the shape of ``speed_m_per_s``.
    """
    taken = 0.5 * AIR_KG_PER_M3 * plant.power_coefficient * speed_m_per_s**3 / plant.specific_w_per_m2
    runs = (speed_m_per_s >= plant.cut_in_m_per_s) & (speed_m_per_s <= plant.cut_out_m_per_s)
    return np.asarray(np.where(runs, np.minimum(taken, 1.0), 0.0))


def farm_output(hub_m_per_s: Array, plant: WindPlant) -> Array:
    """Capacity factor of a farm, 0 to 1.

    Parameters
    ----------
    hub_m_per_s : mean speed at the hubs, ``(n_steps,)``
    plant : the farm

    Returns
    -------
    Shape ``(n_steps,)``.
    """
    speed = np.maximum(np.asarray(hub_m_per_s, dtype=float), 0.0)
    spread = np.where(speed > 0, SPREAD_M_PER_S + SPREAD_SHARE * speed, 0.0) / 2
    speeds = np.maximum(speed + spread * NODES[:, None], 0.0)
    mean = np.einsum("n,nt->t", WEIGHTS / WEIGHTS.sum(), power_curve(speeds, plant))
    return np.asarray(np.clip(mean * (1 - plant.losses), 0.0, 1.0))
