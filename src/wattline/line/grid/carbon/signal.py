"""What a grid's electricity carries by the hour. Average and marginal intensity are different types and never mix.

An *average* intensity is what all of a grid's power stations emit for a kilowatt-hour: an account of emissions takes it
(GHG Protocol, Scope 2 Guidance). A *marginal* one is what the station emits that answers one kilowatt-hour more: a
change of load causes it. A sum, a mean or a difference of the two says nothing, so none is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self, TypeVar

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.units import DAY_S

Times = np.ndarray[Any, np.dtype[np.datetime64]]
Scope = Literal["lifecycle", "direct"]
MIN_REPEATED_S = 364 * DAY_S  # a series as long as this repeats from year to year
SCOPES: tuple[Scope, ...] = ("lifecycle", "direct")


class MixedSignals(WattlineError):
    """Two signals that say different things were put together, such as an average and a marginal intensity."""


@dataclass(frozen=True, eq=False)
class HourlySignal:
    """Numbers over one regular time, each the mean of its step.

    Attributes
    ----------
    start
        Begin of the first step, UTC, ``datetime64[s]``.
    step_s
        Length of a step [s].
    values
        Mean of each step in ``unit``, shape ``(n_steps,)``; finite.
    zone
        Grid or market that they are of; empty where nobody says.
    source
        Who published them.
    modelled
        Whether they were modelled, not reported.
    notes
        What was taken for granted or repaired.
    """

    kind: ClassVar[str] = "signal"
    unit: ClassVar[str] = ""

    start: np.datetime64
    step_s: float
    values: Array
    zone: str = ""
    source: str = ""
    modelled: bool = False
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        values = np.array(self.values, float)
        if values.ndim != 1 or not len(values):
            raise WattlineError(f"{self.kind}: needs a row of one step or more, not {values.shape}")
        if not np.isfinite(values).all():
            missing = int(np.argmin(np.isfinite(values)))
            raise WattlineError(f"{self.kind}: step {missing} has no number; a gap is never zero")
        if not 0 < self.step_s < np.inf:
            raise WattlineError(f"{self.kind}: step of {self.step_s} s must be greater than zero")
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "start", self.start.astype("datetime64[s]"))

    @property
    def utc(self) -> Times:
        """Begin of each step, UTC, ``datetime64[s]``."""
        return np.asarray(self.start + np.round(np.arange(len(self.values)) * self.step_s).astype("timedelta64[s]"))

    @property
    def end(self) -> np.datetime64:
        """End of the last step, UTC."""
        return self.start + np.timedelta64(round(self.duration_s), "s")

    @property
    def duration_s(self) -> float:
        return len(self.values) * self.step_s

    @property
    def mean(self) -> float:
        """Mean over its whole time."""
        return float(self.values.mean())

    @property
    def repeats(self) -> bool:
        """Whether it is a year or longer, and so stands for other years too."""
        return self.duration_s >= MIN_REPEATED_S

    @cached_property
    def _swing(self) -> Array:
        """The integral of what lies above the mean, at each edge of a step: small numbers, which keep their digits."""
        return np.concatenate([[0.0], np.cumsum(self.values - self.mean)]) * self.step_s

    def until(self, time_s: Array) -> Array:
        """The integral of the signal from its start.

        Parameters
        ----------
        time_s
            Seconds since the start, any shape. A year or longer repeats before its start and after its end.

        Returns
        -------
        Array
            Values times seconds, of the shape of ``time_s``.

        Raises
        ------
        WattlineError
            Where a shorter series does not reach so far.
        """
        return np.asarray(self.mean * np.asarray(time_s, float) + self._swung(time_s))

    def _swung(self, time_s: Array) -> Array:
        time = np.asarray(time_s, float)
        if self.repeats:
            time = np.mod(time, self.duration_s)
        elif np.any(time < -1e-6) or np.any(time > self.duration_s * (1 + 1e-12) + 1e-6):
            worst = float(np.min(time)) if np.any(time < -1e-6) else float(np.max(time))
            at = self.start + np.timedelta64(round(worst), "s")
            raise WattlineError(
                f"{self.kind}{self._of()}: the series is from {self.start} to {self.end} UTC, and {at} lies outside; "
                "give a longer file, another --start, or a whole year, which repeats"
            )
        edges = np.arange(len(self.values) + 1) * self.step_s
        return np.asarray(np.interp(time, edges, self._swing))

    def means(self, edges_s: Array) -> Array:
        """Means between times one after the other.

        Parameters
        ----------
        edges_s
            Seconds since the start, rising along the last axis, shape ``(..., n + 1)``.

        Returns
        -------
        Array
            Shape ``(..., n)``, in ``unit``.
        """
        edges = np.asarray(edges_s, float)
        made = self.mean + np.diff(self._swung(edges), axis=-1) / np.diff(edges, axis=-1)
        return np.clip(made, self.values.min(), self.values.max())  # a mean lies within, whatever rounding says

    def resampled(self, step_s: float) -> Self:
        """The same series in other steps; its integral is kept.

        Raises
        ------
        WattlineError
            Where its time is no whole number of such steps.
        """
        count = round(self.duration_s / step_s)
        if count < 1 or abs(count * step_s - self.duration_s) > 1e-6:
            raise WattlineError(f"{self.kind}: {self.duration_s:g} s are no whole number of steps of {step_s:g} s")
        return replace(self, step_s=step_s, values=self.means(np.asarray(np.arange(count + 1) * step_s, float)))

    def seconds_to(self, utc: np.datetime64) -> float:
        """Seconds from the start to a time in UTC."""
        return (_microseconds(utc) - _microseconds(self.start)) / 1e6

    def _of(self) -> str:
        return f" of {shorten(self.zone, 40)}" if self.zone else ""

    def __add__(self, other: object) -> Self:
        raise MixedSignals(f"{self.kind}: signals are not added; weigh them with blend()")

    __radd__ = __sub__ = __rsub__ = __add__


@dataclass(frozen=True, eq=False)
class AverageIntensity(HourlySignal):
    """g CO2e of a kilowatt-hour of all of a grid's generation, of the life cycle or of the stacks alone (direct)."""

    kind: ClassVar[str] = "average carbon intensity"
    unit: ClassVar[str] = "g/kWh"

    scope: Scope = "lifecycle"

    def __post_init__(self) -> None:
        super().__post_init__()
        _not_negative(self)


