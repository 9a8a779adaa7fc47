"""Hours of a year in which a load yields to the price: the dearest of all, and those dear among the days so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.fact import Array


@dataclass(frozen=True)
class CalledHours:
    """Steps in which a load yields.

    Attributes
    ----------
    share
        Of all steps, 0 to 1.
    dear
        Mean price in them; 0 where there are none.
    rest
        Mean price in all others; 0 where there are none.
    """

    share: float
    dear: float
    rest: float


def dearest_steps(price: Array, count: int) -> NDArray[np.bool_]:
    """The steps of highest price above 0, all of it known.

    Parameters
    ----------
    price : of each step, shape ``(n_steps,)``
    count : most steps in which it yields

    Returns
    -------
    Whether it yields in each step.
    """
    price = _checked(price)
    called = np.zeros(price.size, bool)
    called[np.argsort(-price, kind="stable")[: max(count, 0)]] = True
    return np.asarray(called & (price > 0))


DAYS_BEFORE = 7  # that must have passed before it yields


def dear_so_far(price: Array, count: int, day: int) -> NDArray[np.bool_]:
    """The steps that are dear among the days so far; what comes after their own day is not known.

    A price is published the day before, or shown as it passes. It yields in the steps of a day whose price is among
    that share of the highest of all days before it, and above their median; of ``count`` it keeps what the rest of the
    time has a right to.

    Parameters
    ----------
    price : of each step, shape ``(n_steps,)``
    count : most steps in which it yields
    day : steps of a day

    Returns
    -------
    Whether it yields in each step.
    """
    price = _checked(price)
    called = np.zeros(price.size, bool)
    above = 1.0 - min(count / max(price.size, 1), 1.0)
    for first in range(DAYS_BEFORE * day, price.size, day):
        today = price[first : first + day]
        bound, middle = np.quantile(price[:first], [above, 0.5])
        order = np.argsort(-today, kind="stable")
        dear = (today >= bound) & (today > max(float(middle), 0.0) * (1 + 1e-9))
        due = int(count * min(first + day, price.size) / price.size + 1e-9)
        called[first + order[dear[order]][: max(due - int(called.sum()), 0)]] = True
    return called


def called_hours(price: Array, called: NDArray[np.bool_]) -> CalledHours:
    """What the price was in the steps in which a load yields, and in the others.

    Parameters
    ----------
    price : of each step, shape ``(n_steps,)``
    called : whether it yields in each

    Returns
    -------
    Share of the steps, and both means.
    """
    dear, rest = price[called], price[~called]
    return CalledHours(
        float(called.mean()), float(dear.mean()) if dear.size else 0.0, float(rest.mean()) if rest.size else 0.0
    )


def _checked(price: Array) -> Array:
    values = np.asarray(price, float)
    if not values.size or not np.isfinite(values).all():
        raise WattlineError("calls: a price is missing in a step; fill it")
    return values
