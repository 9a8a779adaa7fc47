"""``Traffic``: requests over time as arrays, and what is done to them as a whole.

``reader.py`` reads traces, ``generator.py`` makes traffic, ``files.py`` writes it, ``summary.py`` says what it is like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.work.traffic.seen import SeenRequests

Ints = NDArray[np.int64]
_MAX_HASH = 2**40  # hashes beyond it are numbered anew before they are shifted


MAX_REQUESTS = 200_000_000  # held in memory at once


@dataclass(frozen=True, eq=False)
class Hashes:
    """What each prompt begins with: one hash a block of ``block_tokens`` tokens, each standing for all before it too.

    Request ``i`` has the blocks ``block[offset[i]:offset[i + 1]]``; two requests whose first blocks have the same
    hashes begin with the same tokens. The last block of a prompt may be part full.
    """

    block: Ints
    offset: Ints
    block_tokens: int

    def __post_init__(self) -> None:
        block, offset = np.asarray(self.block, np.int64), np.asarray(self.offset, np.int64)
        whole = offset.ndim == 1 and offset.size > 0 and offset[0] == 0 and offset[-1] == block.size
        if not whole or np.any(np.diff(offset) < 0) or self.block_tokens < 1:
            raise WattlineError("traffic: the offsets of the prefix blocks must rise from 0 to the number of blocks")
        for name, values in (("block", block), ("offset", offset)):
            object.__setattr__(self, name, _frozen(values))

    def part(self, start: int, stop: int) -> Hashes:
        """Those of requests ``start`` to ``stop``.

        Parameters
        ----------
        start, stop : places of requests, the last one left out

        Returns the part.
        """
        first, last = self.offset[start], self.offset[stop]
        return Hashes(self.block[first:last], self.offset[start : stop + 1] - first, self.block_tokens)

    def take(self, index: Ints) -> Hashes:
        """Those of the requests ``index``, in its order."""
        length = np.diff(self.offset)[index]
        offset = np.concatenate([[0], np.cumsum(length)])
        within = np.arange(offset[-1]) - np.repeat(offset[:-1], length)
        return Hashes(self.block[np.repeat(self.offset[index], length) + within], offset, self.block_tokens)


@dataclass(frozen=True, eq=False)
class Traffic:
    """Requests in the order of their arrival, immutable.

    ``arrival_s`` (n,): seconds since the window began, never falling; ``input_tokens``, ``output_tokens`` (n,): one or
    more. ``duration_s`` is the window that the requests came in; where it is not known it ends one mean gap after the
    last arrival. ``seen``: pictures and sound beside the text, None for none.
    ``rejected`` counts what a reader left out, by reason; ``notes`` say what else it did.
    Raises WattlineError for arrays that are none of this.
    """

    arrival_s: Array
    input_tokens: Ints
    output_tokens: Ints
    hashes: Hashes | None = None
    rejected: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    duration_s: float = float("nan")
    seen: SeenRequests | None = None

    def __post_init__(self) -> None:
        arrival = _frozen(np.asarray(self.arrival_s, np.float64))
        tokens = [_frozen(_whole(values)) for values in (self.input_tokens, self.output_tokens)]
        _check(arrival, *tokens)
        if self.hashes is not None and self.hashes.offset.size != arrival.size + 1:
            raise WattlineError(f"traffic: prefix hashes of {self.hashes.offset.size - 1} requests for {arrival.size}")
        if self.seen is not None and len(self.seen) != arrival.size:
            raise WattlineError(f"traffic: pictures of {len(self.seen)} requests for {arrival.size}")
        duration = float(self.duration_s)
        if np.isnan(duration):
            duration = _window(arrival)
        if not np.isfinite(duration) or duration < (arrival[-1] if arrival.size else 0):
            raise WattlineError(f"traffic: a window of {duration:g} s does not hold its last arrival")
        for name, value in (("arrival_s", arrival), ("input_tokens", tokens[0]), ("output_tokens", tokens[1])):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "duration_s", duration)

    def __len__(self) -> int:
        return int(self.arrival_s.size)

    @property
    def rate_per_s(self) -> float:
        """Requests a second over the window; not a number where the window has no length."""
        return len(self) / self.duration_s if self.duration_s > 0 else float("nan")

    @property
    def tokens(self) -> int:
        """Input and output tokens of all requests."""
        return int(self.input_tokens.sum() + self.output_tokens.sum())

    def part(self, start: int, stop: int) -> Traffic:
        """Requests ``start`` to ``stop``, by their place; they keep their times, and the window.

        Parameters
        ----------
        start, stop : places of requests, the last one left out

        Returns the part.
        """
        stop = min(stop, len(self))
        return replace(
            self,
            arrival_s=self.arrival_s[start:stop],
            input_tokens=self.input_tokens[start:stop],
            output_tokens=self.output_tokens[start:stop],
            hashes=self.hashes.part(start, stop) if self.hashes else None,
            seen=self.seen.take(slice(start, stop)) if self.seen else None,
        )

    def take(self, index: Ints, arrival_s: Array, duration_s: float) -> Traffic:
        """The requests ``index`` (one may come more than once), arriving at these times.

        Parameters
        ----------
        index : of requests, shape ``(n,)``
        arrival_s : when each arrives, in order, shape ``(n,)`` [s]
        duration_s : of the window [s]

        Returns the traffic.
        """
        return replace(
            self,
            arrival_s=arrival_s,
            input_tokens=self.input_tokens[index],
            output_tokens=self.output_tokens[index],
            hashes=self.hashes.take(index) if self.hashes else None,
            seen=self.seen.take(index) if self.seen else None,
            duration_s=duration_s,
        )

    def __repr__(self) -> str:
        return f"Traffic: {len(self):,} requests in {self.duration_s:,.0f} s, {self.tokens:,} tokens"


def scale(traffic: Traffic, *, rate: float = 1.0, time: float = 1.0) -> Traffic:
    """The same requests with the clock stretched: ``rate=2`` halves every gap, ``time=2`` doubles it.

    Parameters
    ----------
    traffic : the requests
    rate : factor of the clock's rate
    time : factor of the time

    Returns
    -------
    As many requests, in the same order.
    """
    factor = _positive(time, "time") / _positive(rate, "rate")
    return replace(traffic, arrival_s=traffic.arrival_s * factor, duration_s=traffic.duration_s * factor)


def multiply(traffic: Traffic, times: float, rng: int | np.random.Generator, spread_s: float = 60.0) -> Traffic:
    """``times`` as many requests over the same window, with its rises and falls; below 1 it thins.

    Each request comes ``times`` times, a fraction by chance. Copies beyond the first move by up to half of
    ``spread_s`` either way, going round at the window's ends, so that they do not all come at one instant.

    Parameters
    ----------
    traffic : the requests
    times : requests for each one, 0 or more, fractions too
    rng : a seed, or random numbers, by which copies are chosen and moved
    spread_s : stretch in whose middle a request stands, over which its copies are moved [s]

    Returns the traffic.
    """
    _positive(times, "times")
    _check_count(len(traffic) * times, "times")
    random = np.random.default_rng(rng)
    count = np.floor(times) + (random.random(len(traffic)) < times % 1)
    index = np.repeat(np.arange(len(traffic)), count.astype(np.int64))
    arrival = traffic.arrival_s[index].copy()
    again = np.concatenate([[False], index[1:] == index[:-1]]) if index.size else np.zeros(0, bool)
    moved = arrival[again] + (random.random(int(again.sum())) - 0.5) * spread_s
    if traffic.duration_s > 0:
        arrival[again] = np.minimum(moved % traffic.duration_s, traffic.duration_s)
    order = np.argsort(arrival, kind="stable")
    return traffic.take(index[order], arrival[order], traffic.duration_s)


def repeat(traffic: Traffic, times: int, *, fresh: bool = True) -> Traffic:
    """The traffic ``times`` times over, one window after the other.

    With ``fresh`` each repetition has prompts of its own: none finds its prefix left in a cache by the repetition
    before. Without it the same prompts come again. Raises WattlineError for a number of times that is no whole one
    above 0, and where there would be too many requests.

    Parameters
    ----------
    traffic : the requests
    times : how many times over, a whole number
    fresh : whether each repetition has prompts of its own

    Returns the traffic.
    """
    if not isinstance(times, (int, np.integer)) or isinstance(times, bool) or times < 1:
        raise WattlineError(f"traffic: repeat {times!r} must be a whole number, 1 or more")
    _check_count(len(traffic) * int(times), "repeat")
    shift = np.repeat(np.arange(times) * traffic.duration_s, len(traffic))
    # rounding must not turn time back where one window meets the next
    arrival = np.maximum.accumulate(np.tile(traffic.arrival_s, times) + shift)
    hashes = traffic.hashes
    if hashes is not None:
        block, span = _numbered(hashes.block)
        step = span if fresh else 0
        moved = np.tile(block, times) + np.repeat(np.arange(times) * step, block.size)
        ends = hashes.offset[1:] + np.arange(times)[:, None] * hashes.block.size
        hashes = Hashes(moved, np.concatenate([[0], ends.ravel()]), hashes.block_tokens)
    return replace(
        traffic,
        arrival_s=arrival,
        input_tokens=np.tile(traffic.input_tokens, times),
        output_tokens=np.tile(traffic.output_tokens, times),
        hashes=hashes,
        seen=traffic.seen.take(np.tile(np.arange(len(traffic)), times)) if traffic.seen else None,
        duration_s=max(traffic.duration_s * times, *arrival[-1:]),
    )


def _check_count(requests: float, name: str) -> None:
    if requests > MAX_REQUESTS:
        raise WattlineError(f"traffic: {name} makes {requests:,.0f} requests; at most {MAX_REQUESTS:,} fit")


def _numbered(block: Ints) -> tuple[Ints, int]:
    """Hashes small enough to be shifted, numbered anew where they are not, and how far apart a shift must be."""
    if not block.size:
        return block, 0
    if int(block.max()) - int(block.min()) > _MAX_HASH or abs(int(block.max())) > _MAX_HASH:
        block = np.unique(block, return_inverse=True)[1].astype(np.int64)
    return block, int(block.max()) - int(block.min()) + 1


def _check(arrival: Array, given: Ints, made: Ints) -> None:
    if arrival.ndim != 1 or arrival.shape != given.shape or arrival.shape != made.shape:
        raise WattlineError(f"traffic: {arrival.shape} arrivals, {given.shape} inputs, {made.shape} outputs; one each")
    if not np.isfinite(arrival).all() or np.any(arrival < 0) or np.any(arrival[1:] < arrival[:-1]):
        raise WattlineError("traffic: arrivals must be finite, zero or more, and never fall")
    if np.any(given < 1) or np.any(made < 1):
        raise WattlineError("traffic: every request needs one input and one output token or more")


def _window(arrival: Array) -> float:
    """The last arrival and one mean gap more, so that requests a second are what the gaps say."""
    if arrival.size < 2:
        return float(arrival[-1]) if arrival.size else 0.0
    return float(arrival[-1] + (arrival[-1] - arrival[0]) / (arrival.size - 1))


def _whole(values: Any) -> Ints:
    array = np.asarray(values)
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and np.all(array == np.floor(array))):
        raise WattlineError("traffic: tokens must be whole numbers")
    return np.asarray(array, np.int64)


def _frozen(values: NDArray[Any]) -> NDArray[Any]:
    view = values.view()
    view.flags.writeable = False
    return view


def _positive(value: float, name: str) -> float:
    if not 0 < value < np.inf:
        raise WattlineError(f"traffic: {name} {value!r} must be greater than zero, and finite")
    return float(value)
