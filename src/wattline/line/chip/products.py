"""What operations are made of: a step's work, the chip's rates, and products, kernels and waits.

A product takes the longer of arithmetic and memory at reachable rates (smoothly joined), and a launch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients

ACTIVATION_BYTES = 2.0  # 16 bits


def highest_deviate(count: Array) -> Array:
    """How many standard deviations the largest of so many normal deviates lies above their mean (Blom 1958).

    Parameters
    ----------
    count : numeric, how many there are; 0 deviations for 1

    Returns
    -------
    Standard deviations, of the shape of ``count``.
    """
    if not np.any(count > 1):
        return np.zeros_like(count)
    from scipy.special import ndtri  # takes a quarter of a second to load, and most layouts do without

    return np.where(count > 1, ndtri((count - 0.375) / (count + 0.25)), 0.0)


@dataclass(frozen=True, eq=False)
class Work:
    """What a step does: ``tokens`` through the layers, of which ``sequences`` decode at ``context`` tokens each, and
    the rest are read in prompts of ``prompt_tokens``; on ``chips`` chips."""

    tokens: Array
    sequences: Array
    context: Array
    prompt_tokens: Array
    chips: Array
    weight_bytes: Array  # of experts
    dense_bytes: Array  # of all other weights: MXFP4 keeps them in 16 bits
    narrow: Array  # 1 where products run in the chip's 8- or 4-bit format
    expert_parallel: Array  # 1 where experts are placed whole on chips
    ranks: Array = field(
        kw_only=True, default_factory=lambda: np.asarray(1.0)
    )  # groups of chips that split the requests' attention
    padding: Array = field(
        kw_only=True, default_factory=lambda: np.asarray(0.0)
    )  # 1 where ranks compute as much as the fullest one
    balance: Array = field(
        kw_only=True, default_factory=lambda: np.asarray(0.0)
    )  # 1 where ranks wait to read their prompts together
    cache_bytes: Array = field(
        kw_only=True, default_factory=lambda: np.asarray(ACTIVATION_BYTES)
    )  # of a value kept of a token
    # 1 where a token goes to its experts' chips alone
    scattered: Array = field(kw_only=True, default_factory=lambda: np.asarray(0.0))
    queries: Array = field(
        kw_only=True, default_factory=lambda: np.asarray(1.0)
    )  # tokens of a sequence that look back together

    def of_rank(self) -> tuple[Work, Work]:
        """The step of the rank that has most to do, and that of the mean one.

        Sequences spread evenly over ranks; so many prompts fall on them by chance, and the fullest has at least one.
        """
        reading = np.maximum(self.tokens - self.sequences, 0.0)
        prompts = reading / np.maximum(self.prompt_tokens, 1.0)
        mean = prompts / self.ranks
        likely = mean + highest_deviate(self.ranks) * np.sqrt(2 * mean * (1.0 - 1.0 / self.ranks))
        longest = np.where(prompts > 1, 1.0 + np.log(np.clip(prompts, 1.0, self.ranks)), prompts)
        fullest = np.clip(likely, longest, np.maximum(prompts, 1e-9)) / np.maximum(prompts, 1e-9)
        share = self.balance / self.ranks + (1.0 - self.balance) * fullest
        decoding = np.minimum(self.sequences, self.tokens) / self.ranks
        rank = replace(
            self, tokens=decoding + reading * share, sequences=self.sequences / self.ranks,
            chips=self.chips / self.ranks, ranks=np.ones_like(self.ranks),
        )  # fmt: skip
        return rank, replace(rank, tokens=np.asarray(self.tokens / self.ranks))


@dataclass(frozen=True, eq=False)
class Operation:
    """One kind of operation of a step, on one chip."""

    time_s: Array
    flops: Array
    narrow_flops: Array
    bytes: Array
    busy_s: Array  # of it, the chip's arithmetic units or memory at work (not waiting for a launch, a link or a host)


@dataclass(frozen=True, eq=False)
class Rates:
    """What the chip's nameplate says: FLOP/s wide (16-bit) and narrow, bytes/s of memory and of links.

    ``arithmetic``, ``narrow_arithmetic``, ``traffic``: peaks of arithmetic and of memory beside those of the board that
    the same silicon was measured on, with whose watts they go (``Watts.full``).
    """

    wide: Array
    narrow: Array
    memory: Array
    link: Array
    arithmetic: Array = field(default_factory=lambda: np.asarray(1.0))
    narrow_arithmetic: Array = field(default_factory=lambda: np.asarray(1.0))
    traffic: Array = field(default_factory=lambda: np.asarray(1.0))
    across: Array = field(default_factory=lambda: np.asarray(0.0))  # 1 where a replica's chips lie in several domains


def product(
    rows: ArrayLike, columns: ArrayLike, depth: ArrayLike, count: ArrayLike, weight_bytes: ArrayLike, narrow: ArrayLike,
    rates: Rates, fit: Coefficients,
) -> Operation:  # fmt: skip
    """Matrix products of ``rows × depth`` activations by ``depth × columns`` weights.

    Parameters
    ----------
    rows, columns, depth : numeric, sizes of a product; at least a tile of rows is computed
    count : numeric, how many products a step makes
    weight_bytes : numeric, bytes of a weight in memory [B]
    narrow : numeric, 1 where they run at the chip's 8- or 4-bit rate, else 0
    rates : the chip's nameplate
    fit : coefficients of the chip's generation

    Returns the operation; arguments broadcast, so do its values.
    """
    m, n, k, count = (np.asarray(x, float) for x in (rows, columns, depth, count))
    flops = count * 2 * np.maximum(m, fit.kernels.least_rows) * n * k
    moved = count * (n * k * np.asarray(weight_bytes) + m * (n + k) * ACTIVATION_BYTES)
    rate = np.where(np.asarray(narrow) > 0, rates.narrow * fit.narrow_efficiency, rates.wide * fit.wide_efficiency)
    launches = count * (n > 0) * fit.launch_s * np.where(np.asarray(narrow) > 0, fit.narrow_launches, 1.0)
    return kernel(flops, moved, flops / rate, moved / (rates.memory * fit.memory_efficiency), launches, narrow, fit)


def kernel(
    flops: Array, moved: Array, compute_s: Array, memory_s: Array, launch_s: Array, narrow: ArrayLike,
    fit: Coefficients,
) -> Operation:  # fmt: skip
    """A kernel that computes while it reads memory: the longer of the two, smoothly joined, and its launch.

    Parameters
    ----------
    flops, moved : numeric, arithmetic [FLOP] and bytes to and from memory [B]
    compute_s, memory_s : numeric, time that each would take alone [s]
    launch_s : numeric, time before either begins [s]
    narrow : numeric, 1 where the arithmetic is the chip's 8- or 4-bit kind
    fit : coefficients of the chip's generation

    Returns
    -------
    Seconds, FLOP and bytes, of the shape that the arguments broadcast to.
    """
    join = fit.kernels.join
    busy = (compute_s**join + memory_s**join) ** (1 / join)
    is_narrow = np.asarray(narrow) > 0
    return Operation(
        np.asarray(busy + launch_s), np.where(is_narrow, 0.0, flops), np.where(is_narrow, flops, 0.0), moved, busy
    )


def waiting(time_s: ArrayLike) -> Operation:
    """Time [s] in which the chip neither computes nor moves bytes: launches, links, the host."""
    zero = np.asarray(0.0)
    return Operation(np.asarray(time_s, float), zero, zero, zero, zero)


def total(*parts: Operation) -> Operation:
    """Operations one after the other, as one."""
    return Operation(*(np.asarray(sum(getattr(p, name) for p in parts)) for name in Operation.__dataclass_fields__))
