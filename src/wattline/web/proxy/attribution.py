"""Energy of a device shared among what ran on it; what nobody claims is idle. The sum is the device's, always."""

from __future__ import annotations

import numpy as np

from wattline.fact import Array


def share(energy_j: Array, idle_j: Array, weights: Array) -> tuple[Array, Array]:
    """Joules of each claim in each interval, and what stays idle.

    ``energy_j`` and ``idle_j``: ``(n_intervals,)``, what the device took and what of it is idle whoever ran (held
    between 0 and the energy). ``weights``: ``(n_claims, n_intervals)``, zero or more. An interval that nobody claims
    is idle. Returns ``(n_claims, n_intervals)`` and ``(n_intervals,)``; over claims plus idle they sum to ``energy_j``.
    """
    energy = np.asarray(energy_j, float)
    weight = np.asarray(weights, float)
    weight = np.where((weight > 0) & (weight < np.inf), weight, 0.0)
    if weight.shape[0] == 0:
        return np.zeros(weight.shape), energy.copy()
    # divided by the greatest first, so that no sum overflows and no tiny one vanishes
    greatest = weight.max(axis=0)
    weight = np.divide(weight, greatest, out=np.zeros_like(weight), where=greatest > 0)
    total = weight.sum(axis=0)
    spread = energy - np.clip(np.asarray(idle_j, float), 0.0, np.maximum(energy, 0.0))
    claims = np.divide(weight * spread, total, out=np.zeros_like(weight), where=total > 0)
    return claims, energy - claims.sum(axis=0)


def share_within(
    span: tuple[float, float], energy_j: float, at_rest_w: float, idle_w: float, rows: Array, scales: Array
) -> Array:
    """Joules of each row in one interval, parted at the moments when rows begin and end within it.

    ``rows``: ``(n, 3)``, when each began and ended and its weight in the interval. ``scales``: ``(n, k)``, multiply the
    weights, each column in its turn. ``at_rest_w``: watts while no row runs; what else the interval took is spread
    evenly over the time in which some row does, ``idle_w`` of it being idle. Returns ``(n, k)``; what a column leaves
    of ``energy_j`` is idle.
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
    claims, _ = share(np.tile(spent, turns), np.tile(idle, turns), weights)
    return np.asarray(claims.reshape(len(rows), turns, -1).sum(axis=2))


MOST_EDGES = 17


def _edges(low: float, high: float, begin: Array, end: Array) -> Array:
    """Where an interval is parted: at each begin and end, or evenly where there are too many."""
    edges = np.unique(np.concatenate([(low, high), begin, end]))
    return edges if len(edges) <= MOST_EDGES else np.linspace(low, high, MOST_EDGES)
