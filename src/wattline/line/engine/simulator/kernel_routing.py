"""Routers of the simulator, compiled: which replica takes a request, and how far the replicas run meanwhile."""

from __future__ import annotations

import math

from wattline.line.engine.simulator.kernel import advance
from wattline.line.engine.simulator.kernel_parts import compiled
from wattline.line.engine.simulator.kernel_state import NONE


@compiled
def enqueue(s, q, r, i):
    """A request joins the queue of a replica; one that is idle wakes at its arrival."""
    if s.decoding[r] == 0 and s.partial[r] == NONE and s.head[r] == NONE:
        s.clock[r] = max(s.clock[r], q.arrival[i])
    q.replica[i] = r
    q.next[i] = NONE
    if s.head[r] == NONE:
        s.head[r] = i
    else:
        q.next[s.tail[r]] = i
    s.tail[r] = i
    s.waiting[r] += 1


@compiled
def assigned(s, q, lim, table, line, until, scratch, order, replica):
    """Each request to the replica that is named for it; ``order``: requests replica by replica, which run alone."""
    at, n = 0, len(order)
    for r in range(len(s.clock)):
        while at < n and replica[order[at]] == r:
            i = order[at]
            at += 1
            if q.arrival[i] < until:
                advance(s, q, lim, table, line, r, q.arrival[i], scratch)
                enqueue(s, q, r, i)
        advance(s, q, lim, table, line, r, until, scratch)


@compiled
def _first_end(s, table, r):
    """No step that ends a request begins before: until then, as many wait or run as do now."""
    if s.partial[r] != NONE or s.head[r] != NONE:
        return s.clock[r]
    if s.decoding[r] == 0:
        return math.inf
    return s.clock[r] + (s.due[r, 0] - s.steps[r] - 1) * table.time_s[1, 0]


@compiled
def _least_of(s, q, lim, table, line, scratch, among, now):
    """Of these replicas the one with the fewest requests that wait or run, after the step under way."""
    load, certain, best = s.load, s.certain, among[0]
    for r in among:
        if certain[r] < now:
            advance(s, q, lim, table, line, r, now, scratch)
            load[r] = s.decoding[r] + s.waiting[r] + (1 if s.partial[r] != NONE else 0)
            certain[r] = _first_end(s, table, r)
        if load[r] < load[best]:
            best = r
    return best


@compiled
def among(s, q, lim, table, line, scratch, ready, turn, least, first, until):
    """Requests from ``first`` on that come before ``until``, to the replicas of ``ready``; returns the next request.

    ``least``: to the one with the fewest that wait or run, of equals the first; else in turn, ``turn`` (1,) the count.
    """
    i = first
    while i < len(q.arrival) and q.arrival[i] < until:
        now = q.arrival[i]
        r = _least_of(s, q, lim, table, line, scratch, ready, now) if least else ready[turn[0] % len(ready)]
        turn[0] += 1
        advance(s, q, lim, table, line, r, now, scratch)
        enqueue(s, q, r, i)
        s.load[r] += 1
        s.certain[r] = min(s.certain[r], max(s.clock[r], now))
        i += 1
    return i


@compiled
def all_to(s, q, lim, table, line, scratch, until):
    """All steps of all replicas that begin before ``until``."""
    for r in range(len(s.clock)):
        advance(s, q, lim, table, line, r, until, scratch)
