"""Time and power of one step of inference: a roofline over compute, memory and links.

Williams et al. 2009 (CACM 52:4) for the roofline; Pope et al. 2022 (arXiv:2211.05102) for partitioned inference.
Arrays in, time and power out: every argument may be a scalar or an array, and they broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wattline.chip.device import Chip
from wattline.draws import Draws
from wattline.fact import Array
from wattline.work import flops as count
from wattline.work.flops import BYTES
from wattline.work.model import Model

ACTIVATION_BYTES = 2.0  # activations travel between chips in 16 bits


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a replica: what bounds it, its time, and the power of one of its chips."""

    flops: Array
    bytes_read: Array
    compute_s: Array
    memory_s: Array
    link_s: Array
    overhead_s: Array
    power_w: Array

    @property
    def time_s(self) -> Array:
        return np.asarray(np.maximum(self.compute_s, self.memory_s) + self.link_s + self.overhead_s)

    @property
    def bound(self) -> str:
        """What takes most of the step's time, on the average over draws."""
        parts = {
            "compute": self.compute_s,
            "memory": self.memory_s,
            "links": self.link_s,
            "overhead": self.overhead_s,
        }
        return max(parts, key=lambda name: float(np.mean(parts[name])))


def prefill_step(model: Model, chip: Chip, chips: int, input_tokens: ArrayLike, precision: str, draws: Draws) -> Step:
    """A replica of ``chips`` chips reads one prompt of ``input_tokens`` tokens."""
    tokens = np.asarray(input_tokens, float)
    operations = count.prefill_flops(model, tokens)
    moved = count.weight_bytes_read(model, tokens, BYTES[precision]) + count.kv_bytes(model, tokens)
    return _step(model, chip, chips, tokens, operations, moved, precision, draws)


def decode_step(
    model: Model,
    chip: Chip,
    chips: int,
    batch: ArrayLike,
    context_tokens: ArrayLike,
    precision: str,
    draws: Draws,
) -> Step:
    """A replica makes one token for each of ``batch`` sequences that have ``context_tokens`` behind them."""
    batch = np.asarray(batch, float)
    operations = count.decode_flops_per_token(model, context_tokens) * batch
    moved = count.weight_bytes_read(model, batch, BYTES[precision]) + count.kv_bytes(model, context_tokens) * batch
    return _step(model, chip, chips, batch, operations, moved, precision, draws)


def _step(
    model: Model,
    chip: Chip,
    chips: int,
    tokens: Array,
    operations: Array,
    moved: Array,
    precision: str,
    draws: Draws,
) -> Step:
    efficiency = draws(compute_efficiency(chip, precision))
    compute_s = operations / (chips * chip.peak_flops(precision) * efficiency)
    memory_s = moved / (chips * chip.bandwidth_bytes_per_s * draws("fit.memory-efficiency"))
    link_s = all_reduce_time(model, chip, chips, tokens, draws)
    overhead_s = draws("fit.step-overhead", "s") + draws("fit.layer-overhead", "s") * model.layers
    time = np.maximum(compute_s, memory_s) + link_s + overhead_s
    power = active_power(chip, compute_s / time, memory_s / time, draws)
    return Step(operations, moved, compute_s, memory_s, link_s, np.asarray(overhead_s), power)


def compute_efficiency(chip: Chip, precision: str) -> str:
    """The fact that says how much of its peak the chip reaches in large matrix products in this format."""
    width = chip.peak(precision).removesuffix("_flops")
    narrow = "narrow" if width in ("fp8", "fp4", "int8") else "wide"
    own = f"gemm-efficiency-{chip.generation}-{narrow}"
    from wattline import catalog

    return f"fit.{own if own in catalog.records('fit') else f'gemm-efficiency-{narrow}'}"


def all_reduce_time(model: Model, chip: Chip, chips: int, tokens: ArrayLike, draws: Draws) -> Array:
    """Two ring all-reduces of the activations in each layer, when tensor-parallel over ``chips``."""
    if chips == 1:
        return np.asarray(0.0)
    size = np.asarray(tokens, float) * model.hidden * ACTIVATION_BYTES
    wire = 2 * (chips - 1) / chips * size / (chip.link_among(chips) * draws("fit.link-efficiency"))
    return np.asarray(2 * model.layers * (wire + draws("fit.all-reduce-latency", "s")))


def active_power(chip: Chip, compute_share: Array, memory_share: Array, draws: Draws) -> Array:
    """Watts of a chip at work: idle, plus what clocks, arithmetic and memory add, never above TDP."""
    activity = (
        draws("fit.power-clocks")
        + draws("fit.power-compute") * compute_share
        + draws("fit.power-memory") * memory_share
    )
    return np.asarray(chip.idle_w + (chip.tdp_w - chip.idle_w) * np.clip(activity, 0.0, 1.0))


def memory_needed_bytes(model: Model, batch: ArrayLike, context_tokens: ArrayLike, precision: str) -> Array:
    """Bytes that a replica holds: weights, and the cache of ``batch`` sequences at this length."""
    weights = count.weight_bytes(model, BYTES[precision])
    return np.asarray(weights + count.kv_bytes(model, context_tokens) * np.asarray(batch, float))
