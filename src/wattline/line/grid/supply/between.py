"""How wind and sun may behave in a region that was not fitted: about the mean of those that were, and as far from it
as they lie from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from scipy.special import stdtrit

from wattline.core.fact import Array, normal_quantile
from wattline.core.units import Z95
from wattline.line.grid.supply.made import WindSun

MAX_DEVIATE = 2.0  # of a normal: a handful of regions says nothing of what is rarer
TAIL = 0.95  # the percentile at which the spread is right
MEMORIES = ("long_h", "short_h", "day_memory_h")  # spread by their logarithms
SHARES = ("noise", "day_share", "sun_memory", "sun_slow_share")
MAX_SHARE = 0.95
MIN_SPREAD = 0.05  # of a day's sun, over its month's mean


def mixed_region(kinds: Sequence[WindSun], deviates: Array) -> WindSun:
    """A region of the same family as those given, which is none of them.

    Parameters
    ----------
    kinds : behaviours of regions, each at the place that is meant
    deviates : normal deviates, ``(n_kinds,)``; all zero for the mean of the regions

    Returns
    -------
    Behaviour whose departure from the mean spreads as the regions' own do, widened for how few they are: as Student's
    distribution at the 95th percentile does beside the normal one.
    """
    count = len(kinds)
    scale = np.sqrt((1 + 1 / count) / (count - 1)) * stdtrit(count - 1, TAIL) / Z95 if count > 1 else 0.0
    made = {each.name: _blend(each.name, kinds, deviates * scale) for each in fields(WindSun)}
    made["short_h"] = min(made["short_h"], made["long_h"])
    return WindSun(**made)


def _blend(name: str, kinds: Sequence[WindSun], weights: Array) -> Any:
    values = np.stack([np.asarray(getattr(each, name), float) for each in kinds])
    if name in MEMORIES:
        values = np.log(values)
    mean = values.mean(axis=0)
    moved = mean + np.tensordot(weights, values - mean, axes=1)
    if name in MEMORIES:
        return float(np.exp(moved))
    if name in SHARES:
        return float(np.clip(moved, 0.0, MAX_SHARE))
    if name in ("wind_levels", "sun_levels"):  # read by interpolation: they rise
        moved = np.maximum.accumulate(moved)
    if name in ("wind_levels", "sun_mean"):
        return np.clip(moved, 0.0, 1.0)
    return np.maximum(moved, MIN_SPREAD) if name.endswith("_spread") else moved


def even_deviates(draw: int, count: int) -> Array:
    """Normal deviates that fill their space evenly from the first draws on, so that few draws show the whole spread.

    Parameters
    ----------
    draw : which, from 0
    count : of deviates

    Returns
    -------
    Shape ``(count,)``, each within ``MAX_DEVIATE``; Halton's sequence (1960), a prime base each.
    """
    shares = np.array([_reversed(draw + 1, base) for base in _primes(count)])
    return np.clip(normal_quantile(shares), -MAX_DEVIATE, MAX_DEVIATE)


def _reversed(number: int, base: int) -> float:
    """The digits of a number behind the point, the last first."""
    share, place = 0.0, 1.0 / base
    while number:
        number, digit = divmod(number, base)
        share += digit * place
        place /= base
    return share


def _primes(count: int) -> list[int]:
    primes: list[int] = []
    number = 2
    while len(primes) < count:
        if all(number % prime for prime in primes):
            primes.append(number)
        number += 1
    return primes
