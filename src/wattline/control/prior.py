"""What the chip model expects of a limit before anything is measured: time and power against the limit, with doubt.

Draws of what is not known of the work (how much it draws without a limit, how much of its time waits for memory, links
or the host) and of the chip (static power, how energy falls with the clock) are put through the chip model's answer to
a limit. They are the prior; what the model lacks (plateaus, steps of the clock) is a rough function on top of
each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline import catalog
from wattline.core.fact import Array
from wattline.line.chip.step import clock_under_limit

DRAWS = 1000
SEED = 20
NATURAL = (0.45, 1.15)  # of the highest limit: what work draws without one
WAITING = (0.0, 0.8)  # of its time: what does not grow as the clock falls
STATIC = (0.1, 0.4)  # of the highest limit: power that does not fall with the clock
EXPONENT = (0.5, 1.8)
ROUGH = 0.025  # standard deviation of what the model lacks, in logarithms
ROUGH_LENGTH = 0.08  # of the range of limits, over which that changes
MIN_CLOCK = 0.02
MAX_STATIC = 0.8  # of the least power that a limit lets through


@dataclass(frozen=True, eq=False)
class CurvePrior:
    """Draws of the logarithms of time, then power, over a grid of settings, and the covariance of what either lacks.

    ``draws`` of shape ``(n_draws, 2 n)``, over those at the last setting, the limit that stood; ``rough`` ``(n, n)``.
    """

    draws: Array
    rough: Array


def curves(share: Array, draws: int = DRAWS) -> tuple[Array, Array]:
    """Draws of the logarithms of time and power against the limit.

    Parameters
    ----------
    share : limits over the last of them, ascending, shape ``(n,)``
    draws : number of draws

    Returns
    -------
    Time and power over those at the last limit, shape ``(draws, n)`` each.
    """
    random = np.random.default_rng(SEED)
    natural, waiting, static, exponent = (
        random.uniform(*ends, (draws, 1)) for ends in (NATURAL, WAITING, STATIC, EXPONENT)
    )
    reach = catalog.fact("fit.step-limit-reach").value
    static = np.minimum(static, MAX_STATIC * np.minimum(natural, reach * share[0]))
    clock = np.maximum(clock_under_limit(reach * share, static, natural - static, exponent), MIN_CLOCK)
    time = np.log(waiting + (1 - waiting) / clock)
    power = np.log(static + (natural - static) * clock ** (1 + exponent))
    return time - time[:, -1:], power - power[:, -1:]


def clock_curves(share: Array, draws: int = DRAWS) -> tuple[Array, Array]:
    """The same against the highest clock instead of a limit of power.

    Parameters
    ----------
    share : of the highest clock, 0 to 1, shape (points,)
    draws : number of curves

    Returns
    -------
    Logs of time and power beside those at the last point, shape (draws, points) each.
    """
    random = np.random.default_rng(SEED)
    reached, waiting, static, exponent = (
        random.uniform(*ends, (draws, 1)) for ends in ((0.6, 1.0), WAITING, STATIC, EXPONENT)
    )
    clock = np.maximum(np.minimum(share, reached), MIN_CLOCK)
    time = np.log(waiting + (1 - waiting) / clock)
    power = np.log(static + (1 - static) * clock ** (1 + exponent))
    return time - time[:, -1:], power - power[:, -1:]


def prior(settings: Array, knob: str = "power") -> CurvePrior:
    """The prior over a grid of settings.

    Parameters
    ----------
    settings : ascending, the last the limit that stood [W or MHz], shape ``(n,)``
    knob : power, clock, or anything else for a setting of which nothing is known

    Returns
    -------
    Draws, and the covariance of what is added to each.
    """
    count = len(settings)
    apart = np.abs(settings[:, None] - settings[None, :]) / max(float(np.ptp(settings)), 1e-9) / ROUGH_LENGTH
    rough = ROUGH**2 * (1 + np.sqrt(3) * apart) * np.exp(-np.sqrt(3) * apart)
    if knob not in ("power", "clock"):
        return _unknown(count)
    time, power = (curves if knob == "power" else clock_curves)(settings / settings[-1])
    return CurvePrior(np.concatenate([time, power], axis=1), rough)


UNKNOWN = 0.3  # standard deviation of a setting of which nothing is known


def _unknown(count: int) -> CurvePrior:
    """Settings that tell nothing of each other, such as batch sizes, but that near ones are somewhat alike."""
    place = np.arange(count)
    alike = UNKNOWN**2 * np.exp(-np.abs(place[:, None] - place[None, :]) / 3.0)
    return CurvePrior(np.zeros((1, 2 * count)), alike)
