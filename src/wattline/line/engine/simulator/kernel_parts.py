"""Parts of the simulator's inner loop, compiled: table look-ups, the heap of running sequences, sums over time."""

from __future__ import annotations

import math
from pathlib import Path
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


def jit(function):
    """The function, compiled when it is first called and kept on disk; in memory alone where nothing can be written.

    Numba raises where neither the package's own folder nor the user's cache can be written: a read-only install under a
    user without a home. Its cache is made of pickles, so that no folder of others' would do.
    """
    try:
        return njit(**OPTIONS)(function)
    except RuntimeError:
        return njit(**{**OPTIONS, "cache": False})(function)


def is_on_disk(function: Any) -> bool:
    """Whether a compiled function lies in Numba's cache already, so that its first call takes no minute."""
    folder = getattr(getattr(function, "_cache", None), "cache_path", None)
    name = getattr(function, "__name__", "")
    return folder is not None and any(Path(folder).glob(f"*.{name}-*.nbi"))


@jit
def knot_below(knots, value):
    """Index of the segment that ``value`` lies in; the last one reaches beyond the table."""
    low, high = 0, len(knots) - 2
    while low < high:
        middle = (low + high + 1) // 2
        if knots[middle] <= value:
            low = middle
        else:
            high = middle - 1
    return low


@jit
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


@jit
def along_knots(knots, values, value):
    i = knot_below(knots, value)
    return values[i] + (values[i + 1] - values[i]) * (value - knots[i]) / (knots[i + 1] - knots[i])


@jit
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


@jit
def push(due, who, row, size, key, request):
    """Put a sequence on the heap of ``row``; who is done first is on top, and of those the earlier request."""
    i = size
    while i > 0:
        up = (i - 1) // 2
        if due[row, up] < key or (due[row, up] == key and who[row, up] <= request):
            break
        due[row, i], who[row, i] = due[row, up], who[row, up]
        i = up
    due[row, i], who[row, i] = key, request


@jit
def _sink(due, who, row, size, place, key, request):
    while True:
        down = 2 * place + 1
        if down >= size:
            break
        other = down + 1
        if other < size and (
            due[row, other] < due[row, down] or (due[row, other] == due[row, down] and who[row, other] < who[row, down])
        ):
            down = other
        if key < due[row, down] or (key == due[row, down] and request <= who[row, down]):
            break
        due[row, place], who[row, place] = due[row, down], who[row, down]
        place = down
    due[row, place], who[row, place] = key, request


@jit
def pop(due, who, row, size):
    """Take the top off; the heap then holds ``size - 1``."""
    _sink(due, who, row, size - 1, 0, due[row, size - 1], who[row, size - 1])


@jit
def take(due, who, row, size, place):
    """Take entry ``place`` out of a heap of ``size``."""
    key, request = due[row, size - 1], who[row, size - 1]
    if place == size - 1:
        return
    _sink(due, who, row, size - 1, place, key, request)
    if due[row, place] == key and who[row, place] == request:
        push(due, who, row, place, key, request)


@jit
def spend(line, row, begin, end, energy, decode_j, tokens, running):
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
        bins[row, i, BIN_ENERGY] += share * energy
        bins[row, i, BIN_DECODE] += share * decode_j
        bins[row, i, BIN_BUSY] += share * span
        bins[row, i, BIN_TOKENS] += share * tokens
        bins[row, i, BIN_RUNNING] += share * span * running


@jit
def _coarsen(line):
    """Make bins twice as wide: each takes in two."""
    replicas, count, columns = line.bins.shape
    half = count // 2
    for row in range(replicas):
        for i in range(half):
            for k in range(columns):
                line.bins[row, i, k] = line.bins[row, 2 * i, k] + line.bins[row, 2 * i + 1, k]
        line.bins[row, half:, :] = 0.0
    line.width[0] *= 2.0


@jit
def latency(line, clock, seconds, tokens):
    """Count tokens that came this long after the ones before."""
    if line.window[0] <= clock < line.window[1] and tokens > 0:
        i = int(math.log(seconds / LATENCY_FIRST_S) * LATENCY_PER_E)
        line.latency[min(max(i, 0), LATENCY_BINS - 1)] += tokens
