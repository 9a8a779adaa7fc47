"""A session's calls as exchanges: tokens of each prompt, cached, thought and answered, each a number or draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array, Fact, Source
from wattline.line.work.sessions.read import CallSession, SessionCall, TokenRange

MAX_APART = 400  # calls of a session that are worked out one by one; more alike are put together


@dataclass(frozen=True, eq=False)
class Exchange:
    """One call, or ``count`` alike: tokens of the whole prompt, of these read from a cache, thought and answered."""

    name: str
    count: float
    prompt: Array
    cached: Array
    thinking: Array
    output: Array
    wait_s: float


def exchanges_of(session: CallSession, draws: Draws) -> list[Exchange]:
    """The calls one after the other, each with what the earlier ones left before it.

    Parameters
    ----------
    session : as it was read
    draws : of what varies from session to session

    Returns the exchanges, whose tokens are of shape ``()`` or ``(n_draws,)``.
    """
    made: list[Exchange] = []
    prefix = np.asarray(0.0)
    for number, call in enumerate(session.calls, 1):
        new, thought, written = (
            _drawn(session, call, number, what, draws) for what in ("new_input", "thinking", "output")
        )
        if call.fresh:
            begin = np.asarray(call.prefix)
            made.append(_exchange(call, float(call.count), begin, new, thought, written))
            prefix = np.asarray(begin + new + written)
            continue
        apart = min(call.count, MAX_APART)
        for _ in range(apart):
            made.append(_exchange(call, call.count / apart, prefix, new, thought, written))
            kept = thought if call.keeps_thinking else 0.0
            prefix = np.asarray(prefix + (new + written + kept) * (call.count / apart))
    return made


def _exchange(call: SessionCall, count: float, prefix: Array, new: Array, thought: Array, written: Array) -> Exchange:
    return Exchange(
        call.name, count, np.asarray(prefix + new), np.asarray(prefix * call.cached), thought, written, call.wait_s
    )


def _drawn(session: CallSession, call: SessionCall, number: int, what: str, draws: Draws) -> Array:
    """Tokens as the session states them; a range is drawn once for all calls of a table."""
    stated: TokenRange = getattr(call, what)
    if stated.low == stated.high:
        return np.asarray(stated.value)
    fact = Fact(
        key=f"session.call-{number}.{what}",
        value=stated.value,
        low=stated.low,
        high=stated.high,
        unit="token",
        source=Source(f"session {session.key}"),
        dist="lognormal",
        basis="given",
        name=f"{what.replace('_', ' ')} of {call.name}",
    )
    return draws(fact)
