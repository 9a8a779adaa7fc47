"""A sequence's way through a replica, compiled: it joins those that decode, gives way, leaves, and is sent on."""

from __future__ import annotations

from wattline.line.engine.simulator.kernel_parts import jit, pop, push, take
from wattline.line.engine.simulator.kernel_state import NONE, PREEMPTED, TOKENS


@jit
def blocks_of(tokens, block):
    return (tokens + block - 1) // block


@jit
def _put_back(state, requests, replica, request):
    """To the head of the queue, to be read again with the answer so far."""
    requests.left[request] = requests.inputs[request] + requests.done[request]
    requests.next[request] = state.head[replica]
    if state.head[replica] == NONE:
        state.tail[replica] = request
    state.head[replica] = request
    state.waiting[replica] += 1
    state.totals[replica, PREEMPTED] += 1


@jit
def _leave(state, requests, lim, replica, request):
    """A sequence stops decoding: its blocks, its context and its share of the joules."""
    cached = requests.base[request] + state.steps[replica]
    state.free[replica] += blocks_of(cached, lim.block_tokens)
    state.context[replica] -= cached
    state.phase[replica, requests.base[request] % lim.block_tokens] -= 1
    state.decoding[replica] -= 1
    requests.energy[request] += state.joules_each[replica] - requests.joules_at[request]
    requests.seconds[request] += state.seconds_each[replica] - requests.seconds_at[request]


@jit
def join(state, requests, lim, replica, request):
    """A prompt has been read and has given a token: the sequence decodes, or is done."""
    cached = requests.inputs[request] + requests.done[request]
    requests.done[request] += 1
    if requests.done[request] == 1:
        requests.first[request] = state.clock[replica]
    state.totals[replica, TOKENS] += 1
    if requests.done[request] >= requests.outputs[request]:
        requests.end[request] = state.clock[replica]
        if len(requests.send_s) > 0 and requests.send_s[request] > 0.0:
            _send(state, requests, replica, request)
        else:
            state.free[replica] += blocks_of(cached, lim.block_tokens)
        return
    enter(state, requests, lim, replica, request, cached)


@jit
def enter(state, requests, lim, replica, request, cached):
    """A sequence whose cache holds so many tokens is one of those that decode."""
    requests.base[request] = cached - state.steps[replica]
    requests.joules_at[request] = state.joules_each[replica]
    requests.seconds_at[request] = state.seconds_each[replica]
    state.context[replica] += cached
    state.phase[replica, requests.base[request] % lim.block_tokens] += 1
    push(
        state.due,
        state.who,
        replica,
        state.decoding[replica],
        state.steps[replica] + requests.outputs[request] - requests.done[request],
        request,
    )
    state.decoding[replica] += 1


@jit
def preempt(state, requests, lim, replica):
    """The last admitted gives its blocks back."""
    if state.partial[replica] != NONE:
        request = state.partial[replica]
        state.partial[replica] = NONE
        state.free[replica] += blocks_of(requests.inputs[request] + requests.done[request], lim.block_tokens)
    else:
        place = 0
        for other in range(1, state.decoding[replica]):
            if requests.order[state.who[replica, other]] > requests.order[state.who[replica, place]]:
                place = other
        request = state.who[replica, place]
        requests.done[request] = requests.outputs[request] - (state.due[replica, place] - state.steps[replica])
        take(state.due, state.who, replica, state.decoding[replica], place)
        _leave(state, requests, lim, replica, request)
    _put_back(state, requests, replica, request)


@jit
def end(state, requests, lim, replica):
    """Sequences that have made their last token."""
    while state.decoding[replica] > 0 and state.due[replica, 0] == state.steps[replica]:
        request = state.who[replica, 0]
        pop(state.due, state.who, replica, state.decoding[replica])
        _leave(state, requests, lim, replica, request)
        requests.done[request] = requests.outputs[request]
        requests.end[request] = state.clock[replica]


@jit
def _send(state, requests, replica, request):
    """A cache goes to where it decodes, after those before it on the replica's link; blocks stay till it is sent."""
    state.link[replica] = max(state.link[replica], state.clock[replica]) + requests.send_s[request]
    requests.sent[request] = state.link[replica]
    requests.next[request] = NONE
    if state.sending[replica] == NONE:
        state.sending[replica] = request
    else:
        requests.next[state.sending_last[replica]] = request
    state.sending_last[replica] = request


@jit
def release(state, requests, lim, replica):
    """Blocks of caches that have been sent are free again."""
    while state.sending[replica] != NONE and requests.sent[state.sending[replica]] <= state.clock[replica]:
        request = state.sending[replica]
        state.free[replica] += blocks_of(requests.inputs[request], lim.block_tokens)
        state.sending[replica] = requests.next[request]
