"""Routers of the simulator, compiled: which replica takes a request, and how far the replicas run meanwhile."""

from __future__ import annotations

import math

from wattline.line.engine.simulator.kernel import advance
from wattline.line.engine.simulator.kernel_parts import jit
from wattline.line.engine.simulator.kernel_state import NONE


@jit
def enqueue(state, requests, replica, request):
    """A request joins the queue of a replica; one that is idle wakes at its arrival."""
    if state.decoding[replica] == 0 and state.partial[replica] == NONE and state.head[replica] == NONE:
        state.clock[replica] = max(state.clock[replica], requests.arrival[request])
    requests.replica[request] = replica
    requests.next[request] = NONE
    if state.head[replica] == NONE:
        state.head[replica] = request
    else:
        requests.next[state.tail[replica]] = request
    state.tail[replica] = request
    state.waiting[replica] += 1


@jit
def route_named(state, requests, lim, table, line, until, scratch, order, named):
    """Each request to the replica that is named for it; ``order``: requests replica by replica, which run alone."""
    at, count = 0, len(order)
    for replica in range(len(state.clock)):
        while at < count and named[order[at]] == replica:
            request = order[at]
            at += 1
            if requests.arrival[request] < until:
                advance(state, requests, lim, table, line, replica, requests.arrival[request], scratch)
                enqueue(state, requests, replica, request)
        advance(state, requests, lim, table, line, replica, until, scratch)


@jit
def _first_end(state, table, replica):
    """No step that ends a request begins before: until then, as many wait or run as do now."""
    if state.partial[replica] != NONE or state.head[replica] != NONE:
        return state.clock[replica]
    if state.decoding[replica] == 0:
        return math.inf
    return state.clock[replica] + (state.due[replica, 0] - state.steps[replica] - 1) * table.time_s[1, 0]


@jit
def _least_of(state, requests, lim, table, line, scratch, among, now):
    """Of these replicas the one with the fewest requests that wait or run, after the step under way."""
    load, certain, best = state.load, state.certain, among[0]
    for replica in among:
        if certain[replica] < now:
            advance(state, requests, lim, table, line, replica, now, scratch)
            load[replica] = (
                state.decoding[replica] + state.waiting[replica] + (1 if state.partial[replica] != NONE else 0)
            )
            certain[replica] = _first_end(state, table, replica)
        if load[replica] < load[best]:
            best = replica
    return best


@jit
def among(state, requests, lim, table, line, scratch, ready, turn, least, first, until):
    """Requests from ``first`` on that come before ``until``, to the replicas of ``ready``; returns the next request.

    ``least``: to the one with the fewest that wait or run, of equals the first; else in turn, ``turn`` (1,) the count.
    """
    request = first
    while request < len(requests.arrival) and requests.arrival[request] < until:
        now = requests.arrival[request]
        replica = (
            _least_of(state, requests, lim, table, line, scratch, ready, now) if least else ready[turn[0] % len(ready)]
        )
        turn[0] += 1
        advance(state, requests, lim, table, line, replica, now, scratch)
        enqueue(state, requests, replica, request)
        state.load[replica] += 1
        state.certain[replica] = min(state.certain[replica], max(state.clock[replica], now))
        request += 1
    return request


@jit
def all_to(state, requests, lim, table, line, scratch, until):
    """All steps of all replicas that begin before ``until``."""
    for replica in range(len(state.clock)):
        advance(state, requests, lim, table, line, replica, until, scratch)
