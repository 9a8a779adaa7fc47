"""Measured services with prefill and decode in pools of their own, held against the steps of both pools.

A fixed number of requests goes round: each is read by a prefill worker, then decoded among others by a decode worker.
Its mean is worked out by mean values (Schweitzer 1979; Lazowska et al. 1984, chapter 7): a request finds at the prefill
workers those that the loop keeps there on average, and all that decode share one step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.serving import Serving
from wattline.line.chip.software import Software
from wattline.line.engine.simulator.replica import ReplicaSteps, setting
from wattline.line.engine.transfer import bytes_per_s_by_token, passes_by_token
from wattline.line.work.flops import kv_bytes
from wattline.line.work.weights import memory_needed_bytes
from wattline.validate.evidence.latencies import PoolLayout, TimedRow

STEP_TOKENS = 8192
ROUNDS_OF_MEANS = 400
POINTS = 40  # batches at which a decode step is worked out
DAMPING = 0.3


@dataclass(frozen=True)
class Loop:
    """Means of a closed loop: seconds until the first token, seconds between tokens, requests that decode at once."""

    ttft_s: float
    tpot_s: float
    decoding: float


def pool_rows(row: TimedRow, soft: Software) -> Loop:
    """The row's closed loop through both pools.

    Parameters
    ----------
    row : a measured service with a prefill pool
    soft : its engine

    Returns
    -------
    Mean times. Raises WattlineError where the model does not fit a worker's chips.
    """
    assert row.prefill is not None
    reading, decoding = _steps(row, row.prefill, soft), _steps(row, row.own_layout, soft)
    length = float(np.mean(row.spread))
    prompt, answer = length * row.input_tokens, length * row.output_tokens
    together = max(row.prefill.ranks, int(STEP_TOKENS // prompt), 1)
    step_s = float(reading.expected(reading.run(together * prompt, 0.0, 0.0, prompt))[0])
    n = float(row.size)
    batches = np.geomspace(1.0, max(n, 2.0), POINTS)
    step_of = decoding.expected(decoding.decode(batches, prompt + answer / 2))[0]
    token_s, read_s, send_s = float(step_of[0]), step_s, _sending_s(row, prompt)
    sent_s = send_s  # with the wait for those before it at the same worker
    rate = n / (read_s + sent_s + answer * token_s)
    for _ in range(ROUNDS_OF_MEANS):
        batch = float(np.clip(rate * answer * token_s / row.workers, 1.0, n))
        token_s = float(np.interp(batch, batches, step_of))
        read_s = step_s + rate * read_s * (n - 1) / n * step_s / together / row.prefill.workers
        sent_s = send_s + rate * sent_s * (n - 1) / n * send_s / row.prefill.workers
        rate = (1 - DAMPING) * rate + DAMPING * n / (read_s + sent_s + answer * token_s)
    first = n * step_s / together / row.prefill.workers / 2 + step_s  # the first ones come all at once
    share = 1.0 / row.rounds
    # the first token is the reader's, and the wait for the cache stands before the second
    return Loop((1 - share) * read_s + share * max(first, read_s), token_s + sent_s / answer, batch * row.workers)


def _sending_s(row: TimedRow, prompt: float) -> float:
    """Seconds of a worker for one request's cache, where it passes token by token; else beside reading, and none."""
    assert row.prefill is not None
    split = row.prefill.chips // row.prefill.ranks, row.chips // row.ranks
    if not passes_by_token(row.engine, row.model, *split):
        return 0.0
    return float(kv_bytes(row.model, prompt)) / (row.prefill.chips * bytes_per_s_by_token(Draws(0)))


def _steps(row: TimedRow, layout: PoolLayout, soft: Software) -> ReplicaSteps:
    length = row.input_tokens + row.output_tokens
    needed = float(memory_needed_bytes(row.model, 1.0, length, row.precision, layout.ranks))
    if needed > layout.chips * row.chip.memory_bytes:
        raise WattlineError(f"{row.model.key} does not fit {layout.chips} × {row.chip.record.name}")
    return setting(
        row.model, row.chip, layout.chips, row.precision, expert_parallel=layout.expert_parallel,
        serving=Serving(layout.ranks, soft),
    )  # fmt: skip
