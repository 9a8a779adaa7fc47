"""Points of the interior and the steps between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from wattline.core.fact import Array

AIM = 0.2  # how much longer a step the centring aims at
WITHIN = (0.1, 10.0)  # what a product may be beside the mean that the step aims at
PRICES = ("flow_price", "room_price", "capacity_price", "left_price", "eta", "prices")


@dataclass(eq=False)
class InteriorPoint:
    """A point of the interior, or a step from one. Pairs of a quantity and its price: flows, the room to their upper
    bounds, capacities, the room to theirs, slacks of the year's rows; and the prices of balance and stores."""

    flows: Array
    flow_price: Array
    room: Array
    room_price: Array
    capacity: Array
    capacity_price: Array
    left: Array
    left_price: Array
    slack: Array
    eta: Array
    prices: Array

    def pairs(self) -> Iterator[tuple[Array, Array]]:
        """Each quantity with its price, whose product goes to zero."""
        yield self.flows, self.flow_price
        yield self.room, self.room_price
        yield self.capacity, self.capacity_price
        yield self.left, self.left_price
        yield self.slack, self.eta

    def copy(self) -> InteriorPoint:
        """A copy that can be changed."""
        return InteriorPoint(*(getattr(self, name).copy() for name in ARRAYS))


ARRAYS = tuple(field.name for field in fields(InteriorPoint))


@dataclass(eq=False)
class Residuals:
    """What a point misses: of the flows' prices, bounds, rows, the capacities' prices and bounds, rows of the year."""

    flows: Array
    room: Array
    rows: Array
    capacity: Array
    left: Array
    year: Array


def product(quantity: Array, price: Array) -> float:
    """The sum of the products, by ``einsum``: a BLAS that starts threads on short vectors takes more time.

    Parameters
    ----------
    quantity, price : arrays of one shape

    Returns the sum.
    """
    return float(np.einsum("i,i->", quantity.ravel(), price.ravel()))


def step_lengths(point: InteriorPoint, step: InteriorPoint, near: float) -> tuple[float, float]:
    """How far quantities and prices can go along the step, ``near`` of the way to their boundary, 1 at most.

    Parameters
    ----------
    point : where it is
    step : the direction
    near : share of the way to the boundary, below 1

    Returns shares of the step, of quantities and of prices.
    """
    primal = dual = 1.0
    for place, ((quantity, price), (dq, dp)) in enumerate(zip(point.pairs(), step.pairs(), strict=True)):
        if place == 4:  # the equal rows have no slack, and a price of either sign
            positive = quantity > 0
            quantity, price, dq, dp = quantity[positive], price[positive], dq[positive], dp[positive]
        primal = min(primal, near * _reach(quantity, dq))
        dual = min(dual, near * _reach(price, dp))
    return primal, dual


def centring(point: InteriorPoint, step: InteriorPoint, lengths: tuple[float, float], centre: float) -> list[Array]:
    """What to add to the products' targets so that none lies far from ``centre`` after a longer step.

    Gondzio, Multiple centrality corrections in a primal-dual method, Computational Optimization and Applications 6,
    1996.

    Parameters
    ----------
    point : where it is
    step : the direction
    lengths : shares of the step, of quantities and of prices
    centre : what each product of quantity and price should be

    Returns what is added, a list with an array for each pair.
    """
    primal, dual = (min(1.0, length + AIM) for length in lengths)
    low, high = WITHIN[0] * centre, WITHIN[1] * centre
    changes = []
    for (quantity, price), (dq, dp) in zip(point.pairs(), step.pairs(), strict=True):
        product = (quantity + primal * dq) * (price + dual * dp)
        changes.append(np.maximum(np.clip(product, low, high) - product, -high))
    return changes


def _reach(values: Array, change: Array) -> float:
    values = values if values.min(initial=1.0) > 0 else np.where(values > 0, values, 1.0)
    worst = -float((change / values).min(initial=0.0))
    return 1 / worst if worst > 0 else 1 / np.finfo(float).tiny ** 0.5


def step_along(point: InteriorPoint, step: InteriorPoint, primal: float, dual: float) -> InteriorPoint:
    """The point a share of the step further.

    Parameters
    ----------
    point : where it is
    step : the direction
    primal, dual : shares of the step, of quantities and of prices

    Returns a new point.
    """
    moved = point.copy()
    for name in ARRAYS:
        getattr(moved, name)[...] += (dual if name in PRICES else primal) * getattr(step, name)
    return moved
