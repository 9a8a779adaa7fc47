"""From what stands to what it takes: watts idle and at work, overhead of the site, load of its capacity."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import DAY_S, HOUR_S, J_PER_TWH, TYPICAL_YEAR_H, YEAR_S
from wattline.line.world.tables import series

TWH_PER_GW = TYPICAL_YEAR_H / 1e3
CLASSES = ("volume", "mid-range", "high-end")


def mean_watts(rated_w: Array, idle_share: Array, use: Array) -> Array:
    """Mean power of machines that idle between their work.

    Parameters
    ----------
    rated_w : power at work [W]
    idle_share : power when idle over that at work
    use : share of the time at work

    Returns [W], broadcast.
    """
    return np.asarray(rated_w * (idle_share + (1 - idle_share) * use))


def chips_of(share: Array, work: Array, idle: Array, train: Array, infer: Array) -> Array:
    """Share of AI chips that train, from training's share of AI's electricity.

    Parameters
    ----------
    share : of the electricity, 0 to 1
    work, idle : power at work, and when idle over that
    train, infer : share of the time at work of chips of training and of inference

    Returns
    -------
    0 to 1, broadcast.
    """
    training = share * mean_watts(work, idle, infer)
    return np.asarray(training / (training + (1 - share) * mean_watts(work, idle, train)))


def energy_twh(power_gw: Array | float, pue: Array | float = 1.0) -> Array:
    """Electricity of a year of a mean IT power.

    Parameters
    ----------
    power_gw : mean power of the IT [GW]
    pue : power of the site over that of the IT

    Returns
    -------
    TWh, of the shape that the arguments broadcast to.
    """
    return np.asarray(power_gw * np.asarray(pue) * TWH_PER_GW)


def capacity_gw(twh: Array | float, load_factor: Array | float) -> Array:
    """Capacity that a year's electricity needs.

    Parameters
    ----------
    twh : electricity of the year
    load_factor : mean power over capacity

    Returns
    -------
    GW, of the shape that the arguments broadcast to.
    """
    return np.asarray(np.asarray(twh) / (TWH_PER_GW * np.asarray(load_factor)))


def koomey_twh(scope: str, year: int) -> float:
    """Electricity of servers with their cooling and power, from the stock and watts of each class of server.

    Parameters
    ----------
    scope : ``world`` or ``us``
    year : 2000 or 2005

    Returns
    -------
    That year's electricity [TWh].
    """
    power_w = 0.0
    for kind in CLASSES:
        stock, watts = series("servers-installed", kind, scope), series("server-watts", kind, scope)
        power_w += float(stock.at(np.array([year]))[0] * 1e6 * watts.at(np.array([year]))[0])
    overhead = float(series("overhead").at(np.array([year]))[0])
    return power_w * overhead * TYPICAL_YEAR_H * HOUR_S / J_PER_TWH


def queries_per_day(twh_per_year: float, joules_per_query: float) -> float:
    """How many queries a day a year's electricity serves.

    Parameters
    ----------
    twh_per_year : electricity of the queries
    joules_per_query : of the chips and the site around them

    Returns
    -------
    Number of queries.
    """
    return twh_per_year * J_PER_TWH / joules_per_query / (YEAR_S / DAY_S)
