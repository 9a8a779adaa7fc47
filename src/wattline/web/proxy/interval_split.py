"""Energy of an interval shared among the requests in it, parted at the moments when they begin and end."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.meter.sharing.split import share


def share_within(
    span: tuple[float, float], energy_j: float, at_rest_w: float, idle_w: float, rows: Array, scales: Array
) -> Array:
    """Joules of each row in one interval, parted at the moments when rows begin and end within it.

    Parameters
    ----------
    span : begin and end of the interval [s]
    energy_j : of the interval [J]
    at_rest_w : power while no row runs; what else the interval took is spread evenly over the time in which some row
        does [W]
    idle_w : of the power while a row runs, what is idle [W]
    rows : when each began and ended and its weight in the interval, shape ``(n, 3)``
    scales : multiply the weights, each column in its turn, shape ``(n, k)``

    Returns joules, shape ``(n, k)``; what a column leaves of ``energy_j`` is idle.
    """
    low, high = span
    begin, end = np.clip(rows[:, 0], low, high), np.clip(rows[:, 1], low, high)
    instant = (high - low) * 1e-6
    begin = np.minimum(begin, high - instant)
    end = np.maximum(end, begin + instant)
    edges = _edges(low, high, begin, end)
    lengths = edges[1:] - edges[:-1]
    within = np.minimum(end[:, None], edges[1:]) - np.maximum(begin[:, None], edges[:-1])
    np.maximum(within, 0.0, out=within)
    busy = within.max(axis=0, initial=0.0) > 0
    power = (energy_j - at_rest_w * lengths[~busy].sum()) / max(lengths[busy].sum(), instant)
    spent = np.where(busy, power, at_rest_w) * lengths
    idle = np.where(busy, idle_w, at_rest_w) * lengths
    rates = within * (rows[:, 2] / (end - begin))[:, None]
    turns = scales.shape[1]
    weights = (rates[:, None, :] * scales[:, :, None]).reshape(len(rows), -1)
    spent = np.maximum(spent, 0.0)  # a counter read a little late may leave less than nothing
    parts, _ = share(np.tile(spent, turns), np.tile(np.maximum(idle, 0.0), turns), weights)
    return np.asarray(parts.reshape(len(rows), turns, -1).sum(axis=2))


MAX_EDGES = 17


def _edges(low: float, high: float, begin: Array, end: Array) -> Array:
    """Where an interval is parted: at each begin and end, or evenly where there are too many."""
    edges = np.unique(np.concatenate([(low, high), begin, end]))
    return edges if len(edges) <= MAX_EDGES else np.linspace(low, high, MAX_EDGES)
