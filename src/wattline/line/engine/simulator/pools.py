"""Prompts read by one pool of replicas and answers made by another; each cache goes over the network in between.

The first token comes from the replica that reads the prompt. Its cache is then sent, whole, after those before it on
that replica's link; its blocks stay taken till it has been sent. It arrives in the main memory of the replica that
decodes, and waits there for blocks and a place in the batch. A sequence that must give way on the decode side is read
again there, with its answer so far. So nothing holds the prefill pool up but its own memory and link, and one pool is
simulated after the other. Left out: that several senders meet at one receiver's link, layers sent while later ones
still compute, and the copy from main memory to the chips, which runs beside the steps.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.engine.simulator import kernel_state as state
from wattline.line.engine.simulator.admission import admissible, cached_prompt_tokens
from wattline.line.engine.simulator.kernel_state import Limits
from wattline.line.engine.simulator.outcome import ServiceOutcome, to_horizon
from wattline.line.engine.simulator.simulate import Side, outcome_of, run_pool

PREFILL, DECODE = "prefill", "decode"


class PromptsRead(NamedTuple):
    """What came of the pool that reads prompts, whatever decodes after it."""

    outcome: ServiceOutcome
    outputs: Array  # tokens of each answer, of the requests that are taken
    sent_s: Array  # when each cache had been sent, NaN where there is none to send


def simulate_pools(
    prefill: Side,
    decode: Side,
    arrival_s: ArrayLike,
    input_tokens: ArrayLike,
    output_tokens: ArrayLike,
    send_s: ArrayLike,
    *,
    cached_tokens: ArrayLike = 0,
    horizon_s: float = 0.0,
) -> ServiceOutcome:
    """Requests, in order of arrival, through both pools.

    Parameters
    ----------
    prefill : the replicas that read prompts
    decode : the replicas that write answers
    arrival_s : arrivals, s from the start, ascending, ``(n,)``
    input_tokens : tokens of each prompt, ``(n,)``
    output_tokens : tokens of each answer, ``(n,)``
    send_s : time that the cache of each request takes on the link, s, ``(n,)``
    cached_tokens : tokens of each prompt that are in the cache already, below zero as ``simulate`` has it, ``(n,)``
    horizon_s : until when replicas stand ready at least [s]

    Returns
    -------
    Each request's times, and bins of energy, of both pools.

    Raises WattlineError as ``simulate`` does, and for times to send that are negative or not finite.
    """
    done = read_prompts(
        prefill, decode.limits, arrival_s, input_tokens, output_tokens, send_s,
        cached_tokens=cached_tokens, horizon_s=horizon_s,
    )  # fmt: skip
    return decode_after(done, decode)


def read_prompts(
    prefill: Side,
    decode_limits: Limits,
    arrival_s: ArrayLike,
    input_tokens: ArrayLike,
    output_tokens: ArrayLike,
    send_s: ArrayLike,
    *,
    cached_tokens: ArrayLike = 0,
    horizon_s: float = 0.0,
) -> PromptsRead:
    """Requests through the pool that reads prompts, which no other pool holds up.

    Parameters
    ----------
    prefill : the replicas that read prompts
    decode_limits : of a replica that decodes: a request that it has no room for is not taken
    arrival_s, input_tokens, output_tokens, send_s, cached_tokens, horizon_s : as ``simulate_pools``
        takes them

    Returns
    -------
    Its outcome, and when each cache had been sent.

    Raises WattlineError as ``simulate_pools`` does.
    """
    limits = prefill.limits
    arrival, inputs, outputs, taken, rejected = admissible(
        arrival_s, input_tokens, output_tokens, decode_limits, limits
    )
    sends = np.broadcast_to(np.asarray(send_s, float), taken.shape)[taken]
    if not np.isfinite(sends).all() or np.any(sends < 0):
        raise WattlineError("transfer: the time that a cache takes must be finite, zero or more")
    more = outputs > 1
    cached = cached_prompt_tokens(cached_tokens, taken)
    read = state.requests(arrival, inputs, np.ones_like(outputs), cached, np.where(more, sends, 0.0))
    run = run_pool(prefill.tables, limits, read, prefill.routing.of(taken), horizon_s=horizon_s)
    sent = np.where(more, np.where(sends > 0, read.sent, read.end), np.nan)
    return PromptsRead(outcome_of(run, limits, prefill.tables, taken, rejected, PREFILL), outputs, sent)


def decode_after(read: PromptsRead, decode: Side) -> ServiceOutcome:
    """The pool that decodes what another has read.

    Parameters
    ----------
    read : what came of the pool that reads prompts; nothing of it is changed
    decode : the replicas that write answers

    Returns
    -------
    Each request's times, and bins of energy, of both pools.

    Raises WattlineError as ``simulate_pools`` does.
    """
    first, outputs, sent = read
    who = np.flatnonzero(outputs > 1)
    who = who[np.argsort(sent[who], kind="stable")]
    made = state.requests(sent[who], first.input_tokens[who], outputs[who], np.zeros(len(who), np.int64))
    state.read_elsewhere(made)
    then = run_pool(decode.tables, decode.limits, made, decode.routing, horizon_s=first.horizon_s)
    decoded = outcome_of(then, decode.limits, decode.tables, first.taken, dict(first.rejected), DECODE)
    return _both(first, decoded, who, outputs, sent)


def _both(prefilled: ServiceOutcome, decoded: ServiceOutcome, who: Any, outputs: Array, sent: Array) -> ServiceOutcome:
    """One result of both pools; ``who``: which of the requests each of the second pool's is."""
    horizon, width = max(prefilled.horizon_s, decoded.horizon_s), max(prefilled.bin_s, decoded.bin_s)
    rows = len(prefilled.bins)
    bins = np.concatenate([to_horizon(_coarse(x, width), width, horizon) for x in (prefilled, decoded)])

    def spread(values: Array, empty: float) -> Array:
        filled = np.full(len(outputs), empty, values.dtype)
        filled[who] = values
        return filled

    seconds = spread(decoded.seconds, 0.0)
    pools = (
        replace(prefilled.pools[0], seconds=prefilled.seconds),
        replace(decoded.pools[0], first=rows, last=len(bins), seconds=seconds),
    )
    return replace(
        prefilled,
        output_tokens=outputs,
        end_s=np.where(outputs > 1, spread(decoded.end_s, np.nan), prefilled.end_s),
        tokens=np.where(outputs > 1, spread(decoded.tokens, 0), prefilled.tokens),
        energy_j=prefilled.energy_j + spread(decoded.energy_j, 0.0),
        seconds=prefilled.seconds + seconds,
        totals={name: np.concatenate([values, decoded.totals[name]]) for name, values in prefilled.totals.items()},
        bins=bins, bin_s=width, latency=prefilled.latency + decoded.latency, horizon_s=horizon,
        limits=decoded.limits, pools=pools,
        sent_s=sent, decoder=spread(decoded.replica, state.NONE), resumed_s=spread(decoded.begun_s, np.nan),
    )  # fmt: skip


def _coarse(outcome: ServiceOutcome, width: float) -> Array:
    """Its bins, made as wide."""
    times = round(width / outcome.bin_s)
    if times == 1:
        return outcome.bins
    count = -(-outcome.bins.shape[1] // times)
    padded = to_horizon(outcome.bins, outcome.bin_s, count * width)
    return np.asarray(padded.reshape(len(padded), count, times, -1).sum(axis=2))


def peak_waiting(sent_s: Array, resumed_s: Array, amount: Array) -> float:
    """The most of ``amount`` that had been sent and waited for a place, at any one time.

    Parameters
    ----------
    sent_s : when each was sent, s, ``(n,)``
    resumed_s : when each got its place, s, ``(n,)``
    amount : of each, any unit, ``(n,)``

    Returns
    -------
    In the unit of ``amount``.
    """
    known = np.isfinite(sent_s) & np.isfinite(resumed_s) & (resumed_s > sent_s)
    times = np.concatenate([resumed_s[known], sent_s[known]])  # of one time, leaving counts first
    change = np.concatenate([-amount[known], amount[known]])
    level = np.cumsum(change[np.argsort(times, kind="stable")])
    return float(level.max(initial=0.0))
