"""A figure as it is shown: what it is called, how it was reached, its range and its unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wattline.claim.evaluate import quantity
from wattline.claim.units import larger_unit, magnitude, spell
from wattline.core.fact import Fact
from wattline.core.quantity import trim
from wattline.core.range import Range

_PLURAL = {"search": "searches", "person": "people"} | {
    word: f"{word}s" for word in ("chip", "day", "home", "image", "month", "request", "token", "year")
}


@dataclass(frozen=True)
class Figure:
    """One line of arithmetic: ``value`` is a number, or a range where it rests on facts that have one."""

    name: str
    formula: str
    range: Range
    exact: bool
    unit: str

    def json(self) -> dict[str, Any]:
        head = {"name": self.name, "formula": self.formula, "value": self.value, "unit": self.unit}
        return head | {"words": self.middle}

    @property
    def value(self) -> float | dict[str, float]:
        return self.range.p50 if self.exact else self.range.json()

    def __str__(self) -> str:
        """``1,287 MWh``, with the range behind it where there is one."""
        return self.middle if self.exact else f"{self.middle} [{self.span}]"

    @property
    def plain(self) -> str:
        """The middle of the range without its unit."""
        return plain_number(self.range.p50)

    @property
    def middle(self) -> str:
        """The middle of the range with its unit, ``120 homes`` rather than ``120 home``."""
        if self.unit == "%":
            return f"{self.plain}%"
        head, *rest = self.unit.split("/")
        head = head if self.plain == "1" else _PLURAL.get(head, head)
        return f"{self.plain} {'/'.join((head, *rest))}".strip()

    @property
    def span(self) -> str:
        """From the 5th to the 95th percentile."""
        return f"{trim(self.range.p5, 3)}–{trim(self.range.p95, 3)}"


def plain_number(value: float) -> str:
    """A number as claims are read: three figures, four from 100 on."""
    return trim(value, 4 if abs(value) >= 100 else 3)


def figure(name: str, formula: str, value: Any, *, climb: bool, fact: Fact | None = None) -> Figure:
    """The figure of a quantity; ``climb`` picks the prefix that reads best; ``fact`` is all that it is.

    The middle of a fact that stands alone is its published value, not the median of its draws.

    Parameters
    ----------
    name : of the quantity
    formula : how it came to be, for people
    value : a number or draws with a unit
    climb : whether the prefix that reads best is picked
    fact : the fact that is all that it is, where it is one

    Returns the figure, with its range.
    """
    value = larger_unit(value) if climb else value
    drawn = magnitude(value)
    exact = drawn.ndim == 0 or bool(np.ptp(drawn) == 0)
    spread = Range.of(drawn)
    if fact is not None and not exact:
        middle = float(quantity(fact.value, fact.unit).to(value.units).magnitude)
        spread = replace(spread, p5=min(spread.p5, middle), p50=middle, p95=max(spread.p95, middle))
    return Figure(name, formula, spread, exact, spell(value.units))
