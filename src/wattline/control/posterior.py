"""Bayes on a grid of settings: draws of the chip model's curve, each with a rough function and a drift on top.

A window's logarithm of time (or of power) is that of the curve at its setting, plus what the curve lacks there, plus a
drift of the job over time, plus noise. Curve and rest are normal with one covariance for all draws, so that all windows
together move each draw's mean by one gain and give it its weight: an exact mixture (Rasmussen and Williams, Gaussian
Processes for Machine Learning, 2006, chapter 2).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wattline.control.prior import CurvePrior
from wattline.core.fact import Array

NOISE = 0.02  # standard deviation of a window's logarithm before any is measured
NOISE_WEIGHT = 3.0  # windows that this thought is worth
LEVEL = 3.0  # standard deviation of the job's own level, which is not known
SMOOTHER = (0.25, 0.5, 1.0)  # shares of what the curve may lack, each as likely: the windows tell which the chip has
SLOPE, WANDER = 2e-3, 1e-3  # of the drift: a straight one a window, and the step of a random walk


@dataclass
class CurvePosterior:
    """Draws of the logarithms of time, then power, of ``count`` settings, given all windows so far.

    ``draws`` of shape ``(n, 2 count)``, each curve of the prior once at each of ``SMOOTHER``, one after the other;
    ``rough`` of ``(levels, 2, count, count)``: the covariance within a draw of that roughness; ``weights`` ``(n,)``.
    """

    prior: CurvePrior
    count: int
    draws: Array
    rough: Array
    weights: Array
    squares: Array = field(default_factory=lambda: np.full(2, NOISE**2 * NOISE_WEIGHT))
    pairs: float = NOISE_WEIGHT

    @classmethod
    def of(cls, prior: CurvePrior) -> CurvePosterior:
        """Before anything is measured."""
        many, double = prior.draws.shape
        levels = len(SMOOTHER)
        rough = np.stack([[level**2 * prior.rough] * 2 for level in SMOOTHER])
        weights = np.full(levels * many, 1 / (levels * many))
        return cls(prior, double // 2, np.concatenate([prior.draws] * levels), rough, weights)

    @property
    def noise(self) -> Array:
        """Standard deviation of one window's logarithm of time and of power, shape ``(2,)``."""
        return np.asarray(np.sqrt(self.squares / self.pairs))

    def repeated(self, first: Array, second: Array) -> None:
        """Two windows at one setting, next to each other: what they differ by is noise.

        Parameters
        ----------
        first, second : logarithms of time and power, shape ``(2,)``
        """
        self.squares = self.squares + (first - second) ** 2 / 2
        self.pairs += 1.0

    def update(self, places: Array, logs: Array) -> None:
        """Take in all windows so far, in their order.

        Parameters
        ----------
        places : of their settings in the grid, shape ``(n,)``
        logs : logarithms of time and power, shape ``(n, 2)``
        """
        order = np.arange(1.0, len(places) + 1)
        drift = LEVEL**2 + SLOPE**2 * np.outer(order, order) + WANDER**2 * np.minimum(order[:, None], order)
        draws, rough, log_weights = [], [], []
        for level in SMOOTHER:
            parts = [self._conditioned(part, level**2 * self.prior.rough, drift, places, logs) for part in range(2)]
            draws.append(np.concatenate([mean for mean, _, _ in parts], axis=1))
            rough.append(np.stack([covariance for _, covariance, _ in parts]))
            log_weights.append(parts[0][2] + parts[1][2])
        self.draws, self.rough = np.concatenate(draws), np.stack(rough)
        likely = np.concatenate(log_weights)
        weights = np.exp(likely - likely.max())
        self.weights = weights / weights.sum()

    def _conditioned(
        self, part: int, alike: Array, drift: Array, places: Array, logs: Array
    ) -> tuple[Array, Array, Array]:
        """Means and covariance of time or of power (``part``) given the windows, and the logarithms of the weights."""
        mean = self.prior.draws[:, part * self.count : (part + 1) * self.count]
        covariance = alike[np.ix_(places, places)] + drift + self.noise[part] ** 2 * np.eye(len(places))
        precise = np.linalg.inv(covariance)
        surprise = logs[:, part] - mean[:, places]
        moved = surprise @ precise
        across = alike[places]
        weight = -0.5 * (np.einsum("dn,dn->d", moved, surprise) + np.linalg.slogdet(covariance)[1])
        return mean + moved @ across, alike - across.T @ precise @ across, weight

    def log_time(self) -> Array:
        """Draws of the logarithm of time, shape ``(n_draws, count)``."""
        return self.draws[:, : self.count]

    def log_power(self) -> Array:
        """Draws of the logarithm of power, shape ``(n_draws, count)``."""
        return self.draws[:, self.count :]

    def sample(self, many: int, seed: int) -> tuple[Array, Array]:
        """Equally likely draws of the whole, what the curve lacks included.

        Parameters
        ----------
        many : number of draws
        seed : of them

        Returns
        -------
        Logarithms of time and of power, shape ``(many, count)`` each.
        """
        random = np.random.default_rng(seed)
        likely = np.searchsorted(np.cumsum(self.weights), (np.arange(many) + 0.5) / many)
        rows = random.permutation(np.minimum(likely, len(self.weights) - 1))
        level = rows // (len(self.weights) // len(SMOOTHER))
        parts = []
        for part, mean in enumerate((self.log_time(), self.log_power())):
            away = random.normal(size=(many, self.count))
            for own in np.unique(level):
                away[level == own] = away[level == own] @ _root(self.rough[own, part])
            parts.append(mean[rows] + away)
        return parts[0], parts[1]

    def roughness(self, weights: tuple[float, float], anchor: int) -> Array:
        """Standard deviation, within a draw, of a weighted sum of both logarithms at each setting, less that elsewhere.

        Parameters
        ----------
        weights : of time and of power
        anchor : place that it is held against

        Returns
        -------
        Shape ``(count,)``; 0 at the anchor.
        """
        shares = self.weights.reshape(len(SMOOTHER), -1).sum(axis=1)
        rough = np.einsum("l,lpab->pab", shares, self.rough)
        block = weights[0] ** 2 * rough[0] + weights[1] ** 2 * rough[1]
        own = np.diag(block)
        return np.asarray(np.sqrt(np.maximum(own + own[anchor] - 2 * block[:, anchor], 0.0)))


def _root(covariance: Array) -> Array:
    """Its symmetric root, which also one that is not of full rank has."""
    sizes, directions = np.linalg.eigh(covariance)
    return np.asarray((directions * np.sqrt(np.maximum(sizes, 0.0))) @ directions.T)
