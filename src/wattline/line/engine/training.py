"""The training run in time: hours from FLOPs, and its power by part."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog import Catalog
from wattline.core.fact import Array


def duration_s(flops: ArrayLike, chips: ArrayLike, peak_flops: ArrayLike, mfu: ArrayLike) -> Array:
    """Wall time of a run: FLOPs over what the chips together reach.

    Parameters
    ----------
    flops : FLOPs of the run [FLOP]
    chips, peak_flops : how many chips, and the peak of each [FLOP/s]
    mfu : share of the peak that does model work, 0 to 1

    Returns
    -------
    Seconds, of the shape that the arguments broadcast to.
    """
    return np.asarray(np.asarray(flops, float) / (np.asarray(chips) * np.asarray(peak_flops) * np.asarray(mfu)))


def implied_mfu(flops: ArrayLike, chips: ArrayLike, peak_flops: ArrayLike, time_s: ArrayLike) -> Array:
    """The MFU that a measured wall time means.

    Parameters
    ----------
    flops : FLOPs of the run [FLOP]
    chips, peak_flops : how many chips, and the peak of each [FLOP/s]
    time_s : wall time [s]

    Returns
    -------
    Share of the peak, of the shape that the arguments broadcast to.
    """
    return np.asarray(np.asarray(flops, float) / (np.asarray(chips) * np.asarray(peak_flops) * np.asarray(time_s)))


def adam_bytes(catalog: Catalog) -> float:
    """Bytes that a parameter takes in training with Adam in mixed precision (arXiv:1910.02054, section 3.1).

    Parameters
    ----------
    catalog : whose fact is taken

    Returns bytes.
    """
    return catalog.fact("fit.training-adam-bytes").value


def chips_to_hold(params: float, memory_bytes: float, catalog: Catalog, bytes_each: float | None = None) -> int:
    """The fewest chips whose memory holds weights, gradients and optimiser states, spread evenly over all.

    Parameters
    ----------
    params : parameters of the model
    memory_bytes : memory of one chip [B]
    catalog : where the bytes of a parameter and the share of memory that they may fill stand
    bytes_each : bytes of a parameter with its states [B]; None for those of Adam

    Returns
    -------
    Number of chips.
    """
    usable = catalog.fact("fit.usable-memory").value
    each = adam_bytes(catalog) if bytes_each is None else bytes_each
    return int(np.ceil(params * each / (memory_bytes * usable)))


def power_by_part(
    chips: int, active_w: Array, idle_w: Array, host_w: Array, network_w: Array, goodput: Array
) -> dict[str, Array]:
    """Mean watts of a run by part: chips work for the ``goodput`` share of the time and idle in stalls and restarts.

    Parameters
    ----------
    chips : at work
    active_w, idle_w : of a chip [W]
    host_w, network_w : by chip [W]
    goodput : share of the time that chips work, 0 to 1

    Returns watts by part, of the shape of the draws.
    """
    return {
        "chip_active": np.asarray(chips * active_w * goodput),
        "chip_idle": np.asarray(chips * idle_w * (1.0 - goodput)),
        "host": np.asarray(chips * host_w),
        "network": np.asarray(chips * network_w),
    }


def split_measured(watts: Array, predicted: dict[str, Array]) -> dict[str, Array]:
    """A measured total of watts, shared among the parts as the prediction shares them.

    Parameters
    ----------
    watts : in all [W], scalar or ``(n_draws,)``
    predicted : watts by part [W], of the same shape

    Returns watts by part, whose sum is ``watts``.
    """
    total = sum(predicted.values())
    return {part: np.asarray(watts * power / total) for part, power in predicted.items()}
