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
from wattline.line.engine.simulator.kernel_state import Limits
from wattline.line.engine.simulator.outcome import Served
from wattline.line.engine.simulator.simulate import Routing, checked, found_tokens, serve, served, to_horizon
from wattline.line.engine.simulator.step_tables import Tables

PREFILL, DECODE = "prefill", "decode"


class Side(NamedTuple):
    """One pool: its replicas' steps and limits, and how requests find a replica."""

    tables: Tables
    limits: Limits
    way: Routing


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
) -> Served:
    """Requests, in order of arrival, through both pools; ``send_s``: seconds that each one's cache takes on the link.

    Raises WattlineError as ``simulate`` does, and for times to send that are negative or not finite.
    """
    arrival, inputs, outputs, taken, rejected = checked(
        arrival_s, input_tokens, output_tokens, decode.limits, prefill.limits
    )
    sends = np.broadcast_to(np.asarray(send_s, float), taken.shape)[taken]
    if not np.isfinite(sends).all() or np.any(sends < 0):
        raise WattlineError("transfer: the time that a cache takes must be finite, zero or more")
    more = outputs > 1
    found = found_tokens(cached_tokens, taken)
    read = state.requests(arrival, inputs, np.ones_like(outputs), found, np.where(more, sends, 0.0))
    first = serve(prefill.tables, prefill.limits, read, prefill.way.of(taken), horizon_s=horizon_s)
    sent = np.where(more, np.where(sends > 0, read.sent, read.end), np.nan)
    who = np.flatnonzero(more)
    who = who[np.argsort(sent[who], kind="stable")]
    made = state.requests(sent[who], inputs[who], outputs[who], np.zeros(len(who), np.int64))
    state.read_elsewhere(made)
    then = serve(decode.tables, decode.limits, made, decode.way, horizon_s=max(horizon_s, first.horizon_s))
    one = served(first, prefill.limits, prefill.tables, taken, rejected, PREFILL)
    two = served(then, decode.limits, decode.tables, taken, rejected, DECODE)
    return _both(one, two, who, outputs, sent)


def _both(one: Served, two: Served, who: Any, outputs: Array, sent: Array) -> Served:
    """One result of both pools; ``who``: which of the requests each of the second pool's is."""
    horizon, width = max(one.horizon_s, two.horizon_s), max(one.bin_s, two.bin_s)
    rows = len(one.bins)
    bins = np.concatenate([to_horizon(_coarse(x, width), width, horizon) for x in (one, two)])

    def spread(values: Array, empty: float) -> Array:
        found = np.full(len(outputs), empty, values.dtype)
        found[who] = values
        return found

    seconds = spread(two.seconds, 0.0)
    pools = (
        replace(one.pools[0], seconds=one.seconds),
        replace(two.pools[0], first=rows, last=len(bins), seconds=seconds),
    )
    return replace(
        one,
        output_tokens=outputs,
        end_s=np.where(outputs > 1, spread(two.end_s, np.nan), one.end_s),
        tokens=np.where(outputs > 1, spread(two.tokens, 0), one.tokens),
        energy_j=one.energy_j + spread(two.energy_j, 0.0),
        seconds=one.seconds + seconds,
        totals={name: np.concatenate([values, two.totals[name]]) for name, values in one.totals.items()},
        bins=bins, bin_s=width, latency=one.latency + two.latency, horizon_s=horizon, limits=two.limits, pools=pools,
        sent_s=sent, decoder=spread(two.replica, state.NONE), resumed_s=spread(two.begun_s, np.nan),
    )  # fmt: skip


def _coarse(found: Served, width: float) -> Array:
    """Its bins, made as wide."""
    times = round(width / found.bin_s)
    if times == 1:
        return found.bins
    count = -(-found.bins.shape[1] // times)
    padded = to_horizon(found.bins, found.bin_s, count * width)
    return np.asarray(padded.reshape(len(padded), count, times, -1).sum(axis=2))


def peak_waiting(sent_s: Array, resumed_s: Array, amount: Array) -> float:
    """The most of ``amount`` that had been sent and waited for a place, at any one time."""
    known = np.isfinite(sent_s) & np.isfinite(resumed_s) & (resumed_s > sent_s)
    times = np.concatenate([resumed_s[known], sent_s[known]])  # of one time, leaving counts first
    change = np.concatenate([-amount[known], amount[known]])
    level = np.cumsum(change[np.argsort(times, kind="stable")])
    return float(level.max(initial=0.0))
