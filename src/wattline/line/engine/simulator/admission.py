"""Requests that can be served, and those that cannot, before they go through the simulator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.engine.simulator.kernel_state import Limits


def cached_prompt_tokens(cached_tokens: ArrayLike, taken: Array) -> Array:
    """Tokens of the prompts that are taken which are in the cache of prefixes already.

    Parameters
    ----------
    cached_tokens : of each request, or of all; below zero where more is read, as encoders of pictures do
    taken : which requests are served, shape ``(n,)``

    Returns tokens of those that are served.
    """
    return np.asarray(np.broadcast_to(np.asarray(cached_tokens, np.int64), taken.shape)[taken])


def admissible(
    arrival_s: ArrayLike, input_tokens: ArrayLike, output_tokens: ArrayLike, limits: Limits, read: Limits | None = None
) -> tuple[Array, Array, Array, Any, dict[str, int]]:
    """Requests that can be served, and how many cannot, by reason; ``read``: limits of where prompts are read.

    Parameters
    ----------
    arrival_s : in order [s], shape ``(n,)``
    input_tokens, output_tokens : shape ``(n,)``
    limits : of the engine
    read : limits of where prompts are read, where that is another pool

    Returns times, input and output tokens of those that can be served, which they are, and the others by reason. Raises
    WattlineError where the three differ in length, or times are not finite and in order.
    """
    arrival = np.asarray(arrival_s, float)
    inputs: Any = np.asarray(input_tokens, np.int64)
    outputs: Any = np.asarray(output_tokens, np.int64)
    if not len(arrival) == len(inputs) == len(outputs):
        raise WattlineError("traffic: times, input and output tokens are not equally many")
    if not np.isfinite(arrival).all() or (len(arrival) and arrival[0] < 0) or np.any(np.diff(arrival) < 0):
        raise WattlineError("traffic: times must be finite, zero or more, and in order")
    bad = (inputs < 1) | (outputs < 1)
    # the last token is given and never kept
    long = ~bad & (inputs + outputs - 1 > limits.blocks * limits.block_tokens)
    if read is not None:
        long |= ~bad & (inputs > read.blocks * read.block_tokens)
    taken = ~bad & ~long
    rejected = {"no tokens in or out": int(bad.sum()), "longer than the cache holds": int(long.sum())}
    if taken.all():
        return arrival, inputs, outputs, taken, {}
    return arrival[taken], inputs[taken], outputs[taken], taken, {k: v for k, v in rejected.items() if v}
