"""Requests of the proxy and their weights, as tests of shares work them out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wattline.web.proxy.ledger import Interval, Ledger
from wattline.web.proxy.token_weights import Weigher
from wattline.web.proxy.tracked_request import TrackedRequest, Typical
from wattline.web.proxy.usage import Tokens


def weights(
    prefill_j: Callable[[float], float] = lambda tokens: 0.0,
    decode_j: Callable[[float, float], float] = lambda batch, context: 1.0,
    **more: Any,
) -> Weigher:
    """Weights that a test chooses; a prompt token takes 1 ms to read and an output token 10 ms unless it says so."""
    times = {"prefill_s": lambda tokens: 0.001, "decode_s": lambda batch, context: 0.01}
    return Weigher(prefill_j, decode_j, **{**times, "low": 1.0, "high": 1.0, "idle_w": 0.0, "basis": "test"} | more)


def request(name: str, begin: float, end: float | None, prompt: int, output: int, **more: Any) -> TrackedRequest:
    made = TrackedRequest(name, "/v1/completions", "completion", "m", more.pop("stream", True), begin, 0.0, **more)
    made.tokens, made.end_s = Tokens(prompt, more.get("cached"), output, "reported"), end
    if made.stream and made.first_s is None:
        made.first_s, made.deltas = begin, output
    return made


def settled(weigher: Weigher, intervals: list[Interval], *requests: TrackedRequest) -> Ledger:
    ledger = Ledger(weigher, Typical(4.0, 0.02))
    for each in requests:
        end, each.unseen = each.end_s, max(each.deltas - 1, 0)
        ledger.begin(each)
        if end is not None:
            ledger.end(each, end)
    for interval in intervals:
        ledger.add(interval)
    ledger.settle(intervals[-1].end_s + 100)
    return ledger
