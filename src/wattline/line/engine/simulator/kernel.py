"""The simulator's inner loop: continuous batching with chunked prefill, iteration by iteration, compiled by Numba.

The scheduler is vLLM's (V1): a step takes one token of every sequence that decodes, then the rest of a prompt read in
part, then new requests first come, first served, within ``max_num_batched_tokens`` and ``max_num_seqs``. A request gets
the blocks of its whole prompt when it is admitted. Where blocks run out, the last admitted goes back to the head of the
queue and is read again, its answer so far with it. Steps that only decode do not change the batch until a sequence
ends, a request comes or blocks run out: they are made together, their times and joules summed in closed form.
"""

from __future__ import annotations

import math

from wattline.line.engine.simulator.kernel_parts import decode_at, jit, latency, mixed_at, spend
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


@jit
def _needed(state, lim, replica):
    """Blocks that the next token of each decoding sequence takes."""
    return state.phase[replica, (-state.steps[replica]) % lim.block_tokens]


@jit
def _admit(state, requests, lim, replica, spare, scratch, count, budget):
    """New requests into the step, first come, first served; returns prompts and budget left."""
    while budget > 0 and state.head[replica] != NONE and state.decoding[replica] + count < lim.max_num_seqs:
        request = state.head[replica]
        cached = requests.inputs[request] + requests.done[request]
        blocks = blocks_of(cached, lim.block_tokens)
        alone = state.decoding[replica] + count == 0
        if blocks > spare or (blocks + lim.watermark > spare and not alone):
            break
        spare -= blocks
        state.free[replica] -= blocks
        state.head[replica] = requests.next[request]
        state.waiting[replica] -= 1
        state.admitted[replica] += 1
        requests.order[request] = state.admitted[replica]
        if not requests.begun[request] >= 0.0:
            requests.begun[request] = state.clock[replica]
        # its cache was sent here: it holds all tokens but the last, and decodes in this step, which takes that
        if requests.left[request] == 0:
            state.free[replica] += blocks - blocks_of(cached - 1, lim.block_tokens)
            enter(state, requests, lim, replica, request, cached - 1)
            budget -= 1
            continue
        tokens = min(requests.left[request], budget)
        scratch.who[count], scratch.tokens[count] = request, tokens
        count += 1
        budget -= tokens
    return count, budget


@jit
def _schedule(state, requests, lim, replica, scratch):
    """The prompts of the next step, in ``scratch``: how many, and whether any sequence had to give way."""
    gave_way = False
    while _needed(state, lim, replica) > state.free[replica]:
        preempt(state, requests, lim, replica)
        gave_way = True
    budget, count = lim.max_num_batched_tokens - state.decoding[replica], 0
    request = state.partial[replica]
    if request != NONE and budget > 0:
        tokens = min(requests.left[request], budget)
        scratch.who[0], scratch.tokens[0] = request, tokens
        count, budget = 1, budget - tokens
    if not gave_way:
        count, budget = _admit(
            state, requests, lim, replica, state.free[replica] - _needed(state, lim, replica), scratch, count, budget
        )
    return count, gave_way


@jit
def _read(state, requests, lim, table, line, replica, scratch, count):
    """A step that reads prompts: they bear what it takes beyond the same step without them."""
    n, tokens, depth, begin = state.decoding[replica], 0, 0.0, state.clock[replica]
    for j in range(count):
        request = scratch.who[j]
        start = requests.inputs[request] + requests.done[request] - requests.left[request]
        tokens += scratch.tokens[j]
        depth += max(float(scratch.tokens[j]) * (2 * start + scratch.tokens[j]), 0.0)  # encoders' part attends to none
    context = state.context[replica] / n if n > 0 else 0.0
    time, energy = mixed_at(table, n, context, tokens, depth / tokens)
    own_s, own_j = 0.0, 0.0
    if n > 0:
        alone_s, alone_j, _, _, _ = decode_at(table, n, context)
        own_s, own_j = min(alone_s, time), min(alone_j, energy)
        state.joules_each[replica] += own_j / n
        state.seconds_each[replica] += own_s / n
    _forward(state, lim, replica, 1)
    state.clock[replica] = begin + time
    given = state.totals[replica, TOKENS]
    for j in range(count):
        request, share = scratch.who[j], scratch.tokens[j] / tokens
        requests.energy[request] += share * (energy - own_j)
        requests.seconds[request] += share * (time - own_s)
        requests.left[request] -= scratch.tokens[j]
        state.partial[replica] = request if requests.left[request] > 0 else NONE
        if requests.left[request] == 0:
            join(state, requests, lim, replica, request)
    state.totals[replica, READ] += tokens
    latency(line, begin, time, n)
    made = state.totals[replica, TOKENS] - given + n
    _count(state, line, replica, begin, time, energy, own_j, made, n, count, 1)


