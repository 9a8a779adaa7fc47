"""Least squares from near the end: a fit to most of the rows begins at the fit to all, where slopes hardly change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wattline.core.fact import Array

SLOPES, CHORDS, HALVES = 3, 4, 4  # times that slopes are taken anew, steps with the same, and halvings of a step
SETTLED, MOVED = 1e-4, 1e-2  # of the cost: a step's gain that is none, and one after which slopes are taken anew
EDGE = 1e-6


def descend(
    residuals: Callable[[Array], Array], slopes: Callable[[Array], Array], begin: Array, highest: Array
) -> Array:
    """The least sum of squares near ``begin``, by Gauss and Newton with slopes that are kept for some steps.

    Parameters
    ----------
    residuals : of a vector, shape ``(n,)``
    slopes : of the residuals, shape ``(n, parameters)``
    begin : where to begin, shape ``(parameters,)``
    highest : what no parameter passes

    Returns
    -------
    The vector, shape ``(parameters,)``.
    """
    at = np.minimum(begin, highest - EDGE)
    errors = residuals(at)
    for _ in range(SLOPES):
        before, steep = float(errors @ errors), slopes(at)
        for _ in range(CHORDS):
            trial, trial_errors = _shortened(residuals, at, errors, _step(steep, errors, at, highest), highest)
            gained = float(errors @ errors) - float(trial_errors @ trial_errors)
            at, errors = trial, trial_errors
            if gained < SETTLED * before:
                break
        if before - float(errors @ errors) < MOVED * before:
            break
    return at


def _step(steep: Array, errors: Array, at: Array, highest: Array) -> Array:
    """A step downhill; a parameter at its end stays there where the step would pass it."""
    free = np.ones(len(at), bool)
    step = np.zeros(len(at))
    for _ in range(2):
        step[:] = 0.0
        step[free] = -np.linalg.lstsq(steep[:, free], errors, rcond=None)[0]
        free &= ~((at >= highest - 2 * EDGE) & (step > 0))
    return step


def _shortened(
    residuals: Callable[[Array], Array], at: Array, errors: Array, step: Array, highest: Array
) -> tuple[Array, Array]:
    """The step, halved until the sum of squares falls; none where it never does."""
    for _ in range(HALVES):
        trial = np.minimum(at + step, highest - EDGE)
        trial_errors = residuals(trial)
        if float(trial_errors @ trial_errors) < float(errors @ errors):
            return trial, trial_errors
        step = step / 2
    return at, errors
