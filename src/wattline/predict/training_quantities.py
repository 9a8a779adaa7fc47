"""What an answer of training says beside its bill: arithmetic, MFU, chip-hours and their price."""

from __future__ import annotations

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import HOUR_S
from wattline.line.chip.device import Chip
from wattline.predict.rented import chip_price, rental


def training_quantities(
    flops: Array, mfu: Array, chip: Chip, chip_s: Array, price: float | None, draws: Draws
) -> dict[str, Array]:
    """Quantities of a run by name, of a model of any kind.

    Parameters
    ----------
    flops : of the run's model work [FLOP]
    mfu : share of the chips' peak FLOP/s that does model work, 0 to 1
    chip : with its server and its instance
    chip_s : seconds times chips, scalar or ``(n_draws,)``
    price : USD of a chip's hour that the user gave; None for the estimate
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns ``flops``, ``mfu``, ``chip_hours``, and the prices that are known.
    """
    return {
        "flops": flops,
        "mfu": mfu,
        "chip_hours": np.asarray(chip_s / HOUR_S),
        **rental(chip, chip_s, draws),
        **chip_price(chip, chip_s, price, draws),
    }
