"""The coefficients of the world's paths, fitted again to fewer figures: what is left out must not have shaped them.

The mode of evidence times prior, as `wattline calibrate world` seeks it, here by Fisher scoring from the mode of all
figures: the covariance of the figures is differentiated by each coefficient, so that a step needs one inverse. The
curvature is taken where it sets out, and stays: the mode is where the slope is none, whatever the way to it. It ends
where no coefficient moves by more than two thousandths.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.algebra import solve_lower, times
from wattline.line.world.expected import paths_known
from wattline.line.world.observe import Posterior
from wattline.line.world.path_model import PathModel, stated_model
from wattline.line.world.published import PublishedFigure
from wattline.validate.fit.world import BOUND, FITTED, move, prior_spreads

DIFFERENCE = 1e-4  # of a coefficient's logarithm, to differentiate by
MAX_STEP = 0.3  # of a coefficient's logarithm in a round: the metric holds about where it was taken
MAX_ROUNDS = 12
CLOSE = 2e-3


def refit_paths(rows: Sequence[PublishedFigure], origin: int, start: PathModel) -> PathModel:
    """Coefficients at the mode of their posterior.

    Parameters
    ----------
    rows : the figures to fit
    origin : year whose knowledge of chips the growth may use
    start : coefficients to set out from

    Returns the coefficients of these figures.
    """
    base, weights = stated_model(), prior_spreads() ** -2
    steps = np.log([getattr(start, name) / getattr(base, name) for name in FITTED])
    curvature = None
    for _ in range(MAX_ROUNDS):
        slope, curvature = evidence_slope(rows, origin, steps, curvature)
        change = np.linalg.solve(curvature + np.diag(weights), slope - weights * steps)
        change = np.clip(change, -MAX_STEP, MAX_STEP)
        steps = np.clip(steps + change, -BOUND, BOUND)
        if np.abs(change).max() < CLOSE:
            break
    return move(base, steps)


def evidence_slope(
    rows: Sequence[PublishedFigure], origin: int, steps: Array, curvature: Array | None = None
) -> tuple[Array, Array]:
    """Slope of the logarithm of the evidence by each coefficient's logarithm, and its expected curvature (Fisher).

    Parameters
    ----------
    rows : the figures
    origin : year whose knowledge of chips the growth may use
    steps : logarithm of each coefficient over its stated value, shape ``(n_coefficients,)``
    curvature : that is known already, shape ``(n_coefficients, n_coefficients)``; calculated by default

    Returns shapes ``(n_coefficients,)`` and ``(n_coefficients, n_coefficients)``.
    """
    posterior = _posterior(rows, origin, steps)
    total = posterior.paths.counted(posterior.figures)
    whitening = solve_lower(posterior.factor, np.eye(len(total)))
    inverse = times(whitening.T, whitening)
    weights = inverse @ posterior.residual
    slope, scaled = [], []
    for i in range(len(steps)):
        aside = steps.copy()
        aside[i] += DIFFERENCE
        rise = (_counted(posterior, move(stated_model(), aside), origin) - total) / DIFFERENCE
        slope.append(0.5 * float(weights @ rise @ weights - (inverse * rise).sum()))
        if curvature is None:
            scaled.append(times(inverse, rise))
    if curvature is not None:
        return np.array(slope), curvature
    flat = np.array([each.ravel() for each in scaled])
    turned = np.array([each.T.ravel() for each in scaled])
    return np.array(slope), 0.5 * times(flat, turned.T)


def _posterior(rows: Sequence[PublishedFigure], origin: int, steps: Array) -> Posterior:
    return Posterior(paths_known(origin, move(stated_model(), steps)), rows)


def _counted(posterior: Posterior, model: PathModel, origin: int) -> Array:
    """Covariance of a posterior's figures under other coefficients."""
    figures = posterior.figures
    return paths_known(origin, model).counted(type(figures).of(figures.rows, model))