@dataclass(frozen=True, eq=False)
class MarginalIntensity(HourlySignal):
    """g CO2e that one kilowatt-hour more of load causes at the plants which answer it."""

    kind: ClassVar[str] = "marginal carbon intensity"
    unit: ClassVar[str] = "g/kWh"


@dataclass(frozen=True, eq=False)
class HourlyPrice(HourlySignal):
    """USD of a kilowatt-hour; below zero where a market pays for taking it."""

    kind: ClassVar[str] = "price"
    unit: ClassVar[str] = "USD/kWh"


@dataclass(frozen=True, eq=False)
class CleanShare(HourlySignal):
    """Share of a grid's generation that is free of carbon, 0 to 1."""

    kind: ClassVar[str] = "carbon-free share"
    unit: ClassVar[str] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _not_negative(self)
        if np.any(self.values > 1 + 1e-9):
            raise WattlineError(f"{self.kind}{self._of()}: {self.values.max():g} is above 1; give shares or percent")


def _microseconds(time: np.datetime64) -> int:
    return int(time.astype("datetime64[us]").astype(np.int64))


def _not_negative(signal: HourlySignal) -> None:
    if np.any(signal.values < 0):
        at = int(np.argmax(signal.values < 0))
        raise WattlineError(f"{signal.kind}: {signal.values[at]:g} {signal.unit} at {signal.utc[at]} UTC is below zero")


Signal = TypeVar("Signal", bound=HourlySignal)


def blend(signals: Sequence[Signal], weights: Sequence[float]) -> Signal:
    """The weighted mean of signals of one kind.

    Parameters
    ----------
    signals
        One or more, of one type and scope over the same steps.
    weights
        Weight of each, 0 or more; they are divided by their sum.

    Returns
    -------
    HourlySignal
        Of the same type.

    Raises
    ------
    MixedSignals
        Where an average meets a marginal intensity, a life cycle a direct one, or a carbon intensity a price.
    WattlineError
        Where their steps differ or the weights do not sum to more than zero.
    """
    first = signals[0]
    for other in signals[1:]:
        same_kind(first, other)
        if other.start != first.start or other.step_s != first.step_s or len(other.values) != len(first.values):
            raise WattlineError(f"{first.kind}: the series have different steps; resample them first")
    shares = np.asarray(weights, float)
    if len(shares) != len(signals) or np.any(shares < 0) or not shares.sum() > 0:
        raise WattlineError(f"{first.kind}: {len(signals)} series need as many weights of zero or more")
    values = np.stack([signal.values for signal in signals])
    return replace(first, values=shares / shares.sum() @ values, modelled=any(s.modelled for s in signals))


def same_kind(first: HourlySignal, other: HourlySignal) -> None:
    """Raise MixedSignals unless both say the same thing.

    Parameters
    ----------
    first, other
        Signals that would be held against each other or put together.

    Raises
    ------
    MixedSignals where the two differ in kind or in scope.
    """
    scopes = [getattr(signal, "scope", "") for signal in (first, other)]
    if type(first) is not type(other) or scopes[0] != scopes[1]:
        names = [
            f"{kind}{f' ({scope})' if scope else ''}"
            for kind, scope in zip((first.kind, other.kind), scopes, strict=True)
        ]
        raise MixedSignals(f"{names[0]} and {names[1]} are different signals: they are never mixed")
