"""Routers of the simulator, compiled: which replica takes a request, and how far the replicas run meanwhile."""

from __future__ import annotations

import math

from wattline.engine.kernel import advance
from wattline.engine.kernel_parts import compiled
from wattline.engine.kernel_state import NONE


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
def least_loaded(s, q, lim, table, line, until, scratch):
    """Each request to the replica with the fewest that wait or run, after the step under way; of equals the first."""
    count, load, certain = len(s.clock), s.load, s.certain
    for i in range(len(q.arrival)):
        now = q.arrival[i]
        if now >= until:
            break
        best = 0
        for r in range(count):
            if certain[r] < now:
                advance(s, q, lim, table, line, r, now, scratch)
                load[r] = s.decoding[r] + s.waiting[r] + (1 if s.partial[r] != NONE else 0)
                certain[r] = _first_end(s, table, r)
            if load[r] < load[best]:
                best = r
        advance(s, q, lim, table, line, best, now, scratch)
        enqueue(s, q, best, i)
        load[best] += 1
        certain[best] = min(certain[best], max(s.clock[best], now))
    for r in range(count):
        advance(s, q, lim, table, line, r, until, scratch)
