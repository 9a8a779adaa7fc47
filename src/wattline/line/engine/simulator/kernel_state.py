"""What the simulator's inner loop works on: arrays of replicas, of requests and of time, and the limits it keeps."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wattline.core.fact import Array

NONE = -1
LATENCY_BINS, LATENCY_FIRST_S, LATENCY_PER_E = 2000, 1e-5, 100.0  # bins of inter-token latency: 1% wide, from 10 µs
BUSY, ENERGY, DECODE, PROMPT, TOKENS, READ, STEPS, RUNNING, PREEMPTED, PEAK, CACHED = range(11)
TOTALS = 11
BIN_ENERGY, BIN_BUSY, BIN_TOKENS, BIN_RUNNING, BIN_DECODE = range(5)


class Limits(NamedTuple):
    """What the scheduler keeps: vLLM's names."""

    max_num_seqs: int
    max_num_batched_tokens: int
    block_tokens: int
    blocks: int
    watermark: int  # blocks left free when a request is admitted beside others


class Replicas(NamedTuple):
    """One entry a replica. A decoding sequence's cache holds ``base + steps`` tokens; each step adds one to all."""

    clock: Array  # seconds
    free: Array  # blocks
    decoding: Array  # sequences
    partial: Array  # request whose prompt is read in part, or -1
    head: Array  # first that waits, or -1
    tail: Array
    waiting: Array  # how many
    steps: Array  # made so far
    context: Array  # tokens in the caches of decoding sequences
    joules_each: Array  # of one sequence that had decoded in every step
    seconds_each: Array
    admitted: Array  # counter
    sending: Array  # first request whose cache is being sent, or -1
    sending_last: Array
    link: Array  # until when its link to other replicas is taken, seconds
    phase: Array  # (R, block_tokens) decoding sequences by base modulo block
    due: Array  # (R, max_num_seqs) heap of decoding sequences: the step count at which each is done
    who: Array  # (R, max_num_seqs) and its request
    load: Array  # requests that wait or run, as the router knows
    certain: Array  # until when that holds
    totals: Array  # (R, TOTALS)


class Requests(NamedTuple):
    """One entry a request."""

    arrival: Array
    inputs: Array
    outputs: Array
    done: Array  # tokens made, when it last began to wait or to be read
    left: Array  # prompt tokens still to read
    base: Array
    order: Array  # of admission on its replica
    joules_at: Array  # ``joules_each`` when it began to decode
    seconds_at: Array
    energy: Array
    seconds: Array
    begun: Array  # times: first admitted, first token, last token
    first: Array
    end: Array
    replica: Array
    next: Array  # in the queue
    send_s: Array  # what sending its cache takes, where caches are sent; else of length 0
    sent: Array  # time at which it was


class Timeline(NamedTuple):
    """Sums over bins of time; ``width`` doubles when time runs beyond the last."""

    bins: Array  # (R, B, 5)
    width: Array  # (1,) seconds
    latency: Array  # (LATENCY_BINS,) tokens by inter-token latency
    window: Array  # (2,) seconds between which latencies count


class Scratch(NamedTuple):
    """Prompts read in the present step."""

    who: Array
    tokens: Array


def replicas(count: int, limits: Limits) -> Replicas:
    """Empty replicas at time 0."""
    whole = {"free": limits.blocks, "partial": NONE, "head": NONE, "tail": NONE, "certain": np.inf}
    whole |= {"sending": NONE, "sending_last": NONE}
    real = {"clock", "joules_each", "seconds_each", "certain", "link"}
    shapes: dict[str, Any] = {
        "phase": (count, limits.block_tokens),
        "due": (count, limits.max_num_seqs),
        "who": (count, limits.max_num_seqs),
    }
    made = {
        name: np.full(shapes.get(name, count), whole.get(name, 0), np.float64 if name in real else np.int64)
        for name in Replicas._fields
        if name != "totals"
    }
    return Replicas(**made, totals=np.zeros((count, TOTALS)))


def requests(arrival: Array, inputs: Array, outputs: Array, cached: Array, send_s: Array | None = None) -> Requests:
    """Requests that have not begun. ``send_s``: seconds that sending each one's cache takes, once it has been read;
    ``cached`` is below zero where encoders work before the prompt is read, for as long as so many tokens take."""
    n = len(arrival)
    whole: dict[str, Any] = {name: np.zeros(n, np.int64) for name in ("done", "base", "order")}
    real = {name: np.zeros(n) for name in ("joules_at", "seconds_at", "energy", "seconds")}
    return Requests(
        arrival=np.ascontiguousarray(arrival, np.float64),
        inputs=np.ascontiguousarray(inputs, np.int64),
        outputs=np.ascontiguousarray(outputs, np.int64),
        left=np.maximum(np.asarray(inputs, np.int64) - cached, 1),
        begun=np.full(n, np.nan),
        first=np.full(n, np.nan),
        end=np.full(n, np.nan),
        replica=np.full(n, NONE, np.int64),
        next=np.full(n, NONE, np.int64),
        send_s=np.zeros(0) if send_s is None else np.ascontiguousarray(send_s, np.float64),
        sent=np.full(0 if send_s is None else n, np.nan),
        **whole,
        **real,
    )


def read_elsewhere(requests: Requests) -> None:
    """The requests' prompts have been read and their first tokens given; their caches come with them."""
    requests.done[:] = 1
    requests.left[:] = 0


def timeline(count: int, bins: int, width_s: float, window_s: tuple[float, float]) -> Timeline:
    return Timeline(np.zeros((count, bins, 5)), np.array([width_s]), np.zeros(LATENCY_BINS), np.array(window_s))


def scratch(limits: Limits) -> Scratch:
    return Scratch(np.zeros(limits.max_num_seqs, np.int64), np.zeros(limits.max_num_seqs, np.int64))
