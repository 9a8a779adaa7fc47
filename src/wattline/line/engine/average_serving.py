"""Serving on average: what one request takes of a replica that answers ``batch`` of them together.

In a steady state with continuous batching, each request costs the replica one prefill and its share of the decode
steps; by Little's law its time in the system is ``batch`` times that (Kwon et al. 2023, arXiv:2309.06180, for the
batching; the traffic's own ups and downs are averaged out here).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.device import Chip
from wattline.line.chip.step import Step, decode_step, memory_needed_bytes, prefill_step
from wattline.line.work.model import Model


@dataclass(frozen=True, eq=False)
class Request:
    """A request on a replica: its steps, its seconds of the whole replica, and its own waiting times."""

    chips: int
    batch: Array
    prefill: Step
    decode: Step
    prefill_s: Array
    decode_s: Array
    ttft_s: Array
    tpot_s: Array

    @property
    def busy_s(self) -> Array:
        """Seconds of the replica that the request takes."""
        return np.asarray(self.prefill_s + self.decode_s)


def serve_request(
    model: Model,
    chip: Chip,
    chips: int,
    batch: ArrayLike,
    input_tokens: float,
    output_tokens: float,
    precision: str,
    draws: Draws,
) -> Request:
    """Time of one request of ``input_tokens`` and ``output_tokens`` among ``batch`` like it."""
    size = np.asarray(batch, float)
    prefill = prefill_step(model, chip, chips, input_tokens, precision, draws)
    # the cache grows from input to input + output; its mean stands for all steps
    context = input_tokens + output_tokens / 2
    decode = decode_step(model, chip, chips, size, context, precision, draws)
    # the prefill gives the first token
    steps = output_tokens - 1
    decode_s = np.asarray(steps * decode.time_s / size)
    return Request(
        chips=chips,
        batch=size,
        prefill=prefill,
        decode=decode,
        prefill_s=prefill.time_s,
        decode_s=decode_s,
        ttft_s=np.asarray(prefill.time_s + decode.time_s),
        tpot_s=np.asarray(decode.time_s + size * prefill.time_s / max(output_tokens, 1)),
    )


def fits(model: Model, chip: Chip, chips: int, batch: float, context_tokens: float, precision: str) -> bool:
    """Whether weights and the cache of ``batch`` sequences fit the replica's memory."""
    needed = float(memory_needed_bytes(model, batch, context_tokens, precision))
    return needed <= chips * chip.memory_bytes * chip.usable_memory


def chips_needed(model: Model, chip: Chip, batch: float, context_tokens: float, precision: str) -> int:
    """The fewest chips, a power of two, that hold the model and ``batch`` sequences."""
    chips = 1
    while not fits(model, chip, chips, batch, context_tokens, precision):
        chips *= 2
        if chips > 4096:
            raise WattlineError(
                f"{model.key} with {batch:g} sequences of {context_tokens:,.0f} tokens fits no replica of up to "
                f"4,096 × {chip.record.name}; lower the batch or the lengths"
            )
    return chips


def largest_batch(model: Model, chip: Chip, chips: int, context_tokens: float, precision: str) -> float:
    """How many sequences of this length fit beside the weights; below 1 when not even one does.

    Parameters
    ----------
    model, chip : what is served, on what
    chips : of a replica
    context_tokens : tokens of each sequence, prompt and answer [token]
    precision : format of the weights
    """
    weights = float(memory_needed_bytes(model, 0.0, context_tokens, precision))
    each = float(memory_needed_bytes(model, 1.0, context_tokens, precision)) - weights
    return (chips * chip.memory_bytes * chip.usable_memory - weights) / each


def power_by_part(request: Request, chip: Chip, active_share: Array) -> dict[str, dict[str, Array]]:
    """Watts of the replica by part, in ``prefill`` and in ``decode``.

    Idle time belongs to the requests that the chips are kept ready for: each busy second carries
    ``(1 - share) / share`` idle ones, in which chips and hosts take their idle power and the network its own.
    """
    waiting = (1.0 - active_share) / active_share
    common = {
        "chip_idle": chip.idle_w * waiting,
        "host": chip.host_w + chip.host_idle_w * waiting,
        "network": chip.network_w * (1.0 + waiting),
    }
    phases = {"prefill": request.prefill.power_w, "decode": request.decode.power_w}
    return {
        phase: {part: np.asarray(request.chips * w) for part, w in ({phase: power} | common).items()}
        for phase, power in phases.items()
    }
