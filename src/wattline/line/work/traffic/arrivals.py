"""When requests come: arrival processes as endless blocks of rising times, and the shape of a day or week laid on them.

A process is a function of a random generator that yields arrays of seconds; ``traffic_make.py`` cuts them to a window.
Each is stationary: it has no beginning, and its mean rate holds from the first second on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import DAY_S, HOUR_S
from wattline.line.work.traffic.summary import counts
from wattline.line.work.traffic.trace import Traffic

Process = Callable[[np.random.Generator], Iterator[Array]]
BLOCK = 2**18
_MAX_SEGMENTS = 2**16
_FEWEST = 1e-3  # requests a stay, below which states make no difference


def poisson_process(rate_per_s: float) -> Process:
    """Arrivals independent of each other, ``rate_per_s`` in the mean."""
    rate = check_rate(rate_per_s)

    def blocks(rng: np.random.Generator) -> Iterator[Array]:
        last = 0.0
        while True:
            times = last + np.cumsum(rng.standard_exponential(BLOCK)) / rate
            last = float(times[-1])
            yield times

    return blocks


def gamma_process(rate_per_s: float, cv: float) -> Process:
    """Gaps of a Gamma distribution whose deviation over mean is ``cv``: above 1 in bursts, below 1 more even.

    Parameters
    ----------
    rate_per_s : mean rate, requests/s
    cv : deviation over mean of the gaps; 1 is Poisson

    Returns
    -------
    What draws blocks of gaps [s].

    Raises
    ------
    WattlineError where the rate is not above 0, or ``cv`` not from 0.01 to 100.
    """
    rate = check_rate(rate_per_s)
    if not 0.01 <= cv <= 100:
        raise WattlineError(f"traffic: a coefficient of variation of {cv!r}; give 0.01 to 100 (1 is Poisson)")
    shape = cv**-2

    def blocks(rng: np.random.Generator) -> Iterator[Array]:
        # the window opens at any moment of a gap: such a gap is drawn by its length, and its rest is uniform in it
        last = float(rng.random() * rng.gamma(shape + 1) / shape / rate)
        yield np.array([last])
        while True:
            times = last + np.cumsum(rng.gamma(shape, size=BLOCK)) / shape / rate
            last = float(times[-1])
            yield times

    return blocks


def markov_process(rates_per_s: Sequence[float], dwell_s: Sequence[float]) -> Process:
    """Poisson arrivals whose rate jumps between states: each lasts ``dwell_s`` in the mean, then any other follows.

    The mean rate is ``markov_rate(rates_per_s, dwell_s)``. A rate may be 0.

    Parameters
    ----------
    rates_per_s : of each state [request/s]
    dwell_s : mean time in each [s]

    Returns the process: from random numbers, blocks of times in order [s]. Raises WattlineError where states change far
    faster than requests come.
    """
    rates, dwell = np.asarray(rates_per_s, float), np.asarray(dwell_s, float)
    if check_rate(markov_rate(rates, dwell)) * float(dwell.mean()) < _FEWEST:
        raise WattlineError("traffic: these states change far faster than requests come; that is Poisson traffic")

    def blocks(rng: np.random.Generator) -> Iterator[Array]:
        chooser, arrivals = rng.spawn(2)
        walk = _segments(rates, dwell, chooser)
        begin, area = 0.0, 0.0
        at, below = np.zeros(1), np.zeros(1)
        for unit in poisson_process(1.0)(arrivals):
            place = 0
            while place < unit.size:
                if unit[place] >= below[-1]:
                    length, rate = next(walk)
                    begin, area = float(at[-1]), float(below[-1])
                    at = begin + np.concatenate([[0.0], np.cumsum(length)])
                    below = area + np.concatenate([[0.0], np.cumsum(length * rate)])
                    continue
                stop = int(np.searchsorted(unit, below[-1]))
                yield _inverse(unit[place:stop], at, below)
                place = stop

    return blocks


def markov_rate(rates_per_s: Sequence[float] | Array, dwell_s: Sequence[float] | Array) -> float:
    """The mean rate of such states, each as likely to be entered as any other.

    Parameters
    ----------
    rates_per_s : requests a second in each state
    dwell_s : mean stay in each state [s]

    Returns requests a second.

    Raises
    ------
    WattlineError where there are fewer than two states, one lacks its stay, a rate is below 0 or a stay not above 0.
    """
    rates, dwell = np.asarray(rates_per_s, float), np.asarray(dwell_s, float)
    if rates.ndim != 1 or rates.shape != dwell.shape or rates.size < 2:
        raise WattlineError("traffic: give two or more states, each with its rate and its mean seconds")
    if not (np.isfinite(rates).all() and np.all(rates >= 0) and np.isfinite(dwell).all() and np.all(dwell > 0)):
        raise WattlineError("traffic: the rates of states must be zero or more, their mean seconds more than zero")
    return float(np.average(rates, weights=dwell))


def _segments(rates: Array, dwell: Array, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Stays in states, as blocks of their seconds and rates."""
    state = int(rng.choice(rates.size, p=dwell / dwell.sum()))
    while True:
        # each move leads to one of the other states, all alike
        moves = np.concatenate([[0], rng.integers(1, rates.size, _MAX_SEGMENTS)])
        states = (state + np.cumsum(moves)) % rates.size
        state = int(states[-1])
        visited = states[:-1]
        yield rng.standard_exponential(visited.size) * dwell[visited], rates[visited]


