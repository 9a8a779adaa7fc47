"""The simulator's inner loop: continuous batching with chunked prefill, iteration by iteration, compiled by Numba.

The scheduler is vLLM's (V1): a step takes one token of every sequence that decodes, then the rest of a prompt read in
part, then new requests first come, first served, within ``max_num_batched_tokens`` and ``max_num_seqs``. A request gets
the blocks of its whole prompt when it is admitted. Where blocks run out, the last admitted goes back to the head of the
queue and is read again, its answer so far with it. Steps that only decode do not change the batch until a sequence
ends, a request comes or blocks run out: they are made together, their times and joules summed in closed form.
"""

from __future__ import annotations

import math

from wattline.line.engine.simulator.kernel_parts import compiled, decode_at, latency, mixed_at, spend
from wattline.line.engine.simulator.kernel_sequence import blocks_of, end, enter, join, preempt, release
from wattline.line.engine.simulator.kernel_state import (
    BUSY,
    DECODE,
    ENERGY,
    NONE,
    PEAK,
    PROMPT,
    READ,
    RUNNING,
    STEPS,
    TOKENS,
)


@compiled
def _needed(s, lim, r):
    """Blocks that the next token of each decoding sequence takes."""
    return s.phase[r, (-s.steps[r]) % lim.block_tokens]


@compiled
def _admit(s, q, lim, r, spare, scratch, count, budget):
    """New requests into the step, first come, first served; returns prompts and budget left."""
    while budget > 0 and s.head[r] != NONE and s.decoding[r] + count < lim.max_num_seqs:
        i = s.head[r]
        cached = q.inputs[i] + q.done[i]
        blocks = blocks_of(cached, lim.block_tokens)
        alone = s.decoding[r] + count == 0
        if blocks > spare or (blocks + lim.watermark > spare and not alone):
            break
        spare -= blocks
        s.free[r] -= blocks
        s.head[r] = q.next[i]
        s.waiting[r] -= 1
        s.admitted[r] += 1
        q.order[i] = s.admitted[r]
        if not q.begun[i] >= 0.0:
            q.begun[i] = s.clock[r]
        if q.left[i] == 0:  # its cache was sent here: it holds all tokens but the last, and decodes in this step
            s.free[r] += blocks - blocks_of(cached - 1, lim.block_tokens)  # the step itself takes the next token's
            enter(s, q, lim, r, i, cached - 1)
            budget -= 1
            continue
        tokens = min(q.left[i], budget)
        scratch.who[count], scratch.tokens[count] = i, tokens
        count += 1
        budget -= tokens
    return count, budget


@compiled
def _schedule(s, q, lim, r, scratch):
    """The prompts of the next step, in ``scratch``: how many, and whether any sequence had to give way."""
    gave_way = False
    while _needed(s, lim, r) > s.free[r]:
        preempt(s, q, lim, r)
        gave_way = True
    budget, count = lim.max_num_batched_tokens - s.decoding[r], 0
    i = s.partial[r]
    if i != NONE and budget > 0:
        tokens = min(q.left[i], budget)
        scratch.who[0], scratch.tokens[0] = i, tokens
        count, budget = 1, budget - tokens
    if not gave_way:
        count, budget = _admit(s, q, lim, r, s.free[r] - _needed(s, lim, r), scratch, count, budget)
    return count, gave_way


@compiled
def _read(s, q, lim, table, line, r, scratch, count):
    """A step that reads prompts: they bear what it takes beyond the same step without them."""
    n, tokens, depth, begin = s.decoding[r], 0, 0.0, s.clock[r]
    for j in range(count):
        i = scratch.who[j]
        start = q.inputs[i] + q.done[i] - q.left[i]
        tokens += scratch.tokens[j]
        depth += float(scratch.tokens[j]) * (2 * start + scratch.tokens[j])
    context = s.context[r] / n if n > 0 else 0.0
    time, energy = mixed_at(table, n, context, tokens, depth / tokens)
    own_s, own_j = 0.0, 0.0
    if n > 0:
        alone_s, alone_j, _, _, _ = decode_at(table, n, context)
        own_s, own_j = min(alone_s, time), min(alone_j, energy)
        s.joules_each[r] += own_j / n
        s.seconds_each[r] += own_s / n
    _forward(s, lim, r, 1)
    s.clock[r] = begin + time
    given = s.totals[r, TOKENS]
    for j in range(count):
        i, share = scratch.who[j], scratch.tokens[j] / tokens
        q.energy[i] += share * (energy - own_j)
        q.seconds[i] += share * (time - own_s)
        q.left[i] -= scratch.tokens[j]
        s.partial[r] = i if q.left[i] > 0 else NONE
        if q.left[i] == 0:
            join(s, q, lim, r, i)
    s.totals[r, READ] += tokens
    latency(line, begin, time, n)
    made = s.totals[r, TOKENS] - given + n
    _count(s, line, r, begin, time, energy, own_j, made, n, count, 1)


