"""How a verdict is reached: pure functions of draws that share one unit.

What a claim states is an interval: ``equal`` a point, ``at least`` and ``at most`` half a line, ``between`` two ends.
A figure is as far off as it lies from that interval, in each draw of the facts; what cancels out does so in each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from wattline.core.fact import Array

Verdict = Literal["holds", "holds roughly", "unproven", "undecided", "does not follow", "outdated", "cannot be checked"]
Relation = Literal["equal", "at least", "at most", "between"]
VERDICTS: tuple[Verdict, ...] = (
    "holds", "holds roughly", "unproven", "undecided", "does not follow", "outdated", "cannot be checked",
)  # fmt: skip
RELATIONS: tuple[Relation, ...] = ("equal", "at least", "at most", "between")
LIKELY = 0.5  # share of the draws that must agree for the figures to agree
LIKELY_BOUND = 0.75  # the same of a bound, which the widest range keeps in half of its draws
TAIL = 0.05  # of the draws on either side of what is stated, so that the shown range holds it
UNLIKELY = 1 / 3  # in fewer of the draws than this they do not agree, however wide the range


@dataclass(frozen=True)
class Grade:
    """How a figure compares with what is stated.

    Attributes
    ----------
    verdict : of the two figures alone
    off : how far their middles lie apart, as a fraction of what is stated
    probability : share of the draws in which they agree at least roughly
    """

    verdict: Verdict
    off: float
    probability: float


Interval = tuple[Array | float, Array | float]


def interval(relation: Relation, low: Array | float, high: Array | float) -> Interval:
    """The figures that make the statement true; ``low`` and ``high`` are the same but for ``between``.

    Parameters
    ----------
    relation : how the claim states its figure
    low, high : the figures, draws of shape ``(n_draws,)`` or numbers, in one unit

    Returns the lowest and the highest figure.
    """
    if relation == "at least":
        return low, math.inf
    if relation == "at most":
        return -math.inf, high
    return low, high


def grade(
    draws: Array, middle: float, stated: tuple[Interval, Interval], holds: float, roughly: float, *, bound: bool = False
) -> Grade:
    """Holds where the middles agree within ``holds`` and most draws agree roughly; undecided where the range is too
    wide to tell.

    Parameters
    ----------
    draws : of the figure, a number or shape ``(n_draws,)``
    middle : the figure as it is shown
    stated : what is stated as an interval, in each draw and as it is shown, in the same unit
    holds, roughly : how far off may be, as a fraction
    bound : whether a bound (at least, at most) is stated: where the middle misses it, it holds roughly at best

    Returns
    -------
    The grade, how far off the middle is, and the probability that both agree roughly.
    """
    off = float(distance(middle, stated[1]))
    apart = np.abs(distance(draws, stated[0]))
    probability = float(np.mean(apart <= roughly + 1e-9))
    if abs(off) > roughly:
        open_still = probability >= UNLIKELY or (not bound and _is_within(draws, stated[0], roughly))
        return Grade("undecided" if open_still else "does not follow", off, probability)
    if probability < (LIKELY_BOUND if bound else LIKELY):
        return Grade("undecided", off, probability)
    near = abs(off) <= (1e-9 if bound else holds)
    return Grade("holds" if near else "holds roughly", off, probability)


def _is_within(draws: Array, stated: Interval, roughly: float) -> bool:
    """Whether what is stated lies within the shown range of the figure, from its 5th to its 95th percentile, and that
    is wider than a band of ``roughly`` about any figure could hold."""
    low, high = np.quantile(np.asarray(draws, float), (TAIL, 1 - TAIL))
    apart = distance(draws, stated)
    inside = np.mean(apart <= 0) >= TAIL and np.mean(apart >= 0) >= TAIL
    return bool(inside and high * (1 - roughly) > low * (1 + roughly))


def distance(value: Array | float, stated: Interval) -> Array:
    """How far a value lies below (negative) or above the interval, as a fraction of its nearest end.

    Parameters
    ----------
    value : what came out, any shape
    stated : both ends of what is claimed, in the same unit

    Returns
    -------
    A fraction of the nearest end, of the same shape; 0 within.
    """
    low, high = np.asarray(stated[0], float), np.asarray(stated[1], float)
    values = np.asarray(value, float)
    end = np.where(values < low, low, high)
    with np.errstate(all="ignore"):
        part = np.where(end != 0, (values - end) / np.abs(end), np.copysign(np.inf, values - end))
    return np.where((low <= values) & (values <= high), 0.0, part)


def decide(arithmetic: Grade | None, newer: Grade | None) -> Verdict:
    """The verdict on a claim from its own arithmetic and from a newer figure, where it has them.

    What does not follow from its own premises never did, so that comes first; then what time has overtaken;
    then how well the arithmetic holds. A claim without arithmetic is as good as the newer figure says.

    Parameters
    ----------
    arithmetic : grade of the claim's own arithmetic; None where it has none
    newer : grade against a newer figure; None where there is none

    Returns the verdict.
    """
    if arithmetic is not None and arithmetic.verdict == "does not follow":
        return "does not follow"
    if newer is not None and newer.verdict == "does not follow":
        return "outdated"
    best = arithmetic or newer
    return best.verdict if best is not None else "cannot be checked"


def on_weak_evidence(given: Grade) -> Grade:
    """The same where what the statement is compared with proves nothing: an agreement is not more than that."""
    return replace(given, verdict="unproven") if given.verdict in ("holds", "holds roughly") else given
