"""Serving on average: what one request takes of a replica that answers ``batch`` of them together.

In a steady state with continuous batching (Kwon et al. 2023, arXiv:2309.06180), prompts are read in the steps in which
other sequences decode (chunked prefill: Agrawal et al. 2024, arXiv:2403.02310): of ``batch`` requests with answers of
``output`` tokens, ``batch / output`` begin in each step. The traffic's own ups and downs are averaged out here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.device import Chip
from wattline.line.chip.replica_step import PromptReading, decode_step, reading_step
from wattline.line.chip.serving import Serving
from wattline.line.chip.step import Step
from wattline.line.work.model import Model
from wattline.line.work.weights import memory_needed_bytes

STATE_BYTES = 2.0  # of a value
STEP_TOKENS = 8192.0  # largest number of tokens in one step; longer prompts are read piece by piece


@dataclass(frozen=True, eq=False)
class Request:
    """A request on a replica: its steps, its seconds of the whole replica, and its own waiting times.

    Attributes
    ----------
    chips : of the replica
    batch : requests that it answers together
    prefill : the step that reads prompts, with those that decode in it
    decode : the step that only decodes, of the whole batch
    prompts : read in the first kind of step, below 1 where a prompt takes several
    reading_s, decoding_s : of the replica, in either kind of step [s]
    decode_s : of these, for the request's own tokens: its share of steps of the whole batch [s]
    ttft_s, tpot_s : time to the first token, and between tokens; the second is None for an answer of one token [s]
    """

    chips: int
    batch: Array
    prefill: Step
    decode: Step
    prompts: Array
    reading_s: Array
    decoding_s: Array
    decode_s: Array
    ttft_s: Array
    tpot_s: Array | None

    @property
    def busy_s(self) -> Array:
        """Seconds of the replica that the request takes."""
        return np.asarray(self.reading_s + self.decoding_s)

    @property
    def prefill_s(self) -> Array:
        """Of these, what its prompt takes: beyond what its tokens take in steps of the whole batch."""
        return np.asarray(self.busy_s - self.decode_s)


def slow_down(times: Request, factor: ArrayLike) -> Request:
    """The same request where every step takes so many times as long, at the same power.

    Parameters
    ----------
    times : of the request
    factor : 1 for as long

    Returns
    -------
    The request.
    """
    by = np.asarray(factor, float)
    return replace(
        times,
        reading_s=np.asarray(times.reading_s * by),
        decoding_s=np.asarray(times.decoding_s * by),
        decode_s=np.asarray(times.decode_s * by),
        ttft_s=np.asarray(times.ttft_s * by),
        tpot_s=None if times.tpot_s is None else np.asarray(times.tpot_s * by),
    )


def serve_request(
    model: Model,
    chip: Chip,
    chips: int,
    batch: ArrayLike,
    tokens: tuple[float, float],
    precision: str,
    draws: Draws,
    how: Serving = Serving(),
) -> Request:
    """Time of one request among others like it.

    Parameters
    ----------
    model, chip, chips : what is served, on what, on how many of them
    batch : requests that the replica answers together, shape ``()`` or ``(n_draws,)``
    tokens : of the prompt and of the answer
    precision : format of the weights
    draws : from which facts are drawn
    how : groups of the chips that split the requests' attention, and the software

    Returns
    -------
    Steps, seconds and joules of the request, of shape ``(n_draws,)``.
    """
    input_tokens, output_tokens = tokens
    size = np.asarray(batch, float)
    # the cache grows from input to input + output; its mean stands for all steps
    context = input_tokens + output_tokens / 2
    decode = decode_step(model, chip, chips, size, context, precision, draws, how)
    prompts, beside = together(size, input_tokens, output_tokens)
    reading = PromptReading(prompts, input_tokens, beside, context)
    mixed = reading_step(model, chip, chips, reading, precision, draws, how)
    # the prefill gives the first token; of the others some come in steps that read prompts
    after = output_tokens - 1.0
    there = np.minimum(beside / prompts, after)
    reading_s, decoding_s = mixed.time_s / prompts, (after - there) * decode.time_s / size
    # a step of others is under way when it comes; alone on the replica it begins at once
    under_way_s = np.clip(size - 1.0, 0.0, 1.0) * decode.time_s
    between = (there * mixed.time_s + (after - there) * decode.time_s) / after if after > 0 else None
    return Request(
        chips=chips,
        batch=size,
        prefill=mixed,
        decode=decode,
        prompts=prompts,
        reading_s=np.asarray(reading_s),
        decoding_s=np.asarray(decoding_s),
        decode_s=np.asarray(after * decode.time_s / size),
        ttft_s=np.asarray(mixed.time_s / np.minimum(prompts, 1.0) + under_way_s),
        tpot_s=None if between is None else np.asarray(between),
    )


def together(batch: Array, input_tokens: float, output_tokens: float) -> tuple[Array, Array]:
    """Prompts that are read in one step, and the sequences that decode beside them, in a steady state.

    Parameters
    ----------
    batch : requests that a replica answers together
    input_tokens, output_tokens : of each

    Returns the prompts of a step that reads any: one, more where answers are so short that more begin in each step, a
    part of one where it is longer than a step may be; and the sequences, none where the batch is one request.
    """
    prompts = np.minimum(np.maximum(batch / output_tokens, 1.0), STEP_TOKENS / input_tokens)
    beside = np.minimum(batch - np.maximum(prompts, 1.0), prompts * (output_tokens - 1.0))
    return np.asarray(prompts), np.asarray(np.maximum(beside, 0.0))


def fits(
    model: Model, chip: Chip, chips: int, batch: float, context_tokens: float, precision: str, how: Serving = Serving()
) -> bool:
    """Whether weights and the cache of ``batch`` sequences fit the replica's memory.

    Parameters
    ----------
    model : the language model
    chip : type of chip
    chips : of the replica
    batch : sequences that are answered together
    context_tokens : that the cache holds of each
    precision : number format of the weights
    how : ranks of attention, format of the cache

    Returns yes where they need no more than the usable memory.
    """
    needed = float(memory_needed_bytes(model, batch, context_tokens, precision, how.ranks, how.cache_bytes))
    return needed <= chips * chip.memory_bytes * chip.usable_memory


def chips_needed(
    model: Model, chip: Chip, batch: float, context_tokens: float, precision: str, how: Serving = Serving()
) -> int:
    """The fewest chips, a power of two, that hold the model and ``batch`` sequences.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip
    batch : sequences together
    context_tokens : tokens that each sequence has behind it
    precision : number format, a key of ``BYTES``
    how : groups of the chips that split the requests' attention, and the format of the cache

    Returns
    -------
    Number of chips.

    Raises
    ------
    WattlineError where no replica of up to 4,096 chips holds the model and the sequences.
    """
    chips = how.ranks
    while not fits(model, chip, chips, batch, context_tokens, precision, how):
        chips *= 2
        if chips > 4096:
            raise WattlineError(
                f"{model.key} with {batch:g} sequences of {context_tokens:,.0f} tokens fits no replica of up to "
                f"4,096 × {chip.record.name}; lower the batch or the lengths"
            )
    return chips


def largest_batch(
    model: Model, chip: Chip, chips: int, context_tokens: float, precision: str, how: Serving = Serving()
) -> float:
    """How many sequences of this length fit beside the weights; below 1 when not even one does.

    Parameters
    ----------
    model, chip : what is served, on what
    chips : of a replica
    context_tokens : tokens of each sequence, prompt and answer [token]
    precision : format of the weights
    how : groups of the chips that split the requests' attention, and the format of the cache

    Returns
    -------
    Number of sequences, not rounded.
    """
    weights = float(memory_needed_bytes(model, 0.0, context_tokens, precision, how.ranks, how.cache_bytes))
    each = float(memory_needed_bytes(model, 1.0, context_tokens, precision, how.ranks, how.cache_bytes)) - weights
    # a recurrence that keeps no cache has a state, of its width in each layer at least
    each = max(each, STATE_BYTES * model.layers * model.hidden)
    return (chips * chip.memory_bytes * chip.usable_memory - weights) / each


def power_by_part(request: Request, chip: Chip, active_share: Array) -> dict[str, dict[str, Array]]:
    """Watts of the replica by part, while it is ``reading`` prompts and in steps that only decode.

    Idle time belongs to the requests that the chips are kept ready for: each busy second carries
    ``(1 - share) / share`` idle ones, in which chips and hosts take their idle power and the network its own.

    Parameters
    ----------
    request : times of the request, with power of a chip in each phase [W]
    chip : type of chip with its server, its facts drawn
    active_share : of the time that provisioned chips are at work, 0 to 1

    Returns power by part of each phase [W], shape ``(n_draws,)``.
    """
    waiting = (1.0 - active_share) / active_share
    common = {
        "chip_idle": chip.idle_w * waiting,
        "host": chip.host_w + chip.host_idle_w * waiting,
        "network": chip.network_w * (1.0 + waiting),
    }
    own_s = np.maximum(request.decode_s - request.decoding_s, 0.0)  # tokens that came while prompts were read
    own = np.minimum(own_s * request.decode.power_w / request.reading_s, request.prefill.power_w)
    phases = {
        "reading": {"prefill": request.prefill.power_w - own, "decode": own},
        "decode": {"decode": request.decode.power_w},
    }
    return {
        phase: {part: np.asarray(request.chips * w) for part, w in (parts | common).items()}
        for phase, parts in phases.items()
    }