def _inverse(area: Array, at: Array, below: Array) -> Array:
    """The times at which the area below a rate reaches these values; where the rate is 0, no time is passed there."""
    keep = np.concatenate([[True], np.diff(below) > 0])
    # a stretch without arrivals ends where the next one begins: its last point takes its place
    ends = np.flatnonzero(keep)
    segment = np.clip(np.searchsorted(below[ends], area, side="right"), 1, ends.size - 1)
    right = ends[segment]
    left = right - 1
    share = (area - below[left]) / (below[right] - below[left])
    return np.asarray(np.minimum(at[left] + share * (at[right] - at[left]), at[right]))


@dataclass(frozen=True, eq=False)
class RateShape:
    """How a rate goes through a period: ``relative`` (k,) over steps of ``step_s``, its mean 1, again and again."""

    relative: Array
    step_s: float

    def __post_init__(self) -> None:
        values = np.asarray(self.relative, float)
        if values.ndim != 1 or not values.size or not np.isfinite(values).all() or np.any(values < 0):
            raise WattlineError("traffic: a shape needs finite rates of zero or more")
        if values.sum() <= 0 or not 0 < self.step_s < np.inf:
            raise WattlineError("traffic: a shape needs some rate above zero and a step above zero seconds")
        object.__setattr__(self, "relative", values / values.mean())

    @property
    def period_s(self) -> float:
        return self.relative.size * self.step_s

    def rate(self, at_s: Array) -> Array:
        """The relative rate at these times."""
        return np.asarray(self.relative[(np.asarray(at_s) % self.period_s // self.step_s).astype(int)])

    def area(self, at_s: Array | float) -> Array:
        """Seconds of mean rate from 0 to these times."""
        turns, rest = np.divmod(np.asarray(at_s, float), self.period_s)
        return np.asarray(turns * self.period_s + np.interp(rest, self._edges, self._below), np.float64)

    def times(self, area_s: Array) -> Array:
        """The times at which ``area`` reaches these values."""
        turns, rest = np.divmod(np.asarray(area_s, float), self.period_s)
        return np.asarray(turns * self.period_s + _inverse(rest, self._edges, self._below), np.float64)

    @property
    def _edges(self) -> Array:
        return np.asarray(np.arange(self.relative.size + 1) * self.step_s, np.float64)

    @property
    def _below(self) -> Array:
        below = np.concatenate([[0.0], np.cumsum(self.relative) * self.step_s])
        below[-1] = self.period_s
        return np.asarray(below, np.float64)

    def turned(self, by_s: float) -> RateShape:
        """The shape of a window that opens ``by_s`` into the period, to the nearest step."""
        return RateShape(np.roll(self.relative, -round(by_s / self.step_s)), self.step_s)


def with_shape(process: Process, shape: RateShape) -> Process:
    """The process with its clock run fast where the shape is high: bursts stay, the rate follows the shape.

    Parameters
    ----------
    process : whose mean rate is kept
    shape : relative rate over time, repeated

    Returns the process.
    """

    def blocks(rng: np.random.Generator) -> Iterator[Array]:
        last = 0.0
        for times in process(rng):
            if times.size:
                # where one period meets the next, rounding must not turn time back
                times = np.maximum.accumulate(np.maximum(shape.times(times), last))
                last = float(times[-1])
            yield times

    return blocks


def fit_shape(traffic: Traffic, step_s: float = HOUR_S, period_s: float = DAY_S) -> RateShape:
    """The shape of a trace, from its counts in each step of the period; it must hold the whole period once.

    Parameters
    ----------
    traffic : a trace that holds the whole period once
    step_s, period_s : length of a step and of the period [s]

    Returns
    -------
    The rate in each step of the period, to any scale.

    Raises WattlineError for a shorter trace.
    """
    steps = round(period_s / step_s)
    count = counts(traffic, step_s, whole=True)
    whole = count.size // steps * steps
    if steps < 1 or not whole:
        raise WattlineError(
            f"traffic: {traffic.duration_s:,.0f} s hold no whole period of {period_s:,.0f} s to take a shape from"
        )
    return RateShape(count[:whole].reshape(-1, steps).sum(axis=0), step_s)


def check_rate(rate_per_s: float) -> float:
    """A rate above zero [request/s]. Raises WattlineError for any other."""
    if not 0 < rate_per_s <= 1e9:
        raise WattlineError(f"traffic: a rate of {rate_per_s!r} requests/s; give more than 0, up to 1e9")
    return float(rate_per_s)
