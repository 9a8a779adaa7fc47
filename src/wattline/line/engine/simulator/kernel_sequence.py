"""A sequence's way through a replica, compiled: it joins those that decode, gives way, leaves, and is sent on."""

from __future__ import annotations

from wattline.line.engine.simulator.kernel_parts import compiled, pop, push, take
from wattline.line.engine.simulator.kernel_state import NONE, PREEMPTED, TOKENS


@compiled
def blocks_of(tokens, block):
    return (tokens + block - 1) // block


@compiled
def _put_back(s, q, r, i):
    """To the head of the queue, to be read again with the answer so far."""
    q.left[i] = q.inputs[i] + q.done[i]
    q.next[i] = s.head[r]
    if s.head[r] == NONE:
        s.tail[r] = i
    s.head[r] = i
    s.waiting[r] += 1
    s.totals[r, PREEMPTED] += 1


@compiled
def _leave(s, q, lim, r, i):
    """A sequence stops decoding: its blocks, its context and its share of the joules."""
    cached = q.base[i] + s.steps[r]
    s.free[r] += blocks_of(cached, lim.block_tokens)
    s.context[r] -= cached
    s.phase[r, q.base[i] % lim.block_tokens] -= 1
    s.decoding[r] -= 1
    q.energy[i] += s.joules_each[r] - q.joules_at[i]
    q.seconds[i] += s.seconds_each[r] - q.seconds_at[i]


@compiled
def join(s, q, lim, r, i):
    """A prompt has been read and has given a token: the sequence decodes, or is done."""
    cached = q.inputs[i] + q.done[i]
    q.done[i] += 1
    if q.done[i] == 1:
        q.first[i] = s.clock[r]
    s.totals[r, TOKENS] += 1
    if q.done[i] >= q.outputs[i]:
        q.end[i] = s.clock[r]
        if len(q.send_s) > 0 and q.send_s[i] > 0.0:
            _send(s, q, r, i)
        else:
            s.free[r] += blocks_of(cached, lim.block_tokens)
        return
    enter(s, q, lim, r, i, cached)


@compiled
def enter(s, q, lim, r, i, cached):
    """A sequence whose cache holds so many tokens is one of those that decode."""
    q.base[i] = cached - s.steps[r]
    q.joules_at[i] = s.joules_each[r]
    q.seconds_at[i] = s.seconds_each[r]
    s.context[r] += cached
    s.phase[r, q.base[i] % lim.block_tokens] += 1
    push(s.due, s.who, r, s.decoding[r], s.steps[r] + q.outputs[i] - q.done[i], i)
    s.decoding[r] += 1


@compiled
def preempt(s, q, lim, r):
    """The last admitted gives its blocks back."""
    if s.partial[r] != NONE:
        i = s.partial[r]
        s.partial[r] = NONE
        s.free[r] += blocks_of(q.inputs[i] + q.done[i], lim.block_tokens)
    else:
        place = 0
        for j in range(1, s.decoding[r]):
            if q.order[s.who[r, j]] > q.order[s.who[r, place]]:
                place = j
        i = s.who[r, place]
        q.done[i] = q.outputs[i] - (s.due[r, place] - s.steps[r])
        take(s.due, s.who, r, s.decoding[r], place)
        _leave(s, q, lim, r, i)
    _put_back(s, q, r, i)


@compiled
def end(s, q, lim, r):
    """Sequences that have made their last token."""
    while s.decoding[r] > 0 and s.due[r, 0] == s.steps[r]:
        i = s.who[r, 0]
        pop(s.due, s.who, r, s.decoding[r])
        _leave(s, q, lim, r, i)
        q.done[i] = q.outputs[i]
        q.end[i] = s.clock[r]


@compiled
def _send(s, q, r, i):
    """A cache goes to where it decodes, after those before it on the replica's link; blocks stay till it is sent."""
    s.link[r] = max(s.link[r], s.clock[r]) + q.send_s[i]
    q.sent[i] = s.link[r]
    q.next[i] = NONE
    if s.sending[r] == NONE:
        s.sending[r] = i
    else:
        q.next[s.sending_last[r]] = i
    s.sending_last[r] = i


@compiled
def release(s, q, lim, r):
    """Blocks of caches that have been sent are free again."""
    while s.sending[r] != NONE and q.sent[s.sending[r]] <= s.clock[r]:
        i = s.sending[r]
        s.free[r] += blocks_of(q.inputs[i], lim.block_tokens)
        s.sending[r] = q.next[i]
