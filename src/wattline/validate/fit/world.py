"""The coefficients of the world's paths, fitted to published figures by their evidence; the posterior about its mode.

The mode of evidence times prior is sought from one start, so that the same figures give the same file; the standard
deviations are those of the normal distribution that has its curvature there (Laplace).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.backtest import ORIGINS, known_at
from wattline.line.world.expected import paths_known
from wattline.line.world.observe import Posterior
from wattline.line.world.path_model import PathModel, stated_model
from wattline.line.world.published import PublishedFigure
from wattline.line.world.tables import stated_number

FITTED = (
    "growth_sd", "common_sd", "common_years", "place_sd", "place_years", "place_growth_sd", "place_step_sd", "level_sd",
    "kin_sd", "company_growth_sd", "company_sd", "company_years", "world_scatter", "us_scatter", "china_scatter",
    "scatter", "edition_sd", "national_edition_sd", "wide_edition_sd", "shared_sd", "company_noise_sd",
    "bottom_up_sd", "top_down_sd", "extrapolation_sd", "forecast_sd", "capacity_sd",
)  # fmt: skip
BOUND = 2.0
STEP = 0.02
NOW = 2026
HEAD = """\
# Coefficients of `line/world/observe.py` by origin: fitted to the figures of published.csv that were published by the
# end of that year; sd is that of the logarithm (Laplace). Made by `wattline calibrate world`; do not edit.
origin,coefficient,value,sd,figures
"""


def move(base: PathModel, steps: Array) -> PathModel:
    """The coefficients with their logarithms moved.

    Parameters
    ----------
    base : the coefficients
    steps : by which the logarithms of those in ``FITTED`` rise, in its order

    Returns
    -------
    Other coefficients.
    """
    pairs = zip(FITTED, steps, strict=True)
    return replace(base, **{name: float(getattr(base, name) * np.exp(step)) for name, step in pairs})


def prior_spreads() -> Array:
    """Standard deviation of each coefficient's logarithm about its stated value, before any figure."""
    return np.array(
        [stated_number("company-prior-sd" if name.startswith("company_") else "prior-sd") for name in FITTED]
    )


def fit_paths(rows: Sequence[PublishedFigure], origin: int) -> tuple[PathModel, Array]:
    """Coefficients at the mode of their posterior, and the standard deviation of each one's logarithm.

    Parameters
    ----------
    rows : the figures to fit
    origin : year whose knowledge of chips the growth may use

    Returns
    -------
    Both, in that order.
    """
    from scipy.optimize import minimize

    base, spreads = stated_model(), prior_spreads()

    def loss(steps: Array) -> float:
        prior = 0.5 * float(np.sum((steps / spreads) ** 2))
        return prior - Posterior(paths_known(origin, move(base, steps)), rows).log_evidence

    start = np.zeros(len(FITTED))
    result = minimize(loss, start, method="L-BFGS-B", bounds=[(-BOUND, BOUND)] * len(FITTED), options={"maxiter": 20})
    mode = np.asarray(result.x)
    return move(base, mode), deviations(loss, mode, spreads)


def deviations(loss: Callable[[Array], float], mode: Array, spreads: Array) -> Array:
    """Standard deviation of each coefficient's logarithm, from the curvature of the loss along it.

    Parameters
    ----------
    loss : of the steps from the prior's logarithms
    mode : steps of the least loss, shape (coefficients,)
    spreads : of each before any figure, which stands where the curvature tells none, shape (coefficients,)

    Returns
    -------
    Shape (coefficients,).
    """
    at_mode, made = loss(mode), []
    for i in range(len(mode)):
        step = np.zeros(len(mode))
        step[i] = STEP
        curvature = (loss(mode + step) - 2 * at_mode + loss(mode - step)) / STEP**2
        made.append(1 / np.sqrt(curvature) if curvature > spreads[i] ** -2 / 4 else spreads[i])
    return np.array(made)


def calibrate(rows: Sequence[PublishedFigure], progress: Callable[[str], None]) -> str:
    """The text of ``catalog/world/coefficients.csv``.

    Parameters
    ----------
    rows : all published figures
    progress : called with each origin before its fit

    Returns
    -------
    A line an origin.
    """
    lines = []
    for origin in (*ORIGINS, NOW):
        progress(str(origin))
        known = known_at(rows, origin)
        model, sd = fit_paths(known, origin)
        lines += [
            f"{origin},{name},{getattr(model, name):.4g},{spread:.3g},{len(known)}\n"
            for name, spread in zip(FITTED, sd, strict=True)
        ]
    return HEAD + "".join(lines)
