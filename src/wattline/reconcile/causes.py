"""Why a measured energy is not the predicted one: by cause, ratios that multiply and energies that add, both exactly.

Energy of a group of parts = work × seconds per work × chips × watts per chip. The ratio of measured to predicted is the
product of the ratios of these; the difference is shared among them by their logarithms (logarithmic mean Divisia index:
Ang 2004, Energy Policy 32:1131-1139), which leaves no rest and does not depend on an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array

TINY = 1e-300


@dataclass(frozen=True, eq=False)
class MeteredGroup:
    """Parts that were metered together: joules predicted and measured, each a scalar or ``(draws,)``."""

    name: str
    parts: tuple[str, ...]
    predicted_j: Array
    measured_j: Array


@dataclass(frozen=True, eq=False)
class Cause:
    """One cause: measured over predicted, and the joules that it adds to the prediction; by draw."""

    name: str
    ratio: Array
    adds_j: Array


def log_mean(first: Array, second: Array) -> Array:
    """The logarithmic mean (a - b) / ln(a / b) of ``first`` and ``second``; ``first`` where both are alike.

    Parameters
    ----------
    first : above zero, any shape
    second : of the same shape

    Returns
    -------
    Of the same shape.
    """
    first, second = np.maximum(np.asarray(first, float), TINY), np.maximum(np.asarray(second, float), TINY)
    log = np.log(first / second)
    near = np.abs(log) < 1e-6
    return np.where(near, np.sqrt(first * second), (first - second) / np.where(near, 1.0, log))


def causes(groups: list[MeteredGroup], common: Mapping[str, Array], power_name: str = "watts per chip") -> list[Cause]:
    """Causes in order: the common ones, then each group's own power. A group's power ratio is what its energy ratio
    leaves after the common ones. All ``adds_j`` together are the measured energy less the predicted, in every draw.

    Parameters
    ----------
    groups : with their energies, measured and predicted
    common : name -> ratio measured over predicted, scalar or ``(n_draws,)``
    power_name : what a group's own ratio is called

    Returns the causes.
    """
    weight = {group.name: log_mean(group.measured_j, group.predicted_j) for group in groups}
    whole = np.asarray(sum(weight.values()))
    result = [Cause(name, np.asarray(ratio), np.asarray(whole * np.log(ratio))) for name, ratio in common.items()]
    shared = np.asarray(np.prod(np.broadcast_arrays(*common.values()), axis=0)) if common else np.asarray(1.0)
    for group in groups:
        energy = np.maximum(group.measured_j, TINY) / np.maximum(group.predicted_j, TINY)
        ratio = np.asarray(energy / shared)
        adds = group.measured_j - group.predicted_j - weight[group.name] * np.log(shared)
        result.append(Cause(f"{power_name}, {group.name}", ratio, np.asarray(adds)))
    return result
