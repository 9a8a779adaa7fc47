"""Where to look, and what to choose, when the work may slow by no more than a share.

The best setting that keeps a slowdown stands at the edge of what does, where a look is worth most for telling what is
allowed. Joint draws of time and power at all settings give what each choice would lose: a saving that is not had, or a
slowdown that is broken. A look's worth is what the choice after it loses less than the choice now (the knowledge
gradient: Frazier, Powell and Dayanik, INFORMS Journal on Computing 21, 2009).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wattline.control.posterior import CurvePosterior
from wattline.core.fact import Array

DRAWS = 512  # joint draws of the curves
LOOKS = 64  # outcomes of a look, of as many of these draws
CANDIDATES = 8  # settings worth a look: those that are the best in most draws
CHOICES = 24  # settings that a look may lead to: those that are expected to lose least
SEED = 21
BREACH = 4.0  # what breaking the slowdown weighs over a saving of as much that is not had: kept 8 times in 10
MAX_LOSS = 10.0  # of a setting that may not be chosen
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class EdgeView:
    """Joint draws of what is known, and what each choice would lose in each, all of shape ``(n_draws, count)``.

    ``time``, ``power``: logarithms over those at the limit that stood. ``loss``: of what is made small, a share.
    """

    time: Array
    power: Array
    loss: Array

    def choice(self) -> int:
        """The setting that is expected to lose least."""
        return int(np.argmin(self.loss.mean(axis=0)))

    def worth(self, noise: Array) -> Array:
        """What a look at each setting, of two windows there, is expected to save of the loss.

        Parameters
        ----------
        noise : standard deviation of a window's logarithms of time and of power, shape ``(2,)``

        Returns
        -------
        Shape ``(count,)``; 0 where a setting is not among the candidates.
        """
        many, count = self.loss.shape
        seen = np.arange(LOOKS) * (many // LOOKS)
        errors = np.random.default_rng(SEED).normal(size=(2, LOOKS, 1)) * noise[:, None, None]
        best = np.bincount(self.loss.argmin(axis=1), minlength=count)
        worth = np.zeros(count)
        choices = self.loss[:, np.argsort(self.loss.mean(axis=0), kind="stable")[:CHOICES]]  # the choice now is first
        for place in np.argsort(-best, kind="stable")[:CANDIDATES]:
            apart = np.zeros((LOOKS, many))
            for part, error, sd in zip((self.time, self.power), errors, noise, strict=True):
                apart += ((part[seen, place][:, None] + error - part[:, place]) / sd) ** 2
            likely = np.exp(-0.5 * apart)
            likely[np.arange(LOOKS), seen] = TINY  # the draw that an outcome came from may not judge it
            losses = np.einsum("md,dn->mn", likely, choices) / (likely.sum(axis=1, keepdims=True) + TINY)
            worth[place] = (losses[:, 0] - losses.min(axis=1)).mean()
        return worth


def edge_view(
    posterior: CurvePosterior,
    reference: int,
    value: Callable[[Array, Array], Array],
    slowdown: float,
    permitted: Array,
) -> EdgeView:
    """What is known of the edge.

    Parameters
    ----------
    posterior : what is known so far
    reference : place of the limit that stood, which time and power are held against
    value : logarithm of what is made small, of logarithms of time and power over those at the reference
    slowdown : share by which a unit of work may take longer than there
    permitted : whether a setting may be chosen at all, 0 or 1, shape ``(count,)``

    Returns
    -------
    The view.
    """
    time, power = (part - part[:, [reference]] for part in posterior.sample(DRAWS, SEED))
    values, beyond = value(time, power), time - np.log1p(slowdown)
    keeps = (beyond <= 0) & (permitted > 0)
    keeps[:, reference] = True
    best = np.where(keeps, values, np.inf).min(axis=1, keepdims=True)
    broken = BREACH * (np.abs(values - best) + np.maximum(beyond, 0.0))
    loss = np.where(keeps, values - best, broken)
    return EdgeView(time, power, np.where(permitted > 0, loss, MAX_LOSS))