@compiled
def _forward(s, lim, r, k):
    """``k`` steps on: tokens in the caches, and blocks for them."""
    n, block = s.decoding[r], lim.block_tokens
    whole, rest = k // block, k % block
    blocks = n * whole
    for j in range(rest):
        blocks += s.phase[r, (-s.steps[r] - j) % block]
    s.free[r] -= blocks
    s.context[r] += n * k
    s.steps[r] += k


@compiled
def _count(s, line, r, begin, time, energy, decode_j, tokens, n, prompts, steps):
    """Add a stretch of work to the replica's sums and to the bins of time; tokens of prompts are counted already."""
    t = s.totals
    t[r, BUSY] += time
    t[r, ENERGY] += energy
    t[r, DECODE] += decode_j
    t[r, PROMPT] += energy - decode_j
    t[r, TOKENS] += n * steps
    t[r, STEPS] += steps
    t[r, RUNNING] += time * (n + prompts)
    spend(line, r, begin, s.clock[r], energy, decode_j, tokens, n + prompts)


@compiled
def _steps_in(step_s, grow_s, seconds):
    """How many steps begin before so many seconds have passed, the first at 0; times grow evenly."""
    if seconds == math.inf:
        return 1 << 60
    half = 0.5 * grow_s
    straight = step_s - half
    if half * seconds > 1e-12 * straight * straight:
        root = (math.sqrt(straight * straight + 4.0 * half * seconds) - straight) / (2.0 * half)
    else:
        root = seconds / straight
    k = max(int(root), 0)
    while _run_s(step_s, grow_s, k) < seconds:
        k += 1
    while k > 1 and _run_s(step_s, grow_s, k - 1) >= seconds:
        k -= 1
    return max(k, 1)


@compiled
def _run_s(first, grow, k):
    """The sum of ``k`` terms that grow evenly."""
    return k * first + grow * (0.5 * k * (k - 1))


@compiled
def _within_blocks(s, lim, r, most):
    """How many of ``most`` steps the free blocks allow."""
    n, block, free = s.decoding[r], lim.block_tokens, s.free[r]
    if n * (most // block + 1) <= free:
        return most
    k = free // n * block
    free -= free // n * n
    while k < most:
        free -= s.phase[r, (-s.steps[r] - k) % block]
        if free < 0:
            break
        k += 1
    return min(k, most)


@compiled
def _decode(s, q, lim, table, line, r, until, most):
    """As many steps that only decode as leave the batch as it is."""
    n, begin = s.decoding[r], s.clock[r]
    context = s.context[r] / n
    step_s, step_j, grow_s, grow_j, end = decode_at(table, n, context)
    k = min(s.due[r, 0] - s.steps[r], most)
    if k > 1 and end < math.inf:
        k = min(k, int(end - context) + 1)
    if k > 1:
        k = _within_blocks(s, lim, r, k)
    if k > 1:
        k = min(k, _steps_in(step_s, grow_s, until - begin))
    time, energy = _run_s(step_s, grow_s, k), _run_s(step_j, grow_j, k)
    s.joules_each[r] += energy / n
    s.seconds_each[r] += time / n
    _forward(s, lim, r, k)
    s.clock[r] = begin + time
    latency(line, begin, time / k, n * k)
    _count(s, line, r, begin, time, energy, energy, n * k, n, 0, k)


@compiled
def advance(s, q, lim, table, line, r, until, scratch):
    """All steps of a replica that begin before ``until``."""
    while s.clock[r] < until and (s.decoding[r] > 0 or s.partial[r] != NONE or s.head[r] != NONE):
        if s.sending[r] != NONE:
            release(s, q, lim, r)
        count, gave_way = _schedule(s, q, lim, r, scratch)
        s.totals[r, PEAK] = max(s.totals[r, PEAK], lim.blocks - s.free[r])
        if count > 0:
            _read(s, q, lim, table, line, r, scratch, count)
        elif s.decoding[r] == 0:  # caches that wait to be sent hold the blocks
            s.clock[r] = q.sent[s.sending[r]]
            continue
        else:
            _decode(s, q, lim, table, line, r, until, 1 if gave_way else 1 << 60)
        s.totals[r, PEAK] = max(s.totals[r, PEAK], lim.blocks - s.free[r])
        end(s, q, lim, r)
