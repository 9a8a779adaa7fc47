"""A step of a tuned engine: who tunes keeps the engine as it comes where that is the faster of the two."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.step import Step


def no_slower(tuned: Step, usual: Step) -> Step:
    """The tuned step with no more seconds and no more joules than the usual one, in each draw.

    Parameters
    ----------
    tuned, usual : the same step under both engines

    Returns
    -------
    The step; its operations are those of the engine that is faster in the mean.
    """
    time = np.minimum(tuned.time_s, usual.time_s)
    energy = np.minimum(tuned.energy_j, usual.energy_j)
    shown = tuned if float(np.mean(tuned.time_s)) <= float(np.mean(usual.time_s)) else usual
    return Step(shown.operations, shown.joules, time, np.asarray(energy / time))


def lesser_part(
    tuned: tuple[Array, ...], usual: tuple[Array, ...], static_w: float, pace: float = 0.0
) -> tuple[Array, Array]:
    """A part of a step before the power limit: the shorter time, and the fewer joules beyond static power.

    Parameters
    ----------
    tuned, usual : seconds and joules of the part under both engines, of one shape [s, J]
    static_w : power that goes with time alone [W]
    pace : share of the usual engine's longer time that the tuned one waits, 0 to 1

    Returns
    -------
    Seconds and joules, of that shape.
    """
    time = np.minimum(tuned[0], usual[0])
    time = time + pace * (usual[0] - time)
    moving = np.minimum(tuned[1] - static_w * tuned[0], usual[1] - static_w * usual[0])
    return np.asarray(time), np.asarray(static_w * time + moving)


def tuned_factors(time: Array | float, power: Array | float) -> tuple[Array, Array]:
    """What a tuned engine's steps of a known model are beside the chip model's: what a default one reaches, it reaches.

    Parameters
    ----------
    time, power : measured over predicted, of a default engine

    Returns
    -------
    Factors of time and of power, neither seconds nor joules above the model's.
    """
    seconds = np.minimum(time, 1.0)
    return seconds, np.asarray(np.minimum(np.multiply(time, power), 1.0) / seconds)
