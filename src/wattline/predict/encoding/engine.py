"""Software that runs an encoder: eager, compiled or TensorRT; and narrow number formats."""

from __future__ import annotations

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.fact import Array
from wattline.line.chip.device import Chip
from wattline.line.chip.diffusion.coefficients import was_measured
from wattline.line.chip.diffusion.run import Engine
from wattline.predict.media.engine import EAGER, NARROW, TENSORRT, WIDE

ENGINES = (EAGER, "compiled", TENSORRT)


def read_encoder_engine(name: str | None, precision: str, usual: str, draws: Draws) -> tuple[str, Engine]:
    """An engine by name, and what it makes of the eager work.

    Parameters
    ----------
    name : of ``ENGINES``; None for the ``usual`` one
    precision : number format of products
    usual : the engine where none is named
    draws : of the ranges of what it does

    Returns its name and its factors. Raises WattlineError for an engine or a format that is not known.
    """
    chosen = usual if name is None else name.strip().lower()
    if chosen not in ENGINES:
        near = nearest_names(chosen, ENGINES)
        words = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(ENGINES)}"
        raise WattlineError(f"engine: unknown engine of encoders {shorten(chosen)!r}; {words}")
    if precision not in (*WIDE, *NARROW):
        raise WattlineError(f"precision: encoders run in {', '.join((*WIDE, *NARROW))}, not {precision}")
    narrow = np.asarray(1.0) if precision in WIDE else draws(f"fit.encoder-narrow-speed-{precision}")
    if chosen == EAGER:
        return chosen, Engine(product_speed=narrow)
    launches, traffic, speed = (draws(f"fit.encoder-{chosen}-{part}") for part in ("launches", "traffic", "speed"))
    return chosen, Engine(launches, traffic, speed * narrow, speed, speed, tuned=float(chosen == TENSORRT))


def encoder_spread(engine: str, chip: Chip, draws: Draws) -> tuple[Array, Array]:
    """Draws of measured over predicted time and power.

    Parameters
    ----------
    engine : its name; the rates of TensorRT were measured
    chip : whose generation may have been
    draws : of the facts' ranges

    Returns the draws of time and of power.
    """
    known = engine == TENSORRT and was_measured(chip.generation, draws)
    return draws(f"fit.encoder-spread-time{'' if known else '-chip'}"), draws("fit.encoder-spread-power")
