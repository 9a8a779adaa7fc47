"""What a search makes small, and how much slower the work may become."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.core.units import HOUR_S, J_PER_KWH

METRICS = ("energy", "cost", "energy*time")
NO_LIMIT = np.inf


@dataclass(frozen=True)
class TuneObjective:
    """What is made small for a unit of work.

    ``metric``: energy, cost or energy*time. ``slowdown``: share by which a unit of work may take longer than at the
    limit that stood, inf for any. For cost: the price of electricity and that of an hour of the machine.
    """

    metric: str = "energy"
    slowdown: float = NO_LIMIT
    usd_per_kwh: float = 0.0
    usd_per_hour: float = 0.0

    def value(self, log_time: Array, log_power: Array, seconds: float, watts: float) -> Array:
        """Logarithm of what is made small, over that at the limit that stood.

        Parameters
        ----------
        log_time, log_power : logarithms of time for a unit of work and of mean power, over those at the limit that
            stood, any shape
        seconds, watts : time for a unit of work and mean power at the limit that stood

        Returns
        -------
        Of the shape of ``log_time``; 0 at the limit that stood.
        """
        if self.metric == "energy*time":
            return np.asarray(2 * log_time + log_power)
        if self.metric == "energy":
            return np.asarray(log_time + log_power)
        energy = seconds * watts / J_PER_KWH * self.usd_per_kwh
        rent = seconds / HOUR_S * self.usd_per_hour
        cost = energy * np.exp(log_time + log_power) + rent * np.exp(log_time)
        return np.asarray(np.log(cost / (energy + rent)))


def objective(
    metric: str = "energy", slowdown: str | float | None = None, price: str | float = 0.0, hour_price: str | float = 0.0
) -> TuneObjective:
    """What to make small, read.

    Parameters
    ----------
    metric : energy, cost or energy*time
    slowdown : share by which a unit of work may take longer, such as ``"5%"``; None for any
    price : of electricity, such as ``"0.1 USD/kWh"``, for cost
    hour_price : of an hour of the machine, such as ``"2 USD/h"``, for cost

    Returns
    -------
    The objective. Raises WattlineError where something is not understood.
    """
    if metric not in METRICS:
        raise WattlineError(f"--metric {shorten(metric)!r} is none of {', '.join(METRICS)}")
    limit = NO_LIMIT if slowdown is None else parse(slowdown, "", "slowdown", zero=True)
    if limit != NO_LIMIT and not limit <= 1:
        raise WattlineError(f"--slowdown {slowdown} is more than twice as long; give a share such as 5% or 0.05")
    if metric != "cost" and (price or hour_price):
        raise WattlineError(f"a price has no effect on --metric {metric}; give --metric cost, or leave it out")
    usd_per_kwh = parse(price, "USD/kWh", "price", zero=True) if price else 0.0
    usd_per_hour = parse(hour_price, "USD/h", "hour-price", zero=True) if hour_price else 0.0
    if metric == "cost" and not usd_per_kwh:
        raise WattlineError("--metric cost needs the price of electricity: --kwh-price '0.1 USD/kWh', and --hour-price")
    return TuneObjective(metric, limit, usd_per_kwh, usd_per_hour)
