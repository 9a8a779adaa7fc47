"""Model FLOP/s utilisation (MFU) and power of chips in training: looked up by architecture and chip.

MFU is defined on the dense peak of the format trained in (Chowdhery et al. 2022, arXiv:2204.02311, appendix B).
Time per token is taken as arithmetic at a reachable rate, slowed where the chip's arithmetic outruns its memory and
the layers are narrow: elementwise work and messages grow with the hidden size h, matrix products with h², so that
their weight goes as (peak FLOP/s ÷ bytes/s) ÷ h.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wattline import catalog
from wattline.chip.device import Chip
from wattline.draws import Draws
from wattline.fact import Array

MFU_MAX = 0.9  # no published run comes near; a bound for draws, not an estimate
OLD_SOFTWARE_YEAR = 2022  # fused attention kernels (arXiv:2205.14135) reached training frameworks after it


def mfu(
    hidden: ArrayLike,
    peak_flops: ArrayLike,
    bandwidth_bytes_per_s: ArrayLike,
    reachable: ArrayLike,
    slowing: ArrayLike,
) -> Array:
    """MFU = reachable / (1 + slowing × (peak / bandwidth) / hidden)."""
    intensity = np.asarray(peak_flops, float) / np.asarray(bandwidth_bytes_per_s, float)
    narrowness = intensity / np.asarray(hidden, float)
    return np.asarray(np.asarray(reachable) / (1.0 + np.asarray(slowing) * narrowness))


def predicted_mfu(chip: Chip, hidden: float, year: int, precision: str, draws: Draws) -> Array:
    """The MFU to expect of a run on this chip in this format; the draws carry the spread of published runs.

    ``year``: when the model came out; 0 where it is not known, taken as recent.
    """
    reachable = draws(of_generation("mfu-reachable", chip))
    expected = mfu(hidden, chip.peak_flops("bf16"), chip.bandwidth_bytes_per_s, reachable, draws("fit.mfu-slowing"))
    if old_software(chip, year):
        expected = expected * draws("fit.mfu-old-software")
    share = share_of_peak(chip, precision, draws)
    return np.asarray(np.clip(expected * draws.own("fit.mfu-spread") * share, 0.0, MFU_MAX))


def old_software(chip: Chip, year: int) -> bool:
    """Whether a model of this year ran on the software of its time: a chip that came later brought its own."""
    return 0 < year <= OLD_SOFTWARE_YEAR and 0 < int(chip.record.meta.get("year", 0)) < OLD_SOFTWARE_YEAR


def share_of_peak(chip: Chip, precision: str, draws: Draws) -> Array:
    """What a format reaches of its own peak, beside 16 bits of theirs.

    A narrower format speeds up the matrix products alone, so that it reaches less of its higher peak.
    """
    faster = chip.peak_flops(precision) / chip.peak_flops("bf16")
    if faster <= 1.0:
        return np.asarray(1.0)
    return np.asarray(faster ** (draws("fit.mfu-narrow-format-gain") - 1.0))


def of_generation(name: str, chip: Chip) -> str:
    """The fitted fact for this chip's generation, or that for any chip."""
    own = f"{name}-{chip.generation}"
    return f"fit.{own if own in catalog.records('fit') else name}"


def training_power_w(chip: Chip, draws: Draws) -> Array:
    """Watts of a chip while it trains: a measured fraction of TDP, never under idle or above TDP."""
    fraction = draws(of_generation("training-power", chip))
    return np.asarray(np.clip(fraction * chip.tdp_w, np.minimum(chip.idle_w, chip.tdp_w), chip.tdp_w))