@jit
def _forward(state, lim, replica, k):
    """``k`` steps on: tokens in the caches, and blocks for them."""
    n, block = state.decoding[replica], lim.block_tokens
    whole, rest = k // block, k % block
    blocks = n * whole
    for j in range(rest):
        blocks += state.phase[replica, (-state.steps[replica] - j) % block]
    state.free[replica] -= blocks
    state.context[replica] += n * k
    state.steps[replica] += k


@jit
def _count(state, line, replica, begin, time, energy, decode_j, tokens, n, prompts, steps):
    """Add a stretch of work to the replica's sums and to the bins of time; tokens of prompts are counted already."""
    t = state.totals
    t[replica, BUSY] += time
    t[replica, ENERGY] += energy
    t[replica, DECODE] += decode_j
    t[replica, PROMPT] += energy - decode_j
    t[replica, TOKENS] += n * steps
    t[replica, STEPS] += steps
    t[replica, RUNNING] += time * (n + prompts)
    spend(line, replica, begin, state.clock[replica], energy, decode_j, tokens, n + prompts)


@jit
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


@jit
def _run_s(first, grow, k):
    """The sum of ``k`` terms that grow evenly."""
    return k * first + grow * (0.5 * k * (k - 1))


@jit
def _within_blocks(state, lim, replica, most):
    """How many of ``most`` steps the free blocks allow."""
    n, block, free = state.decoding[replica], lim.block_tokens, state.free[replica]
    if n * (most // block + 1) <= free:
        return most
    k = free // n * block
    free -= free // n * n
    while k < most:
        free -= state.phase[replica, (-state.steps[replica] - k) % block]
        if free < 0:
            break
        k += 1
    return min(k, most)


@jit
def _decode(state, requests, lim, table, line, replica, until, most):
    """As many steps that only decode as leave the batch as it is."""
    n, begin = state.decoding[replica], state.clock[replica]
    context = state.context[replica] / n
    step_s, step_j, grow_s, grow_j, end = decode_at(table, n, context)
    k = min(state.due[replica, 0] - state.steps[replica], most)
    if k > 1 and end < math.inf:
        k = min(k, int(end - context) + 1)
    if k > 1:
        k = _within_blocks(state, lim, replica, k)
    if k > 1:
        k = min(k, _steps_in(step_s, grow_s, until - begin))
    time, energy = _run_s(step_s, grow_s, k), _run_s(step_j, grow_j, k)
    state.joules_each[replica] += energy / n
    state.seconds_each[replica] += time / n
    _forward(state, lim, replica, k)
    state.clock[replica] = begin + time
    latency(line, begin, time / k, n * k)
    _count(state, line, replica, begin, time, energy, energy, n * k, n, 0, k)


@jit
def advance(state, requests, lim, table, line, replica, until, scratch):
    """All steps of a replica that begin before ``until``."""
    while state.clock[replica] < until and (
        state.decoding[replica] > 0 or state.partial[replica] != NONE or state.head[replica] != NONE
    ):
        if state.sending[replica] != NONE:
            release(state, requests, lim, replica)
        count, gave_way = _schedule(state, requests, lim, replica, scratch)
        state.totals[replica, PEAK] = max(state.totals[replica, PEAK], lim.blocks - state.free[replica])
        if count > 0:
            _read(state, requests, lim, table, line, replica, scratch, count)
        elif state.decoding[replica] == 0:  # caches that wait to be sent hold the blocks
            state.clock[replica] = requests.sent[state.sending[replica]]
            continue
        else:
            _decode(state, requests, lim, table, line, replica, until, 1 if gave_way else 1 << 60)
        state.totals[replica, PEAK] = max(state.totals[replica, PEAK], lim.blocks - state.free[replica])
        end(state, requests, lim, replica)
