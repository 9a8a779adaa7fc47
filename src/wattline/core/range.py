"""The two forms of a range, of draws and of a measurement; percentiles of many values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wattline.core import quantiles


@dataclass(frozen=True)
class Range:
    """What a quantity may be: its 5th, 50th and 95th percentile, and the mean of its draws."""

    p5: float
    p50: float
    p95: float
    mean: float

    @classmethod
    def of(cls, values: Any) -> Range:
        """The range of an array of draws (shape ``(n,)``) or of one number."""
        array = np.asarray(values, dtype=float)
        if array.ndim == 0:
            x = float(array)
            return cls(x, x, x, x)
        if array.ndim == 1 and array.size and np.isfinite(array).all():
            p5, p50, p95 = quantiles.percentiles(array, 5, 50, 95)  # as NumPy's to the last bit, in a third of its time
        else:
            p5, p50, p95 = np.percentile(array, (5, 50, 95))
        return cls(float(p5), float(p50), float(p95), float(array.mean()))

    def json(self) -> dict[str, float]:
        return {"p5": self.p5, "p50": self.p50, "p95": self.p95}

    def map(self, scale: float) -> Range:
        """The same range in a unit of ``1/scale``."""
        return Range(self.p5 * scale, self.p50 * scale, self.p95 * scale, self.mean * scale)


@dataclass(frozen=True)
class MeasuredValue:
    """What a meter says: the value, and the ends between which its error leaves the truth."""

    value: float
    low: float
    high: float

    def json(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high}

    def map(self, scale: float) -> MeasuredValue:
        """The same in a unit of ``1/scale``."""
        return MeasuredValue(self.value * scale, self.low * scale, self.high * scale)


def percentiles(
    values: NDArray[np.float64], percents: Sequence[float], *, mean: bool = False
) -> dict[str, float] | None:
    """Percentiles of what is known among many values, such as latencies of requests.

    Parameters
    ----------
    values : numeric, shape ``(n,)``; what is not finite is not known
    percents : which percentiles, 0 to 100
    mean : whether the mean stands before them

    Returns ``{"p50": …, "p90": …}``, or None where nothing is known.
    """
    finite = np.isfinite(values)
    known = values if finite.all() else values[finite]
    if not len(known):
        return None
    named = {f"p{p:g}": x for p, x in zip(percents, quantiles.percentiles(known, *percents), strict=True)}
    return {"mean": float(known.mean())} | named if mean else named
