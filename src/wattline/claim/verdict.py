"""How a verdict is reached: pure functions of numbers that share one unit.

What a claim states is an interval: ``equal`` a point (or the range of what it is compared with), ``at least``
and ``at most`` half a line, ``between`` two ends. A figure is as far off as it lies from that interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from wattline.core.range import Range

Verdict = Literal["holds", "holds roughly", "does not follow", "outdated", "cannot be checked"]
Relation = Literal["equal", "at least", "at most", "between"]
VERDICTS: tuple[Verdict, ...] = ("holds", "holds roughly", "does not follow", "outdated", "cannot be checked")
RELATIONS: tuple[Relation, ...] = ("equal", "at least", "at most", "between")


@dataclass(frozen=True)
class Grade:
    """How a figure compares with what is stated: a verdict, how far off it is, whether ranges meet."""

    verdict: Verdict
    off: float
    meets: bool


def interval(relation: Relation, low: Range, high: Range) -> tuple[float, float]:
    """The figures that make the statement true; ``low`` and ``high`` are the same but for ``between``."""
    if relation == "at least":
        return low.p50, math.inf
    if relation == "at most":
        return -math.inf, high.p50
    return min(low.p5, high.p5), max(low.p95, high.p95)


def grade(figure: Range, stated: tuple[float, float], holds: float, roughly: float, *, bound: bool = False) -> Grade:
    """Holds within ``holds`` of the statement, or where p5 to p95 meets it; else roughly; else not.

    A ``bound`` (at least, at most) is kept or missed: where the middle misses it, it holds roughly at best.
    """
    off = distance(figure.p50, stated)
    low, high = stated
    meets = figure.p5 <= high and figure.p95 >= low
    near = meets or abs(off) <= holds
    if near and not (bound and abs(off) > 1e-9):
        return Grade("holds", off, meets)
    return Grade("holds roughly" if near or abs(off) <= roughly else "does not follow", off, meets)


def distance(value: float, stated: tuple[float, float]) -> float:
    """How far a value lies below (negative) or above the interval, as a fraction of its nearest end."""
    low, high = stated
    if low <= value <= high:
        return 0.0
    end = low if value < low else high
    return (value - end) / abs(end) if end else math.copysign(math.inf, value)


def decide(arithmetic: Grade | None, newer: Grade | None) -> Verdict:
    """The verdict on a claim from its own arithmetic and from a newer figure, where it has them.

    What does not follow from its own premises never did, so that comes first; then what time has overtaken;
    then how well the arithmetic holds. A claim without arithmetic is as good as the newer figure says.
    """
    if arithmetic is not None and arithmetic.verdict == "does not follow":
        return "does not follow"
    if newer is not None and newer.verdict == "does not follow":
        return "outdated"
    best = arithmetic or newer
    return best.verdict if best is not None else "cannot be checked"
