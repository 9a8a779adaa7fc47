"""Parts of the simulator's inner loop, compiled: table look-ups, the heap of running sequences, sums over time."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from wattline.line.engine.simulator.kernel_state import (
    BIN_BUSY,
    BIN_DECODE,
    BIN_ENERGY,
    BIN_RUNNING,
    BIN_TOKENS,
    LATENCY_BINS,
    LATENCY_FIRST_S,
    LATENCY_PER_E,
)

# nothing is allocated inside, so that arrays need no counting of references: two to three times the speed
OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
compiled = njit(**OPTIONS)


@compiled
def knot_below(knots, x):
    """Index of the segment that ``x`` lies in; the last one reaches beyond the table."""
    low, high = 0, len(knots) - 2
    while low < high:
        middle = (low + high + 1) // 2
        if knots[middle] <= x:
            low = middle
        else:
            high = middle - 1
    return low


@compiled
def decode_at(table, sequences, context):
    """A step that only decodes: seconds, joules, what each grows by with a token of context, and the segment's end."""
    i = knot_below(table.knots, context)
    span = table.knots[i + 1] - table.knots[i]
    along = context - table.knots[i]
    grow_s = (table.time_s[sequences, i + 1] - table.time_s[sequences, i]) / span
    grow_j = (table.energy_j[sequences, i + 1] - table.energy_j[sequences, i]) / span
    end = table.knots[i + 1] if i + 2 < len(table.knots) else math.inf
    return (
        table.time_s[sequences, i] + grow_s * along,
        table.energy_j[sequences, i] + grow_j * along,
        grow_s,
        grow_j,
        end,
    )


@compiled
def along_knots(knots, values, x):
    i = knot_below(knots, x)
    return values[i] + (values[i + 1] - values[i]) * (x - knots[i]) / (knots[i + 1] - knots[i])


@compiled
def mixed_at(table, sequences, context, tokens, length):
    """A step that reads ``tokens`` of prompts, as deep in them as prompts of ``length`` are on average: s and J."""
    time, energy, pairs = table.launch_time_s, table.launch_energy_j, tokens
    if sequences > 0:
        both = sequences + tokens
        i = knot_below(table.knots, context)
        along = (context - table.knots[i]) / (table.knots[i + 1] - table.knots[i])
        time += (1.0 - along) * table.raw_time_s[sequences, i] + along * table.raw_time_s[sequences, i + 1]
        energy += (1.0 - along) * table.raw_energy_j[sequences, i] + along * table.raw_energy_j[sequences, i + 1]
        time += table.token_time_s[both] - table.token_time_s[sequences]
        energy += table.token_energy_j[both] - table.token_energy_j[sequences]
    else:
        time += table.token_time_s[tokens]
        energy += table.token_energy_j[tokens]
        pairs = tokens - 1
    time += pairs * along_knots(table.lengths, table.pair_time_s, length)
    energy += pairs * along_knots(table.lengths, table.pair_energy_j, length)
    moving = max(max(energy, table.idle_w * time) / time - table.static_w, 1e-9)
    clock = min((table.reach_w - table.static_w) / moving, 1.0) ** (1.0 / (1.0 + table.clock_exponent))
    power = min(table.static_w + moving * clock ** (1.0 + table.clock_exponent), table.reach_w)
    time *= table.time_factor / clock
    power = min(max(power * table.power_factor, table.idle_w), table.limit_w)
    return time, time * power * table.chips


@compiled
def push(due, who, r, size, key, request):
    """Put a sequence on the heap of row ``r``; who is done first is on top, and of those the earlier request."""
    i = size
    while i > 0:
        up = (i - 1) // 2
        if due[r, up] < key or (due[r, up] == key and who[r, up] <= request):
            break
        due[r, i], who[r, i] = due[r, up], who[r, up]
        i = up
    due[r, i], who[r, i] = key, request


@compiled
def _sink(due, who, r, size, i, key, request):
    while True:
        down = 2 * i + 1
        if down >= size:
            break
        other = down + 1
        if other < size and (
            due[r, other] < due[r, down] or (due[r, other] == due[r, down] and who[r, other] < who[r, down])
        ):
            down = other
        if key < due[r, down] or (key == due[r, down] and request <= who[r, down]):
            break
        due[r, i], who[r, i] = due[r, down], who[r, down]
        i = down
    due[r, i], who[r, i] = key, request


@compiled
def pop(due, who, r, size):
    """Take the top off; the heap then holds ``size - 1``."""
    _sink(due, who, r, size - 1, 0, due[r, size - 1], who[r, size - 1])


@compiled
def take(due, who, r, size, i):
    """Take entry ``i`` out of a heap of ``size``."""
    key, request = due[r, size - 1], who[r, size - 1]
    if i == size - 1:
        return
    _sink(due, who, r, size - 1, i, key, request)
    if due[r, i] == key and who[r, i] == request:
        push(due, who, r, i, key, request)


@compiled
def spend(line, r, begin, end, energy, decode_j, tokens, running):
    """Spread a stretch of work over the bins that it covers, evenly in time."""
    count = line.bins.shape[1]
    while end > line.width[0] * count:
        _coarsen(line)
    width = line.width[0]
    first = min(int(begin / width), count - 1)
    last = min(int(end / width), count - 1)
    bins = line.bins
    span = end - begin
    used = 0.0
    for i in range(first, last + 1):
        share = 1.0 - used
        if i < last:
            inside = min(end, (i + 1) * width) - max(begin, i * width)
            share = min(max(inside / span, 0.0), share)
        used += share
        bins[r, i, BIN_ENERGY] += share * energy
        bins[r, i, BIN_DECODE] += share * decode_j
        bins[r, i, BIN_BUSY] += share * span
        bins[r, i, BIN_TOKENS] += share * tokens
        bins[r, i, BIN_RUNNING] += share * span * running


@compiled
def _coarsen(line):
    """Make bins twice as wide: each takes in two."""
    replicas, count, columns = line.bins.shape
    half = count // 2
    for r in range(replicas):
        for i in range(half):
            for k in range(columns):
                line.bins[r, i, k] = line.bins[r, 2 * i, k] + line.bins[r, 2 * i + 1, k]
        line.bins[r, half:, :] = 0.0
    line.width[0] *= 2.0


@compiled
def latency(line, clock, seconds, tokens):
    """Count tokens that came this long after the ones before."""
    if line.window[0] <= clock < line.window[1] and tokens > 0:
        i = int(math.log(seconds / LATENCY_FIRST_S) * LATENCY_PER_E)
        line.latency[min(max(i, 0), LATENCY_BINS - 1)] += tokens
