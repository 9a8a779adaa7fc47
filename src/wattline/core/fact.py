"""A ``Fact``: a number of the world with its range, its unit and its source, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.units import Z95

Distribution = Literal["fixed", "triangular", "lognormal", "uniform"]
Basis = Literal["measured", "published", "second hand", "from memory", "estimated", "derived", "given"]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """Where a number was read: title, year, and the page, table or address in it."""

    title: str
    year: int | None = None
    where: str = ""

    def __str__(self) -> str:
        return ", ".join(str(part) for part in (self.title, self.year, self.where) if part)


@dataclass(frozen=True)
class Fact:
    """A number of the world.

    ``dist`` says how it is drawn: ``fixed`` (exact); ``triangular`` (low and high are the bounds, value the
    mode); ``uniform`` (bounds); ``lognormal`` (low and high are p5 and p95, value the median; the two sides may
    differ in width). Facts with the same ``group`` are drawn at the same percentile.
    """

    key: str
    value: float
    low: float
    high: float
    unit: str
    source: Source
    dist: Distribution = "fixed"
    note: str = ""
    group: str = ""
    basis: Basis = "published"
    name: str = ""

    def __post_init__(self) -> None:
        if not (isfinite(self.value) and isfinite(self.low) and isfinite(self.high)):
            raise WattlineError(f"fact {self.key}: value, low and high must be finite numbers")
        if not self.low <= self.value <= self.high:
            raise WattlineError(f"fact {self.key}: value {self.value:g} is not within {self.low:g} to {self.high:g}")
        if self.dist == "lognormal" and self.low <= 0:
            raise WattlineError(f"fact {self.key}: a lognormal range must lie above zero")

    @property
    def exact(self) -> bool:
        """Whether every draw is the same."""
        return self.dist == "fixed" or self.low == self.high

    def quantile(self, percentile: Array | float) -> Array:
        """The value at ``percentile`` (0 to 1, any shape)."""
        u = np.asarray(percentile, dtype=float)
        if self.exact:
            return np.full(u.shape, self.value)
        if self.dist == "uniform":
            return self.low + u * (self.high - self.low)
        if self.dist == "lognormal":
            return _lognormal(u, self.low, self.value, self.high)
        return _triangular(u, self.low, self.value, self.high)

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """``count`` draws from the range, shape ``(count,)``.

        Parameters
        ----------
        count : number of draws
        rng : random numbers

        Returns the draws, in the fact's unit, shape ``(count,)``.
        """
        return self.quantile(rng.random(count))

    def json(self) -> dict[str, Any]:
        """The fact as plain data, its source in words."""
        data = {k: getattr(self, k) for k in ("key", "name", "value", "low", "high", "unit", "dist", "basis")}
        return data | {"source": str(self.source), "note": self.note}


def _triangular(u: Array, low: float, mode: float, high: float) -> Array:
    split = (mode - low) / (high - low)
    left = low + np.sqrt(u * (high - low) * (mode - low))
    right = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < split, left, right)


def _lognormal(u: Array, low: float, median: float, high: float) -> Array:
    z = normal_quantile(u)
    below, above = np.log(median / low) / Z95, np.log(high / median) / Z95
    return np.asarray(median * np.exp(z * np.where(z < 0, below, above)))


def normal_quantile(percentile: Array | float) -> Array:
    """The standard normal quantile, by table: exact to 1e-6 within ±4.7 standard deviations."""
    z, cdf = _normal_table()
    return np.asarray(np.interp(percentile, cdf, z))


def normal_share(deviates: Array | float) -> Array:
    """The share of a standard normal below each deviate, by the same table."""
    z, cdf = _normal_table()
    return np.asarray(np.interp(deviates, z, cdf))


@lru_cache(maxsize=1)
def _normal_table() -> tuple[Array, Array]:
    from math import erfc, sqrt

    z = np.linspace(-4.75, 4.75, 9501)
    return z, np.array([0.5 * erfc(-x / sqrt(2)) for x in z])


def user_fact(key: str, value: float, unit: str, name: str = "") -> Fact:
    """A number that the user gave: exact, and said to be theirs.

    Parameters
    ----------
    key : where the number stands among the facts, such as ``given.pue``
    value, unit : the number, and its unit
    name : what it is, in words

    Returns
    -------
    A fact without a range, whose source is the user.
    """
    return Fact(key, value, value, value, unit, Source("given by the user"), basis="given", name=name)
